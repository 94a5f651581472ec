"""The sections of the configuration: every key with its type, its default and its meaning."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from logit_flows.config.choices import (
    CovarianceName,
    LevelName,
    LinkName,
    MetricName,
    NumberName,
    UnknownName,
)
from logit_flows.config.problems import shown
from logit_flows.config.values import (
    Cron,
    Files,
    Label,
    Memory,
    Scheduler,
    Strength,
    Threads,
    TimeZone,
    bytes_of,
    machine_memory,
)


class Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class Target(Section):
    """The outcome."""

    column: str
    """The column that holds the outcome."""
    positive: Label | None = None
    """The value whose probability a binary model gives; always stated there."""
    base: Label | None = None
    """The class that a multinomial model compares the others with; else the first in order."""


class Data(Section):
    """Where the rows come from, and what their columns are for."""

    source: Files
    """Parquet or CSV: a file, a glob, a folder, or a list of these; relative to the config's folder."""
    target: Target
    """The outcome column and its positive class."""
    id: str | None = None
    """A unique column, carried into predictions; never a feature."""
    time: str | None = None
    """The column that orders time splits."""
    cluster: str | None = None
    """Rows that belong together: kept on one side of a split, and the clusters of the covariance."""
    missing_target: Literal["error", "drop"] = "error"
    """What to do with rows without a target; dropped rows are counted."""
    test: str | None = None
    """A file of test rows; goes with split: {method: none}."""


class ImputeNumeric(Section):
    """What stands in for a missing number."""

    strategy: NumberName = "error"
    """Learnt on the training rows; error refuses missing values."""
    value: float | None = None
    """The number of strategy constant."""
    add_indicator: bool = False
    """Add a column that is 1 where values were missing, one for each pattern of columns missing together."""


class ImputeCategorical(Section):
    """What stands in for a missing level."""

    strategy: LevelName = "error"
    """level makes missing a level of its own."""


class ImputeRules(Section):
    """Missing values of features."""

    numeric: ImputeNumeric = ImputeNumeric()
    """Of numeric columns."""
    categorical: ImputeCategorical = ImputeCategorical()
    """Of categorical columns."""


class Features(Section):
    """The columns that predict."""

    numeric: list[str] = []
    """Numeric columns."""
    categorical: list[str] = []
    """Categorical columns: text, integers or booleans."""
    reference: dict[str, Label] = {}
    """The baseline level of a categorical; else its most frequent."""
    impute: ImputeRules = ImputeRules()
    """What to do with missing values."""
    min_frequency: Annotated[int, Field(ge=1)] = 1
    """Levels with fewer training rows are pooled, and said."""
    handle_unknown: UnknownName = "error"
    """What a level unseen in training counts as when scoring; always counted."""


class SplitRule(Section):
    """Which rows test."""

    method: Literal["time", "random", "stratified", "group", "column", "none"] = "random"
    """time: the latest; random, stratified, group: by a stable hash; column: by its values; none: no test rows."""
    test_size: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.2
    """The share of test rows."""
    column: str | None = None
    """The column of method group or column."""
    test: list[Label] | None = None
    """The values of the column that test, for method column."""


class Penalty(Section):
    """The penalty on the coefficients."""

    type: Literal["none", "l1", "l2", "elastic_net", "group_lasso"] = "none"
    """none is maximum likelihood; several classes are penalized as contrasts with their base; group_lasso keeps or drops all
    levels of a categorical together, for all classes."""
    l1_ratio: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    """The share of the l1 in an elastic_net."""
    strength: Strength = None
    """lambda on the mean log-likelihood (glmnet's), the equal C is printed; or cv: chosen on folds of the training rows."""
    rule: Literal["best", "one_standard_error"] = "best"
    """Of cv: the best mean log-loss, or the strongest penalty within one standard error of it."""
    folds: Annotated[int, Field(ge=2)] = 5
    """Of cv."""
    fold_method: Literal["random", "stratified", "time"] = "random"
    """Of cv: random, by a hash of data.cluster, else of data.id; stratified, each class in equal shares; time, each fold
    after the rows it is predicted from."""
    smooth: list[str] = []
    """Ordered categoricals: squared differences of neighboring levels are penalized in place of their coefficients."""


class CovarianceRule(Section):
    """The covariance of the estimates."""

    type: CovarianceName = "nonrobust"
    """cluster needs data.cluster."""


class ModelRule(Section):
    """What is fitted."""

    family: Literal["binary", "multinomial"] = "binary"
    """The kind of outcome: two classes, or more."""
    link: LinkName = "logit"
    """The response curve."""
    penalty: Penalty = Penalty()
    """The penalty."""
    covariance: CovarianceRule = CovarianceRule()
    """The covariance."""
    on_separation: Literal["error", "warn"] = "error"
    """Whether a perfect prediction stops the run, or is said in the status."""


class Costs(Section):
    """What mistakes cost."""

    false_positive: Annotated[float, Field(gt=0.0)]
    """Of predicting the positive class wrongly."""
    false_negative: Annotated[float, Field(gt=0.0)]
    """Of missing it."""


class CostRule(Section):
    """A threshold by cost."""

    cost: Costs
    """The costs."""


def _threshold(value: Any) -> Any:
    if value == "max_f1" or isinstance(value, dict | CostRule):
        return CostRule.model_validate(value) if isinstance(value, dict) else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < 1.0:
        raise ValueError(
            f"expected a number between 0 and 1, max_f1, or {{cost: {{false_positive: 1, false_negative: 5}}}}, "
            f"found {shown(value)}"
        )
    return float(value)


class Intervals(Section):
    """Intervals of the metrics."""

    method: Literal["closed_form", "bootstrap"] = "closed_form"
    """By influence functions, or by resampling; by cluster where there is one."""
    level: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.95
    """The level of all intervals."""
    seed: int = 13
    """Of the bootstrap."""
    replicates: Annotated[int, Field(ge=100)] = 1000
    """Of the bootstrap."""


class Evaluate(Section):
    """How the model is measured."""

    threshold: Annotated[Any, BeforeValidator(_threshold)] = 0.5
    """A number, max_f1, or {cost: {false_positive: 1, false_negative: 5}}; chosen on training rows."""
    intervals: Intervals = Intervals()
    """Intervals of the metrics."""


class Bounds(Section):
    """Bounds of a metric."""

    min: float | None = None
    """At least."""
    max: float | None = None
    """At most."""


class Gate(Section):
    """When a challenger replaces the champion."""

    metric: Literal["log_loss"] = "log_loss"
    """What is compared, row by row."""
    margin: Annotated[float, Field(gt=0.0)] = 0.001
    """Promoted only if the paired interval rules out a loss beyond it."""
    anchor: Literal["first"] = "first"
    """The fixed model against which losses may not add up beyond twice the margin."""
    require: dict[MetricName, Bounds] = {}
    """Bounds that the challenger's test metrics must keep."""
    approval: Literal["automatic"] = "automatic"
    """Who moves the pointer."""


class Score(Section):
    """Batch scoring."""

    cohorts: Files | None = None
    """The files that `logit score` scores by default; each is a cohort named after its file."""
    output: list[Literal["probability", "predicted_class", "linear_predictor"]] = ["probability", "predicted_class"]
    """The columns beside the id."""


class Experiment(Section):
    """A matrix of configs."""

    matrix: dict[str, list[Any]]
    """Values by dotted key; every combination is a cell."""
    scoring: Literal["log_loss"] = "log_loss"
    """What ranks the cells, on validation folds of the training rows."""
    folds: Annotated[int, Field(ge=2)] = 5
    """How many folds."""


class Schedule(Section):
    """When `logit schedule` retrains."""

    cron: Cron
    """Minute, hour, day, month, weekday."""
    timezone: TimeZone = "UTC"
    """Of the cron."""


class Compute(Section):
    """What the run may use; it never changes the result."""

    threads: Threads = "auto"
    """auto, or how many."""
    memory: Memory = "auto"
    """Above what size, as 2GB, Parquet is streamed; auto: a quarter of the machine's."""
    backend: Literal["threads", "dask"] = "threads"
    """Where the fit's rows are summed: here, or on the workers of a Dask cluster, by the extra [dask]."""
    scheduler: Scheduler | None = None
    """Of backend dask, as tcp://host:8786; without one a cluster of processes is started here for the run."""

    @property
    def thread_count(self) -> int | None:
        """The threads asked for; None lets the engine take the cores there are."""
        return None if self.threads == "auto" else int(self.threads)

    @property
    def memory_bytes(self) -> int:
        """The size in bytes."""
        if self.memory == "auto":
            return machine_memory() // 4
        return bytes_of(self.memory)


class Write(Section):
    """What a run stores."""

    predictions: Literal["none", "test", "all"] = "test"
    """Of which rows."""
