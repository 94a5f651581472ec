"""Correct digits of a fit against references of 60, and how many are promised."""

import json
from collections.abc import Iterable
from decimal import Decimal
from math import inf, isfinite, log10
from pathlib import Path
from typing import NamedTuple

from logit_engine import CLUSTER, HC0, LINKS, NONROBUST, Bernoulli, Multinomial, array_rows, fit
from tests.agreement.cases import Case

REFERENCES = json.loads(Path(__file__).with_name("references.json").read_text(encoding="utf-8"))
COVARIANCES = {"nonrobust": NONROBUST, "HC0": HC0, "cluster": CLUSTER}
OF_LOGLIK = 13.0  # promised whatever kappa is


class Digits(NamedTuple):
    """The fewest correct digits of an estimate (against the larger of itself and its standard
    error), of a standard error, and those of the log-likelihood.
    """

    params: float
    std_errors: float
    loglik: float

    def missing(self, goal: float) -> str:
        """What is below its goal, with both numbers; empty if nothing is."""
        due = zip(("params", "std errors", "loglik"), self, (goal, goal, OF_LOGLIK), strict=True)
        return ", ".join(
            f"{what}: {have:.2f} of {need:.2f} digits" for what, have, need in due if have < need
        )


def kappa(case: Case) -> float:
    """The condition number of the case's information, as the references define it."""
    return float(REFERENCES[case.name]["kappa"])


def goal(case: Case) -> float:
    """The digits promised for its estimates and standard errors."""
    return min(13.0, 14.0 - log10(kappa(case)))


def scored(
    case: Case, estimates: Iterable[float], std_errors: Iterable[float], loglik: float
) -> Digits:
    """The digits of these numbers, (q,), (q,) and one; an AssertionError says that the
    references are not of this case.
    """
    reference = REFERENCES[case.name]
    assert reference["data"] == case.fingerprint, (
        f"{case.name} has changed: run make_references.py again"
    )
    params, errors = ([Decimal(v) for v in reference[key]] for key in ("params", "std_errors"))
    true = Decimal(reference["loglik"])
    return Digits(
        min(
            _digits(b, t, max(abs(t), s)) for b, t, s in zip(estimates, params, errors, strict=True)
        ),
        min(_digits(e, s, s) for e, s in zip(std_errors, errors, strict=True)),
        _digits(loglik, true, abs(true)),
    )


def _digits(found: float, true: Decimal, unit: Decimal) -> float:
    """-log10 of the error in the unit: none for a nan, infinitely many where there is no error."""
    if not isfinite(found):
        return 0.0
    error = abs(Decimal(float(found)) - true)
    return max(0.0, -float((error / unit).log10())) if error else inf


def engine(case: Case) -> tuple[Digits, int]:
    """The digits of the engine's own fit and its passes; an AssertionError carries the status of
    one that failed.
    """
    several = case.classes > 2
    names = [f"class {c}" for c in range(case.classes)] if several else []
    rows = array_rows(
        case.X, case.y, classes=names, weight=case.weight, offset=case.offset, cluster=case.cluster
    )
    likelihood = Multinomial(case.classes - 1) if several else Bernoulli(LINKS[case.link])
    result = fit(rows, likelihood, covariance_type=COVARIANCES[case.covariance])
    assert result.converged, f"{case.name}: {result.status.sentence}"
    return scored(case, result.estimates, result.std_errors, result.loglik), result.passes
