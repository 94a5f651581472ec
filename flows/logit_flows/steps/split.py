"""Split: which rows train and which test, by a rule that can be applied again to any rows,
tomorrow's included.

Random rules hash the id (or the cluster, or the group) and compare with a threshold, so that a row
never changes sides as data grow or are reordered. A stratified rule has a threshold a class, so
that each class is cut in the same share; it is fixed by the data of its run. A time rule compares
the first time of the row's cluster with a threshold.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name
from logit_flows.config.model import Config
from logit_flows.steps.load import Dataset
from logit_flows.steps.memory import columns_of

SPLIT_SALT = 0x5EED_0001
FOLD_SALT = 0x5EED_0002


@dataclass(frozen=True, slots=True)
class Split:
    """A rule: how (`method`), on which column, with which clusters kept whole, and where it cuts.

    threshold: for time, the first time of the test rows; for hashes, the share of test rows: a
    row with a smaller hash is one. by_class: such a share for each class, for stratified.
    values: the values of the column that mark test rows, for column.
    """

    method: str
    column: str | None = None
    cluster: str | None = None
    target: str | None = None
    threshold: Any = None
    by_class: tuple[tuple[str, float], ...] = ()
    values: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        return tuple(
            dict.fromkeys(c for c in (self.column, self.cluster, self.target) if c is not None)
        )

    def to_content(self) -> dict[str, Any]:
        """JSON-ready content; `from_content` is its inverse."""
        kind = "datetime" if isinstance(self.threshold, datetime) else type(self.threshold).__name__
        shown = self.threshold.isoformat() if isinstance(self.threshold, date) else self.threshold
        return {
            "method": self.method,
            "column": self.column,
            "cluster": self.cluster,
            "target": self.target,
            "threshold": [kind, shown],
            "by_class": [list(pair) for pair in self.by_class],
            "values": list(self.values),
        }

    @staticmethod
    def from_content(content: dict[str, Any]) -> "Split":
        """The split of that content."""
        kind, threshold = content["threshold"]
        if kind == "datetime":
            threshold = datetime.fromisoformat(threshold)
        elif kind == "date":
            threshold = date.fromisoformat(threshold)
        by_class = tuple((str(label), float(share)) for label, share in content["by_class"])
        rest = {key: content[key] for key in ("method", "column", "cluster", "target")}
        return Split(
            **rest, threshold=threshold, by_class=by_class, values=tuple(content["values"])
        )


def split_rows(config: Config, dataset: Dataset) -> Split:
    """The rule that splits the rows of this config and data.

    Raises DataError if a side would be empty or have one class.
    """
    asked, data = config.split, config.data
    unit = asked.column or data.cluster or data.id
    target = data.target.column
    match asked.method:
        case "none":
            return Split("none")
        case "column":
            rule = Split("column", asked.column, values=tuple(str(v) for v in asked.test or ()))
        case "time":
            rule = _time_rule(dataset, str(data.time), data.cluster, target, asked.test_size)
        case "stratified":
            rule = _stratified_rule(config, dataset, str(unit), target, asked.test_size)
        case _:
            rule = Split("hash", unit, threshold=asked.test_size)
    if data.cluster not in (None, unit) and rule.method in ("hash", "column"):
        _refuse_cut_clusters(dataset, rule, str(data.cluster))
    _check_sides(config, dataset, rule, target)
    return rule


def test_mask(split: Split, frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Which rows of a frame, holding the split's columns, are on the test side, (n,)."""
    match split.method:
        case "none":
            return np.zeros(frame.height, dtype=bool)
        case "column":
            return (
                frame[str(split.column)]
                .cast(pl.String)
                .is_in(split.values)
                .fill_null(False)
                .to_numpy()
            )
        case "time":
            time = by_name(str(split.column))
            first = time if split.cluster is None else time.min().over(split.cluster)
            edge = pl.lit(split.threshold, dtype=frame.schema[str(split.column)])
            return frame.select(first >= edge).to_series().to_numpy()
        case "stratified":
            shares = dict(split.by_class)
            labels = frame[str(split.target)].cast(pl.String)
            share = (
                labels.replace_strict(shares, default=0.0, return_dtype=pl.Float64)
                .fill_null(0.0)
                .to_numpy()
            )
            return hashed(frame[str(split.column)], SPLIT_SALT) < share
    is_test: NDArray[np.bool_] = hashed(frame[str(split.column)], SPLIT_SALT) < split.threshold
    return is_test


def hashed_folds(frame: pl.DataFrame, unit: str, count: int) -> NDArray[np.int64]:
    """The validation fold of each row, 0..count-1, (n,), by a hash of its unit."""
    return np.floor(hashed(frame[unit], FOLD_SALT) * count).astype(np.int64)


class Fold(NamedTuple):
    """Which rows a fold's model learns from, and which it is judged by, (n,) bool each."""

    train: NDArray[np.bool_]
    held: NDArray[np.bool_]


def validation_folds(config: Config, frame: pl.DataFrame, y: NDArray[np.float64]) -> list[Fold]:
    """The folds of model.penalty for training rows with outcome codes y, (n,). Raises DataError for
    a fold that cannot be.

    By time rows are cut into one piece more than there are folds, and each fold learns from all
    that came before it: the first rows are held out by none. Clusters go by their first time.
    """
    asked, data = config.model.penalty, config.data
    count = asked.folds
    match asked.fold_method:
        case "time":
            codes = _time_pieces(frame, str(data.time), data.cluster, count + 1) - 1
            found = [Fold(codes < k, codes == k) for k in range(count)]
        case "stratified":
            codes = _equal_shares(hashed(frame[str(data.id)], FOLD_SALT), y, count)
            found = [Fold(codes != k, codes == k) for k in range(count)]
        case _:
            codes = hashed_folds(frame, str(data.cluster or data.id), count)
            found = [Fold(codes != k, codes == k) for k in range(count)]
    classes = np.unique(y)
    for k, fold in enumerate(found):
        name = f"fold {k + 1} of {count}"
        if not fold.held.any() or not fold.train.any():
            raise DataError(f"{name} has no rows; use fewer model.penalty.folds.")
        if np.unique(y[fold.train]).size < classes.size:
            raise DataError(
                f"the rows that {name} learns from lack a class; use fewer model.penalty.folds or "
                "another fold_method."
            )
    return found


def _time_pieces(
    frame: pl.DataFrame, time: str, cluster: str | None, count: int
) -> NDArray[np.int64]:
    """Pieces 0, 1, ... in time of about equally many rows, (n,); equal times stay together."""
    first = by_name(time) if cluster is None else by_name(time).min().over(cluster)
    rank = frame.select(first.rank("dense").cast(pl.Int64)).to_series().to_numpy() - 1
    rows = np.bincount(rank)
    middle = (np.cumsum(rows) - 0.5 * rows) / rank.size
    return np.asarray(np.floor(middle * count).astype(np.int64)[rank])


def _equal_shares(
    order: NDArray[np.float64], y: NDArray[np.float64], count: int
) -> NDArray[np.int64]:
    """Folds 0, 1, ... with equally many rows of each class, (n,), in the order of a hash."""
    codes = np.empty(y.size, dtype=np.int64)
    for label in np.unique(y):
        own = np.flatnonzero(y == label)
        codes[own[np.argsort(order[own], kind="stable")]] = np.arange(own.size) * count // own.size
    return codes


def hashed(column: pl.Series, salt: int) -> NDArray[np.float64]:
    """A number in [0, 1) for each value, (n,), equal for equal values on every machine and in every
    version.

    Integers, dates and times by splitmix64 (Steele, Lea & Flood 2014); text by folding its UTF-8
    bytes, eight at a time.
    """
    if column.null_count():
        raise DataError(
            f"column '{column.name}' is missing in {column.null_count():,} rows; a split cannot "
            "hash these."
        )
    if column.dtype in (pl.String, pl.Categorical, pl.Enum):
        mixed = _hash_text(column.cast(pl.String), salt)
    elif column.dtype.is_integer() or column.dtype.is_temporal() or column.dtype == pl.Boolean:
        numbers = (
            column.to_physical().cast(pl.Int64, wrap_numerical=True).to_numpy().view(np.uint64)
        )
        mixed = _splitmix(numbers ^ _splitmix(np.full(1, salt, dtype=np.uint64)))
    else:
        raise DataError(
            f"column '{column.name}' holds {column.dtype} values; a split hashes integers, text or "
            "dates."
        )
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _splitmix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One step of splitmix64 from each number, (n,)."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _hash_text(column: pl.Series, salt: int) -> NDArray[np.uint64]:
    """A number for each text, (n,): its length, then its bytes, mixed in eight at a time."""
    lengths = column.str.len_bytes().to_numpy().astype(np.uint64)
    width = 8 * (int(lengths.max(initial=0)) // 8 + 1)
    raw = np.array(column.cast(pl.Binary).to_list(), dtype=f"S{width}")
    words = raw.view("<u8").reshape(column.len(), width // 8)
    mixed = _splitmix(lengths ^ np.uint64(salt))
    for k in range(words.shape[1]):
        inside = lengths > np.uint64(8 * k)
        mixed = np.where(inside, _splitmix(mixed ^ words[:, k]), mixed)
    return mixed


def _time_rule(
    dataset: Dataset, time: str, cluster: str | None, target: str, test_size: float
) -> Split:
    """The cut in time whose share of later rows is nearest to the test size.

    Clusters go by their first time.
    """
    columns = [time, target] if cluster is None else [time, target, cluster]
    first = by_name(time) if cluster is None else by_name(time).min().over(cluster)
    rows = (
        dataset.scan()
        .select(columns)
        .select(first.alias("first"), by_name(target).is_not_null().alias("has"))
    )
    times = (
        rows.group_by("first").agg(pl.col("has").sum()).sort("first").collect(engine="streaming")
    )
    if times.height < 2:
        raise DataError(f"all rows have the same {time}; a time split needs at least two times.")
    before = times["has"].cum_sum().to_numpy()[:-1] / dataset.rows
    cut = int(np.argmin(np.abs(before - (1.0 - test_size)))) + 1
    return Split("time", time, cluster, threshold=times["first"][cut])


def _stratified_rule(
    config: Config, dataset: Dataset, unit: str, target: str, test_size: float
) -> Split:
    """For each class the hash below which the asked share of its rows lies."""
    hashes: dict[str, list[NDArray[np.float64]]] = {}
    for frame in columns_of(config, dataset, [unit, target]):
        shares_of, labels = hashed(frame[unit], SPLIT_SALT), frame[target].cast(pl.String)
        for label in labels.unique().to_list():
            hashes.setdefault(label, []).append(shares_of[(labels == label).to_numpy()])
    shares = []
    for label in sorted(hashes):
        own = np.sort(np.concatenate(hashes[label]))
        count = round(test_size * own.size)
        edge = 1.0 if count >= own.size else float(own[count])
        shares.append((str(label), edge))
    return Split("stratified", unit, target=target, by_class=tuple(shares))


def _refuse_cut_clusters(dataset: Dataset, rule: Split, cluster: str) -> None:
    """Raises DataError if a rule puts rows of one cluster on both sides."""
    frame = dataset.scan().select(list(dict.fromkeys([*rule.columns, cluster]))).collect()
    sides = frame.with_columns(pl.Series("side", test_mask(rule, frame)))
    cut = sides.group_by(cluster).agg(pl.col("side").n_unique()).filter(pl.col("side") > 1).height
    if cut:
        raise DataError(
            f"the split by '{rule.column}' cuts {cut:,} clusters of '{cluster}' in two; rows that "
            "belong together must stay on one side: split by the cluster, or drop data.cluster."
        )


def _check_sides(config: Config, dataset: Dataset, rule: Split, target: str) -> None:
    """Raises DataError if a side has no rows, or rows of one class alone."""
    rows, values = [0, 0], [set[Any](), set[Any]()]
    for frame in columns_of(config, dataset, [*rule.columns, target]):
        mask = test_mask(rule, frame)
        for i, side in enumerate((~mask, mask)):
            rows[i] += int(side.sum())
            values[i].update(frame[target].filter(pl.Series(side)).unique().to_list())
    for i, name in enumerate(("training", "test")):
        if rows[i] == 0:
            raise DataError(
                f"the split leaves no {name} rows; change split.test_size or split.column."
            )
        if len(values[i]) < 2:
            raise DataError(
                f"the {rows[i]:,} {name} rows of the split all have the same '{target}'; change "
                "the split."
            )
