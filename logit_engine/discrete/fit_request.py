"""A call of a model's `fit` as one value, and how a method tells what it does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.constraints import Equalities, Inequalities
from logit_engine.discrete.trimming import Trimming
from logit_engine.errors import UsageError
from logit_engine.reporting.notices import warn_caller

SCIPY_COUNTS = {"nfev": "fcalls", "njev": "gcalls", "nhev": "hcalls", "direc": "direc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRequest:
    """What a call of `fit` asks for.

    start: (q,). alpha: (q,), the strengths of an l1 penalty, with the checks after it. retall: keep
    the iterates. skip_hessian: estimates without standard errors. method_options: the keywords of
    the method. Raises UsageError for a start that is not finite and an unknown on_separation.
    """

    start: Array | None = None
    method: str = "newton"
    maxiter: int | None = None
    full_output: bool = True
    disp: bool = True
    callback: Callable[..., None] | None = None
    cov_type: str | None = None
    cov_kwds: Mapping[str, object] | None = None
    on_separation: str = "warn"
    warn_convergence: bool = True
    retall: bool = False
    skip_hessian: bool = False
    alpha: Array | None = None
    trimming: Trimming | None = None
    equalities: Equalities | None = None
    inequalities: Inequalities | None = None
    method_options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.start is not None and not np.isfinite(self.start).all():
            raise UsageError("start_params holds values that are not finite.")
        if self.on_separation not in ("error", "warn", "ignore"):
            raise UsageError(
                f"on_separation is '{self.on_separation}'; it is 'error', 'warn' or 'ignore'."
            )
        if not self.full_output:
            sentence = "full_output=False is deprecated: the full output is always there."
            warn_caller(sentence, FutureWarning)

    @property
    def is_penalized(self) -> bool:
        """Whether there is an l1 penalty."""
        return self.alpha is not None

    @property
    def is_constrained(self) -> bool:
        """Whether there are equalities or inequalities."""
        return self.equalities is not None or self.inequalities is not None


@dataclass(slots=True)
class MethodProgress:
    """What a method tells: its iterates, (q,) each, and at its end its counts of evaluations."""

    callback: Callable[..., object] | None
    iterates: list[Array] = field(default_factory=list)
    counts: dict[str, object] = field(default_factory=dict)

    def __call__(self, params: Array, *others: object) -> Any:
        """Take an iterate, and pass it on to the caller.

        others: of basin-hopping, the value and whether the hop was accepted.
        """
        self.iterates.append(params)
        return None if self.callback is None else self.callback(params, *others)

    def take_counts(self, scipy_result: Mapping[str, object]) -> None:
        """Take SciPy's counts, under statsmodels' names."""
        self.counts = {
            name: scipy_result[key] for key, name in SCIPY_COUNTS.items() if key in scipy_result
        }
