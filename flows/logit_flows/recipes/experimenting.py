"""Experiment: each cell of the config's matrix is cross-validated, trained, published, ranked."""

from logit_engine.errors import LogitEngineError
from logit_flows.config.model import Config
from logit_flows.config.remedies import with_key
from logit_flows.recipes.running import DIRECT, Run, attempt
from logit_flows.recipes.training import train_run
from logit_flows.steps.crossvalidate import cross_validate, find_validation, keep_validation
from logit_flows.steps.leaderboard import (
    Cell,
    Job,
    Leaderboard,
    plan_experiment,
    publish_leaderboard,
)
from logit_flows.steps.load import load_dataset
from logit_flows.steps.split import split_rows


def experiment(config: Config, run: Run = DIRECT) -> Leaderboard:
    """Run each cell of the config's matrix, rank them by cross-validation, publish the leaderboard.

    Cells that ask for the same run are fitted once, and what an earlier experiment has validated is
    not fitted again. A cell that fails fails alone, with its sentence in the table. Raises
    DataError if there is no cell, or none succeeds.
    """
    with attempt(config, "experiment", run) as record:
        dataset = run(load_dataset, config, folds=True)
        plan = run(plan_experiment, config, dataset)
        found = run.each(run_cell, plan.distinct_jobs, plan.workers)
        board = run(publish_leaderboard, config, plan, found)
        record["experiment"] = board.experiment
        record["runs"] = [cell.run for cell in board.cells if cell.run]
        return board


def run_cell(job: Job) -> Cell:
    """Cross-validate one cell and publish its run. A failure is the cell's alone.

    A cell is a recipe that runs whole, in a process or task of its own, so its steps are plain
    functions.
    """
    settings, config = job
    shown = tuple(settings.items())
    run = DIRECT
    try:
        dataset = run(load_dataset, config, folds=True)
        validated = run(find_validation, config, dataset)
        if validated is None:
            split = run(split_rows, config, dataset)
            validated = run(cross_validate, config, dataset, split)
            run(keep_validation, config, dataset, validated)
        trained = train_run(config, False, run)
        return Cell(shown, trained.run, validated, None)
    except LogitEngineError as error:
        return Cell(shown, None, None, with_key(error))
