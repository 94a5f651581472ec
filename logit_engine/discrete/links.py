"""A link and its family as statsmodels shows them: callable both ways."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
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
    """link(p) is the linear predictor of a probability, inverse(eta) the probability."""

    link: Link

    def __call__(self, p: Any) -> Array:
        """The linear predictor at probability p."""
        with np.errstate(divide="ignore"):  # infinite at 0 and 1
            return np.asarray(QUANTILES[self.link.name](np.asarray(p, dtype=np.float64)))

    def inverse(self, z: Any) -> Array:
        """The probability at the linear predictor z."""
        return self.link.cdf(np.asarray(z, dtype=np.float64))

    def inverse_deriv(self, z: Any) -> Array:
        """Its derivative in z."""
        return np.exp(self.link.log_pdf(np.asarray(z, dtype=np.float64)))

    def deriv(self, p: Any) -> Array:
        """The derivative of the linear predictor in p."""
        return 1.0 / self.inverse_deriv(self(p))

    def __str__(self) -> str:
        return self.link.name


@dataclass(frozen=True, slots=True)
class FamilyView:
    """The binomial family."""

    link: LinkView

    def variance(self, mu: Any) -> Array:
        """mu (1 - mu)."""
        p = np.asarray(mu, dtype=np.float64)
        return np.asarray(p * (1.0 - p))
