"""What all the models share: data with names, the likelihood at any parameters, and fitting."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array
from logit_engine.constraints.equations import linear_equalities, linear_inequalities
from logit_engine.discrete.fitted import Fitted, Weights, fitted
from logit_engine.discrete.frames import Dress
from logit_engine.discrete.inputs import Inputs, matched, read_inputs
from logit_engine.discrete.trimming import Trimming
from logit_engine.errors import KeywordError, UnavailableError, UsageError
from logit_engine.likelihoods import Likelihood
from logit_engine.objective.sample import Sample, linear_predictor
from logit_engine.reporting.notices import warn_caller
from logit_engine.rows import arrays
from logit_engine.rows.alignment import aligned, row_labels
from logit_engine.rows.column_numbers import table

WEIGHTS = "freq_weights (equal rows), var_weights (precision, trials) or sampling_weights (survey weights)"


SPAN_ROUNDING = 1e-9  # of a column of ones: a smaller rest is rounding
OF_ROWS = ("exog", "endog", "sample", "weights")


class DiscreteModel:
    """What all the models share: data with names, the likelihood at any parameters, and fitting.

    endog: (n,); exog: (n, p) with its constant, of NumPy, pandas or Polars. missing: "none" and "raise" refuse rows with
    missing values, "drop" leaves them out and says so. check_rank: True refuses aliased columns by name, "drop" fits
    without the later ones and reports their parameters as nan, False leaves it to the fit. freq_weights: a row of weight 2
    is a row twice; var_weights multiply a row's log-likelihood; sampling_weights do too, and give robust covariances only.
    """

    likelihood: Likelihood
    inputs: Inputs
    exog: Array
    endog: NDArray[Any]
    weights: Weights
    sample: Sample
    design: Any
    formula: str | None = None
    hasconst: bool | None = None
    check_rank: bool | str
    missing: str

    k_extra: ClassVar[int] = 0

    def __init__(
        self,
        endog: Any,
        exog: Any,
        offset: Any = None,
        check_rank: bool | str = True,
        missing: str = "none",
        freq_weights: Any = None,
        var_weights: Any = None,
        sampling_weights: Any = None,
        **unknown: Any,
    ) -> None:
        self._refuse(unknown)
        self.hasconst: bool | None = unknown.get("hasconst")
        self.inputs = read_inputs(
            endog,
            exog,
            missing,
            offset=offset,
            freq_weights=freq_weights,
            var_weights=var_weights,
            sampling_weights=sampling_weights,
        )
        self.check_rank = check_rank
        self.missing = missing
        self.design: Any = None
        self.exog = self.inputs.exog
        self.weights = Weights.read(self.inputs.others, self.exog.shape[0])
        self.initialize()

    @staticmethod
    def _refuse(unknown: Mapping[str, Any]) -> None:
        if "weights" in unknown:
            raise KeywordError(f"weights can mean three things; say {WEIGHTS}.")
        if "exposure" in unknown:
            raise KeywordError(
                "'exposure' is not an argument of this model, but of models of counts. Give its logarithm, "
                "offset=np.log(exposure): under CLogLog it then multiplies the hazard, under Logit the odds."
            )
        for name in unknown:
            if name not in ("hasconst",):
                raise KeywordError(f"'{name}' is not an argument of this model; weights are {WEIGHTS}.")

    def initialize(self) -> None:
        """Read the outcome; called once by the constructor."""
        raise NotImplementedError

    def null(self) -> Self:
        """The same outcome, weights and offset with a constant alone."""
        others = dict(self.inputs.others)
        return type(self)(self.inputs.endog, np.ones((self.exog.shape[0], 1)), **{**others, **self._settings()})

    def _settings(self) -> dict[str, Any]:
        return {}

    def to_content(self) -> dict[str, Any]:
        """What a fit needs of the model without its data, JSON-ready; `from_content` is the inverse."""
        return {
            "endog": self.endog_names,
            "exog": self.exog_names,
            "library": self.inputs.library,
            "dropped": dict(self.inputs.dropped),
            "rows": int(self.inputs.kept.size),
            "formula": self.formula,
            "constant": self._spans_constant,
            "offset": self._has_offset,
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """A model without data: it predicts and tells its names; what needs rows is refused."""
        model = object.__new__(cls)
        model.inputs = Inputs(
            endog=np.empty(0),
            exog=np.empty((0, len(content["exog"]))),
            endog_name=content["endog"],
            exog_names=tuple(content["exog"]),
            library=content["library"],
            labels=None,
            others={},
            dropped=content["dropped"],
            kept=np.ones(content["rows"], dtype=bool),
        )
        model.check_rank, model.missing, model.design = True, "none", None
        model.formula = content["formula"]
        vars(model)["_stored_offset"] = content.get("offset", False)
        if "constant" in content:  # not in files of earlier versions
            vars(model)["_spans_constant"] = content["constant"]
        model._restore(content)
        return model

    def _restore(self, content: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def without_data(self) -> Self:
        """A copy that has forgotten the rows."""
        model = self.from_content(self.to_content())
        model.design = None if self.design is None else replace(self.design, rows=None)
        return model

    def __getattr__(self, name: str) -> Any:
        if not self.has_data and (name in OF_ROWS or hasattr(type(self), name)):
            raise UnavailableError(
                f"this model has no data ('{name}'): its results were loaded, or their data removed."
            )
        raise AttributeError(f"'{type(self).__name__}' has no attribute '{name}'")

    @property
    def has_data(self) -> bool:
        """Whether the rows are there: not after `remove_data`, nor in results that were loaded."""
        return "sample" in vars(self)

    @property
    def notes(self) -> list[str]:
        """What a reader of the results must know of the data."""
        return []

    @property
    def endog_names(self) -> str:
        """The name of the outcome."""
        return self.inputs.endog_name

    @property
    def exog_names(self) -> list[str]:
        """The names of the columns of exog."""
        return list(self.inputs.exog_names)

    @property
    def nobs(self) -> float:
        """How many rows the data stand for: frequency weights count."""
        return self.weights.observations

    @property
    def k_constant(self) -> int:
        """1 if a combination of exog's columns is constant (a column of ones, or all dummies), else 0; or hasconst."""
        return int(self._spans_constant if self.hasconst is None else self.hasconst)

    @cached_property
    def _spans_constant(self) -> bool:
        if ((self.exog == self.exog[:1]).all(axis=0) & (self.exog[0] != 0.0)).any():
            return True
        size = np.linalg.norm(self.exog, axis=0)
        X, ones = self.exog / np.where(size > 0.0, size, 1.0), np.ones(self.exog.shape[0])
        rest = ones - X @ np.linalg.lstsq(X, ones)[0]
        return bool(np.linalg.norm(rest) <= SPAN_ROUNDING * np.sqrt(ones.size))

    @property
    def df_model(self) -> float:
        """Parameters beside the constants."""
        return float((self.exog.shape[1] - self.k_constant) * self.likelihood.outputs)

    @property
    def df_resid(self) -> float:
        """Rows less parameters."""
        return self.nobs - float(self.exog.shape[1] * self.likelihood.outputs)

    @property
    def offset(self) -> Array | None:
        """The offset of each row, (n,) or (n, J - 1), or None."""
        return self.sample.offset

    @property
    def _has_offset(self) -> bool:
        """Whether the fit had an offset, known without the data too."""
        return self.offset is not None if self.has_data else bool(vars(self)["_stored_offset"])

    @property
    def dress(self) -> Dress:
        """How results go out."""
        return Dress(self.inputs.library, self.inputs.index)

    def _params(self, params: Any) -> Array:
        """Parameters as the engine has them, (q,): one class after another."""
        values = np.asarray(params, dtype=np.float64)
        flat = values.T.reshape(-1) if values.ndim == 2 else values
        expected = len(self.exog_names) * self.likelihood.outputs
        if flat.shape != (expected,):
            raise UsageError(f"params has shape {values.shape}; this model has {expected} parameters.")
        if np.isinf(flat).any():
            raise UsageError("params holds an infinite value; give finite ones.")
        return flat

    def loglike(self, params: Any) -> float:
        """The log-likelihood at params."""
        return self.sample.loglike(self._params(params))

    def loglikeobs(self, params: Any) -> Array:
        """The log-likelihood of each row, (n,); weights multiply it."""
        return self.sample.terms(self._params(params)).loglik

    def score(self, params: Any) -> Array:
        """The gradient of the log-likelihood, (q,)."""
        return self.sample.score(self._params(params))

    def score_obs(self, params: Any) -> Array:
        """The gradient of each row's log-likelihood, (n, q)."""
        return self.sample.score_rows(self._params(params))

    def score_factor(self, params: Any) -> Array:
        """The derivative of each row's log-likelihood in its linear predictors, (n,) or (n, J - 1)."""
        return self.sample.terms(self._params(params)).score

    def hessian(self, params: Any) -> Array:
        """The second derivative of the log-likelihood, (q, q), negative definite."""
        return self.sample.hessian(self._params(params))

    def hessian_factor(self, params: Any) -> Array:
        """The second derivative of each row's log-likelihood in its linear predictors, (n,) or (n, J - 1, J - 1)."""
        return -self.sample.terms(self._params(params)).curvature

    def information(self, params: Any) -> Array:
        """The Fisher information at params, (q, q): minus the expected second derivative."""
        return self.sample.information(self._params(params))

    def predict(
        self, params: Any, exog: Any = None, which: str = "mean", offset: Any = None, linear: bool | None = None
    ) -> Array:
        """mean (probability), linear (predictor), var (of the outcome) or prob (of each class), for each row.

        exog: other rows, matched by name where they have names; without it, the model's own with their offset.
        """
        if linear is not None:
            warn_caller("linear= is deprecated; say which='linear'.", FutureWarning)
            which = "linear" if linear else which
        X, shift = self._rows_to_predict(exog, offset)
        return self._predicted(linear_predictor(self.likelihood, X, self._params(params), shift), which)

    def _rows_to_predict(self, exog: Any, offset: Any) -> tuple[Array, Array | None]:
        """exog and offset of the rows to predict; a gap in either gives nan."""
        X = self.exog if exog is None else matched(exog, self.inputs.exog_names)
        if offset is None and exog is not None and self._has_offset:
            warn_caller("the model was fitted with an offset; other rows are predicted with 0 unless offset= is given.")
        if offset is None:
            return X, self.offset if exog is None else None
        if np.ndim(offset) == 0:
            return X, np.full(X.shape[0], float(offset))
        if exog is None:
            values = self.inputs.of_rows(offset, "offset")
        else:
            values = np.asarray(table(aligned(offset, row_labels(exog), "offset", "exog"), "offset"), dtype=np.float64)
        gone = np.isnan(values)
        checked = arrays.offsets(np.where(gone, 0.0, values), X.shape[0], self.likelihood.outputs)
        return X, np.where(gone, np.nan, checked)

    def _predicted(self, eta: Array, which: str) -> Array:
        raise NotImplementedError

    def get_distribution(self, params: Any, exog: Any = None, offset: Any = None) -> Any:
        """SciPy's frozen distribution of each row's outcome."""
        raise NotImplementedError

    def fit(
        self,
        start_params: Any = None,
        method: str = "newton",
        maxiter: int | None = None,
        full_output: bool = True,
        disp: bool = True,
        callback: Callable[..., None] | None = None,
        cov_type: str | None = None,
        cov_kwds: Mapping[str, Any] | None = None,
        use_t: bool | None = None,
        on_separation: str = "warn",
        warn_convergence: bool = True,
        **options: Any,
    ) -> Any:
        """Fit by maximum likelihood; the results.

        method: newton, or one of SciPy's by statsmodels' names: bfgs, lbfgs, nm, powell, cg, ncg, basinhopping, minimize;
        where it stops at the tolerances in options, Newton's method goes on to the certificate. maxiter: 35 passes of
        newton, else SciPy's own default. cov_type: nonrobust, HC0 to HC3, or cluster with cov_kwds groups (n,) or (n, 2)
        and correction none, groups or stata; cov_kwds information: observed or expected. on_separation: "error", "warn" or
        "ignore". Raises RankError naming aliased columns, SeparationError where asked, KeywordError for unknown options.
        """
        found = fitted(
            self,
            start=None if start_params is None else self._params(start_params),
            method=method,
            maxiter=maxiter,
            full_output=full_output,
            disp=disp,
            callback=callback,
            cov_type=cov_type,
            cov_kwds=cov_kwds,
            on_separation=on_separation,
            warn_convergence=warn_convergence,
            **options,
        )
        return self._results(found, bool(use_t))

    def fit_regularized(
        self,
        start_params: Any = None,
        method: str = "l1",
        maxiter: int | str = "defined_by_method",
        full_output: bool = True,
        disp: bool = True,
        callback: Callable[..., None] | None = None,
        alpha: Any = 0,
        trim_mode: str = "auto",
        auto_trim_tol: float = 0.01,
        size_trim_tol: float = 1e-4,
        qc_tol: float = 0.03,
        qc_verbose: bool = False,
        **options: Any,
    ) -> Any:
        """Fit with an l1 penalty, sum of alpha_j |params_j|, taken from the log-likelihood; alpha: a number, or as params.

        Solved exactly by our own proximal Newton whatever the method, l1 or l1_cvxopt_cp, is called: what is zero is zero.
        trim_mode, qc_tol: see `Trimming`. Standard errors are of the terms that stay, as if the others had been known to
        be zero; nan for those. Raises KeywordError for options that are not there, and for a callback.
        """
        if callback is not None:
            raise KeywordError("'callback' is not taken: the penalized fit has no iterates in all parameters to show.")
        use_t = bool(options.pop("use_t", False))
        found = fitted(
            self,
            start=None if start_params is None else self._params(start_params),
            method=method,
            maxiter=None if maxiter == "defined_by_method" else int(maxiter),
            full_output=full_output,
            disp=disp,
            on_separation="ignore",
            alpha=self._alpha(alpha),
            trimming=Trimming(trim_mode, auto_trim_tol, size_trim_tol, qc_tol, qc_verbose),
            **options,
        )
        return self._results(found, use_t)

    def _alpha(self, alpha: Any) -> Array:
        size = self.exog.shape[1] * self.likelihood.outputs
        values = np.asarray(alpha, dtype=np.float64)
        values = np.full(size, float(values)) if values.ndim == 0 else self._params(values)
        if not (values >= 0.0).all() or not np.isfinite(values).all():
            raise UsageError("alpha is negative or not finite; it is the strength of the penalty, from 0 on.")
        return values

    def fit_constrained(
        self, constraints: Any = None, start_params: Any = None, *, inequalities: Any = None, **fit_kwds: Any
    ) -> Any:
        """Fit under linear equalities of the parameters: "x1 = x2, x3 = 0.5", a dict, a matrix R, or a pair (R, q).

        inequalities: "x1 >= 0, x2 <= x3", or a pair (G, h) for G params >= h. Standard errors are those of the constrained
        estimate: zero along what is fixed, by an active inequality too. Raises UsageError for names that are not there and
        for constraints that contradict each other.
        """
        if constraints is None and inequalities is None:
            raise UsageError("fit_constrained needs constraints, or inequalities.")
        equalities = None if constraints is None else linear_equalities(constraints, self._names_in(constraints))
        bounds = None if inequalities is None else linear_inequalities(inequalities, self._names_in(inequalities))
        use_t = bool(fit_kwds.pop("use_t", False))
        start = None if start_params is None else self._params(start_params)
        found = fitted(self, start=start, equalities=equalities, inequalities=bounds, **fit_kwds)
        return self._results(found, use_t)

    def _names_of_constraints(self) -> list[str]:
        return self.exog_names

    def _names_in(self, spec: Any) -> list[str]:
        """A name for each parameter, (q,), as a specification of constraints uses them."""
        return self._names_of_constraints()

    def cov_params_func_l1(self, likelihood_model: Any, xopt: Any, retvals: Any) -> Array:
        """The covariance after an l1 fit: the inverse information of the terms that are not zero, nan for the others.

        likelihood_model: whose information; retvals: its "trimmed" marks the terms that count as zero, (q,).
        """
        params = self._params(xopt)
        zero = np.asarray((retvals or {}).get("trimmed", params == 0.0))
        return likelihood_model.sample.covariance(params, ~zero)  # type: ignore[no-any-return]

    def _results(self, found: Fitted, use_t: bool) -> Any:
        raise NotImplementedError

    @classmethod
    def from_formula(
        cls, formula: str, data: Any, subset: Any = None, drop_cols: Any = None, *args: Any, **kwargs: Any
    ) -> Self:
        """The model of a formula such as "y ~ x + C(group)" on a pandas or Polars frame (extra: formula).

        Rows with missing values are left out and counted (missing="raise" refuses them). Raises DataError for levels that
        are unseen when it predicts, UsageError without formulaic.
        """
        from logit_engine.discrete.formulas import model_of_formula

        model: Self = model_of_formula(cls, formula, data, subset, drop_cols, *args, **kwargs)
        return model
