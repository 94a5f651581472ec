"""Check: what surrounds train's path when nothing is published: before it, between, and after."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from logit_engine.design.terms.naming import listed_text
from logit_engine.errors import DataError, LogitEngineError, RankError, SeparationError
from logit_engine.rows.labels import Label, label_text
from logit_engine.storage.model_file import StoredModel
from logit_flows.config.checking import with_overrides
from logit_flows.config.model import Config
from logit_flows.config.remainder import (
    with_separation,
    without_aliases,
    without_columns,
    without_missing_targets,
    without_search,
    without_split,
)
from logit_flows.config.remedies import remedy_of
from logit_flows.sources.files import find_paths
from logit_flows.steps.cluster import refuse_missing_dask
from logit_flows.steps.evaluate import Evaluation
from logit_flows.steps.gate import unmet_requirements
from logit_flows.steps.load import Dataset
from logit_flows.steps.opening import open_store, writable_store


@dataclass(frozen=True, slots=True)
class Checked:
    """What train would publish of a config and its data.

    run: the id of the run. published: whether it is in the store already. notes: a sentence for
    everything that was replaced, pooled or left out, and for what will not go as one may expect.
    """

    run: str
    published: bool
    dataset: Dataset = field(repr=False)
    model: StoredModel = field(repr=False)
    evaluation: Evaluation = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """The number of rows with a target."""
        return self.dataset.rows

    @property
    def classes(self) -> tuple[Label, ...]:
        """The values of the target, the base first; of two the positive one is the second."""
        return self.dataset.classes

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides of the split that have rows."""
        return tuple(dict.fromkeys(metric.split for metric in self.evaluation.metrics))

    def class_rows(self, side: str) -> dict[str, int]:
        """The measured rows of each class on a side of the split."""
        labels = [label_text(label) for label in self.classes]
        if len(labels) == 2:
            cells = [["true_negative", "false_positive"], ["false_negative", "true_positive"]]
        else:
            cells = [
                [f"confusion[{listed_text((own, label))}]" for label in labels] for own in labels
            ]
        value = self.evaluation.value
        return {
            label: int(sum(value(cell, side) for cell in own))
            for label, own in zip(labels, cells, strict=True)
        }


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """The config that is checked, on this machine alone, and the problems seen without data."""

    config: Config
    problems: tuple[LogitEngineError, ...]


def plan_check(config: Config) -> CheckPlan:
    """What to check of a config, and what is wrong with where it runs and publishes."""
    local = with_overrides(config, {"compute.backend": "threads", "compute.scheduler": None})
    problems: list[LogitEngineError] = []
    for prove in (writable_store, refuse_missing_dask):
        try:
            prove(config)
        except LogitEngineError as error:
            problems.append(error)
    return CheckPlan(local, tuple(problems))


def leave_out(config: Config, step: str, error: LogitEngineError) -> Config | None:
    """The config without what the error of a step is about, None if that cannot be left out.

    The rest of the path is then judged too.
    """
    left = config
    for part in error.parts:
        left = _without_cause(left, step, part)
    return None if left == config else left


def conclude_check(
    config: Config, found: Checked | None, problems: Sequence[LogitEngineError]
) -> Checked:
    """What was found, with all that is to be said of it.

    Raises DataError with every problem, each once.
    """
    if problems or found is None:
        raise DataError(parts=tuple({str(problem): problem for problem in problems}.values()))
    model = found.model
    return replace(found, notes=(*model.notes, *model.result.notes, *_outlook_notes(config, found)))


def _without_cause(config: Config, step: str, error: LogitEngineError) -> Config:
    """The config without what one error is about, or the config itself."""
    if "column" in error.names:
        return without_columns(config, [error.names["column"]])
    if isinstance(error, RankError | SeparationError):
        config = without_aliases(config) if error.aliases else config
        return with_separation(config) if isinstance(error, SeparationError) else config
    if step == "load_dataset":
        remedy = remedy_of(error)
        is_target = remedy is not None and remedy.key == "data.missing_target"
        return without_missing_targets(config) if is_target else config
    return without_search(config) if step == "tune_penalty" else without_split(config)


def _outlook_notes(config: Config, found: Checked) -> list[str]:
    """A sentence for what will not go as one may expect, though train does its work."""
    unmet = [
        f"gate.require: {sentence}, so a retrain would not promote this run."
        for sentence in unmet_requirements(config, found.evaluation)
    ]
    return unmet + _missing_cohorts(config)


def _missing_cohorts(config: Config) -> list[str]:
    try:
        store = open_store(config).root
        find_paths(config.score.cohorts or [], config.resolve, "score.cohorts", store)
    except LogitEngineError as error:
        return [str(error)] if config.score.cohorts else []
    return []
