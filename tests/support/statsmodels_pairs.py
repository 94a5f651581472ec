"""Models of statsmodels and ours under the same name, fitted to the same frame."""

import numpy as np
import pandas as pd
import statsmodels.api as sm

import logit_engine.discrete as ours

TIGHT = {"disp": 0, "tol": 1e-14}
NAMES = ("Logit", "Probit", "MNLogit")
BINARY = NAMES[:2]


def frame(n: int = 300) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """A design with a constant, a number, a switch and a count; an outcome for each model."""
    rng = np.random.default_rng(11)
    X = pd.DataFrame(
        {
            "const": 1.0,
            "age": rng.standard_normal(n) + 2.0,
            "switch": rng.integers(0, 2, n).astype(float),
            "count": rng.integers(0, 5, n).astype(float),
        },
        index=pd.Index(range(100, 100 + n), name="id"),
    )
    eta = 0.7 * (X["age"] - 2.0) - 0.4 * X["switch"] + 0.1 * X["count"]
    y = pd.Series(
        (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float), index=X.index, name="out"
    )
    latent = eta + rng.logistic(size=n)
    levels = pd.Series(np.digitize(latent, [-0.6, 0.8]), index=X.index, name="level")
    return X, {"Logit": y, "Probit": y, "MNLogit": levels}


def pair(name: str, as_frame: bool = True, **options):
    """Both packages' results of the same model."""
    X, outcomes = frame()
    y = outcomes[name]
    if not as_frame:
        X, y = X.to_numpy(), y.to_numpy()
    theirs = getattr(sm, name)(y, X).fit(**TIGHT, **options)
    return theirs, getattr(ours, name)(y, X).fit(disp=0, **options)
