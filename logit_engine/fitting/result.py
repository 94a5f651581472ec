"""What a fit found, frozen: estimates with their covariance, and groups of facts about the fit."""

from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from logit_engine.columns import Array, Coordinates
from logit_engine.rows import coefficient_names


class Verdict(Enum):
    """The one word of a status."""

    CONVERGED = "converged"
    SEPARATED = "separated"
    NOT_CONVERGED = "not converged"


@dataclass(frozen=True, slots=True)
class Status:
    """How the fit ended: one word, and one sentence that ends in what to do, if anything."""

    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True)
class Convergence:
    """How a fit ended, and the numbers that prove it.

    passes: over the rows.
    decrement: length of the last Newton step, in standard errors.
    certificate: below `MAX_CERTIFICATE` it proves that a maximum exists; infinite without proof.
        Under most penalties it is the residual.
    condition: condition number of the centered, weighted columns at unit length.
    """

    status: Status
    passes: int
    decrement: float
    certificate: float
    condition: float

    @property
    def converged(self) -> bool:
        """Whether the maximum was certified to exist and was reached."""
        return self.status.verdict is Verdict.CONVERGED


@dataclass(frozen=True, slots=True)
class AppliedPenalty:
    """The penalty of a fit in numbers.

    strength: on the sum of the rows, 0 without a penalty. l1_ratio: share of an l1 in the strength,
    or, if grouped, of norms of groups.
    """

    strength: float = 0.0
    l1_ratio: float = 0.0
    grouped: bool = False


@dataclass(frozen=True, slots=True)
class FixedCounts:
    """How many coefficients are held by linear constraints, bounds that bind or an infinite l1.

    constants: how many of these are constants.
    """

    coefficients: int = 0
    constants: int = 0


@dataclass(frozen=True, slots=True)
class Separation:
    """The coefficients whose estimates lie at infinity.

    signs: (q,), +1 or -1 for an infinite estimate, nan where the data do not tell the sign, 0 for
    a finite one.
    """

    signs: Array

    def limits(self, estimates: Array) -> Array:
        """The estimates, (q,), with an infinity or nan in place of the last iterate."""
        ends = np.where(np.isnan(self.signs), np.nan, np.copysign(np.inf, self.signs))
        return np.where(self.signs != 0.0, ends, estimates)

    def in_units(self, units: Coordinates) -> "Separation":
        """The signs in other units: nan if the parts of a coefficient go opposite ways."""
        parts = units.to_user(np.diag(np.nan_to_num(self.signs)))
        up, down = (parts > 0.0).any(axis=1), (parts < 0.0).any(axis=1)
        unknown = _depends_on(units, np.isnan(self.signs)) | (up & down)
        return Separation(np.where(unknown, np.nan, up.astype(np.float64) - down))


@dataclass(frozen=True, slots=True)
class FitResult:
    """A fitted model of p terms and k linear predictors: k = 1 for a binary outcome.

    names: (p,).
    classes: by code, the base first; empty for a binary outcome.
    estimates: (q,), q = p k, one predictor after another. A predictor is a contrast with the base,
        or belongs to one class if every class has its own (k = K).
    covariance: (q, q), of the kind named; nan after a penalized fit and for infinite estimates.
    clusters: how many, of each kind of cluster.
    n: rows with weight. observations: how many rows these stand for.
    free: which coefficients are constants, (q,).
    separation: None if all estimates are finite. If not, `estimates` holds the last iterate of an
        infinite one, and `limits` its infinity.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    estimates: Array
    covariance: Array
    covariance_type: str
    clusters: tuple[int, ...]
    link: str
    n: int
    observations: float
    loglik: float
    null_loglik: float
    free: NDArray[np.bool_]
    convergence: Convergence
    penalty: AppliedPenalty = AppliedPenalty()
    constraints: FixedCounts = FixedCounts()
    separation: Separation | None = None
    notes: tuple[str, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        """The fields; a covariance without a number, as after a penalty, is stored as its shape."""
        state = {field.name: getattr(self, field.name) for field in fields(self)}
        if not self.errors_known:
            state["covariance"] = self.covariance.shape
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            missing = name == "covariance" and isinstance(value, tuple)
            object.__setattr__(self, name, np.broadcast_to(np.nan, value) if missing else value)

    @property
    def coefficient_names(self) -> tuple[str, ...]:
        """A name for each coefficient, (q,)."""
        return coefficient_names(
            self.names, self.classes if self.contrasts else ("", *self.classes)
        )

    @property
    def contrasts(self) -> bool:
        """Whether a predictor is a contrast with the base: under a penalty each class has one."""
        return self.estimates.size < len(self.names) * len(self.classes) or not self.classes

    @property
    def converged(self) -> bool:
        """Whether the maximum was certified to exist and was reached."""
        return self.convergence.converged

    @property
    def status(self) -> Status:
        """How the fit ended: one word and one sentence."""
        return self.convergence.status

    @property
    def passes(self) -> int:
        """Passes over the rows."""
        return self.convergence.passes

    @property
    def decrement(self) -> float:
        """Length of the last Newton step, in standard errors."""
        return self.convergence.decrement

    @property
    def certificate(self) -> float:
        """What proves the maximum, or the residual of a penalized fit; see `Convergence`."""
        return self.convergence.certificate

    @property
    def condition(self) -> float:
        """Condition number of the centered, weighted columns at unit length."""
        return self.convergence.condition

    @property
    def penalty_strength(self) -> float:
        """Strength of the penalty on the sum of the rows, 0 without one."""
        return self.penalty.strength

    @property
    def l1_ratio(self) -> float:
        """Share of an l1 in the penalty, or, if grouped, of norms of groups."""
        return self.penalty.l1_ratio

    @property
    def grouped(self) -> bool:
        """Whether the penalty is on norms of groups."""
        return self.penalty.grouped

    @property
    def fixed(self) -> int:
        """How many coefficients are held; see `FixedCounts`."""
        return self.constraints.coefficients

    @property
    def fixed_constants(self) -> int:
        """How many of the held coefficients are constants."""
        return self.constraints.constants

    @property
    def infinite(self) -> Array | None:
        """The signs of `Separation`, (q,), or None if all estimates are finite."""
        return None if self.separation is None else self.separation.signs

    @property
    def limits(self) -> Array:
        """The estimates as tables show them, (q,): infinite where no finite one exists."""
        return self.estimates if self.separation is None else self.separation.limits(self.estimates)

    @property
    def errors_known(self) -> bool:
        """Whether any coefficient has a standard error."""
        return not bool(np.isnan(np.diagonal(self.covariance)).all())

    @property
    def std_errors(self) -> Array:
        """Square roots of the covariance's diagonal, (q,); nan for infinite estimates."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def z(self) -> Array:
        """Estimates over standard errors, (q,).

        They are infinite if a robust error is zero, as for shares that fit exactly.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.estimates / self.std_errors)

    @property
    def p_values(self) -> Array:
        """Two-sided normal p-values of z, (q,)."""
        return np.asarray(2.0 * special.ndtr(-np.abs(self.z)))

    def interval(self, level: float = 0.95) -> Array:
        """Wald intervals at the level, (q, 2)."""
        half_width = special.ndtri(0.5 + 0.5 * level) * self.std_errors
        return np.stack([self.estimates - half_width, self.estimates + half_width], axis=1)

    def in_units(self, units: Coordinates) -> "FitResult":
        """The same fit with estimates and covariance carried over to other units of the columns."""
        separation = None if self.separation is None else self.separation.in_units(units)
        estimates = units.to_user(self.estimates)
        if not self.errors_known:  # nor is a matrix made: of 100,000 coefficients it has no room
            return replace(self, estimates=estimates, separation=separation)
        unknown = np.isnan(np.diagonal(self.covariance))
        known = np.where(unknown[:, None] | unknown, 0.0, self.covariance)
        covariance = units.to_user(units.to_user(known).T)
        lost = _depends_on(units, unknown)
        covariance[lost], covariance[:, lost] = np.nan, np.nan
        return replace(self, estimates=estimates, covariance=covariance, separation=separation)

    @property
    def df_model(self) -> int:
        """Terms beside the constants that are free to move."""
        return int((~self.free).sum()) - self.fixed + self.fixed_constants

    @property
    def aic(self) -> float:
        """Akaike's criterion, -2 loglik + 2 p; nan after a penalty: its effective p is not p."""
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


def _depends_on(units: Coordinates, some: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which coefficients in other units have a part of some of these, (q,)."""
    parts = units.to_user(np.diag(some.astype(np.float64)))
    return np.asarray((parts != 0.0).any(axis=1))
