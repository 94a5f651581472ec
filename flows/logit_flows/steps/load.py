"""Load: the files of a config under one contract, counted and checked; other steps rescan them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.design.parquet_rows import ParquetFrames, parquet_frames
from logit_engine.errors import DataError, LogitEngineError, joint_error
from logit_engine.rows.frame_columns import by_name
from logit_engine.rows.labels import Label, is_same_label, label_of, quoted_label
from logit_flows.config.model import Config
from logit_flows.config.remedies import CurableError, Remedy
from logit_flows.sources.contract import Contract, Role, Roles
from logit_flows.sources.files import bound_files, find_paths
from logit_flows.sources.flow_text import flow_text
from logit_flows.sources.looking import KnownTypes
from logit_flows.sources.reading import read_source
from logit_flows.sources.shown_paths import shown_path
from logit_flows.sources.table import SourceTable
from logit_flows.sources.text.dialect import declared_dialect, sniffed_notes
from logit_flows.sources.text.dialects import DialectChoice
from logit_flows.steps.classes import MAX_CLASSES, several_classes, two_classes
from logit_flows.steps.marked_texts import MarkedText, marked_texts
from logit_flows.steps.opening import open_store
from logit_flows.steps.seen_rows import refuse_seen_rows

MAX_HELD_VALUES = 2**23  # values of a column at once, to see whether they repeat

Keep = Callable[[pl.DataFrame], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Some checked files as one table, and how many of its rows have a target.

    classes: the values of the target by code, the base first; of two the positive one is the
    second. events: the values that are the positive class, where a config lists them. dropped: rows
    without a target, left out as the config says. notes: a sentence for each
    choice that the reading made.
    """

    table: SourceTable
    rows: int
    dropped: int
    classes: tuple[Label, ...]
    target: str
    events: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    test: "Dataset | None" = None

    @property
    def contract(self) -> Contract:
        """What its columns are, and mean."""
        return self.table.contract

    @property
    def fingerprint(self) -> str:
        """The sha256 of the contents of all files, and of what their folders name."""
        own = self.table.fingerprint
        if self.test is None:
            return own
        return hashlib.sha256(f"{own} {self.test.table.fingerprint}".encode()).hexdigest()

    def scan(self) -> pl.LazyFrame:
        """The rows, lazily."""
        return self.table.scan()

    def present(self) -> pl.LazyFrame:
        """The rows that have a target, lazily."""
        return self.scan().filter(by_name(self.target).is_not_null())

    def frames(self, columns: Sequence[str], keep: Keep, reads: Sequence[str]) -> ParquetFrames:
        """The rows that `keep`, given frames of the columns `reads`, keeps: decoded in chunks."""
        return parquet_frames(self.table.paths, columns, keep, reads, self.table.open_file)

    def refuse_new_contents(self) -> None:
        """Raises DataError if a file no longer has the contents that were read."""
        for table in [self.table] + ([] if self.test is None else [self.test.table]):
            table.refuse_new_contents()


def load_dataset(config: Config, relearn: bool = False, folds: bool = False) -> Dataset:
    """The config's data under the contract of its name, learnt now if there is none.

    relearn: learn the contract anew. folds: an experiment cuts the rows into folds. Raises
    DataError with every problem found, one sentence each.
    """
    older = None if relearn else open_store(config).contract()
    row = hashed_row(config, older, folds)
    dataset = _checked_dataset(config, config.data.source, "data.source", older, row)
    if config.data.test is None:
        return dataset
    test = _checked_dataset(config, config.data.test, "data.test", dataset.contract)
    known = dataset.classes
    strange = [one for one in test.classes if not any(is_same_label(one, k) for k in known)]
    if strange:
        raise DataError(
            f"the target is {' or '.join(map(quoted_label, known))} in the training file, but also "
            f"{quoted_label(strange[0])} in the test file."
        )
    refuse_seen_rows(dataset.table, test.table, config.data.id)
    return replace(dataset, test=test)


def column_roles(config: Config) -> Roles:
    """What each column that a training run reads is for, each once."""
    data = config.data
    named = [
        (data.target.column, Role.TARGET),
        (data.id, Role.ID),
        (data.time, Role.TIME),
        (data.cluster, Role.CLUSTER),
        (config.split.column, Role.GROUP),
        *((name, Role.NUMERIC) for name in config.features.numeric),
        *((name, Role.CATEGORICAL) for name in config.features.categorical),
    ]
    roles: dict[str, tuple[Role, ...]] = {}
    for name, role in named:
        if name is not None:
            roles[name] = tuple(dict.fromkeys((*roles.get(name, ()), role)))
    return roles


def needed_columns(config: Config) -> tuple[str, ...]:
    """The columns a training run reads, each once."""
    return tuple(column_roles(config))


def row_columns(config: Config) -> tuple[str, ...]:
    """The columns of a whole row as this config has it: all but the target and the id."""
    apart = {config.data.target.column, config.data.id}
    return tuple(name for name in needed_columns(config) if name not in apart)


def hashed_row(config: Config, older: Contract | None, folds: bool = False) -> tuple[str, ...]:
    """The columns of the whole rows that the config's split or folds hash, those of the first
    train of its name; () if they hash none.

    folds: an experiment has some too, and all of its cells hash the same columns.
    """
    penalty = config.model.penalty
    splits = config.split.method in ("random", "stratified")
    folds = folds or (penalty.strength == "cv" and penalty.fold_method != "time")
    if config.split_key != "row" or not (splits or folds):
        return ()
    return row_columns(config) if older is None or not older.row else older.row


def known_types(config: Config, older: Contract | None, roles: Roles) -> KnownTypes:
    """The types that need no look: declared ones, and those of an older contract."""
    return KnownTypes(config.data.declared_types, {} if older is None else older.types_for(roles))


def dialects_of(config: Config, older: Contract | None) -> DialectChoice:
    """How text files are written: as the config declares, else as the contract says, else as a
    look at the file does.
    """
    declared = declared_dialect(config.data.format)
    dialect = None if older is None else older.dialect
    return DialectChoice(declared, dialect, tuple(config.features.numeric))


def _checked_dataset(
    config: Config,
    source: str | Sequence[str],
    named_by: str,
    older: Contract | None,
    row: tuple[str, ...] | None = None,
) -> Dataset:
    """A Dataset of files that keep the contract.

    row: the columns that are hashed of training rows; None of test files. Raises DataError with
    every problem found.
    """
    training = row is not None
    row = row or ()
    store = open_store(config)
    paths = find_paths(source, config.resolve, named_by, store.root)
    roles = {**dict.fromkeys(row, (Role.ROW,)), **column_roles(config)}
    cache = store.cache_folder
    try:
        known = known_types(config, older, roles)
        files, dialects = bound_files(paths), dialects_of(config, older)
        table = read_source(files, roles, known, dialects, cache)
        table = replace(table, contract=replace(table.contract, row=row))
        return _counted_dataset(config, table, training)
    except DataError as error:
        raise _row_error(error, roles) from error
    except pl.exceptions.PolarsError as error:
        first = str(error).splitlines()[0]
        raise DataError(f"{', '.join(paths[:3])} cannot be read: {first}") from error


def _row_error(error: DataError, roles: Roles) -> LogitEngineError:
    """The error itself; of a column that is only hashed with what to do."""
    hashed = [name for name, found in roles.items() if found == (Role.ROW,)]
    if not any(f"column '{name}'" in str(error) for name in hashed):
        return error
    advice = DataError(
        f"the split hashes the columns of the first train, {', '.join(hashed)} among them; "
        "--relearn takes those of this config."
    )
    return joint_error([*error.parts, advice])


@dataclass(frozen=True, slots=True)
class _Counts:
    """Rows of a table, those without a target, its values, and what is missing by column."""

    rows: int
    without_target: int
    values: list[Label]
    missing: dict[str, int]


def _counts(config: Config, scan: pl.LazyFrame, roles: Sequence[str]) -> _Counts:
    """Counted by one pass; the names of columns never become aliases."""
    target = by_name(config.data.target.column)
    values = target.drop_nulls().unique().sort().head(MAX_CLASSES + 1).implode()
    missing = [by_name(role).is_null().sum() for role in roles]
    wanted = [pl.len(), target.is_null().sum(), values, *missing]
    row = (
        scan.select(one.alias(str(i)) for i, one in enumerate(wanted))
        .collect(engine="streaming")
        .row(0)
    )
    return _Counts(row[0], row[1], row[2], dict(zip(roles, row[3:], strict=True)))


def _counted_dataset(config: Config, table: SourceTable, training: bool) -> Dataset:
    """The table's Dataset, after the rest of its rules was checked by counts of the rows."""
    data = config.data
    group = config.split.column if config.split.method == "group" else None
    named = dict.fromkeys((data.id, data.time, data.cluster, group))
    roles = [role for role in named if role is not None]
    counts = _counts(config, table.scan(), roles)
    if not counts.rows:
        raise DataError(f"{table.named_files}: no rows; there is nothing to learn from.")
    problems = _missing_errors(config, counts)
    if data.id is not None and not counts.missing[data.id]:
        problems += _repeated_ids(config, table.scan(), data.id, counts.rows)
    find = several_classes if config.model.family == "multinomial" else two_classes
    classes = find([label_of(v) for v in counts.values], data.target, training)
    problems += classes.problems
    marked = marked_texts(table)
    if problems:
        target = [one.target_error for one in marked if one.column == data.target.column]
        raise joint_error([*problems, *target])
    positive = data.target.positive
    events = tuple(positive) if isinstance(positive, list) else ()
    notes = _reading_notes(config, table, marked)
    dropped = counts.without_target
    kept = counts.rows - dropped
    labels = classes.labels
    return Dataset(table, kept, dropped, labels, data.target.column, events, notes)


def _reading_notes(
    config: Config, table: SourceTable, marked: Sequence[MarkedText]
) -> tuple[str, ...]:
    """A sentence for each choice that the reading made, and for files that are strange."""
    written = sniffed_notes(table.contract.dialect, declared_dialect(config.data.format))
    empty = [f"{shown_path(path)} has no rows." for path in table.empty_files]
    copies = [
        f"{shown_path(first.path)} and {shown_path(again.path)} have the same contents: their rows "
        "differ by what the folders name alone."
        for first, again in table.copies
    ]
    return (*written, *(one.note for one in marked), *empty, *copies)


def _missing_errors(config: Config, counts: _Counts) -> list[LogitEngineError]:
    """An error for each column with a role that is missing in some rows."""
    problems: list[LogitEngineError] = [
        DataError(
            f"column '{role}' is missing in {missing:,} of {counts.rows:,} rows; fill or drop "
            "them.",
            names={"column": role},
        )
        for role, missing in counts.missing.items()
        if missing
    ]
    if counts.without_target and config.data.missing_target == "error":
        problems.append(
            CurableError(
                f"the target '{config.data.target.column}' is missing in "
                f"{counts.without_target:,} of {counts.rows:,} rows; set data.missing_target: drop "
                "to leave them out.",
                Remedy("data.missing_target", "data: {missing_target: drop}"),
            )
        )
    return problems


def _repeated_ids(
    config: Config, rows: pl.LazyFrame, column: str, count: int
) -> list[CurableError]:
    """The error of ids that repeat. Rows that share one depend on each other: it is a cluster."""
    repeats = count - distinct_count(rows, column, count)
    if not repeats:
        return []
    said = f"column '{column}' (data.id) is not unique: {repeats:,} of {count:,} rows repeat an id."
    is_cluster = config.data.cluster is None and config.split.method != "stratified"
    cluster = f", cluster: {flow_text(column)}" if is_cluster else ""
    remedy = Remedy("data.id", f"data: {{id: null{cluster}}}")
    return [CurableError(said, remedy, names={"column": column})]


def distinct_count(rows: pl.LazyFrame, column: str, count: int) -> int:
    """The number of different values in a column of `count` rows.

    Values are counted by shares of their hashes, so that they are never all held at once.
    """
    shares = max(1, -(-count // MAX_HELD_VALUES))
    value = by_name(column)
    parts = [
        rows.select(value.filter(value.hash() % shares == i).n_unique()) for i in range(shares)
    ]
    return sum(part.collect(engine="streaming").item() for part in parts)
