"""Notes where inference is known to fail: where they begin, and what they say."""

import re
from pathlib import Path

import numpy as np
import pytest

from logit_engine import CLUSTER, L2, Multinomial, array_rows, fit
from logit_engine.constraints import linear_equalities
from logit_engine.inference.reliability import Size, reliability_notes
from tests.support.samples import Sample, latent_sample


def data(n: int = 200, p: int = 3, seed: int = 0) -> Sample:
    return latent_sample(n, [0.3] + [0.0] * (p - 1), seed)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (Size(10, 100, 100), False),
        (Size(11, 100, 110), True),
        (Size(2, 10_000, 20), False),
        (Size(2, 10_000, 19), True),
        (Size(0, 5, 1), False),
    ],
)
def test_few_rows_are_more_than_a_slope_in_ten_rows_or_under_ten_events_a_slope(
    size: Size, said: bool
) -> None:
    notes = reliability_notes(size)
    assert bool(notes) == said
    assert all(("p/n = 0.11" in note) == (size.slopes > 0.1 * size.rows) for note in notes)


def page_figures(setting: str) -> dict[float, tuple[str, str]]:
    """Coverage and ratio that docs/engine.md has by p/n, or by events a coefficient."""
    page = (Path(__file__).parents[3] / "docs" / "engine.md").read_text()
    rows = re.findall(rf"^\| {setting} \| (\d+%) \| \d+% \| ([\d.]+) \|", page, re.MULTILINE)
    assert rows
    return {float(at): (coverage, ratio) for at, coverage, ratio in rows}


@pytest.mark.parametrize(
    ("slopes", "nearest"), [(11, 0.1), (14, 0.1), (16, 0.2), (20, 0.2), (50, 0.2)]
)
def test_many_slopes_are_told_the_figures_of_the_page_of_the_nearest_share(
    slopes: int, nearest: float
) -> None:
    coverage, ratio = page_figures(r"p/n = ([\d.]+)")[nearest]
    (note,) = reliability_notes(Size(slopes, 100, 50))
    assert note.startswith(f"{slopes} slopes are many for 100 rows (p/n = {slopes / 100:.2g}).")
    assert (
        f"with p/n = {nearest:g} estimates are {ratio} times the truth, and 95% intervals cover "
        f"{coverage}." in note
    )


@pytest.mark.parametrize(("events", "nearest"), [(9, 10), (5, 5), (4, 5), (3, 2), (2, 2)])
def test_few_events_are_told_the_figures_of_the_page_of_the_nearest_number(
    events: int, nearest: int
) -> None:
    coverage, ratio = page_figures(r"(\d+) events a coefficient")[nearest]
    (note,) = reliability_notes(Size(2, 10_000, 2 * events))
    assert note.startswith(
        f"The rarest outcome has few rows, {2 * events}, for 2 slopes. Intervals are rough"
    )
    assert (
        f"with {nearest} rows for each slope they cover {coverage}, with estimates {ratio} times "
        "the truth." in note
    )
    assert "p/n" not in note


@pytest.mark.parametrize(("slopes", "nearest"), [(4, 0.05), (5, 0.05), (9, 0.1)])
def test_few_events_among_few_rows_are_told_the_figures_of_p_over_n(
    slopes: int, nearest: float
) -> None:
    coverage, ratio = page_figures(r"p/n = ([\d.]+)")[nearest]
    (note,) = reliability_notes(Size(slopes, 100, 20))
    assert note.startswith(
        f"The rarest outcome has few rows, 20, for {slopes} slopes. p/n is {slopes / 100:.2g}."
    )
    assert (
        f"with p/n = {nearest:g} estimates are {ratio} times the truth, and 95% intervals cover "
        f"{coverage}." in note
    )


def test_one_event_in_many_rows_cites_no_figure() -> None:
    (note,) = reliability_notes(Size(1, 500, 1))
    assert note.startswith(
        "The rarest outcome has few rows, 1, for 1 slope. Estimates and intervals are rough"
    )
    assert "%" not in note
    assert "p/n" not in note


@pytest.mark.parametrize(
    ("clusters", "said"), [((20,), False), ((19,), True), ((300, 5), True), ((), False)]
)
def test_few_clusters_are_fewer_than_twenty_either_way(
    clusters: tuple[int, ...], said: bool
) -> None:
    notes = reliability_notes(Size(1, 1000, 500, clusters))
    assert bool(notes) == said
    assert all(f"{min(clusters)} clusters are few" in note for note in notes)


@pytest.mark.parametrize("count", range(2, 20))
def test_few_clusters_are_told_the_coverage_of_the_page_of_no_more_clusters(count: int) -> None:
    page = (Path(__file__).parents[3] / "docs" / "engine.md").read_text()
    rows = {
        int(g): shares
        for g, *shares in re.findall(
            r"^\| (\d+) clusters \| (\d+%) \| (\d+%) \|", page, re.MULTILINE
        )
    }
    (note,) = reliability_notes(Size(1, 1000, 500, (count,)))
    cited = max(g for g in rows if g <= count)
    normal, student = rows[cited]
    assert f"with {cited} clusters 95% intervals cover {normal}, with Student's t" in note
    assert note.endswith(f"{student}.")


def test_a_fit_says_how_many_slopes_rows_and_events_it_has() -> None:
    X, y = data(40)
    (note,) = fit(array_rows(X, y)).notes
    rarest = int(min(y.sum(), 40 - y.sum()))
    assert note.startswith(f"The rarest outcome has few rows, {rarest}, for 3 slopes.")
    X, y = data(60, 7, seed=1)
    (note,) = fit(array_rows(X, y)).notes
    assert note.startswith("7 slopes are many for 60 rows (p/n = 0.12).")


def test_an_ordinary_fit_has_no_note_nor_one_without_standard_errors() -> None:
    X, y = data()
    assert fit(array_rows(X, y)).notes == ()
    few = array_rows(X[:40], y[:40])
    assert fit(few, covariance_type=None).notes == ()
    assert not any("rarest outcome" in note for note in fit(few, penalty=L2(1.0)).notes)


def test_clusters_of_a_fit_are_counted() -> None:
    X, y = data()
    for groups, said in ((8, True), (40, False)):
        found = fit(array_rows(X, y, cluster=np.arange(200) % groups), covariance_type=CLUSTER)
        assert any(note.startswith(f"{groups} clusters are few") for note in found.notes) == said


def test_rows_are_those_that_weights_and_trials_stand_for() -> None:
    X, y = data(40)
    assert fit(array_rows(X, y, weight=np.full(40, 5.0))).notes == ()
    shares = np.clip(0.5 + 0.1 * X[:, 0], 0.1, 0.9)
    assert fit(array_rows(X, shares, precision=np.full(40, 20.0))).notes == ()


def test_slopes_that_constraints_fix_do_not_count_and_those_of_one_contrast_do() -> None:
    X, y = data(70)
    names = ("intercept", "x1", "x2", "x3")
    assert len(fit(array_rows(X, y, names=names[1:])).notes) == (min(y.sum(), 70 - y.sum()) < 30)
    held = fit(
        array_rows(X, y, names=names[1:]), equalities=linear_equalities("x2 = 0, x3 = 0", names)
    )
    assert not any("rarest outcome" in note for note in held.notes)
    code = np.arange(70) % 3
    several = fit(array_rows(X, code, classes=["a", "b", "c"]), Multinomial(2))
    assert several.notes[0].startswith("The rarest outcome has few rows, 23, for 3 slopes.")
    crowded = fit(
        array_rows(*data(120, 9)[:1], np.arange(120) % 3, classes=["a", "b", "c"]), Multinomial(2)
    )
    assert crowded.notes[0].startswith("9 slopes are many for 80 rows of two classes (p/n = 0.11).")
    X, _ = data(90)
    assert (
        fit(array_rows(X, np.arange(90) % 3, classes=["a", "b", "c"]), Multinomial(2)).notes == ()
    )
