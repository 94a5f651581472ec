"""Penalized fits beside scikit-learn, glum, skglm and glmnet at equal KKT residual: python bench/penalized.py [case ...].

The objective is the mean log-loss plus strength * (l1_ratio |w|_1 + (1 - l1_ratio) |w|^2 / 2), the intercept left free. Each
contestant runs in a process of its own, at the loosest tolerance of its ladder whose solution has a relative KKT residual
of 1e-6 or less; the time is that of the fit alone, the median of three. Peers that are not installed are left out.

The cases of one-hot columns, l1 and elastic net, have all levels beside the intercept, so that columns are dependent, and
C from 1e-2 to 1e6. Their equal residual is a thousandth of the penalty, or rounding where that is more: 32 eps of the
gradient's terms. liblinear also penalizes the intercept, and is judged by that objective.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from goals import Goal, Section, goal_table
from harness import child
from misses import MISSES
from scipy.special import expit, softmax

RESIDUAL = 1e-6
LADDER = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12)
LIMIT = 8.0  # seconds by which the last repetition must be likely to end
CUT_OFF = 30.0  # seconds a contestant may take in all, its data included


@dataclass(frozen=True)
class Problem:
    """X (n, p), codes y (n,), the strengths in falling order and the share of l1; folds: of a cross-validation, or 0.

    beside_penalty: a residual is measured by the penalty, else by the gradient of the null model.
    """

    X: Any
    y: np.ndarray
    strengths: np.ndarray
    l1_ratio: float
    folds: int = 0
    beside_penalty: bool = False

    @property
    def classes(self) -> int:
        return int(self.y.max()) + 1

    def probabilities(self, eta: np.ndarray) -> np.ndarray:
        return expit(eta) if self.classes == 2 else softmax(eta, axis=1)

    def slopes(self, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The gradient of the mean log-loss in the coefficients, (p[, K]), and in the intercepts."""
        target = self.y if self.classes == 2 else np.eye(self.classes)[self.y.astype(int)]
        residual = (self.probabilities(eta) - target) / self.y.size
        return self.X.T @ residual, residual.sum(axis=0)

    def residual(self, coef: np.ndarray, intercept: Any, strength: float, held: bool = False) -> float:
        """The largest distance of minus the gradient to the penalty's subdifferential, over what it is measured by.

        held: the penalty is on the intercept as well.
        """
        coef = np.asarray(coef, dtype=np.float64)
        w = coef.reshape(-1) if self.classes == 2 else coef.reshape(self.classes, -1).T
        b = float(np.ravel(intercept)[0]) if self.classes == 2 else np.ravel(intercept)
        slope, constant = self.slopes(self.X @ w + b)
        slope = slope + strength * (1.0 - self.l1_ratio) * w
        kink = strength * self.l1_ratio
        away = np.where(w != 0.0, np.abs(slope + kink * np.sign(w)), np.maximum(np.abs(slope) - kink, 0.0))
        alone = np.abs(constant + held * kink * np.sign(b) + held * (strength - kink) * b)
        return float(max(away.max(), alone.max()) / self.unit(strength))

    def unit(self, strength: float) -> float:
        """What a residual is measured by: at `RESIDUAL` of it a solution is accurate enough."""
        if not self.beside_penalty:
            return self.null_slope()
        return max(1e-3 * strength, 32.0 * float(np.finfo(float).eps) * 0.5) / RESIDUAL

    def null_slope(self) -> float:
        shares = np.bincount(self.y.astype(int)) / self.y.size
        eta = np.log(shares[1] / shares[0]) if self.classes == 2 else np.log(shares)
        return float(np.abs(self.slopes(np.broadcast_to(eta, self.y.shape + np.shape(eta)))[0]).max())


def dense(n: int, p: int, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Equally correlated normal columns (0.2), a tenth of them with effects that fall off, events of about 30%."""
    rng = np.random.default_rng(20261121)
    X = np.sqrt(0.8) * rng.standard_normal((n, p)) + np.sqrt(0.2) * rng.standard_normal((n, 1))
    effects = np.zeros((p, classes - 1))
    some = max(5, p // 10)
    effects[:some] = rng.standard_normal((some, classes - 1)) / np.sqrt(1.0 + np.arange(some))[:, None]
    eta = np.c_[np.ones(n), X @ effects]
    return X, (rng.gumbel(size=eta.shape) + eta).argmax(axis=1).astype(np.float64)


def sparse(n: int, p: int, density: float) -> tuple[Any, np.ndarray]:
    """Counts-like sparse columns, a hundred of them with effects."""
    rng = np.random.default_rng(20261121)
    X = sp.random_array(
        (n, p), density=density, format="csr", rng=rng, data_sampler=lambda size: rng.exponential(size=size)
    )
    effects = np.zeros(p)
    effects[rng.choice(p, 100, replace=False)] = 3.0 * rng.standard_normal(100)
    eta = X @ effects
    return X, (rng.random(n) < expit(eta - 0.5)).astype(np.float64)


def one_hot(n: int) -> tuple[Any, np.ndarray]:
    """Four categoricals of 5 to 40 levels, all of them as columns, and five numbers; most have effects."""
    rng = np.random.default_rng(20261126)
    codes = [rng.integers(0, levels, n) for levels in (5, 10, 20, 40)]
    numbers = rng.standard_normal((n, 5))
    eta = 0.5 * numbers @ rng.standard_normal(5) - 0.5
    for code in codes:
        eta = eta + 0.7 * rng.standard_normal(code.max() + 1)[code]
    parts = [sp.csr_array((np.ones(n), (np.arange(n), code))) for code in codes]
    return sp.csr_array(sp.hstack([sp.csr_array(numbers), *parts])), (rng.random(n) < expit(eta)).astype(np.float64)


def flights() -> tuple[Any, np.ndarray]:
    """The training flights, one-hot with all levels, numbers standardized and their gaps at the mean, as a sparse matrix."""
    import polars as pl

    frame = pl.read_parquet(Path(__file__).parents[1] / "data/flights/train/*.parquet").drop_nulls("late")
    numbers = frame.select("distance", "temp", "humid", "wind_speed", "precip", "visib").cast(pl.Float64)
    X = numbers.select((pl.all() - pl.all().mean()) / pl.all().std()).fill_null(0.0).to_numpy()
    parts = [sp.csr_array(X)]
    for column in frame.select("carrier", "origin", "dest", "hour").iter_columns():
        levels = column.rank("dense").to_numpy().astype(int) - 1
        parts.append(sp.csr_array((np.ones(levels.size), (np.arange(levels.size), levels))))
    return sp.csr_array(sp.hstack(parts)), frame["late"].cast(pl.Float64).to_numpy()


def problem(name: str) -> Problem:
    """A case by its name: data, then what is fitted."""
    data, task = name.split("/")
    X, y = {
        "dense_200k_50": lambda: dense(200_000, 50),
        "dense_20k_2000": lambda: dense(20_000, 2000),
        "sparse_50k_50k": lambda: sparse(50_000, 50_000, 0.001),
        "flights": flights,
        "classes5_200k_50": lambda: dense(200_000, 50, classes=5),
        "one_hot_1k": lambda: one_hot(1000),
        "one_hot_50k": lambda: one_hot(50_000),
    }[data]()
    task, _, C = task.partition("_at_")
    ratio = {"net": 0.5, "l2": 0.0, "l1": 1.0, "path": 0.5, "cv": 0.5, "cv_l2": 0.0}[task]
    top = Problem(X, y, np.zeros(0), ratio).null_slope() / max(ratio, 1e-3)
    least = -3.0 if X.shape[0] > X.shape[1] else -2.0  # as glmnet has it, roughly
    if C:
        strengths = np.array([1.0 / (float(C) * y.size)])
    elif task == "path":
        strengths = top * np.logspace(0.0, least, 100)
    elif task == "cv":
        strengths = top * np.logspace(0.0, least, 30)
    elif task == "cv_l2":
        strengths = 1.0 / np.logspace(-4, 4, 10) / y.size
    else:
        strengths = np.array([0.05 * top if task == "l1" else 1.0 / y.size])
    if sp.issparse(X):  # the indices that all peers take
        X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
    return Problem(X, y, np.sort(strengths)[::-1], ratio, 10 if task.startswith("cv") else 0, bool(C))


Fit = Callable[[Problem, float], tuple[np.ndarray, np.ndarray]]  # (points, K or 1, p) coefficients, intercepts


def ours(at: Problem, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """What LogisticRegression and LogisticRegressionCV run, at a residual of one's own choice."""
    from logit_engine.estimators.strengths import Task

    names = tuple(f"x{j}" for j in range(at.X.shape[1]))
    task = Task(at.X, at.y, None, None, at.classes, True, names)
    Cs = 1.0 / (at.strengths * at.y.size)
    if Cs.size == 1:
        found = task.solve(Cs[0], at.l1_ratio, tolerance=tolerance)
        return found.coef[None], found.intercept[None]
    fold = np.arange(at.y.size) % at.folds if at.folds else None
    whole = task.path(Cs, at.l1_ratio, None, fold, tolerance).whole
    return whole.coef, whole.intercept


def sklearn(solver: str) -> Fit:
    def fit(at: Problem, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
        from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

        Cs = 1.0 / (at.strengths * at.y.size)
        common: dict[str, Any] = {"solver": solver, "tol": tolerance, "max_iter": 100_000}
        if at.folds:
            cv = LogisticRegressionCV(
                Cs=Cs, l1_ratios=(at.l1_ratio,), cv=at.folds, n_jobs=2, scoring="neg_log_loss",
                use_legacy_attributes=False, refit=False, **common,
            ).fit(at.X, at.y)  # fmt: skip
            return cv.coef_[None], cv.intercept_[None]
        model = LogisticRegression(l1_ratio=at.l1_ratio, warm_start=True, **common)
        found = []
        for C in Cs:
            model.set_params(C=C).fit(at.X, at.y)
            found.append((model.coef_.copy(), model.intercept_.copy()))
        return np.stack([f[0] for f in found]), np.stack([f[1] for f in found])

    return fit


def glum(at: Problem, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    from glum import GeneralizedLinearRegressor

    X = sp.csc_matrix(at.X) if sp.issparse(at.X) else at.X
    several = at.strengths.size > 1
    model = GeneralizedLinearRegressor(
        family="binomial", l1_ratio=at.l1_ratio, gradient_tol=tolerance, max_iter=1000, alpha_search=several,
        alpha=list(at.strengths) if several else float(at.strengths[0]),
    ).fit(X, at.y)  # fmt: skip
    if several:
        return np.asarray(model.coef_path_)[:, None, :], np.asarray(model.intercept_path_)[:, None]
    return model.coef_[None, None], np.array([[model.intercept_]])


def skglm(at: Problem, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    from skglm import GeneralizedLinearEstimator
    from skglm.datafits import Logistic
    from skglm.penalties import L1_plus_L2
    from skglm.solvers import ProxNewton

    X = sp.csc_matrix(at.X) if sp.issparse(at.X) else np.asfortranarray(at.X)
    found, model = [], None
    for strength in at.strengths:
        solver = ProxNewton(
            tol=tolerance * at.null_slope(), max_iter=1000, max_pn_iter=10_000, warm_start=True, fit_intercept=True
        )
        model = model or GeneralizedLinearEstimator(Logistic(), L1_plus_L2(float(strength), at.l1_ratio), solver)
        model.penalty = L1_plus_L2(float(strength), at.l1_ratio)
        model.fit(X, at.y)
        found.append((np.reshape(model.coef_, (1, -1)).copy(), np.ravel(model.intercept_).copy()))
    return np.stack([f[0] for f in found]), np.stack([f[1] for f in found])


GLMNET = """
library(glmnet); library(Matrix)
a <- commandArgs(trailingOnly = TRUE); setwd(a[1]); n <- as.integer(a[2]); p <- as.integer(a[3]); k <- as.integer(a[4])
y <- readBin("y", "double", n); s <- readBin("s", "double", as.integer(a[5]))
if (file.exists("i")) {
  m <- file.size("i") / 4
  i <- readBin("i", "integer", m); q <- readBin("q", "integer", p + 1); x <- readBin("x", "double", m)
  X <- sparseMatrix(i = i, p = q, x = x, dims = c(n, p), index1 = FALSE)
} else X <- matrix(readBin("x", "double", as.numeric(n) * p), n, p)
fam <- if (k > 2) "multinomial" else "binomial"
alpha <- as.numeric(a[6]); tol <- as.numeric(a[7]); folds <- as.integer(a[8])
fit <- function(f, ...) f(X, y, family = fam, alpha = alpha, lambda = s, standardize = FALSE, thresh = tol, maxit = 1e8, ...)
t0 <- proc.time()[3]
f <- if (folds > 0) fit(cv.glmnet, nfolds = folds)$glmnet.fit else fit(glmnet)
cat(proc.time()[3] - t0)
B <- if (k > 2) do.call(rbind, lapply(f$beta, as.matrix)) else as.matrix(f$beta)
b <- if (k > 2) f$a0 else matrix(f$a0, 1)
writeBin(as.vector(B), "B"); writeBin(as.vector(b), "b")
"""


class Glmnet:
    """glmnet in R: the arrays go by files, the time is R's own."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, at: Problem, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
        with tempfile.TemporaryDirectory() as folder:
            into = Path(folder)
            at.y.tofile(into / "y")
            at.strengths.tofile(into / "s")
            if sp.issparse(at.X):
                X = sp.csc_array(at.X)
                X.indices.astype(np.int32).tofile(into / "i")
                X.indptr.astype(np.int32).tofile(into / "q")
                X.data.tofile(into / "x")
            else:
                at.X.T.tofile(into / "x")
            n, p = at.X.shape
            words = [folder, n, p, at.classes, at.strengths.size, at.l1_ratio, tolerance**1.5, at.folds]
            (into / "run.R").write_text(GLMNET)
            done = subprocess.run(
                ["Rscript", into / "run.R", *map(str, words)], capture_output=True, text=True, check=True
            )
            self.seconds = float(done.stdout)
            outputs = 1 if at.classes == 2 else at.classes
            B = np.fromfile(into / "B").reshape(at.strengths.size, outputs, p)
            return B, np.fromfile(into / "b").reshape(at.strengths.size, outputs)


def contestants(at: Problem) -> dict[str, Fit]:
    """Who can solve this problem."""
    smooth, path, several = at.l1_ratio == 0.0, at.strengths.size > 1, at.classes > 2
    found: dict[str, Fit] = {"ours": ours}
    if at.beside_penalty and at.l1_ratio == 1.0:
        found["sklearn liblinear"] = sklearn("liblinear")
    solvers = ["lbfgs", "newton-cg", "newton-cholesky", "sag"] if smooth else [] if path else ["saga"]
    if at.X.shape[1] > 10_000:
        solvers = [s for s in solvers if s != "newton-cholesky"]  # a matrix of 20 GB
    found |= {f"sklearn {solver}": sklearn(solver) for solver in solvers}
    if not several and not at.folds:
        found["glum"] = glum
        if not smooth:
            found["skglm"] = skglm
    if shutil.which("Rscript") and not (smooth and not path and several):
        found["glmnet"] = Glmnet()
    return found


def run(name: str, who: str, tell: Callable[[dict[str, Any]], None]) -> None:
    """One contestant on one case: the median time at the first tolerance that is tight enough, and its residual.

    `tell` hears what is known after each fit, for the case that there is no next.
    """
    at = problem(name)
    fit = contestants(at)[who]
    if at.beside_penalty and who != "skglm":  # a few milliseconds: not with what is loaded at the first call
        fit(Problem(at.X[:500], at.y[:500], at.strengths, at.l1_ratio), 1e-4)
    if who == "skglm":  # compiled at the first call
        small = problem("dense_200k_50/l1")
        X, y = small.X[:500], small.y[:500]
        fit(Problem(sp.csr_array(X) if sp.issparse(at.X) else X, y, small.strengths, at.l1_ratio), 1e-4)
    begun = time.perf_counter()

    def timed(tolerance: float) -> tuple[float, float]:
        started = time.perf_counter()
        coef, intercept = fit(at, tolerance)
        seconds = fit.seconds if isinstance(fit, Glmnet) else time.perf_counter() - started
        if len(coef) != at.strengths.size:  # of scikit-learn's cross-validation only the means of folds are to be had
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
    "dense_200k_50/l2", "dense_200k_50/l1", "dense_200k_50/path", "flights/l2", "flights/l1", "flights/path",
    "sparse_50k_50k/l2", "sparse_50k_50k/l1", "sparse_50k_50k/path", "dense_20k_2000/l2", "dense_20k_2000/l1",
    "classes5_200k_50/l2", "classes5_200k_50/l1", "dense_200k_50/cv_l2", "dense_200k_50/cv", "dense_20k_2000/path",
    *(f"one_hot_{n}/{task}_at_{C}" for n in ("1k", "50k") for task in ("l1", "net") for C in ("1e-2", "1", "1e2", "1e6")),
)  # fmt: skip


Found = dict[str, dict[str, tuple[dict[str, Any] | None, str]]]  # by case and contestant: what it found, or why nothing


def section(names: Sequence[str], say: Callable[[str], object] = print) -> Section:
    """All contestants on the cases of these names, or all, each in a process of its own; the goals."""
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
        lines.append(f"| {name} | " + " | ".join(cell(*own[who]) if who in own else "" for who in everyone) + " |")
    return Section("penalized", lines, [goal(name, own) for name, own in found.items()])


def cell(found: dict[str, Any] | None, said: str) -> str:
    """The time, with the residual where it stayed above the equal one."""
    if found is None:
        return said if said.startswith("over ") else "failed"
    return f"{found['seconds']:.2f}" + (f" ({found['residual']:.0e})" if found["residual"] > RESIDUAL else "")


def goal(name: str, own: dict[str, tuple[dict[str, Any] | None, str]]) -> Goal:
    """To be ahead of the fastest peer; on a path, and its folds, three times.

    Where a peer was cut off on its way to the equal residual, its last fit counts, as one to that residual takes longer;
    where it finished none, it is no measure.
    """
    if name.startswith("one_hot"):
        return one_hot_goal(name, own)
    path = name.endswith(("/path", "/cv", "/cv_l2"))
    told, _ = own["ours"]
    peers = {who: found["seconds"] for who, (found, _) in own.items() if who != "ours" and found}
    fastest = min(peers, key=lambda who: peers[who], default="any peer")
    value = peers[fastest] / told["seconds"] if peers and told else np.nan
    beyond = bool(peers) and (own[fastest][0] or {})["residual"] > RESIDUAL
    return Goal(f"penalized/{name}", f"{name}: ahead of {fastest}", value, 3.0 if path else 1.0, True, beyond=beyond)


def one_hot_goal(name: str, own: dict[str, tuple[dict[str, Any] | None, str]]) -> Goal:
    """With many rows to be no slower than the fastest peer; with few within twice its time, or 10 ms.

    Only a peer at the equal residual is a measure, or the time at which all were cut off.
    """
    few = name.startswith("one_hot_1k")
    told, _ = own["ours"]
    peers = {
        w: found["seconds"] for w, (found, _) in own.items() if w != "ours" and found and found["residual"] <= RESIDUAL
    }
    fastest = min(peers, key=lambda who: peers[who], default="all peers")
    seconds = max(peers.get(fastest, CUT_OFF), 0.005 if few else 0.0)
    good = told is not None and told["residual"] <= RESIDUAL
    value = seconds / told["seconds"] if told and good else np.nan
    text = f"{name}: {'within twice of' if few else 'no slower than'} {fastest}{', or 10 ms' if few else ''}"
    return Goal(f"penalized/{name}", text, value, 0.5 if few else 1.0, True, beyond=not peers)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--one"]:
        run(*sys.argv[2:], lambda found: print(json.dumps(found), flush=True))
    else:
        print("\n".join(["", *goal_table(section(sys.argv[1:]).goals, MISSES)]))
