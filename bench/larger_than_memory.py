"""How long an exact fit of a file larger than memory takes beside merely decoding it, and how much
memory; by hand.

    python bench/larger_than_memory.py FOLDER [--rows 100000000] [--write]

Writes FOLDER/rows=N/*.parquet (20 float32 columns and an outcome; 100,000,000 rows are 8.6 GB)
unless they are there, then decodes them, fits them, scores them and copies the columns that are
scored, each in a process of its own; the goals are marked, and with --write the table goes into
docs/performance.md. The files stay.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from goals import Goal, between, goal_table
from harness import ROOT
from machine import sentence
from misses import MISSES

from logit_engine.design.frame_rows import Outcome
from logit_engine.design.parquet_rows import ParquetRows, parquet_frames
from logit_engine.design.table_design import Design
from logit_engine.design.terms.numeric import Numeric
from logit_engine.fitting.steps import fit
from logit_engine.rows import Block, block_count

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
    return Design(tuple(Numeric(name, None, 0.0, 1.0) for name in COLUMNS))


def decode(paths: list[str]) -> dict[str, float]:
    """One pass that does nothing with what it decodes."""
    rows = sum(frame.height for frame in parquet_frames(paths, [*COLUMNS, "y"]).frames())
    return {"rows": rows}


def fit_all(paths: list[str]) -> dict[str, float]:
    """An exact fit with standard errors."""
    rows = Counted(ParquetRows(parquet_frames(paths, [*COLUMNS, "y"]), design(), Outcome("y")))
    result = fit(rows)  # type: ignore[arg-type]
    worst = np.abs((result.estimates - np.r_[-1.0, TRUE]) / result.std_errors).max()
    return {
        "passes": rows.passes,
        "converged": result.converged,
        "largest z against the truth": float(worst),
    }


def score(paths: list[str]) -> dict[str, float]:
    """Linear predictor and probability of every row, streamed to a file."""
    eta = design().linear_predictor(np.r_[-1.0, TRUE])
    outputs = [eta.alias("linear_predictor"), (1.0 / (1.0 + (-eta).exp())).alias("probability")]
    pl.scan_parquet(paths).select(outputs).sink_parquet(out := Path(paths[0]).parent / "scores.out")
    out.unlink()
    return {"columns written": len(outputs)}


def copy(paths: list[str]) -> dict[str, float]:
    """The columns that are scored, copied."""
    pl.scan_parquet(paths).select(COLUMNS).sink_parquet(out := Path(paths[0]).parent / "copy.out")
    out.unlink()
    return {"columns written": len(COLUMNS)}


@dataclass(frozen=True, slots=True)
class Measured:
    """A step's seconds, the peak gigabytes of its process, and what it found."""

    seconds: float
    peak: float
    found: dict[str, float] = field(default_factory=dict)


def measured(step: Callable[[list[str]], dict[str, float]], paths: list[str]) -> Measured:
    """The step run once, in this process."""
    start = time.perf_counter()
    found = step(paths)
    seconds = time.perf_counter() - start
    return Measured(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, found)


def apart(step: Callable[[list[str]], dict[str, float]], paths: list[str]) -> Measured:
    """The step run once, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measured, step, paths).result()


def goals(by_step: dict[str, Measured]) -> list[Goal]:
    """Passes, memory, the fit beside decoding, the score beside a copy."""
    passes, fitted = by_step["fit_all"].found["passes"], by_step["fit_all"]
    beside_decoding = fitted.seconds / (passes * by_step["decode"].seconds)
    beside_copy = by_step["score"].seconds / by_step["copy"].seconds
    return [
        Goal("larger/passes", "passes of a fit", passes, 5.0, unit="passes"),
        Goal("larger/memory", "peak memory of a fit", fitted.peak, 1.5, unit="GB"),
        Goal("larger/decoding", "a fit beside merely decoding its passes", beside_decoding, 2.0),
        Goal("larger/score", "scoring beside a copy of the same columns", beside_copy, 1.3),
        Goal(
            "larger/score memory", "peak memory of scoring", by_step["score"].peak, 1.5, unit="GB"
        ),
    ]


def main() -> None:
    """Generate, measure, print a table and the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument(
        "--write", action="store_true", help="write the table into docs/performance.md"
    )
    asked = parser.parse_args()
    folder = asked.folder / f"rows={asked.rows}"
    folder.mkdir(parents=True, exist_ok=True)
    generate(folder, asked.rows)
    paths, load = sorted(str(path) for path in folder.glob("*.parquet")), os.getloadavg()[0]
    by_step: dict[str, Measured] = {}
    lines = [
        f"| {asked.rows:,} x {len(COLUMNS)} float32 | seconds | peak GB | |",
        "|---|---|---|---|",
    ]
    apart(decode, paths)  # fills the cache of the disk, for all alike
    for step in (decode, fit_all, score, copy):
        done = by_step[step.__name__] = apart(step, paths)
        said = ", ".join(f"{name}: {value:.10g}" for name, value in done.found.items())
        lines.append(
            f"| {step.__name__.partition('_')[0]} | {done.seconds:.1f} | {done.peak:.2f} | {said} |"
        )
    command = f"python bench/larger_than_memory.py FOLDER --rows {asked.rows}"
    lines += ["", *goal_table(goals(by_step), MISSES), "", f"By {sentence(command, load)}"]
    print("\n".join(lines))
    if asked.write:
        page = ROOT / "docs" / "performance.md"
        page.write_text(
            between(page.read_text(encoding="utf-8"), "larger-than-memory", lines), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
