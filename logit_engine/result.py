"""What a fit found, frozen: estimates with their uncertainty, the log-likelihood, and an honest status."""

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from scipy import special

from logit_engine.columns import Array
from logit_engine.coordinates import Coordinates


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
    """A fitted binary model of p terms.

    names, estimates: (p,); covariance: (p, p), of the kind named, nan after a penalized fit; n: rows with weight;
    weight: their total weight; clusters: how many, or None. condition: of the centered, weighted columns at unit length.
    certificate: well below one it proves that the maximum exists (`CERTIFIED`); infinite where there is none. free: which
    terms are the constant, (p,) bool.
    """

    names: tuple[str, ...]
    estimates: Array
    covariance: Array
    covariance_type: str
    clusters: int | None
    link: str
    penalty_strength: float
    n: int
    weight: float
    loglik: float
    null_loglik: float
    free: np.ndarray
    passes: int
    decrement: float
    certificate: float
    condition: float
    status: Status
    notes: tuple[str, ...]

    @property
    def converged(self) -> bool:
        """Whether the maximum was certified to exist and was reached."""
        return self.status.verdict is Verdict.CONVERGED

    @property
    def std_errors(self) -> Array:
        """Square roots of the covariance's diagonal, (p,)."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def z(self) -> Array:
        """Estimates over standard errors, (p,)."""
        return self.estimates / self.std_errors

    @property
    def p_values(self) -> Array:
        """Two-sided normal p-values of z, (p,)."""
        return np.asarray(2.0 * special.ndtr(-np.abs(self.z)))

    def interval(self, level: float = 0.95) -> Array:
        """Wald intervals at the level, (p, 2)."""
        reach = special.ndtri(0.5 + 0.5 * level) * self.std_errors
        return np.stack([self.estimates - reach, self.estimates + reach], axis=1)

    def in_units(self, units: Coordinates) -> "FitResult":
        """The same fit with estimates and covariance carried over to other units of the columns."""
        covariance = units.to_user(units.to_user(self.covariance).T)
        return replace(self, estimates=units.to_user(self.estimates), covariance=covariance)

    @property
    def df_model(self) -> int:
        """Terms beside the constant."""
        return int((~self.free).sum())

    @property
    def aic(self) -> float:
        """Akaike's criterion, -2 loglik + 2 p; nan after a penalized fit, whose effective p is not p."""
        return -2.0 * self.loglik + 2.0 * self._parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion, -2 loglik + p log n; nan after a penalized fit."""
        return -2.0 * self.loglik + float(np.log(self.weight)) * self._parameters

    @property
    def mcfadden_r2(self) -> float:
        """1 - loglik / null loglik. McFadden (1974)."""
        return 1.0 - self.loglik / self.null_loglik

    @property
    def _parameters(self) -> float:
        return float("nan") if self.penalty_strength else float(len(self.names))
