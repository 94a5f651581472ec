"""Small and middling fits of two states of the code, paired: python bench/paired.py BEFORE AFTER
[CASE ...].

BEFORE and AFTER are folders with the package, as `git archive` writes them. A process for each
takes turns with the other, in random order, at batches of the same calls, with one thread. The
fastest call of a batch counts: other work on the machine disturbs it least. The ratio's interval is
a bootstrap over pairs of batches. A case is slower if the lower end of this interval is above 1.05;
the command then ends with 1.
"""

import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SLOWER = 1.05
SECONDS = 5.0  # of measuring, for each case
BATCH_SECONDS = 0.03
BATCHES = (8, 150)  # at least, and at most
RESAMPLES = 4000
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "NUMBA")}


def random_outcomes(n: int, p: int, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Independent normal columns and an outcome of so many classes."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n, p))
    eta = X @ rng.standard_normal((p, classes)) / np.sqrt(p)
    return X, (eta + rng.gumbel(size=eta.shape)).argmax(axis=1).astype(np.float64)


def cases() -> dict[str, Callable[[], Any]]:
    """What is timed, by name, in the public names of the package that is on the path."""
    import logit_engine.discrete as sm
    from logit_engine import (
        LINKS,
        Bernoulli,
        LogisticRegression,
        LogisticRegressionCV,
        Multinomial,
        array_rows,
        fit,
    )

    try:
        from logit_engine.estimators.strengths import Task
    except ImportError:  # the state before the package had folders
        from logit_engine.estimation import Task  # type: ignore[import-not-found, no-redef]

    hours, passed = np.loadtxt(
        Path(__file__).parents[1] / "data/exam/students.csv",
        delimiter=",",
        skiprows=1,
        usecols=(1, 2),
    ).T.copy()
    X, y = random_outcomes(1000, 10)
    wide, sign = random_outcomes(1000, 20)
    several, code = random_outcomes(1000, 5, classes=3)
    large, event = random_outcomes(100_000, 20)
    tall, label = random_outcomes(200_000, 50)
    middling, drawn = random_outcomes(20_000, 10)
    narrow, thrown = random_outcomes(300_000, 2)
    task = Task(wide, sign, None, None, 2, True, tuple(map(str, range(20))))
    return {
        "exam": lambda: fit(array_rows(hours, passed)),
        "exam, Logit": lambda: sm.Logit(passed, sm.add_constant(hours)).fit(disp=0),
        "fit 1,000 x 10": lambda: fit(array_rows(X, y)),
        "fit 1,000 x 10, estimates alone": lambda: fit(array_rows(X, y), covariance_type=None),
        "Logit 1,000 x 10": lambda: sm.Logit(y, sm.add_constant(X)).fit(disp=0),
        "probit 1,000 x 10": lambda: fit(array_rows(X, y), Bernoulli(LINKS["probit"])),
        "cloglog 1,000 x 10": lambda: fit(array_rows(X, y), Bernoulli(LINKS["cloglog"])),
        "three classes 1,000 x 5": lambda: fit(
            array_rows(several, code, classes="abc"), Multinomial(2)
        ),
        "LogisticRegression 1,000 x 10": lambda: LogisticRegression().fit(X, y),
        "LogisticRegression, no penalty": lambda: LogisticRegression(C=np.inf).fit(X, y),
        "LogisticRegression, l1": lambda: LogisticRegression(l1_ratio=1.0, C=0.1).fit(wide, sign),
        "LogisticRegression, three classes": lambda: LogisticRegression().fit(several, code),
        "path of 30, l1": lambda: task.path(np.logspace(-3, 1, 30), 1.0, None, None, 1e-10),
        "LogisticRegressionCV, l2": lambda: LogisticRegressionCV(cv=5).fit(X, y),
        "LogisticRegressionCV, l1": lambda: LogisticRegressionCV(cv=5, l1_ratios=(1.0,)).fit(
            wide, sign
        ),
        "fit 4,000 x 10": lambda: fit(array_rows(middling[:4000], drawn[:4000])),
        "fit 20,000 x 10": lambda: fit(array_rows(middling, drawn)),
        "fit 300,000 x 2": lambda: fit(array_rows(narrow, thrown)),
        "fit 100,000 x 20": lambda: fit(array_rows(large, event)),
        "LogisticRegression 200,000 x 50": lambda: LogisticRegression().fit(tall, label),
        "probit 100,000 x 20": lambda: fit(array_rows(large, event), Bernoulli(LINKS["probit"])),
    }


def serve() -> None:
    """Print the cases' names; then answer each line, a case and a number of calls, by the
    seconds of the fastest call.
    """
    warnings.simplefilter("ignore")
    known = cases()
    print(json.dumps(list(known)), flush=True)
    for line in sys.stdin:
        name, calls = json.loads(line)
        seconds = []
        for _ in range(calls):
            started = time.perf_counter()
            known[name]()
            seconds.append(time.perf_counter() - started)
        print(json.dumps(min(seconds)), flush=True)


class Side:
    """One state of the code, in a process of its own."""

    def __init__(self, folder: str) -> None:
        path = {"PYTHONPATH": str(Path(folder).resolve())}
        command = [sys.executable, __file__, "--serve"]
        environment = {**os.environ, **ONE_THREAD, **path}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.names: list[str] = self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def seconds(self, name: str, calls: int) -> float:
        """The seconds of the fastest of so many calls."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([name, calls]) + "\n")
        self.process.stdin.flush()
        return float(self._answer())


def paired_seconds(
    sides: tuple[Side, Side], name: str, rng: np.random.Generator
) -> tuple[np.ndarray, tuple[float, float]]:
    """The seconds of each batch, (2, batches), and the 95% interval of after over before."""
    once = [side.seconds(name, 3) for side in sides]
    calls = max(1, int(BATCH_SECONDS / max(once)))
    batches = int(np.clip(SECONDS / (calls * sum(once)), *BATCHES))
    found = np.empty((2, batches))
    for batch in range(batches):
        for side in rng.permutation(2):
            found[side, batch] = sides[side].seconds(name, calls)
    some = rng.integers(0, batches, (RESAMPLES, batches))
    before, after = (np.median(seconds[some], axis=1) for seconds in found)
    low, high = np.quantile(after / before, [0.025, 0.975])
    return found, (float(low), float(high))


def main(before: str, after: str, names: list[str]) -> int:
    """Print a line for each case; 1 if one is slower."""
    sides, rng, slower = (Side(before), Side(after)), np.random.default_rng(), []
    print("| case | before, ms | after, ms | ratio | 95% interval |\n|---|---|---|---|---|")
    for name in names or sides[1].names:
        found, (low, high) = paired_seconds(sides, name, rng)
        first, second = np.median(found, axis=1)
        slower += [name] * (low > SLOWER)
        print(
            f"| {name} | {1e3 * first:.2f} | {1e3 * second:.2f} | {second / first:.2f} | "
            f"{low:.2f} to {high:.2f} |"
        )
    for side in sides:
        side.process.kill()
    print(f"Slower: {', '.join(slower) or 'none'}.")
    return int(bool(slower))


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    elif len(sys.argv) < 3:
        sys.exit(__doc__)
    else:
        sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
