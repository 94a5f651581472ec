"""Fits by statsmodels, one of each model, whose tables are compared."""

import pytest
import statsmodels.api as sm

from tests.support.tables import MODELS


@pytest.fixture(scope="module")
def fits():
    spector, anes = sm.datasets.spector.load_pandas(), sm.datasets.anes96.load_pandas()
    data = {"logit": spector, "probit": spector, "mnlogit": anes}
    return {
        k: model(data[k].endog, sm.add_constant(data[k].exog)).fit(disp=0)
        for k, model in MODELS.items()
    }


@pytest.fixture
def fit(fits, request):
    return fits[request.param]
