"""The sections of the configuration but `features`: each key with its type, default and meaning."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from logit_flows.config.choices import (
    CovarianceName,
    LinkName,
    MetricName,
    PenaltyName,
    TypeName,
)
from logit_flows.config.problems import shown
from logit_flows.config.text_format import (
    DateFormat,
    Decimal,
    Encoding,
    Header,
    LineCount,
    NullValues,
    Quote,
    Separator,
    Thousands,
)
from logit_flows.config.values import (
    Cron,
    Files,
    Label,
    Labels,
    Memory,
    Scheduler,
    Strength,
    Threads,
    TimeZone,
    bytes_of,
    machine_memory,
)
from logit_flows.sources.type_names import LogicalType


class Section(BaseModel):
    """A part of the config: unknown keys are refused, and a value cannot change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class Target(Section):
    """The outcome."""

    column: str
    """The column that holds the outcome."""
    positive: Labels | None = None
    """The value whose probability a binary model gives, or a list of values that are the event
    together: all other values are none. A binary model needs it."""
    base: Label | None = None
    """The class that a multinomial model compares the others with. Default: the first in order."""


class Format(Section):
    """How text files are written."""

    separator: Separator | None = None
    """What stands between the fields of a line: one character, as ',' or ';' or '|', or tab."""
    decimal: Decimal | None = None
    """The decimal mark of numbers: '.' or ','."""
    thousands: Thousands | None = None
    """The mark between the thousands of numbers, as '.' in 1.234,5; or none."""
    quote: Quote | None = None
    """What stands around a field that holds separators or line ends; or none."""
    encoding: Encoding | None = None
    """How characters are bytes: utf-8, latin-1, utf-16, or another that Python knows."""
    null_values: NullValues | None = None
    """The texts that stand for a missing value, in all columns. An empty field is always missing.
    Default: of '?', NA, null and their like those that stand in columns of numbers; they are then
    values in columns of text."""
    header: Header | None = None
    """The names of the columns as a list, or the number of the line that holds them, or none."""
    skip_rows: LineCount | None = None
    """The number of lines at the top of the file that hold no data."""
    trim: bool | None = None
    """Leave out the blanks around names and values."""
    dates: DateFormat | None = None
    """How dates are written beside 2013-01-31, as %d/%m/%Y."""


class Data(Section):
    """Where the rows come from, and what their columns are for."""

    source: Files
    """Parquet or CSV: a file, a glob, a folder, or a list of these. Paths start at the config's
    folder."""
    format: Format | None = None
    """How text files are written. What is left out is sniffed from the first file."""
    types: dict[str, TypeName] = {}
    """What columns are, where it must not be guessed, as {zip: text, opened: date}. All others are
    looked at once and kept in the model."""
    target: Target
    """The outcome column and its positive class."""
    id: str | None = None
    """A unique column. Predictions carry it, and it is never a feature. It may be left out. If it
    is called like an output, as probability, they carry it as id_probability."""
    time: str | None = None
    """The column that orders time splits."""
    cluster: str | None = None
    """The column that tells which rows depend on each other. A split keeps them on one side, and
    the clustered covariance sums over them."""
    missing_target: Literal["error", "drop"] = "error"
    """What happens to rows without a target. Dropped rows are counted."""
    test: str | None = None
    """A file of test rows. It goes with split: {method: none}."""

    @property
    def declared_types(self) -> dict[str, LogicalType]:
        """`types` as values."""
        return {name: LogicalType(word) for name, word in self.types.items()}


class SplitRule(Section):
    """Which rows are test rows."""

    method: Literal["time", "random", "stratified", "group", "column", "none"] = "random"
    """How test rows are chosen. time: the latest rows. random, stratified, group: by a stable hash.
    column: by the values of a column. none: no test rows."""
    by: Literal["id", "cluster", "row"] | None = None
    """What random and stratified splits, and folds, hash. row: the values of all columns that are
    used, but the target and the id: equal rows stay on one side. Default: cluster if data.cluster
    is set, else id if data.id is, else row."""
    test_size: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.2
    """The share of test rows."""
    column: str | None = None
    """The column that method group or method column reads."""
    test: list[Label] | None = None
    """The values of the column that mark test rows, for method column."""


class Penalty(Section):
    """The penalty on the coefficients."""

    type: PenaltyName = "none"
    """none is maximum likelihood. group_lasso keeps or drops all levels of a categorical column
    together, for all classes. Several classes are penalized as contrasts with their base."""
    l1_ratio: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    """The share of the l1 penalty in an elastic_net."""
    strength: Strength = None
    """The weight of the penalty against the mean log-likelihood, as glmnet's lambda; or cv, which
    chooses it on folds of the training rows. The report shows the equal C of scikit-learn."""
    rule: Literal["best", "one_standard_error"] = "best"
    """Which strength cv chooses: the one of the best mean log-loss, or the strongest within one
    standard error of it."""
    folds: Annotated[int, Field(ge=2)] = 5
    """The number of folds of cv."""
    fold_method: Literal["random", "stratified", "time"] = "random"
    """How cv makes folds. random: by a hash of what split.by says. stratified: each class in equal
    shares. time: each fold comes after the rows that predict it."""
    smooth: list[str] = []
    """Ordered categorical columns. The penalty is on squared differences of neighboring levels, in
    place of their coefficients."""


class CovarianceRule(Section):
    """The covariance of the estimates."""

    type: CovarianceName = "nonrobust"
    """nonrobust takes the model as true. HC0 to HC3 do not. cluster needs data.cluster."""


class ModelRule(Section):
    """What is fitted."""

    family: Literal["binary", "multinomial"] = "binary"
    """The kind of outcome: two classes, or more."""
    link: LinkName = "logit"
    """The curve that maps the linear predictor to a probability."""
    penalty: Penalty = Penalty()
    """The penalty on the coefficients."""
    covariance: CovarianceRule = CovarianceRule()
    """The covariance of the estimates."""
    on_separation: Literal["error", "warn"] = "error"
    """Whether a perfect prediction stops the run (error) or stands in the status (warn)."""


class Costs(Section):
    """What mistakes cost."""

    false_positive: Annotated[float, Field(gt=0.0)]
    """Cost of a false positive."""
    false_negative: Annotated[float, Field(gt=0.0)]
    """Cost of a false negative."""


class CostRule(Section):
    """A threshold that keeps the cost of mistakes low."""

    cost: Costs
    """What each kind of mistake costs."""


def _threshold(value: Any) -> Any:
    if value == "max_f1" or isinstance(value, dict | CostRule):
        return CostRule.model_validate(value) if isinstance(value, dict) else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < 1.0:
        raise ValueError(
            "expected a number between 0 and 1, max_f1, or "
            f"{{cost: {{false_positive: 1, false_negative: 5}}}}, found {shown(value)}"
        )
    return float(value)


class Intervals(Section):
    """Intervals of the metrics."""

    method: Literal["closed_form", "bootstrap"] = "closed_form"
    """closed_form uses influence functions, bootstrap draws rows anew. Both go by data.cluster if
    it is set."""
    level: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.95
    """The confidence level of all intervals."""
    seed: int = 13
    """The seed of the bootstrap."""
    replicates: Annotated[int, Field(ge=100)] = 1000
    """The number of samples that the bootstrap draws."""


class Evaluate(Section):
    """How the model is measured."""

    threshold: Annotated[Any, BeforeValidator(_threshold)] = 0.5
    """The probability from which a row is predicted positive: a number; max_f1; or {cost:
    {false_positive: 1, false_negative: 5}}. The last two are chosen on the training rows."""
    intervals: Intervals = Intervals()
    """Intervals of the metrics."""


class Bounds(Section):
    """The values that a metric may have."""

    min: float | None = None
    """The smallest value allowed."""
    max: float | None = None
    """The largest value allowed."""


class Gate(Section):
    """When a challenger replaces the champion."""

    metric: Literal["log_loss"] = "log_loss"
    """The metric that is compared, row by row."""
    margin: Annotated[float, Field(gt=0.0)] = 0.001
    """The challenger is promoted only if the paired interval rules out a loss larger than this."""
    anchor: Literal["first"] = "first"
    """The fixed model against which losses may not add up to more than twice the margin."""
    require: dict[MetricName, Bounds] = {}
    """Bounds on the challenger's metrics on test rows, by metric."""
    approval: Literal["automatic"] = "automatic"
    """Who promotes a challenger that passes."""


class Score(Section):
    """Batch scoring."""

    cohorts: Files | None = None
    """The files that `logit score` scores by default. Each is a cohort with its file's name."""
    output: list[Literal["probability", "predicted_class", "linear_predictor"]] = [
        "probability",
        "predicted_class",
    ]
    """The columns of a score file beside the id."""


class Experiment(Section):
    """Configs to compare."""

    matrix: dict[str, list[Any]]
    """A list of values for each dotted key. Every combination is one cell."""
    scoring: Literal["log_loss"] = "log_loss"
    """The metric that ranks the cells, on validation folds of the training rows."""
    folds: Annotated[int, Field(ge=2)] = 5
    """The number of folds."""


class Schedule(Section):
    """When `logit schedule` retrains."""

    cron: Cron
    """Five fields: minute, hour, day, month, weekday."""
    timezone: TimeZone = "UTC"
    """The time zone of the cron fields."""


class Compute(Section):
    """What the run may use. Nothing here changes the result."""

    threads: Threads = "auto"
    """The number of threads; auto: all cores."""
    memory: Memory = "auto"
    """Parquet files whose table is larger than this, such as 2GB, are streamed. auto: a quarter of
    the machine's memory."""
    backend: Literal["threads", "dask"] = "threads"
    """Where the rows of the fit are summed: on threads here, or on the workers of a Dask cluster,
    which needs the extra [dask]."""
    scheduler: Scheduler | None = None
    """The address of the Dask scheduler, such as tcp://host:8786. Without it backend dask starts a
    cluster of processes here for the run."""

    @property
    def thread_count(self) -> int | None:
        """The number of threads; None lets the engine use all cores."""
        return None if self.threads == "auto" else int(self.threads)

    @property
    def memory_bytes(self) -> int:
        """The size above which Parquet is streamed, in bytes."""
        if self.memory == "auto":
            return machine_memory() // 4
        return bytes_of(self.memory)


class Write(Section):
    """What a run stores beside the model."""

    predictions: Literal["none", "test", "all"] = "test"
    """The rows whose predictions a run stores."""
