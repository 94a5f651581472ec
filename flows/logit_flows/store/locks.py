"""Locks on a folder between processes: held by the operating system, gone with the process.

A lock is an open file on which `flock` is held. The holder writes who it is into the file, for the
message of whoever comes second. POSIX only.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from logit_engine.errors import LogitEngineError
from logit_engine.storage.publish import canonical_json

POLL_SECONDS = 0.01


class Busy(LogitEngineError):
    """Another process holds the lock."""


@contextmanager
def hold_lock(path: Path, purpose: str, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock of a file, which is made if need be. Raises Busy after the wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _wait_for(descriptor, path.parent, wait_seconds)
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "purpose": purpose,
            "since": utc_now(),
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, canonical_json(holder).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing would leave it to a forked child
    finally:
        os.close(descriptor)


def utc_now() -> str:
    """The time to the millisecond, as the store writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _wait_for(descriptor: int, folder: Path, wait_seconds: float) -> None:
    """Take the lock. Raises Busy if another process still holds it after the wait."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Busy(
                    f"{folder} is in use by {_holder(descriptor)}: wait for its end and try again."
                ) from None
        time.sleep(POLL_SECONDS)


def _holder(descriptor: int) -> str:
    """Who holds the lock, as the holder wrote it; the holder may not have written yet."""
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        who = f"process {holder['pid']} on {holder['host']}"
        return f"{who} ({holder['purpose']}, since {holder['since']})"
    except ValueError:
        return "another process"
