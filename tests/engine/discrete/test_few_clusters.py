"""With `use_t`, G clusters give G - 1 degrees of freedom to everything said of an estimate."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from logit_engine.discrete import Logit, MNLogit, logit
from logit_engine.errors import DataError

G = 8
KEYWORDS = {"disp": 0, "cov_type": "cluster", "use_t": True}


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eight clusters of 30 rows: an outcome, a constant with a treatment by cluster and a
    number, and the clusters.
    """
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(G), 30)
    X = np.column_stack([np.ones(groups.size), groups < 3, rng.standard_normal(groups.size)])
    latent = 0.5 * X[:, 2] + rng.normal(size=G)[groups] * 0.6 + rng.logistic(size=groups.size)
    return (latent > 0).astype(float), X, groups


@pytest.fixture(scope="module")
def fitted():
    y, X, groups = data()
    return Logit(y, X).fit(cov_kwds={"groups": groups}, **KEYWORDS)


@pytest.mark.parametrize("correction", [{}, {"df_correction": True}])
def test_p_values_intervals_and_tests_are_those_of_statsmodels(
    fitted, correction: dict[str, bool]
) -> None:
    y, X, groups = data()
    theirs = sm.Logit(y, X).fit(cov_kwds={"groups": groups, **correction}, tol=1e-13, **KEYWORDS)
    assert theirs.df_resid_inference == fitted.df_resid_inference == G - 1
    np.testing.assert_allclose(fitted.pvalues, theirs.pvalues, rtol=1e-9)
    np.testing.assert_allclose(fitted.conf_int(), theirs.conf_int(), rtol=1e-9)
    np.testing.assert_allclose(
        fitted.t_test("x1 = x2").pvalue, theirs.t_test("x1 = x2").pvalue, rtol=1e-9
    )
    for ours, peer in (
        (fitted.f_test(np.eye(3)[1:]), theirs.f_test(np.eye(3)[1:])),
        (fitted.wald_test(np.eye(3)[1:]), theirs.wald_test(np.eye(3)[1:], scalar=True)),
    ):
        assert ours.pvalue == pytest.approx(float(peer.pvalue), rel=1e-9)
        assert ours.df_denom == peer.df_denom == G - 1


def test_the_summaries_print_t_and_its_p_values(fitted) -> None:
    row = next(line for line in str(fitted.summary()).splitlines() if line.startswith("x1"))
    z = fitted.params[1] / fitted.bse[1]
    assert f"{2 * stats.t.sf(abs(z), G - 1):.3f}" in row
    assert "P>|t|" in str(fitted.summary())
    assert "P>|t|" in str(fitted.summary2())


def test_predictions_take_student_s_t(fitted) -> None:
    found = fitted.get_prediction(which="linear")
    reach = stats.t.ppf(0.975, G - 1) * found.se
    np.testing.assert_allclose(
        found.conf_int(), np.stack([found.predicted - reach, found.predicted + reach], axis=1)
    )
    np.testing.assert_allclose(
        found.pvalues, 2 * stats.t.sf(np.abs(found.predicted / found.se), G - 1), rtol=1e-12
    )
    ends = 1 / (1 + np.exp(-found.conf_int()))
    np.testing.assert_allclose(fitted.get_prediction().conf_int(), ends, rtol=1e-12)


def test_without_clusters_predictions_are_those_of_statsmodels() -> None:
    y, X, _ = data()
    theirs = sm.Logit(y, X).fit(disp=0, use_t=True, tol=1e-13).get_prediction()
    found = Logit(y, X).fit(disp=0, use_t=True).get_prediction()
    np.testing.assert_allclose(found.conf_int(), theirs.conf_int(), rtol=1e-9)
    np.testing.assert_allclose(found.t_test(0.5)[1], theirs.t_test(0.5)[1], rtol=1e-8)


def test_margins_take_student_s_t(fitted) -> None:
    found = fitted.get_margeff()
    reach = stats.t.ppf(0.975, G - 1) * found.margeff_se
    np.testing.assert_allclose(found.conf_int()[:, 1], found.margeff + reach, rtol=1e-12)
    np.testing.assert_allclose(
        found.pvalues, 2 * stats.t.sf(np.abs(found.tvalues), G - 1), rtol=1e-12
    )


def test_of_two_ways_the_fewer_clusters_count() -> None:
    y, X, groups = data()
    other = np.arange(groups.size) % 24
    found = Logit(y, X).fit(cov_kwds={"groups": np.column_stack([other, groups])}, **KEYWORDS)
    assert found.df_resid_inference == G - 1


def test_several_classes_and_pairs_of_levels_too() -> None:
    y, X, groups = data()
    three = np.digitize(X[:, 2] + np.sin(7.0 * np.arange(y.size)) + y, [-0.3, 1.0])
    found = MNLogit(three, X).fit(cov_kwds={"groups": groups}, **KEYWORDS)
    np.testing.assert_allclose(
        found.pvalues, 2 * stats.t.sf(np.abs(found.tvalues), G - 1), rtol=1e-12
    )
    frame = pd.DataFrame(
        {"y": y, "x": X[:, 2], "level": np.array(["a", "b", "c"])[np.arange(y.size) % 3]}
    )
    pairs = (
        logit("y ~ C(level) + x", frame)
        .fit(cov_kwds={"groups": groups}, **KEYWORDS)
        .t_test_pairwise("C(level)")
    )
    table = pairs.result_frame
    np.testing.assert_allclose(
        table["P>|t|"], 2 * stats.t.sf(np.abs(table["t"]), G - 1), rtol=1e-12
    )


def test_a_wald_test_of_more_restrictions_than_clusters_allow_says_so() -> None:
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(400), rng.standard_normal((400, 5))])
    y = (X[:, 1] + rng.logistic(size=400) > 0).astype(float)
    found = Logit(y, X).fit(disp=0, cov_type="cluster", cov_kwds={"groups": np.arange(400) % 4})
    with pytest.warns(
        UserWarning,
        match=r"5 restrictions were asked for, but the covariance has rank \d along them",
    ):
        found.wald_test(np.eye(6)[1:])
    assert np.linalg.matrix_rank(found.cov_params()) < 6


def test_a_negative_variance_of_two_ways_names_its_coefficient_and_says_what_to_do() -> None:
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(60), rng.standard_normal((60, 3))])
    y = (X[:, 1] + rng.logistic(size=60) > 0).astype(float)
    ways = [rng.integers(0, 3, 60), rng.integers(0, 25, 60)]
    model = Logit(y, X)

    def variances(groups: np.ndarray) -> np.ndarray:
        asked = {"groups": groups, "correction": "none"}
        return np.square(model.fit(disp=0, cov_type="cluster", cov_kwds=asked).bse)

    both = variances(ways[0]) + variances(ways[1]) - variances(100 * ways[0] + ways[1])
    names = ", ".join(f"'{model.exog_names[j]}'" for j in np.flatnonzero(both < 0.0))
    assert names
    groups = np.column_stack(ways)
    counts = [np.unique(way).size for way in ways]
    with pytest.raises(
        DataError,
        match=rf"\({counts[0]} and {counts[1]} clusters\), the variance of {names} is negative",
    ) as error:
        model.fit(disp=0, cov_type="cluster", cov_kwds={"groups": groups, "correction": "none"})
    assert f"Cluster by the way with {max(counts)} clusters alone" in str(error.value)
