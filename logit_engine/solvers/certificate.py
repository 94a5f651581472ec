"""The certificate: the proof that a maximum exists, and lies within the last step.

The mathematics: docs/certificate.md.

The problem: a small gradient proves nothing. Under separation it tends to zero, and on a plateau it
is small while the maximum is 70 units away.

The idea: a gradient that is small against the information all around a point cannot lie far from
its zero. For the logit and for several classes the number lambda * reach of a pass is that proof
(Bach 2010): their curvature changes by at most a factor e^|t| when a predictor moves by t. Other
links have no such constant. For them one more pass looks at the curvature itself: how much of it
is lost if every predictor may move by a window either way. What is left bounds the information from
below. The largest share that a row loses is mostly proof enough, and costs a light pass. If it is
not, the rows' lengths in the metric of the information tell how much each loss matters.

A gradient is a sum, and its rounding error acts like a gradient. It matters if the scores of two
rows, 1 and -1, cancel, and the other rows, which decide, have scores of 1e-20. So a bound of the
rounding error is added to lambda.

Invariants: only a number below MAX_CERTIFICATE lets a fit be called converged. Every bound errs on
the side of "not proved".

Tried and dropped: that nothing separates, as a proof (a maximum exists then, but the steps need not
have reached it).
"""

from typing import NamedTuple

import numpy as np

from logit_engine.columns import Array, Dense
from logit_engine.likelihoods import Bernoulli, weighted
from logit_engine.objective.loss import Objective
from logit_engine.objective.triangles import length
from logit_engine.rows import Block, Maximum, QuietFunction, Sums, total
from logit_engine.solvers.solution import MAX_CERTIFICATE, Certificate, Solution, Termination

MAX_LOOSE_CERTIFICATE = 1e-7  # above it the bound of the reach may be to blame: rows give the reach
REMAINING_STEP_LENGTHS = 4.0  # if rounding made the last step, as many times it may be left
MIN_ROUNDING_SHARE = 1e-8  # of a certificate: a smaller share of rounding is not computed
MAX_CHEAP_CERTIFICATE = 5e-7  # with the rounding of scores of one: up to it no pass for the scores
EPS = float(np.finfo(np.float64).eps)
PREDICTOR_WINDOWS = (1e-2, 1e-4, 1e-6)  # of a predictor, tried one after another


def arrival_certificate(objective: Objective, solution: Solution) -> float:
    """A number that proves, if it is below one, that a maximum lies within the last step of a
    solution.

    Infinite for a solution that did not arrive, or carries no information. If a link is not
    log-concave, the maximum may be a local one.
    """
    proof, information = solution.proof, solution.information
    arrived = solution.termination is Termination.CONVERGED and np.isfinite(proof.bound)
    if not arrived or information is None:
        return np.inf
    likelihood, theta, decrement = objective.likelihood, solution.theta, proof.decrement
    reach = proof.bound / decrement if decrement > 0.0 else np.inf
    largest_rounding = reach * reach * EPS * objective.weight  # if no score is larger than one
    if largest_rounding > MIN_ROUNDING_SHARE:
        # the scores of the logit are at most one
        of_logit = isinstance(likelihood, Bernoulli) and likelihood.self_concordant
        if of_logit and proof.bound + largest_rounding <= MAX_CHEAP_CERTIFICATE:
            return proof.bound + largest_rounding
        bounds = row_bounds(objective, theta, information.root)
        decrement, reach = decrement + length(bounds.largest_rounding), min(reach, bounds.reach)
    certificate = decrement * reach
    if not isinstance(likelihood, Bernoulli):
        return certificate
    if not likelihood.self_concordant:
        share = _largest_lost_share(objective, likelihood, theta, PREDICTOR_WINDOWS[0])
        certificate = _moved_certificate(decrement * reach, PREDICTOR_WINDOWS[0], share)
        if certificate <= MAX_LOOSE_CERTIFICATE:
            return certificate
        return _window_certificate(objective, likelihood, theta, information.root, decrement)
    if certificate <= MAX_LOOSE_CERTIFICATE:
        return certificate
    reach = _information_loss(objective, likelihood, theta, information.root, 0.0)[1]
    return min(certificate, decrement * reach)


def _window_certificate(
    objective: Objective,
    likelihood: Bernoulli,
    theta: Array,
    root: Array,
    decrement: float,
) -> float:
    """The certificate of a link without a constant, by the information that is left in a window."""
    certificate = np.inf
    for window in PREDICTOR_WINDOWS:
        lost, reach = _information_loss(objective, likelihood, theta, root, window)
        certificate = min(certificate, _moved_certificate(decrement * reach, window, lost))
        if certificate < MAX_CERTIFICATE:
            break
    return certificate


def _moved_certificate(moved: float, window: float, lost: float) -> float:
    """The certificate where predictors may move by a window and the information loses a share.

    moved: the farthest that the last step moved a predictor.
    """
    proves = moved < window and lost < 1.0
    return moved / ((window - moved) * (1.0 - lost)) if proves else np.inf


def _largest_lost_share(
    objective: Objective, likelihood: Bernoulli, theta: Array, window: float
) -> float:
    """The largest share of its curvature that a row loses while its predictor moves by a window.

    The information loses no larger share. Infinite if a row has no curvature, or a negative one.
    """

    @QuietFunction
    def block_sums(block: Block) -> Sums:
        eta = objective.predictors(block, objective.columns(block), theta)
        lost, curvature = _curvature_loss(likelihood, eta, block.y, np.full(eta.size, window))
        share = np.where(curvature > 0.0, lost / curvature, np.inf)
        return (Maximum(block.maximum(share)),)

    return float(total(objective.rows, block_sums, objective.threads)[0].value)


class RowBounds(NamedTuple):
    """The rounding of a step in each coordinate of a root, (r,), and the reach, by the rows.

    largest_rounding: a bound of eps sum_i w_i |s_i| |x_i|'|root|, with s_i the scores. If columns
    cancel along a coordinate, x_i'root has the rounding of its terms. likely_rounding: eps sum_i
    w_i |s_i| |x_i'root|. It is no bound: it holds if the terms cancel without rounding, as equal
    columns do.
    """

    largest_rounding: Array
    likely_rounding: Array
    reach: float


def row_bounds(objective: Objective, theta: Array, root: Array) -> RowBounds:
    """The bounds by one pass over the rows.

    theta: (q,); root: (q, r), of the inverse information.
    """
    outputs, row_score = objective.likelihood.outputs, objective.likelihood.score

    @QuietFunction
    def block_sums(block: Block) -> tuple[Array, Array, Array, Maximum]:
        X = objective.columns(block)
        score = row_score(objective.predictors(block, X, theta), block.y).reshape(
            block.y.size, outputs
        )
        sizes = weighted(block.weights, np.abs(score))
        directions = [X.dot(part) for part in np.split(root, outputs)]
        lengths = np.sum([Dense(part).squared_lengths() for part in directions], axis=0)
        likely_rounding = np.sum(
            [size @ np.abs(part) for size, part in zip(sizes.T, directions, strict=True)], axis=0
        )
        squares = np.concatenate([X.gram_diagonal(size) for size in sizes.T])
        return sizes.sum(axis=0), squares, likely_rounding, Maximum(block.maximum(lengths))

    sizes, squares, likely_rounding, longest = total(objective.rows, block_sums, objective.threads)
    # by Cauchy & Schwarz
    terms = np.sqrt(np.repeat(sizes, squares.size // outputs)) * np.sqrt(squares)
    reach = float(np.sqrt(min(outputs, 2) * max(longest.value, 0.0)))
    return RowBounds(EPS * (terms @ np.abs(root)), np.asarray(EPS * likely_rounding), reach)


def information_loss(objective: Objective, solution: Solution, certificate: float) -> float:
    """The share of the information that more steps like the last would change: standard errors miss
    it.

    Each row's predictor may move either way, by REMAINING_STEP_LENGTHS times what the last step
    moved it and by what the rounding of a step moves it. For several classes the certificate is
    that bound.
    """
    likelihood, proof, information = objective.likelihood, solution.proof, solution.information
    if (
        not isinstance(likelihood, Bernoulli)
        or not isinstance(proof, Certificate)
        or information is None
    ):
        return certificate
    theta, root = solution.theta, information.root
    last = LastStep(proof.step, row_bounds(objective, theta, root).likely_rounding)
    return _information_loss(objective, likelihood, theta, root, 0.0, last)[0]


class LastStep(NamedTuple):
    """The last step, (q,), and the rounding of each of its coordinates in those of a root, (r,)."""

    step: Array
    rounding: Array


def _information_loss(
    objective: Objective,
    likelihood: Bernoulli,
    theta: Array,
    root: Array,
    window: float,
    last: LastStep | None = None,
) -> tuple[float, float]:
    """A bound of the share of the information that is lost while predictors move, and the reach.

    Each predictor moves by at most `window`, and with the last step as `information_loss` says. The
    loss of a row is that of its curvature times the square of its length in the metric of the
    information; the trace bounds the largest eigenvalue. The reach is the longest row in that
    metric.
    """

    @QuietFunction
    def block_sums(block: Block) -> Sums:
        X = objective.columns(block)
        directions = X.dot(root)
        lengths, moves = Dense(directions).squared_lengths(), np.full(block.y.size, window)
        if last is not None:
            moves += (
                REMAINING_STEP_LENGTHS * np.abs(X.dot(last.step))
                + np.abs(directions) @ last.rounding
            )
        lost, _ = _curvature_loss(likelihood, objective.predictors(block, X, theta), block.y, moves)
        return float(np.dot(weighted(block.weights, lost), lengths)), Maximum(
            block.maximum(lengths)
        )

    lost, longest = total(objective.rows, block_sums, objective.threads)
    return float(lost) if np.isfinite(lost) else np.inf, float(np.sqrt(max(longest.value, 0.0)))


def _curvature_loss(
    likelihood: Bernoulli, eta: Array, y: Array, window: Array
) -> tuple[Array, Array]:
    """How far the curvature of each row falls within its window, and that curvature, (n,) each.

    eta, y, window: (n,).

    The curvature of an event rises to one peak, and so does that of a non-event. So the smallest is
    at an end of the window. A share of events is taken apart into both.
    """
    lost, curvature = np.zeros_like(eta), np.zeros_like(eta)
    for outcome in (0.0, 1.0):
        share = y if outcome else 1.0 - y
        at = np.flatnonzero(share > 0.0)
        if at.size:
            same = np.full(at.size, outcome)
            here, low, high = (
                likelihood.terms(eta[at] + move, same).curvature
                for move in (0.0, -window[at], window[at])
            )
            lost[at] += share[at] * np.maximum(here - np.minimum(low, high), 0.0)
            curvature[at] += share[at] * here
    return lost, curvature
