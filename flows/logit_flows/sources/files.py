"""The files of a source: found by name, bound to their hash, with the columns their folders name.

A file that exists is that file, whatever its name: `data[1]` and `tr*.parquet` are names. Size,
time of change and inode tell cheaply whether a file is still the one that was hashed.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from glob import escape, glob
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote

from logit_engine.errors import DataError
from logit_engine.storage.publish import sha256_of
from logit_flows.sources.shown_paths import shown_path
from logit_flows.sources.text.raw_bytes import is_text_file, other_kind

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
MAX_NAMED_FILES = 3  # in a sentence


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when a file is written anew or replaced."""

    size: int
    changed: int
    inode: int

    @staticmethod
    def of(path: str) -> "Stamp":
        """The stamp of a file as it is now."""
        found = os.stat(path)
        return Stamp(found.st_size, found.st_mtime_ns, found.st_ino)


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file as it was when it was hashed.

    partitions: the columns that its folders name, as in `month=2013-01/part-0.parquet`.
    """

    path: str
    sha256: str
    stamp: Stamp
    partitions: tuple[tuple[str, str | None], ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether it is a text file; else it is Parquet."""
        return is_text_file(self.path)

    def refuse_change(self) -> None:
        """Raises DataError if the file is not the one that was hashed, by its stamp."""
        try:
            same = Stamp.of(self.path) == self.stamp
        except FileNotFoundError:
            same = False
        if not same:
            raise DataError(changed_sentence(self.path))


def changed_sentence(path: str) -> str:
    """What to do about a file that was replaced while it was read."""
    return (
        f"{shown_path(path)} changed while it was read, so nothing was published; run again when "
        "the file is complete, and put a new file in place by renaming it."
    )


def find_paths(
    patterns: str | Sequence[str],
    resolve: Callable[[str], Path],
    named_by: str,
    store: Path | None = None,
) -> tuple[str, ...]:
    """The paths of a source: a file, a glob, a folder, or a list of these, each in order.

    resolve: from a pattern to its path. named_by: where the source comes from, for the error.
    store: a folder whose files are no data, unless a pattern leads into it.
    Raises DataError if there are none, one is named twice, or text stands beside Parquet.
    """
    found: list[str] = []
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        path = resolve(pattern)
        matches = _outside(store, path, _matches(path))
        if not matches:
            raise DataError(
                f"no data file matches '{pattern}' (looked in {resolve('.')}); check {named_by}."
            )
        found += matches
    twice = next((path for path, count in Counter(found).items() if count > 1), None)
    if twice is not None:
        raise DataError(f"{named_by} names {shown_path(twice)} twice; its rows would count twice.")
    _refuse_other_kinds(found)
    return tuple(found)


def bound_files(paths: Iterable[str]) -> tuple[DataFile, ...]:
    """The files of one table with their hashes.

    Raises DataError for one that changes meanwhile, and for two paths of one file.
    """
    files = []
    seen: dict[tuple[int, int], str] = {}
    for path in paths:
        stamp = _regular_stamp(path)
        first = seen.setdefault((os.stat(path).st_dev, stamp.inode), path)
        if first != path:
            raise DataError(
                f"{shown_path(first)} and {shown_path(path)} are one file by a link, whose rows "
                "would count twice; name one of them, or move the link elsewhere."
            )
        if not stamp.size:
            raise DataError(f"{shown_path(path)} is empty; there is nothing to read.")
        _refuse_repeated_keys(path)
        file = DataFile(path, sha256_of(Path(path)), stamp, partitions_of(path))
        file.refuse_change()
        files.append(file)
    return tuple(files)


def _refuse_repeated_keys(path: str) -> None:
    """Raises DataError if two folders above a file name the same column."""
    names = Counter(name for name, _ in partitions_of(path))
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise DataError(
            f"{shown_path(path)}: its folders name the column '{twice}' twice; rename one of them."
        )


def _regular_stamp(path: str) -> Stamp:
    """The stamp of a file. Raises DataError for a link to nothing, and for a pipe or its like."""
    if not os.path.exists(path):
        raise DataError(
            f"{shown_path(path)} is a link to a file that is not there; remove it, or mend it."
        )
    if not os.path.isfile(path):
        raise DataError(f"{shown_path(path)} is no file; write what it gives into one.")
    return Stamp.of(path)


def refuse_new_contents(files: Iterable[DataFile]) -> None:
    """Raises DataError if a file no longer has the contents that were hashed."""
    for file in files:
        file.refuse_change()
        if sha256_of(Path(file.path)) != file.sha256:
            raise DataError(changed_sentence(file.path))


def partitions_of(path: str) -> tuple[tuple[str, str | None], ...]:
    """The columns that the folders next above a file name, `name=value` each (Hive's layout).

    What lies further up, above a plain folder, is where the user keeps the data.
    """
    nearest = takewhile(lambda part: "=" in part[1:], reversed(Path(path).parts[:-1]))
    pairs = [part.split("=", 1) for part in reversed(list(nearest))]
    return tuple(
        (unquote(name), None if value == HIVE_NULL else unquote(value)) for name, value in pairs
    )


def named_files(files: Sequence[DataFile]) -> str:
    """Some paths, for a sentence."""
    more = len(files) - MAX_NAMED_FILES
    shown = ", ".join(shown_path(file.path) for file in files[:MAX_NAMED_FILES])
    return f"{shown} and {more} more" if more > 0 else shown


def _outside(store: Path | None, pattern: Path, found: list[str]) -> list[str]:
    """The paths that are not in the store, where what programs publish is; all of them if the
    pattern itself leads into it.
    """
    if store is None or Path(os.path.abspath(pattern)).is_relative_to(os.path.abspath(store)):
        return found
    inside = os.path.join(os.path.abspath(store), "")
    return [path for path in found if not os.path.abspath(path).startswith(inside)]


def _matches(path: Path) -> list[str]:
    if path.is_dir():
        return _files_below(path)
    if path.exists():
        return [str(path)]
    return sorted(found for found in glob(str(path), recursive=True) if os.path.isfile(found))


def _files_below(folder: Path) -> list[str]:
    """The data files of a folder and its subfolders, those behind links too.

    A folder may itself be named like a file, as programs write `out.csv/part-0.csv`.
    """
    below = glob(os.path.join(escape(str(folder)), "**"), recursive=True)
    return sorted(
        found
        for found in below
        if not os.path.isdir(found) and _is_data(Path(found).relative_to(folder))
    )


def _is_data(path: Path) -> bool:
    """Whether a file of a folder is data; names that begin with . or _ are marks of programs."""
    hidden = any(part.startswith((".", "_")) for part in path.parts)
    return not hidden and (is_parquet_file(str(path)) or is_text_file(str(path)))


def is_parquet_file(path: str) -> bool:
    """Whether the name ends as those of Parquet files do."""
    return Path(path).suffix.lower() in (".parquet", ".pq")


def refuse_other_ending(path: str) -> None:
    """Raises DataError if the name is neither that of a Parquet file nor that of a text file."""
    if not is_parquet_file(path) and not is_text_file(path):
        raise DataError(
            other_kind(path)
            or f"{shown_path(path)} is neither Parquet nor text by its name; give .parquet, "
            ".csv, .tsv, .txt or .data, also with .gz or .zst."
        )


def _refuse_other_kinds(paths: Sequence[str]) -> None:
    for path in paths:
        refuse_other_ending(path)
    parquet = [path for path in paths if is_parquet_file(path)]
    if parquet and len(parquet) < len(paths):
        text = next(path for path in paths if path not in parquet)
        raise DataError(
            "data files must be all Parquet or all text; found "
            f"{shown_path(parquet[0])} and {shown_path(text)}."
        )
