"""Fits of a config: the order of files changes nothing, penalties are scikit-learn's."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from logit_flows.config.checking import with_overrides
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError
from logit_flows.config.remedies import remedies_of
from logit_flows.recipes.training import train
from logit_flows.steps.crossvalidate import cross_validate
from logit_flows.steps.fit import fit_model
from logit_flows.steps.learn import learn_design
from logit_flows.steps.load import Dataset, load_dataset
from logit_flows.steps.rows import outcome_of
from logit_flows.steps.split import Split, split_rows
from sklearn.linear_model import LogisticRegression

from logit_engine.columns import dense_array
from logit_engine.errors import RankError, SeparationError
from logit_engine.fitting.result import Verdict
from logit_engine.storage.model_file import read_model
from tests.support.pipeline import Make, city_table, side_table


def test_a_fit_does_not_depend_on_the_order_in_which_the_files_are_named(
    make: Make, tmp_path: Path
) -> None:
    frame = city_table()
    for name, part in (("one", frame[:300]), ("two", frame[300:])):
        part.write_parquet(tmp_path / f"part-{name}.parquet")

    def estimates(config: Config) -> np.ndarray:
        dataset: Dataset = load_dataset(config)
        split = split_rows(config, dataset)
        learned = learn_design(config, dataset, split)
        return fit_model(config, dataset, split, learned).result.estimates

    whole = estimates(make())
    np.testing.assert_array_equal(estimates(make(data__source="part-*.parquet")), whole)
    turned = make(data__source=["part-two.parquet", "part-one.parquet"])
    np.testing.assert_allclose(estimates(turned), whole, rtol=1e-10)


@pytest.mark.parametrize(("kind", "ratio"), [("l1", 1.0), ("elastic_net", 0.4), ("l2", 0.0)])
def test_penalties_of_a_given_strength_are_scikit_learns(
    make: Make, kind: str, ratio: float
) -> None:
    config = make(
        model__penalty={"type": kind, "strength": 0.02}
        | ({"l1_ratio": ratio} if kind == "elastic_net" else {})
    )
    model = train(config).model
    dataset = load_dataset(config)
    frame = side_table(config, dataset, Split.from_content(dict(model.origin["split"])), "train")
    X, y = dense_array(model.design.encode(frame))[:, 1:], outcome_of(dataset)(frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = LogisticRegression(
            C=1.0 / (0.02 * frame.height),
            l1_ratio=ratio,
            solver="saga",
            tol=1e-12,
            max_iter=100_000,
            random_state=0,
        ).fit(X, y)
    np.testing.assert_allclose(model.result.estimates[1:], peer.coef_[0], atol=1e-8)
    assert np.isnan(model.result.std_errors).all()
    zeros = model.result.estimates[1:] == 0.0
    np.testing.assert_array_equal(zeros, peer.coef_[0] == 0.0)
    assert zeros.any() == (ratio > 0.0)


@pytest.mark.parametrize(
    ("penalty", "sentence"),
    [
        ({"type": "elastic_net", "strength": 1.0}, "type elastic_net goes with an l1_ratio"),
        (
            {"type": "l1", "strength": 1.0, "l1_ratio": 0.5},
            "an l1_ratio goes with type elastic_net; leave it out",
        ),
        ({"type": "l1"}, "a type goes with a strength"),
        ({"type": "l1", "strength": "some"}, "expected a number above 0, or cv, found 'some'"),
    ],
)
def test_penalties_that_make_no_sense_are_refused(
    make: Make, penalty: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make(model__penalty=penalty)


def aliased_table() -> pl.DataFrame:
    """`both` is a sum of x and z; zones p and q are cities a and b, zones r and s share city c."""
    frame = city_table()
    zone = {"a": "p", "b": "q"}
    side = np.random.default_rng(3).choice(["r", "s"], frame.height)
    zones = [zone.get(city, s) for city, s in zip(frame["city"], side, strict=True)]
    return frame.with_columns(both=2.0 * pl.col("x") - pl.col("z") + 5.0, zone=pl.Series(zones))


ALIASED = {
    "split__method": "none",
    "features__numeric": ["x", "z", "both"],
    "features__categorical": ["city", "zone"],
}


def test_aliased_columns_are_dropped_in_order_and_said_and_the_rest_is_the_fit_without_them(
    make: Make, tmp_path: Path
) -> None:
    frame = aliased_table()
    run = train(make(frame, **ALIASED, features__aliased="drop"))
    original = run.model.original
    assert original.names == ("intercept", "x", "z", "city[b]", "city[c]", "zone[r]")
    assert run.model.notes == (
        "column 'both' is a linear combination of 'x', 'z'; it is dropped.",
        "column 'zone[q]' is a linear combination of 'city[b]'; it is dropped.",
        "column 'zone[s]' is a linear combination of 'city[c]', 'zone[r]'; it is dropped.",
    )
    levels = [
        (frame[name] == level) for name, level in (("city", "b"), ("city", "c"), ("zone", "r"))
    ]
    X = np.column_stack([np.ones(600), frame["x"], frame["z"], *levels]).astype(float)
    peer = sm.Logit(frame["y"].to_numpy().astype(float), X).fit(disp=0, method="newton", tol=1e-14)
    np.testing.assert_allclose(original.estimates, peer.params, rtol=1e-8)
    np.testing.assert_allclose(original.std_errors, peer.bse, rtol=1e-8)
    model = read_model(Path(run.folder) / "model.parquet")
    assert model.design == run.model.design
    assert model.design.data_columns == ("x", "z", "city", "zone")
    scores = model.select_outputs(frame.lazy(), ["probability"]).collect()
    found = scores["probability"].to_numpy()
    np.testing.assert_allclose(found, peer.predict(X), rtol=1e-10)


def test_aliased_columns_are_refused_by_default_with_the_line_that_drops_them(make: Make) -> None:
    with pytest.raises(
        RankError, match=r"^column 'both' is a linear combination of 'x', 'z'"
    ) as caught:
        train(make(aliased_table(), **ALIASED))
    assert caught.value.columns == ("both", "zone[q]", "zone[s]")
    assert remedies_of(caught.value)[0].yaml == "features: {aliased: drop}"


def test_with_a_penalty_no_column_is_dropped(make: Make) -> None:
    changes = {**ALIASED, "features__aliased": "drop"}
    run = train(make(aliased_table(), **changes, model__penalty={"type": "l2", "strength": 0.01}))
    assert len(run.model.design.names) == 9
    assert run.model.notes == ()


def test_aliased_columns_are_dropped_from_separated_rows_too(make: Make) -> None:
    frame = aliased_table().with_columns(y=pl.col("x") > 0.0)
    config = make(frame, **ALIASED, features__aliased="drop", model__on_separation="warn")
    model = train(config).model
    assert "both" not in model.design.names
    assert model.result.status.verdict is Verdict.SEPARATED
    with pytest.raises(SeparationError):
        train(with_overrides(config, {"model.on_separation": "error"}))


def test_each_fold_of_a_cross_validation_drops_its_own_aliases(make: Make) -> None:
    config = make(
        aliased_table(),
        **ALIASED,
        features__aliased="drop",
        experiment={"matrix": {"model.link": ["logit"]}, "folds": 3},
    )
    spanning = {"features.numeric": ["x", "z"], "features.categorical": ["zone"]}
    dataset, split = load_dataset(config), Split("none")
    found = [
        cross_validate(one, dataset, split).log_loss
        for one in (config, with_overrides(config, {**spanning, "features.aliased": "error"}))
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-10)


def test_a_pool_that_separates_is_named_with_its_levels_and_the_line_that_joins_it(
    make: Make,
) -> None:
    frame = city_table()
    rare = pl.when(pl.col("key") < 3).then(pl.lit("d")).when(pl.col("key") < 5).then(pl.lit("e"))
    frame = frame.with_columns(city=rare.otherwise("city"), y=(pl.col("key") >= 5) & pl.col("y"))
    config = make(frame, split__method="none", features__min_frequency=10)
    with pytest.raises(SeparationError) as caught:
        train(config)
    assert str(caught.value).startswith(
        "column 'city[(pooled)]' (levels d, e) predicts y = false perfectly (5 of 5 rows), so its "
        "coefficient has no finite estimate. Pool more levels with it, join it to the reference, "
        "or set a penalty."
    )
    (remedy,) = remedies_of(caught.value)
    assert remedy.yaml == "features: {pool_as: reference}"
    mended = train(with_overrides(config, {"features.pool_as": "reference"}))
    assert (
        "city: 2 levels with fewer than 10 rows (d, e), 5 rows in all, join the reference lev"
        in (" ".join(mended.model.notes))
    )
