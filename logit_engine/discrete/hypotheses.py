"""Tests of linear hypotheses as statsmodels hands them out: what a call asks for, resolved to the engine's tests."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from logit_engine.columns import Array
from logit_engine.discrete.contrasts import TermTests, WaldResult
from logit_engine.errors import SeparationWarning, UsageError
from logit_engine.inference.hypotheses import Test, wald, wald_terms
from logit_engine.reporting.notices import warn_caller


def wald_result(
    results: Any, r_matrix: Any, cov_p: Any, invcov: Any, use_f: bool | None, df_constraints: Any, scalar: bool
) -> WaldResult:
    """The Wald test of a fit; see `DiscreteResults.wald_test`. Raises UsageError for shapes that do not fit together."""
    R, q = results._hypotheses(r_matrix)
    f_df = results._f_df(use_f)
    finite = bool(np.isfinite(results._limits[(R != 0.0).any(axis=0)]).all())
    if invcov is None or not finite:
        covariance = results._covariance if cov_p is None else np.asarray(cov_p, dtype=np.float64)
        test = wald(results._limits, covariance, R, q, f_df, results._names)
    else:
        test = _in_metric(results._limits, R, q, invcov, f_df)
    if test.note:
        warn_caller(test.note, SeparationWarning if np.isnan(test.statistic) else UserWarning)
    return WaldResult(test if df_constraints is None else _of_df(test, df_constraints), scalar)


def _in_metric(estimates: Array, R: Array, q: Array, invcov: Any, f_df: float | None) -> Test:
    """The squared distance of R theta from q in the metric invcov, (m, m)."""
    metric = np.asarray(invcov, dtype=np.float64)
    if metric.shape != (R.shape[0], R.shape[0]):
        raise UsageError(f"invcov has shape {metric.shape}; it is the inverse covariance of {R.shape[0]} restrictions.")
    touched = (R != 0.0).any(axis=0)
    if not np.isfinite(estimates[touched]).all():
        raise UsageError(
            "the restrictions involve a coefficient that has no finite estimate; leave it out of the test."
        )
    distance = R[:, touched] @ estimates[touched] - q
    statistic, df = float(distance @ metric @ distance), R.shape[0]
    plain = Test(statistic if f_df is None else statistic / df, np.nan, df, f_df)
    return replace(plain, p_value=_tail(plain.statistic, df, f_df))


def _of_df(test: Test, df: Any) -> Test:
    """The same with another number of restrictions. Raises UsageError for what is none."""
    if not isinstance(df, int | np.integer) or df < 1:
        raise UsageError(f"df_constraints is {df!r}; it is a whole number above zero.")
    df = int(df)
    statistic = test.statistic if test.df_denominator is None else test.statistic * test.df / df
    return replace(test, statistic=statistic, p_value=_tail(statistic, df, test.df_denominator), df=df)


def _tail(statistic: float, df: float, f_df: float | None) -> float:
    return float(special.chdtrc(df, statistic) if f_df is None else special.fdtrc(df, f_df, statistic))


def term_tests(
    results: Any, skip_single: bool, extra_constraints: Any, combine_terms: Sequence[str] | None, scalar: bool
) -> TermTests:
    """One Wald test for each term; see `DiscreteResults.wald_test_terms`. Raises UsageError for scalar=False."""
    if not scalar:
        raise UsageError("the table of terms holds numbers; ask wald_test(..., scalar=False) for one test's arrays.")
    known = ~np.isnan(results._theta)
    whole = {name: [j for j in at if known[j]] for name, at in results._terms().items()}
    terms = {name: at for name, at in whole.items() if at and (not skip_single or len(at) > 1)}
    for part in combine_terms or ():
        terms[part] = [j for name, at in whole.items() if part in name for j in at]
        if not terms[part]:
            raise UsageError(f"combine_terms: no term has '{part}' in its name; there are {', '.join(whole)}.")
    f_df = results._f_df(None)
    tests = dict(wald_terms(results._limits, results._covariance, terms, f_df))
    for name, constraint in extra_constraints or ():
        R, q = results._hypotheses(constraint)
        tests[name] = wald(results._limits, results._covariance, R, q, f_df, results._names)
    return TermTests(tests, results._dress)
