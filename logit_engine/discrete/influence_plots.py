"""statsmodels' two plots of influence; alone in this face in importing Matplotlib."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from logit_engine.columns import Array
from logit_engine.errors import UsageError

SMALLEST_POINT = 8.0  # points
FONT = {"fontsize": 16, "color": "black"}


def influence_plot(measures: Any, alpha: float, criterion: str, size: float, plot_alpha: float, ax: Any) -> Any:
    """Studentized residuals against leverages, (n,) each; labels where |t| or leverage is large. The figure."""
    if criterion.lower().startswith("coo"):
        weight = measures.cooks_distance[0]
    elif criterion.lower().startswith("dff"):
        weight = np.abs(measures.d_fittedvalues_scaled)
    else:
        raise UsageError(f"criterion is '{criterion}'; it is 'cooks' or 'dffits'.")
    leverage, resid, results = measures.hat_matrix_diag, measures.resid_studentized, measures.results
    share = (weight - np.nanmin(weight)) / (np.nanmax(weight) - np.nanmin(weight) or 1.0)
    areas = SMALLEST_POINT**2 + share * (size**2 - SMALLEST_POINT**2)
    cutoff = -special.stdtrit(results.df_resid, alpha / 2.0)
    high = 2.0 * (results.df_model + 1.0) / results.nobs
    figure, ax = _axes(ax)
    ax.scatter(leverage, resid, s=areas, alpha=plot_alpha)
    _label(ax, np.flatnonzero((np.abs(resid) > cutoff) | (leverage > high)), measures, leverage, resid, "x-large")
    ax.set_ylabel("Studentized Residuals", **FONT)
    ax.set_xlabel("Leverage", **FONT)
    ax.set_title("Influence Plot", **FONT)
    return figure


def index_plot(
    measures: Any,
    y_var: str,
    threshold: float | str | None,
    title: str | None,
    ax: Any,
    idx: int | None,
    keywords: Mapping[str, Any],
) -> Any:
    """A measure of each row, (n,), against its position; labels where it is beyond the threshold. The figure."""
    values, name = _measure(measures, y_var, idx)
    figure, ax = _axes(ax)
    positions = np.arange(values.size)
    ax.scatter(positions, values, **keywords)
    beyond = threshold is None or threshold == "all"
    shown = positions if beyond else np.flatnonzero(np.abs(values) > float(threshold))  # type: ignore[arg-type]
    _label(ax, shown, measures, positions, values, "large")
    ax.set_ylabel(name, **FONT)
    ax.set_xlabel("Observation", **FONT)
    ax.set_title("Index Plot" if title is None else title, **FONT)
    return figure


def _measure(measures: Any, y_var: str, idx: int | None) -> tuple[Array, str]:
    """The values of that name, (n,), and what to call them. Raises UsageError for a name that is not there."""
    if y_var == "dfbeta":
        if idx is None:
            raise UsageError("y_var 'dfbeta' needs idx, the position of the parameter.")
        return measures.dfbetas[:, idx], f"DFBETA for {measures.results.model.exog_names[idx]}"
    short = {"cook": "cooks_distance", "hat": "hat_matrix_diag", "lever": "hat_matrix_diag"}
    short["resid_stu"] = "resid_studentized"
    names = {"cooks_distance": "Cook's distance", "hat_matrix_diag": "Leverage (diagonal of hat matrix)"}
    names["resid_studentized"] = "Internally Studentized Residuals"
    name = next((full for start, full in short.items() if y_var.startswith(start)), y_var)
    values = getattr(measures, name, None)
    if name == "cooks_distance":
        values = measures.cooks_distance[0]
    if callable(values):
        values = values()
    if not isinstance(values, np.ndarray) or values.shape[:1] != (measures.nobs,):
        raise UsageError(f"y_var is '{y_var}'; it is cooks, hat, resid_studentized, dfbeta, or an attribute of rows.")
    if values.ndim == 2:
        if idx is None:
            raise UsageError(f"y_var '{y_var}' needs idx, the position of its column.")
        values = values[:, idx]
    return values, names.get(name, y_var)


def _axes(ax: Any) -> tuple[Any, Any]:
    if ax is not None:
        return ax.figure, ax
    from matplotlib import pyplot

    figure = pyplot.figure()
    return figure, figure.add_subplot(111)


def _label(ax: Any, shown: NDArray[np.intp], measures: Any, x: NDArray[Any], y: Array, size: str) -> None:
    index = measures.results._dress.index
    for i in shown:
        label = str(i if index is None else index[i])
        ax.annotate(label, (x[i], y[i]), xytext=(-3, 3), textcoords="offset points", size=size)
