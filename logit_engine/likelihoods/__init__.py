"""Likelihoods: the terms of a row, and nothing of where rows come from."""

from logit_engine.likelihoods.bernoulli import Bernoulli
from logit_engine.likelihoods.multinomial import Multinomial
from logit_engine.likelihoods.weighting import weighted

__all__ = ["Bernoulli", "Likelihood", "Multinomial", "weighted"]

Likelihood = Bernoulli | Multinomial
