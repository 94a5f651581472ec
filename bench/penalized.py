"""Penalized fits beside scikit-learn, glum, skglm and glmnet at equal KKT residual: python
bench/penalized.py [case ...].

The objective is the mean log-loss plus strength * (l1_ratio |w|_1 + (1 - l1_ratio) |w|^2 / 2), the
intercept left free. Each contestant runs in a process of its own, at the loosest tolerance of its
ladder whose solution has a relative KKT residual of 1e-6 or less; the time is that of the fit
alone, the median of three. Peers that are not installed are left out.

The cases of one-hot columns, l1 and elastic net, have all levels beside the intercept, so that
columns are dependent, and C from 1e-2 to 1e6. Their equal residual is a thousandth of the penalty,
or rounding where that is more: 32 eps of the gradient's terms. liblinear also penalizes the
intercept, and is judged by that objective.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from goals import Goal, Section, goal_table
from harness import child
from misses import MISSES
from penalized_contestants import Glmnet, contestants
from penalized_problems import RESIDUAL, Problem, problem

LADDER = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12)
LIMIT = 8.0  # seconds by which the last repetition must be likely to end
CUT_OFF = 30.0  # seconds a contestant may take in all, its data included


def run(name: str, who: str, tell: Callable[[dict[str, Any]], None]) -> None:
    """One contestant on one case: the median time at the first tolerance that is tight enough, and
    its residual.

    `tell` hears what is known after each fit, for the case that there is no next.
    """
    at = problem(name)
    fit = contestants(at)[who]
    if (
        at.beside_penalty and who != "skglm"
    ):  # a few milliseconds: not with what is loaded at the first call
        fit(Problem(at.X[:500], at.y[:500], at.strengths, at.l1_ratio), 1e-4)
    if who == "skglm":  # compiled at the first call
        small = problem("dense_200k_50/l1")
        X, y = small.X[:500], small.y[:500]
        fit(
            Problem(sp.csr_array(X) if sp.issparse(at.X) else X, y, small.strengths, at.l1_ratio),
            1e-4,
        )
    begun = time.perf_counter()

    def timed(tolerance: float) -> tuple[float, float]:
        started = time.perf_counter()
        coef, intercept = fit(at, tolerance)
        seconds = fit.seconds if isinstance(fit, Glmnet) else time.perf_counter() - started
        if (
            len(coef) != at.strengths.size
        ):  # of scikit-learn's cross-validation only the means of folds are to be had
            return seconds, np.nan
        points = zip(coef, intercept, at.strengths, strict=True)
        return seconds, max(at.residual(c, b, s, who == "sklearn liblinear") for c, b, s in points)

    own = (1e-7, 1e-9, 1e-12) if at.beside_penalty else (5e-7, 2e-7, 5e-8)
    for tolerance in own if who == "ours" else LADDER:
        seconds, worst = timed(tolerance)
        found = {"seconds": seconds, "residual": worst, "tolerance": tolerance, "runs": 1}
        tell(found)
        if worst <= RESIDUAL or (worst != worst and tolerance <= 1e-7):
            break
    times = [seconds]
    while len(times) < 3 and time.perf_counter() - begun + seconds < LIMIT:
        times.append(timed(tolerance)[0])
        tell(found | {"seconds": float(np.median(times)), "runs": len(times)})


CASES = (
    "dense_200k_50/l2",
    "dense_200k_50/l1",
    "dense_200k_50/path",
    "flights/l2",
    "flights/l1",
    "flights/path",
    "sparse_50k_50k/l2",
    "sparse_50k_50k/l1",
    "sparse_50k_50k/path",
    "dense_20k_2000/l2",
    "dense_20k_2000/l1",
    "classes5_200k_50/l2",
    "classes5_200k_50/l1",
    "dense_200k_50/cv_l2",
    "dense_200k_50/cv",
    "dense_20k_2000/path",
    *(
        f"one_hot_{n}/{task}_at_{C}"
        for n in ("1k", "50k")
        for task in ("l1", "net")
        for C in ("1e-2", "1", "1e2", "1e6")
    ),
)


Found = dict[
    str, dict[str, tuple[dict[str, Any] | None, str]]
]  # by case and contestant: what it found, or why nothing


def section(names: Sequence[str], say: Callable[[str], object] = print) -> Section:
    """All contestants on the cases of these names, or all, each in a process of its own; the
    goals.
    """
    found: Found = {}
    for name in names or CASES:
        own = found[name] = {}
        for who in contestants(problem(name)):
            told, said = child(Path(__file__), ["--one", name, who], CUT_OFF)
            own[who] = (told[-1], "") if told else (None, said)
            say(f"{name:20} {who:24} {cell(*own[who])}")
    everyone = list(dict.fromkeys(who for own in found.values() for who in own))
    lines = ["| case | " + " | ".join(everyone) + " |", "|---" * (len(everyone) + 1) + "|"]
    for name, own in found.items():
        lines.append(
            f"| {name} | "
            + " | ".join(cell(*own[who]) if who in own else "" for who in everyone)
            + " |"
        )
    return Section("penalized", lines, [goal(name, own) for name, own in found.items()])


def cell(found: dict[str, Any] | None, said: str) -> str:
    """The time, with the residual where it stayed above the equal one."""
    if found is None:
        return said if said.startswith("over ") else "failed"
    return f"{found['seconds']:.2f}" + (
        f" ({found['residual']:.0e})" if found["residual"] > RESIDUAL else ""
    )


def goal(name: str, own: dict[str, tuple[dict[str, Any] | None, str]]) -> Goal:
    """To be ahead of the fastest peer; on a path, and its folds, three times.

    Where a peer was cut off on its way to the equal residual, its last fit counts, as one to that
    residual takes longer; where it finished none, it is no measure.
    """
    if name.startswith("one_hot"):
        return one_hot_goal(name, own)
    path = name.endswith(("/path", "/cv", "/cv_l2"))
    told, _ = own["ours"]
    peers = {who: found["seconds"] for who, (found, _) in own.items() if who != "ours" and found}
    fastest = min(peers, key=lambda who: peers[who], default="any peer")
    value = peers[fastest] / told["seconds"] if peers and told else np.nan
    beyond = bool(peers) and (own[fastest][0] or {})["residual"] > RESIDUAL
    return Goal(
        f"penalized/{name}",
        f"{name}: ahead of {fastest}",
        value,
        3.0 if path else 1.0,
        True,
        beyond=beyond,
    )


def one_hot_goal(name: str, own: dict[str, tuple[dict[str, Any] | None, str]]) -> Goal:
    """With many rows to be no slower than the fastest peer; with few within twice its time, or 10
    ms.

    Only a peer at the equal residual is a measure, or the time at which all were cut off.
    """
    few = name.startswith("one_hot_1k")
    told, _ = own["ours"]
    peers = {
        w: found["seconds"]
        for w, (found, _) in own.items()
        if w != "ours" and found and found["residual"] <= RESIDUAL
    }
    fastest = min(peers, key=lambda who: peers[who], default="all peers")
    seconds = max(peers.get(fastest, CUT_OFF), 0.005 if few else 0.0)
    good = told is not None and told["residual"] <= RESIDUAL
    value = seconds / told["seconds"] if told and good else np.nan
    text = (
        f"{name}: {'within twice of' if few else 'no slower than'} "
        f"{fastest}{', or 10 ms' if few else ''}"
    )
    return Goal(f"penalized/{name}", text, value, 0.5 if few else 1.0, True, beyond=not peers)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--one"]:
        run(*sys.argv[2:], lambda found: print(json.dumps(found), flush=True))
    else:
        print("\n".join(["", *goal_table(section(sys.argv[1:]).goals, MISSES)]))
