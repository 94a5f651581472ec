"""Sentences on separation name the target, rows of the user's file and the true cause."""

import numpy as np
import pytest
from scipy.optimize import nnls

from logit_engine import LOGIT, Bernoulli, Multinomial, array_rows, fit
from logit_engine.columns import Coded, Constant, SideBySide
from logit_engine.diagnostics.separation import family_name
from logit_engine.diagnostics.wording import Wording
from logit_engine.errors import Reason, SeparationError
from logit_engine.objective.loss import Objective
from logit_engine.rows.memory import MemoryRows


@pytest.mark.parametrize(
    ("names", "family"),
    [
        (["job[a]", "job[b]"], "job"),
        (["x[y][a]", "x[y][b]"], "x[y]"),
        (["age[[10-20)]", "age[[20-30)]"], "age"),
        (["g[x[1]]", "g[x[2]]"], "g"),
        (["only[one]"], "only"),
    ],
)
def test_the_family_of_levels_keeps_its_own_brackets(names: list[str], family: str) -> None:
    assert family_name(names) == family


def coded_rows(
    codes: np.ndarray, y: np.ndarray, names: list[str], classes: tuple[str, ...] = ()
) -> MemoryRows:
    """Rows of a constant and a categorical."""
    columns = SideBySide((Constant(y.size), Coded(codes, len(names))))
    return MemoryRows(columns, y, ("intercept", *names), classes=classes)


def test_the_target_and_its_values_are_named() -> None:
    rng = np.random.default_rng(0)
    codes = np.arange(60) % 3
    y = (rng.random(60) < 0.5).astype(float)
    y[codes == 0] = 1.0
    rows = coded_rows(codes, y, ["job[[10-20)]", "job[[20-30)]"])
    with pytest.raises(
        SeparationError,
        match=r"column 'job\[\[10-20\)\]' predicts churn = yes perfectly \(20 of 20",
    ):
        fit(rows, wording=Wording("churn", ("no", "yes")))


def test_the_levels_of_a_pool_are_named_and_what_can_be_done_about_it() -> None:
    rng = np.random.default_rng(0)
    codes = np.arange(60) % 3
    y = (rng.random(60) < 0.5).astype(float)
    y[codes == 1] = 0.0
    rows = coded_rows(codes, y, ["dest[LAX]", "dest[(pooled)]"])
    wording = Wording("late", ("no", "yes"), pools={"dest[(pooled)]": ("LEX", "SBN")})
    with pytest.raises(SeparationError) as caught:
        fit(rows, wording=wording)
    assert str(caught.value) == (
        "column 'dest[(pooled)]' (levels LEX, SBN) predicts late = no perfectly (20 of 20 rows), "
        "so its coefficient has no finite estimate. Pool more levels with it, join it to the "
        "reference, or set a penalty."
    )
    assert caught.value.reason is Reason.SEPARATED_POOL
    allowed = fit(rows, wording=wording, allow_separation=True)
    assert "column 'dest[(pooled)]' (levels LEX, SBN" in allowed.status.sentence
    y[codes == 0] = 1.0
    with pytest.raises(SeparationError, match=r"Drop it, pool its level with others, or") as caught:
        fit(coded_rows(codes, y, ["dest[LAX]", "dest[(pooled)]"]), wording=wording)
    assert caught.value.reason is Reason.SEPARATION


def test_rows_are_those_of_the_user() -> None:
    grid = np.random.default_rng(2).integers(0, 3, (200, 2)).astype(float)
    gap = grid[:, 0] - grid[:, 1]
    y = np.where(gap > 0, 1.0, np.where(gap < 0, 0.0, np.arange(200) % 2))
    first = np.flatnonzero(gap != 0)[0]
    wording = Wording("late", rows=lambda at: f"flights {at[0] + 1000}, ...")
    with pytest.raises(
        SeparationError,
        match=rf"predicts late perfectly in \d+ of 200 rows \(flights {first + 1000}, ",
    ):
        fit(array_rows(grid, y), wording=wording)


def test_a_level_that_separates_is_found_before_any_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    codes, y = np.arange(300) % 3, rng.integers(0, 2, 300).astype(float)
    y[codes == 1] = 1.0

    def none(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Objective, "evaluate", none)
    with pytest.raises(SeparationError, match="'late' predicts y = 1 perfectly"):
        fit(coded_rows(codes, y, ["early", "late"]))


def test_of_several_classes_the_level_that_misses_one_is_named() -> None:
    rng = np.random.default_rng(3)
    codes = np.arange(300) % 3
    y = rng.integers(0, 3, 300).astype(float)
    y[(codes == 1) & (y == 0.0)] = 2.0
    rows = coded_rows(
        codes, y, ["specialty[Cardiology]", "specialty[Gynecology]"], ("<30", ">30", "NO")
    )
    with pytest.raises(
        SeparationError, match=r"^no row with specialty\[Gynecology\] is in class <30; "
    ):
        fit(rows, Multinomial(2))


def test_a_row_far_from_those_looked_at_first_asks_nothing_of_an_empty_matrix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = []

    def seen(A: np.ndarray, b: np.ndarray, **options: int) -> tuple[np.ndarray, float]:
        sizes.append(A.size)
        return nnls(A, b, **options) if A.size else (np.zeros(0), 0.0)

    monkeypatch.setattr("scipy.optimize.nnls", seen)
    rng = np.random.default_rng(0)
    X, y = np.column_stack([rng.standard_normal(5000), np.zeros(5000)]), rng.integers(0, 3, 5000)
    X[2501, 1] = 1.0
    rows = array_rows(X, y, names=["x", "lone"], classes=("a", "b", "c"))
    with pytest.raises(SeparationError, match=r"'lone \(b\)'.* in 1 of 5,000 rows \(rows 2501\)"):
        fit(rows, Multinomial(2))
    assert sizes
    assert 0 not in sizes


def test_a_separated_fit_with_aliased_columns_hears_of_both() -> None:
    x = np.random.default_rng(4).standard_normal(50)
    z = np.random.default_rng(5).standard_normal(50)
    y = (x + z > 0).astype(float)
    with pytest.raises(
        SeparationError,
        match=r"predicts y perfectly in every row.* Besides, column 'x3' is a linear",
    ):
        fit(array_rows(np.column_stack([x, z, x - z]), y))


@pytest.mark.parametrize("size", [1e4, 1e8, 1e12, 1e14])
@pytest.mark.parametrize("shift", [0.0, 1e3])
def test_one_outlier_against_the_slope_is_no_separation(size: float, shift: float) -> None:
    rng = np.random.default_rng(2)
    X = rng.standard_normal((80, 2)) + shift
    y = (-(X[:, 0] - shift) + rng.logistic(size=80) > 0).astype(float)
    X[5, 0], y[5] = size, 1.0
    found = fit(array_rows(X, y))
    assert found.converged
    others = np.arange(80) != 5
    # the outlier takes the slope of its column alone
    flat = fit(array_rows(X[others][:, 1:], y[others]))
    np.testing.assert_allclose(found.estimates[2], flat.estimates[1], atol=2e-3)


@pytest.mark.parametrize("difference", [1.0, 1e-3, 1e-4])
def test_columns_that_differ_only_where_the_outcome_is_one_separate_however_little(
    difference: float,
) -> None:
    rng = np.random.default_rng(3)
    X = rng.standard_normal((2000, 3))
    y = (rng.random(2000) < 1.0 / (1.0 + np.exp(-X[:, 0]))).astype(float)
    won = (rng.random(2000) < 0.05) & (y == 1.0)
    X[:, 1] = X[:, 0] + difference * won
    with pytest.raises(
        SeparationError, match=rf"'x2' \(\+inf\) predicts y perfectly in {won.sum()} of 2,000 rows"
    ):
        fit(array_rows(X, y))


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("level", [False, True])
def test_only_a_level_is_advised_to_be_pooled(level: bool, several: bool) -> None:
    rng = np.random.default_rng(6)
    X = rng.standard_normal((120, 2))
    code = rng.integers(0, 3 if several else 2, 120).astype(float)
    top = X[:, 1] > 1.0
    code[top] = code.max()
    X[:, 1] = np.where(top, 1.0 if level else X[:, 1], 0.0)
    rows = array_rows(X, code, names=["a", "d"], classes=["u", "v", "w"] if several else ())
    found = fit(rows, Multinomial(2) if several else Bernoulli(LOGIT), allow_separation=True)
    said = (
        "Drop it, pool its level with others, or set a penalty."
        if level
        else "Drop it, or set a penalty."
    )
    assert found.status.sentence.endswith(f"no finite estimate. {said}")


@pytest.mark.parametrize("columns", [90, 120])
def test_a_combination_of_whole_numbers_separates_among_any_number_of_columns(columns: int) -> None:
    rng = np.random.default_rng(0)
    X = rng.integers(-3, 4, (1500, columns)).astype(float)
    y = (X[:, :3].sum(axis=1) + rng.logistic(size=1500) > 0).astype(float)
    X[:, -1] = X[:, 0] + X[:, 1] + (np.arange(1500) % 50 == 0) * (2 * y - 1)
    with pytest.raises(
        SeparationError, match=rf"'x1' \(-inf\), 'x2' \(-inf\), 'x{columns}' \(\+inf\)"
    ):
        fit(array_rows(X, y))


def test_a_plane_between_the_outcomes_separates_among_many_columns() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((360, 120))
    y = (X @ rng.standard_normal(120) > 0).astype(float)
    with pytest.raises(SeparationError, match="in every row"):
        fit(array_rows(X, y))


def test_the_verb_agrees_with_the_columns_that_are_named() -> None:
    dose = np.tile(np.arange(1.0, 7.0), 5)
    X = np.column_stack([dose, np.random.default_rng(0).standard_normal(30)])
    one = fit(array_rows(X, dose > 3.0, names=["dose", "z"]), allow_separation=True)
    assert one.infinite is not None
    assert (one.infinite[1:] != 0.0).all()
    assert "with dose below 4, so its coefficient has no finite estimate." in one.status.sentence
    two = fit(array_rows(X, X @ [1.0, 2.0] > 3.5, names=["dose", "z"]), allow_separation=True)
    assert "'dose'" in two.status.sentence
    assert "'z'" in two.status.sentence
    assert "so their coefficients have no finite estimate." in two.status.sentence
