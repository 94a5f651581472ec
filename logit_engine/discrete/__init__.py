"""statsmodels' face: Logit, Probit, CLogLog and MNLogit, with its names, shapes and signs.

Where to look, along the way of a fit:

- data: `inputs`, `prediction_inputs` and `row_weights` make arrays with names of what a caller
  gives; `formulas` makes them of a formula; `output_format` goes the way back.
- a model: `models` over `model` (the fits), `model_functions` (the likelihood at any parameters)
  and `model_data`. Results know it as the protocol in `model_protocol`.
- a fit: `fit_request` to `model_fit`, by `methods`, `covariance_options` and `trimming`, to
  `fit_record`.
- numbers: `estimates` and `fit_statistics`, frozen values made of a model and the record.
- results: `results` puts five parts together, `result_estimates`, `result_statistics`,
  `result_rows`, `result_tests` and `result_tables`; `results_part` is the state they share.
- answers of results: `contrasts` and `joint_tests` (asked for by `hypotheses` and `score_tests`),
  `predictions`, `margins`, `influence`, and `saving` to disk.
"""

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
