"""glmnet's elastic nets at its strictest, to seven digits; r/make_glmnet.R made the numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from logit_engine.estimators import LogisticRegression

CASES = json.loads((Path(__file__).parent / "r" / "glmnet.json").read_text(encoding="utf-8"))[
    "cases"
]


@pytest.mark.parametrize("at", [0, 1], ids=["strong", "weak"])
@pytest.mark.parametrize("name", CASES)
def test_elastic_nets_are_those_of_glmnet(name: str, at: int) -> None:
    case = CASES[name]
    X, y = np.array(case["X"]), np.array(case["y"])
    weight, factors = np.array(case["weights"], dtype=float), np.array(case["factors"], dtype=float)
    model = LogisticRegression(
        C=1.0 / (case["lambda"][at] * weight.sum()),  # glmnet's lambda is on the mean loss
        l1_ratio=case["alpha"],
        penalty_factor=factors * factors.size / factors.sum(),  # and its factors sum to p
    ).fit(csr_matrix(X) if name == "sparse" else X, y, weight)
    theirs = np.array([np.array(c)[:, at] for c in case["coefs"]])
    intercept = theirs[:, 0] - (theirs[:, 0].mean() if len(theirs) > 1 else 0.0)
    np.testing.assert_allclose(model.coef_, theirs[:, 1:], atol=1e-7)
    np.testing.assert_allclose(model.intercept_, intercept, atol=1e-7)
    np.testing.assert_array_equal(model.coef_ == 0.0, theirs[:, 1:] == 0.0)
