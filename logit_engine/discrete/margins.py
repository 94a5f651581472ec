"""Marginal effects as statsmodels hands them out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from logit_engine.columns import Array
from logit_engine.discrete.estimates import Estimates
from logit_engine.discrete.margins_of_formulas import formula_margins, has_variable_margins
from logit_engine.discrete.output_format import Table, two_levels
from logit_engine.discrete.results_part import ResultsPart
from logit_engine.errors import UsageError
from logit_engine.inference.margins import At, Effect, Margins, margins
from logit_engine.reporting.layouts import SYMBOLS, Equation, margins_report
from logit_engine.reporting.tables import Report

INFINITE_EFFECTS = (
    "Effects that rest on an infinite estimate are not given; dummy=True gives its column's change "
    "from 0 to 1."
)


@dataclass(frozen=True, slots=True)
class MarginsResults:
    """m effects with inference: (m,), or (m, J) of several classes.

    margeff_options: at and method, as the caller named them. names: of the m columns or variables.
    """

    results: ResultsPart
    margins: Margins
    margeff_options: dict[str, str]
    names: list[str]

    @property
    def margeff(self) -> Array:
        """The effects."""
        return self._per_class(self.margins.effects)

    @property
    def margeff_se(self) -> Array:
        """The standard errors of the effects. Raises UsageError at every row."""
        return self._per_class(self.margins.std_errors)

    @property
    def margeff_cov(self) -> Array:
        """The covariance of the effects, (m, m), or (m J, m J), one class after another.

        Raises UsageError at every row.
        """
        if self.margins.covariance is None:
            raise UsageError(
                "effects at every row have no standard errors; choose at='overall' or one row."
            )
        return self.margins.covariance

    @property
    def tvalues(self) -> Array:
        """The effects in standard errors. Raises UsageError at every row."""
        return self._per_class(self.margins.z)

    @property
    def pvalues(self) -> Array:
        """Two-sided p-values. Raises UsageError at every row."""
        return self._per_class(self.margins.p_values)

    def conf_int(self, alpha: float = 0.05) -> Array:
        """Intervals at level 1 - alpha, (m, 2) or (m, 2, J). Raises UsageError at every row."""
        interval = self.margins.interval(1.0 - alpha)
        return interval[:, 0] if interval.shape[1] == 1 else interval.transpose(0, 2, 1)

    def summary_frame(self, alpha: float = 0.05) -> Table:
        """A table of the effects with intervals at level 1 - alpha."""
        equations = self._equations(alpha)
        interval = np.concatenate([e.interval for e in equations])
        columns = {
            SYMBOLS[self.margeff_options["method"]]: np.concatenate(
                [e.estimate for e in equations]
            ),
            "Std. Err.": np.concatenate([e.std_error for e in equations]),
            "z": np.concatenate([e.z for e in equations]),
            "Pr(>|z|)": np.concatenate([e.p_value for e in equations]),
            "Conf. Int. Low": interval[:, 0],
            "Cont. Int. Hi.": interval[:, 1],  # statsmodels' spelling
        }
        names: Iterable[object] = self.names
        if len(equations) > 1:
            names = two_levels([e.label for e in equations], self.names, ("endog", "exog"))
        return self.results.model.output_format.table(columns, names)

    def summary(self, alpha: float = 0.05) -> Report:
        """The effects as a table in text, HTML, LaTeX and CSV; intervals have level 1 - alpha."""
        options = self.margeff_options
        return margins_report(
            f"{type(self.results.model).__name__} Marginal Effects",
            self.results.model.endog_names,
            options["method"],
            options["at"],
            self._equations(alpha),
            alpha=alpha,
            notes=[INFINITE_EFFECTS] if np.isnan(self.margins.effects).any() else [],
        )

    def _per_class(self, values: Array) -> Array:
        """(m, C) as (m,) if there is one probability."""
        return values[..., 0] if self.margins.effects.shape[-1] == 1 else values

    def _equations(self, alpha: float) -> list[Equation]:
        """The effects on each probability, as tables show them."""
        m = self.margins
        labels = [""]
        if m.effects.shape[1] > 1:
            labels = [
                f"{self.results.model.endog_names}={name}"
                for name in self.results.model.class_names
            ]
        interval = m.interval(1.0 - alpha)
        return [
            Equation(
                label=label,
                names=self.names,
                estimate=m.effects[:, c],
                std_error=m.std_errors[:, c],
                z=m.z[:, c],
                p_value=m.p_values[:, c],
                interval=interval[:, c],
            )
            for c, label in enumerate(labels)
        ]


def margins_of_fit(
    estimates: Estimates,
    at: str,
    method: str,
    atexog: object,
    dummy: bool,
    count: bool,
) -> tuple[Margins, list[str]]:
    """The margins of a fit, and the names of their columns or variables.

    See `DiscreteResults.get_margeff`. Raises UsageError for names that do not exist.
    """
    if at not in list(At):
        raise UsageError(f"at is '{at}'; it is one of {', '.join(At)}.")
    if method not in list(Effect):
        raise UsageError(f"method is '{method}'; it is one of {', '.join(Effect)}.")
    place, effect, model = At(at), Effect(method), estimates.model
    if has_variable_margins(model.design, atexog, dummy):
        found, names = formula_margins(estimates, place, effect, atexog, dummy, count)
    else:
        found = _column_margins(estimates, place, effect, atexog, dummy, count)
        names = [model.exog_names[j] for j in found.columns]
    # without clusters normal, whatever use_t is, as in statsmodels
    df = estimates.test_df() if estimates.result.clusters else None
    return replace(found, df=df), names


def _column_margins(
    estimates: Estimates,
    at: At,
    effect: Effect,
    atexog: object,
    dummy: bool,
    count: bool,
) -> Margins:
    """The margins of each column of exog by itself."""
    model, sample = estimates.model, estimates.model.sample
    return margins(
        model.likelihood,
        sample.X,
        estimates.prediction_params,
        estimates.prediction_covariance,
        offset=sample.offset,
        weight=sample.weight,
        at=at,
        effect=effect,
        fixed=_fixed_columns(atexog, sample.X, model.exog_names),
        dummy=dummy,
        count=count,
        infinite=estimates.is_infinite,
    )


def _fixed_columns(
    atexog: object,
    X: Array,
    names: list[str],
) -> dict[int, Array | float] | None:
    """Values in place of those of X, (n, p), by column.

    atexog: a mapping by position or name, or an array of one row or of all rows. Raises UsageError
    for a column that is not there, and for another shape.
    """
    if atexog is None:
        return None
    if isinstance(atexog, Mapping):
        for key in atexog:
            is_position = isinstance(key, int | np.integer) and 0 <= key < len(names)
            if key not in names and not is_position:
                raise UsageError(
                    f"atexog: {key!r} is no column of exog: {', '.join(names)}, or a position "
                    "from 0 on."
                )
        return {
            names.index(key) if key in names else int(key): value for key, value in atexog.items()
        }
    rows = np.atleast_2d(np.asarray(atexog, dtype=np.float64))
    if rows.shape[1] != X.shape[1] or rows.shape[0] not in (1, X.shape[0]):
        raise UsageError(
            f"atexog has shape {rows.shape}; give one row or all {X.shape[0]:,}, of {X.shape[1]} "
            "columns."
        )
    is_one_row = rows.shape[0] == 1
    return {j: float(column[0]) if is_one_row else column for j, column in enumerate(rows.T)}
