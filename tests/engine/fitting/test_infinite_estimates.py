"""Infinite estimates have no Wald numbers, and the others those of a fit without them."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from logit_engine import (
    CLUSTER,
    HC0,
    HC2,
    HC3,
    LINKS,
    NONROBUST,
    Bernoulli,
    Multinomial,
    array_rows,
    fit,
)
from logit_engine.columns import Coordinates
from logit_engine.constraints import Equalities
from logit_engine.design.learning import learn
from logit_engine.design.spec import Spec
from logit_engine.fitting.result import FitResult
from logit_engine.fitting.steps import Covariance
from logit_engine.inference.hypotheses import contrasts, odds_ratios, wald, wald_terms
from logit_engine.inference.margins import margins
from logit_engine.inference.prediction import average_prediction, predict_linear, predict_mean
from logit_engine.reporting.summary import summarize
from logit_engine.rows.memory import MemoryRows
from logit_engine.storage.model_file import (
    StoredModel,
    StoredTarget,
    coefficient_table,
    read_model,
    write_model,
)
from tests.support.samples import separated_sample

N = 300


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two numbers and a switch, under which every outcome is one; the outcomes; which rows the
    switch leaves alone.
    """
    X, y = separated_sample(N, 2)
    return X, y, X[:, 2] == 0


@pytest.fixture(scope="module")
def separated() -> FitResult:
    X, y, _ = data()
    return fit(array_rows(X, y, names=["a", "b", "d"]), allow_separation=True)


@pytest.mark.parametrize("wanted", [NONROBUST, HC0, HC2, HC3, CLUSTER], ids=lambda c: c.kind.value)
@pytest.mark.parametrize("link", LINKS)
def test_finite_coefficients_have_the_standard_errors_of_the_rows_that_are_left(
    link: str, wanted: Covariance
) -> None:
    X, y, left = data()
    groups = np.arange(N) // 10
    whole = fit(
        array_rows(X, y, cluster=groups),
        Bernoulli(LINKS[link]),
        covariance_type=wanted,
        allow_separation=True,
    )
    rest = fit(
        array_rows(X[left, :2], y[left], cluster=groups[left]),
        Bernoulli(LINKS[link]),
        covariance_type=wanted,
    )
    np.testing.assert_allclose(whole.estimates[:3], rest.estimates, rtol=1e-9)
    np.testing.assert_allclose(whole.covariance[:3, :3], rest.covariance, rtol=1e-6, atol=1e-10)
    assert np.isnan(whole.covariance[3]).all()
    assert np.isnan(whole.covariance[:, 3]).all()
    assert whole.limits[3] == np.inf


@pytest.mark.parametrize("wanted", [NONROBUST, HC2, HC3], ids=lambda c: c.kind.value)
@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_a_threshold_leaves_the_rows_at_it(shift: float, wanted: Covariance) -> None:
    X, y, _ = data()
    level = np.random.default_rng(1).integers(-2, 3, N).astype(float)
    y = np.where(level == 0, y, level > 0)
    whole = fit(
        array_rows(np.column_stack([X[:, :2], level + shift]), y),
        covariance_type=wanted,
        allow_separation=True,
    )
    rest = fit(array_rows(X[level == 0, :2], y[level == 0]), covariance_type=wanted)
    np.testing.assert_allclose(whole.std_errors[1:3], rest.std_errors[1:], rtol=1e-6)
    assert whole.limits[3] == np.inf
    if shift:
        assert whole.limits[0] == -np.inf
    else:
        assert whole.std_errors[0] == pytest.approx(rest.std_errors[0], rel=1e-6)


@pytest.mark.parametrize("wanted", [HC2, HC3], ids=lambda c: c.kind.value)
def test_a_row_that_alone_has_a_level_and_is_predicted_is_left_out_of_the_leverages(
    wanted: Covariance,
) -> None:
    X, y, _ = data()
    X[:, 2] = np.arange(N) == 7
    whole = fit(array_rows(X, y), covariance_type=wanted, allow_separation=True)
    rest = fit(array_rows(np.delete(X[:, :2], 7, axis=0), np.delete(y, 7)), covariance_type=wanted)
    np.testing.assert_allclose(whole.std_errors[:3], rest.std_errors, rtol=1e-6)


def test_a_class_that_is_never_there_has_no_errors_and_the_others_those_of_the_limit() -> None:
    X, _, _ = data()
    rng = np.random.default_rng(3)
    code = np.digitize(X[:, 0] + rng.logistic(size=N), [-0.5, 1.0])
    code[(X[:, 2] == 1) & (code == 2)] = 1
    classes = ["low", "mid", "high"]
    whole = fit(array_rows(X, code, classes=classes), Multinomial(2), allow_separation=True)
    assert whole.infinite is not None
    assert whole.infinite.tolist() == [0] * 7 + [-1]
    # the limit: no chance of the third class
    never = np.column_stack([np.zeros(N), np.where(X[:, 2] == 1, -900.0, 0.0)])
    last = np.zeros((1, 8))
    last[0, 7] = 1.0
    held = Equalities(last, np.zeros(1), whole.coefficient_names)
    limit = fit(array_rows(X, code, classes=classes, offset=never), Multinomial(2), equalities=held)
    np.testing.assert_allclose(whole.estimates[:7], limit.estimates[:7], rtol=1e-8)
    np.testing.assert_allclose(whole.std_errors[:7], limit.std_errors[:7], rtol=1e-6)


def test_complete_separation_leaves_no_standard_error() -> None:
    X, _, _ = data()
    found = fit(
        array_rows(X[:, :2], (X @ [1.0, 0.3, 0.0] > 0.1).astype(float)), allow_separation=True
    )
    assert np.isnan(found.std_errors).all()
    assert np.isinf(found.limits[1:]).all()


def test_a_column_that_varies_in_predicted_rows_alone_has_no_standard_error() -> None:
    X, y, _ = data()
    only = np.where(X[:, 2] == 1, np.sin(np.arange(N)), 0.0)
    found = fit(array_rows(np.column_stack([X, only]), y), allow_separation=True)
    assert np.isnan(found.std_errors[3:]).all()
    assert np.isfinite(found.std_errors[:3]).all()


def test_z_p_values_and_intervals_are_nan_and_a_note_names_the_likelihood_ratio(
    separated: FitResult,
) -> None:
    for numbers in (separated.std_errors, separated.z, separated.p_values, *separated.interval().T):
        assert np.isnan(numbers).tolist() == [False, False, False, True]
    assert np.isfinite(separated.estimates).all()
    assert separated.notes[0].startswith(
        "Infinite estimates have no standard errors. The likelihood-ratio test works"
    )


def test_the_summary_prints_infinity_and_dots(separated: FitResult) -> None:
    row = next(line for line in summarize(separated).splitlines() if line.startswith("d "))
    assert row.split() == ["d", "+inf", ".", ".", ".", ".", ".", "+inf", ".", "."]


def test_wald_tests_mark_an_infinite_estimate_and_combinations_mark_it(
    separated: FitResult,
) -> None:
    limits, covariance, eye = separated.limits, separated.covariance, np.eye(4)
    both = wald(limits, covariance, eye[2:], names=separated.names)
    assert np.isnan([both.statistic, both.p_value]).all()
    assert both.df == 2
    assert both.note.startswith(
        "the test involves 'd', whose estimate is infinite, and a Wald test of this estimate says"
    )
    assert "The likelihood-ratio test works" in both.note
    assert wald(limits, covariance, eye[3]).note.startswith(
        "the test involves coefficient 3, whose estimate"
    )
    assert wald(limits, covariance, eye[1]).note == ""
    tests = wald_terms(limits, covariance, {"a": [1], "d": [3]})
    assert np.isfinite(tests["a"].p_value)
    assert np.isnan(tests["d"].p_value)
    found = contrasts(limits, covariance, np.array([[0, 1, 0, 0], [0, 1, 0, -2], [0, 0, 1, 1]]))
    assert found.effects[1:].tolist() == [-np.inf, np.inf]
    assert np.isnan(found.p_values).tolist() == [False, True, True]
    assert contrasts(limits, covariance, eye[1] + eye[3]).effects[0] == np.inf
    ratio = odds_ratios(limits, covariance)
    assert ratio.values[3] == np.inf
    assert np.isnan(ratio.interval[3]).all()


def test_infinities_that_draw_apart_have_no_combination() -> None:
    covariance = np.full((2, 2), np.nan)
    found = contrasts(np.array([np.inf, np.inf]), covariance, np.array([[1.0, -1.0], [1.0, 1.0]]))
    assert np.isnan(found.effects[0])
    assert found.effects[1] == np.inf


def test_predictions_have_standard_errors_where_no_infinite_coefficient_has_a_part(
    separated: FitResult,
) -> None:
    X, y, left = data()
    Z = np.column_stack([np.ones(N), X])
    likelihood, rest = Bernoulli(LINKS["logit"]), fit(array_rows(X[left, :2], y[left]))
    for predict in (predict_linear, predict_mean):
        found = predict(likelihood, Z, separated.estimates, separated.covariance)
        alone = predict(likelihood, Z[left, :3], rest.estimates, rest.covariance)
        assert np.isnan(found.std_errors[~left]).all()
        np.testing.assert_allclose(found.std_errors[left], alone.std_errors, rtol=1e-6)
        assert np.isfinite(found.predicted).all()
    mean = average_prediction(likelihood, Z, separated.estimates, separated.covariance)
    alone = average_prediction(likelihood, Z[left, :3], rest.estimates, rest.covariance)
    assert mean.std_errors[0] == pytest.approx(alone.std_errors[0] * left.mean(), rel=1e-6)
    assert np.isnan(
        average_prediction(
            likelihood, Z, separated.estimates, separated.covariance, linear=True
        ).std_errors
    ).all()


def test_margins_of_an_infinite_coefficient_are_nan_but_its_discrete_change_has_a_limit(
    separated: FitResult,
) -> None:
    X, y, left = data()
    Z = np.column_stack([np.ones(N), X])
    asked = (Bernoulli(LINKS["logit"]), Z, separated.estimates, separated.covariance)
    rest = fit(array_rows(X[left, :2], y[left]))
    found = margins(*asked, infinite=np.isinf(separated.limits))
    assert np.isnan(found.effects[2, 0])
    assert np.isnan(found.std_errors[2, 0])
    alone = margins(asked[0], Z[left, :3], rest.estimates, rest.covariance)
    np.testing.assert_allclose(found.effects[:2], alone.effects * left.mean(), rtol=1e-6)
    np.testing.assert_allclose(found.std_errors[:2], alone.std_errors * left.mean(), rtol=1e-6)
    change = margins(*asked, infinite=np.isinf(separated.limits), dummy=True)
    without = average_prediction(asked[0], Z[:, :3], rest.estimates, rest.covariance)
    assert change.effects[2, 0] == pytest.approx(1.0 - without.predicted[0], rel=1e-6)
    assert change.std_errors[2, 0] == pytest.approx(without.std_errors[0], rel=1e-6)


def test_a_stored_model_shows_infinity_and_predicts_as_before(tmp_path: Path) -> None:
    X, y, _ = data()
    frame = pl.DataFrame(
        {"a": 50.0 + X[:, 0], "level": np.where(X[:, 2] == 1, "always", "some"), "y": y}
    )
    design, _ = learn(frame.drop("y"), Spec(numeric=("a",), categorical=("level",)))
    result = fit(MemoryRows(design.encode(frame), y, design.names), allow_separation=True)
    model = StoredModel(design, result, StoredTarget("y", (False, True)), 0.5)
    path = tmp_path / "model.parquet"
    write_model(model, path)
    back = read_model(path)
    table = coefficient_table(back)
    own = table.filter(pl.col("term").str.starts_with("level[")).row(0, named=True)
    sign = 1.0 if own["term"] == "level[always]" else -1.0
    assert own["estimate"] == own["standardized"] == sign * np.inf
    assert np.isnan([own[name] for name in ("std_error", "z", "p_value", "lower", "upper")]).all()
    assert own["odds_ratio"] == (np.inf if sign > 0 else 0.0)
    assert np.array_equal(back.result.estimates, result.estimates)
    slope = table.filter(pl.col("term") == "a").row(0, named=True)
    assert np.isfinite([slope[name] for name in ("estimate", "std_error", "lower")]).all()


def test_in_other_units_only_what_an_infinite_slope_moves_is_infinite() -> None:
    X, y, _ = data()
    columns = np.column_stack([X[:, 0], (X[:, 2] - 0.1) / 0.3])
    found = fit(array_rows(columns, y, names=["a", "d"]), allow_separation=True)
    units = Coordinates(np.array([0.0, 5.0, 0.1]), np.array([1.0, 2.0, 0.3]), 0, 1.0, np.zeros(3))
    back = found.in_units(units)
    plain = fit(
        array_rows(np.column_stack([5.0 + 2.0 * X[:, 0], X[:, 2]]), y), allow_separation=True
    )
    assert back.limits.tolist()[2] == plain.limits.tolist()[2] == np.inf
    np.testing.assert_allclose(back.std_errors[1], plain.std_errors[1], rtol=1e-9)
    assert np.isnan(back.std_errors[[0, 2]]).all()
    flat = Coordinates(np.array([0.0, 5.0, 0.0]), np.array([1.0, 2.0, 1.0]), 0, 1.0, np.zeros(3))
    assert np.isfinite(
        fit(array_rows(X[:, [0, 2]], y), allow_separation=True).in_units(flat).std_errors[:2]
    ).all()


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog"])
def test_the_likelihood_of_separated_rows_is_its_supremum(link: str) -> None:
    dose = np.arange(18.0)
    found = fit(
        array_rows(dose[:, None], dose > 8.0), Bernoulli(LINKS[link]), allow_separation=True
    )
    assert -1e-9 <= found.loglik <= 0.0
    # so the ratio test is 36 log 2
    assert found.null_loglik == pytest.approx(18.0 * np.log(0.5), rel=1e-14)


def test_rows_are_predicted_perfectly_only_if_all_other_classes_are_ruled_out() -> None:
    x = np.repeat([0.0, 1.0, 2.0, 3.0], 20)
    code = np.repeat([0, 1, 2, 1], 20).astype(float)
    code[20:][::3] = 2.0 - (np.arange(20) % 2)  # class 0 is apart, 1 and 2 are mixed
    found = fit(
        array_rows(x[:, None], code, classes=["a", "b", "c"]), Multinomial(2), allow_separation=True
    )
    assert (
        "predicts y perfectly in 20 of 80 rows (rows 0, 1, 2, 3, 4, ...)" in found.status.sentence
    )
