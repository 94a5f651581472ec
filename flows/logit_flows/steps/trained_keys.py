"""Trained keys: what a run keeps of the rows it was fitted on, so that a later gate knows them
again.

A split rule tells the side of a row by what the row is today. Data change: early rows of a cluster
leave the file, ids are given anew, times and targets are corrected, a column of sides is drawn
again, numbers are rounded. Then a rule may call a row unseen that was fitted on. So a run keeps a
number of 32 bits for each id, each cluster and each combination of feature values among its
training rows, and a row is unseen only if none of its own numbers is among them. By chance an
unseen row shares a number with one of n others in n / 2^32 of cases; it is then left out, which
costs a row and never the proof.

Ids and clusters say who a row is. Values say it only where few rows are alike, so the run also
keeps how many of its own test rows have the values of training rows, by chance:

- at most MAX_CHANCE: values tell rows apart, and a row with the values of a training row is one.
  Each row has two prints of its values, by numbers rounded in two ways. If clearly more rows than
  by chance share one of the two alone, numbers have changed by about as much as the rounding hides:
  other rows share none, and no row is provably unseen;
- more: rows alike are no news; but clearly more of them than by chance means that ids or clusters
  have changed, and no row is provably unseen.

What no record can know: a row that got a new id, a new cluster and new values; and a row that got
a new id and a new cluster where nearly every row is alike by chance.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from logit_engine.errors import DataError
from logit_engine.rows.table_frames import Frames
from logit_flows.config.model import Config
from logit_flows.steps.hashing import RowKey, hashed_rows, rounded_row_hashes
from logit_flows.steps.load import Dataset
from logit_flows.steps.rows import open_rows
from logit_flows.steps.split import Split

KEYS_SALT = 0x5EED_0003
MAX_CHANCE = 0.05  # of test rows with the values of training rows, where values tell rows apart
MIN_EXCESS = 0.05  # of rows alike over those by chance, beside STANDARD_ERRORS
STANDARD_ERRORS = 4.0
METADATA = b"trained_keys"

Mask = NDArray[np.bool_]
Prints = NDArray[np.uint32]


class ChangedKeysError(DataError):
    """Rows that a run was fitted on seem to have new ids or clusters."""


@dataclass(frozen=True, slots=True)
class TrainedKeys:
    """Sorted 32-bit prints of a run's training rows: by column, (m,) each, and by feature values.

    values: by the two ways of rounding. alike_rows: how many of `test_rows`, the run's own, have
    the values of training rows; nearly_alike_rows: by one way of rounding alone.
    """

    columns: dict[str, Prints]
    values_key: RowKey
    values: tuple[Prints, ...]
    alike_rows: int = 0
    nearly_alike_rows: int = 0
    test_rows: int = 0

    @property
    def chance(self) -> float:
        """The share of unseen rows with the values of training rows; 1 where none is known."""
        return self.alike_rows / self.test_rows if self.test_rows else 1.0

    @property
    def tells_rows_apart(self) -> bool:
        """Whether a row of any file can be known again, without a split rule."""
        return bool(self.columns) or self.chance <= MAX_CHANCE

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that a row is known by."""
        return tuple(dict.fromkeys((*self.columns, *self.values_key.columns)))

    def seen_rows(self, rows: Frames) -> Mask:
        """Which of the rows that the split rule holds out the run may have been fitted on, (n,).

        Raises ChangedKeysError if far more rows than by chance have the values of training rows,
        where these name no row, or nearly have them, where they do.
        """
        known, alike, nearly = np.zeros((3, rows.n), dtype=bool)
        start = 0
        for frame in rows.frames(self.reads):
            here = slice(start, start := start + frame.height)
            for column, prints in self.columns.items():
                known[here] |= _are_known(_column_prints(frame, column), prints)
            alike[here], nearly[here] = self.alike_masks(frame)
        if self.chance <= MAX_CHANCE:
            self._refuse_many_nearly_alike(nearly[~known])
            return known | alike
        self._refuse_many_alike(alike[~known])
        return known

    def alike_masks(self, frame: pl.DataFrame) -> tuple[Mask, Mask]:
        """Which rows have the values of a training row, and which by one way alone, (n,) each."""
        first, second = map(_are_known, _value_prints(frame, self.values_key), self.values)
        return first | second, first ^ second

    def _refuse_many_alike(self, alike: Mask) -> None:
        if _exceeds_chance(alike, self.alike_rows, self.test_rows):
            raise ChangedKeysError(
                f"of {alike.size:,} rows that look new, {alike.mean():.0%} have the values of rows "
                f"that it was trained on, where {self.chance:.0%} do by chance: ids, clusters, "
                "times or sides seem to have changed since"
            )

    def _refuse_many_nearly_alike(self, nearly: Mask) -> None:
        if _exceeds_chance(nearly, self.nearly_alike_rows, self.test_rows):
            raise ChangedKeysError(
                f"of {nearly.size:,} rows that look new, {nearly.mean():.0%} nearly have the "
                "values of rows that it was trained on: numbers seem to have been rounded since, "
                "or rows to have come again with values that changed a little"
            )

    def write(self, path: Path) -> None:
        """All prints as one Parquet file, about two bytes each."""
        every = [*self.columns.values(), *self.values]
        content = {
            "columns": list(self.columns),
            "numbers": list(self.values_key.numbers),
            "texts": list(self.values_key.texts),
            "sizes": [prints.size for prints in every],
            "alike_rows": self.alike_rows,
            "nearly_alike_rows": self.nearly_alike_rows,
            "test_rows": self.test_rows,
        }
        prints = pl.DataFrame({"print": np.concatenate([np.empty(0, dtype=np.uint32), *every])})
        table = prints.to_arrow()  # of an array, pyarrow would import pandas
        pq.write_table(
            table.replace_schema_metadata({METADATA: json.dumps(content)}),
            path,
            compression="none",
            use_dictionary=False,
            column_encoding={"print": "DELTA_BINARY_PACKED"},
        )

    @staticmethod
    def read(path: Path) -> "TrainedKeys":
        """The keys that `write` wrote. Raises FileNotFoundError where there are none."""
        content: dict[str, Any] = json.loads(pq.read_schema(path).metadata[METADATA])
        ends = np.cumsum(content["sizes"])[:-1]
        every = np.split(pl.read_parquet(path)["print"].to_numpy(), ends)
        named = content["columns"]
        return TrainedKeys(
            dict(zip(named, every, strict=False)),
            RowKey(tuple(content["numbers"]), tuple(content["texts"])),
            tuple(every[len(named) :]),
            *(content[name] for name in ("alike_rows", "nearly_alike_rows", "test_rows")),
        )


def hash_training_rows(config: Config, dataset: Dataset, split: Split) -> TrainedKeys:
    """The keys of the training rows of this config, data and split."""
    named = dict.fromkeys((config.data.id, config.data.cluster))
    columns, key = [name for name in named if name is not None], _features_key(config)
    frames = (
        [*(_column_prints(frame, name) for name in columns), *_value_prints(frame, key)]
        for frame in open_rows(config, dataset, split, "train").frames()
    )
    parts = zip(*(map(_sorted_once, found) for found in frames), strict=True)
    *known, first, second = (_sorted_once(np.concatenate(part)) for part in parts)
    keys = TrainedKeys(dict(zip(columns, known, strict=True)), key, (first, second))
    test = open_rows(config, dataset, split, "test")
    counts = np.zeros(2, dtype=np.int64)
    for frame in test.frames(key.columns):
        counts += np.sum(keys.alike_masks(frame), axis=1)
    alike, nearly = counts.tolist()
    return replace(keys, alike_rows=alike, nearly_alike_rows=nearly, test_rows=test.n)


def _features_key(config: Config) -> RowKey:
    """The features of a config: numbers by their cells, all others by their text."""
    numbers, texts = set(config.features.numeric), set(config.features.categorical)
    return RowKey(tuple(sorted(numbers)), tuple(sorted(texts - numbers)))


def _column_prints(frame: pl.DataFrame, column: str) -> Prints:
    """One for each row, (n,)."""
    return _first_bits(hashed_rows(frame, RowKey((), (column,)), KEYS_SALT))


def _value_prints(frame: pl.DataFrame, key: RowKey) -> Iterator[Prints]:
    """Two for each row, (n,) each."""
    return map(_first_bits, rounded_row_hashes(frame, key, KEYS_SALT))


def _exceeds_chance(found: Mask, own_found: int, own_rows: int) -> bool:
    """Whether clearly more of some rows are found, (n,), than of a run's own test rows by chance.

    One more of its own is counted: no such row among a few does not prove a chance of zero.
    """
    if not found.size or not own_rows:
        return False
    chance = (own_found + 1) / (own_rows + 1)
    deviation = np.sqrt(chance * (1.0 - chance) * (1.0 / found.size + 1.0 / own_rows))
    return bool(found.mean() > chance + MIN_EXCESS + STANDARD_ERRORS * deviation)


def _first_bits(shares: NDArray[np.float64]) -> Prints:
    """The first 32 bits of each share in [0, 1), (n,)."""
    return (shares * 2.0**32).astype(np.uint32)


def _are_known(prints: Prints, known: Prints) -> Mask:
    """Which prints are among the known ones, which are sorted, (n,)."""
    if known.size == 0:
        return np.zeros(prints.size, dtype=bool)
    at = np.minimum(np.searchsorted(known, prints), known.size - 1)
    found: Mask = known[at] == prints
    return found


def _sorted_once(prints: Prints) -> Prints:
    """The different prints, sorted; `np.unique` takes a hundred times as long."""
    prints = np.sort(prints)
    is_first = np.ones(prints.size, dtype=bool)
    np.not_equal(prints[1:], prints[:-1], out=is_first[1:])
    return prints[is_first]
