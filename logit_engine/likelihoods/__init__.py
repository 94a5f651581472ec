"""Likelihoods: the terms of a row, and nothing of where rows come from."""

from collections.abc import Callable

from logit_engine.likelihoods.bernoulli import Bernoulli
from logit_engine.likelihoods.multinomial import Multinomial
from logit_engine.likelihoods.protocol import Likelihood
from logit_engine.likelihoods.weighting import weighted
from logit_engine.links import Link

__all__ = ["LIKELIHOODS", "Bernoulli", "Likelihood", "Multinomial", "weighted"]

LIKELIHOODS: dict[str, Callable[[int, Link], Likelihood]] = {
    "binary": Bernoulli.of_classes,
    "multinomial": Multinomial.of_classes,
}
"""By the name of its family in a config, the likelihood of so many classes; the link is of two."""
