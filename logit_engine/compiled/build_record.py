"""The build record: whether compiled loops are built for this machine.

It loads no Numba unless they are.

The problem: Numba compiles a loop for each type of its arguments, a minute for all of ours. A fit
that waits for that is slow once. A fit that takes loops as soon as somebody has compiled them has
other bits than the same fit before.

The idea: loops are built on request (compiled/building.py, `logit doctor --compile`), which leaves
a build record: of these sources, this Numba, this processor. A process looks for it once, at its
first fit that is large enough. From then on all of its fits may take loops, or none.

Tried and dropped: to compile behind a fit, on a thread, which kept the interpreter's lock from it;
to compile for the next process, whose bits would change although nobody had changed anything.
"""

import json
import os
import sys
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from logit_engine.errors import UsageError

KERNELS = Path(__file__).parent / "kernels"


@lru_cache(maxsize=1)
def loops_are_built() -> bool:
    """Whether this process takes compiled loops: they were built when it first asked."""
    record = _written_record()
    return record is not None and _has_code(record) and record == _record_here()


def compiler_versions() -> list[str]:
    """Numba and its compiler if loops are built: bits are the same only if these are."""
    return [_compiler_versions()] if loops_are_built() else []


def sources_digest() -> str:
    """A digest of the loops' sources."""
    files = sorted(KERNELS.glob("*.py"))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]


def write_build_record() -> Path:
    """Say that all loops are built here, where the next process will look. The record's path.

    Raises UsageError if machine code or record cannot be kept.
    """
    record = _record_here()
    for place in _record_folders():
        try:
            place.mkdir(parents=True, exist_ok=True)
            if record["folder"] is not None:
                written = place / _file_name()
                staged = written.with_suffix(f".{os.getpid()}")
                staged.write_text(json.dumps(record))
                return staged.replace(written)
        except OSError:
            continue
    raise UsageError(
        "compiled loops cannot be kept: neither the package's folder nor the user's cache can be "
        "written. Set NUMBA_CACHE_DIR to a folder that can, and keep it set for fits."
    )


def _written_record() -> dict[str, Any] | None:
    """The record of this state of sources and Numba, wherever it lies; None if there is none."""
    if find_spec("numba") is None:
        return None
    for place in _record_folders():
        try:
            found: dict[str, Any] = json.loads((place / _file_name()).read_text())
            return found
        except (OSError, ValueError):
            continue
    return None


def _record_here() -> dict[str, Any]:
    """What the record of this machine says: the processor, and where Numba keeps machine code."""
    from logit_engine.compiled.kernels.machine_code import code_folder, processor

    return {"processor": processor(), "folder": code_folder()}


def _has_code(record: dict[str, Any]) -> bool:
    """Whether the machine code is still there."""
    return record["folder"] is not None and any(Path(record["folder"]).glob("*.nbi"))


def _record_folders() -> list[Path]:
    """The folders in which a record may lie: as for machine code, Numba's or the package's own."""
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        return [Path(named)]
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return [KERNELS / "__pycache__", Path(caches) / "logit-engine"]


def _file_name() -> str:
    state = f"{sources_digest()} {_compiler_versions()} {sys.implementation.cache_tag}"
    return f"loops-{sha256(state.encode()).hexdigest()[:16]}.json"


def _compiler_versions() -> str:
    return f"numba {version('numba')} llvmlite {version('llvmlite')}"
