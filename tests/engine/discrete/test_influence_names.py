"""Every attribute of statsmodels' MLEInfluence has its numbers here; its plots draw."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import logit_engine.discrete as ours

matplotlib.use("agg")
FIGURES = (
    "hat_matrix_diag",
    "hat_matrix_exog_diag",
    "resid",
    "resid_studentized",
    "d_params",
    "dfbetas",
    "params_one",
    "d_fittedvalues",
    "d_fittedvalues_scaled",
    "cov_params",
    "hessian",
    "score_obs",
    "endog",
    "exog",
    "scale",
    "nobs",
    "k_vars",
    "k_params",
)


@pytest.fixture(scope="module", params=["Logit", "Probit"])
def both(request):
    rng = np.random.default_rng(3)
    index = pd.Index([f"r{i}" for i in range(90)], name="row")
    X = pd.DataFrame(
        {"const": 1.0, "a": rng.standard_normal(90), "b": rng.standard_normal(90) * 3 + 1},
        index=index,
    )
    y = pd.Series((rng.standard_normal(90) + X["a"] > 0).astype(float), index=index)
    theirs = getattr(sm, request.param)(y, X).fit(disp=0, tol=1e-14, cov_type="HC0").get_influence()
    return theirs, getattr(ours, request.param)(y, X).fit(disp=0, cov_type="HC0").get_influence()


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_statsmodels(both, name: str) -> None:
    theirs, mine = both
    np.testing.assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-7, atol=1e-9)


def test_every_public_name_is_there(both) -> None:
    theirs, mine = both
    assert {name for name in dir(theirs) if not name.startswith("_")} <= set(dir(mine))
    assert mine.model_class.__name__ == theirs.model_class.__name__


def test_score_residuals_are_statsmodels_own(both) -> None:
    theirs, mine = both
    np.testing.assert_allclose(mine.resid_score_factor(), theirs.resid_score_factor(), rtol=1e-7)
    for asked in (
        {},
        {"joint": False},
        {"studentize": True},
        {"joint": False, "studentize": True},
        {"index": np.array([0, 2])},
        {"index": np.array([1]), "joint": False},
    ):
        np.testing.assert_allclose(
            mine.resid_score(**asked), theirs.resid_score(**asked), rtol=1e-7, atol=1e-10
        )


def test_tables_keep_the_rows_labels(both) -> None:
    theirs, mine = both
    pd.testing.assert_frame_equal(mine.summary_frame(), theirs.summary_frame(), rtol=1e-7)


def drawn(figure) -> tuple[np.ndarray, list[str], tuple[str, str, str]]:
    ax = figure.axes[0]
    titles = (ax.get_title(), ax.get_xlabel(), ax.get_ylabel())
    return (
        np.asarray(ax.collections[0].get_offsets()),
        [text.get_text() for text in ax.texts],
        titles,
    )


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"threshold": 0.1},
        {"y_var": "hat", "threshold": 0.05, "title": "rows"},
        {"y_var": "resid_studentized", "threshold": 2.0},
        {"y_var": "dfbeta", "idx": 1, "threshold": 0.3},
        {"y_var": "resid", "threshold": 1.0},
    ],
    ids=str,
)
def test_index_plots_draw_the_same_points_and_labels(both, asked: dict) -> None:
    found, expected = (drawn(one.plot_index(**asked)) for one in reversed(both))
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-7, atol=1e-9)
    assert found[1:] == expected[1:]
    matplotlib.pyplot.close("all")


@pytest.mark.parametrize(
    "asked", [{}, {"alpha": 0.3, "size": 20}, {"external": False, "plot_alpha": 0.2}], ids=str
)
def test_influence_plots_draw_the_same_points_and_labels(both, asked: dict) -> None:
    theirs, mine = both
    figures = [one.plot_influence(**asked) for one in (mine, theirs)]
    found, expected = map(drawn, figures)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-7)
    assert found[1:] == expected[1:]
    sizes = [figure.axes[0].collections[0].get_sizes() for figure in figures]
    np.testing.assert_allclose(*sizes, rtol=1e-6)
    matplotlib.pyplot.close("all")


def test_plots_refuse_what_they_do_not_know(both) -> None:
    mine = both[1]
    assert mine.plot_influence(criterion="dffits").axes
    for ask, sentence in (
        (lambda: mine.plot_influence(criterion="size"), "criterion is 'size'"),
        (lambda: mine.plot_influence(external=True), "external residuals"),
        (lambda: mine.plot_index("nonsense"), "y_var is 'nonsense'"),
        (lambda: mine.plot_index("dfbeta"), "needs idx"),
    ):
        with pytest.raises(ValueError, match=sentence):
            ask()
    matplotlib.pyplot.close("all")
