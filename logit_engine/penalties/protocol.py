"""What a penalty is: a function of the user's coefficients that is subtracted from the
log-likelihood.

A penalty is a frozen value that answers for itself: the engine asks it, and never looks at its
class. Value, gradient, curvature, `multiplied` and `strength` have to be given. All other answers
are those of a smooth penalty that holds every coefficient back, so a newcomer gives the others only
where it differs. A penalty with kinks or bounds says how it looks as an elastic net, which is what
the proximal solver takes.

To add one: a frozen dataclass in a file of its own, and a line in `PENALTIES`.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array

if TYPE_CHECKING:
    from logit_engine.penalties.elastic_net import ElasticNet


class Penalty(ABC):
    """A penalty of the coefficients theta, (q,), in the user's units, on the scale of the summed
    log-likelihood.

    free: (q,) bool, the coefficients that are never penalized: the model's constants.
    """

    __slots__ = ()

    @abstractmethod
    def value(self, theta: Array, free: NDArray[np.bool_]) -> float:
        """What is subtracted from the log-likelihood."""

    @abstractmethod
    def gradient(self, theta: Array, free: NDArray[np.bool_]) -> Array:
        """The first derivative of the smooth part, (q,)."""

    @abstractmethod
    def curvature(self, theta: Array, free: NDArray[np.bool_]) -> Array:
        """The second derivative of the smooth part, (q, q)."""

    @abstractmethod
    def multiplied(self, factor: float) -> "Penalty":
        """The same penalty, so many times as strong."""

    if TYPE_CHECKING:  # at run time a dataclass would take it for the default of a field

        @property
        @abstractmethod
        def strength(self) -> float:
            """One number for reports: 0 if the penalty does nothing."""

    @property
    def l1_ratio(self) -> float:
        """The share of the l1 in the strength, 0 to 1."""
        return 0.0

    @property
    def grouped(self) -> bool:
        """Whether coefficients are zero by groups."""
        return False

    @property
    def absent(self) -> bool:
        """Whether there is no penalty at all, so that the estimate is the maximum of the
        likelihood.
        """
        return False

    @property
    def idle(self) -> bool:
        """Whether it does nothing."""
        return self.strength == 0.0

    @property
    def differentiable(self) -> bool:
        """Whether it is smooth everywhere, as Newton's method needs it."""
        return True

    @property
    def kinked(self) -> bool:
        """Whether it has a kink, or a bound, where coefficients come to rest."""
        return False

    @property
    def elastic_net(self) -> "ElasticNet | None":
        """The same penalty as the proximal solver takes it, or None if it is for Newton's method
        alone.
        """
        return None

    def as_elastic_net(self, weights: Array) -> "ElasticNet | None":
        """The same penalty of the coefficients with a weight of one as an elastic net, or None if
        it is none.

        weights: (q,). Paths of falling strengths need it.
        """
        return self.elastic_net

    def check(self, terms: int, outputs: int, intercept: bool) -> None:
        """Raise UsageError unless it fits outputs predictors of so many terms; intercept: the
        first is a constant.
        """
        return

    def touches(self, column: int, terms: int) -> bool:
        """Whether a column's coefficient is penalized in any predictor; terms: the coefficients
        of a predictor.
        """
        return True

    def open_directions(self, size: int) -> tuple[Array, Array]:
        """How far each coefficient may go down and up without cost in the long run, (q,) each: 0
        or infinite.
        """
        return np.zeros(size), np.zeros(size)

    def zeros(self, theta: Array) -> NDArray[np.bool_]:
        """The coefficients that it set to zero, (q,): they have no standard errors."""
        return np.zeros(theta.size, dtype=np.bool_)

    def at_bound(self, theta: Array) -> NDArray[np.bool_]:
        """The coefficients that a bound or a pin holds, (q,): they do not count as parameters."""
        return np.zeros(theta.size, dtype=np.bool_)

    def notes(self, free: NDArray[np.bool_], outputs: int, with_errors: bool) -> tuple[str, ...]:
        """What a reader of the estimates should know; with_errors: whether standard errors are
        given.
        """
        return ()
