"""Fits on the columns that matter: a working set that grows until no column left out wants to move.

Descents run on the working set alone; one light pass over all columns then proves that zero is right for the others, or
names those that want in, the most eager first. Several fits share it, as the folds of a cross-validation do: they differ in
little, and one pass serves all. Johnson & Guestrin (2015); Massias, Gramfort & Salmon (2018).
"""

from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns, Sparse
from logit_engine.likelihoods import weighted
from logit_engine.objective.loss import Objective
from logit_engine.objective.passes import LightPass
from logit_engine.penalties import ElasticNet
from logit_engine.rows.memory import MemoryRows
from logit_engine.solvers.curvature_choice import Curvature, Shape, curvature_for
from logit_engine.solvers.curvature_models import Factored, Implied, Model, model_of
from logit_engine.solvers.descent import CONVERGED_RESIDUAL, Descent, residuals
from logit_engine.solvers.information_pass import information_cost

NARROW = 256  # columns up to which all take part: a pass over all of them costs little more than one over some
EAGER = 100  # columns let in at once, at least
ROUGH = 500  # coefficients above which the information that steers is in single precision
GROWTH = 4  # times as many of sparse columns, which cost only what they hold
LOOSE = 0.3  # of the eagerness outside: how well the working set is solved before the others are asked again
# numbers in all fits' matrices up to which those of many columns are exact if nothing else does
MAX_EXACT_NUMBERS = 1.5e6
TRIAL_PASSES = 30  # until then
MAX_LIGHT_PRODUCTS = 2e7  # products that cost no more than the rest of a pass
STALLS = 3  # passes without gain, once converged, after which rounding has the last word


class WorkingSet:
    """Fits of one loss: thetas (fits, q), slopes there, and the columns that take part, (p,).

    without: of each fit the fold whose rows it leaves out, or -1; the first fit has all rows. passes: of either kind.
    curvature: about that of the first fit, (q, q), if it is at hand. steers: as in `Descent.aim`, of few columns alone.
    """

    def __init__(
        self,
        loss: Objective,
        thetas: Array,
        without: tuple[int, ...],
        kinks: ElasticNet,
        curvature: Array | None = None,
        steers: bool = False,
    ) -> None:
        self.loss, self.without, self.steers = loss, without, steers
        self.thetas = np.where(
            np.isinf(kinks.l1), 0.0, thetas
        )  # a model's step lowers it from where the pins hold only
        self.outputs = loss.likelihood.outputs
        self.slopes = loss.light_passes(thetas, without)
        self.passes = 1
        columns = loss.coordinates.scale.size
        self.taken = np.ones(columns, dtype=bool)
        if columns > NARROW and kinks.kinked:
            self.taken = self._any(~kinks.kinked_coefficients | (thetas != 0.0).any(axis=0))
        self._gathered = self._exact = False
        self._at_hand = curvature

    def settle(self, kinks: ElasticNet, tolerance: float, most: int, ahead: float | None = None) -> float:
        """All fits under this penalty to the tolerance, in so many passes at most; the largest residual.

        ahead: columns whose slopes exceed so much of their kinks are let in beforehand.
        """
        last = self.passes + most
        if not self.taken.all() and ahead is not None:
            slopes = np.max([np.abs(s.gradient) for s in self.slopes], axis=0)
            self._let_in(self._any(kinks.leaving_zero(slopes, ahead)), kinks)
        if not self._gathered:
            self._gather(kinks)
        aim = tolerance
        while True:
            residual = self._solve(kinks, tolerance if self.taken.all() else aim, last)
            if self.taken.all():
                return residual
            self.slopes = self.loss.light_passes(self.thetas, self.without)
            self.passes += 1
            strengths = kinks.coefficient_strengths
            away = np.max(
                [residuals(kinks, strengths, t, s) for t, s in zip(self.thetas, self.slopes, strict=True)], axis=0
            )
            outside = np.where(self.taken, 0.0, kinks.group_maximum(away).reshape(self.outputs, -1).max(axis=0))
            eager = float(outside.max())
            if max(eager, residual) <= tolerance or self.passes >= last or (eager <= tolerance and residual > aim):
                return max(eager, residual)
            self._let_in(outside > tolerance, kinks, outside)
            aim = max(tolerance, LOOSE * eager) if eager > tolerance else tolerance

    def _any(self, coefficients: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The columns any of whose coefficients is meant, (p,)."""
        return np.asarray(coefficients.reshape(self.outputs, -1).any(axis=0))

    def _let_in(self, wanted: NDArray[np.bool_], kinks: ElasticNet, eagerness: Array | None = None) -> None:
        """Add columns to the working set; of very many the most eager."""
        new = np.flatnonzero(wanted & ~self.taken)
        room = max(EAGER, int(self.taken.sum())) * (GROWTH if self._sparse else 1)
        if eagerness is not None and new.size > room:
            new = new[np.argsort(-eagerness[new], kind="stable")[:room]]
        if new.size:
            self.taken[new] = True
            self._gather(kinks)

    def _gather(self, kinks: ElasticNet) -> None:
        """Descents on the columns that take part, with the curvature there."""
        self._gathered = True
        self.on = np.tile(self.taken, self.outputs)
        self.part = self.loss if self.taken.all() else self.loss.select(np.flatnonzero(self.taken))
        self.kinks = kinks.select(self.on)
        starts = [
            (t[self.on], LightPass(s.loss, s.gradient[self.on], s.size))
            for t, s in zip(self.thetas, self.slopes, strict=True)
        ]
        match curvature_for(Shape(int(self.on.sum()), kinks.kinked, self._sparse and not self._exact)):
            case Curvature.PRODUCTS:
                rows = cast(MemoryRows, self.part.rows)
                X = rows.X.to_inner(self.part.coordinates.center, self.part.coordinates.scale)
                implied = [partial(self._implied, rows, X, fold) for fold in self.without]
                self.descents = [Descent(t, s, make(t), make) for make, (t, s) in zip(implied, starts, strict=True)]
            case Curvature.STEPS:
                self.descents = [Descent(t, s, Factored(None, self.kinks)) for t, s in starts]
            case Curvature.MATRIX:
                shared = self._at_hand
                if shared is None or not self.taken.all():
                    shared = self._information(-1, self.thetas[0, self.on])
                share = 1.0 - 1.0 / max(2, len(starts) - 1)  # of a fit without a fold, as if folds were alike
                models = [model_of(shared if fold < 0 else shared * share, self.kinks) for fold in self.without]
                informs = [partial(self._informed, fold) for fold in self.without]
                cost = 1.0 + information_cost(int(self.on.sum())) if len(starts) == 1 else np.inf
                self.descents = [
                    Descent(t, s, model, inform, cost)
                    for (t, s), model, inform in zip(starts, models, informs, strict=True)
                ]

    def _information(self, fold: int, theta: Array) -> Array:
        self.passes += 1
        return self.part.information(theta, single_precision=theta.size > ROUGH and not self._exact, without=fold)

    def _passed(self, targets: Array, without: list[int]) -> list[tuple[LightPass, Array | None]]:
        """A pass for the fits at these targets, (fits, q); with the curvature if there is one fit and few rows."""
        self.passes += 1
        light = self.part.rows.n * targets.size**2 <= MAX_LIGHT_PRODUCTS
        if len(self.without) == 1 and light and not self.part.compiled:
            return [self.part.light_pass_with_curvature(targets[0])]
        return [(slope, None) for slope in self.part.light_passes(targets, without)]

    def _informed(self, fold: int, theta: Array) -> Model:
        return model_of(self._information(fold, theta), self.kinks)

    @property
    def _sparse(self) -> bool:
        """Whether the rows are in memory, sparse, with one linear predictor."""
        rows = self.loss.rows
        if not isinstance(rows, MemoryRows) or self.outputs > 1:
            return False
        return any(isinstance(part, Sparse) for part in getattr(rows.X, "parts", (rows.X,)))

    def _implied(self, rows: MemoryRows, X: Columns, fold: int, theta: Array) -> Model:
        """The exact curvature at theta, of the rows without a fold, as products."""
        self.passes += 1
        eta = X.dot(theta) if rows.offset is None else X.dot(theta) + rows.offset
        likelihood = self.loss.likelihood
        w = likelihood.terms(eta, rows.y).curvature if likelihood.log_concave else likelihood.expected(eta)
        if rows.weight is not None:
            w = weighted(rows.weight, w)
        return Implied(X, w if fold < 0 or rows.fold is None else np.where(rows.fold == fold, 0.0, w))

    def _solve(self, kinks: ElasticNet, tolerance: float, last: int) -> float:
        """All fits to the tolerance on the working set; the largest residual there.

        With many columns by products or in single precision first, which do where columns are not dependent; where that does
        not get there, and a matrix is not too large, by the exact one.
        """
        size = int(self.on.sum())
        trial = not self._exact and size > ROUGH and len(self.without) * size**2 <= MAX_EXACT_NUMBERS
        residual = self._descend(kinks, tolerance, min(last, self.passes + TRIAL_PASSES) if trial else last)
        if not trial or residual <= max(tolerance, CONVERGED_RESIDUAL) or self.passes >= last:
            return residual
        self._exact = True
        self.slopes = self.loss.light_passes(self.thetas, self.without)
        self.passes += 1
        self._gather(kinks)
        return self._descend(kinks, tolerance, last)

    def _descend(self, kinks: ElasticNet, tolerance: float, last: int) -> float:
        """All descents to the tolerance, or as far as they go; the largest residual on the working set."""
        self.kinks = kinks.select(self.on)
        for down in self.descents:
            down.aim(self.kinks, tolerance, self.steers)
        stalls = 0
        while self.passes < last and stalls < STALLS:
            active = [i for i, down in enumerate(self.descents) if not down.done]
            if not active:
                break
            before = max(self.descents[i].residual for i in active)
            targets = np.stack([self.descents[i].target() for i in active])
            found = self._passed(targets, [self.without[i] for i in active])
            for i, target, (ahead, curvature) in zip(active, targets, found, strict=True):
                self.descents[i].take(target, ahead, curvature)
            after = max(self.descents[i].residual for i in active)
            stalls = stalls + 1 if after <= CONVERGED_RESIDUAL and after > 0.5 * before else 0
        for theta, down in zip(self.thetas, self.descents, strict=True):
            theta[self.on] = down.theta
        self.slopes = [down.slope for down in self.descents]
        return max(down.residual for down in self.descents)
