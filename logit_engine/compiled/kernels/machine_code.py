"""Loops as machine code: how Numba compiles them, and when it must compile them anew.

Numba keeps machine code beside the sources and renews it if the file of a loop changes. The machine
code of a loop contains that of all loops it calls, and they stand in other files of this folder. So
the name under which it is kept holds a digest of the whole folder: if any file changes, all loops
are compiled anew. Without it an edit of the exponential would leave old bits in the sums.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import njit

SOURCES_DIGEST = sha256(
    b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py")))
).hexdigest()


def compiled_loop(loop: Callable[..., Any], in_order: bool = False) -> Any:
    """The loop as machine code, kept on disk if there is a place for it.

    Products may be fused. Sums may be taken in another order, unless it is to keep the order.
    Infinities and NaNs stay what they are.
    """
    allowed = {"contract", "nsz"} if in_order else {"reassoc", "contract", "nsz"}
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": allowed}
    loop.__qualname__ = f"{loop.__qualname__}_{SOURCES_DIGEST[:8]}"
    try:
        return njit(cache=True, **options)(loop)
    except RuntimeError:  # neither the package's folder nor the user's can be written to
        return njit(**options)(loop)


def ordered_loop(loop: Callable[..., Any]) -> Any:
    """A compiled loop whose sums keep their order: for code that rounds on purpose."""
    return compiled_loop(loop, in_order=True)
