"""Experiment: every cell of the config's matrix cross-validated, trained and published, and a leaderboard of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from logit_engine.errors import DataError, LogitEngineError
from logit_engine.rows import cores
from logit_flows.config.model import Config, cells
from logit_flows.recipes.running import DIRECT, Run, attempt
from logit_flows.recipes.training import published_run
from logit_flows.steps.crossvalidate import Validated, cross_validate
from logit_flows.steps.identity import identify, open_store
from logit_flows.steps.load import load
from logit_flows.steps.split import split_rows
from logit_flows.store.layout import run_id


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what it sets, its run and cross-validated score, or the sentence of its failure."""

    settings: tuple[tuple[str, Any], ...]
    run: str | None
    validated: Validated | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """All cells, the best first, the failed ones last; and where the table was published."""

    experiment: str
    path: str
    cells: tuple[Cell, ...]

    @property
    def table(self) -> pl.DataFrame:
        """One row a cell: rank, what it sets, its score, its run, or its error."""
        return leaderboard_table(self.cells)


def experiment(config: Config, run: Run = DIRECT) -> Leaderboard:
    """Run the matrix, rank by cross-validation within the training rows, publish the leaderboard."""
    store = open_store(config)
    with attempt(store, "experiment", run) as record:
        dataset = run(load, config)
        if config.experiment is None or not config.experiment.matrix:
            raise DataError("the config has no experiment; set experiment.matrix.")
        asked = {"matrix": dict(config.experiment.matrix), "folds": config.experiment.folds}
        name = run_id({"experiment": asked, "base": identify(config, dataset)})
        workers = cores() if config.compute.threads == "auto" else config.compute.threads
        jobs = [(settings, one_thread(cell)) for settings, cell in cells(config)]
        found = run.each(run_cell, jobs, workers)
        ranked = tuple(sorted(found, key=_rank))
        if all(cell.error for cell in ranked):
            raise DataError(f"all {len(ranked)} cells failed; the first says: {ranked[0].error}")

        def write(path: Path) -> None:
            leaderboard_table(ranked).write_parquet(path)

        path = store.publish_experiment(name, write)
        record["experiment"] = name
        return Leaderboard(name, str(path), ranked)


def one_thread(config: Config) -> Config:
    """The same config on one thread of its process: cells run side by side, and where changes no result."""
    return config.with_overrides({"compute.threads": 1, "compute.backend": "threads", "compute.scheduler": None})


def run_cell(job: tuple[dict[str, Any], Config]) -> Cell:
    """One cell, whole: cross-validation, then a run of its own. A failure is the cell's alone."""
    settings, config = job
    shown = tuple(settings.items())
    try:
        dataset = load(config)
        validated = cross_validate(config, dataset, split_rows(config, dataset))
        return Cell(shown, published_run(config, DIRECT).run, validated, None)
    except LogitEngineError as error:
        return Cell(shown, None, None, str(error))


def leaderboard_table(ranked: tuple[Cell, ...]) -> pl.DataFrame:
    """The leaderboard as a frame; settings as text, so that cells of different kinds share a column."""
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
    schema = {"rank": pl.Int64, "log_loss": pl.Float64, "std_error": pl.Float64, "run": pl.String, "error": pl.String}
    return pl.DataFrame(rows, schema_overrides=schema)


def _rank(cell: Cell) -> tuple[bool, float]:
    return (cell.validated is None, 0.0 if cell.validated is None else cell.validated.log_loss)
