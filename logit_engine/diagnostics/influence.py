"""Influence of each row on a binary fit: its leverage, and one Newton step without the row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.linalg import LinAlgError
from scipy import special
from scipy.linalg import cholesky, solve_triangular

from logit_engine.columns import Array
from logit_engine.diagnostics.residuals import residuals
from logit_engine.errors import DataError
from logit_engine.likelihoods import Bernoulli, weighted
from logit_engine.objective.triangles import triangular_inverse
from logit_engine.rows import BLOCK_ROWS

# A leverage above it counts as one, as in R's lm.influence.
WHOLE_LEVERAGE = 1.0 - 10.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Influence:
    """One-step influence of n rows on p parameters.

    Nan where a row's leverage is one: it alone holds up some direction.

    hat: the generalized leverage, each mean's derivative in its own y. studentized: Pearson
    residuals over sqrt(1 - hat). score_residuals: scores over the root of their curvature and
    sqrt(1 - hat). d_fitted: the row's mean less what it is without the row. dffits: the same in
    standard errors of the mean. cooks_distance: the length of d_params in the covariance, squared,
    over p. All (n,). d_params: the estimates less those without the row, (n, p). params,
    std_errors: (p,). df_resid: the rows with weight, less p. Pregibon (1981); Williams (1987).
    """

    hat: Array
    studentized: Array
    score_residuals: Array
    d_fitted: Array
    dffits: Array
    cooks_distance: Array
    d_params: Array
    params: Array
    std_errors: Array
    df_resid: int

    @property
    def dfbetas(self) -> Array:
        """d_params in standard errors, (n, p)."""
        return self.d_params / self.std_errors

    @property
    def params_one(self) -> Array:
        """The one-step estimates without each row, (n, p)."""
        return self.params - self.d_params

    @property
    def cooks_p_values(self) -> Array:
        """Upper tails of Cook's distances in F(p, df_resid), (n,).

        They are a scale to read distances on, not tests. Cook (1977).
        """
        return np.asarray(special.fdtrc(self.params.size, self.df_resid, self.cooks_distance))


def influence(
    likelihood: Bernoulli,
    X: Array,
    y: Array,
    params: Array,
    factor: Array,
    covariance: Array | None = None,
    offset: Array | None = None,
    weight: Array | None = None,
) -> Influence:
    """The influence of each row at the maximum. X: (n, p); y, offset, weight: (n,); params: (p,).

    factor: (p, p), upper triangular, factor'factor the information of the weighted rows: the
    observed one as statsmodels' MLEInfluence has it, the expected one as R's glm. covariance: (p,
    p), that of std_errors, dffits and Cook's distances if it is not the inverse information.
    weight: the trials of a row, which go together. Raises DataError for an indefinite covariance.
    """
    linear = X @ params
    terms = _row_terms(likelihood, linear if offset is None else linear + offset, y, weight)
    root = triangular_inverse(factor) if covariance is None else _upper_root(covariance)
    metric = None if covariance is None else triangular_inverse(root)
    spread, d_params, cooks_distance = _left_out_steps(X, factor, terms, metric)
    hat = terms.expected * spread
    rest = _rest_of_leverage(hat)
    d_eta = terms.score * spread / rest
    return Influence(
        hat=hat,
        studentized=terms.pearson / np.sqrt(rest),
        score_residuals=_ratio_or_zero(terms.score, np.sqrt(terms.positive_curvature * rest)),
        d_fitted=terms.density * d_eta,
        dffits=_ratio_or_zero(d_eta, np.sqrt(spread if metric is None else leverages(X, metric))),
        cooks_distance=cooks_distance,
        d_params=d_params,
        params=params,
        std_errors=np.sqrt(_column_squares(root.T)),
        df_resid=terms.present - params.size,
    )


class _RowTerms(NamedTuple):
    """What influence takes from rows at their predictors, all (n,) and weighted but the density.

    positive_curvature: nan where it is negative. present: how many rows have weight.
    """

    score: Array
    positive_curvature: Array
    expected: Array
    density: Array
    pearson: Array
    present: int


def _row_terms(likelihood: Bernoulli, eta: Array, y: Array, weight: Array | None) -> _RowTerms:
    w = np.ones_like(eta) if weight is None else weight
    with np.errstate(over="ignore", invalid="ignore"):  # of rows without weight
        terms, expected = likelihood.terms(eta, y), weighted(w, likelihood.expected(eta))
        density = np.exp(likelihood.link.log_pdf(eta))
    curvature = weighted(w, terms.curvature)
    return _RowTerms(
        score=weighted(w, terms.score),
        positive_curvature=np.where(curvature >= 0.0, curvature, np.nan),
        expected=expected,
        density=density,
        pearson=residuals(likelihood, eta, y, weight).pearson,
        present=int((w > 0.0).sum()),
    )


def _rest_of_leverage(hat: Array) -> Array:
    """1 - hat, nan for a row whose leverage is one, (n,)."""
    return np.where(hat < WHOLE_LEVERAGE, 1.0 - hat, np.nan)


def _left_out_steps(
    X: Array, factor: Array, terms: _RowTerms, metric: Array | None
) -> tuple[Array, Array, Array]:
    """Each row's squared length in the metric of the information, (n,), the estimates less those
    without it, (n, p), and its Cook's distance, (n,).

    metric: (p, p), U'U the inverse covariance; None for the information itself.
    """
    spread, d_params, cooks = np.empty(X.shape[0]), np.empty(X.shape), np.empty(X.shape[0])
    for rows in _row_slices(X.shape[0]):
        white = _whitened_rows(X[rows], factor)
        spread[rows] = _column_squares(white)
        white *= terms.score[rows] / _rest_of_leverage(terms.expected[rows] * spread[rows])
        d = np.asarray(solve_triangular(factor, white, check_finite=False))
        d_params[rows] = d.T
        cooks[rows] = _column_squares(white if metric is None else metric @ d) / X.shape[1]
    return spread, d_params, cooks


def leverages(X: Array, factor: Array) -> Array:
    """x'(R'R)^-1 x of each row, (n,), by triangular solves; R, the factor, is upper triangular.

    X: (n, p).

    With R the triangular factor of X itself it is the hat diagonal of least squares.
    """
    out = np.empty(X.shape[0])
    for rows in _row_slices(X.shape[0]):
        out[rows] = _column_squares(_whitened_rows(X[rows], factor))
    return out


def _whitened_rows(X: Array, factor: Array) -> Array:
    """R^-T x of each row, (p, n)."""
    return np.asarray(solve_triangular(factor, X.T, trans="T", check_finite=False))


def _upper_root(covariance: Array) -> Array:
    """Upper U with UU' = covariance: the Cholesky factor in reverse order."""
    try:
        return np.ascontiguousarray(cholesky(covariance[::-1, ::-1], lower=True)[::-1, ::-1])
    except (LinAlgError, ValueError):
        raise DataError(
            "the covariance is not positive definite, so influence cannot be measured in it; "
            "give one of full rank (of clusters there must be more than parameters), or the "
            "nonrobust one."
        ) from None


def _column_squares(A: Array) -> Array:
    """The sum of squares of each column."""
    return np.asarray(np.einsum("ij,ij->j", A, A))


def _ratio_or_zero(above: Array, below: Array) -> Array:
    """above / below with 0 / 0 = 0: a row without score or weight moves nothing."""
    with np.errstate(divide="ignore"):
        return np.divide(
            above, below, out=np.zeros_like(above), where=(above != 0.0) | (below != 0.0)
        )


def _row_slices(n: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK_ROWS) for start in range(0, n, BLOCK_ROWS))
