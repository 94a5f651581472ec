"""Write references.json: every case solved by Newton's method in 60 digits, its doubles taken as exact.

Run: python tests/agreement/make_references.py (needs mpmath). Nothing of the engine is used.
"""

import json
from pathlib import Path
from typing import Any

import mpmath as mp
from cases import CASES, Case

mp.mp.dps = 60
REFERENCES = Path(__file__).with_name("references.json")
SETTLED = mp.mpf(10) ** -25  # a Newton decrement from which the full step is exact: convergence is quadratic


def logit(eta: Any) -> tuple[Any, Any, Any, Any]:
    """F, 1 - F, f and the derivative of log f."""
    e = mp.exp(-eta)
    F, S = 1 / (1 + e), e / (1 + e)
    return F, S, F * S, S - F


def probit(eta: Any) -> tuple[Any, Any, Any, Any]:
    """The same of the standard normal."""
    return mp.erfc(-eta / mp.sqrt(2)) / 2, mp.erfc(eta / mp.sqrt(2)) / 2, mp.npdf(eta), -eta


def cloglog(eta: Any) -> tuple[Any, Any, Any, Any]:
    """The same of 1 - exp(-exp(eta))."""
    u = mp.exp(eta)
    return -mp.expm1(-u), mp.exp(-u), u * mp.exp(-u), 1 - u


LINKS = {"logit": logit, "probit": probit, "cloglog": cloglog}


def row_terms(link: str, eta: Any, y: Any) -> tuple[Any, Any, Any]:
    """log-likelihood, its first derivative in eta, and minus its second, of one row; y in [0, 1]."""
    F, S, f, slope = LINKS[link](eta)
    yes, no = f / F, f / S
    loglik = (y * mp.log(F) if y else 0) + ((1 - y) * mp.log(S) if y != 1 else 0)
    return loglik, y * yes - (1 - y) * no, y * yes * (yes - slope) + (1 - y) * no * (no + slope)


def sums(case: Case, rows: list[list[Any]], b: Any) -> tuple[Any, Any, Any, list[Any]]:
    """Log-likelihood, score (p), observed information (p, p) and the curvature of each row, at b."""
    p = len(rows[0])
    loglik, score, information, curvatures = mp.mpf(0), mp.zeros(p, 1), mp.zeros(p, p), []
    for i, x in enumerate(rows):
        eta = sum((x[j] * b[j] for j in range(p)), mp.mpf(0) if case.offset is None else mp.mpf(float(case.offset[i])))
        weight = mp.mpf(1) if case.weight is None else mp.mpf(float(case.weight[i]))
        value, slope, bend = (weight * v for v in row_terms(case.link, eta, mp.mpf(float(case.y[i]))))
        loglik += value
        curvatures.append(bend)
        for j in range(p):
            score[j] += slope * x[j]
            for k in range(j + 1):
                information[j, k] += bend * x[j] * x[k]
    for j in range(p):
        for k in range(j):
            information[k, j] = information[j, k]
    return loglik, score, information, curvatures


def solved(case: Case) -> tuple[Any, Any, Any, list[Any]]:
    """Estimates, log-likelihood, information and row curvatures at the maximum, by Newton's method with halved steps."""
    rows = [[mp.mpf(1), *(mp.mpf(float(v)) for v in row)] for row in case.X]
    b = mp.zeros(len(rows[0]), 1)
    loglik, score, information, _ = sums(case, rows, b)
    for _ in range(100):
        step = mp.lu_solve(information, score)
        decrement = mp.sqrt(mp.fdot(step, score))
        while True:
            at = b + step
            there = sums(case, rows, at)
            if there[0] >= loglik or decrement < SETTLED:
                break
            step /= 2
        b, (loglik, score, information, curvatures) = at, there
        if decrement < SETTLED:
            return b, loglik, information, curvatures
    raise RuntimeError(f"{case.name}: no maximum after 100 steps")


def condition(case: Case, w: list[Any]) -> Any:
    """2-norm condition number of the columns, centered at their weighted means, times sqrt(w), at unit norm."""
    n, p = case.X.shape
    columns = []
    for j in range(p):
        x = [mp.mpf(float(v)) for v in case.X[:, j]]
        mean = mp.fdot(w, x) / mp.fsum(w)
        column = [mp.sqrt(w[i]) * (x[i] - mean) for i in range(n)]
        norm = mp.sqrt(mp.fdot(column, column))
        columns.append([v / norm for v in column])
    gram = mp.matrix([[mp.fdot(a, b) for b in columns] for a in columns])
    values = mp.eigsy(gram, eigvals_only=True)
    return mp.sqrt(max(values) / min(values))


def reference(case: Case) -> dict[str, Any]:
    """What the test compares with, as text of 25 digits."""
    b, loglik, information, curvatures = solved(case)
    inverse = information**-1
    p = len(b)

    def text(value: Any) -> str:
        return str(mp.nstr(value, 25, strip_zeros=False))

    return {
        "data": case.fingerprint,
        "params": [text(b[j]) for j in range(p)],
        "std_errors": [text(mp.sqrt(inverse[j, j])) for j in range(p)],
        "loglik": text(loglik),
        "kappa": text(condition(case, curvatures)),
    }


if __name__ == "__main__":
    found = {}
    for case in CASES:
        found[case.name] = reference(case)
        print(f"{case.name:20} kappa {float(found[case.name]['kappa']):.2e} params {found[case.name]['params']}")
    REFERENCES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
