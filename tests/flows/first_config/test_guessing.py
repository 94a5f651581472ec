"""From a file to a config that trains: sections, reasons, and what only a fit finds."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.config.reading import read_config
from logit_flows.first_config.guessing import FirstConfig, first_config
from logit_flows.recipes.scoring import score
from logit_flows.recipes.training import Trained, train
from logit_flows.steps.load import load_dataset

from logit_engine.errors import DataError

ROOT = Path(__file__).parents[3]
ROWS = 400
RANDOM = np.random.default_rng(3)


def written(folder: Path, columns: dict[str, Any], target: str | None = None) -> FirstConfig:
    """The first config of a Parquet file, written beside it."""
    data = folder / "table.parquet"
    pl.DataFrame(columns).write_parquet(data)
    made = first_config(data, folder / "config.yaml", target)
    (folder / "config.yaml").write_text(made.text, encoding="utf-8")
    return made


def trained(folder: Path) -> Trained:
    """The run of the config in a folder."""
    return train(read_config(folder / "config.yaml", ["orchestrator=none"]))


def table() -> dict[str, Any]:
    """A table with a bit of everything."""
    x = RANDOM.normal(size=ROWS)
    y = RANDOM.random(ROWS) < 1.0 / (1.0 + np.exp(-x))
    gaps = [None if i % 50 == 0 else float(value) for i, value in enumerate(x)]
    return {
        "customer_id": [f"C{i:05d}" for i in RANDOM.permutation(ROWS)],
        "income": gaps,
        "visits": RANDOM.integers(0, 30, ROWS),
        "plan": RANDOM.choice(["basic", "plus", "pro"], ROWS),
        "version": ["1.0"] * ROWS,
        "churned": np.where(y, "yes", "no"),
    }


def test_config_has_the_sections_in_reading_order_and_trains(tmp_path: Path) -> None:
    made = written(tmp_path, table())
    heads = [line.split(":")[0] for line in made.text.splitlines() if line[:1].isalpha()]
    assert heads == ["name", "data", "features", "split", "orchestrator", "store"]
    config = read_config(tmp_path / "config.yaml")
    assert config.data.target.column == "churned"
    assert (config.data.target.positive, config.data.id) == ("yes", "customer_id")
    assert config.features.numeric == ["income", "visits"]
    assert config.features.categorical == ["plan"]
    assert config.features.impute.numeric.add_indicator
    assert trained(tmp_path).model.result.converged


def test_each_guess_is_told_with_its_reason(tmp_path: Path) -> None:
    made = written(tmp_path, table())
    share = pl.read_parquet(tmp_path / "table.parquet")["churned"].eq("yes").mean()
    assert made.said[0] == (
        f"the outcome is 'churned' (its name, the last column, two values); the event is 'yes', "
        f"{share:.1%} of the rows (named like an event; the other is 'no')"
    )
    assert "the id is 'customer_id' (unique, and named like an id)" in made.said
    assert "left out: version: one value, '1.0', in all rows" in made.said
    assert "version: one value, '1.0', in all rows" in made.text


def test_missing_values_are_provided_for_though_none_is_missing_yet(tmp_path: Path) -> None:
    columns = table() | {"income": RANDOM.normal(size=ROWS)}
    made = written(tmp_path, columns)
    assert "none is missing; later files may have missing values" in made.text
    impute = read_config(tmp_path / "config.yaml").features.impute
    assert (impute.numeric.strategy, impute.numeric.add_indicator) == ("mean", False)
    assert impute.categorical.strategy == "level"
    trained(tmp_path)
    later = (
        pl.DataFrame(columns)
        .head(3)
        .with_columns(income=pl.Series([None, 1.0, 2.0]), plan=pl.Series(["pro", None, "basic"]))
    )
    later.drop("churned").write_parquet(tmp_path / "later.parquet")
    config = read_config(tmp_path / "config.yaml", ["orchestrator=none"])
    (scored,) = score(config, [str(tmp_path / "later.parquet")])
    assert scored.rows == 3


def test_doubt_about_the_outcome_is_told_with_the_line_for_the_other_one(tmp_path: Path) -> None:
    flags = {name: RANDOM.integers(0, 2, ROWS) for name in ("a", "b b")}
    made = written(
        tmp_path, {"x": RANDOM.normal(size=ROWS), **flags, "z": RANDOM.normal(size=ROWS)}
    )
    line = f"logit init {tmp_path / 'table.parquet'} --target a"
    assert f"unsure: another column is as likely; {line}" in made.said


def test_weights_of_rows_are_left_out_and_told(tmp_path: Path) -> None:
    weights = RANDOM.uniform(0.2, 1.8, ROWS)
    columns = {
        "x": RANDOM.normal(size=ROWS),
        "wt": weights / weights.mean(),
        "survey_weight": 900.0 * weights[::-1],
        "weight": RANDOM.normal(70.0, 9.0, ROWS),
        "y": RANDOM.integers(0, 2, ROWS),
    }
    made = written(tmp_path, columns)
    assert read_config(tmp_path / "config.yaml").features.numeric == ["x", "weight"]
    assert "left out: wt: a weight of the rows, by its name and its mean 1.00" in made.said
    assert any(s.startswith("left out: survey_weight: named like a weight") for s in made.said)


def test_columns_that_the_header_names_alike_get_names_of_their_own(tmp_path: Path) -> None:
    frame = pl.DataFrame({**table(), "score": RANDOM.normal(size=ROWS)})
    twice = frame.with_columns(score_again=RANDOM.normal(size=ROWS), score_2="score")
    lines = twice.write_csv().replace("score_again", "score", 1)
    (tmp_path / "table.csv").write_text(lines, encoding="utf-8")
    made = first_config(tmp_path / "table.csv", tmp_path / "config.yaml")
    (tmp_path / "config.yaml").write_text(made.text, encoding="utf-8")
    assert any("'score' is there again, and called 'score_3'" in said for said in made.said)
    config = read_config(tmp_path / "config.yaml")
    assert {"score", "score_3"} <= set(config.features.numeric)
    assert load_dataset(config).rows == ROWS


def test_each_ending_of_parquet_is_read(tmp_path: Path) -> None:
    pl.DataFrame(table()).write_parquet(tmp_path / "table.PQ")
    made = first_config(tmp_path / "table.PQ", tmp_path / "config.yaml")
    assert "source: table.PQ" in made.text


def test_awkward_names_come_back(tmp_path: Path) -> None:
    names = ["*", "^x$", "a: b", "# c", "null", "[d]", "'e'", "ü ß", "{{f}}", "-", "yes", "0x1"]
    columns = {name: RANDOM.normal(size=ROWS) for name in names}
    written(tmp_path, {**columns, "target": RANDOM.integers(0, 2, ROWS)})
    assert read_config(tmp_path / "config.yaml").features.numeric == names


def test_several_classes_are_multinomial(tmp_path: Path) -> None:
    shutil.copy(ROOT / "data/voters/voters.parquet", tmp_path / "voters.parquet")
    made = first_config(tmp_path / "voters.parquet", tmp_path / "config.yaml")
    (tmp_path / "config.yaml").write_text(made.text)
    config = read_config(tmp_path / "config.yaml")
    assert (config.model.family, config.data.target.column) == ("multinomial", "party")
    assert (config.data.target.base, config.data.id) == ("Democrat", "respondent")
    assert trained(tmp_path).model.result.converged


def test_ridge_is_set_where_the_outcome_is_predicted_perfectly(tmp_path: Path) -> None:
    y = RANDOM.integers(0, 2, ROWS)
    made = written(tmp_path, {"x": RANDOM.random(ROWS) + 1.1 * y, "y": y})
    config = read_config(tmp_path / "config.yaml")
    assert (config.model.penalty.type, config.model.penalty.strength) == ("l2", 0.003)
    assert any(
        "penalty: a weak ridge; without it some estimates are infinite" in s for s in made.said
    )
    assert trained(tmp_path).model.result.converged


def test_indicator_of_a_few_missing_values_gives_way_before_a_ridge_is_set(tmp_path: Path) -> None:
    x = [None if i < 30 else float(v) for i, v in enumerate(RANDOM.normal(size=ROWS))]
    y = [1 if i < 30 else int(v) for i, v in enumerate(RANDOM.integers(0, 2, ROWS))]
    made = written(tmp_path, {"x": x, "z": RANDOM.normal(size=ROWS), "y": y})
    config = read_config(tmp_path / "config.yaml")
    assert not config.features.impute.numeric.add_indicator
    assert config.model.penalty.type == "none"
    assert any(s.startswith("missing values: no indicator; with it: ") for s in made.said)
    assert trained(tmp_path).model.result.converged


def test_ridge_is_set_at_once_for_many_coefficients(tmp_path: Path) -> None:
    columns = {f"x{j}": RANDOM.normal(size=ROWS) for j in range(60)}
    made = written(tmp_path, {**columns, "target": RANDOM.integers(0, 3, ROWS)})
    assert "120 coefficients are many for 400 rows" in made.text
    assert read_config(tmp_path / "config.yaml").model.penalty.type == "l2"
    assert trained(tmp_path).model.result.converged


def test_small_table_has_no_test_rows(tmp_path: Path) -> None:
    written(tmp_path, {"x": RANDOM.normal(size=40), "y": [0, 1] * 20})
    assert read_config(tmp_path / "config.yaml").split.method == "none"


def test_rare_level_of_one_class_is_pooled_with_others(tmp_path: Path) -> None:
    rows = 4000
    y = [int(i % 3 == 0) for i in range(rows)]
    shop = ["odd" if i % 150 == 1 else f"s{i % 5}" for i in range(rows)]
    written(tmp_path, {"shop": shop, "y": y})
    text = (tmp_path / "config.yaml").read_text()
    assert "shop odd has 27 rows, all of one class" in text
    assert read_config(tmp_path / "config.yaml").features.min_frequency == 28


def test_german_file_with_dates_and_decimal_commas_trains(tmp_path: Path) -> None:
    lines = ["Kunde;Eröffnet;Einkommen;Gekündigt"]
    for i in range(ROWS):
        income, day = f"{RANDOM.uniform(1000, 9000):.2f}".replace(".", ","), 1 + i // 15
        left = "nein" if RANDOM.random() < 0.3 else "ja"
        lines.append(f"{9000 + 7 * i};{day:02d}.03.2024;{income};{left}")
    (tmp_path / "kunden.csv").write_bytes("\r\n".join(lines).encode("latin-1"))
    made = first_config(tmp_path / "kunden.csv", tmp_path / "config.yaml")
    (tmp_path / "config.yaml").write_text(made.text, encoding="utf-8")
    config = read_config(tmp_path / "config.yaml")
    target = config.data.target
    assert (target.column, target.positive, config.data.time) == ("Gekündigt", "ja", "Eröffnet")
    assert (config.split.method, config.features.numeric) == ("time", ["Einkommen"])
    assert "the decimal mark is ','" in made.text
    assert trained(tmp_path).model.result.converged


def with_marker(folder: Path, plan: str, marker: str = "NA") -> FirstConfig:
    """The first config of a text file whose numbers and plans hold the marker."""
    columns = table()
    columns["plan"] = RANDOM.choice([plan, "FR", "DE"], ROWS)
    data = folder / "table.csv"
    pl.DataFrame(columns).write_csv(data, null_value=marker)
    made = first_config(data, folder / "config.yaml")
    (folder / "config.yaml").write_text(made.text, encoding="utf-8")
    return made


def test_code_that_marks_missing_numbers_stays_a_level(tmp_path: Path) -> None:
    made = with_marker(tmp_path, "NA")
    assert "null_values" not in made.text
    assert any("'NA' is a value in columns of text ('plan' in " in said for said in made.said)
    config = read_config(tmp_path / "config.yaml", ["orchestrator=none"])
    plans = load_dataset(config).scan().select("income", "plan").collect()
    assert set(plans["plan"]) == {"NA", "FR", "DE"}
    assert plans["income"].null_count() == 8
    assert trained(tmp_path).model.result.converged


def test_marker_of_numbers_among_words_is_missing_and_counted(tmp_path: Path) -> None:
    made = with_marker(tmp_path, "?", "?")
    config = read_config(tmp_path / "config.yaml")
    assert config.data.format is not None
    assert config.data.format.null_values == ["?"]
    assert any(said.startswith("column 'plan' holds '?' in 1") for said in made.said)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-be", "latin-1"])
def test_file_in_another_encoding_trains_as_proposed(tmp_path: Path, encoding: str) -> None:
    data = tmp_path / "table.csv"
    text = pl.DataFrame(table()).rename({"plan": "größe"}).write_csv()
    data.write_bytes(text.encode(encoding))
    made = first_config(data, tmp_path / "config.yaml", None)
    (tmp_path / "config.yaml").write_text(made.text, encoding="utf-8")
    assert trained(tmp_path).model.result.converged
    assert read_config(tmp_path / "config.yaml").features.categorical == ["größe"]


def test_table_without_a_feature_is_refused(tmp_path: Path) -> None:
    sentence = r"no column beside the outcome 'y' can predict it \(x: one value, 1, in all rows\)"
    with pytest.raises(DataError, match=sentence):
        written(tmp_path, {"x": [1] * 40, "y": [0, 1] * 20})


def test_what_train_will_refuse_is_said(tmp_path: Path) -> None:
    made = written(tmp_path, {"x": [1e200, *RANDOM.normal(size=ROWS - 1)], "y": [0, 1] * 200})
    assert made.said[-1].startswith("train will refuse this: column 'x'")


def test_table_without_an_outcome_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing looks like an outcome; name one by --target"):
        written(tmp_path, {"x": [1.5, 2.5, 3.5, 4.5]})


def test_cures_together_spare_a_ridge_that_none_spares_alone(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    rows = 900
    y = random.integers(0, 2, rows)
    x = [None if i < 25 else float(v) for i, v in enumerate(random.normal(size=rows))]
    y[:25] = 1
    shop = np.array([f"s{i}" for i in random.integers(0, 4, rows)], dtype=object)
    shop[30:34] = ["r1", "r2", "r3", "r4"]
    y[30:34] = 0
    written(tmp_path, {"x": x, "z": random.normal(size=rows), "shop": shop.tolist(), "y": y})
    config = read_config(tmp_path / "config.yaml")
    assert config.model.penalty.type == "none"
    assert config.features.pool_as == "reference"
    assert not config.features.impute.numeric.add_indicator
    assert trained(tmp_path).model.result.converged


def test_level_that_the_test_rows_leave_one_class_is_pooled(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    rows = 4000
    shop = np.array([f"s{i}" for i in random.integers(0, 4, rows)], dtype=object)
    shop[:20] = "odd"
    ids = np.arange(rows)
    for first in range(20):  # one row of odd has the event; some of these is a test row
        y = (random.random(rows) < 0.4).astype(int)
        y[:20] = 0
        y[first] = 1
        made = written(
            tmp_path, {"id": ids, "z": random.normal(size=rows), "shop": shop.tolist(), "y": y}
        )
        if "all but 2 at most of one class" in made.text:
            break
    config = read_config(tmp_path / "config.yaml")
    assert (config.features.min_frequency, config.model.penalty.type) == (21, "none")
