"""An exact engine for logistic regression and its relatives."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from logit_engine._version import __version__

if TYPE_CHECKING:
    from logit_engine.discrete import CLogLog, Logit, MNLogit, Probit
    from logit_engine.estimators.classifier import LogisticRegression
    from logit_engine.estimators.cross_validation import LogisticRegressionCV
    from logit_engine.fitting.group_fits import GroupFits, fit_groups
    from logit_engine.fitting.result import FitResult
    from logit_engine.fitting.steps import fit
    from logit_engine.inference.covariance import CLUSTER, HC0, HC1, HC2, HC3, NONROBUST, Covariance
    from logit_engine.likelihoods import Bernoulli, Multinomial
    from logit_engine.links import CAUCHIT, CLOGLOG, LINKS, LOGIT, LOGLOG, PROBIT, Link
    from logit_engine.penalties import L2, NONE
    from logit_engine.reporting.summary import summarize
    from logit_engine.rows.memory import array_rows

_HOMES = {
    "discrete": ("CLogLog", "Logit", "MNLogit", "Probit"),
    "estimators.classifier": ("LogisticRegression",),
    "estimators.cross_validation": ("LogisticRegressionCV",),
    "fitting.group_fits": ("GroupFits", "fit_groups"),
    "fitting.steps": ("fit",),
    "inference.covariance": ("CLUSTER", "HC0", "HC1", "HC2", "HC3", "NONROBUST", "Covariance"),
    "likelihoods": ("Bernoulli", "Multinomial"),
    "links": ("CAUCHIT", "CLOGLOG", "LINKS", "LOGIT", "LOGLOG", "PROBIT", "Link"),
    "penalties": ("L2", "NONE"),
    "fitting.result": ("FitResult",),
    "rows.memory": ("array_rows",),
    "reporting.summary": ("summarize",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

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
    "GroupFits",
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
    "fit_groups",
    "summarize",
]


def __getattr__(name: str) -> Any:
    """Load a name on first use, so that errors and the command line do not wait for SciPy."""
    if name not in _HOME:
        raise AttributeError(f"module 'logit_engine' has no attribute '{name}'")
    found = globals()[name] = getattr(import_module(f"logit_engine.{_HOME[name]}"), name)
    return found
