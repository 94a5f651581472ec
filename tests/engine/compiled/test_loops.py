"""Compiled loops give the sums of the plain passes, in one set of bits however rows come."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from dask.distributed import Client, LocalCluster

from logit_engine import fit
from logit_engine.columns import Coded, Constant, Coordinates, Dense, SideBySide
from logit_engine.compiled import loops as compiled
from logit_engine.compiled.kernels import machine_code, tiles, vector_math
from logit_engine.compiled.loops import Loops
from logit_engine.design.frame_rows import Outcome
from logit_engine.design.learning import learn
from logit_engine.design.parquet_rows import parquet_rows
from logit_engine.design.spec import Spec
from logit_engine.errors import UsageError
from logit_engine.fitting import steps as fitting
from logit_engine.fitting.preparation import prepare
from logit_engine.inference.covariance import HC0
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LOGIT, PROBIT
from logit_engine.objective.loss import Objective
from logit_engine.penalties import L2, NONE, ElasticNet
from logit_engine.rows import BLOCK_ROWS, Block, Rows
from logit_engine.rows.distributed import distributed_rows
from logit_engine.rows.memory import MemoryRows, array_rows
from tests.support.fit_bits import bits

P = 7
LIKELIHOODS: dict[str, Likelihood] = {
    "binary": Bernoulli(LOGIT),
    "classes": Multinomial(3),
    "classes without a base": Multinomial(3, base=False),
}


@pytest.fixture(autouse=True)
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled loops are taken as if they were built; what is not is compiled at the first call."""
    monkeypatch.setattr(compiled, "loops_are_built", lambda: True)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled loops however few the numbers."""
    monkeypatch.setattr(compiled, "MIN_COMPILED_NUMBERS", 0)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as one,
    ):
        yield one


def objective(likelihood: Likelihood, extras: bool, rows: int = 3_001) -> Objective:
    """Centered and scaled rows; extras: weights, some of them zero, offsets, and shares of
    events.
    """
    rng = np.random.default_rng(3)
    k = likelihood.outputs
    X = 3.0 * rng.standard_normal((rows, P)) + 1.0
    if isinstance(likelihood, Multinomial):
        y = rng.integers(0, likelihood.classes, rows).astype(float)
    else:
        y = (rng.random(rows) < 0.4).astype(float)
        y[:50] = rng.random(50) if extras else y[:50]
    weight = rng.integers(0, 3, rows).astype(float) if extras else None
    offset = rng.standard_normal((rows, k) if k > 1 else rows) if extras else None
    columns = SideBySide((Constant(rows), Dense(X)))
    held = MemoryRows(columns, y, tuple("iabcdefg"), weight, offset, fold=rng.integers(0, 3, rows))
    center, scale = np.r_[0.0, rng.standard_normal(P)], np.r_[1.0, 2.0 ** rng.integers(-2, 3, P)]
    coordinates = Coordinates(center, scale, 0, 1.0, np.zeros(P + 1))
    return Objective(held, likelihood, coordinates, np.zeros(k * (P + 1), dtype=bool))


@pytest.mark.parametrize("extras", [False, True])
@pytest.mark.parametrize("name", LIKELIHOODS)
def test_passes_have_the_sums_of_the_plain_ones(name: str, extras: bool) -> None:
    plain = objective(LIKELIHOODS[name], extras)
    loops = replace(plain, compiled=True)
    rng = np.random.default_rng(5)
    theta = 0.3 * rng.standard_normal(plain.free.size)
    close = {"rtol": 1e-12, "atol": 1e-10}
    np.testing.assert_allclose(loops.gradient(theta), plain.gradient(theta), **close)
    several = np.stack([theta, 0.5 * theta, -theta])
    for without in ((-1,), (2,), (-1, 0, 2)):
        thetas = several[: len(without)]
        for slopes in zip(
            loops.light_passes(thetas, without), plain.light_passes(thetas, without), strict=True
        ):
            for one, other in zip(*slopes, strict=True):
                np.testing.assert_allclose(one, other, **close)
    for one, other in zip(loops.steering_pass(theta), plain.steering_pass(theta), strict=True):
        np.testing.assert_allclose(one, other, **close)
    for fold in (-1, 1):
        np.testing.assert_allclose(
            loops.information(theta, without=fold), plain.information(theta, without=fold), **close
        )
        np.testing.assert_allclose(
            loops.information(theta, single_precision=True, without=fold),
            plain.information(theta, without=fold),
            rtol=1e-4,
            atol=0.02,
        )
    for basis in (None, np.triu(rng.standard_normal((P + 1, P + 1))) + 3.0 * np.eye(P + 1)):
        one, other = loops.evaluate(theta, basis), plain.evaluate(theta, basis)
        for field in ("value", "gradient", "curvature", "loglik", "reach"):
            np.testing.assert_allclose(getattr(one, field), getattr(other, field), **close)
        assert (one.margin > 0.0) == (other.margin > 0.0)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_lead_is_the_smallest_of_all_rows_and_offsets_have_no_part_in_it(name: str) -> None:
    plain = objective(LIKELIHOODS[name], extras=True)
    theta = 0.3 * np.random.default_rng(5).standard_normal(plain.free.size)
    block = next(plain.rows.blocks(0, 1))
    linear = plain.columns(block).dot(theta if name == "binary" else theta.reshape(3, -1).T)
    margins = plain.likelihood.margins(linear, block.y)[block.kept]
    found = Loops(plain.likelihood, plain.coordinates, theta).sums(block)
    assert found.lead == pytest.approx(margins.min(), rel=1e-12)


@pytest.mark.parametrize("size", [1.0, 700.0, 1e6])
def test_predictors_far_out_cost_no_digit(size: float) -> None:
    """One row and one column of ones: log F, its slope and its curvature have closed forms
    there.
    """
    for y, eta in ((0.0, size), (1.0, size), (0.0, -size), (1.0, -size)):
        block = Block(Dense(np.ones((1, 1))), np.array([y]))
        coordinates = Coordinates(np.zeros(1), np.ones(1), None, 1.0, np.zeros(1))
        found = Loops(Bernoulli(LOGIT), coordinates, np.array([eta])).sums(block)
        lead = eta if y == 1.0 else -eta
        missed = np.exp(-lead) / (1.0 + np.exp(-lead)) if lead > 0.0 else 1.0 / (1.0 + np.exp(lead))
        assert found.score[0] == pytest.approx((2.0 * y - 1.0) * missed, rel=1e-14)
        assert found.loglik == pytest.approx(-np.logaddexp(0.0, -lead), rel=1e-14)
        assert found.information[0, 0] == pytest.approx(
            missed * (1.0 - missed) if abs(lead) < 30 else missed * np.exp(min(lead, 0.0)),
            rel=1e-13,
        )


def data(
    far: float = 100.0, rows: int = 5 * BLOCK_ROWS + 11
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X in single precision's values, one column far from zero; a binary outcome, and one of
    three classes.
    """
    rng = np.random.default_rng(8)
    middle = np.array([0.0, far, 0.0, 0.0, 0.0])
    X = (rng.standard_normal((rows, 5)) + middle).astype(np.float32).astype(float)
    eta = (X - middle) @ [0.5, -0.3, 0.2, 0.0, 1.0] - 1.0
    return (
        X,
        (rng.random(rows) < 1.0 / (1.0 + np.exp(-eta))).astype(float),
        rng.integers(0, 3, rows).astype(float),
    )


CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "without errors": {"covariance_type": None},
    "sandwich": {"covariance_type": HC0},
    "l2": {"penalty": L2(50.0)},
    "elastic net": {
        "penalty": ElasticNet(np.r_[0.0, np.full(5, 900.0)], np.r_[0.0, np.full(5, 100.0)])
    },
    "classes": {"likelihood": Multinomial(2)},
}


@pytest.mark.parametrize("case", CASES)
def test_fits_agree_with_plain_passes(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    X, late, kind = data()
    rng = np.random.default_rng(2)
    more = {
        "weight": rng.uniform(0.5, 2.0, late.size),
        "offset": 0.1 * rng.standard_normal(late.size),
    }
    rows = array_rows(X, kind, classes="abc") if case == "classes" else array_rows(X, late, **more)
    plain = fit(rows, **CASES[case])
    monkeypatch.setattr(compiled, "MIN_COMPILED_NUMBERS", 0)
    loops = fit(rows, **CASES[case])
    assert bits(loops) != bits(plain)
    assert loops.converged
    np.testing.assert_allclose(
        loops.estimates, plain.estimates, rtol=1e-9 if case == "elastic net" else 1e-11
    )
    np.testing.assert_allclose(loops.covariance, plain.covariance, rtol=1e-10, atol=1e-18)
    assert loops.loglik == pytest.approx(plain.loglik, rel=1e-14)


@pytest.mark.usefixtures("always", "all_threads")
@pytest.mark.parametrize("far", [0.0, 100.0])  # read where they lie, if in order, or written out
@pytest.mark.parametrize("case", CASES)
def test_threads_types_memory_orders_and_workers_change_no_bit(
    case: str, far: float, client: Client
) -> None:
    X, late, kind = data(far)

    def rows(X: np.ndarray) -> MemoryRows:
        return array_rows(X, kind, classes="abc") if case == "classes" else array_rows(X, late)

    expected = bits(fit(rows(X), threads=1, **CASES[case]))
    kept = X.copy()
    kept.flags.writeable = False
    views = [X.astype(">f8"), kept]
    if case != "classes":  # each type of X is compiled for by itself, which takes seconds
        views += [np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X.astype(np.float32)]
    for threads, view in zip((2, 4, 2, 1, 2), views, strict=False):
        assert bits(fit(rows(view), threads=threads, **CASES[case])) == expected
    assert bits(fit(distributed_rows(rows(X), client), **CASES[case])) == expected


@pytest.mark.parametrize("many", [0, 2**62])
def test_several_classes_on_nearly_collinear_columns_are_led_by_a_pilot_all_the_same(
    many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((65_600, 5))
    y = (np.stack([0.0 * X[:, 0], X[:, 0], X[:, 1]], axis=1) + rng.gumbel(size=(65_600, 3))).argmax(
        axis=1
    )
    X[:, 3] = X[:, 1] + 1e-4 * rng.standard_normal(65_600)
    rows = array_rows(X, y, classes="abc")
    monkeypatch.setattr(compiled, "MIN_COMPILED_NUMBERS", many)
    piloted = fit(rows, Multinomial(2))
    monkeypatch.setattr(fitting, "pilot_approach", lambda *_: None)
    plain = fit(rows, Multinomial(2))
    assert piloted.converged
    assert piloted.loglik == pytest.approx(plain.loglik, rel=1e-14)
    np.testing.assert_allclose(piloted.std_errors, plain.std_errors, rtol=1e-9)
    assert (np.abs(piloted.estimates - plain.estimates) < 1e-8 * plain.std_errors).all()


@pytest.mark.usefixtures("always")
def test_files_give_the_bits_of_memory(tmp_path: Path) -> None:
    X, late, _ = data()
    frame = pl.DataFrame({**{f"x{j}": X[:, j] for j in range(5)}, "late": late.astype(bool)})
    frame.write_parquet(tmp_path / "rows.parquet", row_group_size=7_777)
    design, _ = learn(frame, Spec(numeric=tuple(frame.columns[:5])))
    files = parquet_rows(design, [str(tmp_path / "rows.parquet")], Outcome("late", (False, True)))
    memory = MemoryRows(design.encode(frame), late, design.names)
    assert bits(fit(files)) == bits(fit(memory, threads=1))


def test_who_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    X, late, _ = data()

    def taken(rows: Rows, likelihood: Likelihood = LIKELIHOODS["binary"]) -> bool:
        return prepare(rows, likelihood, NONE, 1).objective.compiled

    rows = array_rows(X, late)
    assert not taken(rows)
    monkeypatch.setattr(compiled, "MIN_COMPILED_NUMBERS", 12 * rows.n)
    assert not taken(rows)
    assert prepare(rows, LIKELIHOODS["binary"], NONE, 1, fits=2).objective.compiled
    monkeypatch.setattr(compiled, "MIN_COMPILED_NUMBERS", 6 * rows.n)
    assert taken(rows)
    assert taken(array_rows(X.astype(np.float32), late))
    assert taken(array_rows(X.astype(np.int8), late))
    for kind in (np.longdouble, np.float16):
        assert not taken(array_rows(X.astype(kind), late))
    assert not prepare(rows, LIKELIHOODS["binary"], NONE, 1).objective.select(np.arange(2)).compiled
    assert not taken(array_rows(X[:, :4], late))
    assert not taken(rows, Bernoulli(PROBIT))
    coded = SideBySide((Constant(rows.n), Dense(X), Coded(np.arange(rows.n) % 3, 2)))
    assert not taken(MemoryRows(coded, late, tuple("iabcdefg")))
    monkeypatch.setattr(compiled, "loops_are_built", lambda: False)
    assert not taken(rows)


def test_a_worker_without_numba_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled._kernels.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "logit_engine.compiled.kernels", None)
    monkeypatch.delattr("logit_engine.compiled.kernels", raising=False)
    loops = replace(objective(Bernoulli(LOGIT), extras=False), compiled=True)
    with pytest.raises(UsageError, match=r"install logit-engine\[fast\] on every worker"):
        loops.gradient(np.zeros(P + 1))


def test_loops_are_compiled_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])

    def double(value: float) -> float:
        return 2.0 * value

    assert machine_code.compiled_loop(double)(1.5) == 3.0


@pytest.mark.parametrize("shape", [(1, 1), (P + 1, 1), (1, P + 1), (P, P)])
def test_a_basis_of_another_shape_is_refused(shape: tuple[int, int]) -> None:
    rows = objective(Bernoulli(LOGIT), extras=False)
    loops = Loops(rows.likelihood, rows.coordinates, np.zeros(P + 1), np.ones(shape))
    with pytest.raises(ValueError, match="is not one for 8 columns"):
        loops.sums(next(rows.rows.blocks(0, 1)))


def test_tiles_of_arrays_that_lie_column_by_column_are_refused() -> None:
    """Their strides are taken for granted: the sums would be wrong."""
    rows, q = np.ones((4, 2)), tiles.padded_columns(2)
    triangle = np.asfortranarray(np.ones((2, q)))
    with pytest.raises(Exception, match="row by row"):
        tiles.whiten_rows(
            rows, triangle, np.zeros((2, tiles.SLAB_ROWS)), np.zeros((tiles.SLAB_ROWS, q))
        )


def test_exponentials_and_logarithms_are_right_to_units_in_the_last_place() -> None:
    x = np.r_[-np.logspace(-300, np.log10(708.0), 100_003), 0.0, -1e-320]
    found, wide = np.empty_like(x), np.exp(x.astype(np.longdouble))
    vector_math.exp_of_negatives(x, found, np.empty(x.size, np.int64))
    assert (np.abs(found - wide) <= 1.0 * np.spacing(found)).all()
    logs = np.empty_like(x)
    vector_math.log1p_of_fractions(found, logs)
    assert (np.abs(logs - np.log1p(found.astype(np.longdouble))) <= 2.0 * np.spacing(logs)).all()


def test_exponentials_beyond_all_numbers_are_next_to_nothing_and_of_none_none() -> None:
    x = np.array([-709.0, -1e5, -np.inf, np.nan])
    vector_math.exp_of_negatives(x, x, np.empty(4, np.int64))
    assert (x[:3] < 1e-307).all()
    assert (x[:3] >= 0.0).all()
    assert np.isnan(x[3])


@pytest.mark.parametrize("p", [1, 2, 3, 4, 5, 11, 12, 13, 23, 24, 25, 50])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_gram_matrices_of_every_width_are_those_of_numpy(p: int, dtype: type[np.floating]) -> None:
    """Tiles reach over edges, slabs end in the middle: no other row or column may be touched."""
    rng = np.random.default_rng(p)
    rows, weights, q = (
        rng.standard_normal((77, p)),
        rng.standard_normal((3, 77)),
        tiles.padded_columns(p),
    )
    left, right, grams = (
        np.zeros(shape, dtype) for shape in ((tiles.SLAB_ROWS, q), (tiles.SLAB_ROWS, q), (3, q, q))
    )
    for part in (slice(0, 40), slice(40, 77)):
        tiles.add_grams(rows[part], weights[:, part], left, right, grams)
    for gram, weight in zip(grams, weights, strict=True):
        expected = np.tril((rows.T * weight) @ rows)
        close = 1e-5 if dtype == np.float32 else 1e-13
        np.testing.assert_allclose(
            np.tril(gram[:p, :p]), expected, rtol=0.0, atol=close * (rows**2).sum()
        )
