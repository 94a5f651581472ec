"""What the certificate costs: the share of a fit of 10^6 x 50 that goes into the reach, beside all
the rest.

Run: python bench/certificate.py. The whitened rows are there anyway; the certificate adds their
norms and a small SVD.
"""

from statistics import median
from time import perf_counter

import numpy as np

from logit_engine import array_rows, fit
from logit_engine.columns.coordinates import constant_column, inner_coordinates
from logit_engine.likelihoods import Bernoulli
from logit_engine.links import LOGIT
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import triangular_inverse
from logit_engine.rows import Block, Maximum, cores, one_blas_thread, total
from logit_engine.solvers.newton import Newton, newton_solution

ROWS, COLUMNS, REPEATS = 1_000_000, 50, 5


def timed(run) -> float:
    """The median of some runs, in seconds."""
    seconds = []
    for _ in range(REPEATS):
        start = perf_counter()
        run()
        seconds.append(perf_counter() - start)
    return median(seconds)


def main() -> None:
    """Print the whole fit, a whitened pass with the reach, one without, and the share."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((ROWS, COLUMNS))
    y = (rng.random(ROWS) < 1.0 / (1.0 + np.exp(-X @ rng.standard_normal(COLUMNS) * 0.2))).astype(
        float
    )
    rows = array_rows(X, y)
    (moments,) = total(rows, lambda b: (b.X.moments(None),), cores())
    objective = Objective(
        rows,
        Bernoulli(LOGIT),
        inner_coordinates(moments, constant_column(moments)),
        np.zeros(COLUMNS + 1, dtype=bool),
        threads=cores(),
    )
    solution = newton_solution(objective, np.zeros(COLUMNS + 1), Newton())
    inverse = triangular_inverse(solution.information.next_basis)

    def whitened(block: Block) -> tuple[float]:
        return (float(objective.columns(block).dot(inverse)[0, 0]),)

    def with_reach(block: Block) -> tuple[Maximum]:
        Y = objective.columns(block).dot(inverse)
        return (Maximum(float(np.einsum("ij,ij->i", Y, Y)[block.kept].max(initial=0.0))),)

    with one_blas_thread():
        reach = timed(lambda: total(rows, with_reach, cores())) - timed(
            lambda: total(rows, whitened, cores())
        )
        whole = timed(lambda: fit(rows))
    passes = 2  # whitened passes of such a fit
    print(
        f"fit of {ROWS:,} x {COLUMNS}: {whole:.2f} s; the reach of a whitened pass: {reach:.3f} s"
    )
    print(f"{passes} of them are {100.0 * passes * max(reach, 0.0) / whole:.1f}% of the fit")


if __name__ == "__main__":
    main()
