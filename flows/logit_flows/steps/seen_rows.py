"""Rows of a test file that training has seen: the same file, or the same ids."""

import polars as pl

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name
from logit_flows.sources.shown_paths import shown_path
from logit_flows.sources.table import SourceTable


def refuse_seen_rows(training: SourceTable, test: SourceTable, id_column: str | None) -> None:
    """Raises DataError if a test file has the contents of a training file, or ids of one."""
    known = {file.sha256: file.path for file in training.sources}
    for file in test.sources:
        if file.sha256 in known:
            raise DataError(
                f"{shown_path(file.path)} (data.test) has the same contents as "
                f"{shown_path(known[file.sha256])} (data.source), so it would test what was "
                "trained on; name a file of other rows, or split one:  split: {method: random}"
            )
    seen = 0 if id_column is None else _shared_ids(training, test, id_column)
    if seen:
        raise DataError(
            f"data.test holds {seen:,} rows whose '{id_column}' (data.id) is in data.source too, "
            "so they would test what was trained on; leave them out of one of the two.",
            names={"column": str(id_column)},
        )


def _shared_ids(training: SourceTable, test: SourceTable, column: str) -> int:
    """How many rows of the test files have an id of the training files."""
    own, others = (table.scan().select(by_name(column).alias("id")) for table in (test, training))
    shared = own.join(others, on="id", how="semi").select(pl.len())
    return int(shared.collect(engine="streaming").item())
