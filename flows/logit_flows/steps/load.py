"""Load: find the files and check them; other steps rescan them from one small value."""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from glob import glob
from pathlib import Path
from typing import Any

import polars as pl

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name
from logit_engine.rows.labels import Label, is_same_label, label_of, quoted_label
from logit_engine.storage.publish import sha256_of
from logit_flows.config.model import Config
from logit_flows.steps.classes import MAX_CLASSES, several_classes, two_classes

MAX_HELD_VALUES = 2**23  # values of a column at once, to see whether they repeat
NUMBERS_AS_TEXT = "numbers written as text"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Some checked files: where, what kind, the sha256 of their contents, and how many rows have a
    target.

    classes: the values of the target by code, the base first; of two the positive one is the
    second. dropped: rows without a target, left out as the config says.
    """

    paths: tuple[str, ...]
    kind: str
    fingerprint: str
    rows: int
    dropped: int
    classes: tuple[Label, ...]
    target: str
    test: "Dataset | None" = None

    def scan(self) -> pl.LazyFrame:
        """The rows, lazily; a target that is no number is missing."""
        return nan_is_missing(scan_files(self.paths, self.kind), self.target)


def load_dataset(config: Config) -> Dataset:
    """Check the data against the config.

    Raises DataError with every problem found, one sentence each.
    """
    dataset = checked(config, find_files(config, config.data.source), training=True)
    if config.data.test is None:
        return dataset
    test = checked(config, find_files(config, config.data.test, "data.test"), training=False)
    known = dataset.classes
    strange = [one for one in test.classes if not any(is_same_label(one, k) for k in known)]
    if strange:
        raise DataError(
            f"the target is {' or '.join(map(quoted_label, known))} in the training file, but also "
            f"{quoted_label(strange[0])} in the test file."
        )
    fingerprint = hashlib.sha256(f"{dataset.fingerprint} {test.fingerprint}".encode()).hexdigest()
    return replace(dataset, fingerprint=fingerprint, test=test)


def find_files(
    config: Config, source: str | Sequence[str], named_by: str = "data.source"
) -> tuple[str, ...]:
    """The files of a source: a file, a glob, a folder, or a list of these.

    named_by: where the source comes from, as the error says. Raises DataError if there are none, or
    their kinds differ.
    """
    found: list[str] = []
    for pattern in [source] if isinstance(source, str) else source:
        path = config.resolve(pattern)
        if path.is_dir():
            matches = sorted(str(p) for p in path.rglob("*") if p.suffix in (".parquet", ".csv"))
        elif path.exists():
            matches = [str(path)]
        else:
            matches = sorted(glob(str(path), recursive=True))
        if not matches:
            raise DataError(
                f"no data file matches '{pattern}' (looked in {config.folder}); check {named_by}."
            )
        found += matches
    kinds = {Path(path).suffix for path in found}
    if kinds not in ({".parquet"}, {".csv"}):
        raise DataError(
            "data files must be all .parquet or all .csv; found "
            f"{', '.join(sorted(kinds)) or 'no ending'}."
        )
    return tuple(found)


def scan_files(paths: Sequence[str], kind: str) -> pl.LazyFrame:
    """The rows of Parquet or CSV files, lazily; types of a CSV are inferred from all its rows."""
    if kind == "parquet":
        return pl.scan_parquet(list(paths))
    return pl.scan_csv(list(paths), infer_schema_length=None, try_parse_dates=True)


def nan_is_missing(rows: pl.LazyFrame, column: str) -> pl.LazyFrame:
    """The rows with null in place of what is not a number in the column."""
    if not rows.collect_schema()[column].is_float():
        return rows
    return rows.with_columns(by_name(column).fill_nan(None))


def checked(config: Config, paths: tuple[str, ...], *, training: bool) -> Dataset:
    """A Dataset of files that keep the contract. Raises DataError with every problem found."""
    kind = Path(paths[0]).suffix[1:]
    empty = [path for path in paths if Path(path).stat().st_size == 0]
    if empty:
        raise DataError(f"{empty[0]} is empty; there is nothing to read.")
    if kind == "csv":
        _refuse_duplicate_headers(paths)
    try:
        if scan_files(paths, kind).head(1).collect().is_empty():
            raise DataError(f"{', '.join(paths[:3])}: no rows; there is nothing to learn from.")
        schema = scan_files(paths, kind).collect_schema()
        problems = [
            *missing_columns(schema, needed_columns(config)),
            *wrong_types(config, schema, paths, kind),
        ]
        if problems:
            raise DataError("\n".join(problems))
        return _counted_dataset(config, paths, kind, training)
    except (pl.exceptions.PolarsError, OSError) as error:
        first = str(error).splitlines()[0]
        raise DataError(f"{', '.join(paths[:3])} cannot be read as {kind}: {first}") from error


def needed_columns(config: Config) -> tuple[str, ...]:
    """The columns a training run reads, each once."""
    data, split = config.data, config.split
    named: list[str | None] = [data.target.column, data.id, data.time, data.cluster, split.column]
    features = [*config.features.numeric, *config.features.categorical]
    return tuple(dict.fromkeys(name for name in [*named, *features] if name is not None))


def missing_columns(schema: pl.Schema, needed: Iterable[str]) -> list[str]:
    """A sentence for each needed column that is not there, with the nearest that is."""
    problems = []
    for name in needed:
        if name not in schema:
            near = get_close_matches(name, schema.names(), 1)
            there = (
                f"there are {', '.join(schema.names()[:12])}."
                if schema
                else "there are no columns."
            )
            hint = f"did you mean '{near[0]}'?" if near else there
            problems.append(f"column '{name}' is not in the data; {hint}")
    return problems


def wrong_types(config: Config, schema: pl.Schema, paths: Sequence[str], kind: str) -> list[str]:
    """A sentence for each column whose type does not fit its role."""
    problems = []
    for name in config.features.numeric:
        dtype = schema.get(name)
        if dtype is None or dtype.is_numeric() or dtype == pl.Boolean:
            continue
        found = (
            first_text(scan_files(paths, kind), name) if dtype == pl.String else f"{dtype} values"
        )
        problems.append(
            f"column '{name}' should hold numbers but holds {found}; repair the data, or list it "
            "under features.categorical."
        )
    for name in config.features.categorical:
        dtype = schema.get(name)
        if dtype is not None and not (
            dtype.is_integer() or dtype in (pl.String, pl.Boolean, pl.Categorical, pl.Enum)
        ):
            problems.append(
                f"column '{name}' holds {dtype} values, but a categorical holds text, integers or "
                "booleans; list it under features.numeric, or convert it."
            )
    time = config.data.time
    moments = None if time is None else schema.get(time)
    if moments is not None and not (moments in (pl.Date, pl.Datetime) or moments.is_numeric()):
        problems.append(
            f"column '{time}' (data.time) holds {moments} values; give dates, dates with times, or "
            "numbers."
        )
    return problems


def first_text(frame: pl.LazyFrame, name: str) -> str:
    """The first text in a column of numbers: the value and its data row, counted from 1."""
    text = by_name(name).str.strip_chars()
    bad = text.is_not_null() & text.cast(pl.Float64, strict=False).is_null()
    row = frame.select(
        pl.int_range(1, pl.len() + 1).alias("row"), text.alias("text"), bad.alias("bad")
    )
    first = row.filter(pl.col("bad")).head(1).collect()
    if first.is_empty():
        return (
            "nothing: it is empty in every row"
            if row.select("text").collect()["text"].is_null().all()
            else NUMBERS_AS_TEXT
        )
    return f"text ('{first['text'][0]}' first, in data row {first['row'][0]:,})"


def _refuse_duplicate_headers(paths: Sequence[str]) -> None:
    for path in paths:
        with open(path, newline="", encoding="utf-8") as file:
            try:
                header = next(csv.reader(file), [])
            except UnicodeDecodeError:
                raise DataError(f"{path} is not UTF-8 text; convert it first.") from None
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise DataError(
                f"{path} has the column '{twice[0]}' more than once in its header; rename one of "
                "them."
            )


def _contract_counts(config: Config, scan: pl.LazyFrame, roles: Sequence[str]) -> dict[str, Any]:
    """How many rows there are, the target's values, and what is missing, by one pass."""
    target = by_name(config.data.target.column)
    counts = [
        pl.len().alias("rows"),
        target.is_null().sum().alias("target_missing"),
        target.drop_nulls().unique().sort().head(MAX_CLASSES + 1).implode().alias("values"),
    ]
    counts += [by_name(role).is_null().sum().alias(f"missing {role}") for role in roles]
    return scan.select(counts).collect(engine="streaming").row(0, named=True)


def _counted_dataset(config: Config, paths: tuple[str, ...], kind: str, training: bool) -> Dataset:
    """The files' Dataset, after the rest of the contract was checked by counts of the rows."""
    data = config.data
    group = config.split.column if config.split.method == "group" else None
    named = dict.fromkeys((data.id, data.time, data.cluster, group))
    roles = [role for role in named if role is not None]
    scan = nan_is_missing(scan_files(paths, kind), data.target.column)
    row = _contract_counts(config, scan, roles)
    rows, dropped = int(row["rows"]), int(row["target_missing"])
    problems = [
        f"column '{role}' is missing in {row[f'missing {role}']:,} of {rows:,} rows; fill or drop "
        "them."
        for role in roles
        if row[f"missing {role}"]
    ]
    if data.id is not None and not row[f"missing {data.id}"]:
        repeats = rows - distinct(scan, data.id, rows)
        if repeats:
            problems.append(
                f"column '{data.id}' (data.id) is not unique: {repeats:,} of {rows:,} rows repeat "
                "an id."
            )
    if dropped and data.missing_target == "error":
        problems.append(
            f"the target '{data.target.column}' is missing in {dropped:,} of {rows:,} rows; "
            "set data.missing_target: drop to leave them out."
        )
    find = several_classes if config.model.family == "multinomial" else two_classes
    classes = find([label_of(v) for v in row["values"]], data.target, problems, training)
    if problems:
        raise DataError("\n".join(problems))
    digests = "\n".join(sha256_of(Path(path)) for path in paths)
    fingerprint = hashlib.sha256(digests.encode()).hexdigest()
    return Dataset(paths, kind, fingerprint, rows - dropped, dropped, classes, data.target.column)


def distinct(rows: pl.LazyFrame, column: str, count: int) -> int:
    """The number of different values in a column of `count` rows.

    Values are counted by shares of their hashes, so that they are never all held at once.
    """
    shares = max(1, -(-count // MAX_HELD_VALUES))
    value = by_name(column)
    parts = [
        rows.select(value.filter(value.hash() % shares == i).n_unique()) for i in range(shares)
    ]
    return sum(part.collect(engine="streaming").item() for part in parts)
