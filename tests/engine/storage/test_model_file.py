"""A model that a file cannot name is refused, not read back as another."""

from dataclasses import replace

import numpy as np
import pytest

from logit_engine import Bernoulli, array_rows, fit
from logit_engine.errors import ArtifactError
from logit_engine.likelihoods import Likelihood
from logit_engine.links import LOGIT
from logit_engine.storage.model_file import StoredModel
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
