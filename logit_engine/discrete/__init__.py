"""statsmodels' face: Logit, Probit, CLogLog and MNLogit, with its names, shapes and signs."""

from logit_engine.discrete.constant_column import add_constant
from logit_engine.discrete.models import CLogLog, Logit, MNLogit, Probit
from logit_engine.discrete.results import BinaryResults, MultinomialResults
from logit_engine.discrete.saving import load

logit = Logit.from_formula
probit = Probit.from_formula
cloglog = CLogLog.from_formula
mnlogit = MNLogit.from_formula

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
