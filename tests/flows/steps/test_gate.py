"""The gate's rule: it promotes within its margins alone, over many weeks, and says every reason."""

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.recipes.training import train
from logit_flows.steps.evaluate import Evaluation, Measured
from logit_flows.steps.gate import (
    Comparison,
    compare,
    decide,
    unmet_requirements,
)
from logit_flows.steps.hashing import hashed_values
from logit_flows.steps.load import load_dataset
from logit_flows.steps.rows import outcome_of
from logit_flows.steps.score import load_stored_model
from logit_flows.steps.split import SPLIT_SALT
from logit_flows.steps.unseen_rows import IncomparableError
from sklearn import metrics as sk

from logit_engine.diagnostics.metric_intervals import difference_interval
from tests.support.pipeline import Make

MARGIN = 0.001


def comparison(differences: np.ndarray) -> Comparison:
    """What the gate sees of paired differences of log-loss."""
    found = difference_interval(differences)
    return Comparison(differences.size, None, found.mean, found.lower, found.upper, 0.95)


def weeks(excess: float, count: int, seed: int) -> tuple[list[float], int]:
    """The champion's true loss over the anchor's after each of many gates, and how many challengers
    were promoted.

    Every challenger's true loss is the champion's plus `excess`; a week shows 20,000 rows of noisy
    paired differences.
    """
    rng = np.random.default_rng(seed)
    champion, path, promoted = 0.0, [], 0
    for _ in range(count):
        challenger = champion + excess
        noise = rng.normal(0.0, 0.02, (2, 20_000))
        versus_champion = comparison(challenger - champion + noise[0])
        versus_anchor = comparison(challenger + noise[1])
        if decide(MARGIN, versus_champion, versus_anchor).promote:
            champion, promoted = challenger, promoted + 1
        path.append(champion)
    return path, promoted


def test_a_thousand_gates_between_equal_models_never_lose_more_than_twice_the_margin() -> None:
    path, promoted = weeks(0.0, 1000, seed=1)
    assert max(path) <= 2 * MARGIN
    assert promoted > 900


def test_losses_too_small_for_one_gate_do_not_add_up_over_a_thousand() -> None:
    # Each week's interval errs one time in forty, so a slide stops within its half-width of twice
    # the margin; a gate against the last champion alone would have let each of the 1,000 small
    # losses through, 0.3 in all.
    half_width = 1.96 * 0.02 / np.sqrt(20_000)
    path, promoted = weeks(0.3 * MARGIN, 1000, seed=2)
    assert promoted >= 3
    assert max(path) <= 2 * MARGIN + half_width


def test_the_gate_rules_out_losses_and_says_what_it_saw() -> None:
    fine = Comparison(100, 9, -0.01, -0.02, 0.0005, 0.95)
    worse = Comparison(100, 9, 0.01, 0.002, 0.018, 0.95)
    assert decide(MARGIN, fine, None).promote
    kept = decide(MARGIN, worse, None)
    assert (
        kept.promote,
        "the challenger's log-loss is 0.01000 higher than the champion's" in kept.sentence,
    ) == (
        False,
        True,
    )
    assert (
        "worse than the anchor by more than twice the margin"
        in decide(MARGIN, fine, worse).sentence
    )
    assert (
        decide(MARGIN, fine, fine, ("skill is 0.0100, but at least 0.05 is required",)).promote
        is False
    )


def seen(upper: float, mean: float = -0.01) -> Comparison:
    """A comparison with this upper end."""
    return Comparison(1000, None, mean, 2 * mean - upper, upper, 0.95)


@pytest.mark.parametrize(
    ("champion", "anchor", "unmet", "promote"),
    [
        (seen(0.001), None, (), True),
        (seen(0.0010001), None, (), False),
        (seen(0.0), seen(0.002), (), True),
        (seen(0.0), seen(0.0020001), (), False),
        (seen(math.nan), None, (), False),
        (seen(0.0), seen(math.nan), (), False),
        (seen(0.0), None, ("skill is 0.0100, but at least 0.05 is required",), False),
    ],
)
def test_the_gate_promotes_only_within_its_margins(
    champion: Comparison, anchor: Comparison | None, unmet: tuple[str, ...], promote: bool
) -> None:
    assert decide(0.001, champion, anchor, unmet).promote is promote


def test_a_decision_says_every_reason() -> None:
    sentence = decide(0.001, seen(0.03, 0.01), seen(0.03, 0.01), ("skill is low",)).sentence
    assert sentence == (
        "Kept the champion: on 1,000 rows that neither has seen, the challenger's log-loss is "
        "0.01000 higher than the champion's (95% interval -0.01000 to +0.03000); that it is "
        "worse by more than the margin of 0.001 is not ruled out; on 1,000 rows that neither has "
        "seen, the challenger's log-loss is 0.01000 higher than the anchor's (95% interval "
        "-0.01000 to +0.03000); that it is worse than the anchor by more than twice the margin "
        "(0.002) is not ruled out; skill is low."
    )
    assert decide(0.001, seen(-0.001), None).sentence.startswith(
        "Promoted: on 1,000 rows that neither has seen, "
    )


def test_losses_that_are_equal_row_by_row_are_said_to_be() -> None:
    assert Comparison(1000, 50, 0.0, 0.0, 0.0, 0.95).sentence("champion") == (
        "on 1,000 rows (50 clusters) that neither has seen, the challenger's log-loss is that of "
        "the champion, row by row"
    )


@pytest.mark.parametrize("excess", [0.5, 1.0])
def test_the_anchor_stops_a_slide_of_small_losses(excess: float) -> None:
    margin, loss, promoted = 0.001, 0.0, 0
    for _ in range(1000):
        step = excess * margin
        if decide(margin, seen(step, step), seen(loss + step, loss + step)).promote:
            loss, promoted = loss + step, promoted + 1
    assert promoted == round(2 / excess)
    assert loss <= 2 * margin
    assert decide(
        margin, seen(excess * margin), None
    ).promote  # the champion alone would have let each through


def test_unmet_requirements_are_told_with_value_and_bound(make: Make) -> None:
    def measured(metric: str, value: float) -> Measured:
        return Measured("test", metric, value, *[math.nan] * 4)

    config = make(
        gate__require={
            "skill": {"min": 0.05},
            "brier": {"max": 0.1},
            "roc_auc": {"min": 0.6},
            "f1": {"min": 0},
        }
    )
    evaluation = Evaluation(
        0.5, (measured("skill", 0.01), measured("brier", 0.2), measured("roc_auc", 0.7))
    )
    assert unmet_requirements(config, evaluation) == (
        "skill is 0.0100, but at least 0.05 is required",
        "brier is 0.2000, but at most 0.1 is required",
        "f1 is required, but it is not defined on the test rows",
    )


def test_models_are_compared_on_the_rows_that_both_hold_out(make: Make) -> None:
    config, other = make(), make(split__test_size=0.15, features__categorical=[])
    models = [load_stored_model(c, train(c).run) for c in (config, other)]
    dataset = load_dataset(config)
    found = compare(config, dataset, *models)
    frame = dataset.scan().collect()
    unseen = frame.filter(pl.Series(hashed_values(frame["key"], SPLIT_SALT) < 0.15))
    y = outcome_of(dataset)(unseen)
    p = [
        m.select_outputs(unseen.lazy(), ["probability"]).collect().to_series().to_numpy()
        for m in models
    ]
    assert found.rows == unseen.height
    assert found.mean == pytest.approx(sk.log_loss(y, p[0]) - sk.log_loss(y, p[1]), rel=1e-9)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"split__by": "row"}, "city, x, z and key"),
        ({"data__id": None}, "city, x, z and key"),
        ({"data__cluster": "group"}, "group and key"),
        ({"split": {"method": "group", "column": "group"}}, "group and key"),
    ],
)
def test_models_whose_splits_hash_other_columns_are_not_compared(
    make: Make, settings: dict[str, Any], named: str
) -> None:
    champion, other = make(), make(**settings)
    models = [load_stored_model(c, train(c).run) for c in (other, champion)]
    with pytest.raises(IncomparableError) as caught:
        compare(other, load_dataset(other), *models)
    assert str(caught.value) == (
        f"no row is provably unseen by both models: their splits hash other columns ({named}); if "
        f"the new model is right, promote it by hand: logit promote {models[0].origin['run']}"
    )


def test_models_of_the_same_whole_rows_are_compared(make: Make) -> None:
    config, other = (make(data__id=None, model__link=link) for link in ("logit", "probit"))
    models = [load_stored_model(c, train(c).run) for c in (other, config)]
    assert 120 < compare(config, load_dataset(config), *models).rows < 240
