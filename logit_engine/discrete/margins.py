"""Marginal effects as statsmodels hands them out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.discrete.frames import two_levels
from logit_engine.discrete.margins_of_formulas import formula_margins, wants_variables
from logit_engine.errors import UsageError
from logit_engine.inference.margins import At, Effect, Margins, margins
from logit_engine.reporting.tables import SYMBOLS, Equation, Report, margins_table

INFINITE_EFFECTS = (
    "Effects that rest on an infinite estimate are not given; dummy=True gives its column's change from 0 to 1."
)


@dataclass(frozen=True, slots=True)
class MarginsResults:
    """Effects with inference: (m,), or (m, J) for several classes. names: the columns, or variables, that have effects."""

    results: Any
    margins: Margins
    margeff_options: dict[str, str]
    names: list[str]

    def _shaped(self, values: Array) -> Array:
        """(m, C) as (m,) where there is one probability."""
        return values[..., 0] if self.margins.effects.shape[-1] == 1 else values

    @property
    def margeff(self) -> Array:
        """The effects."""
        return self._shaped(self.margins.effects)

    @property
    def margeff_se(self) -> Array:
        """Their standard errors."""
        return self._shaped(self.margins.std_errors)

    @property
    def margeff_cov(self) -> Array:
        """Their covariance, all columns of one class after another. Raises UsageError at every row."""
        if self.margins.covariance is None:
            raise UsageError("effects at every row have no standard errors; choose at='overall' or one row.")
        return self.margins.covariance

    @property
    def tvalues(self) -> Array:
        """Effects in standard errors."""
        return self._shaped(self.margins.z)

    @property
    def pvalues(self) -> Array:
        """Two-sided p-values."""
        return self._shaped(self.margins.p_values)

    def conf_int(self, alpha: float = 0.05) -> Array:
        """Intervals, (m, 2), or (m, 2, J)."""
        found = self.margins.interval(1.0 - alpha)
        return found[:, 0] if found.shape[1] == 1 else found.transpose(0, 2, 1)

    def _equations(self, alpha: float) -> list[Equation]:
        """The effects on each probability, as tables have them."""
        m = self.margins
        labels = [""]
        if m.effects.shape[1] > 1:
            labels = [f"{self.results.model.endog_names}={c}" for c in self.results.model.class_names]
        interval = m.interval(1.0 - alpha)
        return [
            Equation(
                label, self.names, m.effects[:, c], m.std_errors[:, c], m.z[:, c], m.p_values[:, c], interval[:, c]
            )
            for c, label in enumerate(labels)
        ]

    def summary_frame(self, alpha: float = 0.05) -> Any:
        """The effects as a table."""
        equations = self._equations(alpha)
        interval = np.concatenate([e.interval for e in equations])
        columns = {
            SYMBOLS[self.margeff_options["method"]]: np.concatenate([e.estimate for e in equations]),
            "Std. Err.": np.concatenate([e.std_error for e in equations]),
            "z": np.concatenate([e.z for e in equations]),
            "Pr(>|z|)": np.concatenate([e.p_value for e in equations]),
            "Conf. Int. Low": interval[:, 0],
            "Cont. Int. Hi.": interval[:, 1],
        }
        several = len(equations) > 1
        names = two_levels([e.label for e in equations], self.names, ("endog", "exog")) if several else self.names
        return self.results._dress.table(columns, names)

    def summary(self, alpha: float = 0.05) -> Report:
        """The effects as a table, in text, HTML, LaTeX and CSV."""
        model, options = self.results.model, self.margeff_options
        title = f"{type(model).__name__} Marginal Effects"
        equations = self._equations(alpha)
        notes = [INFINITE_EFFECTS] if np.isnan(self.margins.effects).any() else []
        return margins_table(
            title, model.endog_names, options["method"], options["at"], equations, alpha=alpha, notes=notes
        )


def margins_of(results: Any, at: str, method: str, atexog: Any, dummy: bool, count: bool) -> MarginsResults:
    """The margins of a fit. Raises UsageError for names that do not exist."""
    for name, value, known in (("at", at, At), ("method", method, Effect)):
        if value not in list(known):
            raise UsageError(f"{name} is '{value}'; it is one of {', '.join(known)}.")
    few = results._df_t if results.fit_result.clusters else None  # without clusters normal, as in statsmodels
    model, options = results.model, {"at": at, "method": method}
    if wants_variables(model.design, atexog, dummy):
        found, variables = formula_margins(results, At(at), Effect(method), atexog, dummy, count)
        return MarginsResults(results, replace(found, df=few), options, variables)
    sample = model.sample
    found = margins(
        model.likelihood,
        sample.X,
        results._at,
        results._known,
        offset=sample.offset,
        weight=sample.weight,
        at=At(at),
        effect=Effect(method),
        fixed=_fixed(atexog, sample.X, model.exog_names),
        dummy=dummy,
        count=count,
        infinite=results._are_infinite,
    )
    names = [model.exog_names[j] for j in found.columns]
    return MarginsResults(results, replace(found, df=few), options, names)


def _fixed(atexog: Any, X: Array, names: list[str]) -> dict[int, Any] | None:
    """Values by column: of a mapping by position or name, or of an array of one row or all rows, in place of X.

    Raises UsageError for a column that is not there, or another shape.
    """
    if atexog is None:
        return None
    if isinstance(atexog, Mapping):
        for key in atexog:
            if key not in names and not (isinstance(key, int | np.integer) and 0 <= key < len(names)):
                raise UsageError(f"atexog: {key!r} is no column of exog: {', '.join(names)}, or a position from 0 on.")
        return {names.index(key) if key in names else int(key): value for key, value in atexog.items()}
    rows = np.atleast_2d(np.asarray(atexog, dtype=np.float64))
    if rows.shape[1] != X.shape[1] or rows.shape[0] not in (1, X.shape[0]):
        raise UsageError(f"atexog has shape {rows.shape}; give one row or all {X.shape[0]:,}, of {X.shape[1]} columns.")
    return {j: float(column[0]) if rows.shape[0] == 1 else column for j, column in enumerate(rows.T)}
