"""A link and its family as statsmodels shows them: callable in both directions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from logit_engine.columns import Array
from logit_engine.links import Link

QUANTILES: dict[str, Callable[[Array], Array]] = {
    "logit": special.logit,
    "probit": special.ndtri,
    "cloglog": lambda p: np.log(-np.log1p(-p)),
}


@dataclass(frozen=True, slots=True)
class LinkView:
    """link(p) is the linear predictor of a probability, link.inverse(eta) the probability."""

    link: Link

    def __call__(self, p: ArrayLike) -> Array:
        """The linear predictor at probability p."""
        with np.errstate(divide="ignore"):  # infinite at 0 and 1
            return np.asarray(QUANTILES[self.link.name](np.asarray(p, dtype=np.float64)))

    def inverse(self, z: ArrayLike) -> Array:
        """The probability at the linear predictor z."""
        return self.link.cdf(np.asarray(z, dtype=np.float64))

    def inverse_deriv(self, z: ArrayLike) -> Array:
        """The derivative of the probability in the linear predictor z."""
        return np.exp(self.link.log_pdf(np.asarray(z, dtype=np.float64)))

    def deriv(self, p: ArrayLike) -> Array:
        """The derivative of the linear predictor in the probability p."""
        return 1.0 / self.inverse_deriv(self(p))

    def __str__(self) -> str:
        return self.link.name


@dataclass(frozen=True, slots=True)
class FamilyView:
    """The binomial family with a link."""

    link: LinkView

    def variance(self, mu: ArrayLike) -> Array:
        """The variance of an outcome of probability mu, mu (1 - mu)."""
        p = np.asarray(mu, dtype=np.float64)
        return np.asarray(p * (1.0 - p))
