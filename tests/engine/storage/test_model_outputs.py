"""Outputs of a model for rows agree with the likelihood's own arithmetic."""

import numpy as np
import polars as pl
import pytest

from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import LINKS
from logit_engine.storage.model_outputs import RowOutputs

OUTPUTS = ("linear_predictor", "probability", "predicted_class")


def predictors(columns: int) -> pl.DataFrame:
    """Some predictors, small and huge; the last row has none."""
    eta = (
        np.random.default_rng(2).standard_normal((200, columns)) * np.logspace(-2, 3, 200)[:, None]
    )
    frame = pl.DataFrame({f"eta {j}": eta[:, j] for j in range(columns)})
    return pl.concat([frame, frame.head(1).select(pl.all() * None)])


def outputs(frame: pl.DataFrame, asked: RowOutputs) -> pl.DataFrame:
    """The outputs of these predictors after the first of them, kept under the name of an output."""
    kept = [pl.col(frame.columns[0]).alias("probability[b]!")]
    etas = [pl.col(name) for name in frame.columns]
    return asked.select(frame.lazy(), kept, etas, OUTPUTS).collect()


@pytest.mark.parametrize("classes", [("a", "b", "c"), tuple(range(40)), ("", "]", "[", "a, b")])
def test_several_classes_sum_to_one_and_the_most_probable_is_predicted(
    classes: tuple[int | str, ...],
) -> None:
    likelihood = Multinomial(len(classes) - 1)
    frame = predictors(likelihood.outputs)
    found = outputs(frame, RowOutputs(likelihood, classes, 0.5))
    expected = likelihood.probabilities(frame[:-1].to_numpy())
    p = found.select(f"probability[{label}]" for label in classes)
    np.testing.assert_allclose(p[:-1].to_numpy(), expected, rtol=1e-13, atol=1e-300)
    np.testing.assert_allclose(p[:-1].sum_horizontal().to_numpy(), 1.0, rtol=1e-14)
    most = [classes[code] for code in expected.argmax(axis=1)]
    assert found["predicted_class"].to_list() == [*most, None]
    assert p.row(-1) == (None,) * len(classes)
    assert found.columns[0] == "probability[b]!"


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("classes", [(False, True), (1, 0), ("no", "yes")])
def test_of_two_classes_the_positive_one_is_predicted_from_the_threshold_on(
    link: str, classes: tuple[bool | int | str, ...]
) -> None:
    frame = predictors(1)
    found = outputs(frame, RowOutputs(Bernoulli(LINKS[link]), classes, 0.3))
    p = LINKS[link].cdf(frame["eta 0"][:-1].to_numpy())
    np.testing.assert_allclose(found["probability"][:-1].to_numpy(), p, rtol=1e-14, atol=1e-300)
    assert found["predicted_class"].to_list() == [*(classes[int(v >= 0.3)] for v in p), None]
    assert found["linear_predictor"].equals(frame["eta 0"])
