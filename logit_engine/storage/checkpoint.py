"""Checkpoints: the sums of every pass kept on disk, so that a fit that was interrupted goes on to the very same bits.

A fit is a function of the sums of its passes and of nothing else that could be lost. So what is
kept is those sums, each under a digest of what was asked: a fit that starts again asks the same, is
answered from the disk without a look at the rows, and sums only what nobody has summed yet. It
works for every solver, and a changed question is just another one.
"""

import functools
import hashlib
import importlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.rows import Block, Rows, RowsWrapper, Sums, total
from logit_engine.storage.publish import publish_file

LARGEST = 2**28  # bytes of sums that are kept; more are summed again


@dataclass(frozen=True, slots=True)
class Journal:
    """A folder of sums, one file a pass. facts: what else decides the bits, as versions do; staging: see `publish`."""

    folder: Path
    staging: Path
    facts: str = ""

    def recall(self, question: str) -> Sums | None:
        """The sums that were recorded for a question, if there are any and the file is whole."""
        try:
            with self._path(question).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = [file[f"arr_{i}"] for i in range(len(file.files))]
                text = bytes(arrays.pop()).decode()
                return tuple(_unpacked(item, arrays) for item in json.loads(text))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def record(self, question: str, sums: Sums) -> None:
        """Keep the sums, whole or not at all; those too large, or of a kind that has no place in a file, are not kept."""
        arrays: list[NDArray[Any]] = []
        try:
            text = json.dumps([_packed(value, arrays) for value in sums])
        except _Unknown:
            return
        if sum(array.nbytes for array in arrays) <= LARGEST:
            parts = [*arrays, np.frombuffer(text.encode(), dtype=np.uint8)]
            publish_file(self._path(question), lambda path: np.savez(path, *parts), self.staging)

    def _path(self, question: str) -> Path:
        return (
            self.folder
            / f"{hashlib.sha256(f'{self.facts} {question}'.encode()).hexdigest()[:24]}.npz"
        )


@dataclass(frozen=True, slots=True)
class CheckpointedRows(RowsWrapper):
    """Rows whose sums are kept in a journal, and taken from there where they are."""

    rows: Rows
    journal: Journal

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """The blocks of the rows."""
        return self.rows.blocks(first, last)

    def select(self, which: NDArray[np.intp]) -> "CheckpointedRows":
        """The same rows with some of their columns, in the same journal."""
        return CheckpointedRows(self.rows.select(which), self.journal)

    def sums(self, fn: Callable[[Block], Sums], threads: int) -> Sums:
        """`total` of fn, from the journal if it is there.

        What is recorded is read back, so that both are the same.
        """
        try:
            question = digest((engine_source(), fn, self.n, self.names))
        except _Unknown:
            return total(self.rows, fn, threads)
        found = self.journal.recall(question)
        if found is None:
            found = total(self.rows, fn, threads)
            self.journal.record(question, found)
            found = self.journal.recall(question) or found
        return found


@functools.cache
def engine_source() -> str:
    """The sha256 of the engine's own source: what its functions call counts, not only what they close over."""
    content = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        content.update(
            f"{path.relative_to(package).as_posix()} {path.stat().st_size} ".encode()
            + path.read_bytes()
        )
    return content.hexdigest()


class _Unknown(TypeError):
    """A value that has no digest, or no place in a file."""


def digest(value: Any) -> str:
    """The sha256 of a value made of plain values, arrays, dataclasses and functions with what they close over.

    Of a function that is not the engine's it follows the functions and plain values of its module
    that it names. Of rows it is their number and names. Raises TypeError for anything else.
    """
    content = hashlib.sha256()
    for part in _told(value, set()):
        content.update(len(part).to_bytes(8, "little") + part)
    return content.hexdigest()


def _told(value: Any, seen: set[int]) -> Iterator[bytes]:
    match value:
        case None | bool() | int() | float() | str() | bytes():
            yield f"{type(value).__name__} {value!r}".encode()
        case np.ndarray() | np.generic() if value.dtype != object:
            yield f"{value.dtype.str} {value.shape}".encode()
            yield value.tobytes()
        case Enum() | type() | np.ufunc() | np.dtype():
            yield f"{type(value).__name__} {value}".encode()
        case tuple() | list():
            yield f"{type(value).__name__} {len(value)}".encode()
            for item in value:
                yield from _told(item, seen)
        case Mapping():
            yield from _told(list(value.items()), seen)
        case functools.partial():
            yield from _told((value.func, value.args, value.keywords), seen)
        case FunctionType():
            yield f"{value.__module__}.{value.__qualname__}".encode()
            yield from _told(value.__code__, seen)
            yield from _told((value.__defaults__, value.__kwdefaults__), seen)
            for cell in value.__closure__ or ():
                yield from _told(cell.cell_contents, seen)
            if id(value.__code__) not in seen and not value.__module__.startswith("logit_engine."):
                seen.add(id(value.__code__))
                for name in sorted(_names(value.__code__) & value.__globals__.keys()):
                    yield from _told_of_module(name, value.__globals__[name], seen)
        case CodeType():
            yield value.co_code
            yield from _told(
                (value.co_names, [c for c in value.co_consts if not isinstance(c, frozenset)]), seen
            )
        case _ if isinstance(rows := value, Rows):
            yield from _told((rows.n, rows.names), seen)
        case _ if is_dataclass(value):
            yield type(value).__qualname__.encode()
            for field in fields(value):
                yield from _told((field.name, getattr(value, field.name)), seen)
            if not type(value).__module__.startswith("logit_engine."):
                for name, part in sorted(vars(type(value)).items()):
                    if isinstance(part, FunctionType) and not name.startswith("__"):
                        yield from _told(part, seen)
        case _:
            raise _Unknown(f"a {type(value).__name__} has no digest")


def _names(code: CodeType) -> set[str]:
    """The names that a function's code and that of the functions within it look up."""
    inner = (_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*inner)


def _told_of_module(name: str, value: Any, seen: set[int]) -> Iterator[bytes]:
    """What a name of a function's module stands for, as far as it can be told: of modules and classes the name."""
    try:
        parts = list(_told(value, seen))
    except _Unknown:
        parts = [f"{type(value).__name__} {getattr(value, '__name__', '')}".encode()]
    yield name.encode()
    yield from parts


def _packed(value: Any, arrays: list[NDArray[Any]]) -> Any:
    """The value as JSON, its arrays put aside."""
    match value:
        case np.ndarray() | np.generic() if value.dtype != object:
            arrays.append(np.asarray(value))
            return {"array" if isinstance(value, np.ndarray) else "scalar": len(arrays) - 1}
        case None | bool() | int() | str():
            return value
        case float():
            return {"float": value.hex()}
        case tuple() | list():
            return {type(value).__name__: [_packed(item, arrays) for item in value]}
        case _ if is_dataclass(value) and type(value).__module__.startswith("logit_engine."):
            parts = {
                f.name: _packed(getattr(value, f.name), arrays) for f in fields(value) if f.init
            }
            return {"value": [type(value).__module__, type(value).__qualname__], "fields": parts}
    raise _Unknown(f"a {type(value).__name__} has no place in a file")


def _unpacked(item: Any, arrays: list[NDArray[Any]]) -> Any:
    match item:
        case {"array": index}:
            return arrays[index]
        case {"scalar": index}:
            return arrays[index][()]
        case {"float": text}:
            return float.fromhex(text)
        case {"tuple": items}:
            return tuple(_unpacked(part, arrays) for part in items)
        case {"list": items}:
            return [_unpacked(part, arrays) for part in items]
        case {"value": [module, name], "fields": parts} if module.startswith("logit_engine."):
            kind = getattr(importlib.import_module(module), name)
            return kind(**{key: _unpacked(part, arrays) for key, part in parts.items()})
    return item
