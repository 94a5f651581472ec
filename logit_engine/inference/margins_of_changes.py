"""Marginal effects of variables that move a whole row of X, as x moves x and x^2.

The effect of a variable v at a row is f'(eta) d eta, where d eta is the row's slope dX/dv times the
parameters; its derivative in the parameters, for the delta method, is f''(eta) d eta times X, plus
f'(eta) times the slope. A discrete change is the difference of f at two rows, each with its own
derivative. Where a slope has a one in a single column this is `margins`, which is faster. Greene
(2018), 17.3.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.inference.delta import delta_covariance, weighted_sums
from logit_engine.inference.margins import Effect, Margins, given_effects
from logit_engine.inference.response import (
    linear_predictors,
    response_curvature,
    response_slope,
    response_value,
)
from logit_engine.likelihoods import Likelihood


@dataclass(frozen=True, slots=True)
class Change:
    """How n rows change with a variable x, (n,).

    They change along slope, (n, p), or from low to high, (n, p), `width` units apart.
    """

    x: Array
    slope: Array | None = None
    low: Array | None = None
    high: Array | None = None
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """Rows X, (n, p), and how each of m variables changes them.

    offset, share: (n,); the share is that in the average.
    """

    X: Array
    offset: Array | None
    share: Array
    changes: Iterable[Change]


def margins_of_changes(
    likelihood: Likelihood,
    places: Iterable[Place],
    params: Array,
    covariance: Array,
    *,
    effect: Effect = Effect.DYDX,
    infinite: NDArray[np.bool_] | None = None,
    every: bool = False,
) -> Margins:
    """The average effects over all places, with their covariance.

    params: (k p,). infinite: (k p,), which have no finite estimate: an effect along one is nan.
    every: the effects at every row instead, without a covariance.
    """
    known = np.zeros(params.size, dtype=bool)
    fitted = _FittedEffect(likelihood, params, effect, known if infinite is None else infinite)
    return fitted.by_row(places) if every else fitted.average(places, covariance)


@dataclass(frozen=True, slots=True)
class _FittedEffect:
    """The effect of a change, at the estimates of a fit. infinite: (k p,)."""

    likelihood: Likelihood
    params: Array
    effect: Effect
    infinite: NDArray[np.bool_]

    def by_row(self, places: Iterable[Place]) -> Margins:
        """The effects at every row, without inference."""
        # (n, m, C)
        whole = np.concatenate(
            [
                np.stack([self.effects(place, change) for change in place.changes], axis=1)
                for place in places
            ]
        )
        return Margins(whole, np.arange(whole.shape[1]), None)

    def average(self, places: Iterable[Place], covariance: Array) -> Margins:
        """The sum of the effects over all rows by their shares, with its covariance."""
        means: Array = np.zeros(0)
        J: Array = np.zeros(0)
        for place in places:
            found = [
                (place.share @ self.effects(place, change), self.jacobian(place, change))
                for change in place.changes
            ]
            mean, jacobian = (
                np.stack([pair[0] for pair in found]),
                np.stack([pair[1] for pair in found], axis=1),
            )
            means, J = (mean, jacobian) if not means.size else (means + mean, J + jacobian)
        J = J.reshape(-1, self.params.size)
        J[np.isnan(means.T.reshape(-1))] = np.nan
        V = delta_covariance(J, covariance, self.params)
        separated = bool(self.infinite.any())
        return Margins(given_effects(means, V, separated), np.arange(means.shape[0]), V)

    def _predictors(self, X: Array, offset: Array | None) -> Array:
        return linear_predictors(X, self.params, offset, self.likelihood.outputs)

    def effects(self, place: Place, change: Change) -> Array:
        """The effect at each row, (n, C)."""
        log = self.effect.log_y
        if change.slope is None:
            ends = [
                response_value(self.likelihood, self._predictors(X, place.offset), log)
                for X in (change.low, change.high)
                if X is not None
            ]
            return np.asarray((ends[1] - ends[0]) / change.width)
        first = response_slope(self.likelihood, self._predictors(place.X, place.offset), log)
        out = np.asarray((first @ self._predictor_slopes(change.slope)[:, :, None])[:, :, 0])
        out[self._lacks_limit(change.slope)] = np.nan
        return out * change.x[:, None] if self.effect.log_x else out

    def jacobian(self, place: Place, change: Change) -> Array:
        """The derivative of the sum of the effects, by shares, in the parameters, (C, k, p)."""
        log = self.effect.log_y
        if change.low is not None and change.high is not None:
            high, low = (
                weighted_sums(
                    response_slope(self.likelihood, self._predictors(X, place.offset), log),
                    place.share,
                    X,
                )
                for X in (change.high, change.low)
            )
            return np.asarray((high - low) / change.width)
        assert change.slope is not None
        share = place.share * change.x if self.effect.log_x else place.share
        eta = self._predictors(place.X, place.offset)
        second = response_curvature(
            self.likelihood, eta, self._predictor_slopes(change.slope)[:, :, None], log
        )[:, :, 0]
        own = weighted_sums(response_slope(self.likelihood, eta, log), share, change.slope)
        return weighted_sums(second, share, place.X) + own

    def _predictor_slopes(self, slopes: Array) -> Array:
        """How the predictors move, (n, k)."""
        return np.asarray(slopes @ self.params.reshape(self.likelihood.outputs, -1).T)

    def _lacks_limit(self, slopes: Array) -> NDArray[np.bool_]:
        """Where a row moves along a parameter that has no finite estimate, (n,)."""
        columns = self.infinite.reshape(self.likelihood.outputs, -1).any(axis=0)
        return np.asarray((slopes[:, columns] != 0.0).any(axis=1))
