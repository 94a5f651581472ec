"""The benchmark marks goals by their bounds, and asks a sentence for each miss."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import harness
import in_memory
import run
from end_to_end import costs
from goals import Goal, Section, between, goal_table, unexplained
from harness import Timing, measured, race
from problems import Problem


def goal(value: float, bound: float = 2.0, *, at_least: bool = False) -> Goal:
    return Goal("some/key", "how much", value, bound, at_least)


@pytest.mark.parametrize(
    ("asked", "met"),
    [
        (goal(1.9), True),
        (goal(2.0), True),
        (goal(2.1), False),
        (goal(2.1, at_least=True), True),
        (goal(1.9, at_least=True), False),
        (goal(np.nan), False),
        (goal(np.nan, at_least=True), False),
    ],
)
def test_a_goal_is_met_on_the_right_side_of_its_bound_and_never_unmeasured(
    asked: Goal, met: bool
) -> None:
    assert asked.met is met
    assert goal_table([asked], {"some/key": "because."})[-1].endswith(
        "| met |" if met else "| **missed**: because. |"
    )


def test_a_miss_needs_a_sentence_of_its_own() -> None:
    missed = goal(3.0)
    assert unexplained([missed, goal(1.0)], {}) == [missed]
    assert unexplained([missed], {"some/key": " "}) == [missed]
    assert unexplained([missed], {"some/key": "The reason."}) == []
    assert "no sentence says why" in goal_table([missed], {})[-1]


@pytest.mark.parametrize(("sentences", "code"), [({}, 1), ({"some/key": "The reason."}, 0)])
def test_the_run_ends_with_1_for_a_miss_without_a_sentence_and_writes_its_table(
    sentences: dict[str, str], code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- bench:some -->\nold\n<!-- /bench:some -->\nafter\n")
    monkeypatch.setattr(run, "PAGE", page)
    monkeypatch.setattr(run, "BUILD", "")
    monkeypatch.setattr(run, "MISSES", sentences)
    monkeypatch.setattr(
        run, "SECTIONS", {"some": lambda quick: Section("some", ["measured"], [goal(3.0)])}
    )
    monkeypatch.setattr(sys, "argv", ["run.py"])
    assert run.main() == code
    written = page.read_text()
    assert written.startswith("before\n<!-- bench:some -->\nmeasured\n")
    assert written.endswith("\n<!-- /bench:some -->\nafter\n")
    assert "**missed**" in written
    assert "old" not in written


def test_the_gains_of_a_cluster_are_goals() -> None:
    printed = (
        "seconds one two\nheavy  1.5  1.6  1.0  1.61\nfit  2.5  3.2  2.1  1.49\nbytes\nheavy  "
        "1,000  2,000  30\n"
    )
    assert [(goal.key, goal.value, goal.met) for goal in run.gains(printed)] == [
        ("cluster/heavy", 1.61, True),
        ("cluster/fit", 1.49, False),
    ]
    with pytest.raises(KeyError):
        run.gains("nothing was printed")


def test_a_quick_run_writes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "PAGE", tmp_path / "none.md")
    monkeypatch.setattr(run, "BUILD", "")
    monkeypatch.setattr(run, "SECTIONS", {"some": lambda quick: Section("some", [], [goal(1.0)])})
    monkeypatch.setattr(sys, "argv", ["run.py", "--quick"])
    assert run.main() == 0


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="no markers"):
        between("text", "some", ["line"])


def test_the_page_has_markers_for_every_section() -> None:
    page = run.PAGE.read_text(encoding="utf-8")
    for name in (
        *run.SECTIONS,
        "cluster",
        "larger-than-memory",
    ):  # the cluster's file comes and goes
        between(page, name, [])


def in_memory_goals(case: str, ours: Timing, **others: Timing) -> dict[str, Goal]:
    times = {"ours": ours, **{who.replace("_", "-"): timing for who, timing in others.items()}}
    return {g.key: g for g in in_memory.goals({case: times})}


def test_a_limit_that_was_not_measured_to_its_end_meets_no_goal() -> None:
    cut = in_memory_goals(
        "2e5 x 300", Timing(1.0, 1e-13, 0.0, 5), limit=Timing(None, said="over 60 s", floor=60.0)
    )
    assert not cut["wide/limit"].met
    whole = in_memory_goals("2e5 x 300", Timing(1.0, 1e-13, 0.0, 5), limit=Timing(0.5, 0.0, 0.0, 5))
    assert (whole["wide/limit"].value, whole["wide/limit"].met) == (2.0, True)


def test_being_ahead_is_the_ratio_of_the_medians_and_counts_for_an_accurate_fit_only() -> None:
    peers = {
        "lbfgs": Timing(4.0, 1e-9, 1e-6, 5),
        "newton_cg": Timing(None, said="over 60 s", floor=60.0),
    }
    exact = in_memory_goals("2e5 x 50, 5 classes", Timing(1.0, 1e-13, 0.0, 5), **peers)
    assert (exact["classes/lbfgs"].value, exact["classes/lbfgs"].met) == (4.0, True)
    assert (exact["classes/newton-cg"].value, exact["classes/newton-cg"].shown) == (
        60.0,
        "over 60 x",
    )
    sloppy = in_memory_goals("2e5 x 50, 5 classes", Timing(1.0, 1e-6, 0.0, 5), **peers)
    assert not any(g.met for g in sloppy.values())


def test_the_cost_of_a_step_is_the_time_until_the_next_begins() -> None:
    told = "  0.25 s  load dataset\n  0.50 s  fit model\n  1.75 s  promote first\nanything else\n"
    assert costs(told) == {"load dataset": 0.25, "fit model": 1.25}


@dataclass
class Pretended:
    """A contestant whose residual is its tolerance, up to a floor."""

    floor: float
    ladder: Sequence[float] = (1e-6, 1e-8, 1e-10, 1e-12)
    asked: list[float] = field(default_factory=list)

    def fit(self, tolerance: float) -> float:
        self.asked.append(tolerance)
        return max(tolerance, self.floor)

    def residual(self, fitted: float) -> float:
        return fitted


def test_a_race_is_run_at_the_loosest_tolerance_that_is_accurate_enough() -> None:
    found = race(Pretended(0.0))
    assert (found.tolerance, found.residual, found.runs) == (1e-10, 1e-10, harness.REPEATS)


def test_who_never_gets_there_is_timed_at_its_best_and_that_is_said() -> None:
    entry = Pretended(1e-9)
    found = race(entry)
    assert found.residual == 1e-9
    assert found.tolerance in (1e-10, 1e-12)
    assert "1e-09" in found.cell


def test_who_is_cut_off_is_counted_at_least_so_long(tmp_path: Path) -> None:
    script = tmp_path / "slow.py"
    script.write_text("import time\ntime.sleep(60)\n")
    found = measured(script, [], cut_off=0.5)
    assert (found.seconds, found.least, found.cell) == (None, 0.5, "over 0 s")


def test_who_fails_says_why_and_is_counted_nowhere(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit('no such solver')\n")
    found = measured(script, [])
    assert (found.seconds, found.cell) == (None, "no such solver")
    assert np.isnan(found.least)


def test_a_timing_comes_back_from_its_process_as_it_was_told(tmp_path: Path) -> None:
    script = tmp_path / "quick.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(harness.BENCH)!r})\n"
        "from harness import Timing, tell\ntell(Timing(9.0))\ntell(Timing(1.25, 1e-11, 1e-8, 5))\n"
    )
    found = measured(script, [])
    assert (found.seconds, found.residual, found.tolerance, found.runs) == (1.25, 1e-11, 1e-8, 5)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_residual_is_that_of_a_gradient_by_differences(classes: int) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((200, 2)) * [1.0, 100.0], rng.integers(0, classes, 200).astype(float)
    at = Problem(X, y)
    shape = (2,) if classes == 2 else (3, 2)
    coef, intercept = 0.01 * rng.standard_normal(shape), 0.0 if classes == 2 else np.zeros(3)

    def loss(coef: np.ndarray, intercept: np.ndarray | float) -> float:
        p = at.probabilities(coef, intercept)
        own = np.where(y == 1.0, p, 1.0 - p) if classes == 2 else p[np.arange(200), y.astype(int)]
        return -float(np.log(own).sum())

    def slope(index: tuple[int, ...]) -> float:
        step = np.zeros(shape)
        step[index] = 1e-5
        return (loss(coef + step, intercept) - loss(coef - step, intercept)) / 2e-5

    size = np.sqrt((X**2).mean(axis=0))
    slopes = [abs(slope(index)) / size[index[-1]] for index in np.ndindex(shape)]
    p = at.probabilities(coef, intercept)
    constant = abs((p - (y if classes == 2 else np.eye(3)[y.astype(int)])).sum(axis=0)).max()
    shares = np.bincount(y.astype(int)) / 200
    null = np.broadcast_to(shares[1] if classes == 2 else shares, p.shape)
    assert at.residual(null) == pytest.approx(1.0)
    base = np.abs(X.T @ (null - (y if classes == 2 else np.eye(3)[y.astype(int)])))
    largest = (base / (size if classes == 2 else size[:, None])).max()
    assert at.residual(p) == pytest.approx(max(*slopes, constant) / largest, rel=1e-5)
