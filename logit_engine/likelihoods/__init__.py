"""Likelihoods: the terms of a row, and nothing of where rows come from."""

from logit_engine.likelihoods.bernoulli import Bernoulli
from logit_engine.likelihoods.multinomial import Multinomial
from logit_engine.likelihoods.protocol import Likelihood
from logit_engine.likelihoods.weighting import weighted

__all__ = ["LIKELIHOODS", "Bernoulli", "Likelihood", "Multinomial", "weighted"]

LIKELIHOODS: dict[str, type[Likelihood]] = {
    "binary": Bernoulli,
    "multinomial": Multinomial,
}
