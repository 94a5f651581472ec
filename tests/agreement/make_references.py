"""Write references.json: each case solved by Newton's method in 60 digits, its doubles exact.

Run: python -m tests.agreement.make_references (needs mpmath; about a minute). Nothing of the engine
is used.
"""

import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import mpmath as mp

from tests.agreement.cases import CASES, Case

mp.mp.dps = 60
REFERENCES = Path(__file__).with_name("references.json")
# a Newton decrement from which the full step is exact: convergence is quadratic
SETTLED = mp.mpf(10) ** -25


def logit(eta: Any) -> tuple[Any, Any, Any, Any]:
    """F, 1 - F, f and the derivative of log f."""
    e = mp.exp(-eta)
    F, S = 1 / (1 + e), e / (1 + e)
    return F, S, F * S, S - F


def probit(eta: Any) -> tuple[Any, Any, Any, Any]:
    """The same of the standard normal."""
    return mp.erfc(-eta / mp.sqrt(2)) / 2, mp.erfc(eta / mp.sqrt(2)) / 2, mp.npdf(eta), -eta


def cloglog(eta: Any) -> tuple[Any, Any, Any, Any]:
    """The same of 1 - exp(-exp(eta))."""
    u = mp.exp(eta)
    return -mp.expm1(-u), mp.exp(-u), u * mp.exp(-u), 1 - u


def loglog(eta: Any) -> tuple[Any, Any, Any, Any]:
    """The same of exp(-exp(-eta)), the mirror image of cloglog."""
    F, S, f, slope = cloglog(-eta)
    return S, F, f, -slope


def cauchit(eta: Any) -> tuple[Any, Any, Any, Any]:
    """The same of the standard Cauchy."""
    square = 1 + eta * eta
    return (
        mp.atan2(1, -eta) / mp.pi,
        mp.atan2(1, eta) / mp.pi,
        1 / (mp.pi * square),
        -2 * eta / square,
    )


LINKS: dict[str, Callable[[Any], tuple[Any, Any, Any, Any]]] = {
    "logit": logit,
    "probit": probit,
    "cloglog": cloglog,
    "loglog": loglog,
    "cauchit": cauchit,
}


class RowTerms(NamedTuple):
    """Log-likelihood of a row, its derivatives in the k predictors, minus its second ones, and
    what those are on average.
    """

    loglik: Any
    score: list[Any]
    observed: list[list[Any]]
    expected: list[list[Any]]


def binary_terms(link: str, eta: Any, y: Any) -> RowTerms:
    """The terms of a binary row; y in [0, 1]."""
    F, S, f, slope = LINKS[link](eta)
    yes, no = f / F, f / S
    loglik = (y * mp.log(F) if y else 0) + ((1 - y) * mp.log(S) if y != 1 else 0)
    curvature = y * yes * (yes - slope) + (1 - y) * no * (no + slope)
    return RowTerms(loglik, [y * yes - (1 - y) * no], [[curvature]], [[yes * no]])


def class_terms(eta: list[Any], code: int) -> RowTerms:
    """The terms of a row of one of several classes; eta: of the classes 1..k."""
    sizes = [mp.mpf(1), *map(mp.exp, eta)]
    whole = mp.fsum(sizes)
    p = [size / whole for size in sizes]
    k = range(1, len(sizes))
    curvature = [[p[a] * ((a == b) - p[b]) for b in k] for a in k]
    return RowTerms(mp.log(p[code]), [(a == code) - p[a] for a in k], curvature, curvature)


class Rows:
    """A case as exact numbers: X with its constant, offset, weight, y."""

    def __init__(self, case: Case) -> None:
        self.case, self.k = case, case.classes - 1
        self.X = [[mp.mpf(1), *(mp.mpf(float(v)) for v in row)] for row in case.X]
        self.y = [mp.mpf(float(v)) for v in case.y]
        self.weight = (
            [mp.mpf(float(v)) for v in case.weight]
            if case.weight is not None
            else [mp.mpf(1)] * len(self.y)
        )
        self.offset = (
            [mp.mpf(float(v)) for v in case.offset]
            if case.offset is not None
            else [mp.mpf(0)] * len(self.y)
        )
        self.p = len(self.X[0])
        self.q = self.p * self.k

    def terms(self, b: Any) -> Iterator[RowTerms]:
        """The terms of each row at b, (q,), one predictor after another."""
        for x, y, offset in zip(self.X, self.y, self.offset, strict=True):
            eta = [mp.fdot(x, b[a * self.p : (a + 1) * self.p]) + offset for a in range(self.k)]
            yield (
                class_terms(eta, int(y)) if self.k > 1 else binary_terms(self.case.link, eta[0], y)
            )


class At(NamedTuple):
    """Log-likelihood, score (q), both informations (q, q), and the derivatives of each row in
    its predictors, at a point.
    """

    loglik: Any
    score: Any
    observed: Any
    expected: Any
    slopes: list[list[Any]]


def sums(rows: Rows, b: Any) -> At:
    """The sums over rows at b."""
    p, k = rows.p, rows.k
    at = At(mp.mpf(0), mp.zeros(rows.q, 1), mp.zeros(rows.q), mp.zeros(rows.q), [])
    loglik = at.loglik
    for x, weight, row in zip(rows.X, rows.weight, rows.terms(list(b)), strict=True):
        loglik += weight * row.loglik
        at.slopes.append([weight * slope for slope in row.score])
        products = [[x[i] * x[j] for j in range(i + 1)] for i in range(p)]
        for a, i in product(range(k), range(p)):
            at.score[a * p + i] += at.slopes[-1][a] * x[i]
        for a, c in product(range(k), range(k)):
            for total, bend in (
                (at.observed, weight * row.observed[a][c]),
                (at.expected, weight * row.expected[a][c]),
            ):
                for i in range(p):
                    for j in range(i + 1):
                        total[a * p + i, c * p + j] += bend * products[i][j]
    for total in (at.observed, at.expected):
        for a, c, i in product(range(k), range(k), range(p)):
            for j in range(i):
                total[a * p + j, c * p + i] = total[a * p + i, c * p + j]
    return at._replace(loglik=loglik)


def solved(rows: Rows) -> tuple[Any, At]:
    """The maximum and what holds there, by Newton's method with halved steps; by Fisher's where
    nothing is concave.
    """
    b = mp.zeros(rows.q, 1)
    here = sums(rows, b)
    for _ in range(100):
        step = mp.lu_solve(here.observed if definite(here.observed) else here.expected, here.score)
        decrement = mp.sqrt(mp.fdot(step, here.score))
        while True:
            at = b + step
            there = sums(rows, at)
            if there.loglik >= here.loglik or decrement < SETTLED:
                break
            step /= 2
        b, here = at, there
        if decrement < SETTLED and definite(here.observed):
            return b, here
    raise RuntimeError(f"{rows.case.name}: no maximum after 100 steps")


def definite(A: Any) -> bool:
    """Whether a symmetric matrix is positive definite."""
    try:
        mp.cholesky(A)
    except ValueError:
        return False
    return True


def covariance(rows: Rows, at: At) -> Any:
    """The inverse of the observed information, or a sandwich of it: White's, or by cluster times
    G/(G-1).
    """
    bread = at.observed**-1
    if rows.case.covariance == "nonrobust":
        return bread
    codes = range(len(rows.y)) if rows.case.cluster is None else rows.case.cluster.tolist()
    within: dict[float, Any] = {}
    for code, x, slopes in zip(codes, rows.X, at.slopes, strict=True):
        within[code] = within.get(code, mp.zeros(rows.q, 1)) + mp.matrix(
            [slope * v for slope in slopes for v in x]
        )
    meat = sum((u * u.T for u in within.values()), mp.zeros(rows.q))
    factor = 1 if rows.case.covariance == "HC0" else mp.mpf(len(within)) / (len(within) - 1)
    return factor * (bread * meat * bread)


def condition(rows: Rows, information: Any) -> Any:
    """2-norm condition number of the information's factor, its columns at unit norm and cleared of
    the constants.

    Clearing a binary model's columns of the constant is centering them at their weighted means.
    """
    constants = [a * rows.p for a in range(rows.k)]
    others = [j for j in range(rows.q) if j not in constants]

    def part(left: list[int], right: list[int]) -> Any:
        return mp.matrix([[information[i, j] for j in right] for i in left])

    cleared = part(others, others) - part(others, constants) * part(
        constants, constants
    ) ** -1 * part(constants, others)
    norms = [mp.sqrt(cleared[j, j]) for j in range(len(others))]
    unit = mp.matrix(
        [
            [cleared[i, j] / (norms[i] * norms[j]) for j in range(len(others))]
            for i in range(len(others))
        ]
    )
    values = mp.eigsy(unit, eigvals_only=True)
    return mp.sqrt(max(values) / min(values))


def reference(case: Case) -> dict[str, Any]:
    """What the test compares with, as text of 25 digits; coefficients are one class after
    another.
    """
    rows = Rows(case)
    b, at = solved(rows)
    matrix = covariance(rows, at)

    def text(value: Any) -> str:
        return str(mp.nstr(value, 25, strip_zeros=False))

    return {
        "data": case.fingerprint,
        "params": [text(b[j]) for j in range(rows.q)],
        "std_errors": [text(mp.sqrt(matrix[j, j])) for j in range(rows.q)],
        "loglik": text(at.loglik),
        "kappa": text(condition(rows, at.observed)),
    }


if __name__ == "__main__":
    found = {}
    for case in CASES:
        found[case.name] = reference(case)
        print(
            f"{case.name:25} kappa {float(found[case.name]['kappa']):.2e} params "
            f"{found[case.name]['params']}"
        )
    REFERENCES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
