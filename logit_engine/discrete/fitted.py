"""From a call of `fit` to the engine and back: names resolved, warnings given, what was done remembered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Dense
from logit_engine.constraints.equations import Equalities, Inequalities
from logit_engine.diagnostics.wording import Wording
from logit_engine.discrete.inputs import Inputs
from logit_engine.discrete.methods import PASSES, method_asked, penalized_method
from logit_engine.discrete.trimming import Trimming, trimmed
from logit_engine.errors import ConvergenceWarning, KeywordError, RankError, SeparationWarning, UsageError
from logit_engine.fitting.result import FitResult, Verdict
from logit_engine.fitting.steps import fit
from logit_engine.inference.covariance import Covariance, Information, Kind, SmallSample
from logit_engine.penalties import NONE, lasso
from logit_engine.reporting.notices import warn_caller
from logit_engine.rows import arrays
from logit_engine.rows.memory import MemoryRows
from logit_engine.solvers.solution import Termination


@dataclass(frozen=True, slots=True)
class Weights:
    """The rows' whole weights, the part that counts no rows, and how many rows there are; survey: sampling weights."""

    whole: Array | None
    precision: Array | None
    observations: float
    survey: bool

    @staticmethod
    def read(others: Mapping[str, NDArray[Any]], n: int) -> "Weights":
        """From freq_weights, var_weights and sampling_weights, (n,) each. Raises DataError for negative ones."""
        given = {
            name: arrays.weights(others[name], n, name)
            for name in ("freq_weights", "var_weights", "sampling_weights")
            if name in others
        }
        copies = given.pop("freq_weights", None)
        observations = float(n) if copies is None else float(copies.sum())
        if not given:
            return Weights(copies, None, observations, False)
        precision = np.prod(list(given.values()), axis=0)
        whole = precision if copies is None else precision * copies
        return Weights(whole, np.where(precision > 0.0, precision, 1.0), observations, "sampling_weights" in given)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The engine's result with what was asked for.

    kept: which of the p columns were fitted, (p,): the others are aliased and their parameters nan. settings, answers:
    what statsmodels calls mle_settings and mle_retvals. covariance: as asked; alpha: (q,) of an l1 penalty, or None.
    groups: the rows' clusters, (n, ways). df_correction: tests go by the number of
    clusters. scaling: what the covariance was multiplied by. survey: whether the rows have sampling weights.
    """

    result: FitResult
    kept: NDArray[np.bool_]
    covariance: Covariance
    settings: Mapping[str, Any]
    answers: Mapping[str, Any]
    alpha: Array | None = None
    equalities: Equalities | None = None
    groups: NDArray[np.int64] | None = None
    df_correction: bool = True
    scaling: float = 1.0
    survey: bool = False

    def spread(self, values: Array, fill: float = np.nan) -> Array:
        """(q,) or (q, q) of the fitted columns, as of all of them."""
        outputs = max(1, len(self.result.classes) - 1)
        at = np.flatnonzero(np.tile(self.kept, outputs))
        if at.size == self.kept.size * outputs:
            return values
        out = np.full((self.kept.size * outputs,) * values.ndim, fill)
        out[np.ix_(*[at] * values.ndim)] = values
        return out


def fitted(
    model: Any,
    *,
    start: Array | None = None,
    method: str = "newton",
    maxiter: int | None = None,
    full_output: bool = True,
    disp: bool = True,
    callback: Callable[..., None] | None = None,
    cov_type: str | None = None,
    cov_kwds: Mapping[str, Any] | None = None,
    on_separation: str = "warn",
    warn_convergence: bool = True,
    retall: bool = False,
    skip_hessian: bool = False,
    alpha: Array | None = None,
    trimming: Trimming | None = None,
    equalities: Equalities | None = None,
    inequalities: Inequalities | None = None,
    **options: Any,
) -> Fitted:
    """Fit the model's sample; see `DiscreteModel.fit`."""
    if start is not None and not np.isfinite(start).all():
        raise UsageError("start_params holds values that are not finite.")
    if on_separation not in ("error", "warn", "ignore"):
        raise UsageError(f"on_separation is '{on_separation}'; it is 'error', 'warn' or 'ignore'.")
    if not full_output:
        warn_caller("full_output=False is deprecated: the full output is always there.", FutureWarning)
    of_covariance = dict(cov_kwds or {})
    df_correction = bool(of_covariance.pop("df_correction", True))
    scaling = _scaling(of_covariance.pop("scaling_factor", None), cov_type, model.weights.survey)
    wanted, groups = covariance_asked(cov_type, of_covariance, model.inputs, model.weights.survey)
    told = Told(callback)
    watch = told if callback is not None or retall else None
    names = model._names_of_constraints()
    if options.get("loglike_and_score") == getattr(model, "loglike_and_score", None):
        options.pop("loglike_and_score", None)  # the model's own: nothing else is asked
    if alpha is None:
        asked = method_asked(method, maxiter, options, names, watch, told.report)
    else:
        asked = penalized_method(method, maxiter, options)
    if asked.bounds is not None and inequalities is not None:
        raise UsageError("bounds and inequalities are both given; write the bounds among the inequalities.")
    inequalities = inequalities or asked.bounds
    settings = {
        "optimizer": method,
        "start_params": start,
        "maxiter": PASSES if maxiter is None and method == "newton" else maxiter,
        "full_output": True,
        "disp": disp,
        "fargs": (),
        "callback": callback,
        "retall": retall,
        "extra_fit_funcs": {},
        **asked.settings,
        **({} if trimming is None or alpha is None else trimming.settings(alpha, model.endog.shape[0])),
    }
    kept = np.ones(model.exog.shape[1], dtype=bool)

    def run() -> FitResult:
        rows = _rows(model, kept, groups)
        keep = np.tile(kept, model.likelihood.outputs)
        return fit(
            rows,
            model.likelihood,
            penalty=NONE if alpha is None else lasso(alpha[keep]),
            covariance_type=None if skip_hessian else wanted,
            equalities=equalities,
            inequalities=inequalities,
            allow_separation=on_separation != "error",
            solver=asked.solver,
            naive=alpha is not None and not skip_hessian,
            start=None if start is None else start[keep],
            wording=Wording(model.endog_names),
        )

    try:
        result = run()
    except RankError as error:
        if model.check_rank != "drop" or not error.columns or equalities is not None or inequalities is not None:
            raise
        kept[[model.exog_names.index(name) for name in error.columns]] = False
        result = run()
    if scaling != 1.0:
        result = replace(result, covariance=scaling * result.covariance)
    if trimming is not None and alpha is not None:
        result = trimmed(model, result, alpha, trimming)
    _say(result, method, disp, on_separation == "warn", warn_convergence)
    answers = {**_answers(result), **told.answers}
    if retall:
        answers["allvecs"] = told.iterates
    survey = model.weights.survey
    return Fitted(result, kept, wanted, settings, answers, alpha, equalities, groups, df_correction, scaling, survey)


@dataclass(slots=True)
class Told:
    """What a method tells while it runs: its iterates, (q,) each, and at its end how often it asked for what."""

    callback: Callable[..., Any] | None
    iterates: list[Array] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def __call__(self, params: Array, *others: Any) -> Any:
        """After an iteration; basin-hopping tells the value and whether the hop was accepted, too."""
        self.iterates.append(params)
        return None if self.callback is None else self.callback(params, *others)

    def report(self, found: Any) -> None:
        """SciPy's counts, under statsmodels' names."""
        names = {"nfev": "fcalls", "njev": "gcalls", "nhev": "hcalls", "direc": "direc"}
        self.answers = {name: found[key] for key, name in names.items() if key in found}


def _rows(model: Any, kept: NDArray[np.bool_], groups: NDArray[np.int64] | None) -> MemoryRows:
    X = model.exog if kept.all() else model.exog[:, kept]
    names = tuple(name for name, keep in zip(model.exog_names, kept, strict=True) if keep)
    classes = tuple(getattr(model, "class_names", ()))
    sample = model.sample
    return MemoryRows(
        Dense(X), sample.y, names, sample.weight, sample.offset, groups, model.weights.precision, False, classes
    )


def covariance_asked(
    cov_type: str | None, cov_kwds: Mapping[str, Any], inputs: Inputs, survey: bool
) -> tuple[Covariance, NDArray[np.int64] | None]:
    """The covariance of that name with its keywords, and the clusters' codes of the kept rows, (rows,).

    Raises UsageError where they do not fit together.
    """
    name = cov_type or ("HC0" if survey else "nonrobust")
    known = {kind.value.lower(): kind for kind in Kind}
    if name.lower() not in known:
        raise UsageError(f"cov_type '{name}' is not known; choose one of {', '.join(k.value for k in Kind)}.")
    kind = known[name.lower()]
    if survey and kind is Kind.NONROBUST:
        raise UsageError("sampling_weights give robust covariances only: choose HC0 to HC3 or cluster.")
    given = dict(cov_kwds)
    groups = given.pop("groups", None)
    information = Information(_one_of("information", given.pop("information", "observed"), Information))
    use_correction = given.pop("use_correction", True)
    correction = given.pop("correction", "stata" if use_correction else "none")
    small = SmallSample(_one_of("correction", correction, SmallSample))
    if given:
        raise KeywordError(
            f"cov_kwds holds '{next(iter(given))}'; it takes groups, correction, use_correction, df_correction, "
            "scaling_factor and information."
        )
    if (groups is None) == (kind is Kind.CLUSTER):
        if groups is None:
            raise UsageError("cov_type 'cluster' needs the clusters of the rows: cov_kwds={'groups': labels}.")
        raise UsageError(f"cov_kwds has groups, which cov_type '{name}' does not use; choose cov_type='cluster'.")
    if groups is None:
        return Covariance(kind, information, small), None
    return Covariance(kind, information, small), inputs.clusters(groups)


def _scaling(factor: Any, cov_type: str | None, survey: bool) -> float:
    """The factor of a robust covariance. Raises UsageError for what is none."""
    if factor is None:
        return 1.0
    if not survey and (cov_type or "nonrobust").lower() == "nonrobust":
        raise UsageError(
            "cov_kwds has scaling_factor, which cov_type 'nonrobust' does not use; choose HC0 to HC3 or cluster."
        )
    if not isinstance(factor, int | float | np.number) or not 0.0 < float(factor) < np.inf:
        raise UsageError(f"cov_kwds scaling_factor is {factor!r}; it is a number above zero.")
    return float(factor)


def _one_of(key: str, value: Any, names: Any) -> Any:
    known = [member.value for member in names]
    if value not in known:
        raise UsageError(f"cov_kwds {key} is {value!r}; it is one of {', '.join(known)}.")
    return value


def _say(result: FitResult, method: str, disp: bool, on_separation: bool, on_convergence: bool) -> None:
    """What statsmodels prints, and a warning where the estimates are not what they seem."""
    if disp:
        how = "Optimization terminated successfully." if result.converged else f"Warning: {result.status.sentence}"
        print(how)
        print(f"         Current function value: {-result.loglik / result.observations:.6f}")
        print(f"         Iterations {result.passes}")
    if result.status.verdict is Verdict.SEPARATED:
        if on_separation:
            warn_caller(result.status.sentence, SeparationWarning)
    elif not result.converged and on_convergence:
        warn_caller(f"method '{method}': {result.status.sentence}", ConvergenceWarning)


def _answers(result: FitResult) -> dict[str, Any]:
    limits = any(end.value in result.status.sentence for end in (Termination.ITERATIONS, Termination.EVALUATIONS))
    return {
        "fopt": -result.loglik / result.observations,
        "iterations": result.passes,
        "converged": result.converged,
        "warnflag": 0 if result.converged else 1 if limits else 2,
        "status": result.status.sentence,
    }
