"""The kinds of terms of a design: a new kind is a file beside this one and a line here."""

from logit_engine.design.terms.base import Term
from logit_engine.design.terms.categorical import Categorical
from logit_engine.design.terms.missing_indicator import Indicator
from logit_engine.design.terms.numeric import Numeric

TERM_KINDS: dict[str, type[Term]] = {
    "numeric": Numeric,
    "indicators": Indicator,
    "categorical": Categorical,
}
"""A kind by its key in stored models and in a `TermRequest`. Terms stand in X in this order."""
