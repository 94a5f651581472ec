"""From a call of a model's `fit` to the engine, and back to the record of the fit."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Dense
from logit_engine.diagnostics.wording import Wording
from logit_engine.discrete.covariance_options import (
    CovarianceChoice,
    covariance_choice,
    scaling_factor,
)
from logit_engine.discrete.fit_record import FitRecord
from logit_engine.discrete.fit_request import FitRequest, MethodProgress
from logit_engine.discrete.methods import (
    NEWTON_PASSES,
    MethodChoice,
    method_choice,
    penalized_choice,
)
from logit_engine.discrete.model_protocol import Model
from logit_engine.discrete.trimming import trim_result
from logit_engine.errors import ConvergenceWarning, RankError, SeparationWarning, UsageError
from logit_engine.fitting.options import FitOptions
from logit_engine.fitting.result import FitResult, Verdict
from logit_engine.fitting.steps import fit_rows
from logit_engine.penalties import NONE, lasso
from logit_engine.reporting.notices import warn_caller
from logit_engine.rows.memory import MemoryRows
from logit_engine.solvers.solution import Termination


def fit_model(model: Model, request: FitRequest) -> FitRecord:
    """Fit the rows of a model; see `DiscreteModel.fit`."""
    survey = model.weights.survey
    cov_kwds = dict(request.cov_kwds or {})
    df_correction = bool(cov_kwds.pop("df_correction", True))
    scaling = scaling_factor(cov_kwds.pop("scaling_factor", None), request.cov_type, survey)
    covariance = covariance_choice(request.cov_type, cov_kwds, model.inputs, survey)
    progress = MethodProgress(request.callback)
    method = _chosen_method(model, request, progress)
    if method.bounds is not None:
        if request.inequalities is not None:
            raise UsageError(
                "bounds and inequalities are both given; write the bounds among the inequalities."
            )
        request = replace(request, inequalities=method.bounds)
    settings = _recorded_settings(model, request, method)

    call = _EngineCall(model, request, method, covariance)
    kept, result = call.with_aliases_dropped()
    if scaling != 1.0:
        result = replace(result, covariance=scaling * result.covariance)
    if request.trimming is not None and request.alpha is not None:
        result = trim_result(model, result, request.alpha, request.trimming)
    _tell_user(result, request)
    return FitRecord(
        result=result,
        kept=kept,
        covariance=covariance.covariance,
        settings=settings,
        answers=_return_values(result, request, progress),
        alpha=request.alpha,
        equalities=request.equalities,
        groups=covariance.groups,
        df_correction=df_correction,
        scaling=scaling,
        survey=survey,
    )


@dataclass(frozen=True, slots=True)
class _EngineCall:
    """One call of the engine's `fit`, for all columns or for some of them."""

    model: Model
    request: FitRequest
    method: MethodChoice
    covariance: CovarianceChoice

    def with_aliases_dropped(self) -> tuple[NDArray[np.bool_], FitResult]:
        """Which columns were fitted, (p,), and the result.

        Raises RankError for aliased columns unless the model's check_rank is "drop".
        """
        every = np.ones(self.model.exog.shape[1], dtype=bool)
        try:
            return every, self.of_columns(every)
        except RankError as error:
            can_drop = self.model.check_rank == "drop" and not self.request.is_constrained
            if not can_drop or not error.columns:
                raise
            kept = every.copy()
            kept[[self.model.exog_names.index(name) for name in error.columns]] = False
            return kept, self.of_columns(kept)

    def of_columns(self, kept: NDArray[np.bool_]) -> FitResult:
        """The fit of some columns. kept: (p,)."""
        model, request = self.model, self.request
        parameters = np.tile(kept, model.likelihood.outputs)
        options = FitOptions(
            penalty=NONE if request.alpha is None else lasso(request.alpha[parameters]),
            covariance_type=None if request.skip_hessian else self.covariance.covariance,
            equalities=request.equalities,
            inequalities=request.inequalities,
            allow_separation=request.on_separation != "error",
            solver=self.method.solver,
            naive=request.is_penalized and not request.skip_hessian,
            start=None if request.start is None else request.start[parameters],
            wording=Wording(model.endog_names),
        )
        return fit_rows(self.rows_of(kept), model.likelihood, options)

    def rows_of(self, kept: NDArray[np.bool_]) -> MemoryRows:
        """The model's rows with some columns of exog. kept: (p,)."""
        model = self.model
        X: Array = model.exog if kept.all() else model.exog[:, kept]
        names = zip(model.exog_names, kept, strict=True)
        return MemoryRows(
            X=Dense(X),
            y=model.sample.y,
            names=tuple(name for name, keep in names if keep),
            weight=model.sample.weight,
            offset=model.sample.offset,
            cluster=self.covariance.groups,
            precision=model.weights.precision,
            intercept=False,
            classes=tuple(model.class_names),
        )


def _chosen_method(model: Model, request: FitRequest, progress: MethodProgress) -> MethodChoice:
    """The method with its keywords, and whom it tells of its progress."""
    options = dict(request.method_options)
    if options.get("loglike_and_score") == getattr(model, "loglike_and_score", None):
        options.pop("loglike_and_score", None)  # the model's own: nothing else is asked
    if request.is_penalized:
        return penalized_choice(request.method, request.maxiter, options)
    watch = progress if request.callback is not None or request.retall else None
    return method_choice(
        request.method,
        request.maxiter,
        options,
        model.constraint_names,
        watch,
        progress.take_counts,
    )


def _recorded_settings(
    model: Model, request: FitRequest, method: MethodChoice
) -> dict[str, object]:
    """statsmodels' mle_settings."""
    is_default = request.maxiter is None and request.method == "newton"
    settings = {
        "optimizer": request.method,
        "start_params": request.start,
        "maxiter": NEWTON_PASSES if is_default else request.maxiter,
        "full_output": True,
        "disp": request.disp,
        "fargs": (),
        "callback": request.callback,
        "retall": request.retall,
        "extra_fit_funcs": {},
        **method.settings,
    }
    if request.trimming is not None and request.alpha is not None:
        settings |= request.trimming.settings(request.alpha, model.endog.shape[0])
    return settings


def _return_values(
    result: FitResult,
    request: FitRequest,
    progress: MethodProgress,
) -> dict[str, object]:
    """statsmodels' mle_retvals, as far as they need no rows."""
    limits = (Termination.ITERATIONS, Termination.EVALUATIONS)
    at_limit = any(limit.value in result.status.sentence for limit in limits)
    answers = {
        "fopt": -result.loglik / result.observations,
        "iterations": result.passes,
        "converged": result.converged,
        "warnflag": 0 if result.converged else 1 if at_limit else 2,
        "status": result.status.sentence,
        **progress.counts,
    }
    return answers | ({"allvecs": progress.iterates} if request.retall else {})


def _tell_user(result: FitResult, request: FitRequest) -> None:
    """Print what statsmodels prints, and warn of a fit that is separated or did not converge."""
    sentence = result.status.sentence
    if request.disp:
        ended = "Optimization terminated successfully."
        print(ended if result.converged else f"Warning: {sentence}")
        print(f"         Current function value: {-result.loglik / result.observations:.6f}")
        print(f"         Iterations {result.passes}")
    if result.status.verdict is Verdict.SEPARATED:
        if request.on_separation == "warn":
            warn_caller(sentence, SeparationWarning)
    elif not result.converged and request.warn_convergence:
        warn_caller(f"method '{request.method}': {sentence}", ConvergenceWarning)
