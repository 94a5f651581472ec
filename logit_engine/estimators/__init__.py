"""scikit-learn's names: LogisticRegression and LogisticRegressionCV."""

from logit_engine.estimators.classifier import LogisticRegression
from logit_engine.estimators.cross_validation import LogisticRegressionCV

__all__ = ["LogisticRegression", "LogisticRegressionCV"]
