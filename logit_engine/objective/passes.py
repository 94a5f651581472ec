"""What one look at all rows gives: an information pass, a light pass, or a steering pass."""

from typing import NamedTuple

from logit_engine.columns import Array


class Evaluation(NamedTuple):
    """An information pass: the value to minimize, its gradient (q,) and curvature (q, q), in a
    basis.

    loglik: without the penalty. margin: the smallest lead of a row's outcome, or one below zero;
    above zero theta separates the data completely. reach: a bound of the change in any row's
    predictor by a unit step in the coordinates of the basis.
    """

    value: float
    gradient: Array
    curvature: Array
    loglik: float
    margin: float
    reach: float


class LightPass(NamedTuple):
    """A light pass: the loss, which is minus the log-likelihood, and its gradient (q,).

    No (q, q) matrix. size: sum_i |score_i|. The gradient of a column of unit spread is at most
    about the size, so gradients are judged by it.
    """

    loss: float
    gradient: Array
    size: float


class SteeringPass(NamedTuple):
    """A pass that steers a step: the gradient of the loss, (q,), and its curvature, (q, q), without
    a value.

    reach: a bound of |x_i| in the norm of H^-1. No row has more than all of the information in its
    own direction, w_i x_i'H^-1 x_i <= 1. Infinite for several linear predictors.
    """

    gradient: Array
    curvature: Array
    reach: float
