"""Rows that neither of two models was fitted on: data change, and none is ever called unseen that
was seen.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.recipes.training import train
from logit_flows.steps.load import load_dataset
from logit_flows.steps.opening import open_store
from logit_flows.steps.rows import Table
from logit_flows.steps.score import load_stored_model
from logit_flows.steps.split import split_rows
from logit_flows.steps.unseen_rows import (
    IncomparableError,
    UnseenRows,
    promotion_advice,
    unseen_rows,
)

from tests.support.pipeline import Make, city_table, side_table

BY_TIME = {"data__time": "day", "split": {"method": "time", "test_size": 0.3}}
NO_ID = {"data__id": None}
TABLE = city_table(1200)


def retrained(
    make: Make,
    table: pl.DataFrame,
    change: Callable[[pl.DataFrame], pl.DataFrame],
    **settings: Any,
) -> tuple[UnseenRows, pl.DataFrame]:
    """What is unseen after the data have changed, and the rows that the champion was fitted on."""
    config = make(table, **settings)
    champion = load_stored_model(config, train(config).run)
    dataset = load_dataset(config)
    fitted_on = side_table(config, dataset, split_rows(config, dataset), "train")
    config = make(change(table), **settings)
    challenger = load_stored_model(config, train(config).run)
    return unseen_rows(config, load_dataset(config), challenger, champion), fitted_on


def table(rows: Table) -> pl.DataFrame:
    """The rows as one table."""
    return pl.concat(rows.frames())


def places(frame: pl.DataFrame) -> set[int]:
    """The rows' places in the table by the nearest x, which no change moves far."""
    values = TABLE["x"].sort().to_numpy()
    return set(np.searchsorted((values[1:] + values[:-1]) / 2.0, frame["x"].to_numpy()).tolist())


def renumbered(column: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Other ids, or clusters, for the same rows."""

    def change(table: pl.DataFrame) -> pl.DataFrame:
        order = np.random.default_rng(1).permutation(table[column].n_unique())
        codes = table[column].rank("dense").cast(pl.Int64) - 1
        new = pl.Series(order)[codes.to_list()] + 50
        return table.with_columns(new.cast(pl.String).cast(table.schema[column]).alias(column))

    return change


def recent(table: pl.DataFrame) -> pl.DataFrame:
    """A rolling window: the first days are gone, so that clusters begin later."""
    return table.filter(pl.col("day") > table["day"].min() + timedelta(days=10))


def corrected_days(table: pl.DataFrame) -> pl.DataFrame:
    """Some early rows turn out to be late ones."""
    late = pl.lit(table["day"].max())
    return table.with_columns(day=pl.when(pl.col("key") % 7 == 0).then(late).otherwise("day"))


def corrected_targets(table: pl.DataFrame) -> pl.DataFrame:
    """The target of each second row was wrong."""
    return table.with_columns(y=pl.col("y") ^ (pl.col("key") % 2 == 0))


def redrawn_sides(table: pl.DataFrame) -> pl.DataFrame:
    """Other rows are marked as test rows, some of them again."""
    part = pl.when(pl.col("key") % 8 < 2).then(pl.lit("late")).otherwise(pl.lit("early"))
    return table.with_columns(part=part)


def single_precision(table: pl.DataFrame) -> pl.DataFrame:
    """All numbers as a tool that keeps seven digits writes them."""
    return table.with_columns(pl.col("x", "z").cast(pl.Float32).cast(pl.Float64))


def upper_case(table: pl.DataFrame) -> pl.DataFrame:
    """Texts as a tool that knows capital letters alone writes them."""
    return table.with_columns(pl.col("city").str.to_uppercase())


STRATIFIED = {"split": {"method": "stratified", "test_size": 0.3}}
COLUMN = {"split": {"method": "column", "column": "part", "test": ["late"]}}
CHANGES: list[Any] = [
    pytest.param(renumbered("key"), {}, id="other ids"),
    pytest.param(single_precision, NO_ID, id="rounded numbers, whole rows"),
    pytest.param(
        upper_case, NO_ID | {"features__handle_unknown": "reference"}, id="other case, whole rows"
    ),
    pytest.param(corrected_targets, STRATIFIED, id="corrected targets"),
    pytest.param(corrected_targets, NO_ID | STRATIFIED, id="corrected targets, whole rows"),
    pytest.param(redrawn_sides, COLUMN, id="sides drawn again"),
    pytest.param(redrawn_sides, COLUMN | NO_ID, id="sides drawn again, without an id"),
    pytest.param(corrected_days, BY_TIME, id="corrected times"),
    pytest.param(corrected_days, BY_TIME | NO_ID, id="corrected times, without an id"),
]


@pytest.mark.parametrize(("change", "settings"), CHANGES)
def test_no_row_that_a_champion_was_fitted_on_is_called_unseen_after(
    make: Make, change: Callable[[pl.DataFrame], pl.DataFrame], settings: dict[str, Any]
) -> None:
    found, fitted_on = retrained(make, TABLE, change, **settings)
    assert found.left_out
    assert not places(table(found.rows)) & places(fitted_on)


def crossing_table() -> pl.DataFrame:
    """Clusters whose rows lie far apart in time."""
    rng = np.random.default_rng(2)
    return city_table(1200).with_columns(
        group=pl.Series(rng.integers(0, 400, 1200)).cast(pl.String)
    )


@pytest.mark.parametrize("extra", [{}, NO_ID])
def test_a_cluster_whose_early_rows_left_the_file_is_known_again(
    make: Make, extra: dict[str, Any]
) -> None:
    settings = {**BY_TIME, "data__cluster": "group", **extra}
    found, fitted_on = retrained(make, crossing_table(), recent, **settings)
    assert found.left_out > 20
    assert not set(table(found.rows)["group"]) & set(fitted_on["group"])


def test_rows_that_all_were_trained_on_are_refused(make: Make) -> None:
    whole = {"split": {"method": "none"}, "gate__margin": 1.0}
    with pytest.raises(IncomparableError) as caught:
        retrained(make, TABLE, lambda table: table.with_columns(pl.col("z") * 2.0), **whole)
    assert "all 1,200 rows that their split rules hold out have the id, the cluster or the " in str(
        caught.value
    )


def test_a_model_without_a_split_is_compared_on_rows_that_came_later(make: Make) -> None:
    config = make(TABLE, split={"method": "none"})
    champion = load_stored_model(config, train(config).run)
    later = city_table(400, seed=8, first=1200)
    config = make(pl.concat([TABLE, later]))
    challenger = load_stored_model(config, train(config).run)
    found = unseen_rows(config, load_dataset(config), challenger, champion)
    assert set(table(found.rows)["key"]) <= set(later["key"])
    assert 80 < found.rows.n < 160


def test_rows_that_nothing_tells_apart_are_told_with_what_to_do(make: Make) -> None:
    config = make(TABLE, split={"method": "none"}, data__id=None)
    model = load_stored_model(config, train(config).run)
    with pytest.raises(IncomparableError) as caught:
        unseen_rows(config, load_dataset(config), model, model)
    assert str(caught.value) == (
        "no row is provably unseen by both models: one has no split, its rows have no id and no "
        "cluster, and their values are not known to tell rows apart; set data.id or a "
        f"split.method; {promotion_advice(model)}"
    )


def test_a_run_that_kept_no_keys_is_not_compared(make: Make) -> None:
    config = make(TABLE)
    model = load_stored_model(config, train(config).run)
    open_store(config).run_files(model.origin["run"]).trained_keys.unlink()
    with pytest.raises(IncomparableError, match="published by an older version") as caught:
        unseen_rows(config, load_dataset(config), model, model)
    assert str(caught.value).endswith(promotion_advice(model))


def test_ids_that_were_given_anew_are_noticed_by_values_that_some_rows_share(make: Make) -> None:
    table = TABLE.with_columns(pl.col("x").round(2), pl.lit(0.0).alias("z"))
    with pytest.raises(IncomparableError, match="rows that look new, "):
        retrained(make, table, renumbered("key"), features__numeric=["x"])


def test_rows_without_an_id_that_were_rounded_to_a_few_digits_are_not_compared(make: Make) -> None:
    def rounded(table: pl.DataFrame) -> pl.DataFrame:
        return table.with_columns(pl.col("x", "z").round(3))

    with pytest.raises(IncomparableError, match=r"rows that look new, \d+% nearly have the values"):
        retrained(make, TABLE, rounded, **NO_ID)
