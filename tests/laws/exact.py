"""An independent reference of 69 digits, with separation and rank in exact arithmetic.

It shares no formula with the engine: the links are written from their definitions, the linear
program is a simplex on fractions (Bland's rule after the first steps), the rank is that of the very
numbers in X.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import gmpy2
import numpy as np
from gmpy2 import mpfr, mpq

from tests.laws.exact_terms import (
    CURVES,
    ONE,
    ZERO,
    Number,
    Vector,
    backward,
    cholesky,
    forward,
    numbers,
    zeros,
)
from tests.laws.random_problems import Problem

SMALLEST_DECREMENT = mpfr(10) ** -64  # squared
MAX_PASSES, MAX_HALVINGS, MAX_PIVOTS = 400, 60, 20_000


@dataclass
class Truth:
    """Estimates and standard errors, (q,), the log-likelihood, kappa and the largest linear
    predictor of a maximum.

    smallest_score: of a row, in absolute value; in double precision y - F(eta) has no digit below
    1e-16.
    """

    params: Vector
    std_errors: Vector
    loglik: Number
    kappa: float
    largest_eta: float
    smallest_score: float


@dataclass
class Reference:
    """A random problem in exact numbers; columns are centered and scaled in them, as the
    definition of kappa asks.
    """

    problem: Problem
    X: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        p = self.problem
        copies = np.ones(p.y.size) if p.copies is None else p.copies
        precision = np.ones(p.y.size) if p.precision is None else p.precision
        keep = (copies > 0) & (precision > 0)
        X = np.column_stack([np.ones(p.y.size), p.X]) if p.intercept else p.X
        self.X, self.y = X[keep], p.y[keep]
        self.copies, self.precision = numbers(copies[keep]), numbers(precision[keep])
        self.weight = self.copies * self.precision
        self.offset = None if p.offset is None else numbers(p.offset[keep]).reshape(self.y.size, -1)
        self.cluster = None if p.cluster is None else p.cluster[keep]
        self.n, self.p = self.X.shape
        self.k = p.classes - 1
        exact = numbers(self.X)
        same = [
            j for j in range(self.p) if (self.X[:, j] == self.X[0, j]).all() and self.X[0, j] != 0
        ]
        self.constant = same[0] if same else None
        self.center, self.scale = zeros(self.p), np.full(self.p, ONE, dtype=object)
        for j in range(self.p):
            if self.constant is not None and j != self.constant:
                self.center[j] = sum(exact[:, j], ZERO) / self.n
            spread = gmpy2.sqrt(
                sum(((v - self.center[j]) ** 2 for v in exact[:, j]), ZERO) / self.n
            )
            self.scale[j] = spread if spread > 0 else ONE
        self.Z = (exact - self.center) / self.scale

    def eta(self, theta: Vector) -> Vector:
        """Linear predictors, (n, k)."""
        linear = self.Z @ theta.reshape(self.k, self.p).T
        return linear if self.offset is None else linear + self.offset

    def terms(self, theta: Vector) -> tuple[Vector, Vector, Vector]:
        """Of each row: log-likelihood (n,), score (n, k), curvature (n, k, k)."""
        eta = self.eta(theta)
        loglik, score, curvature = (
            zeros(self.n),
            zeros(self.n, self.k),
            zeros(self.n, self.k, self.k),
        )
        for i, row in enumerate(eta):
            if self.problem.link != "multinomial":
                event, nonevent = CURVES[self.problem.link]
                y = mpfr(float(self.y[i]))
                parts = [
                    (share, curve(row[0]))
                    for share, curve in ((y, event), (1 - y, nonevent))
                    if share > 0
                ]
                found = [sum((share * part[j] for share, part in parts), ZERO) for j in range(3)]
                loglik[i], score[i, 0], curvature[i, 0, 0] = found
                continue
            whole = [ZERO, *row]
            top = max(whole)
            size = [gmpy2.exp(v - top) for v in whole]
            share = [v / sum(size, ZERO) for v in size]
            code = int(self.y[i])
            loglik[i] = whole[code] - top - gmpy2.log(sum(size, ZERO))
            for a in range(self.k):
                score[i, a] = (1 if code == a + 1 else 0) - share[a + 1]
                for b in range(self.k):
                    curvature[i, a, b] = share[a + 1] * ((1 if a == b else 0) - share[b + 1])
        return loglik, score, curvature

    def information(self, curvature: Vector) -> Vector:
        """The information in centered, scaled columns, (q, q)."""
        H = zeros(self.k * self.p, self.k * self.p)
        for a in range(self.k):
            for b in range(self.k):
                block = self.Z.T @ (self.Z * (self.weight * curvature[:, a, b])[:, None])
                H[a * self.p : (a + 1) * self.p, b * self.p : (b + 1) * self.p] = block
        return H

    def maximum(self, start: Vector | None = None) -> Vector | None:
        """The maximum, (q,), in centered and scaled columns; None where Newton's method does not
        get there.
        """
        theta = zeros(self.k * self.p) if start is None else start
        if start is None and self.constant is not None and self.offset is not None:
            for a in range(self.k):
                theta[a * self.p + self.constant] = -sorted(self.offset[:, a])[self.n // 2]
        loglik, score, curvature = self.terms(theta)
        value = sum(self.weight * loglik, ZERO)
        for _ in range(MAX_PASSES):
            gradient = np.concatenate([(self.weight * score[:, a]) @ self.Z for a in range(self.k)])
            L = cholesky(self.information(curvature))
            if L is None and self.problem.link == "cauchit":
                L = cholesky(self.information(np.abs(curvature)))
            if L is None:
                return None
            half = forward(L, gradient)
            decrement, step = sum((v * v for v in half), ZERO), backward(L, half)
            if decrement < SMALLEST_DECREMENT:
                return theta + step
            share = ONE
            for _ in range(MAX_HALVINGS):
                ahead = self.terms(theta + share * step)
                reached = sum(self.weight * ahead[0], ZERO)
                rises = gmpy2.is_finite(reached) and reached >= value + share * decrement / 10_000
                if rises or decrement < mpfr(10) ** -30:
                    break
                share /= 2
            else:
                return None
            theta, value, (loglik, score, curvature) = theta + share * step, reached, ahead
        return None

    def user(self, columns: Vector) -> Vector:
        """Coefficients, or columns of them, (q[, m]), in the units of X."""
        out = columns.reshape(self.k, self.p, -1).copy()
        for part in out:
            part /= self.scale[:, None]
            if self.constant is not None:
                part[self.constant] -= (self.center @ part) / mpfr(float(self.X[0, self.constant]))
        return out.reshape(columns.shape)

    def inner(self, params: Vector) -> Vector:
        """The inverse of `user` for coefficients, (q,)."""
        out = params.reshape(self.k, self.p).copy()
        for part in out:
            if self.constant is not None:
                part[self.constant] += (self.center @ part) / mpfr(float(self.X[0, self.constant]))
        return (out * self.scale).reshape(-1)

    def truth(self, theta: Vector) -> Truth | None:
        """What a fit should report at a maximum, (q,); None where the information is singular
        there.
        """
        loglik, score, curvature = self.terms(theta)
        H = self.information(curvature)
        L = cholesky(H)
        if L is None:
            return None
        q = H.shape[0]
        V = np.stack([backward(L, forward(L, row)) for row in np.where(np.eye(q) > 0, ONE, ZERO)])
        if self.problem.covariance != "nonrobust":
            V = V @ self._meat(score, curvature, V) @ V
        whole = self.user(V)
        whole = self.user(whole.T)
        eta = self.eta(theta)
        return Truth(
            params=self.user(theta),
            std_errors=np.array([gmpy2.sqrt(whole[j, j]) for j in range(q)], dtype=object),
            loglik=sum(self.weight * loglik, ZERO),
            kappa=self._kappa(H),
            largest_eta=float(max(abs(v) for v in eta.ravel())),
            smallest_score=float(min(abs(v) for v in score.ravel())),
        )

    def _meat(self, score: Vector, curvature: Vector, V: Vector) -> Vector:
        """The middle of a sandwich.

        White (1980); MacKinnon & White (1985); Liang & Zeger (1986).
        """
        kind = self.problem.covariance
        S = np.concatenate([self.Z * score[:, [a]] for a in range(self.k)], axis=1)
        if kind == "cluster":
            rows = S * self.weight[:, None]
            labels = np.unique(self.cluster)
            sums = np.stack([rows[self.cluster == label].sum(axis=0) for label in labels])
            return sums.T @ sums * mpfr(labels.size) / (labels.size - 1)
        factor = self.copies * self.precision**2
        if kind in ("HC2", "HC3"):
            leverage = [
                self.precision[i] * curvature[i, 0, 0] * (z @ V @ z) for i, z in enumerate(self.Z)
            ]
            factor = factor / (1 - np.array(leverage, dtype=object)) ** (1 if kind == "HC2" else 2)
        meat = S.T @ (S * factor[:, None])
        observations = sum(self.copies, ZERO)
        return meat * (observations / (observations - V.shape[0])) if kind == "HC1" else meat

    def _kappa(self, H: Vector) -> float:
        """The condition number of the columns at unit length, clear of the constants
        (docs/engine.md).
        """
        constants = (
            [] if self.constant is None else [a * self.p + self.constant for a in range(self.k)]
        )
        others = [j for j in range(H.shape[0]) if j not in constants]
        if not others:
            return 1.0
        if constants:
            L = cholesky(H[np.ix_(constants, constants)])
            assert L is not None
            Y = np.stack([forward(L, H[constants, j]) for j in others], axis=1)
            H = H[np.ix_(others, others)] - Y.T @ Y
        size = [gmpy2.sqrt(H[j, j]) for j in range(len(others))]
        D = np.array(
            [
                [H[i, j] / (size[i] * size[j]) for j in range(len(others))]
                for i in range(len(others))
            ]
        )
        return _root_condition(D)

    def column_kappa(self) -> float:
        """The condition number of the centered columns alone, without the weights of a fit."""
        H = self.Z.T @ self.Z
        others = [j for j in range(self.p) if j != self.constant]
        size = [gmpy2.sqrt(H[j, j]) for j in others]
        rows = zip(others, size, strict=True)
        return _root_condition(
            np.array(
                [[H[i, j] / (a * b) for j, b in zip(others, size, strict=True)] for i, a in rows]
            )
        )

    def has_full_leverage(self, start: Vector | None = None) -> bool:
        """Whether some row's leverage is one to 13 digits, or above one; start: (q,), where the
        search starts.
        """
        theta = self.maximum(start)
        if theta is None:
            return True
        _, _, curvature = self.terms(theta)
        L = cholesky(self.information(curvature))
        halves = [forward(L, z) for z in self.Z]
        leverage = [
            share * weight[0, 0] * sum((v * v for v in half), ZERO)
            for share, weight, half in zip(self.precision, curvature, halves, strict=True)
        ]
        return bool(max(leverage) > 1 - mpfr(10) ** -13)

    @cached_property
    def independent(self) -> list[int]:
        """The columns of X that are no combination of those before them, exactly."""
        A = [[mpq(float(v)) for v in row] for row in self.X]
        found: list[int] = []
        for j in range(self.p):
            rank = len(found)
            pivot = next((i for i in range(rank, len(A)) if A[i][j] != 0), None)
            if pivot is None:
                continue
            A[rank], A[pivot] = A[pivot], A[rank]
            for i in range(rank + 1, len(A)):
                if A[i][j] != 0:
                    share = A[i][j] / A[rank][j]
                    A[i] = [a - share * b for a, b in zip(A[i], A[rank], strict=True)]
            found.append(j)
        return found

    @cached_property
    def separated(self) -> bool:
        """Whether a direction separates the outcomes, exactly: the optimum of a linear program
        is unbounded.
        """
        T = self._cuts()
        q = len(T[0])
        basic, free = list(range(len(T))), [-1] * q
        for j in range(q):  # directions are free: each enters once, for a slack
            pivot = next(i for i in range(len(T)) if basic[i] >= 0 and T[i][j] != 0)
            _pivot(T, pivot, j)
            free[j], basic[pivot] = basic[pivot], -1
        T, basic = (
            [row for row, b in zip(T, basic, strict=True) if b >= 0],
            [b for b in basic if b >= 0],
        )
        objective = [mpq(1) + sum((row[j] for row in T), mpq(0)) for j in range(q)]
        for passes in range(MAX_PIVOTS):
            rising = [j for j in range(q) if objective[j] > 0]
            if not rising:
                return False
            j = (
                max(rising, key=objective.__getitem__)
                if passes < 150
                else min(rising, key=free.__getitem__)
            )
            falling = [i for i in range(len(T)) if T[i][j] < 0]
            if not falling:
                return True
            i = min(falling, key=basic.__getitem__)
            T.append(objective)
            _pivot(T, i, j)
            objective = T.pop()
            basic[i], free[j] = free[j], basic[i]
        raise RuntimeError("the simplex did not end")

    def _cuts(self) -> list[list[Any]]:
        """The rows v with v'd >= 0 for a separating d, in independent columns."""
        out = []
        for x, y in zip(self.X[:, self.independent], self.y, strict=True):
            exact = [mpq(float(v)) for v in x]
            if self.problem.link != "multinomial":
                out += [exact] if y > 0 else []
                out += [[-v for v in exact]] if y < 1 else []
                continue
            for other in range(self.problem.classes):
                if other != int(y):
                    signs = [(a + 1 == int(y)) - (a + 1 == other) for a in range(self.k)]
                    out.append([sign * v for sign in signs for v in exact])
        return out


def _root_condition(D: Vector) -> float:
    """The square root of the condition number of a Gram matrix of unit columns, (m, m)."""
    values = np.linalg.eigvalsh(D.astype(float))
    if values[0] > 1e-9:
        return float(np.sqrt(values[-1] / values[0]))
    L = cholesky(D)
    if L is None:
        return float("inf")
    x, length = numbers(np.random.default_rng(0).standard_normal(D.shape[0])), ONE
    for _ in range(40):  # power steps on the inverse
        x = backward(L, forward(L, x))
        length = gmpy2.sqrt(sum((v * v for v in x), ZERO))
        x = x / length
    return float(gmpy2.sqrt(mpfr(float(values[-1])) * length))


def _pivot(T: list[list[Any]], i: int, j: int) -> None:
    """Exchange the basic variable of row i with the free one of column j, in place."""
    pivot = T[i][j]
    entering = [-v / pivot for v in T[i]]
    entering[j] = 1 / pivot
    for r, row in enumerate(T):
        if r != i and row[j] != 0:
            share = row[j]
            T[r] = [a + share * b for a, b in zip(row, entering, strict=True)]
            T[r][j] = share * entering[j]
    T[i] = entering


def digits(found: float, true: Number, unit: Number) -> float:
    """-log10 of the error in the unit; none for what is not finite, 99 where there is no error."""
    if not np.isfinite(found) or unit == 0:
        return 0.0
    error = abs(mpfr(float(found)) - true)
    return float(-gmpy2.log10(error / unit)) if error else 99.0
