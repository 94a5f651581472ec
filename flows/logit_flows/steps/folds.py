"""Folds: which training rows a cross-validation leaves out once: by hash, by class or by time."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.errors import DataError
from logit_engine.rows.table_frames import Frames
from logit_flows.config.model import Config
from logit_flows.sources.contract import Contract
from logit_flows.steps.hashing import Key, hashed_keys, key_columns
from logit_flows.steps.split import hash_key
from logit_flows.steps.time_cuts import first_times

FOLD_SALT = 0x5EED_0002


class Fold(NamedTuple):
    """Which rows a fold's model learns from, and which it is judged by, (n,) bool each."""

    train: NDArray[np.bool_]
    held: NDArray[np.bool_]


def fold_key(config: Config, contract: Contract) -> Key:
    """What folds hash: the key of random splits; without clusters the groups of a group split."""
    split, cluster = config.split, config.data.cluster
    if split.method == "group" and cluster is None:
        return str(split.column)
    return hash_key(config, contract)


def hashed_folds(rows: Frames, key: Key, count: int) -> NDArray[np.int64]:
    """The validation fold of each row, 0..count-1, (n,), by a hash of its key."""
    return np.floor(_key_hashes(rows, key) * count).astype(np.int64)


def _key_hashes(rows: Frames, key: Key) -> NDArray[np.float64]:
    """The hash of each row's key, (n,)."""
    columns = list(key_columns(key))
    parts = [hashed_keys(frame, key, FOLD_SALT) for frame in rows.frames(columns)]
    return np.concatenate([np.empty(0), *parts])


def validation_folds(
    config: Config, contract: Contract, rows: Frames, y: NDArray[np.float64]
) -> list[Fold]:
    """The folds of model.penalty for training rows with outcome codes y, (n,). Raises DataError for
    a fold that cannot be.

    By time rows are cut into one piece more than there are folds, and each fold learns from all
    that came before it: the first rows are held out by none. Clusters go by their first time.
    """
    asked, data = config.model.penalty, config.data
    count = asked.folds
    match asked.fold_method:
        case "time":
            codes = _time_pieces(rows, str(data.time), data.cluster, count + 1) - 1
            found = [Fold(codes < k, codes == k) for k in range(count)]
        case "stratified":
            order = _key_hashes(rows, fold_key(config, contract))
            codes = _equal_shares(order, y, count)
            found = [Fold(codes != k, codes == k) for k in range(count)]
        case _:
            codes = hashed_folds(rows, fold_key(config, contract), count)
            found = [Fold(codes != k, codes == k) for k in range(count)]
    _check_folds(found, y)
    return found


def _check_folds(found: list[Fold], y: NDArray[np.float64]) -> None:
    """Raises DataError for a fold without rows, or whose training rows lack a class."""
    classes = np.unique(y)
    for k, fold in enumerate(found):
        name = f"fold {k + 1} of {len(found)}"
        if not fold.held.any() or not fold.train.any():
            raise DataError(f"{name} has no rows; use fewer model.penalty.folds.")
        if np.unique(y[fold.train]).size < classes.size:
            raise DataError(
                f"the rows that {name} learns from lack a class; use fewer model.penalty.folds or "
                "another fold_method."
            )


def _time_pieces(rows: Frames, time: str, cluster: str | None, count: int) -> NDArray[np.int64]:
    """Pieces 0, 1, ... in time of about equally many rows, (n,); equal times stay together."""
    frame = pl.concat(rows.frames([c for c in (time, cluster) if c is not None]))
    first = first_times(time, cluster, frame.schema[time])
    rank = frame.select(first.rank("dense").cast(pl.Int64)).to_series().to_numpy() - 1
    counts = np.bincount(rank)
    middle = (np.cumsum(counts) - 0.5 * counts) / rank.size
    return np.asarray(np.floor(middle * count).astype(np.int64)[rank])


def _equal_shares(
    order: NDArray[np.float64], y: NDArray[np.float64], count: int
) -> NDArray[np.int64]:
    """Folds 0, 1, ... with equally many rows of each class, (n,), in the order of a hash.

    Rows of a class with an equal hash stay together.
    """
    codes = np.empty(y.size, dtype=np.int64)
    for label in np.unique(y):
        own = np.flatnonzero(y == label)
        place = np.searchsorted(np.sort(order[own]), order[own])
        codes[own] = place * count // own.size
    return codes
