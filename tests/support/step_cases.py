"""A case for each step: how it is called, and what holds of its result."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from logit_flows.config.checking import with_overrides
from logit_flows.config.model import Config
from logit_flows.recipes.experimenting import run_cell
from logit_flows.steps.check import Checked, conclude_check, leave_out, plan_check
from logit_flows.steps.crossvalidate import (
    Validated,
    cross_validate,
    find_validation,
    keep_validation,
)
from logit_flows.steps.evaluate import Evaluation, evaluate_model
from logit_flows.steps.fit import fit_model
from logit_flows.steps.gate import first_decision, judge_challenger
from logit_flows.steps.hashing import RowKey
from logit_flows.steps.leaderboard import Cell, plan_experiment, publish_leaderboard
from logit_flows.steps.learn import Learned, learn_design
from logit_flows.steps.load import Dataset, load_dataset
from logit_flows.steps.opening import open_store
from logit_flows.steps.promotion import promote_first, promote_run, read_champion
from logit_flows.steps.publish import build_model, keep_contract, publish_run
from logit_flows.steps.score import Cohort, find_cohorts, load_stored_model, score_cohort
from logit_flows.steps.split import Split, split_rows
from logit_flows.steps.stored_run import find_run
from logit_flows.steps.trained_keys import TrainedKeys, hash_training_rows
from logit_flows.steps.tune import tune_penalty

from logit_engine.errors import DataError
from logit_engine.fitting.result import FitResult
from logit_engine.storage.model_file import StoredModel

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Prepared:
    """What steps are called with: the exam's data in a folder with a store, and the values that
    come before a step.
    """

    config: Config
    dataset: Dataset
    split: Split
    learned: Learned
    result: FitResult
    evaluation: Evaluation
    model: StoredModel

    @property
    def run(self) -> str:
        """The id of the published run, which is champion."""
        return str(self.model.origin["run"])

    @property
    def unpublished(self) -> Config:
        """The config with a store of its own, in which nothing is published."""
        return with_overrides(self.config, {"store": "empty"})

    @property
    def tuned(self) -> Config:
        """The config with a penalty whose strength is chosen by cross-validation."""
        return with_overrides(
            self.config, {"model.penalty": {"type": "l1", "strength": "cv", "folds": 3}}
        )

    @property
    def matrix(self) -> Config:
        """The config with an experiment of two cells."""
        matrix = {"model.link": ["logit", "probit"]}
        return with_overrides(
            self.config, {"experiment": {"matrix": matrix, "folds": 2}, "compute.threads": 1}
        )

    @property
    def cohort(self) -> Cohort:
        """The data as a cohort."""
        return Cohort("two_features_train", (self.dataset.table.sources[0].path,))


class Case(NamedTuple):
    """How a step is called, and what holds of its result."""

    arguments: Callable[[Prepared], tuple[Any, ...]]
    claim: Callable[[Prepared, Any], bool]


NO_KEYS = TrainedKeys({}, RowKey((), ()), (), 0, 0)
BAD, GOOD = (
    Cell((("link", "x"),), None, None, "no"),
    Cell((("link", "logit"),), "a", Validated(0.5, 0.1), None),
)
CASES: dict[Callable[..., Any], Case] = {
    load_dataset: Case(
        lambda p: (p.config,), lambda p, data: (data.rows, data.classes) == (200, (0, 1))
    ),
    find_run: Case(lambda p: (p.config, p.dataset), lambda p, found: found.run == p.run),
    split_rows: Case(
        lambda p: (p.config, p.dataset),
        lambda p, split: (split.method, split.threshold) == ("hash", 0.3),
    ),
    learn_design: Case(
        lambda p: (p.config, p.dataset, p.split),
        lambda p, learned: learned.design.names == ("intercept", "hours", "previous_courses"),
    ),
    tune_penalty: Case(
        lambda p: (p.tuned, p.dataset, Split("none")),
        lambda p, tuning: tuning.strength in [point.strength for point in tuning.points],
    ),
    fit_model: Case(
        lambda p: (p.config, p.dataset, p.split, p.learned),
        lambda p, fitted: fitted.result.converged and fitted.learned == p.learned,
    ),
    evaluate_model: Case(
        lambda p: (p.config, p.dataset, p.split, p.learned, p.result),
        lambda p, evaluation: (
            evaluation.value("rows", "train") + evaluation.value("rows", "test") == 200
        ),
    ),
    build_model: Case(
        lambda p: (p.config, p.dataset, p.split, p.learned, p.result, p.evaluation),
        lambda p, model: (model.target.column, model.origin["run"]) == ("passed", p.run),
    ),
    hash_training_rows: Case(
        lambda p: (p.config, p.dataset, p.split),
        lambda p, keys: keys.test_rows == p.evaluation.value("rows", "test"),
    ),
    publish_run: Case(
        lambda p: (p.unpublished, p.dataset, p.split, p.model, p.evaluation, NO_KEYS),
        lambda p, stored: (Path(stored.folder) / "manifest.json").exists(),
    ),
    keep_contract: Case(
        lambda p: (p.config, p.dataset),
        lambda p, _: open_store(p.config).contract() == p.dataset.contract,
    ),
    read_champion: Case(
        lambda p: (p.config,), lambda p, champion: champion.run == champion.anchor == p.run
    ),
    promote_first: Case(lambda p: (p.config, p.run), lambda p, champion: champion is True),
    promote_run: Case(
        lambda p: (p.config, p.run, "a test", p.run),
        lambda p, nothing: nothing is None and read_champion(p.config).run == p.run,
    ),
    load_stored_model: Case(
        lambda p: (p.config, "champion"), lambda p, model: model.design == p.model.design
    ),
    first_decision: Case(lambda p: (p.config, p.evaluation), lambda p, decision: decision.promote),
    judge_challenger: Case(
        lambda p: (p.config, p.dataset, p.model, p.evaluation, p.model, p.model),
        lambda p, decision: (
            decision.promote and "log-loss is that of the champion, row by row" in decision.sentence
        ),
    ),
    find_cohorts: Case(
        lambda p: (p.config, p.cohort.paths),
        lambda p, cohorts: cohorts == (p.cohort,),
    ),
    score_cohort: Case(
        lambda p: (p.config, p.model, p.cohort),
        lambda p, scored: pl.read_parquet(scored.path).height == scored.rows == 200,
    ),
    plan_experiment: Case(
        lambda p: (p.matrix, p.dataset),
        lambda p, plan: (
            [settings for settings, _ in plan.jobs]
            == [{"model.link": "logit"}, {"model.link": "probit"}]
        ),
    ),
    find_validation: Case(lambda p: (p.matrix, p.dataset), lambda p, found: found is None),
    cross_validate: Case(
        lambda p: (p.matrix, p.dataset, p.split), lambda p, found: 0.0 < found.log_loss < 2.0
    ),
    keep_validation: Case(
        lambda p: (p.matrix, p.dataset, Validated(0.5, 0.1)),
        lambda p, _: find_validation(p.matrix, p.dataset) == Validated(0.5, 0.1),
    ),
    run_cell: Case(
        lambda p: (plan_experiment(p.matrix, p.dataset).jobs[1],),
        lambda p, cell: cell.error is None and cell.run not in (None, p.run),
    ),
    publish_leaderboard: Case(
        lambda p: (p.config, plan_experiment(p.matrix, p.dataset), [BAD, GOOD]),
        lambda p, board: pl.read_parquet(board.path)["rank"].to_list() == [1, None],
    ),
    plan_check: Case(
        lambda p: (p.config,), lambda p, plan: plan.config == p.config and plan.problems == ()
    ),
    leave_out: Case(
        lambda p: (p.config, "load_dataset", DataError("no.", names={"column": "hours"})),
        lambda p, left: left.features.numeric == ["previous_courses"],
    ),
    conclude_check: Case(
        lambda p: (p.config, Checked(p.run, True, p.dataset, p.model, p.evaluation), []),
        lambda p, checked: (checked.run, checked.rows) == (p.run, 200),
    ),
}
