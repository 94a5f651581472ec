"""Unseen rows: the present rows that neither of two models was fitted on, proved by their split
rules and by what each run keeps of its training rows.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.errors import DataError
from logit_engine.rows.frame_columns import by_name
from logit_engine.storage.model_file import StoredModel
from logit_flows.config.model import Config
from logit_flows.sources.looking import KnownTypes
from logit_flows.sources.reading import read_source
from logit_flows.steps.hashing import key_columns
from logit_flows.steps.load import Dataset, dialects_of
from logit_flows.steps.opening import open_store
from logit_flows.steps.score import model_contract
from logit_flows.steps.split import Split, test_mask
from logit_flows.steps.trained_keys import ChangedKeysError, TrainedKeys


class IncomparableError(DataError):
    """Two models share no unseen row, or one of them cannot score the rows."""


@dataclass(frozen=True, slots=True)
class UnseenRows:
    """The rows, with all columns that one of the two models reads.

    left_out: how many more the split rules hold out, that a model was fitted on all the same.
    """

    frame: pl.DataFrame
    left_out: int


def unseen_rows(
    config: Config, dataset: Dataset, challenger: StoredModel, other: StoredModel
) -> UnseenRows:
    """The rows with a target that neither model has seen. Raises IncomparableError without any."""
    rows = _common_rows(config, dataset, challenger, other)
    rules = _comparable_rules(challenger, other)
    keys = [_stored_keys(config, model) for model in (challenger, other)]
    frame = rows.filter(by_name(dataset.target).is_not_null()).collect()
    held_out = np.logical_and(*map(_held_out, rules, keys, (frame, frame)))
    if not held_out.any():
        raise IncomparableError(
            f"no row is provably unseen by both models (their split methods are {rules[0].method} "
            f"and {rules[1].method})"
        )
    frame = frame.filter(pl.Series(held_out))
    seen = np.zeros(frame.height, dtype=bool)
    for model, own in zip((challenger, other), keys, strict=True):
        try:
            seen |= own.trained(frame)
        except ChangedKeysError as error:
            why = f"no row is provably unseen by run {model.origin['run']}: {error}"
            raise IncomparableError(f"{why}; {by_hand(challenger)}") from error
    if seen.all():
        raise IncomparableError(
            f"no row is provably unseen by both models: all {seen.size:,} rows that their split "
            "rules hold out have the id, the cluster or the values of rows that one of them was "
            f"trained on; {by_hand(challenger)}"
        )
    return UnseenRows(frame.filter(pl.Series(~seen)), int(seen.sum()))


def by_hand(challenger: StoredModel) -> str:
    """What is left to do where the gate cannot compare."""
    return (
        f"if the new model is right, promote it by hand: logit promote {challenger.origin['run']}"
    )


def cannot_score(other: StoredModel, challenger: StoredModel, why: str) -> str:
    """Why a published model has no say on today's rows, and what is left to do."""
    return f"run {other.origin['run']} cannot score these rows ({why}); {by_hand(challenger)}"


def _held_out(rule: Split, keys: TrainedKeys, frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Which rows a model's split rule holds out, (n,).

    A model without a split holds none out: all rows may be unseen if its keys tell rows apart.
    """
    if rule.method == "none":
        return np.full(frame.height, keys.tells_rows_apart)
    return test_mask(rule, frame)


def _stored_keys(config: Config, model: StoredModel) -> TrainedKeys:
    """What a run keeps of its training rows. Raises IncomparableError if it keeps nothing."""
    run = str(model.origin["run"])
    try:
        return TrainedKeys.read(open_store(config).run_files(run).trained_keys)
    except FileNotFoundError:
        raise IncomparableError(
            f"run {run} was published by an older version, which kept nothing of the rows it was "
            "trained on, so no row is provably unseen; train it anew"
        ) from None


def _comparable_rules(challenger: StoredModel, other: StoredModel) -> tuple[Split, Split]:
    """The split rules of both models. Raises IncomparableError if they hash different keys."""
    try:
        ours, theirs = (Split.from_content(m.origin["split"]) for m in (challenger, other))
    except DataError as error:
        raise IncomparableError(str(error).rstrip(".")) from error
    if ours.key is None or theirs.key is None or ours.key == theirs.key:
        return ours, theirs
    named = " and ".join(", ".join(key_columns(key)) for key in (ours.key, theirs.key))
    raise IncomparableError(
        f"no row is provably unseen by both models: their splits hash other columns ({named}); "
        f"{by_hand(challenger)}"
    )


def _common_rows(
    config: Config, dataset: Dataset, challenger: StoredModel, other: StoredModel
) -> pl.LazyFrame:
    """The test rows' data with all columns that one of the two models reads, lazily.

    Raises IncomparableError if a column meant something else to the other model, or is not there.
    """
    mine, theirs = model_contract(challenger), model_contract(other)
    if changed := theirs.differences(mine):
        raise IncomparableError(
            f"the contract of the data changed since run {other.origin['run']} ({changed[0]}), so "
            f"no row is provably unseen; {by_hand(challenger)}"
        )
    table = (dataset.test or dataset).table
    if theirs.types.keys() <= mine.types.keys():
        return table.scan()
    both = mine.extended(theirs)
    roles = {column.name: column.roles for column in both.columns}
    known, dialects = KnownTypes(older=both.types), dialects_of(config, both)
    try:
        return read_source(
            table.sources, roles, known, dialects, open_store(config).cache_folder
        ).scan()
    except DataError as error:
        raise IncomparableError(cannot_score(other, challenger, str(error).rstrip("."))) from error
