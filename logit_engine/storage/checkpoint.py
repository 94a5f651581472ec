"""Checkpoints: the sums of every pass on disk; an interrupted fit goes on to the same bits.

Why. A fit of many rows takes hours of passes, and its process may be killed. To store a solver's
state would need code in every solver, and would break with each change of it.

How. A solver learns of the rows through sums alone, one sum per pass. So the sums are stored, each
in a file named by a digest of the question: the function with all it closes over, the engine's own
source, the number of rows, the names of columns, versions. A fit that starts again asks the same
questions in the same order, gets the stored answers without a look at the rows, and sums only what
is new. A sum is read back after it is stored, so a fresh fit and a repeated one use the same bits.
A changed option, function or package is another question; a damaged file counts as none.
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

MAX_SUMS_BYTES = 2**28  # that are kept; more are summed again


@dataclass(frozen=True, slots=True)
class Journal:
    """A folder of sums, one file per pass.

    facts: what else decides the bits, such as versions. staging: see `publish`.
    """

    folder: Path
    staging: Path
    facts: str = ""

    def recall(self, question: str) -> Sums | None:
        """The sums that were recorded for a question, if there are any and the file is whole."""
        try:
            with self._path(question).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = [file[f"arr_{i}"] for i in range(len(file.files))]
                text = bytes(arrays.pop()).decode()
                return tuple(_from_json(item, arrays) for item in json.loads(text))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def record(self, question: str, sums: Sums) -> None:
        """Keep the sums, whole or not at all.

        Sums that are too large, or of a type that has no place in a file, are not kept.
        """
        arrays: list[NDArray[Any]] = []
        try:
            text = json.dumps([_to_json(value, arrays) for value in sums])
        except _NoDigestError:
            return
        if sum(array.nbytes for array in arrays) <= MAX_SUMS_BYTES:
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
        except _NoDigestError:
            return total(self.rows, fn, threads)
        found = self.journal.recall(question)
        if found is None:
            found = total(self.rows, fn, threads)
            self.journal.record(question, found)
            found = self.journal.recall(question) or found
        return found


@functools.cache
def engine_source() -> str:
    """The sha256 of the engine's own source: what its functions call decides their sums too."""
    content = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        content.update(
            f"{path.relative_to(package).as_posix()} {path.stat().st_size} ".encode()
            + path.read_bytes()
        )
    return content.hexdigest()


class _NoDigestError(TypeError):
    """A value that has no digest, or no place in a file."""


def digest(value: Any) -> str:
    """The sha256 of a value: plain values, arrays, dataclasses, functions with closures.

    Of a function that is not the engine's it follows the functions and plain values of its module
    that it names. Of rows it is their number and names. Raises TypeError for anything else.
    """
    content = hashlib.sha256()
    for part in _digest_parts(value, set()):
        content.update(len(part).to_bytes(8, "little") + part)
    return content.hexdigest()


def _digest_parts(value: Any, seen: set[int]) -> Iterator[bytes]:
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
                yield from _digest_parts(item, seen)
        case Mapping():
            yield from _digest_parts(list(value.items()), seen)
        case functools.partial():
            yield from _digest_parts((value.func, value.args, value.keywords), seen)
        case FunctionType():
            yield from _function_parts(value, seen)
        case CodeType():
            yield value.co_code
            yield from _digest_parts(
                (value.co_names, [c for c in value.co_consts if not isinstance(c, frozenset)]), seen
            )
        case _ if isinstance(rows := value, Rows):
            yield from _digest_parts((rows.n, rows.names), seen)
        case _ if is_dataclass(value):
            yield type(value).__qualname__.encode()
            for field in fields(value):
                yield from _digest_parts((field.name, getattr(value, field.name)), seen)
            if not type(value).__module__.startswith("logit_engine."):
                for name, part in sorted(vars(type(value)).items()):
                    if isinstance(part, FunctionType) and not name.startswith("__"):
                        yield from _digest_parts(part, seen)
        case _:
            raise _NoDigestError(f"a {type(value).__name__} has no digest")


def _function_parts(value: FunctionType, seen: set[int]) -> Iterator[bytes]:
    """Code, defaults and closure; of a function that is not the engine's also the names it uses."""
    code = value.__code__
    yield f"{value.__module__}.{value.__qualname__}".encode()
    yield from _digest_parts(code, seen)
    yield from _digest_parts((value.__defaults__, value.__kwdefaults__), seen)
    for cell in value.__closure__ or ():
        yield from _digest_parts(cell.cell_contents, seen)
    if id(code) not in seen and not value.__module__.startswith("logit_engine."):
        seen.add(id(code))
        for name in sorted(_looked_up_names(code) & value.__globals__.keys()):
            yield from _module_name_parts(name, value.__globals__[name], seen)


def _looked_up_names(code: CodeType) -> set[str]:
    """The names that a function's code and that of the functions within it look up."""
    inner = (_looked_up_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*inner)


def _module_name_parts(name: str, value: Any, seen: set[int]) -> Iterator[bytes]:
    """What a name of a function's module stands for; of modules and classes the name alone."""
    try:
        parts = list(_digest_parts(value, seen))
    except _NoDigestError:
        parts = [f"{type(value).__name__} {getattr(value, '__name__', '')}".encode()]
    yield name.encode()
    yield from parts


def _to_json(value: Any, arrays: list[NDArray[Any]]) -> Any:
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
            return {type(value).__name__: [_to_json(item, arrays) for item in value]}
        case _ if is_dataclass(value) and type(value).__module__.startswith("logit_engine."):
            parts = {
                f.name: _to_json(getattr(value, f.name), arrays) for f in fields(value) if f.init
            }
            return {"value": [type(value).__module__, type(value).__qualname__], "fields": parts}
    raise _NoDigestError(f"a {type(value).__name__} has no place in a file")


def _from_json(item: Any, arrays: list[NDArray[Any]]) -> Any:
    match item:
        case {"array": index}:
            return arrays[index]
        case {"scalar": index}:
            return arrays[index][()]
        case {"float": text}:
            return float.fromhex(text)
        case {"tuple": items}:
            return tuple(_from_json(part, arrays) for part in items)
        case {"list": items}:
            return [_from_json(part, arrays) for part in items]
        case {"value": [module, name], "fields": parts} if module.startswith("logit_engine."):
            kind = getattr(importlib.import_module(module), name)
            return kind(**{key: _from_json(part, arrays) for key, part in parts.items()})
    return item
