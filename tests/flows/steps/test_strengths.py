"""The strengths that are tried reach from the constants alone to where no penalty is left."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.config.model import Config
from logit_flows.steps.fit import fit_model
from logit_flows.steps.learn import learn_design
from logit_flows.steps.load import load_dataset
from logit_flows.steps.split import Split
from logit_flows.steps.tune import Tuning, tune_penalty

from tests.support.pipeline import Make, city_table

RIDGE = {"type": "l2", "strength": "cv", "folds": 3}
NOISE = np.random.default_rng(3).random(600) < 0.4


def tuned(config: Config) -> Tuning:
    return tune_penalty(config, load_dataset(config), Split("none"))


def path_of(tuning: Tuning) -> np.ndarray:
    """The slopes at each strength, (m, p - 1)."""
    slopes = tuning.path.filter(pl.col("term") != "intercept")
    return slopes["coefficient"].to_numpy().reshape(len(tuning.points), -1)


def unpenalized(make: Make, frame: pl.DataFrame, **settings: Any) -> np.ndarray:
    """The slopes of the fit without a penalty, on the scale of X."""
    config = make(frame, **settings)
    dataset, split = load_dataset(config), Split("none")
    fitted = fit_model(config, dataset, split, learn_design(config, dataset, split))
    return fitted.result.estimates[1:]


@pytest.mark.parametrize(
    ("frame", "settings", "accuracy"),
    [
        (city_table(), {}, 1e-8),
        (city_table().with_columns(x=pl.col("x") * 1e6, z=pl.col("z") * 1e-4), {}, 1e-8),
        (
            city_table().with_columns(x=pl.col("x") * 1e6, z=pl.col("z") * 1e-4),
            {"normalize": "none"},
            1e-8,
        ),
        (city_table().with_columns(z=pl.col("x") + 1e-3 * pl.col("z")), {}, 1e-6),
    ],
    ids=["plain", "units", "units that stay", "nearly dependent columns"],
)
def test_a_ridge_is_tried_from_no_effect_to_no_penalty(
    make: Make, frame: pl.DataFrame, settings: dict[str, Any], accuracy: float
) -> None:
    free = unpenalized(make, frame, **settings)
    tuning = tuned(make(frame, model__penalty=RIDGE, **settings))
    path = path_of(tuning)
    strengths = np.array([point.strength for point in tuning.points])
    assert (np.diff(strengths) < 0.0).all()
    assert np.abs(path[0] / free).max() < 0.02
    np.testing.assert_allclose(path[-1], free, rtol=accuracy)
    best = int(np.argmin([point.log_loss for point in tuning.points]))
    assert 0 < best < len(tuning.points) - 1
    assert tuning.notes == (tuning.sentence,)


def test_a_ridge_of_dependent_columns_is_tried_too(make: Make) -> None:
    tuning = tuned(make(city_table().with_columns(z=2.0 * pl.col("x")), model__penalty=RIDGE))
    free = unpenalized(make, city_table(), features__numeric=["x"])
    x, z, *city = path_of(tuning)[-1]
    np.testing.assert_allclose([x + z, *city], free, rtol=1e-8)


def test_outcomes_of_chance_are_best_left_to_the_constant_and_it_is_said(make: Make) -> None:
    tuning = tuned(make(city_table().with_columns(y=pl.Series(NOISE)), model__penalty=RIDGE))
    assert tuning.strength == tuning.points[0].strength
    assert tuning.notes[1].startswith("The lowest log-loss is at the strongest strength")
    assert tuning.notes[1].endswith(
        ", which leaves next to nothing but the constant: the features do not predict the "
        "rows that are held out."
    )


def test_a_ridge_that_is_of_no_use_is_told(make: Make) -> None:
    x = city_table(1000)["x"].to_numpy()
    y = np.random.default_rng(0).random(1000) < 1.0 / (1.0 + np.exp(-0.5 * x - 0.2))
    frame = city_table(1000).with_columns(y=pl.Series(y))
    tuning = tuned(make(frame, features={"numeric": ["x"]}, model__penalty=RIDGE))
    assert tuning.notes[1].startswith(
        "The lowest log-loss is at the weakest strength that was tried"
    )
    assert tuning.notes[1].endswith(
        ", where the fit is unpenalized to rounding: the penalty is of no use here; compare a run "
        "with penalty type none."
    )


@pytest.mark.parametrize("kind", ["l1", "group_lasso"])
def test_a_path_whose_best_is_its_weakest_asks_for_a_weaker_one(make: Make, kind: str) -> None:
    frame = city_table(4000).with_columns(y=pl.col("x") + 0.02 * pl.col("z") > 0.0)
    penalty = RIDGE | {"type": kind}
    tuning = tuned(make(frame, features={"numeric": ["x", "z"]}, model__penalty=penalty))
    weakest = tuning.points[-1].strength
    assert len(tuning.points) == 30
    assert weakest == pytest.approx(1e-3 * tuning.points[0].strength)
    assert tuning.strength == weakest
    assert tuning.notes[1].startswith(
        "The lowest log-loss is at the weakest strength that was tried"
    )
    assert tuning.notes[1].endswith(
        "; a weaker one may be better: compare a run with half of it, or with penalty type none."
    )
