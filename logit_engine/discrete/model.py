"""The class of all models: data, functions of the parameters, and the fits."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from logit_engine.columns import Array
from logit_engine.constraints import linear_equalities, linear_inequalities
from logit_engine.discrete.fit_record import FitRecord
from logit_engine.discrete.fit_request import FitRequest
from logit_engine.discrete.model_fit import fit_model
from logit_engine.discrete.model_functions import ModelFunctions
from logit_engine.discrete.model_protocol import Model
from logit_engine.discrete.results import DiscreteResults
from logit_engine.discrete.trimming import Trimming
from logit_engine.errors import KeywordError, UsageError

R = TypeVar("R", bound=DiscreteResults)

NO_CALLBACK = (
    "'callback' is not taken: the penalized fit has no iterates in all parameters to show."
)

# Keywords that all fits share; other keywords are those of the method.
FIT_KEYWORDS = (
    "method",
    "maxiter",
    "full_output",
    "disp",
    "callback",
    "cov_type",
    "cov_kwds",
    "on_separation",
    "warn_convergence",
    "retall",
    "skip_hessian",
)


class DiscreteModel(ModelFunctions, Generic[R]):
    """Data with names, the likelihood at any parameters, and fitting, whose results are an R.

    endog: (n,). exog: (n, p) with its constant, of NumPy, pandas or Polars. missing: "none" and
    "raise" refuse rows with missing values, "drop" leaves them out and says so. check_rank: True
    refuses aliased columns by name, "drop" fits without the later ones and reports their parameters
    as nan, False leaves it to the fit. freq_weights: a row of weight 2 is a row twice. var_weights
    multiply a row's log-likelihood. sampling_weights do too, and give robust covariances only.
    """

    k_extra = 0

    def fit(
        self,
        start_params: ArrayLike | None = None,
        method: str = "newton",
        maxiter: int | None = None,
        full_output: bool = True,
        disp: bool = True,
        callback: Callable[..., None] | None = None,
        cov_type: str | None = None,
        cov_kwds: Mapping[str, object] | None = None,
        use_t: bool | None = None,
        on_separation: str = "warn",
        warn_convergence: bool = True,
        **options: Any,
    ) -> R:
        """Fit by maximum likelihood.

        method: newton, or one of SciPy's by statsmodels' names: bfgs, lbfgs, nm, powell, cg, ncg,
        basinhopping, minimize. If one of SciPy's stops at the tolerances in options, Newton's
        method goes on to the certificate. maxiter: 35 passes of newton, else SciPy's own default.
        cov_type: nonrobust, HC0 to HC3, or cluster. cov_kwds: groups, (n,) or (n, 2), and
        correction (none, groups or stata) of cluster; information (observed or expected).
        on_separation: "error", "warn" or "ignore". Raises RankError naming aliased columns,
        SeparationError if asked for, KeywordError for unknown options.
        """
        keywords = {
            "method": method,
            "maxiter": maxiter,
            "full_output": full_output,
            "disp": disp,
            "callback": callback,
            "cov_type": cov_type,
            "cov_kwds": cov_kwds,
            "on_separation": on_separation,
            "warn_convergence": warn_convergence,
        }
        return self._fit_with(start_params, use_t, {**keywords, **options})

    def fit_regularized(
        self,
        start_params: ArrayLike | None = None,
        method: str = "l1",
        maxiter: int | str = "defined_by_method",
        full_output: bool = True,
        disp: bool = True,
        callback: Callable[..., None] | None = None,
        alpha: ArrayLike = 0,
        trim_mode: str = "auto",
        auto_trim_tol: float = 0.01,
        size_trim_tol: float = 1e-4,
        qc_tol: float = 0.03,
        qc_verbose: bool = False,
        **options: Any,
    ) -> R:
        """Fit with an l1 penalty, sum of alpha_j |params_j|, taken from the log-likelihood.

        alpha: a number, or the shape of params. Whatever the method, l1 or l1_cvxopt_cp, the
        proximal Newton method solves exactly: zeros are zeros. trim_mode to qc_verbose: see
        `Trimming`. Standard errors are of the terms that stay, as if the others had been known to
        be zero; nan for those. Raises KeywordError for unknown options, and for a callback.
        """
        if callback is not None:
            raise KeywordError(NO_CALLBACK)
        keywords = {
            "method": method,
            "maxiter": None if maxiter == "defined_by_method" else int(maxiter),
            "full_output": full_output,
            "disp": disp,
        }
        return self._fit_with(
            start_params,
            options.pop("use_t", None),
            {**keywords, **options},
            on_separation="ignore",
            alpha=self._l1_strengths(alpha),
            trimming=Trimming(trim_mode, auto_trim_tol, size_trim_tol, qc_tol, qc_verbose),
        )

    def fit_constrained(
        self,
        constraints: object = None,
        start_params: ArrayLike | None = None,
        *,
        inequalities: object = None,
        **fit_kwds: Any,
    ) -> R:
        """Fit under linear constraints of the parameters; fit_kwds are those of `fit`.

        constraints: equalities, as "x1 = x2, x3 = 0.5", a dict, a matrix R, or a pair (R, q).
        inequalities: "x1 >= 0, x2 <= x3", or a pair (G, h) for G params >= h. Standard errors are
        those of the constrained estimate: zero along what is fixed, by an active inequality too.
        Raises UsageError for names that are not there, and for constraints that contradict each
        other.
        """
        if constraints is None and inequalities is None:
            raise UsageError("fit_constrained needs constraints, or inequalities.")
        equalities, bounds = None, None
        if constraints is not None:
            equalities = linear_equalities(constraints, self.names_in(constraints))
        if inequalities is not None:
            bounds = linear_inequalities(inequalities, self.names_in(inequalities))
        use_t = fit_kwds.pop("use_t", None)
        return self._fit_with(
            start_params, use_t, fit_kwds, equalities=equalities, inequalities=bounds
        )

    def null_fit(self, **fit_keywords: Any) -> R:
        """The fit of the null model; fit_keywords are those of `fit`."""
        return self.null_model().fit(**fit_keywords)

    def cov_params_func_l1(
        self,
        likelihood_model: Model,
        xopt: ArrayLike,
        retvals: Mapping[str, ArrayLike] | None,
    ) -> Array:
        """The covariance after an l1 fit, (q, q).

        The inverse information of the terms that are not zero, nan for the others.
        likelihood_model: the model of the information. retvals: its "trimmed", (q,), marks the
        terms that count as zero.
        """
        params = self.flat_params(xopt)
        is_zero = np.asarray((retvals or {}).get("trimmed", params == 0.0))
        return likelihood_model.sample.covariance(params, ~is_zero)

    @classmethod
    def from_formula(
        cls,
        formula: str,
        data: object,
        subset: object = None,
        drop_cols: object = None,
        *args: Any,
        **kwargs: Any,
    ) -> Self:
        """The model of a formula such as "y ~ x + C(group)" on a pandas or Polars frame.

        Needs the extra "formula". Rows with missing values are left out and counted;
        missing="raise" refuses them. Raises DataError for levels that are unseen when it predicts,
        UsageError without formulaic.
        """
        from logit_engine.discrete.formulas import model_of_formula

        return model_of_formula(cls, formula, data, subset, drop_cols, *args, **kwargs)

    @abstractmethod
    def results_of(self, record: FitRecord, use_t: bool) -> R:
        """The results of a fit."""

    def _fit_with(
        self,
        start_params: ArrayLike | None,
        use_t: bool | None,
        keywords: Mapping[str, Any],
        **own: Any,
    ) -> R:
        """The fit of a request. keywords: of the caller. own: fields of `FitRequest`."""
        of_fit = {name: keywords[name] for name in FIT_KEYWORDS if name in keywords}
        of_method = {name: value for name, value in keywords.items() if name not in of_fit}
        start = None if start_params is None else self.flat_params(start_params)
        request = FitRequest(start=start, method_options=of_method, **of_fit, **own)
        return self.results_of(fit_model(self, request), bool(use_t))

    def _l1_strengths(self, alpha: ArrayLike) -> Array:
        """The strength of the penalty on each parameter, (q,).

        Raises UsageError for negative strengths.
        """
        q = self.exog.shape[1] * self.likelihood.outputs
        values = np.asarray(alpha, dtype=np.float64)
        strengths = np.full(q, float(values)) if values.ndim == 0 else self.flat_params(values)
        if not (strengths >= 0.0).all() or not np.isfinite(strengths).all():
            raise UsageError(
                "alpha is negative or not finite; it is the strength of the penalty, from 0 on."
            )
        return strengths
