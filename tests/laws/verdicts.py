"""What becomes of a random problem: the fit, and the judgment on it by the exact reference."""

import warnings
from dataclasses import replace
from enum import Enum
from math import inf, log10
from typing import NamedTuple

from logit_engine import (
    CLUSTER,
    HC0,
    HC1,
    HC2,
    HC3,
    LINKS,
    NONROBUST,
    Bernoulli,
    FitResult,
    Multinomial,
    array_rows,
    fit,
)
from logit_engine.errors import DataError, LogitEngineError, RankError, SeparationError
from logit_engine.fitting.result import Verdict
from tests.laws.exact import Reference, Truth, digits, numbers
from tests.laws.random_problems import Problem

COVARIANCES = {
    "nonrobust": NONROBUST,
    "HC0": HC0,
    "HC1": HC1,
    "HC2": HC2,
    "HC3": HC3,
    "cluster": CLUSTER,
}
FEWEST_DIGITS = 6.0
SLACK_DIGITS = 2.5  # below the promise of docs/engine.md
HOPELESS_KAPPA = 1e12
EASY_KAPPA, EASY_ETA = 1e8, 30.0


class Judgment(Enum):
    """Right, refused or given up for a true reason, or one of the four things that must not be."""

    RIGHT = "right"
    REFUSED = "refused, for a true reason"
    GIVEN_UP = "not converged: too far out, or too nearly collinear"
    WRONG = "wrong, and converged"
    FALSE_REASON = "refused for a false reason"
    RAW = "a raw exception"
    LOST = "not converged, although the maximum is finite and moderate"


FORBIDDEN = (Judgment.WRONG, Judgment.FALSE_REASON, Judgment.RAW, Judgment.LOST)


class Judged(NamedTuple):
    """The judgment, and what it rests on."""

    judgment: Judgment
    text: str


def fitted(problem: Problem) -> FitResult:
    """The engine's fit, with every warning an error."""
    names = [f"class {c}" for c in range(problem.classes)] if problem.classes > 2 else []
    rows = array_rows(
        problem.X,
        problem.y,
        classes=names,
        intercept=problem.intercept,
        weight=problem.copies,
        precision=problem.precision,
        offset=problem.offset,
        cluster=problem.cluster,
    )
    likelihood = Multinomial(problem.classes - 1) if names else Bernoulli(LINKS[problem.link])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = fit(rows, likelihood, covariance_type=COVARIANCES[problem.covariance], threads=1)
        _ = result.std_errors, result.p_values, result.interval(), result.aic
    return result


def judged(problem: Problem) -> Judged:
    """Fit a problem, and judge what was said."""
    try:
        result = fitted(problem)
    except LogitEngineError as error:
        return _refusal(problem, error)
    except Exception as error:
        return Judged(Judgment.RAW, repr(error))
    reference = Reference(problem)
    text = result.status.sentence
    if result.status.verdict is Verdict.CONVERGED:
        return _answer(reference, result)
    truth = None if _has_no_maximum(reference) else _truth(reference)
    easy = truth is not None and truth.kappa < EASY_KAPPA and truth.largest_eta < EASY_ETA
    return Judged(Judgment.LOST if easy else Judgment.GIVEN_UP, text)


def _refusal(problem: Problem, error: LogitEngineError) -> Judged:
    """Whether the reason is true, by exact rank and exact linear program."""
    if isinstance(error, DataError):
        one_class = len(set(problem.y[_kept(problem)])) < 2 and 0.0 <= problem.y[0] in (0.0, 1.0)
        few_rows = problem.X.shape[1] + problem.intercept > _kept(problem).sum()
        missing = problem.classes > 2 and len(set(problem.y[_kept(problem)])) < problem.classes
        alone = "leverage" in str(error) and _has_full_leverage(problem)
        clusters = set() if problem.cluster is None else set(problem.cluster[_kept(problem)])
        one_cluster = len(clusters) == 1 and "at least two clusters" in str(error)
        true = one_class or few_rows or missing or alone or one_cluster
    else:
        reference = Reference(problem)
        full_rank = len(reference.independent) == reference.p
        if isinstance(error, SeparationError):
            true = reference.separated or _is_hopeless(reference)
        else:
            deficient = not full_rank or reference.column_kappa() > HOPELESS_KAPPA
            true = isinstance(error, RankError) and deficient
    return Judged(
        Judgment.REFUSED if true else Judgment.FALSE_REASON, f"{type(error).__name__}: {error}"
    )


def _has_full_leverage(problem: Problem) -> bool:
    """Whether HC2 and HC3 do not exist at the maximum that the engine finds."""
    reference = Reference(problem)
    found = fitted(replace(problem, covariance="nonrobust"))
    return reference.has_full_leverage(reference.inner(numbers(found.estimates)))


def _kept(problem: Problem):  # type: ignore[no-untyped-def]
    """Which rows have weight."""
    kept = problem.y == problem.y
    for weight in (problem.copies, problem.precision):
        kept = kept if weight is None else kept & (weight > 0)
    return kept


def _has_no_maximum(reference: Reference) -> bool:
    return len(reference.independent) < reference.p or reference.separated


def _truth(reference: Reference, start: object = None) -> Truth | None:
    theta = reference.maximum(start)
    return None if theta is None else reference.truth(theta)


def _is_hopeless(reference: Reference) -> bool:
    """Whether kappa is above what the engine promises anything for: such problems are aside."""
    if _has_no_maximum(reference):
        return False
    truth = _truth(reference)
    return truth is None or truth.kappa > HOPELESS_KAPPA


def _answer(reference: Reference, result: FitResult) -> Judged:
    """Whether the numbers of a converged fit are right."""
    text = result.status.sentence
    if _has_no_maximum(reference):
        return Judged(Judgment.WRONG, f"no maximum exists: {text}")
    truth = _truth(reference)
    if (
        truth is None or reference.problem.link == "cauchit"
    ):  # a local maximum: look from where the engine is
        truth = _truth(reference, reference.inner(numbers(result.estimates))) or truth
    if truth is None:
        return Judged(Judgment.WRONG, f"the reference finds no maximum: {text}")
    if truth.kappa > HOPELESS_KAPPA:
        return Judged(Judgment.RIGHT, "kappa above 1e12")
    if reference.problem.covariance != "nonrobust" and truth.smallest_score < 1e-14:
        return Judged(Judgment.RIGHT, "a sandwich of scores that are zero to rounding")
    least = inf
    for b, true, error in zip(result.estimates, truth.params, truth.std_errors, strict=True):
        least = min(least, digits(b, true, max(abs(true), error)))
    for found, error in zip(result.std_errors, truth.std_errors, strict=True):
        least = min(least, digits(found, error, error))
    promised = min(13.0, 14.0 - log10(max(truth.kappa, 1.0)))
    if reference.problem.covariance != "nonrobust" and "shares" in reference.problem.tags:
        promised = min(promised, 16.0 + log10(max(truth.smallest_score, 1e-16)))
    wrong = least < FEWEST_DIGITS and least < promised - SLACK_DIGITS
    return Judged(
        Judgment.WRONG if wrong else Judgment.RIGHT, f"{least:.1f} of {promised:.1f} digits: {text}"
    )
