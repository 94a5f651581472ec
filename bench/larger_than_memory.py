"""How long an exact fit of a file larger than memory takes beside merely decoding it, and how much memory; by hand.

    python bench/larger_than_memory.py FOLDER [--rows 100000000]

Writes FOLDER/rows=N/*.parquet (20 float32 columns and an outcome; 100,000,000 rows are 8.6 GB) unless they are there, then
decodes them, fits them, scores them and copies them, each in a process of its own.
"""

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from logit_engine.blocks import Block, block_count
from logit_engine.design import Design, Numeric
from logit_engine.fitting import fit
from logit_engine.sources.frames import Outcome
from logit_engine.sources.parquet import ParquetRows, parquet_frames

COLUMNS = [f"x{j}" for j in range(20)]
TRUE = np.linspace(-0.5, 0.5, len(COLUMNS))
FILE_ROWS, ROW_GROUP = 10_000_000, 2**18


def generate(folder: Path, rows: int) -> None:
    """Files of ten million rows at most."""
    for number, start in enumerate(range(0, rows, FILE_ROWS)):
        path = folder / f"{number:03}.parquet"
        if path.exists():
            continue
        rng, unfinished = np.random.default_rng(number), path.with_suffix(".part")
        schema = pa.schema([*((name, pa.float32()) for name in COLUMNS), ("y", pa.int8())])
        with pq.ParquetWriter(unfinished, schema, use_dictionary=False) as writer:
            for low in range(start, min(start + FILE_ROWS, rows), ROW_GROUP):
                n = min(ROW_GROUP, start + FILE_ROWS - low, rows - low)
                X = rng.standard_normal((len(COLUMNS), n), dtype=np.float32)
                y = (rng.random(n) < 1.0 / (1.0 + np.exp(1.0 - TRUE @ X))).astype(np.int8)
                writer.write_table(pa.table([*X, y], schema=schema))
        unfinished.rename(path)


@dataclass(slots=True)
class Counted:
    """Rows that count the blocks they give."""

    rows: ParquetRows
    given: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.rows, name)

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """The blocks of the rows."""
        self.given += last - first
        return self.rows.blocks(first, last)

    @property
    def passes(self) -> float:
        """How often all rows were given."""
        return self.given / block_count(self.rows.n)


def design() -> Design:
    """The columns as they are."""
    return Design(tuple(Numeric(name, None, 0.0, 1.0) for name in COLUMNS), (), ())


def decode(paths: list[str]) -> str:
    """One pass that does nothing with what it decodes."""
    rows = sum(frame.height for frame in parquet_frames(paths, [*COLUMNS, "y"]).frames())
    return f"{rows:,} rows"


def fit_all(paths: list[str]) -> str:
    """An exact fit with standard errors."""
    rows = Counted(ParquetRows(parquet_frames(paths, [*COLUMNS, "y"]), design(), Outcome("y")))
    result = fit(rows)  # type: ignore[arg-type]
    worst = np.abs((result.estimates - np.r_[-1.0, TRUE]) / result.std_errors).max()
    return f"{rows.passes:.1f} passes, {result.status.sentence} Largest |z| against the truth {worst:.1f}."


def score(paths: list[str]) -> str:
    """Linear predictor and probability of every row, streamed to a file."""
    eta = design().linear_predictor(np.r_[-1.0, TRUE])
    outputs = [eta.alias("linear_predictor"), (1.0 / (1.0 + (-eta).exp())).alias("probability")]
    pl.scan_parquet(paths).select(outputs).sink_parquet(out := Path(paths[0]).parent / "scores.out")
    out.unlink()
    return "two columns written"


def copy(paths: list[str]) -> str:
    """All rows and columns copied."""
    pl.scan_parquet(paths).sink_parquet(out := Path(paths[0]).parent / "copy.out")
    out.unlink()
    return "21 columns written"


def measured(step: Callable[[list[str]], str], paths: list[str]) -> tuple[str, float, float, str]:
    """The step's name, seconds, peak gigabytes of its process, and what it says."""
    start = time.perf_counter()
    said = step(paths)
    seconds = time.perf_counter() - start
    return step.__name__, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, said


def main() -> None:
    """Generate, measure, print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=100_000_000)
    asked = parser.parse_args()
    folder = asked.folder / f"rows={asked.rows}"
    folder.mkdir(parents=True, exist_ok=True)
    generate(folder, asked.rows)
    paths = sorted(str(path) for path in folder.glob("*.parquet"))
    print(f"{'':8} {'seconds':>8} {'peak GB':>8}")
    for step in (decode, fit_all, score, copy):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            name, seconds, peak, said = pool.submit(measured, step, paths).result()
        print(f"{name:8} {seconds:8.1f} {peak:8.2f}  {said}", flush=True)


if __name__ == "__main__":
    main()
