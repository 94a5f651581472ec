"""A sample newcomer among the likelihoods: continuation ratios of ordered classes, one logit for
each stage.

At stage j a row that came so far stays in class j with probability F(eta_j), and goes on otherwise.
So the model falls apart into k binary ones, of fewer and fewer rows: the reference of its fit.
Fienberg & Mason (1979).

To join the engine a likelihood takes this file and one line in `LIKELIHOODS`:
"continuation_ratio": ContinuationRatio.of_classes. The laws in `tests/laws` then run over it.
"""

from dataclasses import dataclass

import numpy as np

from logit_engine.columns import Array
from logit_engine.likelihoods import Likelihood
from logit_engine.links import LOGIT, Link
from logit_engine.links.law import Terms, event_terms


@dataclass(frozen=True, slots=True)
class ContinuationRatio(Likelihood):
    """k stages, k + 1 ordered classes; eta: (n, k), also where k is one."""

    outputs: int

    @classmethod
    def of_classes(cls, classes: int, link: Link) -> "ContinuationRatio":
        return cls(classes - 1)

    @property
    def classes(self) -> int:
        return self.outputs + 1

    @property
    def name(self) -> str:
        return "continuation ratio"

    @property
    def log_concave(self) -> bool:
        return True

    @property
    def self_concordant(self) -> bool:
        return True

    def terms(self, eta: Array, y: Array) -> Terms:
        shape = eta.shape
        eta = eta.reshape(y.size, -1)
        reached, stays = (
            y[:, None] >= np.arange(self.outputs),
            y[:, None] == np.arange(self.outputs),
        )
        sign = np.where(stays, 1.0, -1.0)
        stage = event_terms(LOGIT, sign * eta)
        loglik = np.where(reached, stage.loglik, 0.0).sum(axis=1)
        score = np.where(reached, sign * stage.score, 0.0)
        curvature = np.where(reached, stage.curvature, 0.0)[:, :, None] * np.eye(self.outputs)
        return Terms(loglik, score.reshape(shape), curvature.reshape(*shape, *shape[1:]))

    def expected(self, eta: Array) -> Array:
        stage = event_terms(LOGIT, -eta.reshape(eta.shape[0], -1))
        reached = np.exp(np.cumsum(stage.loglik, axis=1) - stage.loglik)
        curvature = (reached * stage.curvature)[:, :, None] * np.eye(self.outputs)
        return curvature.reshape(*eta.shape, *eta.shape[1:])

    @property
    def lead_vectors(self) -> Array:
        """A class leads an earlier one by going on there, and a later one by staying at its own
        stage.
        """
        stage = np.eye(self.classes)[:, : self.outputs]
        earlier = np.arange(self.classes) < np.arange(self.classes)[:, None]
        later = earlier.T[:, :, None]
        return np.where(earlier[:, :, None], -stage[None], np.where(later, stage[:, None], 0.0))

    def constants(self, weights: Array) -> Array:
        after = weights[::-1].cumsum()[::-1]
        return np.asarray(np.log(weights[:-1]) - np.log(after[1:]))
