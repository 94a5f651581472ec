"""Adjusted p-values and pairs of levels against statsmodels."""

import numpy as np
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.multitest import multipletests

from logit_engine.errors import UsageError
from logit_engine.inference.multiplicity import (
    ADJUSTMENTS,
    SHORT_NAMES,
    adjusted_p_values,
    pairwise,
)
from tests.support.hypotheses import TIGHT, flights


@pytest.mark.parametrize(
    ("formula", "columns", "with_reference"),
    [("y ~ C(g) + x", [1, 2, 3], True), ("y ~ C(g) + x - 1", [0, 1, 2, 3], False)],
)
def test_pairs_are_the_t_test_pairwise_of_statsmodels(
    formula: str, columns: list[int], with_reference: bool
) -> None:
    peer = smf.logit(formula, flights()).fit(**TIGHT)
    theirs = peer.t_test_pairwise("C(g)", method=["hs", "bonferroni", "fdr_bh"]).result_frame
    for method in ("hs", "bonferroni", "fdr_bh"):
        ours = pairwise(
            peer.params.to_numpy(),
            peer.cov_params().to_numpy(),
            columns,
            "abcd",
            with_reference,
            method,
        )
        assert list(ours.labels) == list(theirs.index)
        np.testing.assert_allclose(ours.contrasts.effects, theirs["coef"], rtol=1e-12)
        np.testing.assert_allclose(ours.contrasts.p_values, theirs["P>|z|"], rtol=1e-10)
        np.testing.assert_allclose(ours.adjusted, theirs[f"pvalue-{method}"], rtol=1e-10)


def test_labels_that_do_not_match_the_levels_are_refused() -> None:
    with pytest.raises(
        UsageError, match=r"^2 labels were given for 3 levels; name each, and at least two\.$"
    ):
        pairwise(np.zeros(4), np.eye(4), [1, 2], "ab", True)


@pytest.mark.parametrize("method", [*ADJUSTMENTS, *SHORT_NAMES])
def test_adjusted_p_values_are_those_of_statsmodels(method: str) -> None:
    p = np.random.default_rng(7).random(25) ** 4
    p[3] = p[5] = p[9]
    np.testing.assert_allclose(
        adjusted_p_values(p, method), multipletests(p, method=method)[1], rtol=1e-13
    )


@pytest.mark.parametrize("method", ADJUSTMENTS)
def test_missing_p_values_are_no_tests(method: str) -> None:
    p = np.array([0.01, np.nan, 0.04, 1.0, 0.03])
    there = ~np.isnan(p)
    ours = adjusted_p_values(p, method)
    np.testing.assert_array_equal(ours[there], adjusted_p_values(p[there], method))
    assert np.isnan(ours[1])
    assert adjusted_p_values(np.array([]), method).size == 0
    assert adjusted_p_values(np.array([np.nan]), method).size == 1


def test_an_unknown_adjustment_names_those_there_are() -> None:
    with pytest.raises(
        UsageError,
        match=r"^adjustment 'tukey' is not known; choose one of bonferroni, sidak, holm-sidak,",
    ):
        adjusted_p_values(np.array([0.1]), "tukey")
