"""The split changes no row's side, cuts no cluster, and refuses a side that cannot be judged."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logit_flows.config.model import Config
from logit_flows.config.reading import read_config
from logit_flows.steps import split as splits
from logit_flows.steps.hashing import RowKey, key_columns
from logit_flows.steps.load import load_dataset
from logit_flows.steps.rows import open_rows
from logit_flows.steps.split import Split, split_rows, test_mask

from logit_engine.design.parquet_rows import ParquetFrames
from logit_engine.errors import DataError
from tests.support.pipeline import Make, city_table, side_table


def sides(config: Config) -> pl.DataFrame:
    """The table with the side of each row, by the rule as it would be stored."""
    dataset = load_dataset(config)
    rule = Split.from_content(split_rows(config, dataset).to_content())
    frame = dataset.scan().collect()
    return frame.with_columns(pl.Series("test", splits.test_mask(rule, frame)))


@settings(max_examples=25)
@given(
    st.lists(st.text(max_size=20), min_size=1, max_size=30, unique=True),
    st.randoms(),
    st.floats(0.05, 0.95),
)
def test_a_text_id_never_changes_its_side(ids: list[str], random: Any, share: float) -> None:
    rule = Split("hash", "id", threshold=share)
    full = dict(zip(ids, splits.test_mask(rule, pl.DataFrame({"id": ids})), strict=True))
    fewer = random.sample(ids, random.randint(1, len(ids)))
    assert splits.test_mask(rule, pl.DataFrame({"id": fewer})).tolist() == [full[i] for i in fewer]


def test_more_data_in_another_order_move_no_row(make: Make) -> None:
    before = sides(make())
    after = sides(
        make(
            pl.concat([city_table(300, seed=9, first=600), city_table()]).sample(
                fraction=1.0, shuffle=True, seed=1
            )
        )
    )
    both = before.join(after, on="key", suffix="_after")
    assert both.height == 600
    assert both["test"].equals(both["test_after"], check_names=False)


@pytest.mark.parametrize("method", ["random", "time"])
def test_a_cluster_of_text_is_never_cut(make: Make, method: str) -> None:
    frame = sides(make(data__cluster="group", data__time="day", split__method=method))
    assert frame.group_by("group").agg(pl.col("test").n_unique())["test"].max() == 1
    assert 0.15 < frame["test"].mean() < 0.45


def test_a_group_split_that_cuts_clusters_is_refused(make: Make) -> None:
    config = make(
        data__cluster="group", split={"method": "column", "column": "part", "test": ["late"]}
    )
    with pytest.raises(
        DataError,
        match=r"^the split by 'part' cuts 60 clusters of 'group' in two; rows that belong",
    ):
        split_rows(config, load_dataset(config))


def test_a_time_split_tests_the_latest_share(make: Make) -> None:
    frame = sides(make(data__time="day", split={"method": "time", "test_size": 0.25}))
    assert frame["test"].mean() == 0.25
    assert frame.filter(pl.col("test"))["day"].min() > frame.filter(~pl.col("test"))["day"].max()
    late = city_table().with_columns(day=pl.lit(date(2024, 1, 1)))
    with pytest.raises(
        DataError, match="all rows have the same day; a time split needs at least two times"
    ):
        sides(make(late, data__time="day", split__method="time"))


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_a_stratified_split_cuts_each_class_exactly(make: Make, share: float) -> None:
    frame = sides(make(split={"method": "stratified", "test_size": share}))
    for label in (True, False):
        own = frame.filter(pl.col("y") == label)["test"]
        assert own.sum() == round(share * own.len())


def test_a_column_split_tests_the_values_named(make: Make) -> None:
    frame = sides(make(split={"method": "column", "column": "part", "test": ["late"]}))
    assert frame["test"].equals(frame["part"] == "late", check_names=False)


def test_a_group_split_keeps_groups_whole(make: Make) -> None:
    frame = sides(make(split={"method": "group", "column": "group", "test_size": 0.3}))
    assert frame.group_by("group").agg(pl.col("test").n_unique())["test"].max() == 1


def test_without_a_split_all_rows_train(make: Make) -> None:
    config = make(split={"method": "none"})
    dataset, rule = load_dataset(config), Split("none")
    assert not sides(config)["test"].any()
    assert [
        side_table(config, dataset, rule, side).height for side in ("train", "test", "all")
    ] == [
        600,
        0,
        600,
    ]


def test_a_test_side_with_one_class_is_refused(make: Make) -> None:
    frame = city_table().with_columns(
        part=pl.when("y").then(pl.lit("late")).otherwise(pl.lit("early"))
    )
    extra = pl.concat(
        [frame, city_table(50, first=600).with_columns(part=pl.lit("early"), y=pl.lit(True))]
    )
    config = make(extra, split={"method": "column", "column": "part", "test": ["late"]})
    with pytest.raises(
        DataError,
        match=r"^the \d+ test rows of the split all have the same 'y'; change the split\.$",
    ):
        split_rows(config, load_dataset(config))


hold_out = test_mask  # by another name, or pytest would collect it

hold_out.__test__ = False  # type: ignore[attr-defined]


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=60, unique=True), st.randoms())
def test_a_hash_never_moves_a_row_however_data_grow_or_are_ordered(
    ids: list[int], random: Any
) -> None:
    rule = Split("hash", "id", threshold=0.3)
    full = dict(zip(ids, hold_out(rule, pl.DataFrame({"id": ids})), strict=True))
    fewer = random.sample(ids, random.randint(1, len(ids)))
    assert hold_out(rule, pl.DataFrame({"id": fewer})).tolist() == [full[i] for i in fewer]


@pytest.mark.parametrize(
    "overrides",
    [
        ["data.cluster=group", "split.method=random"],
        ["data.cluster=group", "split.method=time"],
        ["data.cluster=group", "split={method: group, column: group}"],
    ],
)
def test_a_cluster_is_never_cut(dated_config: Path, overrides: list[str]) -> None:
    from logit_flows.steps.load import load_dataset

    config = read_config(dated_config, overrides)
    dataset = load_dataset(config)
    rule = Split.from_content(split_rows(config, dataset).to_content())
    frame = dataset.scan().collect()
    sides = frame.with_columns(pl.Series("side", hold_out(rule, frame)))
    assert sides.group_by("group").agg(pl.col("side").n_unique())["side"].max() == 1
    assert 0.2 < sides["side"].mean() < 0.6


def test_a_stratified_split_cuts_each_class_in_the_same_share(dated_config: Path) -> None:
    from logit_flows.steps.load import load_dataset

    config = read_config(dated_config, ["split={method: stratified, test_size: 0.25}"])
    dataset = load_dataset(config)
    frame = dataset.scan().collect()
    mask = hold_out(split_rows(config, dataset), frame)
    for label in (0, 1):
        own = (frame["y"] == label).to_numpy()
        assert abs(mask[own].sum() - 0.25 * own.sum()) <= 1.0


def test_a_split_with_an_empty_side_is_refused(dated_config: Path) -> None:
    from logit_flows.steps.load import load_dataset

    config = read_config(dated_config, ["split={method: column, column: group, test: [99]}"])
    with pytest.raises(DataError, match=r"the split leaves no test rows"):
        split_rows(config, load_dataset(config))


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "key"),
        ({"data__cluster": "group"}, "group"),
        ({"data__id": None}, RowKey(("x", "z"), ("city",))),
        ({"split__by": "row"}, RowKey(("x", "z"), ("city",))),
        ({"data__cluster": "group", "split__by": "cluster"}, "group"),
        ({"data__time": "day", "split__by": "row"}, RowKey(("x", "z"), ("city", "day"))),
        ({"split": {"method": "group", "column": "group", "test_size": 0.4}}, "group"),
    ],
)
def test_a_split_hashes_cluster_id_or_row(make: Make, settings: dict[str, Any], key: Any) -> None:
    config = make(**settings)
    rule = split_rows(config, load_dataset(config))
    assert (rule.key, rule.columns) == (key, key_columns(key))
    assert Split.from_content(json.loads(json.dumps(rule.to_content()))) == rule


@pytest.mark.parametrize("method", ["random", "stratified"])
def test_without_an_id_equal_rows_stay_on_one_side(make: Make, method: str) -> None:
    once = city_table().with_columns(x=pl.col("x").round(1), z=pl.col("z").round(0))
    twice = pl.concat([once, once.sample(200, seed=1)])
    frame = sides(make(twice, data__id=None, split__method=method))
    alike = frame.group_by("x", "z", "city", "y").agg(pl.col("test").n_unique(), pl.len())
    assert alike["len"].max() > 2
    assert alike["test"].max() == 1
    assert frame["test"].mean() == pytest.approx(0.3, abs=0.04)


def test_a_column_split_knows_a_boolean_and_a_whole_number_by_their_text(make: Make) -> None:
    for values, test in (([True, False], [True]), ([1.0, 2.0], [1]), ([1, 2], ["1"])):
        frame = city_table().with_columns(part=pl.Series(values * 300))
        found = sides(make(frame, split={"method": "column", "column": "part", "test": test}))
        assert found["test"].equals(found["part"] == values[0], check_names=False)


def test_a_rule_of_another_hash_is_not_read() -> None:
    content = Split("hash", "key", threshold=0.3).to_content()
    del content["hash"]
    with pytest.raises(DataError, match=r"made by the hash of another version.*train it anew\.$"):
        Split.from_content(content)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"split__method": "stratified"},
        {"data__cluster": "group"},
        {"data__id": None},
        {"data__id": None, "split__method": "stratified"},
        {"data__time": "day", "split__method": "time"},
        {"split": {"method": "column", "column": "part", "test": ["1"]}},
    ],
    ids=str,
)
def test_a_table_has_the_same_sides_as_csv_and_as_parquet(
    make: Make, settings: dict[str, Any]
) -> None:
    frame = city_table().with_columns(group=pl.col("key") // 10, part=pl.col("key") % 4)
    parquet = sides(make(frame, store="one", **settings))
    csv = sides(make(frame.write_csv(), store="other", **settings))
    assert csv["x"].to_list() == parquet["x"].to_list()
    assert csv["test"].to_list() == parquet["test"].to_list()


@pytest.mark.parametrize("method", ["random", "stratified"])
def test_whole_rows_have_the_same_sides_streamed_and_in_memory(make: Make, method: str) -> None:
    held = make(data__id=None, split__method=method)
    streamed = make(data__id=None, split__method=method, compute__memory="0.01MB")
    dataset = load_dataset(held)
    rule = split_rows(held, dataset)
    assert split_rows(streamed, load_dataset(streamed)) == rule
    for side in ("train", "test"):
        rows = open_rows(streamed, dataset, rule, side)
        whole = side_table(held, dataset, rule, side)
        assert isinstance(rows, ParquetFrames)
        assert pl.concat(rows.frames())["x"].to_list() == whole["x"].to_list()
