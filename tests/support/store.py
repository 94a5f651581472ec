"""A small store, and other processes that work on it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import polars as pl
from logit_flows.store.layout import Store

FIRST, SECOND, THIRD = "aaaa00000001", "aaaa00000002", "bbbb00000003"
PREAMBLE = f"""
import sys
from pathlib import Path
from logit_flows.store.layout import Store
store, FIRST = Store(Path(sys.argv[1]), "flights"), {FIRST!r}
"""


def write_run(folder: Path) -> None:
    """A run as the pipeline writes it, in small."""
    for name in ("model", "predictions", "metrics"):
        pl.DataFrame({"x": [0.5, 1.5]}).write_parquet(folder / f"{name}.parquet")
    (folder / "config.yaml").write_text("name: flights\n")


def write_predictions(*probabilities: float) -> Callable[[Path], None]:
    return lambda path: pl.DataFrame({"probability": probabilities}).write_parquet(path)


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)


def child(script: str, store: Store) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PREAMBLE + script, str(store.root)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def line_of(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
