"""The objective: minus the penalized log-likelihood over rows, in inner coordinates; the only place where a sign changes."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from logit_engine.blocks import Block, Largest, Rows, Sums, total
from logit_engine.columns import Array, Columns
from logit_engine.coordinates import Coordinates
from logit_engine.likelihoods import Bernoulli, weighted
from logit_engine.penalties import NONE, NoPenalty, Penalty

EXTENDED_PIVOT = 1e-5  # below it (kappa above 1e5) the linear predictor is summed in extended precision


class Evaluation(NamedTuple):
    """One pass at theta: value to minimize, its gradient (p,) and curvature (p, p), in the basis asked for.

    loglik: without the penalty. margin: the smallest x'theta in the direction of its row's outcome; above zero, theta
    separates the data completely. reach: the largest row norm of X T^-1 (0 without a basis).
    """

    value: float
    gradient: Array
    curvature: Array
    loglik: float
    margin: float
    reach: float


@dataclass(frozen=True, slots=True)
class Objective:
    """Rows, likelihood and penalty seen in inner coordinates theta, (p,).

    A `basis` is an upper triangular T, (p, p): gradient and curvature are then those of T theta, summed over the whitened
    rows X T^-1, which keeps the digits that X'WX would lose (architecture.md, "Digits").
    """

    rows: Rows
    likelihood: Bernoulli
    coordinates: Coordinates
    free: np.ndarray
    penalty: Penalty = NONE
    threads: int = 1

    @property
    def separable(self) -> bool:
        """Whether a separating direction would send the estimate to infinity: only without a penalty."""
        return isinstance(self.penalty, NoPenalty)

    def columns(self, block: Block) -> Columns:
        """The block's X in inner coordinates."""
        return block.X.inner(self.coordinates.center, self.coordinates.scale)

    def _extended_dot(self, block: Block, theta: Array) -> Array:
        """x'theta centered and summed in extended precision: large coefficients that cancel cost no digits.

        Theta is split (Dekker 1971): its first eleven bits times 53 of x are exact in the 64 of an extended number, so the
        large products cancel without a rounding, and the rest is small.
        """
        center, scale = (v.astype(np.longdouble) for v in (self.coordinates.center, self.coordinates.scale))
        X = block.X.inner(center, scale)
        mantissa, exponent = np.frexp(theta)
        head = np.ldexp(np.round(mantissa * 2.0**11) / 2.0**11, exponent)
        linear = X.dot(head.astype(np.longdouble)) + X.dot((theta - head).astype(np.longdouble))
        return linear.astype(np.float64)

    def evaluate(self, theta: Array, basis: Array | None = None, expected: bool = False) -> Evaluation:
        """Value, gradient and curvature at theta, (p,); `expected` asks for the Fisher information as the curvature."""
        inverse = None if basis is None else triangular_inverse(basis)
        extended = basis is not None and smallest_pivot(basis) < EXTENDED_PIVOT

        # a step too far may overflow: its value shows it, and it is halved
        @np.errstate(over="ignore", invalid="ignore")
        def block_sums(block: Block) -> Sums:
            X = self.columns(block)
            linear = self._extended_dot(block, theta) if extended else X.dot(theta)
            eta = linear if block.offset is None else linear + block.offset
            loglik, score, curvature = self.likelihood.terms(eta, block.y)
            if expected:
                curvature = self.likelihood.expected(eta)
            margin = _margin(linear, block)
            if block.weight is not None:
                loglik, score, curvature = (weighted(block.weight, v) for v in (loglik, score, curvature))
            if inverse is None:
                return loglik.sum(), X.tdot(score), signed_gram(X, curvature), Largest(-margin), Largest(0.0)
            Y = X.dot(inverse)
            reach = np.einsum("ij,ij->i", Y, Y)
            if block.weight is not None:
                reach = reach[block.weight > 0.0]
            return (
                loglik.sum(),
                Y.T @ score,
                _signed_square(Y, curvature),
                Largest(-margin),
                Largest(float(reach.max(initial=0.0))),
            )

        loglik, score, information, margin, reach = total(self.rows, block_sums, self.threads)
        user = self.coordinates.to_user(theta)
        pull = self.coordinates.pull_back(self.penalty.gradient(user, self.free))
        bend = np.diag(self.penalty.curvature(user, self.free) / np.square(self.coordinates.scale))
        if inverse is not None:
            pull, bend = inverse.T @ pull, inverse.T @ bend @ inverse
        value = -float(loglik) + self.penalty.value(user, self.free)
        return Evaluation(
            value, -score + pull, information + bend, float(loglik), -margin.value, float(np.sqrt(reach.value))
        )


def smallest_pivot(R: Array) -> float:
    """min_j R_jj / |column j of R|: the sine of the smallest angle of a column to those before it; 1/kappa to a factor."""
    norms = np.sqrt(np.einsum("ij,ij->j", R, R))
    return float(np.min(np.abs(np.diagonal(R)) / np.where(norms > 0.0, norms, 1.0), initial=1.0))


def triangular_inverse(T: Array) -> Array:
    """T^-1 of an upper triangular T, (p, p)."""
    from scipy.linalg import solve_triangular

    return np.asarray(solve_triangular(T, np.eye(T.shape[0])))


def signed_gram(X: Columns, w: Array) -> Array:
    """X' diag(w) X for w of either sign: the positive and the negative rows apart."""
    if (w >= 0.0).all():
        return X.gram(w)
    return X.gram(np.maximum(w, 0.0)) - X.gram(np.maximum(-w, 0.0))


def _signed_square(Y: Array, w: Array) -> Array:
    scaled = Y * np.sqrt(np.abs(w))[:, None]
    if (w >= 0.0).all():
        return np.asarray(scaled.T @ scaled)
    up, down = scaled[w > 0.0], scaled[w < 0.0]
    return np.asarray(up.T @ up - down.T @ down)


def _margin(linear: Array, block: Block) -> float:
    """The smallest x'theta in its outcome's direction; minus infinity where a share of events goes both ways."""
    if np.any((block.y > 0.0) & (block.y < 1.0)):
        return -np.inf
    margin = np.where(block.y == 1.0, linear, -linear)
    if block.weight is not None:
        margin = margin[block.weight > 0.0]
    return float(margin.min(initial=np.inf))
