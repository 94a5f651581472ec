"""Loading: what is refused and in which words, and what is counted."""

from datetime import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from logit_flows.config.checking import with_overrides
from logit_flows.config.model import Config
from logit_flows.recipes.training import train
from logit_flows.steps.identity import identify
from logit_flows.steps.learn import learn_design
from logit_flows.steps.load import load_dataset
from logit_flows.steps.split import split_rows

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import name_problem
from tests.support.pipeline import Make, city_table


def refusal(config: Config) -> list[str]:
    """The problems that loading finds, one a line, without the folder."""
    with pytest.raises(DataError) as caught:
        load_dataset(config)
    return (
        str(caught.value)
        .replace(f"{config.folder}/", "")
        .replace(str(config.folder), "here")
        .split("\n")
    )


CSV = "key,x,z,city,y\n1,0.5,1,a,true\n2,0.1,2,b,false\n"


def test_missing_columns_are_all_told_with_the_nearest_there_is(make: Make) -> None:
    config = make(CSV.replace("city", "citty").replace("z", "speed"))
    assert refusal(config) == [
        "table.csv: column 'z' is not in the data; there are key, x, speed, citty, y.",
        "table.csv: column 'city' is not in the data; did you mean 'citty'?",
    ]


def test_numbers_that_turn_to_text_late_are_told_by_value_and_row(make: Make) -> None:
    rows = "".join(f"{i},{i / 7},1,a,{'true' if i % 3 else 'false'}\n" for i in range(5000))
    assert refusal(make("key,x,z,city,y\n" + rows + "5000,lots,1,a,true\n")) == [
        "table.csv, line 5,002 (data row 5,001), column 'x': 'lots' is not a number; repair the "
        "value, or if it means missing, add it:  data: {format: {null_values: ['', 'lots']}} If "
        "the column holds names, list it under features.categorical."
    ]


def test_how_a_text_file_is_written_is_said_unless_it_is_declared(make: Make) -> None:
    config = make(CSV.replace(",", ";") + "3;?;1;a;true\n")
    line = '{separator: ";"}'
    for _ in range(2):
        dataset = load_dataset(config)
        assert dataset.notes == (
            f"Text files were found to be written as  data: {{format: {line}}}",
            "'?' is read as missing in all columns but those of text.",
        )
    declared = {"data.format": {"separator": ";", "null_values": ["?"]}}
    assert load_dataset(with_overrides(config, declared)).notes == ()


def with_markers(column: str) -> str:
    """A table in which NA stands in 2 of its numbers and in 3 values of another column."""
    table = city_table().with_columns(
        pl.when(pl.col("key") < 2).then(pl.lit("NA")).otherwise("z").alias("z"),
        pl.when(pl.col("key") < 3).then(pl.lit("NA")).otherwise(column).alias(column),
    )
    return table.write_csv()


def test_a_marker_among_numbers_is_a_value_among_texts_and_counted(make: Make) -> None:
    filled = {"numeric": {"strategy": "mean"}, "categorical": {"strategy": "level"}}
    config = make(with_markers("city"), features__impute=filled)
    for _ in range(2):
        dataset = load_dataset(config)
        assert dataset.notes == (
            "'NA' is read as missing in all columns but those of text.",
            "column 'city' is text, so 'NA' is a value in 3 of its rows, and is not missing as "
            'among numbers; if it is:  data: {format: {null_values: ["", "NA"]}}',
        )
        rows = dataset.scan().select("z", "city").collect()
        assert rows["z"].null_count() == 2
        assert rows["city"].head(3).to_list() == ["NA"] * 3
    declared = load_dataset(with_overrides(config, {"data.format": {"null_values": ["NA"]}}))
    assert declared.notes == ()
    assert declared.scan().select("z", "city").collect().null_count().row(0) == (2, 3)


def test_a_marker_among_the_values_of_the_target_has_the_line_that_makes_it_missing(
    make: Make,
) -> None:
    data = with_markers("y").replace("true", "yes").replace("false", "no")
    config = make(data, data__target={"column": "y", "positive": "yes"})
    assert refusal(config)[-1] == (
        "the target 'y' is 'NA' in 3 rows; if that means missing, say so."
    )
    line = {"data.format": {"null_values": ["", "NA"]}, "data.missing_target": "drop"}
    assert load_dataset(with_overrides(config, line)).dropped == 3


def test_a_categorical_that_holds_decimals_is_refused(make: Make) -> None:
    assert refusal(make(city_table().with_columns(city=pl.col("x")))) == [
        "table.parquet: column 'city' (categorical) holds -0.8019314252534474 in data row 1 (the "
        "first such value, 600 in all), but its values are names: text, whole numbers, true and "
        "false, or dates; list it under features.numeric, or convert it."
    ]


def test_a_header_with_a_name_twice_is_refused(make: Make) -> None:
    config = make(CSV.replace("key,x,z", "key,x,x"), features__numeric=["x"])
    assert refusal(config) == [
        "table.csv has the column 'x' more than once in its header; rename one of them in all "
        "files, or name the columns in their order:  "
        'data: {format: {header: [key, x, x_2, city, "y"]}}'
    ]
    named = {"data.format": {"header": ["key", "x", "x_2", "city", "y"]}}
    assert load_dataset(with_overrides(config, named)).rows == 2


def test_repeated_and_missing_ids_are_counted(make: Make) -> None:
    frame = city_table()
    assert refusal(make(frame.with_columns(key=pl.col("key") // 2))) == [
        "column 'key' (data.id) is not unique: 300 of 600 rows repeat an id."
    ]
    assert refusal(make(frame.with_columns(key=pl.when(pl.col("key") > 6).then("key")))) == [
        "column 'key' is missing in 7 of 600 rows; fill or drop them."
    ]


@pytest.mark.parametrize("role", ["data__cluster", "data__time"])
def test_a_role_missing_in_some_rows_is_counted(make: Make, role: str) -> None:
    frame = city_table().with_columns(day=pl.when(pl.col("key") > 3).then("day"))
    assert refusal(make(frame, **{role: "day"})) == [
        "column 'day' is missing in 4 of 600 rows; fill or drop them."
    ]


def test_a_group_missing_in_some_rows_is_counted(make: Make) -> None:
    frame = city_table().with_columns(group=pl.when(pl.col("key") > 3).then("group"))
    config = make(frame, split={"method": "group", "column": "group", "test_size": 0.3})
    assert refusal(config) == ["column 'group' is missing in 4 of 600 rows; fill or drop them."]


def test_a_file_without_bytes_or_without_rows_is_refused(make: Make) -> None:
    assert refusal(make("")) == ["table.csv is empty; there is nothing to read."]
    assert refusal(make("key,x,z,city,y\n"))[0].startswith(
        ("table.csv: no rows;", "column 'x' should hold numbers")
    )
    assert refusal(make(city_table().clear())) == [
        "table.parquet: no rows; there is nothing to learn from."
    ]


def test_a_source_that_matches_nothing_is_refused(make: Make) -> None:
    assert refusal(make(data__source="other/*.parquet")) == [
        "no data file matches 'other/*.parquet' (looked in here); check data.source."
    ]
    test = make(data__test="other.parquet", split={"method": "none"})
    assert refusal(test) == [
        "no data file matches 'other.parquet' (looked in here); check data.test."
    ]


def test_files_of_two_kinds_or_of_another_are_refused(make: Make, tmp_path: Path) -> None:
    config = make(CSV, data__source=["table.csv", "table.parquet"])
    city_table().write_parquet(tmp_path / "table.parquet")
    assert refusal(config) == [
        "data files must be all Parquet or all text; found table.parquet and table.csv."
    ]


def test_a_damaged_file_is_refused_by_its_name(make: Make, tmp_path: Path) -> None:
    config = make()
    (tmp_path / "table.parquet").write_bytes(b"not parquet at all")
    assert refusal(config) == [
        "table.parquet is no Parquet file, whatever its name says; if it is text, give it the "
        "ending .csv."
    ]
    (tmp_path / "table.parquet").write_bytes(b"PAR1 and the rest is lost")
    assert refusal(config)[0].startswith("table.parquet is damaged, or cut short (parquet: ")


TARGETS: dict[str, tuple[list[Any], Any, str]] = {
    "one class": (
        [True, True, True],
        True,
        "the target 'y' is true in all rows; a model needs both classes.",
    ),
    "three values": (
        ["a", "b", "c"],
        "a",
        "the target 'y' has more than two values ('a', 'b', 'c', ...); a binary tar",
    ),
    "no such positive": (
        ["no", "yes", "no"],
        "Yes",
        "the target 'y' is never 'Yes' (data.target.positive); it is 'no', 'yes' (text): write "
        "data: {target: {positive: 'yes'}}.",
    ),
    "a number for a boolean": (
        [True, False, True],
        1,
        "the target 'y' is never 1 (data.target.positive); it is false, true (booleans): write "
        "data: {target: {positive: true}}.",
    ),
    "a boolean for a number": (
        [1, 0, 1],
        True,
        "the target 'y' is never true (data.target.positive); it is 0, 1 (integers): write "
        "data: {target: {positive: 1}}.",
    ),
    "text for a number": (
        [1, 0, 1],
        "1",
        "the target 'y' is never '1' (data.target.positive); it is 0, 1 (integers): write "
        "data: {target: {positive: 1}}.",
    ),
    "another value": (
        ["no", "yes", "no"],
        3,
        "the target 'y' is never 3 (data.target.positive); it is 'no', 'yes' (text): write for "
        "example data: {target: {positive: 'yes'}}.",
    ),
    "numbers that are not whole": (
        [0.5, 1.5, 0.5],
        1,
        "table.parquet: column 'y' (target) holds 0.5 in data row 1 (the first such value, 3 in "
        "all), but its values are names: text, whole numbers, true and false, or dates; convert",
    ),
}


@pytest.mark.parametrize("case", TARGETS)
def test_a_target_that_is_not_two_classes_with_the_positive_one_is_refused(
    make: Make, case: str
) -> None:
    values, positive, sentence = TARGETS[case]
    frame = city_table(3).with_columns(y=pl.Series(values))
    (problem,) = refusal(make(frame, data__target={"column": "y", "positive": positive}))
    assert problem.startswith(sentence)


def test_a_missing_target_is_refused_or_dropped_and_counted(make: Make) -> None:
    frame = city_table().with_columns(y=pl.when(pl.col("key") >= 20).then("y"))
    assert refusal(make(frame)) == [
        "the target 'y' is missing in 20 of 600 rows; set data.missing_target: drop to leave them "
        "out."
    ]
    config = make(data__missing_target="drop")
    dataset = load_dataset(config)
    assert (dataset.rows, dataset.dropped, dataset.classes) == (580, 20, (False, True))
    learned = learn_design(config, dataset, split_rows(config, dataset))
    assert learned.notes[0] == "20 rows without a target were left out."


def test_every_problem_of_the_rows_is_told_at_once(make: Make) -> None:
    frame = city_table().with_columns(key=pl.lit(1), y=pl.when(pl.col("key") > 0).then("y"))
    assert len(refusal(make(frame))) == 2


def test_a_header_alone_and_an_empty_column_say_so(make: Make) -> None:
    with pytest.raises(DataError, match=r"table\.csv: no rows; there is nothing to learn from"):
        load_dataset(make("key,x,z,city,y\n"))
    rows = "".join(f"{i},{i % 7},,a,{str(i % 2 == 0).lower()}\n" for i in range(40))
    with pytest.raises(DataError, match="column 'z' is missing in all 30 training rows; drop it"):
        train(make("key,x,z,city,y\n" + rows))


def test_times_of_day_do_not_order_rows(make: Make) -> None:
    frame = city_table().with_columns(at=pl.lit(time(12, 30)))
    config = make(frame, data__time="at", split={"method": "time", "test_size": 0.2})
    with pytest.raises(
        DataError,
        match=r"column 'at' \(data\.time\) holds Time values; give dates, dates with times, or",
    ):
        load_dataset(config)


def test_a_target_that_is_not_a_number_is_missing(make: Make) -> None:
    frame = city_table().with_columns(
        y=pl.when(pl.col("key") < 20).then(float("nan")).otherwise(pl.col("y").cast(pl.Float64))
    )
    with pytest.raises(DataError, match="the target 'y' is missing in 20 of 600 rows"):
        load_dataset(make(frame, data__target__positive=1))
    config = make(data__target__positive=1, data__missing_target="drop")
    assert load_dataset(config).rows == 580
    assert train(config).model.result.n < 580


@pytest.mark.parametrize("name", ["a\nb", "a\0", "x" * 256])
def test_a_name_that_no_column_may_bear_is_refused(make: Make, name: str) -> None:
    config = make(city_table().rename({"x": name}), features__numeric=[name, "z"])
    assert refusal(config) == [name_problem(name)]


def test_a_column_that_is_not_used_may_have_any_name(make: Make) -> None:
    assert load_dataset(make(city_table().with_columns(pl.lit(1).alias("a\nb")))).rows == 600


def test_a_file_without_rows_among_others_is_said(make: Make, tmp_path: Path) -> None:
    config = make(CSV, data__source="*.csv")
    (tmp_path / "empty.csv").write_text(CSV.splitlines()[0] + "\n", encoding="utf-8")
    assert any("empty.csv has no rows." in note for note in load_dataset(config).notes)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_copy_of_a_file_is_refused_by_both_names(make: Make, tmp_path: Path, ending: str) -> None:
    config = make(data__id=None, data__source=["in"])
    (tmp_path / "in").mkdir()
    for part, name in ((0, "a"), (1, "b"), (1, "c")):
        rows = city_table(first=300 * part, seed=part).drop("key")
        path = tmp_path / "in" / f"{name}.{ending}"
        rows.write_csv(path) if ending == "csv" else rows.write_parquet(path)
    assert refusal(config) == [
        f"in/b.{ending} and in/c.{ending} have the same contents, so their rows would count "
        "twice; remove one of them, or get the file that should be in its place."
    ]
    (tmp_path / "in" / f"c.{ending}").unlink()
    assert load_dataset(config).rows == 1200


def test_files_alike_in_other_folders_of_hive_are_said_and_those_without_rows_are_no_copies(
    make: Make, tmp_path: Path
) -> None:
    config = make(data__id=None, data__source=["in"], features__categorical=["city", "month"])
    for month in ("1", "2"):
        (tmp_path / "in" / f"month={month}").mkdir(parents=True)
        (tmp_path / "in" / f"month={month}" / "none.csv").write_text("x,z,city,y\n")
        rows = city_table().select("x", "z", "city", "y")
        rows.write_csv(tmp_path / "in" / f"month={month}" / "rows.csv")
    dataset = load_dataset(config)
    assert dataset.rows == 1200
    folder = tmp_path / "in"
    assert dataset.notes == (
        f"{folder}/month=1/none.csv has no rows.",
        f"{folder}/month=2/none.csv has no rows.",
        f"{folder}/month=1/rows.csv and {folder}/month=2/rows.csv have the same contents: their "
        "rows differ by what the folders name alone.",
    )


def test_the_run_id_knows_how_text_was_read(make: Make, tmp_path: Path) -> None:
    """A contract keeps the markers of the first file."""
    rows = city_table().with_columns(city=pl.col("city").replace({"a": "NA"}))
    rows.write_csv(tmp_path / "later.csv")
    rows.with_columns(z=pl.when(pl.col("key") > 9).then("z")).write_csv(
        tmp_path / "first.csv", null_value="NA"
    )
    first, later = {"data__source": "first.csv"}, {"data__source": "later.csv"}
    filled = {"numeric": {"strategy": "mean"}, "categorical": {"strategy": "level"}}
    train(make(**first, features__impute=filled))
    kept, relearnt = load_dataset(make(**later)), load_dataset(make(**later), relearn=True)
    assert kept.contract.dialect is not None
    assert kept.contract.dialect.markers == ("NA",)
    assert (kept.fingerprint, kept.contract.digest) == (
        relearnt.fingerprint,
        relearnt.contract.digest,
    )
    assert identify(make(**later), kept) != identify(make(**later), relearnt)
