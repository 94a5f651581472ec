"""Marginal effects as statsmodels hands them out."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_engine.columns import Array
from logit_engine.errors import UsageError
from logit_engine.inference.margins import At, Effect, Margins, margins
from logit_engine.tables import Report, coefficient_table, pairs_table

LABELS = {"dydx": "dy/dx", "eyex": "d(lny)/d(lnx)", "dyex": "dy/d(lnx)", "eydx": "d(lny)/dx"}


@dataclass(frozen=True, slots=True)
class MarginsResults:
    """Effects with inference: (m,), or (m, J) for several classes."""

    results: Any
    margins: Margins
    margeff_options: dict[str, str]

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

    @property
    def names(self) -> list[str]:
        """The columns that have effects."""
        names = self.results.model.exog_names
        return [names[j] for j in self.margins.columns]

    def _blocks(self, alpha: float) -> list[tuple[str, tuple[Array, Array, Array, Array, Array]]]:
        """A label and the table's arrays for each probability."""
        m = self.margins
        labels = [""]
        if m.effects.shape[1] > 1:
            labels = [f"{self.results.model.endog_names}={c}" for c in self.results.model.class_names]
        interval = m.interval(1.0 - alpha)
        return [
            (label, (m.effects[:, c], m.std_errors[:, c], m.z[:, c], m.p_values[:, c], interval[:, c]))
            for c, label in enumerate(labels)
        ]

    def summary_frame(self, alpha: float = 0.05) -> Any:
        """The effects as a table."""
        blocks = self._blocks(alpha)
        stacked = [np.concatenate([np.atleast_1d(block[i]) for _, block in blocks]) for i in range(5)]
        columns = {
            LABELS[self.margeff_options["method"]]: stacked[0],
            "Std. Err.": stacked[1],
            "z": stacked[2],
            "Pr(>|z|)": stacked[3],
            "Conf. Int. Low": stacked[4][:, 0],
            "Cont. Int. Hi.": stacked[4][:, 1],
        }
        names = self.names if len(blocks) == 1 else [(label, name) for label, _ in blocks for name in self.names]
        return self.results._dress.table(columns, names)

    def summary(self, alpha: float = 0.05) -> Report:
        """The effects as a table, in text, HTML, LaTeX and CSV."""
        model, options = self.results.model, self.margeff_options
        facts = [("Dep. Variable:", model.endog_names), ("Method:", options["method"]), ("At:", options["at"])]
        label = LABELS[options["method"]]
        tables = [
            coefficient_table(self.names, *block, alpha=alpha, label=name, estimate_label=label)
            for name, block in self._blocks(alpha)
        ]
        return Report(f"{type(model).__name__} Marginal Effects", (pairs_table(facts, []), *tables))


def margins_of(results: Any, at: str, method: str, atexog: Any, dummy: bool, count: bool) -> MarginsResults:
    """The margins of a fit. Raises UsageError for names that do not exist."""
    for name, value, known in (("at", at, At), ("method", method, Effect)):
        if value not in list(known):
            raise UsageError(f"{name} is '{value}'; it is one of {', '.join(known)}.")
    model = results.model
    sample = model.sample
    found = margins(
        model.likelihood,
        _replaced(sample.X, atexog),
        results._at,
        results._known,
        offset=sample.offset,
        weight=sample.weight,
        at=At(at),
        effect=Effect(method),
        fixed=_by_position(atexog, model.exog_names),
        dummy=dummy,
        count=count,
    )
    return MarginsResults(results, found, {"at": at, "method": method})


def _by_position(atexog: Any, names: list[str]) -> dict[int, Any] | None:
    """Values by column, whose key may be a position or a name."""
    if not isinstance(atexog, dict):
        return None
    for key in atexog:
        if isinstance(key, str) and key not in names:
            raise UsageError(f"atexog: '{key}' is no column of exog: {', '.join(names)}.")
    return {names.index(key) if isinstance(key, str) else int(key): value for key, value in atexog.items()}


def _replaced(X: Array, atexog: Any) -> Array:
    """The rows that were given in place of the model's, if any."""
    if atexog is None or isinstance(atexog, dict):
        return X
    rows = np.atleast_2d(np.asarray(atexog, dtype=np.float64))
    if rows.shape[1] != X.shape[1]:
        raise UsageError(f"atexog has {rows.shape[1]} columns; exog has {X.shape[1]}.")
    return rows
