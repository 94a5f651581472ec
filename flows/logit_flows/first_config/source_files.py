"""Source files: what init was given (a file, a folder, a glob, several files), as one source.

A folder and a glob stay what they are in the config, so that files which come later belong to it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from logit_engine.errors import UsageError
from logit_flows.sources.files import find_paths

DEFAULT_NAME = "model"
PATTERN_MARKS = "*?["


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """The files to look at. named: what stands for them: a path, a pattern, or several paths."""

    named: tuple[Path, ...]
    paths: tuple[Path, ...]

    @property
    def folder(self) -> Path:
        """Where the config goes: beside the data."""
        parents = self.named[0].parents
        return next(parent for parent in parents if not _is_pattern(parent))

    @property
    def title(self) -> str:
        """What init was given, in short."""
        return self.named[0].name if len(self.named) == 1 else f"{len(self.paths)} files"

    @property
    def model_name(self) -> str:
        """A name for the model, made of the file's, or of the folder's of several."""
        several = len(self.named) > 1 or _is_pattern(self.named[0])
        stem = self.folder.resolve().name if several else self.named[0].name
        letters = (c if c.isalnum() else "-" for c in stem.split(".")[0])
        return "".join(letters).strip("-") or DEFAULT_NAME

    def source_for(self, file: Path) -> str | list[str]:
        """The value of data.source in a config at this place."""
        texts = [_seen_from(path, file.resolve().parent) for path in self.named]
        return texts[0] if len(texts) == 1 else texts


def find_source(given: Sequence[Path]) -> SourceFiles:
    """The files behind what was given.

    Several files that are all of their kind in a folder are one pattern. Raises UsageError if there
    is no file, or a folder that the config would lie in; DataError if text stands beside Parquet.
    """
    for path in given:
        if not path.exists() and not _is_pattern(path):
            raise UsageError(f"{path}: there is no such file.")
        if not path.name:
            raise UsageError(
                f"{path} is where config and store go; name the files in it: logit init '*.csv'"
            )
    found = tuple(map(Path, find_paths([str(path) for path in given], Path, "the path")))
    if len(given) == 1:
        return SourceFiles(tuple(given), found)
    pattern = given[0].parent / f"*{given[0].suffix}"
    if set(pattern.parent.glob(pattern.name)) == set(given):
        return SourceFiles((pattern,), found)
    return SourceFiles(tuple(given), found)


def _is_pattern(path: Path) -> bool:
    """Whether a path stands for several files: a file may have any of these marks in its name."""
    return any(mark in str(path) for mark in PATTERN_MARKS) and not path.exists()


def _seen_from(path: Path, folder: Path) -> str:
    """The path from a folder, unless it lies above; then as it is from the root."""
    whole = Path(os.path.abspath(path))
    seen = os.path.relpath(path.resolve() if path.exists() else whole, folder)
    return str(whole) if seen.startswith("..") else seen
