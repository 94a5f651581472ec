"""Split: which rows train and which test, by a rule that can be applied again to any rows,
tomorrow's included.

Random rules hash a key (the cluster, the id, the group, or the whole row) and compare with a
threshold, so that a row never changes sides as data grow, are reordered or change their types. A
stratified rule has a threshold a class, so that each class is cut in the same share; it is fixed by
the data of its run. A time rule compares the first time of the row's cluster with a threshold.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name, by_names, series_of
from logit_flows.config.model import Config
from logit_flows.config.remedies import CurableError, Remedy
from logit_flows.config.values import value_text
from logit_flows.sources.contract import Contract
from logit_flows.sources.type_names import NUMBER_TYPES, LogicalType
from logit_flows.steps.hashing import Key, RowKey, canonical_text, hashed_keys, key_columns
from logit_flows.steps.load import Dataset, row_columns
from logit_flows.steps.memory import columns_of
from logit_flows.steps.time_cuts import cut_of, first_times, from_cut_on, plain_cut, stored_cut

SPLIT_SALT = 0x5EED_0001
# numbers in one role may be levels in another: hashed by value, a row then stays the same row
VALUE_TYPES = (*NUMBER_TYPES, LogicalType.INTEGER, LogicalType.BOOLEAN)
HASH_NAME = "canonical text"  # of the hash that a stored rule counts on


# In place of a split that cannot be made.
RANDOM_SPLIT = Remedy("split", "split: {method: random, test_size: 0.2}")
STRATIFIED_SPLIT = Remedy("split", "split: {method: stratified, test_size: 0.2}")


@dataclass(frozen=True, slots=True)
class Split:
    """A rule: how (`method`), on which column, with which clusters kept whole, and where it cuts.

    threshold: for time, the first time of the test rows; for hashes, the share of test rows: a
    row with a smaller hash is one. by_class: such a share for each class, for stratified.
    values: the values of the column that mark test rows, for column. row: the columns that are
    hashed in place of one column.
    """

    method: str
    column: str | None = None
    cluster: str | None = None
    target: str | None = None
    threshold: Any = None
    by_class: tuple[tuple[str, float], ...] = ()
    values: tuple[str, ...] = ()
    row: RowKey | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        named = (self.column, self.cluster, self.target, *(self.row.columns if self.row else ()))
        return tuple(dict.fromkeys(c for c in named if c is not None))

    @property
    def key(self) -> Key | None:
        """What it hashes; None of a rule without a hash."""
        return (self.row or self.column) if self.method in ("hash", "stratified") else None

    def to_content(self) -> dict[str, Any]:
        """JSON-ready content; `from_content` is its inverse."""
        return {
            "method": self.method,
            "column": self.column,
            "cluster": self.cluster,
            "target": self.target,
            "threshold": list(stored_cut(self.threshold)),
            "by_class": [list(pair) for pair in self.by_class],
            "values": list(self.values),
            "row": None if self.row is None else asdict(self.row),
            "hash": HASH_NAME,
        }

    @staticmethod
    def from_content(content: dict[str, Any]) -> "Split":
        """The split of that content. Raises DataError if it counts on another hash than ours."""
        rest = {key: content[key] for key in ("method", "column", "cluster", "target")}
        if rest["method"] in ("hash", "stratified") and content.get("hash") != HASH_NAME:
            raise DataError(
                "the split of this run was made by the hash of another version, so its test rows "
                "are not known; train it anew."
            )
        row = content.get("row")
        return Split(
            **rest,
            threshold=cut_of(*content["threshold"]),
            by_class=tuple((str(label), float(share)) for label, share in content["by_class"]),
            values=tuple(content["values"]),
            row=None if row is None else RowKey(tuple(row["numbers"]), tuple(row["texts"])),
        )


def split_rows(config: Config, dataset: Dataset) -> Split:
    """The rule that splits the rows of this config and data.

    Raises DataError if a side would be empty or have one class.
    """
    asked, data = config.split, config.data
    target = data.target.column
    match asked.method:
        case "none":
            return Split("none")
        case "column":
            rule = Split("column", asked.column, values=tuple(map(value_text, asked.test or ())))
        case "time":
            rule = _time_rule(dataset, str(data.time), data.cluster, target, asked.test_size)
        case "stratified":
            key = hash_key(config, dataset.contract)
            rule = _stratified_rule(config, dataset, key, target, asked.test_size)
        case "group":
            rule = Split("hash", asked.column, threshold=asked.test_size)
        case _:
            key = hash_key(config, dataset.contract)
            rule = _hash_rule("hash", key, threshold=asked.test_size)
    if data.cluster not in (None, rule.column) and rule.method in ("hash", "column"):
        _refuse_cut_clusters(config, dataset, rule, str(data.cluster))
    _check_sides(config, dataset, rule, target)
    return rule


def hash_key(config: Config, contract: Contract) -> Key:
    """What random and stratified splits hash: the cluster if there is one, else the id, else the
    whole row, unless split.by says which.
    """
    by = config.split_key
    if by != "row":
        return str(config.data.cluster if by == "cluster" else config.data.id)
    columns, types = sorted(contract.row or row_columns(config)), contract.types
    numbers = tuple(c for c in columns if types[c] in VALUE_TYPES)
    return RowKey(numbers, tuple(c for c in columns if c not in numbers))


def test_mask(split: Split, frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Which rows of a frame, holding the split's columns, are on the test side, (n,)."""
    if split.method == "none":
        return np.zeros(frame.height, dtype=bool)
    if split.method == "column":
        texts = canonical_text(frame[str(split.column)])
        return texts.is_in(split.values).fill_null(False).to_numpy()
    if split.method == "time":
        column = str(split.column)
        later = from_cut_on(column, split.cluster, frame.schema[column], split.threshold)
        return frame.select(later).to_series().to_numpy()
    assert split.key is not None
    share = split.threshold if split.method == "hash" else _class_shares(split, frame)
    is_test: NDArray[np.bool_] = hashed_keys(frame, split.key, SPLIT_SALT) < share
    return is_test


def side_rule(split: Split, rows: pl.LazyFrame) -> Callable[[pl.DataFrame], NDArray[np.bool_]]:
    """Which rows of a part of all rows are on the test side: a function of a frame of the part.

    It gives what `test_mask` gives of all rows at once: a cluster goes by the first time of all of
    its rows, not of those in the part.
    """
    if split.method != "time" or split.cluster is None:
        return partial(test_mask, split)
    time, cluster = str(split.column), split.cluster
    later = from_cut_on(time, None, rows.collect_schema()[time], split.threshold)
    early = rows.filter(~later).select(by_name(cluster).unique()).collect(engine="streaming")
    known = series_of(early, cluster).implode()
    return lambda frame: (~series_of(frame, cluster).is_in(known)).to_numpy()


def _class_shares(split: Split, frame: pl.DataFrame) -> NDArray[np.float64]:
    """The share of test rows of each row's class, (n,)."""
    labels, shares = canonical_text(frame[str(split.target)]), dict(split.by_class)
    found = labels.replace_strict(shares, default=0.0, return_dtype=pl.Float64)
    return found.fill_null(0.0).to_numpy()


def _hash_rule(method: str, key: Key, **rest: Any) -> Split:
    """The rule that hashes a column or whole rows."""
    if isinstance(key, str):
        return Split(method, key, **rest)
    return Split(method, row=key, **rest)


def _time_rule(
    dataset: Dataset, time: str, cluster: str | None, target: str, test_size: float
) -> Split:
    """The cut in time whose share of later rows is nearest to the test size.

    Clusters go by their first time.
    """
    rows = dataset.scan().select(by_names(c for c in (time, target, cluster) if c is not None))
    first = first_times(time, cluster, rows.collect_schema()[time])
    times = (
        rows.select(first.alias("first"), by_name(target).is_not_null().alias("has"))
        .group_by("first")
        .agg(pl.col("has").sum())
        .sort("first")
        .collect(engine="streaming")
    )
    if times.height < 2:
        raise CurableError(
            f"all rows have the same {time}; a time split needs at least two times.", RANDOM_SPLIT
        )
    before = times["has"].cum_sum().to_numpy()[:-1] / dataset.rows
    cut = int(np.argmin(np.abs(before - (1.0 - test_size)))) + 1
    return Split("time", time, cluster, threshold=plain_cut(times["first"][cut]))


def _stratified_rule(
    config: Config, dataset: Dataset, key: Key, target: str, test_size: float
) -> Split:
    """For each class the hash below which the asked share of its rows lies."""
    hashes: dict[str, list[NDArray[np.float64]]] = {}
    for frame in columns_of(config, dataset, [*key_columns(key), target]):
        own, labels = hashed_keys(frame, key, SPLIT_SALT), canonical_text(frame[target])
        for label in labels.unique().to_list():
            hashes.setdefault(label, []).append(own[(labels == label).to_numpy()])
    shares = []
    for label in sorted(hashes):
        own = np.sort(np.concatenate(hashes[label]))
        count = round(test_size * own.size)
        edge = 1.0 if count >= own.size else float(own[count])
        shares.append((str(label), edge))
    return _hash_rule("stratified", key, target=target, by_class=tuple(shares))


def _refuse_cut_clusters(config: Config, dataset: Dataset, rule: Split, cluster: str) -> None:
    """Raises DataError if a rule puts rows of one cluster on both sides."""
    found: list[pl.DataFrame] = []  # of each cluster, the sides its rows are on
    for frame in columns_of(config, dataset, [*rule.columns, cluster]):
        sides = pl.DataFrame({"cluster": frame[cluster], "side": test_mask(rule, frame)})
        found = [pl.concat([*found, sides.unique()]).unique()]
    cut = int(found[0]["cluster"].is_duplicated().sum()) // 2 if found else 0
    if cut:
        raise CurableError(
            f"the split by '{rule.column}' cuts {cut:,} clusters of '{cluster}' in two; rows that "
            "belong together must stay on one side: split by the cluster, or drop data.cluster.",
            RANDOM_SPLIT,
        )


def _check_sides(config: Config, dataset: Dataset, rule: Split, target: str) -> None:
    """Raises DataError if a side has no rows, or rows of one class alone."""
    rows, values, is_test = [0, 0], [set[Any](), set[Any]()], side_rule(rule, dataset.present())
    for frame in columns_of(config, dataset, [*rule.columns, target]):
        mask = is_test(frame)
        for i, side in enumerate((~mask, mask)):
            rows[i] += int(side.sum())
            values[i].update(series_of(frame, target).filter(pl.Series(side)).unique().to_list())
    for i, name in enumerate(("training", "test")):
        if rows[i] == 0:
            raise CurableError(
                f"the split leaves no {name} rows; change split.test_size or split.column.",
                RANDOM_SPLIT,
            )
        if len(values[i]) < 2:
            raise CurableError(
                f"the {rows[i]:,} {name} rows of the split all have the same '{target}'; change "
                "the split.",
                RANDOM_SPLIT if config.data.cluster is not None else STRATIFIED_SPLIT,
            )
