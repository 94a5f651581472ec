"""Fits of a config: the order of files changes nothing, penalties are scikit-learn's."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError
from logit_flows.recipes.training import train
from logit_flows.steps.fit import fit_model
from logit_flows.steps.learn import learn_design
from logit_flows.steps.load import Dataset, load_dataset
from logit_flows.steps.rows import outcomes, read_rows
from logit_flows.steps.split import Split, split_rows
from sklearn.linear_model import LogisticRegression

from logit_engine.columns import dense_array
from tests.support.pipeline import Make, city_table


def test_a_fit_does_not_depend_on_the_order_in_which_the_files_are_named(
    make: Make, tmp_path: Path
) -> None:
    frame = city_table()
    for name, part in (("one", frame[:300]), ("two", frame[300:])):
        part.write_parquet(tmp_path / f"part-{name}.parquet")

    def estimates(config: Config) -> np.ndarray:
        dataset: Dataset = load_dataset(config)
        split = split_rows(config, dataset)
        return fit_model(config, dataset, split, learn_design(config, dataset, split)).estimates

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
    frame = read_rows(config, dataset, Split.from_content(dict(model.origin["split"])), "train")
    X, y = dense_array(model.design.encode(frame))[:, 1:], outcomes(config, dataset, frame)
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
            "type elastic_net goes with an l1_ratio",
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
