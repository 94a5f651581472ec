"""statsmodels' two plots of influence; alone in this face in importing Matplotlib."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from logit_engine.columns import Array
from logit_engine.discrete.influence import InfluenceResults
from logit_engine.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

SMALLEST_POINT = 8.0  # points
FONT: dict[str, Any] = {"fontsize": 16, "color": "black"}

# The beginning of a y_var, the attribute that it means, and the label of the axis.
MEASURE_LABELS = {
    "cook": ("cooks_distance", "Cook's distance"),
    "hat": ("hat_matrix_diag", "Leverage (diagonal of hat matrix)"),
    "lever": ("hat_matrix_diag", "Leverage (diagonal of hat matrix)"),
    "resid_stu": ("resid_studentized", "Internally Studentized Residuals"),
}


def influence_plot(
    influence: InfluenceResults,
    alpha: float,
    criterion: str,
    size: float,
    plot_alpha: float,
    ax: "Axes | None",
) -> "Figure | SubFigure":
    """Studentized residuals against leverages; see `InfluenceResults.plot_influence`.

    Raises UsageError for another criterion than cooks and dffits.
    """
    if criterion.lower().startswith("coo"):
        weight = influence.cooks_distance[0]
    elif criterion.lower().startswith("dff"):
        weight = np.abs(influence.d_fittedvalues_scaled)
    else:
        raise UsageError(f"criterion is '{criterion}'; it is 'cooks' or 'dffits'.")
    leverage, resid = influence.hat_matrix_diag, influence.resid_studentized
    lowest, spread = np.nanmin(weight), np.nanmax(weight) - np.nanmin(weight)
    share = (weight - lowest) / (spread or 1.0)
    areas = SMALLEST_POINT**2 + share * (size**2 - SMALLEST_POINT**2)
    results = influence.results
    largest_resid = -special.stdtrit(results.df_resid, alpha / 2.0)
    largest_leverage = 2.0 * (results.df_model + 1.0) / results.nobs
    figure, ax = _figure_and_axes(ax)
    ax.scatter(leverage, resid, s=areas, alpha=plot_alpha)
    shown = np.flatnonzero((np.abs(resid) > largest_resid) | (leverage > largest_leverage))
    _label_rows(ax, shown, influence, leverage, resid, "x-large")
    _label_axes(ax, "Influence Plot", "Leverage", "Studentized Residuals")
    return figure


def index_plot(
    influence: InfluenceResults,
    y_var: str,
    threshold: float | str | None,
    title: str | None,
    ax: "Axes | None",
    idx: int | None,
    keywords: Mapping[str, Any],
) -> "Figure | SubFigure":
    """A measure of each row against its position; see `InfluenceResults.plot_index`."""
    values, name = _measure(influence, y_var, idx)
    positions = np.arange(values.size)
    figure, ax = _figure_and_axes(ax)
    ax.scatter(positions, values, **keywords)
    if threshold is None or threshold == "all":
        shown = positions
    else:
        shown = np.flatnonzero(np.abs(values) > float(threshold))
    _label_rows(ax, shown, influence, positions, values, "large")
    _label_axes(ax, "Index Plot" if title is None else title, "Observation", name)
    return figure


def _measure(influence: InfluenceResults, y_var: str, idx: int | None) -> tuple[Array, str]:
    """The values of a measure, (n,), and its name on the axis.

    Raises UsageError for a name that is not there, and for several columns without idx.
    """
    if y_var == "dfbeta":
        if idx is None:
            raise UsageError("y_var 'dfbeta' needs idx, the position of the parameter.")
        column = influence.results.model.exog_names[idx]
        return influence.dfbetas[:, idx], f"DFBETA for {column}"
    known = (named for start, named in MEASURE_LABELS.items() if y_var.startswith(start))
    attribute, label = next(known, (y_var, y_var))
    values = getattr(influence, attribute, None)
    if attribute == "cooks_distance":
        values = influence.cooks_distance[0]
    if callable(values):
        values = values()
    if not isinstance(values, np.ndarray) or values.shape[:1] != (influence.nobs,):
        raise UsageError(
            f"y_var is '{y_var}'; it is cooks, hat, resid_studentized, dfbeta, or an attribute of "
            "rows."
        )
    if values.ndim == 1:
        return values, label
    if idx is None:
        raise UsageError(f"y_var '{y_var}' needs idx, the position of its column.")
    return values[:, idx], label


def _figure_and_axes(ax: "Axes | None") -> "tuple[Figure | SubFigure, Axes]":
    if ax is not None:
        return ax.figure, ax
    from matplotlib import pyplot

    figure = pyplot.figure()
    return figure, figure.add_subplot(111)


def _label_axes(ax: "Axes", title: str, x_label: str, y_label: str) -> None:
    ax.set_title(title, **FONT)
    ax.set_xlabel(x_label, **FONT)
    ax.set_ylabel(y_label, **FONT)


def _label_rows(
    ax: "Axes",
    shown: NDArray[np.intp],
    influence: InfluenceResults,
    x: Array | NDArray[np.intp],
    y: Array,
    size: str,
) -> None:
    """Write the label of each row that is shown beside its point."""
    index = influence.results.model.output_format.index
    for i in shown.tolist():
        label = str(i if index is None else index[i])
        ax.annotate(label, (x[i], y[i]), xytext=(-3, 3), textcoords="offset points", size=size)
