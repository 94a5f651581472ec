"""The list of a name's runs: when each was made, how many rows it had, and how good it is."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from logit_flows.config.model import Config
from logit_flows.steps.opening import open_store
from logit_flows.store.layout import RunEntry

SHOWN_METRICS = ("log_loss", "roc_auc", "accuracy")


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A published run and what its metrics say of it.

    created: in UTC, None without an attempt on record. measured_on: test, or train for a run
    without test rows; None if its metrics cannot be read. Numbers are nan where there are none: a
    run of several classes has an area for each, and none of its own.
    """

    run: str
    created: str | None
    champion: bool
    anchor: bool
    train_rows: float
    test_rows: float
    measured_on: str | None
    log_loss: float
    roc_auc: float
    accuracy: float


def list_runs(config: Config) -> list[ListedRun]:
    """The runs in the order of their first attempts; they are not verified."""
    store = open_store(config)
    return [_listed(entry, store.run_files(entry.run).metrics) for entry in store.runs()]


def _listed(entry: RunEntry, metrics: Path) -> ListedRun:
    try:
        rows = pl.read_parquet(metrics, columns=["split", "metric", "value"]).iter_rows()
    except (pl.exceptions.PolarsError, OSError):
        rows = iter(())
    values = _by_place(rows)
    sides = {split for split, _ in values}
    side = "test" if "test" in sides else "train" if sides else None
    found = {name: values.get((side, name), math.nan) for name in SHOWN_METRICS}
    return ListedRun(
        entry.run,
        entry.created,
        entry.champion,
        entry.anchor,
        values.get(("train", "rows"), math.nan),
        values.get(("test", "rows"), 0.0 if sides else math.nan),
        side,
        **found,
    )


def _by_place(rows: Iterable[tuple[str, str, float]]) -> dict[tuple[str | None, str], float]:
    """The values by split and metric."""
    return {(split, metric): value for split, metric, value in rows}
