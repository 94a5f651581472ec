"""Wald and t tests as statsmodels' callers ask for them, resolved to the engine's tests."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from logit_engine.columns import Array
from logit_engine.discrete.contrasts import ContrastResults, PairwiseResult
from logit_engine.discrete.estimates import Estimates
from logit_engine.discrete.joint_tests import TermTests, WaldResult
from logit_engine.errors import SeparationWarning, UsageError
from logit_engine.inference.hypotheses import Test, contrasts, wald, wald_terms
from logit_engine.inference.multiplicity import pairwise
from logit_engine.reporting.notices import warn_caller


def contrast_results(
    estimates: Estimates,
    r_matrix: object,
    cov_p: object,
    use_t: bool | None,
) -> ContrastResults:
    """Each row of R theta = q separately; see `DiscreteResults.t_test`."""
    R, q = estimates.hypotheses(r_matrix)
    covariance, df = estimates.covariance_or(cov_p), estimates.test_df(use_t)
    names = tuple(f"c{i}" for i in range(R.shape[0]))
    found = contrasts(estimates.limits, covariance, R, q, df)
    return ContrastResults(found, names, estimates.model.output_format)


def wald_result(
    estimates: Estimates,
    r_matrix: object,
    cov_p: object,
    invcov: object,
    use_f: bool | None,
    df_constraints: object,
    scalar: bool,
) -> WaldResult:
    """All rows of R theta = q together; see `DiscreteResults.wald_test`.

    Raises UsageError for shapes that do not fit together.
    """
    R, q = estimates.hypotheses(r_matrix)
    f_df = estimates.test_df(use_f)
    limits = estimates.limits
    is_finite = bool(np.isfinite(limits[(R != 0.0).any(axis=0)]).all())
    if invcov is None or not is_finite:
        covariance = estimates.covariance_or(cov_p)
        test = wald(limits, covariance, R, q, f_df, estimates.constraint_names)
    else:
        test = _test_in_metric(limits, R, q, np.asarray(invcov, dtype=np.float64), f_df)
    if test.note:
        warn_caller(test.note, SeparationWarning if np.isnan(test.statistic) else UserWarning)
    return WaldResult(test if df_constraints is None else _with_df(test, df_constraints), scalar)


def _test_in_metric(limits: Array, R: Array, q: Array, metric: Array, f_df: float | None) -> Test:
    """The squared distance of R theta from q in a metric, (m, m).

    Raises UsageError for a metric of another shape, and for infinite estimates in R theta.
    """
    if metric.shape != (R.shape[0], R.shape[0]):
        raise UsageError(
            f"invcov has shape {metric.shape}; it is the inverse covariance of {R.shape[0]} "
            "restrictions."
        )
    involved = (R != 0.0).any(axis=0)
    if not np.isfinite(limits[involved]).all():
        raise UsageError(
            "the restrictions involve a coefficient that has no finite estimate; "
            "leave it out of the test."
        )
    distance = R[:, involved] @ limits[involved] - q
    chi2, df = float(distance @ metric @ distance), R.shape[0]
    statistic = chi2 if f_df is None else chi2 / df
    return Test(statistic, _upper_tail(statistic, df, f_df), df, f_df)


def _with_df(test: Test, df: object) -> Test:
    """The test with another number of restrictions. Raises UsageError unless that is a count."""
    if not isinstance(df, int | np.integer) or df < 1:
        raise UsageError(f"df_constraints is {df!r}; it is a whole number above zero.")
    count, f_df = int(df), test.df_denominator
    statistic = test.statistic if f_df is None else test.statistic * test.df / count
    return replace(test, statistic=statistic, p_value=_upper_tail(statistic, count, f_df), df=count)


def _upper_tail(statistic: float, df: float, f_df: float | None) -> float:
    tail = special.chdtrc(df, statistic) if f_df is None else special.fdtrc(df, f_df, statistic)
    return float(tail)


def term_tests(
    estimates: Estimates,
    skip_single: bool,
    extra_constraints: Iterable[tuple[str, object]] | None,
    combine_terms: Sequence[str] | None,
    scalar: bool,
) -> TermTests:
    """One Wald test for each term; see `DiscreteResults.wald_test_terms`.

    Raises UsageError for scalar=False, and for a text in combine_terms that no term's name has.
    """
    if not scalar:
        raise UsageError(
            "the table of terms holds numbers; ask wald_test(..., scalar=False) for one test's "
            "arrays."
        )
    terms = _terms_to_test(estimates, skip_single, combine_terms or ())
    limits, covariance, f_df = estimates.limits, estimates.covariance, estimates.test_df()
    tests = dict(wald_terms(limits, covariance, terms, f_df))
    for name, constraint in extra_constraints or ():
        R, q = estimates.hypotheses(constraint)
        tests[name] = wald(limits, covariance, R, q, f_df, estimates.constraint_names)
    return TermTests(tests, estimates.model.output_format)


def _terms_to_test(
    estimates: Estimates,
    skip_single: bool,
    combine_terms: Sequence[str],
) -> dict[str, list[int]]:
    """The positions of each term's parameters; parameters of aliased columns are left out."""
    known = ~np.isnan(estimates.params)
    positions = {name: [j for j in at if known[j]] for name, at in estimates.terms().items()}
    terms = {name: at for name, at in positions.items() if at and (not skip_single or len(at) > 1)}
    for part in combine_terms:
        terms[part] = [j for name, at in positions.items() if part in name for j in at]
        if not terms[part]:
            raise UsageError(
                f"combine_terms: no term has '{part}' in its name; there are "
                f"{', '.join(positions)}."
            )
    return terms


def pairwise_result(
    estimates: Estimates,
    term: str,
    method: str,
    alpha: float,
    factor_labels: Iterable[str] | None,
) -> PairwiseResult:
    """All differences between a term's levels; see `DiscreteResults.t_test_pairwise`.

    Raises UsageError for a model without a formula, and for a term that is not categorical.
    """
    design, terms = estimates.model.design, estimates.terms()
    if design is None:
        raise UsageError(
            "pairwise tests need a model fitted by a formula, whose terms have levels."
        )
    if term not in terms:
        raise UsageError(f"'{term}' is not a term of the formula; there are {', '.join(terms)}.")
    levels, has_reference = design.levels(term)
    labels = levels if factor_labels is None else list(factor_labels)
    found = pairwise(
        estimates.limits,
        estimates.covariance,
        terms[term],
        labels,
        has_reference,
        method,
        estimates.test_df(),
    )
    return PairwiseResult(found, method, alpha, estimates.model.output_format, term)
