"""The split changes no row's side, cuts no cluster, and refuses a side that cannot be judged."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logit_flows.config.model import Config
from logit_flows.config.reading import read_config
from logit_flows.steps import split as splits
from logit_flows.steps.load import load_dataset
from logit_flows.steps.rows import read_rows
from logit_flows.steps.split import SPLIT_SALT, Split, hashed, split_rows, test_mask

from logit_engine.errors import DataError
from tests.support.pipeline import Make, city_table


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


def test_equal_values_of_any_type_have_equal_hashes() -> None:
    known = [0.010580436828307005, 0.2743961374374496]
    for dtype in (pl.Int8, pl.UInt16, pl.Int64, pl.UInt64):
        assert hashed(pl.Series("i", [0, 1], dtype=dtype), SPLIT_SALT).tolist() == known
    assert hashed(pl.Series("b", [False, True]), SPLIT_SALT).tolist() == known
    assert hashed(pl.Series("t", ["a"], dtype=pl.Categorical), SPLIT_SALT).tolist() == [
        0.5706292642308227
    ]
    assert hashed(pl.Series("u", [2**64 - 7], dtype=pl.UInt64), SPLIT_SALT).tolist() == [
        0.8825201282794272
    ]
    assert hashed(pl.Series("t", [], dtype=pl.String), SPLIT_SALT).tolist() == []


def test_what_cannot_be_hashed_is_refused() -> None:
    with pytest.raises(
        DataError, match="column 'f' holds Float64 values; a split hashes integers, text or dates"
    ):
        hashed(pl.Series("f", [0.5]), SPLIT_SALT)
    for values in ([1, None], ["a", None]):
        with pytest.raises(
            DataError, match="column 'n' is missing in 1 rows; a split cannot hash these"
        ):
            hashed(pl.Series("n", values), SPLIT_SALT)


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
    assert [read_rows(config, dataset, rule, side).height for side in ("train", "test", "all")] == [
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


@given(
    st.lists(
        st.text(max_size=30).filter(lambda t: "\0" not in t), min_size=1, max_size=40, unique=True
    )
)
def test_a_text_hash_is_the_texts_alone(texts: list[str]) -> None:
    together = hashed(pl.Series("t", texts), SPLIT_SALT)
    apart = [hashed(pl.Series("t", [text]), SPLIT_SALT)[0] for text in texts]
    assert together.tolist() == apart


def test_hashes_are_uniform_and_the_same_forever() -> None:
    values = hashed(pl.Series("i", range(100_000)), SPLIT_SALT)
    assert abs(np.histogram(values, 20, (0, 1))[0] - 5000).max() < 350
    assert hashed(pl.Series("i", [0, 1, -7]), SPLIT_SALT).tolist() == KNOWN_INTEGERS
    assert (
        hashed(pl.Series("t", ["", "a", "2013-01-01-UA1545-EWR"]), SPLIT_SALT).tolist()
        == KNOWN_TEXTS
    )


KNOWN_INTEGERS = [0.010580436828307005, 0.2743961374374496, 0.8825201282794272]

KNOWN_TEXTS = [0.012473804068007466, 0.5706292642308227, 0.15594417460393728]


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
