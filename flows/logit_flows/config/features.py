"""The section of the features: the columns that predict, and the rules for their values."""

from typing import Annotated

from pydantic import Field

from logit_flows.config.choices import LevelName, NumberName, PoolName, RedundantName, UnknownName
from logit_flows.config.sections import Section
from logit_flows.config.values import Label


class ImputeNumeric(Section):
    """What stands in for a missing number."""

    strategy: NumberName = "error"
    """What replaces a missing number. Means and medians come from the training rows; error refuses
    missing values."""
    value: float | None = None
    """The number that strategy constant puts in."""
    add_indicator: bool = False
    """Add a column that is 1 where a value was missing. Columns that are always missing together
    share one."""


class ImputeCategorical(Section):
    """What stands in for a missing level."""

    strategy: LevelName = "error"
    """error refuses missing values; level makes missing a level of its own."""


class ImputeRules(Section):
    """Missing values of features."""

    numeric: ImputeNumeric = ImputeNumeric()
    """Missing values of numeric columns."""
    categorical: ImputeCategorical = ImputeCategorical()
    """Missing values of categorical columns."""


class Features(Section):
    """The columns that predict."""

    numeric: list[str] = Field(default=[])
    """Numeric columns."""
    categorical: list[str] = Field(default=[])
    """Categorical columns: text, integers, booleans, dates or datetimes."""
    recode: dict[str, dict[Label, Annotated[list[Label], Field(min_length=1)]]] = Field(default={})
    """For a categorical column, new levels, each with the values that are merged under it before
    anything is counted: {education: {"HS or less": [HS-grad, 11th, 12th]}}. Scores recode alike."""
    reference: dict[str, Label] = Field(default={})
    """The reference level of a categorical column. Default: its most frequent level."""
    impute: ImputeRules = ImputeRules()
    """What happens to missing values."""
    min_frequency: Annotated[int, Field(ge=1)] = 1
    """Levels with fewer training rows are pooled, as pool_as says. A note lists them."""
    pool_as: PoolName = "level"
    """What rare levels become together. level: a level of their own, "(pooled)", however rare.
    reference: the reference level. error: nothing, they are refused with their rows."""
    handle_unknown: UnknownName = "error"
    """What a level unseen in training counts as at scoring. Rows with such levels are counted."""
    unknown_at_most: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    """The share of a categorical column's values that may be levels unseen in training. `score`
    refuses a cohort with more of them: its levels are written in another way, or the model is too
    old. 0 allows none, 1 allows all. It changes no run."""
    aliased: RedundantName = "error"
    """What becomes of a column that is an exact linear combination of earlier ones, in the order of
    the coefficients. error names it. drop leaves it out, as R does, and says so. With a penalty
    nothing is dropped: it tells such columns apart."""
    constant: RedundantName = "error"
    """What becomes of a numeric column that never varies in the training rows, and of a categorical
    one of a single level. error names it. drop leaves it out and says so."""
