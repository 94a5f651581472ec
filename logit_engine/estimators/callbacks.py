"""scikit-learn's callbacks (from 1.9 on): what they hear of a fit, pass by pass.

A watched fit is repeated with one pass, with two, with three, until it is done. After each of them
the callbacks see the estimates that `max_iter` would give. So a watched fit costs the square of its
passes. As in scikit-learn, the solver 'lbfgs', and here 'auto', reports passes; other solvers
report the beginning and the end.
"""

from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from logit_engine.estimators.strengths import TaskFit

REPORTING_SOLVERS = ("auto", "lbfgs")


def solve_watched(
    model: Any,
    X: Any,
    y: NDArray[Any],
    metadata: Mapping[str, Any],
    solve: Callable[..., TaskFit],
    keep: Callable[[TaskFit], None],
) -> None:
    """Keep what `solve` finds in `max_iter` passes; tell the model's callbacks, if it has any."""
    if not getattr(model, "_skl_callbacks", None):
        keep(solve(max_iter=model.max_iter))
        return
    from sklearn.callback import with_callbacks

    with_callbacks(_fit_with_hooks)(
        model, {"X": X, "y": y, "metadata": dict(metadata) or None}, solve, keep
    )


def _fit_with_hooks(
    model: Any,
    seen: Mapping[str, Any],
    solve: Callable[..., TaskFit],
    keep: Callable[[TaskFit], None],
) -> None:
    """The fit with its hooks: a task with one task per pass in it, and a last empty one."""
    most = max(model.max_iter, 1)
    whole = model._init_callback_context(max_subtasks=most + 1)
    whole.call_on_fit_task_begin(estimator=model, **seen)
    if model.solver in REPORTING_SOLVERS:
        keep(solve(max_iter=0))
        told = _begin_pass(model, whole, seen)
        for passes in range(1, most + 1):
            found = solve(max_iter=min(passes, model.max_iter))
            keep(found)
            if 0 < found.steps < passes:  # it was done before this pass
                break
            told.call_on_fit_task_end(
                estimator=model, **seen, reconstruction_attributes=_estimates(model)
            )
            told = _begin_pass(model, whole, seen)
        told.call_on_fit_task_end(estimator=model)
    else:
        keep(solve(max_iter=model.max_iter))
    whole.call_on_fit_task_end(estimator=model, **seen, reconstruction_attributes={})


def _begin_pass(model: Any, whole: Any, seen: Mapping[str, Any]) -> Any:
    """The task of the next pass, begun."""
    told = whole.subcontext(task_name="iter")
    told.call_on_fit_task_begin(
        estimator=model, **seen, reconstruction_attributes=_estimates(model)
    )
    return told


def _estimates(model: Any) -> dict[str, Any]:
    return {"coef_": model.coef_, "intercept_": model.intercept_}
