"""Recalibration: what a fit of the outcome on the predictor itself says of a forecast. Cox (1958).

If a forecast is right, the outcome has slope 1 on eta, and intercept 0 beside eta as an offset. A
slope below 1 says that the forecast is too extreme; an intercept below 0 that it is too high.
"""

import math

import numpy as np
import numpy.typing as npt

from logit_engine.columns import Array
from logit_engine.diagnostics.metric_intervals import MetricValue
from logit_engine.errors import LogitEngineError
from logit_engine.fitting.steps import fit
from logit_engine.inference.covariance import CLUSTER, NONROBUST
from logit_engine.likelihoods import Bernoulli
from logit_engine.links import LOGIT, Link
from logit_engine.rows.memory import array_rows


def calibration_slope(
    y: Array,
    eta: Array,
    link: Link = LOGIT,
    *,
    cluster: npt.NDArray[np.int64] | None = None,
    level: float = 0.95,
) -> MetricValue:
    """The slope of y on eta, with its interval; 1 is right. y, eta, cluster: (n,).

    nan if it has no finite estimate, as after one class or a perfect prediction.
    """
    return _last_estimate("calibration_slope", y, eta, None, link, cluster, level)


def calibration_intercept(
    y: Array,
    eta: Array,
    link: Link = LOGIT,
    *,
    cluster: npt.NDArray[np.int64] | None = None,
    level: float = 0.95,
) -> MetricValue:
    """The constant beside eta as an offset, with its interval; 0 is right. y, eta, cluster: (n,).

    nan if it has no finite estimate, as after one class.
    """
    nothing = np.empty((y.size, 0))
    return _last_estimate("calibration_intercept", y, nothing, eta, link, cluster, level)


def _last_estimate(
    name: str,
    y: Array,
    X: Array,
    offset: Array | None,
    link: Link,
    cluster: npt.NDArray[np.int64] | None,
    level: float,
) -> MetricValue:
    """The last coefficient of a fit, on one thread: one column is too little work to share."""
    blank = MetricValue(name, math.nan, math.nan, math.nan, math.nan)
    if y.size == 0 or y.min() == y.max():
        return blank
    rows = array_rows(X, y, offset=offset, cluster=cluster)
    covariance = NONROBUST if cluster is None else CLUSTER
    try:
        result = fit(rows, Bernoulli(link), covariance_type=covariance, threads=1)
    except LogitEngineError:
        return blank
    lower, upper = result.interval(level)[-1]
    estimate, error = float(result.estimates[-1]), float(result.std_errors[-1])
    return MetricValue(name, estimate, error, float(lower), float(upper))
