"""Penalties of a pipeline: groups by categorical, ordered levels, folds that choose a strength."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.config.checking import from_mapping, with_overrides
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError
from logit_flows.recipes.experimenting import experiment
from logit_flows.recipes.training import train
from logit_flows.reports.page import write_report
from logit_flows.steps.fit import penalty_of, unit_penalty
from logit_flows.steps.folds import validation_folds
from logit_flows.steps.learn import design_spec
from logit_flows.steps.load import load_dataset
from logit_flows.steps.rows import outcome_of
from logit_flows.steps.split import Split
from logit_flows.steps.tune import tune_penalty
from scipy.special import expit

from logit_engine.columns import dense_array
from logit_engine.design.frame_rows import frame_rows
from logit_engine.design.learning import learn
from logit_engine.design.spec import Impute, Spec
from logit_engine.errors import DataError
from logit_engine.fitting.steps import fit
from logit_engine.penalties import ElasticNet
from logit_engine.rows.table_frames import MemoryFrames
from tests.support.pipeline import side_table

Make = Callable[..., Config]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A config over 1200 rows in clusters of four over days; hour and x matter, noise and z do
    not.
    """
    rng = np.random.default_rng(3)
    index, hour = np.arange(1200), rng.integers(1, 13, 1200)
    x = rng.standard_normal(1200)
    pl.DataFrame(
        {
            "key": index,
            "group": index // 4,
            "day": [date(2024, 1, 1) + timedelta(days=int(i) // 30) for i in index],
            "x": x,
            "z": rng.standard_normal(1200),
            "hour": hour,
            "noise": rng.choice(["a", "b", "c", "d"], 1200),
            "y": rng.random(1200) < expit(x + np.sin(hour / 2.0) - 1.0),
        }
    ).write_parquet(tmp_path / "table.parquet")

    def config(**overrides: Any) -> Config:
        content: dict[str, Any] = {
            "name": "t",
            "data": {
                "source": "table.parquet",
                "target": {"column": "y", "positive": True},
                "id": "key",
            },
            "features": {"numeric": ["x", "z"], "categorical": ["hour", "noise"]},
            "split": {"method": "none"},
        }
        return with_overrides(
            from_mapping(content, tmp_path), {k.replace("__", "."): v for k, v in overrides.items()}
        )

    return config


def training(config: Config) -> tuple[pl.DataFrame, np.ndarray]:
    dataset = load_dataset(config)
    frame = side_table(config, dataset, Split("none"), "train")
    return frame, outcome_of(dataset)(frame)


def test_all_levels_of_a_categorical_are_kept_or_dropped_together(make: Make) -> None:
    config = make(model__penalty={"type": "group_lasso", "strength": 0.008})
    trained = train(config)
    result, design = trained.model.result, trained.model.design
    frame, y = training(config)
    X = dense_array(design.encode(frame))
    slope = X.T @ (expit(X @ result.estimates) - y)
    assert abs(slope[0]) < 1e-8
    zero = {}
    for label in range(4):
        on = np.array(design.groups) == label
        b, strength = result.estimates[on], 0.008 * y.size * np.sqrt(on.sum())
        zero[label] = not b.any()
        if zero[label]:
            assert np.linalg.norm(slope[on]) <= strength + 1e-8
        else:
            assert b.all()
            np.testing.assert_allclose(slope[on], -strength * b / np.linalg.norm(b), atol=1e-8)
    assert [zero[label] for label in (0, 2, 3)] == [False, False, True]  # x, hour, noise
    assert result.penalty_strength == pytest.approx(0.008 * y.size)
    page = write_report(config, trained.run).read_text(encoding="utf-8")
    assert "group lasso, strength 0.008" in page
    assert "the coefficients of a group are zero together" in page


def test_the_strongest_of_a_grid_is_the_least_that_leaves_the_constant_alone(make: Make) -> None:
    for kind in ("l1", "group_lasso"):
        config = make(model__penalty={"type": kind, "strength": "cv"})
        tuning = tune_penalty(config, load_dataset(config), Split("none"))
        path = tuning.path.filter(pl.col("term") != "intercept")
        kept = path.group_by("strength", maintain_order=True).agg(
            (pl.col("coefficient") != 0.0).sum()
        )["coefficient"]
        assert kept[0] == 0
        assert kept[1] > 0
        assert tuning.points[0].log_loss > min(p.log_loss for p in tuning.points)


@pytest.mark.parametrize("kind", ["l1", "l2", "group_lasso"])
def test_ordered_levels_are_drawn_to_their_neighbors(make: Make, kind: str) -> None:
    config = make(
        model__penalty={"type": kind, "strength": 0.01, "smooth": ["hour"]},
        features__reference={"hour": 4},
    )
    trained = train(config)
    result, design = trained.model.result, trained.model.design
    frame, y = training(config)
    X = dense_array(design.encode(frame))
    slope = X.T @ (expit(X @ result.estimates) - y)
    at = [design.names.index(f"hour[{h}]") if h != 4 else -1 for h in range(1, 13)]
    assert design.level_positions("hour") == tuple(at)
    said = (
        "hour: neighbors are drawn together in the order 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12; "
        "numbers sort as numbers"
    )
    assert any(note.startswith(said) for note in trained.model.notes)
    hours = np.append(result.estimates, 0.0)[at]
    pull = np.convolve(hours, [-1.0, 2.0, -1.0], "same")
    pull[0], pull[-1] = hours[0] - hours[1], hours[-1] - hours[-2]
    inside = [j for j in at if j >= 0]
    np.testing.assert_allclose(
        slope[inside],
        -0.01 * y.size * np.array([v for v, j in zip(pull, at, strict=True) if j >= 0]),
        atol=1e-8,
    )
    x = design.names.index("x")
    expected = result.estimates[x] if kind == "l2" else 1.0
    assert slope[x] == pytest.approx(-0.01 * y.size * expected, abs=1e-8)
    rough = train(
        make(model__penalty={"type": kind, "strength": 0.01}, features__reference={"hour": 4})
    ).model.result
    assert result.penalty_strength == pytest.approx(rough.penalty_strength)


def test_levels_without_a_place_in_the_order_are_penalized_as_others() -> None:
    levels = ["10", "9", None, "2", "1", "3"] * 20 + ["5", "7"]
    frame = MemoryFrames(pl.DataFrame({"hour": pl.Series(levels).cast(pl.Int64)}))
    spec = Spec(
        categorical=("hour",),
        impute_categorical=Impute.LEVEL,
        min_frequency=2,
        reference={"hour": "3"},
    )
    design, _ = learn(frame, spec)
    assert design.names == (
        "intercept",
        "hour[1]",
        "hour[2]",
        "hour[9]",
        "hour[10]",
        "hour[(missing)]",
        "hour[(pooled)]",
    )
    assert design.level_positions("hour") == (1, 2, -1, 3, 4)
    content = {
        "name": "t",
        "data": {"source": "x", "target": {"column": "y", "positive": True}},
        "features": {"categorical": ["hour"]},
        "split": {"method": "none"},
        "model": {"penalty": {"type": "l1", "strength": 1.0, "smooth": ["hour"]}},
    }
    unit = unit_penalty(from_mapping(content, "."), design, 2)
    assert unit.l1.tolist() == [0, 0, 0, 0, 0, 1, 1] * 2
    assert unit.smooth.toarray()[7:, 7:].tolist() == unit.smooth.toarray()[:7, :7].tolist()
    np.testing.assert_array_equal(unit.smooth.diagonal()[:7], [0, 1, 2, 2, 1, 0, 0])


def test_folds_by_time_learn_from_what_came_before(make: Make) -> None:
    config = make(
        data__time="day",
        data__cluster="group",
        model__penalty={"type": "l2", "strength": "cv", "fold_method": "time"},
    )
    frame, y = training(config)
    found = validation_folds(config, load_dataset(config).contract, MemoryFrames(frame), y)
    first = frame.select(pl.col("day").min().over("group"))["day"].to_numpy()
    taught = 0
    for fold in found:
        assert first[fold.train].max() < first[fold.held].min()
        assert fold.train.sum() >= taught
        assert abs(fold.held.sum() - 200) <= 34
        taught = int((fold.train | fold.held).sum())
    assert len(found) == 5
    assert taught == y.size
    tuning = tune_penalty(config, load_dataset(config), Split("none"))
    assert "by 5-fold forward cross-validation" in tuning.sentence
    losses = []
    for fold in found:
        train_rows, held = frame.filter(pl.Series(fold.train)), frame.filter(pl.Series(fold.held))
        design, _ = learn(MemoryFrames(train_rows), design_spec(config))
        penalty = unit_penalty(config, design, 1).multiplied(
            tuning.points[9].strength * train_rows.height
        )
        theta = fit(frame_rows(design, train_rows, y[fold.train]), penalty=penalty).estimates
        eta = design.predictors(held, theta)
        losses.append(np.logaddexp(0.0, np.where(y[fold.held] == 1.0, -eta, eta)))
    assert tuning.points[9].log_loss == pytest.approx(np.concatenate(losses).mean(), rel=1e-8)


def test_stratified_folds_have_equal_shares_of_each_class_and_random_ones_keep_clusters_whole(
    make: Make,
) -> None:
    penalty = {"type": "l2", "strength": "cv", "folds": 7}
    config = make(model__penalty=penalty | {"fold_method": "stratified"})
    frame, y = training(config)
    contract = load_dataset(config).contract
    found = validation_folds(config, contract, MemoryFrames(frame), y)
    assert (np.sum([fold.held for fold in found], axis=0) == 1).all()
    for fold in found:
        assert (fold.train == ~fold.held).all()
        for label in (0.0, 1.0):
            assert abs((y[fold.held] == label).sum() - (y == label).sum() / 7) < 1.0
    turned = validation_folds(config, contract, MemoryFrames(frame.reverse()), y[::-1])
    assert all((a.held == b.held[::-1]).all() for a, b in zip(found, turned, strict=True))
    by_cluster = make(model__penalty=penalty, data__cluster="group")
    grouped = MemoryFrames(frame.with_columns(group=pl.Series(np.arange(1200) // 4)))
    for fold in validation_folds(by_cluster, contract, grouped, y):
        assert (fold.held.reshape(-1, 4).sum(axis=1) % 4 == 0).all()


def test_folds_that_cannot_be_are_told(make: Make) -> None:
    config = make(
        data__time="day", model__penalty={"type": "l2", "strength": "cv", "fold_method": "time"}
    )
    frame, y = training(config)
    contract = load_dataset(config).contract
    one_day = MemoryFrames(frame.with_columns(day=pl.lit(date(2024, 1, 1))))
    with pytest.raises(DataError, match=r"fold 1 of 5 has no rows; use fewer model.penalty.folds"):
        validation_folds(config, contract, one_day, y)
    with pytest.raises(DataError, match="the rows that fold 1 of 5 learns from lack a class"):
        validation_folds(config, contract, MemoryFrames(frame), 1.0 * (np.arange(1200) >= 300))


@pytest.mark.parametrize(
    ("penalty", "sentence"),
    [
        (
            {"type": "l1", "strength": 1.0, "fold_method": "time"},
            "model.penalty.fold_method: it goes with strength: cv",
        ),
        ({"type": "l1", "strength": "cv", "fold_method": "time"}, "folds by time need data.time"),
        (
            {"type": "l1", "strength": "cv", "fold_method": "grouped"},
            "'grouped' is not one of random, stratified, time",
        ),
        (
            {"type": "l1", "strength": 1.0, "smooth": ["x"]},
            "model.penalty.smooth: 'x' is not one of features.categorical",
        ),
        (
            {"type": "none", "smooth": ["hour"]},
            "ordered levels are drawn to their neighbors by a penalty",
        ),
        (
            {"type": "group_lasso", "strength": 1.0, "l1_ratio": 0.5},
            "an l1_ratio goes with type elastic_net",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    make: Make, penalty: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make(model__penalty=penalty)


def test_stratified_folds_do_not_cut_clusters(make: Make) -> None:
    penalty = {"type": "l1", "strength": "cv", "fold_method": "stratified"}
    with pytest.raises(
        ConfigError, match="stratified folds would cut clusters in two; write model"
    ):
        make(model__penalty=penalty, data__cluster="group")


def test_an_experiment_does_not_choose_strengths_within_its_folds(make: Make) -> None:
    config = make(
        model__penalty={"type": "l1", "strength": "cv"},
        experiment={"matrix": {"model.penalty.type": ["l1", "l2"]}, "folds": 2},
    )
    with pytest.raises(
        DataError, match="cannot choose their strength by another; list strengths under"
    ):
        experiment(config)


def test_a_ridge_without_ordered_levels_is_an_l2(make: Make) -> None:
    config = make(model__penalty={"type": "l2", "strength": 0.5})
    frame, _ = training(config)
    design, _ = learn(MemoryFrames(frame), design_spec(config))
    assert not isinstance(penalty_of(config, 10, design, 1), ElasticNet)
