"""Outputs keep their names; an id that is called like one is written under another."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from logit_flows.config.checking import with_overrides
from logit_flows.recipes.scoring import score
from logit_flows.recipes.training import train
from logit_flows.steps.written_columns import OUTPUTS, id_columns, id_name

from tests.support.pipeline import Make, city_table

SCORED = ["linear_predictor", "probability", "predicted_class"]


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_id_named_like_an_output_is_written_beside_it(make: Make, name: str) -> None:
    data = city_table(300).rename({"key": name})
    config = make(data, data__id=name, score__output=SCORED, write__predictions="all")
    trained = train(config)
    predictions = pl.read_parquet(Path(trained.folder) / "predictions.parquet")
    assert predictions.columns == [f"id_{name}", "split", "target", *SCORED]
    assert sorted(predictions[f"id_{name}"]) == data[name].to_list()
    (scored,) = score(config, str(config.folder / "table.parquet"))
    scores = pl.read_parquet(scored.path)
    assert scores.columns == [f"id_{name}", *SCORED, "model"]
    assert scores[f"id_{name}"].to_list() == data[name].to_list()


def test_the_name_of_an_id_depends_on_itself_alone() -> None:
    assert [id_name(name) for name in ("key", "probability[a]", "id_target", "Split")] == [
        "key",
        "id_probability[a]",
        "id_target",
        "Split",
    ]


def test_an_id_of_more_than_64_bits_is_written_as_a_decimal() -> None:
    frame = pl.DataFrame({"key": pl.Series([10**19, 3], dtype=pl.Int128)})
    written = frame.select(id_columns("key", frame.schema))["key"]
    assert (written.dtype, [int(v) for v in written]) == (pl.Decimal(38, 0), [10**19, 3])


@pytest.mark.parametrize(
    ("values", "positive", "dtype"),
    [
        ([0, 1], 1, pl.Int64),
        ([0, 1], 0, pl.Int64),
        ([5, 7], 5, pl.Int64),
        ([False, True], True, pl.Boolean),
        ([False, True], False, pl.Boolean),
        (["no", "yes"], "yes", pl.String),
        ([0.0, 1.0], 1, pl.Int64),
    ],
)
def test_a_predicted_class_has_the_type_of_the_target(
    make: Make, values: list[Any], positive: Any, dtype: pl.DataType
) -> None:
    data = city_table(300).with_columns(
        pl.when("y").then(pl.lit(values[1])).otherwise(pl.lit(values[0])).alias("y")
    )
    config = make(data, data__target__positive=positive, score__output=SCORED)
    predictions = pl.read_parquet(Path(train(config).folder) / "predictions.parquet")
    (scored,) = score(config, str(config.folder / "table.parquet"))
    scores = pl.read_parquet(scored.path)
    for column in (
        predictions["target"],
        predictions["predicted_class"],
        scores["predicted_class"],
    ):
        assert column.dtype == dtype
        assert set(column) <= set(values)


def test_several_integer_classes_are_integers_and_name_their_columns(make: Make) -> None:
    data = city_table(400).with_columns(y=pl.col("y").cast(pl.Int32) + pl.col("key") % 2)
    multinomial = {"data.target": {"column": "y", "base": 1}, "model.family": "multinomial"}
    config = with_overrides(make(data), multinomial)
    predictions = pl.read_parquet(Path(train(config).folder) / "predictions.parquet")
    names = [name for name in predictions.columns if name.startswith("probability")]
    assert names == ["probability[1]", "probability[0]", "probability[2]"]
    assert predictions["predicted_class"].dtype == predictions["target"].dtype == pl.Int64


def test_the_values_of_several_events_are_written_as_they_are(make: Make) -> None:
    data = city_table(400).with_columns(y=pl.col("y").cast(pl.Int32) + pl.col("key") % 2)
    predictions = pl.read_parquet(
        Path(train(make(data, data__target__positive=[1, 2])).folder) / "predictions.parquet"
    )
    assert (predictions["target"].dtype, set(predictions["target"])) == (pl.Int64, {0, 1, 2})
    assert set(predictions["predicted_class"]) <= {"1 or 2", "not 1 or 2"}
