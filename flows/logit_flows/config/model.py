"""The configuration as one strict, frozen model: every key, its default and its meaning; reading lives in config_reading."""

import os
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from logit_engine.errors import UsageError
from logit_flows.config.problems import shown

METRICS = (
    "accuracy", "precision", "recall", "specificity", "f1", "balanced_accuracy", "log_loss", "brier", "roc_auc",
    "average_precision", "skill", "calibration_slope", "calibration_intercept",
)  # fmt: skip


def _some_text(value: Any) -> Any:
    """One text or several, as a list."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(v, str) and v for v in values):
        raise ValueError(f"expected a file or a list of files, found {shown(value)}")
    return values


def _label(value: Any) -> Any:
    if not isinstance(value, bool | int | str):
        raise ValueError(f"expected text, an integer, true or false, found {shown(value)}")
    return value


def _threshold(value: Any) -> Any:
    if value == "max_f1" or isinstance(value, dict | CostRule):
        return CostRule.model_validate(value) if isinstance(value, dict) else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < 1.0:
        raise ValueError(
            f"expected a number between 0 and 1, max_f1, or {{cost: {{false_positive: 1, false_negative: 5}}}}, "
            f"found {shown(value)}"
        )
    return float(value)


def _strength(value: Any) -> Any:
    if value is None or value == "cv":
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < float("inf"):
        raise ValueError(f"expected a number above 0, or cv, found {shown(value)}")
    return float(value)


def _threads(value: Any) -> Any:
    if value != "auto" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"expected auto or a number of threads from 1 on, found {shown(value)}")
    return value


MEMORY = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT])B")


def _machine_memory() -> int:
    """Of the container, where there is one with a limit."""
    limit, physical = Path("/sys/fs/cgroup/memory.max"), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    text = limit.read_text().strip() if limit.exists() else "max"
    return physical if text == "max" else min(int(text), physical)


def _memory(value: Any) -> Any:
    if not isinstance(value, str) or (value != "auto" and not MEMORY.fullmatch(value)):
        raise ValueError(f"expected auto or a size such as 2GB, found {shown(value)}")
    return value


CRON_FIELD = re.compile(r"(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(/[0-9]+)?(,(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(/[0-9]+)?)*")


def _cron(value: str) -> str:
    fields = value.split()
    if len(fields) != 5 or not all(CRON_FIELD.fullmatch(field) for field in fields):
        raise ValueError(f"expected five cron fields such as '0 5 * * 1', found {shown(value)}")
    return value


def _scheduler(value: str) -> str:
    if not re.fullmatch(r"(tcp|tls|ucx|ws|wss)://\S+:\d+", value):
        raise ValueError(f"expected the address of a Dask scheduler such as tcp://host:8786, found {shown(value)}")
    return value


def _timezone(value: str) -> str:
    try:
        return str(ZoneInfo(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"expected a time zone such as America/New_York, found {shown(value)}") from None


Files = Annotated[list[str], BeforeValidator(_some_text)]
Label = Annotated[Any, BeforeValidator(_label)]


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class Target(_Section):
    """The outcome."""

    column: str
    """The column that holds the outcome."""
    positive: Label | None = None
    """The value whose probability a binary model gives; always stated there."""
    base: Label | None = None
    """The class that a multinomial model compares the others with; else the first in order."""


class Data(_Section):
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


class ImputeNumeric(_Section):
    """What stands in for a missing number."""

    strategy: Literal["error", "mean", "median", "constant"] = "error"
    """Learnt on the training rows; error refuses missing values."""
    value: float | None = None
    """The number of strategy constant."""
    add_indicator: bool = False
    """Add a column that is 1 where values were missing, one for each pattern of columns missing together."""


class ImputeCategorical(_Section):
    """What stands in for a missing level."""

    strategy: Literal["error", "level"] = "error"
    """level makes missing a level of its own."""


class ImputeRules(_Section):
    """Missing values of features."""

    numeric: ImputeNumeric = ImputeNumeric()
    """Of numeric columns."""
    categorical: ImputeCategorical = ImputeCategorical()
    """Of categorical columns."""


class Features(_Section):
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
    handle_unknown: Literal["error", "reference", "pooled"] = "error"
    """What a level unseen in training counts as when scoring; always counted."""


class SplitRule(_Section):
    """Which rows test."""

    method: Literal["time", "random", "stratified", "group", "column", "none"] = "random"
    """time: the latest; random, stratified, group: by a stable hash; column: by its values; none: no test rows."""
    test_size: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.2
    """The share of test rows."""
    column: str | None = None
    """The column of method group or column."""
    test: list[Label] | None = None
    """The values of the column that test, for method column."""


class Penalty(_Section):
    """The penalty on the coefficients."""

    type: Literal["none", "l1", "l2", "elastic_net", "group_lasso"] = "none"
    """none is maximum likelihood; several classes are penalized as contrasts with their base; group_lasso keeps or drops all
    levels of a categorical together, for all classes."""
    l1_ratio: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    """The share of the l1 in an elastic_net."""
    strength: Annotated[Any, BeforeValidator(_strength)] = None
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


class CovarianceRule(_Section):
    """The covariance of the estimates."""

    type: Literal["nonrobust", "HC0", "HC1", "HC2", "HC3", "cluster"] = "nonrobust"
    """cluster needs data.cluster."""


class ModelRule(_Section):
    """What is fitted."""

    family: Literal["binary", "multinomial"] = "binary"
    """The kind of outcome: two classes, or more."""
    link: Literal["logit", "probit", "cloglog", "loglog", "cauchit"] = "logit"
    """The response curve."""
    penalty: Penalty = Penalty()
    """The penalty."""
    covariance: CovarianceRule = CovarianceRule()
    """The covariance."""
    on_separation: Literal["error", "warn"] = "error"
    """Whether a perfect prediction stops the run, or is said in the status."""


class Costs(_Section):
    """What mistakes cost."""

    false_positive: Annotated[float, Field(gt=0.0)]
    """Of predicting the positive class wrongly."""
    false_negative: Annotated[float, Field(gt=0.0)]
    """Of missing it."""


class CostRule(_Section):
    """A threshold by cost."""

    cost: Costs
    """The costs."""


class Intervals(_Section):
    """Intervals of the metrics."""

    method: Literal["closed_form", "bootstrap"] = "closed_form"
    """By influence functions, or by resampling; by cluster where there is one."""
    level: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.95
    """The level of all intervals."""
    seed: int = 13
    """Of the bootstrap."""
    replicates: Annotated[int, Field(ge=100)] = 1000
    """Of the bootstrap."""


class Evaluate(_Section):
    """How the model is measured."""

    threshold: Annotated[Any, BeforeValidator(_threshold)] = 0.5
    """A number, max_f1, or {cost: {false_positive: 1, false_negative: 5}}; chosen on training rows."""
    intervals: Intervals = Intervals()
    """Intervals of the metrics."""


class Bounds(_Section):
    """Bounds of a metric."""

    min: float | None = None
    """At least."""
    max: float | None = None
    """At most."""


class Gate(_Section):
    """When a challenger replaces the champion."""

    metric: Literal["log_loss"] = "log_loss"
    """What is compared, row by row."""
    margin: Annotated[float, Field(gt=0.0)] = 0.001
    """Promoted only if the paired interval rules out a loss beyond it."""
    anchor: Literal["first"] = "first"
    """The fixed model against which losses may not add up beyond twice the margin."""
    require: dict[Literal[METRICS], Bounds] = {}  # type: ignore[valid-type]
    """Bounds that the challenger's test metrics must keep."""
    approval: Literal["automatic"] = "automatic"
    """Who moves the pointer."""


class Score(_Section):
    """Batch scoring."""

    cohorts: Files | None = None
    """The files that `logit score` scores by default; each is a cohort named after its file."""
    output: list[Literal["probability", "predicted_class", "linear_predictor"]] = ["probability", "predicted_class"]
    """The columns beside the id."""


class Experiment(_Section):
    """A matrix of configs."""

    matrix: dict[str, list[Any]]
    """Values by dotted key; every combination is a cell."""
    scoring: Literal["log_loss"] = "log_loss"
    """What ranks the cells, on validation folds of the training rows."""
    folds: Annotated[int, Field(ge=2)] = 5
    """How many folds."""


class Schedule(_Section):
    """When `logit schedule` retrains."""

    cron: Annotated[str, AfterValidator(_cron)]
    """Minute, hour, day, month, weekday."""
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    """Of the cron."""


class Compute(_Section):
    """What the run may use; it never changes the result."""

    threads: Annotated[Any, BeforeValidator(_threads)] = "auto"
    """auto, or how many."""
    memory: Annotated[Any, BeforeValidator(_memory)] = "auto"
    """Above what size, as 2GB, Parquet is streamed; auto: a quarter of the machine's."""
    backend: Literal["threads", "dask"] = "threads"
    """Where the fit's rows are summed: here, or on the workers of a Dask cluster, by the extra [dask]."""
    scheduler: Annotated[str, AfterValidator(_scheduler)] | None = None
    """Of backend dask, as tcp://host:8786; without one a cluster of processes is started here for the run."""

    @property
    def thread_count(self) -> int | None:
        """The threads asked for; None lets the engine take the cores there are."""
        return None if self.threads == "auto" else int(self.threads)

    @property
    def memory_bytes(self) -> int:
        """The size in bytes."""
        if self.memory == "auto":
            return _machine_memory() // 4
        number, unit = MEMORY.fullmatch(self.memory).groups()  # type: ignore[union-attr]  (it was checked)
        return int(float(number) * 1024 ** ("KMGT".index(unit) + 1))


class Write(_Section):
    """What a run stores."""

    predictions: Literal["none", "test", "all"] = "test"
    """Of which rows."""


class Config(_Section):
    """One pipeline: data, features, model, and what is done with it."""

    name: str
    """Names the model; its runs are stored under it."""
    data: Data
    """Where the rows come from."""
    features: Features
    """The columns that predict."""
    normalize: Literal["standard", "minmax", "robust", "none"] = "standard"
    """The scale of numeric columns inside; coefficients are always printed in original units."""
    split: SplitRule = SplitRule()
    """Which rows test."""
    model: ModelRule = ModelRule()
    """What is fitted."""
    evaluate: Evaluate = Evaluate()
    """How it is measured."""
    gate: Gate = Gate()
    """When it replaces the champion."""
    score: Score = Score()
    """Batch scoring."""
    experiment: Experiment | None = None
    """A matrix of configs."""
    schedule: Schedule | None = None
    """When to retrain."""
    compute: Compute = Compute()
    """What the run may use."""
    orchestrator: Literal["auto", "prefect", "none"] = "auto"
    """auto: Prefect if PREFECT_API_URL or its profile names a server, else plain functions; it changes no result."""
    store: str = "store"
    """The folder of all that is published."""
    write: Write = Write()
    """What a run stores."""

    _folder: Path = PrivateAttr(default_factory=Path)

    @property
    def folder(self) -> Path:
        """Where relative paths start: the config's own folder."""
        return self._folder

    def resolve(self, path: str) -> Path:
        """A path of the config, from its folder, with ${env:NAME} replaced. Raises UsageError if NAME is not set."""
        return self._folder / re.sub(r"\$\{env:(\w+)\}", _from_environment, path)

    def content(self) -> dict[str, Any]:
        """All of it, JSON-ready; `from_mapping` is the inverse."""
        return self.model_dump(mode="json")

    def result_content(self) -> dict[str, Any]:
        """What can change a run's result, JSON-ready: not where it is stored, when it runs, or what is done with it."""
        names = {"name", "data", "features", "normalize", "split", "model", "evaluate", "write"}
        return self.model_dump(mode="json", include=names)

    def with_overrides(self, overrides: Mapping[str, Any]) -> "Config":
        """The same config with values set by dotted key. Raises ConfigError if it no longer makes sense."""
        content = self.content()
        for key, value in overrides.items():
            *parents, last = key.split(".")
            section = content
            for parent in parents:
                section = section.setdefault(parent, {})
            section[last] = value
        return from_mapping(content, self._folder)


def _from_environment(found: re.Match[str]) -> str:
    value = os.environ.get(found[1])
    if value is None:
        raise UsageError(f"the config refers to ${{env:{found[1]}}}, but {found[1]} is not set in the environment.")
    return value


def from_mapping(content: Mapping[str, Any], folder: str | Path) -> Config:
    """The config of that content, with paths relative to the folder. Raises ConfigError with every problem."""
    from logit_flows.config.reading import checked  # reading knows the model, not the other way round

    return checked(dict(content), Path(folder))


def cells(config: Config) -> Iterator[tuple[dict[str, Any], Config]]:
    """Each combination of the experiment's matrix, in the order written, with its config."""
    matrix = config.experiment.matrix if config.experiment else {}
    for values in product(*matrix.values()) if matrix else ():
        settings = dict(zip(matrix, values, strict=True))
        yield settings, config.with_overrides({**settings, "experiment.matrix": {}})
