"""Stored runs: a run that is published, read back from the store after its files were verified."""

from dataclasses import dataclass

import polars as pl

from logit_engine.storage.model_file import StoredModel, read_model
from logit_flows.config.model import Config
from logit_flows.steps.evaluate import Evaluation, Measured
from logit_flows.steps.identity import identify
from logit_flows.steps.load import Dataset
from logit_flows.steps.opening import open_store


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A published run: its id and folder, its model and how good that is."""

    run: str
    folder: str
    model: StoredModel
    evaluation: Evaluation


def find_run(config: Config, dataset: Dataset) -> StoredRun | None:
    """The run of this config and these data, or None if it is not published.

    Raises ArtifactError if it is damaged.
    """
    run = identify(config, dataset)
    return read_run(config, run) if open_store(config).has_run(run) else None


def read_run(config: Config, run: str) -> StoredRun:
    """A published run by its full id. Raises ArtifactError if a file is not as it was published."""
    store = open_store(config)
    store.verify_run(run)
    files = store.run_files(run)
    model = read_model(files.model)
    rows = pl.read_parquet(files.metrics).iter_rows(named=True)
    evaluation = Evaluation(
        model.threshold, tuple(Measured(**row) for row in rows), model.result.classes
    )
    return StoredRun(run, str(files.folder), model, evaluation)
