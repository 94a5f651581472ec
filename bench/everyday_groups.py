"""A model per group: 2,000 models of 200 rows by 5 columns, each with its verdict and its errors.

Beside `fit_groups`: Newton's method in NumPy for all groups at once, which checks nothing and is
given the groups one after another; statsmodels and our own `fit` group by group, timed on a part.
"""

import numpy as np
from goals import Goal, Section
from thread_gain import least_in_turns

GROUPS, ROWS, COLUMNS = 2_000, 200, 5
PART = 100  # groups of which a model at a time is timed
MOST_SECONDS = 0.15  # of `fit_groups`, for all GROUPS


def section(quick: bool) -> Section:
    """The seconds of each, and the goal; quick: a fifth of the groups."""
    groups = GROUPS // 5 if quick else GROUPS
    X, y, by = shops(groups)
    ours, floor, single, peer = timings(X, y, by)
    each = groups / PART
    lines = [
        f"| {groups:,} models of {ROWS} x {COLUMNS} | seconds |",
        "|---|---|",
        f"| `fit_groups`, verdicts and errors | {ours:.3f} |",
        f"| Newton's method in NumPy, no check | {floor:.3f} |",
        f"| `fit`, one model after another | {each * single:.3f} |",
        f"| statsmodels, one model after another | {each * peer:.3f} |",
    ]
    text = f"{groups:,} models of {ROWS} x {COLUMNS}, with verdicts and errors"
    goal = Goal("groups", text, float(ours), MOST_SECONDS * groups / GROUPS, unit="s")
    return Section("groups", lines, [goal])


def shops(groups: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of groups in any order."""
    rng = np.random.default_rng(1)
    by = rng.permutation(np.repeat(np.arange(groups), ROWS))
    X = rng.standard_normal((by.size, COLUMNS))
    effects = 0.5 * rng.standard_normal((groups, COLUMNS))
    eta = np.einsum("ij,ij->i", X, effects[by]) - 0.5
    return X, (rng.random(by.size) < 1.0 / (1.0 + np.exp(-eta))).astype(np.float64), by


def timings(X: np.ndarray, y: np.ndarray, by: np.ndarray) -> list[float]:
    """The least seconds of each in turns; of a model at a time those of PART groups."""
    import statsmodels.api as sm

    from logit_engine import array_rows, fit, fit_groups

    C, order = sm.add_constant(X), np.argsort(by, kind="stable")
    stacked, outcomes = C[order].reshape(-1, ROWS, COLUMNS + 1), y[order].reshape(-1, ROWS)
    pairs = [(stacked[i], outcomes[i]) for i in range(PART)]
    return least_in_turns(
        [
            lambda: fit_groups(array_rows(X, y), by),
            lambda: stacked_newton(stacked, outcomes),
            lambda: [fit(array_rows(own[:, 1:], yes)).std_errors for own, yes in pairs],
            lambda: [sm.Logit(yes, own).fit(disp=0).bse for own, yes in pairs],
        ]
    )


def stacked_newton(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The estimates, (g, p), and their standard errors; X: (g, m, p)."""
    theta = np.zeros((X.shape[0], X.shape[2]))
    for _ in range(8):
        mean = 1.0 / (1.0 + np.exp(-np.matmul(X, theta[:, :, None])[:, :, 0]))
        gradient = np.matmul((y - mean)[:, None, :], X)[:, 0, :]
        inverse = np.linalg.inv(
            np.matmul(X.transpose(0, 2, 1), (mean * (1.0 - mean))[:, :, None] * X)
        )
        theta += np.matmul(inverse, gradient[:, :, None])[:, :, 0]
    return theta, np.sqrt(inverse.diagonal(axis1=1, axis2=2))
