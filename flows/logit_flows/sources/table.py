"""A table: the rows of some files under one contract, whatever types and order their columns have.

All that reads rows reads them here. Parquet is cast as it is scanned. A text file is turned once
into Parquet (`parquet_cache.py`), so that later reads cost what those of Parquet cost.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import polars as pl

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name
from logit_flows.sources.contract import Contract
from logit_flows.sources.files import DataFile, named_files, refuse_new_contents
from logit_flows.sources.logical_types import MAX_INT64, MIN_INT64, physical_type
from logit_flows.sources.parquet_cache import cached_parquet
from logit_flows.sources.raw_files import RawFile
from logit_flows.sources.shown_paths import shown_path
from logit_flows.sources.type_names import LogicalType

WIDE_INTEGERS = (pl.UInt64, pl.Int128)
Types = tuple[tuple[str, LogicalType, pl.DataType], ...]  # name, logical and physical type


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file as the user has it, and the Parquet that is scanned: itself, or made from it."""

    source: DataFile
    parquet: RawFile


@dataclass(frozen=True, slots=True)
class SourceTable:
    """Rows of files under a contract, in the order of the files; made by `open_table`.

    types: of its columns, in order. declared: the columns whose types the config names.
    """

    files: tuple[TableFile, ...]
    contract: Contract
    types: Types
    declared: frozenset[str] = frozenset()

    @property
    def paths(self) -> tuple[str, ...]:
        """The Parquet files that are scanned; `open_file` reads one."""
        return tuple(file.parquet.file.path for file in self.files)

    @property
    def sources(self) -> tuple[DataFile, ...]:
        """The files as the user has them."""
        return tuple(file.source for file in self.files)

    def scan(self) -> pl.LazyFrame:
        """All rows, the columns of the contract with their physical types, lazily.

        Raises DataError if a file is not the one that was hashed.
        """
        self.refuse_changes()
        alike = groupby(self.files, key=lambda file: (file.parquet.types, file.parquet.partitions))
        return pl.concat([_typed_scan(list(run), self.types, self.declared) for _, run in alike])

    def open_file(self, path: str) -> pl.LazyFrame:
        """The rows of one of `paths`, as in `scan`."""
        own = [file for file in self.files if file.parquet.file.path == path]
        own[0].source.refuse_change()
        return _typed_scan(own[:1], self.types, self.declared)

    @property
    def fingerprint(self) -> str:
        """The sha256 of the contents of all files, and of what their folders name."""
        lines = [f"{file.sha256} {list(file.partitions) or ''}".strip() for file in self.sources]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def named_files(self) -> str:
        """Some of its files, for a sentence."""
        return named_files(self.sources)

    @property
    def empty_files(self) -> list[str]:
        """The paths of its files without rows."""
        return [file.source.path for file in self.files if not file.parquet.row_count()]

    @property
    def copies(self) -> list[tuple[DataFile, DataFile]]:
        """Each file with rows whose contents an earlier file has, behind that one."""
        first: dict[str, DataFile] = {}
        pairs = [(first.setdefault(f.source.sha256, f.source), f) for f in self.files]
        return [(a, b.source) for a, b in pairs if a is not b.source and b.parquet.row_count()]

    def refuse_copies(self) -> None:
        """Raises DataError for two files of the same contents, if their folders name no difference:
        all of their rows would count twice.
        """
        for first, again in self.copies:
            if first.partitions == again.partitions:
                raise DataError(
                    f"{shown_path(first.path)} and {shown_path(again.path)} have the same contents,"
                    " so their rows would count twice; remove one of them, or get the file that "
                    "should be in its place."
                )

    def refuse_changes(self) -> None:
        """Raises DataError if a file is not the one that was hashed, by its stamp."""
        for file in self.files:
            file.source.refuse_change()

    def refuse_new_contents(self) -> None:
        """Raises DataError if a file no longer has the contents that were hashed.

        A text file was hashed again when it was turned into Parquet, and is not read since.
        """
        self.refuse_changes()
        refuse_new_contents(file for file in self.sources if not file.is_text)


def open_table(
    files: Sequence[RawFile], contract: Contract, declared: Iterable[str], cache: Path
) -> SourceTable:
    """The rows of files that keep the contract; text files are turned into Parquet in the cache.

    Raises DataError for the first value of a text file that does not keep it.
    """
    types = contract.types
    made = tuple(
        TableFile(file.file, cached_parquet(file, types, cache) if file.is_text_file else file)
        for file in files
    )
    physical = tuple(
        (name, wanted, _common_type(wanted, [file.parquet.types[name] for file in made]))
        for name, wanted in types.items()
    )
    table = SourceTable(made, contract, physical, frozenset(declared))
    wide = [name for name, _, dtype in physical if dtype in WIDE_INTEGERS]
    return _narrowed(table, wide) if wide else table


def _narrowed(table: SourceTable, wide: Sequence[str]) -> SourceTable:
    """The table with 64 bits for each wide column of integers whose values fit."""
    values = [by_name(name).cast(pl.Int128) for name in wide]
    fitting = [
        value.is_between(MIN_INT64, MAX_INT64).all().alias(str(i)) for i, value in enumerate(values)
    ]
    fits = dict(zip(wide, table.scan().select(fitting).collect().row(0), strict=True))
    types = tuple(
        (name, wanted, pl.Int64() if fits.get(name) else dtype)
        for name, wanted, dtype in table.types
    )
    return replace(table, types=types)


def _common_type(wanted: LogicalType, found: Sequence[pl.DataType]) -> pl.DataType:
    """The physical type in which all files meet: of integers one that is wide enough for all."""
    physical = {physical_type(wanted, dtype) for dtype in found}
    return physical.pop() if len(physical) == 1 else pl.Int128()


def _typed_scan(files: Sequence[TableFile], types: Types, declared: frozenset[str]) -> pl.LazyFrame:
    """Files whose columns have the same types, as one scan."""
    raw = files[0].parquet
    casts = []
    for name, wanted, physical in types:
        cast = raw.cast(name, wanted, declared=name in declared)
        assert cast is not None, f"{name} was let through as {wanted}"
        casts.append(cast.values.cast(physical).alias(name))
    return raw.scan([file.parquet.file for file in files]).select(casts)
