"""statsmodels' public tests of Logit, Probit and MNLogit; see peer_tests.py."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import statsmodels
import statsmodels.api
import statsmodels.base._constraints
import statsmodels.base._prediction_inference
import statsmodels.discrete.discrete_model
import statsmodels.formula.api
import statsmodels.iolib.summary

from logit_engine import discrete
from logit_engine.discrete.model import DiscreteModel
from logit_engine.discrete.models import BinaryModel
from logit_engine.discrete.predictions import PredictionResults
from logit_engine.discrete.results import DiscreteResults
from logit_engine.reporting.tables import Report

FIT_CONSTRAINED = statsmodels.base._constraints.fit_constrained

PACKAGE = Path(statsmodels.__file__).parent
FILES = [
    PACKAGE / name
    for name in (
        "discrete/tests/test_discrete.py",
        "discrete/tests/test_constrained.py",
        "discrete/tests/test_margins.py",
        "discrete/tests/test_predict.py",
        "discrete/tests/test_sandwich_cov.py",
        "discrete/tests/test_diagnostic.py",
        "base/tests/test_generic_methods.py",
        "base/tests/test_shrink_pickle.py",
        "base/tests/test_polars_compat.py",
        "base/tests/test_data.py",
        "stats/tests/test_influence.py",
    )
]
MOST_FAILS = 2
SET_ASIDE: Mapping[str, str] = {
    "TestGenericLogit::test_zero_*": (
        "calls the private _get_init_kwds, _fit_zeros and _fit_collinear"
    ),
    "TestRemoveDataPickleLogit::test_*pickle*": "reads the private _results and _cache",
    "TestMNLogit*BaseZero::test_endog_names": "calls the private _get_endog_name",
    "TestHasConstantLogit::test_hasconst": "reads model.data, internal to statsmodels",
    "TestMNLogit*BaseZero::test_distr": (
        "holds that MNLogit has no distribution; ours is SciPy's multinomial"
    ),
    "::test_perfect_prediction": "holds separation to be silent until an attribute is set",
    "::test_logit_family_is_binomial": (
        "asks for an instance of statsmodels' own class, beside GLM's"
    ),
    "TestProbitNewton::test_init_kwargs": (
        "asks for a warning of statsmodels' own class; weights= is a TypeError here"
    ),
    "::test_mnlogit_float_name": (
        "asks for a warning of statsmodels' own class; the fit is separated"
    ),
}
FAILS: Mapping[str, str] = {
    "::test_issue_339": (
        "a summary says below its table that 37 rows of the rarest outcome are few for 4 slopes"
    ),
    "::test_non_binary": "Probit takes shares of events, as Logit does; there Logit alone does",
}


def substituted() -> Sequence[type]:
    """Our classes in the modules from which the tests import theirs; statsmodels' own code keeps
    its own.
    """
    models = [discrete.Logit, discrete.Probit, discrete.MNLogit]
    for model in models:
        name = model.__name__
        for module in (statsmodels.discrete.discrete_model, statsmodels.api):
            setattr(module, name, model)
        setattr(statsmodels.formula.api, name.lower(), model.from_formula)
    statsmodels.discrete.discrete_model.BinaryModel = BinaryModel
    theirs = statsmodels.discrete.discrete_model.DiscreteResults
    # asked of instances alone
    statsmodels.discrete.discrete_model.DiscreteResults = (
        theirs,
        DiscreteResults,
    )
    statsmodels.iolib.summary.Summary = Report
    statsmodels.base._prediction_inference.PredictionResultsMonotonic = PredictionResults
    statsmodels.base._constraints.fit_constrained = _constrained
    return models


def _constrained(
    model: Any, R: Any, q: Any, start_params: Any = None, fit_kwds: Any = None
) -> tuple[Any, Any, Any]:
    """The private function that the tests of constraints call, by our method for our models."""
    if not isinstance(model, DiscreteModel):
        return FIT_CONSTRAINED(model, R, q, start_params, fit_kwds)  # type: ignore[no-any-return]
    found = model.fit_constrained((R, np.ravel(q)), start_params, **(fit_kwds or {}))
    return found.params, found.cov_params(), found
