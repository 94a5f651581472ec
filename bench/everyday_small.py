"""Small fits, their surroundings, other links and many columns beside the peers and a floor.

Each line takes turns in one process with what it is held against: the least seconds of each count.
The floors: Newton's method written in NumPy, one read of X, and a copy of X by hand.
"""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from goals import Goal, Section
from problems import MAKERS
from thread_gain import least_in_turns

EQUAL_TOLERANCE = 1e-10  # of scikit-learn's solvers, on the gradient of the mean


class Line(NamedTuple):
    """What is timed, what it is held against, and the goal: of the seconds, or of the ratio to the
    fastest of `against`.
    """

    key: str
    text: str
    ours: Callable[[], Any]
    against: dict[str, Callable[[], Any]]
    most: float
    unit: str = "x"


def section(quick: bool) -> Section:
    """A line for each, with its goal; quick: a tenth of the rows where they are many."""
    table = ["| what | ours, ms | beside | goal |", "|---|---|---|---|"]
    goals = []
    for line in lines(10 if quick else 1):
        ours, *others = least_in_turns([line.ours, *line.against.values()])
        beside = ", ".join(
            f"{name} {1e3 * seconds:.3g}"
            for name, seconds in zip(line.against, others, strict=True)
        )
        value = 1e3 * ours if line.unit == "ms" else ours / min(others)
        goal = Goal(line.key, line.text, float(value), line.most, unit=line.unit)
        goals.append(goal)
        table.append(f"| {line.text} | {1e3 * ours:.3g} | {beside} | {goal.asked} |")
    return Section("small", table, goals)


def lines(fewer: int) -> list[Line]:
    """All lines; fewer: how many times fewer rows the large ones have, and then 100 columns."""
    small = [small_line(n, p, most) for n, p, most in ((20, 2, 0.5), (1_000, 10, 0.8))]
    sizes = ((100_000, 300), (100_000, 1_000)) if fewer == 1 else ((20_000, 100),)
    wide = [wide_line(n, p) for n, p in sizes]
    links = [link_line(name, 320_000 // fewer) for name in ("probit", "cloglog")]
    return [*small, *face_lines(1_000_000 // fewer), influence_line(100_000), *links, *wide]


def small_line(n: int, p: int, most: float) -> Line:
    """A fit of few rows beside statsmodels and the floor."""
    import statsmodels.api as sm

    from logit_engine import array_rows, fit

    at = MAKERS["iid"](n, p)
    C = sm.add_constant(at.X)
    peers = {
        "statsmodels": lambda: sm.Logit(at.y, C).fit(disp=0).bse,
        "Newton in NumPy": lambda: newton_in_numpy(C, at.y),
    }
    text = f"{n:,} x {p}, with verdict and errors"
    return Line(f"small/{n}", text, lambda: fit(array_rows(at.X, at.y)), peers, most, "ms")


def newton_in_numpy(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The estimates and their standard errors, without any check."""
    params = np.zeros(X.shape[1])
    for _ in range(25):
        mean = 1.0 / (1.0 + np.exp(-X @ params))
        information = (X * (mean * (1.0 - mean))[:, None]).T @ X
        step = np.linalg.solve(information, X.T @ (y - mean))
        params += step
        if np.abs(step).max() < 1e-10:
            break
    return params, np.sqrt(np.diag(np.linalg.inv(information)))


def face_lines(n: int) -> list[Line]:
    """`Logit(y, X)` beside one read of X, and `add_constant` beside a copy by hand."""
    import logit_engine.discrete as discrete

    at = MAKERS["iid"](n, 50)
    C = discrete.add_constant(at.X)

    def copy_by_hand() -> np.ndarray:
        out = np.empty((n, 51))
        out[:, 0], out[:, 1:] = 1.0, at.X
        return out

    read = {"one read": lambda: np.einsum("ij,ij->", C, C)}
    copied = {"np.empty and a copy": copy_by_hand}
    size = f"of {n:,} x 50"
    return [
        Line("Logit/read", f"Logit(y, X) {size}", lambda: discrete.Logit(at.y, C), read, 2.0),
        Line(
            "add_constant/copy",
            f"add_constant {size}",
            lambda: discrete.add_constant(at.X),
            copied,
            1.2,
        ),
    ]


def influence_line(n: int) -> Line:
    """dfbetas and Cook's distances beside statsmodels."""
    import statsmodels.api as sm

    import logit_engine.discrete as discrete

    at = MAKERS["iid"](n, 20)
    C = sm.add_constant(at.X)
    fits = [model.Logit(at.y, C).fit(disp=0) for model in (discrete, sm)]

    def measures(fitted: Any) -> tuple[Any, Any]:
        found = fitted.get_influence()
        return found.dfbetas, found.cooks_distance

    peers = {"statsmodels": lambda: measures(fits[1])}
    return Line("influence", f"influence of {n:,} x 20", lambda: measures(fits[0]), peers, 1.0)


def link_line(name: str, n: int) -> Line:
    """A fit by another link beside the logit's."""
    from logit_engine import LINKS, Bernoulli, array_rows, fit

    at = MAKERS["iid"](n, 158)
    rows = array_rows(at.X, at.y)
    logit = {"logit": lambda: fit(rows)}
    text = f"{name} of {n:,} x 158 beside the logit"
    return Line(f"{name}/logit", text, lambda: fit(rows, Bernoulli(LINKS[name])), logit, 1.5)


def wide_line(n: int, p: int) -> Line:
    """A fit of many columns beside scikit-learn's second-order solvers at equal accuracy."""
    from sklearn.linear_model import LogisticRegression

    from logit_engine import array_rows, fit

    at = MAKERS["iid"](n, p)
    rows = array_rows(at.X, at.y)

    def peer(solver: str) -> Callable[[], Any]:
        model = LogisticRegression(C=np.inf, solver=solver, tol=EQUAL_TOLERANCE, max_iter=200)

        def fitted() -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return model.fit(at.X, at.y)

        return fitted

    peers = {solver: peer(solver) for solver in ("newton-cg", "newton-cholesky")}
    return Line(f"wide/{p}", f"{n:,} x {p:,} beside both", lambda: fit(rows), peers, 0.5)


if __name__ == "__main__":
    from goals import section_main
    from misses import MISSES

    section_main(section, __doc__, "a tenth of the rows of the large ones", MISSES)
