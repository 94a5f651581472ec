"""The promised digits, against references of 60: min(13, 14 - log10 kappa) of every estimate and standard error."""

import importlib.util
import json
from decimal import Decimal
from math import inf, log10
from pathlib import Path

import pytest

from logit_engine import LINKS, Bernoulli, array_rows, fit

HERE = Path(__file__).parent


def _cases():
    spec = importlib.util.spec_from_file_location("agreement_cases", HERE / "cases.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CASES


REFERENCES = json.loads((HERE / "references.json").read_text(encoding="utf-8"))


def digits(found, true, unit):
    """-log10 of the error in the unit; infinite where there is none."""
    error = abs(Decimal(float(found)) - true)
    return -float((error / unit).log10()) if error else inf


@pytest.fixture(scope="module", autouse=True)
def heading():
    print(f"\n{'case':20} {'kappa':>8} {'goal':>5} {'params':>7} {'std err':>7} {'loglik':>7} {'passes':>6}")


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case.name)
def test_promised_digits(case):
    reference = REFERENCES[case.name]
    assert reference["data"] == case.fingerprint, "the case has changed: run make_references.py again"
    rows = array_rows(case.X, case.y, weight=case.weight, offset=case.offset)
    result = fit(rows, Bernoulli(LINKS[case.link]))
    assert result.converged, result.status.sentence

    params, errors = ([Decimal(v) for v in reference[key]] for key in ("params", "std_errors"))
    loglik, kappa = Decimal(reference["loglik"]), float(reference["kappa"])
    of_params = min(digits(b, t, max(abs(t), s)) for b, t, s in zip(result.estimates, params, errors, strict=True))
    of_errors = min(digits(e, s, s) for e, s in zip(result.std_errors, errors, strict=True))
    of_loglik = digits(result.loglik, loglik, abs(loglik))
    goal = min(13.0, 14.0 - log10(kappa))
    print(
        f"{case.name:20} {kappa:8.1e} {goal:5.1f} {of_params:7.1f} {of_errors:7.1f} {of_loglik:7.1f} {result.passes:6}"
    )
    scores = {"params": (of_params, goal), "std errors": (of_errors, goal), "loglik": (of_loglik, 13.0)}
    missed = [f"{what}: {have:.2f} of {due:.2f}" for what, (have, due) in scores.items() if have < due]
    assert not missed, ", ".join(missed)
