"""A fit on a Dask cluster of processes beside one thread: seconds, bytes over the network, and what
10^9 rows cost.

    python bench/cluster.py [--rows 4000000] [--columns 50] [--rounds 3]

Rows are made on the workers. Of each kind of pass it prints seconds with one and with two workers,
the least of the rounds, and the bytes that go over the loopback interface (/proc/net/dev) while it
lasts, beside those that p^2 + p doubles are.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from distributed import Client, LocalCluster
from numpy.typing import NDArray

from logit_engine.columns import Constant, Coordinates, Dense, SideBySide
from logit_engine.fitting.preparation import prepare
from logit_engine.fitting.steps import fit
from logit_engine.likelihoods import Bernoulli
from logit_engine.links import LOGIT
from logit_engine.objective.loss import Objective
from logit_engine.penalties import NONE
from logit_engine.rows import BLOCK_ROWS, Block, Rows, block_count, total
from logit_engine.rows.distributed import DistributedRows, distributed_rows

LOGISTIC = Bernoulli(LOGIT)


@dataclass(frozen=True, slots=True)
class Made:
    """Rows made from the number of their block: normal columns and an outcome that follows them."""

    n: int
    columns: int
    start: int = 0
    intercept: bool = True
    classes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The constant, then the columns."""
        return ("intercept", *(f"x{j}" for j in range(self.columns)))

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """The blocks, each from a seed of its own."""
        truth = np.linspace(-0.3, 0.3, self.columns)
        for number in range(first, last):
            rng = np.random.default_rng(self.start + number)
            rows = min(BLOCK_ROWS, self.n - number * BLOCK_ROWS)
            X = rng.standard_normal((rows, self.columns))
            y = (rng.random(rows) < 1.0 / (1.0 + np.exp(1.0 - X @ truth))).astype(float)
            yield Block(SideBySide((Constant(rows), Dense(X))), y)

    def part(self, first: int, last: int) -> "Made":
        """A run of blocks as rows of their own."""
        return replace(
            self, n=min(self.n, last * BLOCK_ROWS) - first * BLOCK_ROWS, start=self.start + first
        )

    def select(self, which: NDArray[np.intp]) -> "Made":
        """Raises TypeError: no measurement fits some of the columns."""
        raise TypeError("these rows keep all their columns.")


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows whose blocks are made once and kept, for the threads of one machine."""

    rows: Made
    held: list[Block]

    def __getattr__(self, name: str) -> object:
        return getattr(self.rows, name)

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """Those kept."""
        return iter(self.held[first:last])


def loopback() -> int:
    """The bytes received so far over the loopback interface."""
    line = next(
        line
        for line in Path("/proc/net/dev").read_text().splitlines()
        if line.strip().startswith("lo:")
    )
    return int(line.split(":")[1].split()[0])


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of an empty pass, a light one, one with the information and a whole fit; bytes of
    two of them.
    """

    empty: float
    light: float
    heavy: float
    fit: float
    light_bytes: int
    heavy_bytes: int
    passes: int
    bits: bytes


def measured(rows: Rows, rounds: int, threads: int) -> Measured:
    """The least of the rounds."""
    objective: Objective = prepare(rows, LOGISTIC, NONE, threads).objective
    scale: Coordinates = objective.coordinates
    theta = np.linspace(-0.2, 0.2, scale.scale.size)
    seconds: dict[str, list[float]] = {}
    sent: dict[str, list[int]] = {}
    for _ in range(rounds):
        for name, action in (
            ("empty", lambda: total(rows, lambda block: (0.0,), threads)),
            ("light", lambda: objective.light_pass(theta)),
            ("heavy", lambda: objective.evaluate(theta, np.eye(theta.size))),
        ):
            before, start = loopback(), time.perf_counter()
            action()
            seconds.setdefault(name, []).append(time.perf_counter() - start)
            sent.setdefault(name, []).append(loopback() - before)
        start = time.perf_counter()
        result = fit(rows, threads=threads)
        seconds.setdefault("fit", []).append(time.perf_counter() - start)
    least = {name: min(values) for name, values in seconds.items()}
    return Measured(
        **least,
        light_bytes=min(sent["light"]),
        heavy_bytes=min(sent["heavy"]),
        passes=result.passes,
        bits=result.estimates.tobytes() + result.covariance.tobytes(),
    )


def on_workers(rows: Made, workers: int, rounds: int) -> tuple[Measured, float]:
    """The same on so many processes of one thread, and the seconds until all rows lie there."""
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=":0", memory_limit=0
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        start = time.perf_counter()
        laid: DistributedRows = distributed_rows(rows, client)
        total(laid, lambda block: (0.0,), 1)
        ready = time.perf_counter() - start
        return measured(laid, rounds, 1), ready


def main() -> None:
    """Measure, print, extrapolate."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    rows = Made(asked.rows, asked.columns)
    p = asked.columns + 1
    (one, ready), (two, _) = (on_workers(rows, workers, asked.rounds) for workers in (1, 2))
    held = Kept(rows, list(rows.blocks(0, block_count(rows.n))))
    here = measured(held, asked.rounds, 1)  # type: ignore[arg-type]
    print(f"{asked.rows:,} rows, {asked.columns} columns; made on one worker in {ready:.1f} s")
    print(f"{'seconds':12} {'one thread':>10} {'1 worker':>10} {'2 workers':>10} {'gain':>6}")
    for name in ("empty", "light", "heavy", "fit"):
        a, b, c = (getattr(m, name) for m in (here, one, two))
        print(f"{name:12} {a:10.3f} {b:10.3f} {c:10.3f} {b / c:6.2f}")
    print(f"the same bits: {here.bits == one.bits == two.bits}; {two.passes} passes")
    print(f"{'bytes':12} {'1 worker':>10} {'2 workers':>10} {'p^2+p doubles':>14}")
    print(f"{'light':12} {one.light_bytes:10,} {two.light_bytes:10,} {8 * p:14,}   (p doubles)")
    print(f"{'heavy':12} {one.heavy_bytes:10,} {two.heavy_bytes:10,} {8 * (p * p + p):14,}")
    light, heavy = ((getattr(one, k) - one.empty) / asked.rows for k in ("light", "heavy"))
    rounds = two.passes
    print(
        f"a row and thread: {light * 1e9:.0f} ns in a light pass, {heavy * 1e9:.0f} ns with the "
        "information"
    )
    for threads in (16, 64, 256):
        work = (light * (rounds - 2) + heavy * 2) * 1e9 / threads
        print(
            f"10^9 rows on {threads} threads: {work:.0f} s + {rounds} x {two.empty:.2f} s a "
            f"round, once they lie there; {8e9 * p / threads / 2**30:.1f} GB a thread"
        )


if __name__ == "__main__":
    main()
