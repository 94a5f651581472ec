"""Likelihoods: the terms of a row, and nothing of where rows come from."""

from logit_engine.likelihoods.row_terms import Bernoulli, Multinomial

__all__ = ["Bernoulli", "Multinomial"]
