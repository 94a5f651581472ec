"""Leaderboard: the cells of an experiment before they run, their published ranking after."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from logit_engine.errors import DataError
from logit_engine.rows import cores
from logit_engine.storage.publish import canonical_json
from logit_flows.config.checking import cells, with_overrides
from logit_flows.config.model import Config
from logit_flows.steps.crossvalidate import Validated
from logit_flows.steps.identity import identify
from logit_flows.steps.load import Dataset
from logit_flows.steps.opening import open_store
from logit_flows.store.layout import run_id

Job = tuple[dict[str, Any], Config]
COLUMN_TYPES = {
    "rank": pl.Int64,
    "log_loss": pl.Float64,
    "std_error": pl.Float64,
    "run": pl.String,
    "error": pl.String,
}


@dataclass(frozen=True, slots=True)
class ExperimentPlan:
    """The id of an experiment, and its cells before they run.

    jobs: settings and config of each cell. workers: how many cells run side by side.
    """

    experiment: str
    jobs: tuple[Job, ...]
    workers: int

    @property
    def distinct_jobs(self) -> tuple[Job, ...]:
        """The jobs, but only one of those that ask for the same run."""
        return tuple(
            {_asked_run(config): (settings, config) for settings, config in self.jobs}.values()
        )

    def cells(self, found: Sequence["Cell"]) -> tuple["Cell", ...]:
        """The cells of all jobs; found: those of the distinct ones."""
        jobs = zip(self.distinct_jobs, found, strict=True)
        cells = {_asked_run(config): cell for (_, config), cell in jobs}
        return tuple(
            replace(cells[_asked_run(config)], settings=tuple(settings.items()))
            for settings, config in self.jobs
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its settings, its run and cross-validated score, or the sentence of its failure."""

    settings: tuple[tuple[str, Any], ...]
    run: str | None
    validated: Validated | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """All cells, the best first, the failed ones last; path: of the published table."""

    experiment: str
    path: str
    cells: tuple[Cell, ...]

    @property
    def table(self) -> pl.DataFrame:
        """One row per cell: rank, settings, score, run, or error."""
        return leaderboard_table(self.cells)


def _asked_run(config: Config) -> str:
    """All of a config that can change a run, as text."""
    return canonical_json(config.result_content())


def plan_experiment(config: Config, dataset: Dataset) -> ExperimentPlan:
    """The cells of the config's matrix. Raises DataError if it has none.

    Cells that hash whole rows hash those of the base config, so its contract is kept before they
    run.
    """
    if config.experiment is None or not config.experiment.matrix:
        raise DataError("the config has no experiment; set experiment.matrix.")
    asked = {"matrix": dict(config.experiment.matrix), "folds": config.experiment.folds}
    name = run_id({"experiment": asked, "base": identify(config, dataset)})
    if dataset.contract.row:
        open_store(config).keep_contract(dataset.contract)
    jobs = tuple((settings, one_thread(cell)) for settings, cell in cells(config))
    return ExperimentPlan(name, jobs, config.compute.thread_count or cores())


def one_thread(config: Config) -> Config:
    """The same config on one thread: cells run side by side, and threads change no result."""
    changes = {"compute.threads": 1, "compute.backend": "threads", "compute.scheduler": None}
    return with_overrides(config, changes)


def publish_leaderboard(config: Config, plan: ExperimentPlan, found: Sequence[Cell]) -> Leaderboard:
    """Rank the cells and publish their table.

    found: the cells of the plan's distinct jobs. Raises DataError if all of them failed.
    """
    ranked = tuple(sorted(plan.cells(found), key=_rank))
    if all(cell.error for cell in ranked):
        raise DataError(f"all {len(ranked)} cells failed; the first says: {ranked[0].error}")

    def write(path: Path) -> None:
        leaderboard_table(ranked).write_parquet(path)

    path = open_store(config).publish_experiment(plan.experiment, write)
    return Leaderboard(plan.experiment, str(path), ranked)


def leaderboard_table(ranked: Sequence[Cell]) -> pl.DataFrame:
    """The leaderboard as a frame; settings are text, so that unlike cells share a column."""
    rows = []
    for place, cell in enumerate(ranked, 1):
        score = cell.validated
        rows.append(
            {
                "rank": None if score is None else place,
                **{key: str(value) for key, value in cell.settings},
                "log_loss": None if score is None else score.log_loss,
                "std_error": None if score is None else score.std_error,
                "run": cell.run,
                "error": cell.error,
            }
        )
    return pl.DataFrame(rows, schema_overrides=COLUMN_TYPES)


def _rank(cell: Cell) -> tuple[bool, float]:
    return (cell.validated is None, 0.0 if cell.validated is None else cell.validated.log_loss)
