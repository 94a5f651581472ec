"""Contestants of bench/penalized.py: the engine and its peers, each at a tolerance of its own."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from penalized_problems import Problem

Fit = Callable[
    [Problem, float], tuple[np.ndarray, np.ndarray]
]  # (points, K or 1, p) coefficients, intercepts


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
                Cs=Cs,
                l1_ratios=(at.l1_ratio,),
                cv=at.folds,
                n_jobs=2,
                scoring="neg_log_loss",
                use_legacy_attributes=False,
                refit=False,
                **common,
            ).fit(at.X, at.y)
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
        family="binomial",
        l1_ratio=at.l1_ratio,
        gradient_tol=tolerance,
        max_iter=1000,
        alpha_search=several,
        alpha=list(at.strengths) if several else float(at.strengths[0]),
    ).fit(X, at.y)
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
            tol=tolerance * at.null_slope(),
            max_iter=1000,
            max_pn_iter=10_000,
            warm_start=True,
            fit_intercept=True,
        )
        model = model or GeneralizedLinearEstimator(
            Logistic(), L1_plus_L2(float(strength), at.l1_ratio), solver
        )
        model.penalty = L1_plus_L2(float(strength), at.l1_ratio)
        model.fit(X, at.y)
        found.append((np.reshape(model.coef_, (1, -1)).copy(), np.ravel(model.intercept_).copy()))
    return np.stack([f[0] for f in found]), np.stack([f[1] for f in found])


GLMNET = """
library(glmnet); library(Matrix)
a <- commandArgs(trailingOnly = TRUE); setwd(a[1])
n <- as.integer(a[2]); p <- as.integer(a[3]); k <- as.integer(a[4])
y <- readBin("y", "double", n); s <- readBin("s", "double", as.integer(a[5]))
if (file.exists("i")) {
  m <- file.size("i") / 4
  i <- readBin("i", "integer", m)
  q <- readBin("q", "integer", p + 1); x <- readBin("x", "double", m)
  X <- sparseMatrix(i = i, p = q, x = x, dims = c(n, p), index1 = FALSE)
} else X <- matrix(readBin("x", "double", as.numeric(n) * p), n, p)
fam <- if (k > 2) "multinomial" else "binomial"
alpha <- as.numeric(a[6]); tol <- as.numeric(a[7]); folds <- as.integer(a[8])
fit <- function(f, ...) f(
  X, y, family = fam, alpha = alpha, lambda = s, standardize = FALSE, thresh = tol, maxit = 1e8, ...
)
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
            words = [
                folder,
                n,
                p,
                at.classes,
                at.strengths.size,
                at.l1_ratio,
                tolerance**1.5,
                at.folds,
            ]
            (into / "run.R").write_text(GLMNET)
            done = subprocess.run(
                ["Rscript", into / "run.R", *map(str, words)],
                capture_output=True,
                text=True,
                check=True,
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
    solvers = (
        ["lbfgs", "newton-cg", "newton-cholesky", "sag"] if smooth else [] if path else ["saga"]
    )
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
