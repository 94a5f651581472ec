"""A model that a file cannot name is refused; a covariance is read back as it was."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from logit_engine import L2, Bernoulli, array_rows, fit
from logit_engine.columns import Coordinates
from logit_engine.errors import ArtifactError
from logit_engine.likelihoods import Likelihood
from logit_engine.links import LOGIT
from logit_engine.storage.model_file import StoredModel, covariance_lists, stored_covariance
from tests.support.newcomer_likelihood import ContinuationRatio

X = np.random.default_rng(3).standard_normal((200, 2))
CLASSES = ["low", "mid", "high"]
BINARY = (X[:, 0] + X[:, 1] > 0.3 * np.sin(np.arange(200))).astype(float)
ORDERED = np.digitize(X[:, 0] + np.sin(np.arange(200)), [-0.5, 0.5])


def _stored(likelihood: Likelihood) -> StoredModel:
    several = likelihood.outputs > 1
    rows = array_rows(X, ORDERED if several else BINARY, classes=CLASSES if several else ())
    return StoredModel(None, fit(rows, likelihood, allow_separation=True), None, 0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "likelihood",
    [ContinuationRatio(2), Bernoulli(replace(LOGIT, name="my own"))],
    ids=["family", "link"],
)
def test_model_of_an_unregistered_likelihood_is_refused_by_name(likelihood: Likelihood) -> None:
    with pytest.raises(ArtifactError, match=f"the likelihood '{likelihood.name}' cannot be stored"):
        _ = _stored(likelihood).likelihood


@pytest.mark.parametrize("naive", [True, False], ids=["with errors", "without errors"])
def test_a_covariance_is_read_back_as_it_was_and_takes_no_room_without_errors(naive: bool) -> None:
    result = fit(array_rows(X, BINARY), penalty=L2(1.0), naive=naive)
    lists = covariance_lists(result)
    np.testing.assert_array_equal(stored_covariance(lists), result.covariance)
    assert lists.null_count() == (0 if naive else 3)


def test_units_of_many_coefficients_without_errors_need_no_matrix() -> None:
    one = fit(array_rows(X, BINARY), penalty=L2(1.0))
    q = 300_000
    many = replace(
        one,
        estimates=np.ones(q),
        covariance=np.broadcast_to(np.nan, (q, q)),
        free=np.zeros(q, bool),
    )
    units = Coordinates(np.zeros(q), np.full(q, 2.0), None, 1.0, np.zeros(q))
    other = pickle.loads(pickle.dumps(many.in_units(units)))
    assert (other.estimates == 0.5).all()
    assert not other.errors_known
