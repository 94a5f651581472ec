"""Results: tests of hypotheses, under statsmodels' names."""

from collections.abc import Iterable, Mapping, Sequence

from numpy.typing import ArrayLike

from logit_engine.discrete.contrasts import ContrastResults, PairwiseResult
from logit_engine.discrete.hypotheses import (
    contrast_results,
    pairwise_result,
    term_tests,
    wald_result,
)
from logit_engine.discrete.joint_tests import ScoreResult, TermTests, WaldResult
from logit_engine.discrete.results_part import ResultsPart
from logit_engine.discrete.score_tests import score_result


class TestResults(ResultsPart):
    """Tests of linear hypotheses R theta = q; see `DiscreteResults`.

    r_matrix: R, (m, q), with null values of zero; a pair (R, q); or a text such as "x1 = x2".
    """

    __test__ = False  # not a test of pytest's

    def lincom(self, combination: object) -> ContrastResults:
        """Linear combinations of parameters, such as "2 * x1 - x2".

        `.odds_ratios()` of the answer gives them on the odds-ratio scale.
        """
        return contrast_results(self._estimates, combination, None, None)

    def t_test(
        self,
        r_matrix: object,
        cov_p: object = None,
        use_t: bool | None = None,
    ) -> ContrastResults:
        """Each row of R theta = q separately. cov_p: (q, q), in place of the fit's covariance."""
        return contrast_results(self._estimates, r_matrix, cov_p, use_t)

    def wald_test(
        self,
        r_matrix: object,
        cov_p: object = None,
        invcov: object = None,
        use_f: bool | None = None,
        df_constraints: int | None = None,
        scalar: bool = True,
    ) -> WaldResult:
        """All rows of R theta = q together, chi-squared or F.

        cov_p: (q, q), in place of the fit's covariance. invcov: (m, m), the inverse covariance of
        R theta. df_constraints: the degrees of freedom, in place of the rank. scalar: the statistic
        as a number, not as an array (1, 1). Raises UsageError for shapes that do not fit together.
        """
        return wald_result(self._estimates, r_matrix, cov_p, invcov, use_f, df_constraints, scalar)

    def f_test(
        self,
        r_matrix: object,
        cov_p: object = None,
        invcov: object = None,
    ) -> WaldResult:
        """All rows of R theta = q together, by the F distribution; see `wald_test`."""
        return wald_result(self._estimates, r_matrix, cov_p, invcov, True, None, True)

    def wald_test_terms(
        self,
        skip_single: bool = False,
        extra_constraints: Iterable[tuple[str, object]] | None = None,
        combine_terms: Sequence[str] | None = None,
        scalar: bool = True,
    ) -> TermTests:
        """One Wald test for each term: of all columns of a formula's term, or of each column.

        skip_single: without terms of one column. extra_constraints: more tests, pairs of a name and
        a hypothesis. combine_terms: texts, each with one more test of all terms whose names have
        it. Raises UsageError for scalar=False.
        """
        return term_tests(self._estimates, skip_single, extra_constraints, combine_terms, scalar)

    def t_test_pairwise(
        self,
        term_name: str,
        method: str = "hs",
        alpha: float = 0.05,
        factor_labels: Iterable[str] | None = None,
    ) -> PairwiseResult:
        """All differences between the levels of a formula's categorical term.

        method: of the adjustment of p-values. factor_labels: names of the levels. Raises UsageError
        without a formula, and for a term that is not categorical.
        """
        return pairwise_result(self._estimates, term_name, method, alpha, factor_labels)

    def score_test(
        self,
        exog_extra: object = None,
        params_constrained: ArrayLike | None = None,
        hypothesis: str = "joint",
        cov_type: str | None = None,
        cov_kwds: Mapping[str, object] | None = None,
        k_constraints: int | None = None,
        observed: bool = True,
        return_object: bool | None = None,
        r_matrix: object = None,
    ) -> ScoreResult:
        """Rao's test of leaving out exog_extra, or of linear restrictions, from the restricted fit.

        params_constrained: the restricted estimate, if this fit is not the restricted one. With
        k_constraints alone the whole score is tested. hypothesis: "joint", or "separate" for each
        restriction. cov_type: nonrobust, HC0, or cluster with cov_kwds; by default the fit's.
        observed: the observed information, not the expected one. return_object acts on nothing, as
        the answer is object and pair at once. Raises UsageError for arguments that do not fit
        together.
        """
        return score_result(
            self._estimates,
            exog_extra,
            params_constrained,
            hypothesis,
            cov_type,
            cov_kwds,
            k_constraints,
            observed,
            r_matrix,
        )
