"""statsmodels' public tests of Logit, Probit and MNLogit; see peer_tests.py."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import statsmodels
import statsmodels.api
import statsmodels.discrete.discrete_model
import statsmodels.formula.api

from logit_engine import discrete

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
SET_ASIDE: Mapping[str, str] = {}
FAILS: Mapping[str, str] = {}


def substituted() -> Sequence[type]:
    """Our models in the modules from which the tests import theirs; statsmodels' own code keeps its own."""
    models = [discrete.Logit, discrete.Probit, discrete.MNLogit]
    for model in models:
        name = model.__name__
        for module in (statsmodels.discrete.discrete_model, statsmodels.api):
            setattr(module, name, model)
        setattr(statsmodels.formula.api, name.lower(), model.from_formula)
    return models
