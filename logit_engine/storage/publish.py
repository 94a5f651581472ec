"""The atomic writer: a file or folder is published whole or not at all, whatever is killed.

The order is always the same: write into a staging folder of the same file system, outside any glob
of published data; fsync; rename into place; fsync the folder that holds the new name. A manifest
names each file with its size and sha256, because Parquet does not notice a flipped bit, and carries
a seal: the sha256 of its own content.
"""

import errno
import hashlib
import json
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from logit_engine.errors import ArtifactError

MANIFEST = "manifest.json"
SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")  # as libraries in Rust write it
STALE_SECONDS = 86_400.0  # without a byte written: a process that stages so long was killed


class AlreadyPublished(ArtifactError):
    """The target of a folder's publication exists, and published folders never change."""


def canonical_json(value: object, *, indent: int | None = None) -> str:
    """The one text of a JSON-like value: sorted keys, ASCII, floats by their shortest exact digits.

    Non-finite floats are written as the strings "nan", "inf" and "-inf", which `float` reads back:
    who reads a number that may be one of them calls `float` on it. `indent` is for files that
    people open; hashes are taken without it. Raises TypeError for keys that are not text and for
    values that JSON does not have.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(
        _with_finite_numbers(value),
        sort_keys=True,
        allow_nan=False,
        separators=separators,
        indent=indent,
    )


def _with_finite_numbers(value: object) -> object:
    match value:
        case float() if not math.isfinite(value):
            return str(float(value))
        case Mapping():
            for key in value:
                if not isinstance(key, str):
                    raise TypeError(
                        f"A key of canonical JSON must be text, but {key!r} is "
                        f"{type(key).__name__}."
                    )
            return {key: _with_finite_numbers(item) for key, item in value.items()}
        case list() | tuple():
            return [_with_finite_numbers(item) for item in value]
    return value


def sha256_of(path: Path) -> str:
    """The hexadecimal sha256 of a file, read as a stream."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(path: Path) -> dict[str, Any]:
    """What a manifest says of a file: its sha256, and its size in bytes."""
    return {"sha256": sha256_of(path), "bytes": path.stat().st_size}


@contextmanager
def publish_folder(target: Path, staging_root: Path) -> Iterator[Path]:
    """Yield a staging folder to fill; fsync it and rename it to `target`; on failure remove it.

    Raises AlreadyPublished where the target exists: before the work, or after it if someone else
    was faster.
    """
    if target.exists():
        raise AlreadyPublished(
            f"{target} is published already, and a published folder never changes."
        )
    with _staging_folder(staging_root) as stage:
        folder = stage / target.name
        folder.mkdir()
        yield folder
        for inner, _, names in os.walk(folder):
            for path in (*(Path(inner, name) for name in names), Path(inner)):
                _fsync(path)
        _make_folder(target.parent)
        try:
            folder.rename(target)
        except OSError as error:
            if target.exists():
                raise AlreadyPublished(
                    f"{target} was published by another process meanwhile."
                ) from error
            raise
        _fsync(target.parent)


def publish_file(target: Path, write: Callable[[Path], None], staging_root: Path) -> None:
    """Let `write` write a staged file, fsync it, and put it in the target's place.

    On any failure the old file stays.
    """
    with _staging_folder(staging_root) as stage:
        staged = stage / target.name
        write(staged)
        _fsync(staged)
        _make_folder(target.parent)
        staged.replace(target)
        _fsync(target.parent)


def publish_text(target: Path, text: str, staging_root: Path) -> None:
    """Put a UTF-8 text in the target's place, as `publish_file` does."""

    def write(staged: Path) -> None:
        staged.write_text(text, encoding="utf-8")

    publish_file(target, write, staging_root)


def append_line(path: Path, line: str) -> None:
    """Append one line and fsync it.

    A line torn by a kill or a full disk stays alone: the next one starts on its own.
    """
    _make_folder(path.parent)
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        data = (f"\n{line}\n" if torn else f"{line}\n").encode()
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        _fsync(path.parent)


def read_records(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a file of lines; none without a file; a torn line is no record."""
    records = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        with suppress(ValueError):
            records.append(json.loads(line))
    return records


def sealed(content: Mapping[str, Any]) -> str:
    """The text of a manifest: canonical JSON of its content, sealed by the sha256 of that."""
    return canonical_json({**content, "seal": _seal_of(content)}, indent=2) + "\n"


def unsealed(path: Path) -> dict[str, Any]:
    """A manifest's content, without its seal.

    Raises ArtifactError if the file is missing, unreadable or altered.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(
            f"{path} is missing, so nothing says what was published there."
        ) from None
    except ValueError as error:
        raise ArtifactError(f"{path} is damaged: it is not JSON ({error}).") from None
    if not isinstance(content, dict) or content.pop("seal", None) != _seal_of(content):
        raise ArtifactError(f"{path} is damaged: its content is not the one that was sealed.")
    return content


def write_manifest(folder: Path, content: Mapping[str, Any]) -> None:
    """Write manifest.json, the last file of a folder: content, and fingerprints of the others."""
    if taken := content.keys() & {"files", "seal"}:
        raise ValueError(
            f"A manifest's content may not name {sorted(taken)}: the manifest sets them itself."
        )
    files = {name: fingerprint(path) for name, path in _files_under(folder).items()}
    (folder / MANIFEST).write_text(sealed({**content, "files": files}), encoding="utf-8")


def verify_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder that holds exactly the files it names, unchanged.

    Raises ArtifactError that names a file if it does not.
    """
    if not folder.is_dir():
        raise ArtifactError(f"{folder} does not exist.")
    manifest = unsealed(folder / MANIFEST)
    named, found = manifest["files"], _files_under(folder)
    for name, expected in named.items():
        if name not in found:
            raise ArtifactError(
                f"{folder} is damaged: {name}, which its manifest names, is missing."
            )
        size = found[name].stat().st_size
        if size != expected["bytes"]:
            raise ArtifactError(
                f"{folder} is damaged: {name} has {size} bytes, but {expected['bytes']} were "
                "published."
            )
        if sha256_of(found[name]) != expected["sha256"]:
            raise ArtifactError(
                f"{folder} is damaged: {name} has changed since it was published (its sha256 "
                "differs)."
            )
    if extra := sorted(found.keys() - named.keys()):
        raise ArtifactError(
            f"{folder} is damaged: {extra[0]} is there, but its manifest does not name it."
        )
    return manifest


def sweep(staging_root: Path, older_than_seconds: float = STALE_SECONDS) -> None:
    """Remove the staging folders of killed processes: nothing was written in them for that long.

    Age instead of a lock, so that it is right on a file system shared by several machines. Staging
    sweeps by itself.
    """
    for folder in staging_root.glob(".staging-*"):
        with suppress(FileNotFoundError):  # its owner has just finished
            newest = max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
            if time.time() - newest > older_than_seconds:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _staging_folder(root: Path) -> Iterator[Path]:
    """A new folder under `root`, removed afterwards, with the umask's permissions.

    `mkdtemp` would give it 0700.
    """
    sweep(root)
    stage = root / f".staging-{secrets.token_hex(8)}"
    try:
        stage.mkdir(parents=True)
        with _named_system_errors(root.parent):
            yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def _named_system_errors(folder: Path) -> Iterator[None]:
    """Raise what Polars reports of the system, such as a full disk, as the OSError that it is."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        found = SYSTEM_ERROR.search(str(error))
        if found is None:
            raise
        number = int(found[1])
        raise OSError(number, os.strerror(number), str(folder)) from error


def _seal_of(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def _files_under(folder: Path) -> dict[str, Path]:
    """Every file under a folder but its manifest, by its relative name, in order."""
    found = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()
    }
    return {name: found[name] for name in sorted(found) if name != MANIFEST}


def _fsync(path: Path) -> None:
    """Force a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    """Make a folder and its parents, each new name fsynced."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _fsync(folder.parent)
