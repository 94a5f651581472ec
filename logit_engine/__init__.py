"""An exact engine for logistic regression and its relatives."""

from typing import TYPE_CHECKING, Any

from logit_engine._version import __version__
from logit_engine.fitting import fit
from logit_engine.inference.covariance import CLUSTER, HC0, HC1, HC2, HC3, NONROBUST, Covariance
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import CAUCHIT, CLOGLOG, LINKS, LOGIT, LOGLOG, PROBIT, Link
from logit_engine.penalties import L2, NONE
from logit_engine.result import FitResult
from logit_engine.sources.arrays import array_rows
from logit_engine.summary import summarize

if TYPE_CHECKING:
    from logit_engine.discrete import CLogLog, Logit, MNLogit, Probit
    from logit_engine.estimators import LogisticRegression, LogisticRegressionCV

_LAZY = {
    **dict.fromkeys(("LogisticRegression", "LogisticRegressionCV"), "logit_engine.estimators"),
    **dict.fromkeys(("CLogLog", "Logit", "MNLogit", "Probit"), "logit_engine.discrete"),
}

__all__ = [
    "CAUCHIT",
    "CLOGLOG",
    "CLUSTER",
    "HC0",
    "HC1",
    "HC2",
    "HC3",
    "L2",
    "LINKS",
    "LOGIT",
    "LOGLOG",
    "NONE",
    "NONROBUST",
    "PROBIT",
    "Bernoulli",
    "CLogLog",
    "Covariance",
    "FitResult",
    "Link",
    "LogisticRegression",
    "LogisticRegressionCV",
    "Logit",
    "MNLogit",
    "Multinomial",
    "Probit",
    "__version__",
    "array_rows",
    "fit",
    "summarize",
]


def __getattr__(name: str) -> Any:
    """Load on first use what needs a heavier import, such as scikit-learn where it is installed."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'logit_engine' has no attribute '{name}'")
