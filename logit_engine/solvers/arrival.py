"""The proof that a fit arrived: a maximum exists, and it lies within the last step. The mathematics: docs/certificate.md.

For the logit and for several classes the number lambda * reach of a pass is the proof (Bach 2010): their curvature
changes by at most a factor e^|t| when a predictor moves by t. Other links have no such constant. For them one more
pass looks at the curvature itself: how much of the information is lost where every predictor may move by WINDOW
either way. What is left bounds the information from below all around the solution, and a gradient that is small
against it cannot lie far from its zero.
"""

import numpy as np

from logit_engine.blocks import Block, Largest, Quiet, Sums, total
from logit_engine.columns import Array, Dense
from logit_engine.likelihoods import Bernoulli, weighted
from logit_engine.objective import Objective
from logit_engine.solvers.newton import CERTIFIED, Outcome, Solution

SHARP_CERTIFICATE = 1e-7  # above it the bound of the reach may be to blame: the rows are asked for the reach itself
WINDOWS = (1e-2, 1e-4, 1e-6)  # of a predictor, tried one after another


def arrival_certificate(objective: Objective, solution: Solution) -> float:
    """A number that proves, where it is below one, that a maximum lies within the last step of a solution.

    It is infinite where the solution carries no information. For a link that is not log-concave the maximum may be
    a local one.
    """
    likelihood = objective.likelihood
    if not isinstance(likelihood, Bernoulli):
        return solution.certificate
    if likelihood.self_concordant:
        if not SHARP_CERTIFICATE < solution.certificate < CERTIFIED:
            return solution.certificate
        return min(solution.certificate, solution.decrement * _share_lost(objective, likelihood, solution, 0.0)[1])
    certificate = np.inf
    if solution.outcome is not Outcome.CONVERGED or not np.isfinite(solution.certificate):
        return certificate
    for window in WINDOWS:
        lost, reach = _share_lost(objective, likelihood, solution, window)
        moved = solution.decrement * reach  # the farthest that the last step moved a predictor
        if moved < window and lost < 1.0:
            certificate = min(certificate, moved / ((window - moved) * (1.0 - lost)))
        if certificate < CERTIFIED:
            break
    return certificate


def information_lost(objective: Objective, solution: Solution) -> float:
    """A bound of the share of the information that the last step changes: what standard errors miss. The certificate of a
    self-concordant likelihood.
    """
    likelihood = objective.likelihood
    if likelihood.self_concordant or not isinstance(likelihood, Bernoulli):
        return solution.certificate
    return _share_lost(objective, likelihood, solution, solution.certificate)[0]


def _share_lost(objective: Objective, likelihood: Bernoulli, solution: Solution, window: float) -> tuple[float, float]:
    """A bound of the share of the information that is lost while each predictor moves by at most `window`, and the reach.

    The loss of a row is that of its curvature times the square of its length in the metric of the information; the trace
    bounds the largest eigenvalue. The reach is the longest row in that metric.
    """
    theta, root = solution.theta, solution.root

    @Quiet
    def block_sums(block: Block) -> Sums:
        X = objective.columns(block)
        lengths = Dense(X.dot(root)).lengths()
        lost = _curvature_lost(likelihood, objective.predictors(block, X, theta), block.y, window)
        return float(np.dot(weighted(block.weights, lost), lengths)), Largest(block.largest(lengths))

    lost, longest = total(objective.rows, block_sums, objective.threads)
    return float(lost) if np.isfinite(lost) else np.inf, float(np.sqrt(max(longest.value, 0.0)))


def _curvature_lost(likelihood: Bernoulli, eta: Array, y: Array, window: float) -> Array:
    """How far the curvature of each row falls within the window, (n,). eta, y: (n,).

    The curvature of an event and of a non-event each rise to one peak, so that the least is at an end of the
    window; a share of events is taken apart into both.
    """
    lost = np.zeros_like(eta)
    for outcome in (0.0, 1.0):
        share = y if outcome else 1.0 - y
        at = np.flatnonzero(share > 0.0)
        if at.size:
            same = np.full(at.size, outcome)
            here, low, high = (likelihood.terms(eta[at] + move, same).curvature for move in (0.0, -window, window))
            lost[at] += share[at] * np.maximum(here - np.minimum(low, high), 0.0)
    return lost
