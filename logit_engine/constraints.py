"""Linear constraints on coefficients, as values."""

from dataclasses import dataclass

import numpy as np

from logit_engine.links import Array


@dataclass(frozen=True, slots=True)
class Equalities:
    """R theta = q in the user's coefficients; R: (m, q) of full rank, q: (m,)."""

    R: Array
    q: Array

    @property
    def count(self) -> int:
        """How many coefficients they take away."""
        return int(self.R.shape[0])

    def nearest(self, theta: Array) -> Array:
        """The theta closest to the given one, (q,), that meets them."""
        return np.asarray(theta + np.linalg.lstsq(self.R, self.q - self.R @ theta, rcond=None)[0])
