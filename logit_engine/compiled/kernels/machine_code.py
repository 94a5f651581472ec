"""Loops as machine code: how Numba compiles them, and when it must compile them anew.

Numba keeps machine code beside the sources and renews it if the file of a loop changes. The machine
code of a loop contains that of all loops it calls, and they stand in other files of this folder. So
the name under which it is kept holds a digest of the whole folder: if any file changes, all loops
are compiled anew. Without it an edit of the exponential would leave old bits in the sums.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any, cast

from llvmlite import binding
from numba import njit

from logit_engine.compiled.build_record import sources_digest

SOURCES_DIGEST = sources_digest()


def compiled_loop(loop: Callable[..., Any], in_order: bool = False) -> Any:
    """The loop as machine code, kept on disk if there is a place for it.

    Products may be fused. Sums may be taken in another order, unless it is to keep the order.
    Infinities and NaNs stay what they are.
    """
    allowed = {"contract", "nsz"} if in_order else {"reassoc", "contract", "nsz"}
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": allowed}
    loop.__qualname__ = f"{loop.__qualname__}_{SOURCES_DIGEST}"
    try:
        return njit(cache=True, **options)(loop)
    except RuntimeError:  # neither the package's folder nor the user's can be written to
        return njit(**options)(loop)


@lru_cache(maxsize=1)
def code_folder() -> str | None:
    """Where Numba keeps the machine code of these loops; None if there is no place for it."""
    return cast("str | None", compiled_loop(_probe).stats.cache_path)


def _probe() -> None:
    """Nothing: a loop that is never compiled, for Numba to say where it would be kept."""


def processor() -> str:
    """The processor that machine code is for: its name, and a digest of all that it can do."""
    features = sorted(binding.get_host_cpu_features().items())
    return f"{binding.get_host_cpu_name()} {sha256(repr(features).encode()).hexdigest()[:16]}"


def ordered_loop(loop: Callable[..., Any]) -> Any:
    """A compiled loop whose sums keep their order: for code that rounds on purpose."""
    return compiled_loop(loop, in_order=True)
