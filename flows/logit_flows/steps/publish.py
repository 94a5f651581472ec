"""Publish: a run's model, metrics and predictions, written whole into the store or not at all."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from logit_engine._version import __version__
from logit_engine.fitting.result import FitResult
from logit_engine.rows.table_frames import MEMORY_FRAME_ROWS, frames_of_multiples
from logit_engine.storage.model_file import StoredModel, StoredTarget, write_model
from logit_flows.config.model import Config
from logit_flows.config.reading import to_yaml
from logit_flows.steps.evaluate import Evaluation
from logit_flows.steps.identity import identify, versions
from logit_flows.steps.learn import Learned
from logit_flows.steps.load import Dataset
from logit_flows.steps.opening import open_store
from logit_flows.steps.rows import Side, open_rows
from logit_flows.steps.split import Split
from logit_flows.steps.stored_run import StoredRun
from logit_flows.steps.trained_keys import TrainedKeys
from logit_flows.steps.tune import Tuning
from logit_flows.steps.written_columns import id_columns, target_column
from logit_flows.store.run_files import RunFiles

ROW_GROUP_ROWS = MEMORY_FRAME_ROWS
OUTPUTS = ("linear_predictor", "probability", "predicted_class")


def build_model(
    config: Config,
    dataset: Dataset,
    split: Split,
    learned: Learned,
    result: FitResult,
    evaluation: Evaluation,
    tuning: Tuning | None = None,
) -> StoredModel:
    """The model as it will be stored, with the facts and the notes of its run."""
    notes = learned.notes if tuning is None else (*learned.notes, *tuning.notes)
    target = StoredTarget(config.data.target.column, dataset.classes)
    origin = {
        "run": identify(config, dataset),
        "name": config.name,
        "split": split.to_content(),
        "penalty": penalty_content(config, result.n, None if tuning is None else tuning.strength),
        "data": dataset.fingerprint,
        "contract": dataset.contract.to_content(),
        "id": config.data.id,
        "train_rows": result.n,
        "engine": __version__,
    }
    return StoredModel(learned.design, result, target, evaluation.threshold, notes, origin)


def penalty_content(config: Config, rows: int, chosen: float | None = None) -> dict[str, Any]:
    """The penalty of a run as it is shown: its strength on the mean log-likelihood, as the config
    has it, and scikit-learn's C, which is on the sum of the training rows.

    chosen: the strength, if it was chosen by cross-validation.
    """
    asked = config.model.penalty
    if asked.type == "none":
        return {"type": "none"}
    strength = asked.strength if chosen is None else chosen
    return {
        "type": asked.type,
        "strength": strength,
        "C": 1.0 / (strength * rows),
        "l1_ratio": asked.l1_ratio,
        "smooth": list(asked.smooth),
    }


def publish_run(
    config: Config,
    dataset: Dataset,
    split: Split,
    model: StoredModel,
    evaluation: Evaluation,
    keys: TrainedKeys,
    tuning: Tuning | None = None,
) -> StoredRun:
    """Write the run's folder: model, metrics, keys, predictions and config, the manifest last."""
    run = str(model.origin["run"])

    def write(folder: Path) -> None:
        files = RunFiles(folder)
        write_model(model, files.model)
        evaluation.table.write_parquet(files.metrics)
        keys.write(files.trained_keys)
        if tuning is not None:
            tuning.table.write_parquet(files.tuning)
            tuning.path.write_parquet(files.path)
        if config.write.predictions != "none":
            write_predictions(config, dataset, split, model, files.predictions)
        files.config.write_text(to_yaml(config.result_content()), encoding="utf-8")
        dataset.refuse_new_contents()

    store = open_store(config)
    folder = store.publish_run(run, write, _manifest_content(config, dataset, run))
    store.drop_checkpoint(run)
    keep_contract(config, dataset)
    return StoredRun(run, str(folder), model, evaluation)


def _manifest_content(config: Config, dataset: Dataset, run: str) -> dict[str, Any]:
    """What a run's manifest says beside its files."""
    return {
        "run": run,
        "name": config.name,
        "inputs": {
            "files": [Path(file.path).name for file in dataset.table.sources],
            "sha256": dataset.fingerprint,
        },
        "rows": dataset.rows,
        "dropped": dataset.dropped,
        "versions": versions(),
    }


def keep_contract(config: Config, dataset: Dataset) -> None:
    """Keep what the columns of the data mean as the contract of the config's name."""
    open_store(config).keep_contract(dataset.contract)


def write_predictions(
    config: Config, dataset: Dataset, split: Split, model: StoredModel, path: Path
) -> None:
    """id, split, target, linear predictor, probability and predicted class of the rows the config
    asks for.

    Row groups are of fixed length, so the file has the same bytes whether the rows are streamed or
    in memory.
    """
    frames = _predictions(config, dataset, split, model)
    first = next(frames)
    with pq.ParquetWriter(path, _arrow(first).schema, compression="zstd") as writer:
        for frame in frames_of_multiples(chain([first], frames), ROW_GROUP_ROWS):
            for start in range(0, frame.height, ROW_GROUP_ROWS):
                writer.write_table(_arrow(frame.slice(start, ROW_GROUP_ROWS)))


def _predictions(
    config: Config, dataset: Dataset, split: Split, model: StoredModel
) -> Iterator[pl.DataFrame]:
    """The predictions, a frame at a time, the first perhaps an empty one."""
    sides: tuple[Side, ...] = ("train", "test") if config.write.predictions == "all" else ("test",)
    for side in sides:
        rows = open_rows(config, dataset, split, side)
        own_id = id_columns(config.data.id, rows.schema)
        kept = [
            *own_id,
            pl.lit(side).alias("split"),
            target_column(config.data.target, model.target.classes),
        ]
        for frame in chain([rows.schema.to_frame()], rows.frames()):
            yield model.select_outputs(frame.lazy(), OUTPUTS, kept).collect()


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def evaluation_content(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The metrics as JSON-ready rows."""
    return [asdict(m) for m in evaluation.metrics]
