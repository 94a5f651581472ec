"""statsmodels' face: Logit, Probit, CLogLog and MNLogit with its names, shapes and signs, over the engine."""

from logit_engine.discrete.inputs import add_constant
from logit_engine.discrete.models import CLogLog, Logit, MNLogit, Probit
from logit_engine.discrete.results import BinaryResults, MultinomialResults
from logit_engine.discrete.saving import load

logit, probit, cloglog, mnlogit = (model.from_formula for model in (Logit, Probit, CLogLog, MNLogit))

__all__ = [
    "BinaryResults",
    "CLogLog",
    "Logit",
    "MNLogit",
    "MultinomialResults",
    "Probit",
    "add_constant",
    "cloglog",
    "load",
    "logit",
    "mnlogit",
    "probit",
]
