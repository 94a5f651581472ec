"""What a run keeps of its training rows: every one is known again, and hardly another."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from logit_flows.steps.hashing import RowKey
from logit_flows.steps.load import load_dataset
from logit_flows.steps.split import split_rows
from logit_flows.steps.trained_keys import ChangedKeysError, TrainedKeys, hash_training_rows

from logit_engine.errors import DataError
from logit_engine.rows.table_frames import MemoryFrames
from tests.support.pipeline import Make, city_table, side_table

FEW = {"features__numeric": [], "features__categorical": ["city"]}


def keys_and_sides(
    make: Make, **settings: object
) -> tuple[TrainedKeys, pl.DataFrame, pl.DataFrame]:
    """The keys of a run with its training and its test rows."""
    config = make(**settings)
    dataset = load_dataset(config)
    split = split_rows(config, dataset)
    train, test = (side_table(config, dataset, split, side) for side in ("train", "test"))
    return hash_training_rows(config, dataset, split), train, test


def test_every_training_row_is_known_again_and_no_test_row(make: Make) -> None:
    keys, train, test = keys_and_sides(make, data__cluster="group")
    assert list(keys.columns) == ["key", "group"]
    assert keys.seen_rows(MemoryFrames(train)).all()
    assert not keys.seen_rows(MemoryFrames(test)).any()
    assert (keys.alike_rows, keys.test_rows) == (0, test.height)


@pytest.mark.parametrize("renamed", ["key", "group"])
def test_a_training_row_is_known_by_its_id_or_its_cluster_alone(make: Make, renamed: str) -> None:
    keys, train, test = keys_and_sides(make, data__cluster="group")
    changed = [pl.col("x", "z") + 10.0, (pl.col(renamed).cast(pl.String) + "?").alias(renamed)]
    assert keys.seen_rows(MemoryFrames(train.with_columns(changed))).all()
    assert not keys.seen_rows(MemoryFrames(test.with_columns(changed))).any()


def test_an_id_is_known_whatever_type_a_file_gives_it(make: Make) -> None:
    keys, train, _ = keys_and_sides(make)
    other = train.with_columns(pl.col("key").cast(pl.String), pl.col("x", "z") * 2.0)
    assert keys.seen_rows(MemoryFrames(other)).all()


@pytest.mark.parametrize("change", ["single precision", "three decimals more", "seven digits"])
def test_rows_with_new_ids_are_known_by_values_that_changed_a_little(
    make: Make, change: str
) -> None:
    keys, train, test = keys_and_sides(make)
    values = pl.col("x", "z")
    new = {
        "single precision": values.cast(pl.Float32).cast(pl.Float64),
        "three decimals more": values.round(7),
        "seven digits": values.round_sig_figs(7),
    }[change]
    for side, expected in ((train, True), (test, False)):
        changed = side.with_columns(new, key=pl.col("key") + 10**6)
        assert (keys.seen_rows(MemoryFrames(changed)) == expected).all()


def test_values_that_many_rows_share_say_nothing_by_themselves(make: Make) -> None:
    keys, _, test = keys_and_sides(make, **FEW)
    assert keys.chance == 1.0
    assert not keys.seen_rows(MemoryFrames(test)).any()


def test_more_rows_alike_than_by_chance_mean_that_ids_have_changed(make: Make) -> None:
    key = RowKey(("x",), ())
    prints = tuple(np.arange(4, dtype=np.uint32) for _ in range(2))
    keys = TrainedKeys({}, key, prints, alike_rows=30, test_rows=100)
    keys._refuse_many_alike(np.arange(100) < 34)
    with pytest.raises(ChangedKeysError) as caught:
        keys._refuse_many_alike(np.arange(100) < 70)
    assert str(caught.value) == (
        "of 100 rows that look new, 70% have the values of rows that it was trained on, where 30% "
        "do by chance: ids, clusters, times or sides seem to have changed since"
    )
    assert issubclass(ChangedKeysError, DataError)


def test_a_few_rows_alike_by_chance_are_no_news_to_a_run_of_a_few_test_rows(make: Make) -> None:
    keys = TrainedKeys({}, RowKey(("x",), ()), (), test_rows=12)
    keys._refuse_many_nearly_alike(np.arange(15) < 3)
    with pytest.raises(ChangedKeysError, match="of 15 rows that look new, 80% nearly have the"):
        keys._refuse_many_nearly_alike(np.arange(15) < 12)


@pytest.mark.parametrize("decimals", [3, 4])
def test_rows_whose_numbers_were_rounded_by_as_much_as_a_cell_are_not_called_unseen(
    make: Make, decimals: int
) -> None:
    keys, train, _ = keys_and_sides(make)
    rounded = train.with_columns(pl.col("x", "z").round(decimals), key=pl.col("key") + 10**6)
    with pytest.raises(ChangedKeysError, match=rf"of {train.height} rows that .* nearly have the "):
        keys.seen_rows(MemoryFrames(rounded))


def test_rows_are_known_by_texts_in_another_case(make: Make) -> None:
    keys, train, test = keys_and_sides(make)
    for side, expected in ((train, True), (test, False)):
        city = pl.format(" {} ", pl.col("city").str.to_uppercase())
        changed = side.with_columns(city.alias("city"), key=pl.col("key") + 10**6)
        assert (keys.seen_rows(MemoryFrames(changed)) == expected).all()


def test_ids_that_differ_by_case_alone_are_two(make: Make) -> None:
    ids = [f"0061A{code // 2:03d}{'rR'[code % 2]}" for code in range(600)]
    keys, train, test = keys_and_sides(make, data=city_table().with_columns(key=pl.Series(ids)))
    assert keys.seen_rows(MemoryFrames(train)).all()
    assert not keys.seen_rows(MemoryFrames(test)).any()


def test_keys_are_read_as_they_were_written_in_a_few_bytes_a_row(
    make: Make, tmp_path: Path
) -> None:
    keys, train, _ = keys_and_sides(make, data__cluster="group")
    path = tmp_path / "keys.parquet"
    keys.write(path)
    found = TrainedKeys.read(path)
    assert (found.values_key, found.alike_rows, found.test_rows) == (
        keys.values_key,
        keys.alike_rows,
        keys.test_rows,
    )
    for own, other in zip(
        (*keys.columns.values(), *keys.values),
        (*found.columns.values(), *found.values),
        strict=True,
    ):
        np.testing.assert_array_equal(own, other)
    assert list(found.columns) == list(keys.columns)
    assert path.stat().st_size < 1500 + 4 * 4 * train.height
