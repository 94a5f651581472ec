"""Numbers of 69 digits: the links' terms from their definitions, and triangular systems."""

from collections.abc import Callable
from typing import Any

import gmpy2
import numpy as np
from gmpy2 import mpfr

gmpy2.get_context().precision = 230
ONE, ZERO = mpfr(1), mpfr(0)
PI, ROOT_2, ROOT_2PI = gmpy2.const_pi(), gmpy2.sqrt(mpfr(2)), gmpy2.sqrt(2 * gmpy2.const_pi())
FAR_TAIL = 1e4

Number = Any  # an mpfr
Vector = Any  # an array of them
Terms = tuple[Number, Number, Number]  # log-likelihood, its derivative in eta, minus its second


def numbers(values: Any) -> Vector:
    """An array of floats as MPFR numbers."""
    return np.frompyfunc(lambda v: mpfr(float(v)), 1, 1)(np.asarray(values, dtype=float)).astype(
        object
    )


def zeros(*shape: int) -> Vector:
    """An array of zeros."""
    return np.full(shape, ZERO, dtype=object)


def mirrored(event: Callable[[Number], Terms]) -> Callable[[Number], Terms]:
    """The other outcome of a curve read from right to left."""

    def terms(eta: Number) -> Terms:
        loglik, score, curvature = event(-eta)
        return loglik, -score, curvature

    return terms


def logit_event(eta: Number) -> Terms:
    """log F, f / F and f for F = 1 / (1 + e^-eta)."""
    small = gmpy2.exp(-abs(eta))
    curvature = small / (1 + small) ** 2
    if eta >= 0:
        return -gmpy2.log1p(small), small / (1 + small), curvature
    return eta - gmpy2.log1p(small), 1 / (1 + small), curvature


def probit_event(eta: Number) -> Terms:
    """Those of the normal distribution function; in the far tail, below MPFR's numbers, by the
    series of Mills' ratio.
    """
    if eta < -FAR_TAIL:
        series, term = ONE, ONE
        for k in range(1, 12):
            term *= -(2 * k - 1) / (eta * eta)
            series += term
        ratio = -eta / series
        return -eta * eta / 2 - gmpy2.log(ROOT_2PI * ratio), ratio, ratio * (ratio + eta)
    F = gmpy2.erfc(-eta / ROOT_2) / 2
    ratio = gmpy2.exp(-eta * eta / 2) / ROOT_2PI / F
    return gmpy2.log(F), ratio, ratio * (ratio + eta)


def cloglog_event(eta: Number) -> Terms:
    """Those of F = 1 - exp(-e^eta); beyond 100 they are smaller than any number of MPFR."""
    if eta > 100:
        return ZERO, ZERO, ZERO
    u = gmpy2.exp(eta)
    F = -gmpy2.expm1(-u)
    ratio = u * gmpy2.exp(-u) / F
    return gmpy2.log(F), ratio, ratio * u / F - ratio


def cloglog_nonevent(eta: Number) -> Terms:
    """Those of exp(-e^eta)."""
    u = gmpy2.exp(eta)
    return -u, -u, u


def cauchit_event(eta: Number) -> Terms:
    """Those of F = 1/2 + arctan(eta) / pi."""
    F, f = gmpy2.atan2(ONE, -eta) / PI, 1 / (PI * (1 + eta * eta))
    ratio = f / F
    return gmpy2.log(F), ratio, ratio * ratio + 2 * eta / (1 + eta * eta) * ratio


CURVES = {
    "logit": (logit_event, mirrored(logit_event)),
    "probit": (probit_event, mirrored(probit_event)),
    "cloglog": (cloglog_event, cloglog_nonevent),
    "loglog": (mirrored(cloglog_nonevent), mirrored(cloglog_event)),
    "cauchit": (cauchit_event, mirrored(cauchit_event)),
}


def cholesky(A: Vector) -> Vector | None:
    """Lower L with L L' = A; None where A is not definite to 63 digits."""
    n = A.shape[0]
    L = zeros(n, n)
    for j in range(n):
        pivot = A[j, j] - sum((L[j, k] ** 2 for k in range(j)), ZERO)
        if not pivot > A[j, j] * mpfr(2) ** -210 or not pivot > 0:
            return None
        L[j, j] = gmpy2.sqrt(pivot)
        for i in range(j + 1, n):
            L[i, j] = (A[i, j] - sum((L[i, k] * L[j, k] for k in range(j)), ZERO)) / L[j, j]
    return L


def forward(L: Vector, b: Vector) -> Vector:
    """x with L x = b."""
    x = b.copy()
    for i in range(L.shape[0]):
        x[i] = (b[i] - sum((L[i, k] * x[k] for k in range(i)), ZERO)) / L[i, i]
    return x


def backward(L: Vector, b: Vector) -> Vector:
    """x with L' x = b."""
    x = b.copy()
    for i in reversed(range(L.shape[0])):
        x[i] = (b[i] - sum((L[k, i] * x[k] for k in range(i + 1, L.shape[0])), ZERO)) / L[i, i]
    return x
