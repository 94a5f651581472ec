"""What a fit found, frozen: estimates with their uncertainty, the log-likelihood, and an honest status."""

from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from logit_engine.columns.coordinates import Coordinates
from logit_engine.columns.kinds import Array
from logit_engine.rows.blocks import coefficient_names


class Verdict(Enum):
    """The one word of a status."""

    CONVERGED = "converged"
    SEPARATED = "separated"
    NOT_CONVERGED = "not converged"


@dataclass(frozen=True, slots=True)
class Status:
    """How the fit ended: one word, and one sentence that ends in what to do where something is to be done."""

    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True)
class FitResult:
    """A fitted model of p terms and k linear predictors: one for a binary outcome, one for each class but the base.

    names: (p,); classes: by code, the base first, none for a binary outcome; estimates: (q,), q = p k, one predictor after
    another, contrasts with the base or, where every class has its own (k = K), without one; covariance: (q, q), of the kind
    named, nan after a penalized fit; penalty_strength: on the sum of the rows; l1_ratio: the share of an l1 in it, or, if
    grouped, of norms of groups; n: rows with weight; observations: how many rows they stand for; clusters: how many, each
    way. condition: of the centered, weighted columns at unit length. certificate: well below one it proves that the maximum
    exists (`CERTIFIED`); infinite where there is none; under most penalties the residual. infinite: the sign of each
    coefficient whose estimate lies at infinity, nan where the data do not tell the sign, 0 for others, (q,), or None where
    all are finite: estimates has the last iterate there, `limits` the infinity or nan, and covariance is nan. free: which
    terms are the constant, (q,) bool.
    fixed: how many coefficients are held by linear constraints, bounds that bind or an infinite l1; fixed_constants: those
    of them that are constants.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    estimates: Array
    covariance: Array
    covariance_type: str
    clusters: tuple[int, ...]
    link: str
    penalty_strength: float
    l1_ratio: float
    n: int
    observations: float
    loglik: float
    null_loglik: float
    free: np.ndarray
    fixed: int
    passes: int
    decrement: float
    certificate: float
    condition: float
    infinite: Array | None
    status: Status
    notes: tuple[str, ...]
    grouped: bool = False
    fixed_constants: int = 0

    def __getstate__(self) -> dict[str, Any]:
        """The fields; a covariance without a number, as after a penalty, is stored as its shape, a tuple."""
        state = {field.name: getattr(self, field.name) for field in fields(self)}
        if np.isnan(self.covariance).all():
            state["covariance"] = self.covariance.shape
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            missing = name == "covariance" and isinstance(value, tuple)
            object.__setattr__(self, name, np.broadcast_to(np.nan, value) if missing else value)

    @property
    def coefficient_names(self) -> tuple[str, ...]:
        """A name for each coefficient, (q,)."""
        return coefficient_names(self.names, self.classes if self.contrasts else ("", *self.classes))

    @property
    def contrasts(self) -> bool:
        """Whether a predictor is a contrast with the base, not one of several classes' own, as under a penalty."""
        return self.estimates.size < len(self.names) * len(self.classes) or not self.classes

    @property
    def converged(self) -> bool:
        """Whether the maximum was certified to exist and was reached."""
        return self.status.verdict is Verdict.CONVERGED

    @property
    def limits(self) -> Array:
        """The estimates as tables show them, (q,): infinite without a finite value, nan if not even its sign is known."""
        if self.infinite is None:
            return self.estimates
        ends = np.where(np.isnan(self.infinite), np.nan, np.copysign(np.inf, self.infinite))
        return np.where(self.infinite != 0.0, ends, self.estimates)

    @property
    def std_errors(self) -> Array:
        """Square roots of the covariance's diagonal, (q,); nan where an estimate is infinite, as all that follows."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def z(self) -> Array:
        """Estimates over standard errors, (q,); infinite if a robust error is zero, as for shares that fit exactly."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.estimates / self.std_errors)

    @property
    def p_values(self) -> Array:
        """Two-sided normal p-values of z, (q,)."""
        return np.asarray(2.0 * special.ndtr(-np.abs(self.z)))

    def interval(self, level: float = 0.95) -> Array:
        """Wald intervals at the level, (q, 2)."""
        reach = special.ndtri(0.5 + 0.5 * level) * self.std_errors
        return np.stack([self.estimates - reach, self.estimates + reach], axis=1)

    def in_units(self, units: Coordinates) -> "FitResult":
        """The same fit with estimates and covariance carried over to other units of the columns."""
        unknown = np.isnan(np.diagonal(self.covariance))
        known = np.where(unknown[:, None] | unknown, 0.0, self.covariance)
        covariance = units.to_user(units.to_user(known).T)
        lost = _reached(units, unknown)
        covariance[lost], covariance[:, lost] = np.nan, np.nan
        infinite = None if self.infinite is None else _signs_in(units, self.infinite)
        return replace(self, estimates=units.to_user(self.estimates), covariance=covariance, infinite=infinite)

    @property
    def df_model(self) -> int:
        """Terms beside the constants that are free to move."""
        return int((~self.free).sum()) - self.fixed + self.fixed_constants

    @property
    def aic(self) -> float:
        """Akaike's criterion, -2 loglik + 2 p; nan after a penalized fit, whose effective p is not p."""
        return -2.0 * self.loglik + 2.0 * self._parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion, -2 loglik + p log n; nan after a penalized fit."""
        return -2.0 * self.loglik + float(np.log(self.observations)) * self._parameters

    @property
    def mcfadden_r2(self) -> float:
        """1 - loglik / null loglik. McFadden (1974)."""
        return 1.0 - self.loglik / self.null_loglik

    @property
    def _parameters(self) -> float:
        return float("nan") if self.penalty_strength else float(self.estimates.size - self.fixed)


def _signs_in(units: Coordinates, signs: Array) -> Array:
    """The signs of infinite coefficients in other units, (q,): nan if the parts of a coefficient go opposite ways."""
    parts = units.to_user(np.diag(np.nan_to_num(signs)))
    up, down = (parts > 0.0).any(axis=1), (parts < 0.0).any(axis=1)
    unknown = _reached(units, np.isnan(signs)) | (up & down)
    return np.where(unknown, np.nan, up.astype(np.float64) - down)


def _reached(units: Coordinates, some: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which coefficients in other units have a part of some of these, (q,)."""
    parts = units.to_user(np.diag(some.astype(np.float64)))
    return np.asarray((parts != 0.0).any(axis=1))
