"""Who fits the in-memory cases, ours and the peers, each at a tolerance of its own ladder; knows
no case.
"""

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from problems import CODES, NUMBERS, Problem

DECADES = tuple(10.0**-d for d in range(3, 15))


def ours(rows: Any, likelihood: Any = None, *, errors: bool = True) -> Any:
    """How the in-memory cases ask the engine for a fit, here alone.

    Without `errors` it need not give standard errors.
    """
    from logit_engine import NONROBUST, Bernoulli, fit
    from logit_engine.links import LOGIT

    return fit(rows, likelihood or Bernoulli(LOGIT), covariance_type=NONROBUST if errors else None)


@dataclass
class Ours:
    """Our engine on arrays: rows made and fitted; it has one tolerance only, its own."""

    at: Problem
    errors: bool = True
    compiled: bool = True
    ladder: Sequence[float] = (0.0,)

    def fit(self, tolerance: float) -> Any:
        """The result."""
        from logit_engine import Multinomial, array_rows
        from logit_engine.compiled import loops as compiled

        if not self.compiled:
            compiled.MIN_COMPILED_NUMBERS = sys.maxsize
        if self.at.classes == 2:
            return ours(array_rows(self.at.X, self.at.y), errors=self.errors)
        names = [str(c) for c in range(self.at.classes)]
        rows = array_rows(self.at.X, self.at.y, classes=names)
        return ours(rows, Multinomial(self.at.classes - 1), errors=self.errors)

    def residual(self, fitted: Any) -> float:
        """How far from the maximum."""
        assert fitted.converged
        assert not self.errors or np.isfinite(fitted.std_errors).all()
        theta = fitted.estimates.reshape(-1, self.at.X.shape[1] + 1)
        if self.at.classes == 2:
            return self.at.residual(self.at.probabilities(theta[0, 1:], theta[0, 0]))
        theta = np.vstack([np.zeros_like(theta[:1]), theta])
        return self.at.residual(self.at.probabilities(theta[:, 1:], theta[:, 0]))


@dataclass
class OursOnFrame:
    """Our engine on a Polars frame with categoricals: the design learnt, its rows made and
    fitted.
    """

    at: Problem
    ladder: Sequence[float] = (0.0,)

    def fit(self, tolerance: float) -> Any:
        """The result, beside the rows."""
        from logit_engine.design.frame_rows import frame_rows
        from logit_engine.design.learning import learn
        from logit_engine.design.spec import Spec

        design, _ = learn(
            self.at.frame, Spec(numeric=(*NUMBERS, "missing_weather"), categorical=CODES)
        )
        rows = frame_rows(design, self.at.frame, self.at.y)
        return ours(rows), rows

    def residual(self, fitted: Any) -> float:
        """How far from the maximum."""
        from logit_engine.rows import block_count

        result, rows = fitted
        assert result.converged
        assert np.isfinite(result.std_errors).all()
        eta = np.concatenate(
            [block.X.dot(result.estimates) for block in rows.blocks(0, block_count(rows.n))]
        )
        return self.at.residual(1.0 / (1.0 + np.exp(-eta)))


@dataclass
class Sklearn:
    """scikit-learn's LogisticRegression without a penalty; it gives no standard errors."""

    at: Problem
    solver: str
    ladder: Sequence[float] = DECADES

    def fit(self, tolerance: float) -> Any:
        """The model."""
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=np.inf, solver=self.solver, tol=tolerance, max_iter=10_000).fit(
            self.at.X, self.at.y
        )

    def residual(self, fitted: Any) -> float:
        """How far from the maximum."""
        if self.at.classes == 2:
            return self.at.residual(self.at.probabilities(fitted.coef_[0], fitted.intercept_[0]))
        return self.at.residual(self.at.probabilities(fitted.coef_, fitted.intercept_))


def glum_fit(table: Any, y: np.ndarray, tolerance: float, errors: bool) -> Any:
    """glum without a penalty, with or without nonrobust standard errors."""
    from glum import GeneralizedLinearRegressor

    model = GeneralizedLinearRegressor(
        family="binomial",
        alpha=0.0,
        gradient_tol=tolerance,
        max_iter=1000,
        drop_first=True,
        robust=False,
    )
    return model.fit(table, y, store_covariance_matrix=errors)


@dataclass
class Glum:
    """glum without a penalty, with or without nonrobust standard errors."""

    at: Problem
    errors: bool = True
    ladder: Sequence[float] = DECADES
    table: Any = field(init=False)

    def __post_init__(self) -> None:
        self.table = self.at.X if self.at.frame is None else pandas_frame(self.at)

    def fit(self, tolerance: float) -> Any:
        """The model."""
        return glum_fit(self.table, self.at.y, tolerance, self.errors)

    def residual(self, fitted: Any) -> float:
        """How far from the maximum."""
        return self.at.residual(fitted.predict(self.table))


@dataclass
class Statsmodels:
    """statsmodels' Logit by Newton's method, with its standard errors; categoricals one-hot,
    which is timed.
    """

    at: Problem
    ladder: Sequence[float] = (1e-4, 1e-6, 1e-8, 1e-10)
    table: Any = field(init=False)

    def __post_init__(self) -> None:
        import statsmodels.api as sm

        self.table = sm.add_constant(self.at.X) if self.at.frame is None else pandas_frame(self.at)

    def fit(self, tolerance: float) -> Any:
        """The results."""
        import pandas as pd
        import statsmodels.api as sm

        table = self.table
        if self.at.frame is not None:
            table = sm.add_constant(pd.get_dummies(table, drop_first=True, dtype=float))
        results = sm.Logit(self.at.y, table).fit(disp=0, tol=tolerance, maxiter=100)
        assert np.isfinite(results.bse).all()
        return results

    def residual(self, fitted: Any) -> float:
        """How far from the maximum."""
        return self.at.residual(np.asarray(fitted.predict()))


def pandas_frame(at: Problem) -> Any:
    """The features as pandas has them: numbers and categoricals."""
    import pandas as pd

    assert at.frame is not None
    columns: dict[str, Any] = {
        name: at.frame[name].to_numpy() for name in (*NUMBERS, "missing_weather")
    }
    for name in CODES:
        levels = at.frame.schema[name].categories.to_list()
        columns[name] = pd.Categorical.from_codes(
            at.frame[name].to_physical().to_numpy(), categories=levels
        )
    return pd.DataFrame(columns)


def entry(who: str, at: Problem) -> Any:
    """The contestant of that name on a problem."""
    warnings.simplefilter("ignore")
    name, _, rest = who.partition(" ")
    match name:
        case "ours":
            if at.frame is not None:
                return OursOnFrame(at)
            return Ours(at, errors=rest != "without errors", compiled=rest != "without Numba")
        case "glum":
            return Glum(at, errors=rest != "without errors")
        case "statsmodels":
            return Statsmodels(at)
    return Sklearn(at, name)
