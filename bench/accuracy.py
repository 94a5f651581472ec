"""The digits of every hard case, ours beside those of statsmodels' Newton: python
bench/accuracy.py. Fails below a goal.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from statsmodels.tools.sm_exceptions import PerfectSeparationError

from logit_engine.errors import LogitEngineError

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.agreement.cases import CASES, Case
from tests.agreement.scoring import Digits, engine, goal, kappa, scored

MODELS = {"logit": sm.Logit, "probit": sm.Probit, "multinomial": sm.MNLogit}
COLUMNS = f"{'params':>7} {'std err':>7} {'loglik':>7}"


def peer(case: Case) -> Digits | None:
    """The digits of statsmodels' Newton at its defaults, 0 where it fails; None where it has no
    such model.
    """
    if case.link not in MODELS or case.weight is not None:
        return None
    keywords: dict[str, object] = {"cov_type": case.covariance}
    if case.cluster is not None:
        keywords["cov_kwds"] = {"groups": case.cluster.astype(int), "use_correction": False}
    offset = {} if case.offset is None else {"offset": case.offset}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            X = sm.add_constant(case.X, has_constant="add")
            found = MODELS[case.link](case.y, X, **offset).fit(method="newton", disp=0, **keywords)
            errors = np.asarray(found.bse).T.reshape(-1)
    except (np.linalg.LinAlgError, ValueError, PerfectSeparationError):
        return Digits(0.0, 0.0, 0.0)
    if case.cluster is not None:
        groups = np.unique(case.cluster).size
        errors = errors * np.sqrt(groups / (groups - 1))
    return scored(case, np.asarray(found.params).T.reshape(-1), errors, float(found.llf))


def cells(digits: Digits | None) -> str:
    """Three numbers under COLUMNS, or dots where there are none."""
    return (
        " ".join(f"{value:7.1f}" for value in digits) if digits else f"{'.':>7} {'.':>7} {'.':>7}"
    )


def main() -> int:
    """Print the table; the number of cases that miss their goal."""
    print(f"{'':40} {'logit-engine':^30}   {'statsmodels, its defaults':^23}")
    print(f"{'case':25} {'kappa':>8} {'goal':>5} {COLUMNS} {'passes':>6}   {COLUMNS}")
    missed = {}
    for case in CASES:
        try:
            digits, passes = engine(case)
            missing = digits.missing(goal(case))
        except (AssertionError, LogitEngineError) as failure:
            digits, passes, missing = Digits(0.0, 0.0, 0.0), 0, str(failure)
        if missing:
            missed[case.name] = missing
        print(
            f"{case.name:25} {kappa(case):8.1e} {goal(case):5.1f} {cells(digits)} {passes:6}   "
            f"{cells(peer(case))}"
        )
    for name, missing in missed.items():
        print(f"{name} misses its goal: {missing}")
    return len(missed)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
