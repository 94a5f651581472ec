"""Newton's method for many small logit models at once, each with the proof of its maximum.

The problem: a model of 200 rows by 5 columns takes microseconds to compute and milliseconds to call
for. Ten thousand shops are ten thousand such models.

The idea: models of about equal size lie side by side in one array (g, m, p), and a pass is a few
stacked products for all of them. Columns far from zero are centered, and each model takes plain
Newton steps from its constant. Once its step is shorter than MAX_LAST_STEP standard errors, one
more pass tells the information, the likelihood and the certificate (docs/certificate.md) at the
maximum.

Invariants: a model counts as proved only if the certificate says so, with a bound of the rounding
error as in solvers/certificate.py, if its last step was below rounding, and if its columns are so
well conditioned that plain sums keep all digits. Any other is left to `fit`: the separated, the
collinear, those that need shorter steps. So nothing here decides why a model has no maximum.

Tried and dropped: sums by `reduceat` over rows sorted by model (p^2 / 2 passes over the rows);
dropping models that have arrived from a stack (they arrive at about the same pass).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.columns.coordinates import UNCENTERED_SPREADS
from logit_engine.columns.moments import MIN_SQUARABLE_SIZE
from logit_engine.solvers.certificate import EPS, MAX_CHEAP_CERTIFICATE

MAX_PASSES = 25
MAX_STACK_CONDITION = 30.0  # up to which its plain sums keep the digits that are promised
MAX_LAST_STEP = 1e-7  # in standard errors: the step after it is below rounding
MAX_SPREADS = 1e6  # of a mean from zero: beyond it a column may be a constant and rounding
MAX_LEFT_STEP = 1e-12  # times the reach: of the step that the last pass finds


class Stack(NamedTuple):
    """Models side by side: X (g, m, p) with the constant first, y and is_row (g, m).

    is_row: 1.0, or 0.0 for what fills up a model that has fewer rows.
    """

    X: Array
    y: Array
    is_row: Array


class StackFits(NamedTuple):
    """What was found of each model of a stack: the names are those of `FitResult`, g first.

    proved: whether the maximum is proved and reached; the rest of a model means nothing otherwise.
    """

    proved: NDArray[np.bool_]
    estimates: Array
    covariance: Array
    loglik: Array
    decrement: Array
    certificate: Array
    condition: Array
    passes: int


@np.errstate(all="ignore")  # what overflows is not proved
def stack_fits(stack: Stack) -> StackFits:
    """Newton's method for all models of a stack; each has rows of both classes."""
    rows = stack.is_row.sum(axis=1)
    center = _column_centers(stack, rows)
    stack = stack._replace(X=stack.X - center[:, None, :])
    share = (stack.y * stack.is_row).sum(axis=1) / rows
    theta = np.zeros((rows.size, stack.X.shape[2]))
    theta[:, 0] = np.log(share) - np.log1p(-share)
    decrement = np.full(rows.size, np.inf)
    for passes in range(1, MAX_PASSES + 1):
        here = _stack_pass(stack, theta)
        arrived = decrement <= MAX_LAST_STEP
        lost = ~np.isfinite(here.decrement)
        theta = theta - np.where(lost[:, None], 0.0, here.step)
        if (arrived | lost).all() or passes == MAX_PASSES:
            break
        decrement = here.decrement
    found = _judged_fits(stack, theta, here, rows, arrived, passes)
    return _in_user_units(found, here.information, center)


def _column_centers(stack: Stack, rows: Array) -> Array:
    """The mean of each column that is far from zero, and 0 for the others, (g, p).

    One that is farther than MAX_SPREADS stays, and is left to `fit` for its condition.
    """
    mean, square = (
        np.matmul(stack.is_row[:, None, :], part)[:, 0, :] / rows[:, None]
        for part in (stack.X, np.square(stack.X))
    )
    spreads = np.abs(mean) / np.sqrt(square - np.square(mean))
    far = (spreads > UNCENTERED_SPREADS) & (spreads < MAX_SPREADS)
    far[:, 0] = False
    return np.where(far, mean, 0.0)


def _in_user_units(fits: StackFits, information: Array, center: Array) -> StackFits:
    """The fits of columns less their centers, (g, p), as those of the columns.

    The covariance is changed by its root: its own numbers would cancel.
    """
    change = np.zeros_like(information) + np.eye(center.shape[1])
    change[:, 0, 1:] = -center[:, 1:]
    covariance, proved = np.full_like(information, np.nan), fits.proved
    inverse_root = np.linalg.inv(np.linalg.cholesky(information[proved]))
    root = np.matmul(change[proved], inverse_root.transpose(0, 2, 1))
    covariance[proved] = np.matmul(root, root.transpose(0, 2, 1))
    return fits._replace(
        estimates=np.matmul(change, fits.estimates[:, :, None])[:, :, 0], covariance=covariance
    )


class _Pass(NamedTuple):
    """The sums of a pass: eta (g, m), information and its inverse (g, p, p), the step (g, p)."""

    eta: Array
    information: Array
    inverse: Array
    step: Array
    decrement: Array


def _stack_pass(stack: Stack, theta: Array) -> _Pass:
    eta = np.matmul(stack.X, theta[:, :, None])[:, :, 0]
    mu = 1.0 / (1.0 + np.exp(-eta))
    score = (mu - stack.y) * stack.is_row
    curvature = mu * (1.0 - mu) * stack.is_row
    gradient = np.matmul(score[:, None, :], stack.X)[:, 0, :]
    information = np.matmul(stack.X.transpose(0, 2, 1), curvature[:, :, None] * stack.X)
    inverse = _stacked_inverses(information)
    step = np.matmul(inverse, gradient[:, :, None])[:, :, 0]
    decrement = np.sqrt((gradient * step).sum(axis=1))
    return _Pass(eta, information, inverse, step, decrement)


def _stacked_inverses(matrices: Array) -> Array:
    """The inverse of each matrix, nan for one that is singular to the last bit."""
    try:
        return np.asarray(np.linalg.inv(matrices))
    except np.linalg.LinAlgError:
        regular = np.linalg.slogdet(matrices).sign > 0.0
        found = np.full_like(matrices, np.nan)
        found[regular] = np.linalg.inv(matrices[regular])
        return found


def _judged_fits(
    stack: Stack, theta: Array, last: _Pass, rows: Array, arrived: NDArray[np.bool_], passes: int
) -> StackFits:
    """The verdict on each model, by its last pass."""
    lengths = (np.matmul(stack.X, last.inverse) * stack.X).sum(axis=2) * stack.is_row
    reach = np.sqrt(lengths.max(axis=1))
    certificate = last.decrement * reach + reach * reach * EPS * rows
    proved = arrived & (certificate <= MAX_CHEAP_CERTIFICATE)
    proved &= last.decrement * reach <= MAX_LEFT_STEP
    proved &= (last.inverse.diagonal(axis1=1, axis2=2) > 0.0).all(axis=1)
    sizes = last.information.diagonal(axis1=1, axis2=2)
    proved &= (sizes > MIN_SQUARABLE_SIZE**2).all(axis=1)
    condition = np.full(rows.size, np.inf)
    proved[proved] = _column_condition(last.information[proved]) <= MAX_STACK_CONDITION
    condition[proved] = _column_condition(_centered_products(last.information[proved]))
    terms = stack.y * last.eta - np.logaddexp(0.0, last.eta)
    loglik = (terms * stack.is_row).sum(axis=1)
    return StackFits(
        proved, theta, last.inverse, loglik, last.decrement, certificate, condition, passes
    )


def _column_condition(information: Array) -> Array:
    """The condition number of weighted columns at unit length by their products, (g, p, p)."""
    if information.shape[1] == 0:
        return np.ones(information.shape[0])
    size = np.sqrt(information.diagonal(axis1=1, axis2=2))
    values = np.linalg.eigvalsh(information / (size[:, :, None] * size[:, None, :]))
    return np.asarray(np.sqrt(np.where(values[:, 0] > 0.0, values[:, -1] / values[:, 0], np.inf)))


def _centered_products(information: Array) -> Array:
    """The products of all columns but the constant, which is first, about their means."""
    first = information[:, 1:, 0]
    products = first[:, :, None] * first[:, None, :] / information[:, :1, :1]
    return np.asarray(information[:, 1:, 1:] - products)
