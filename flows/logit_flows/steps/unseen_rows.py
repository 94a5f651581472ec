"""Unseen rows: the present rows that neither of two models was fitted on, proved by their split
rules and by what each run keeps of its training rows.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logit_engine.design.frame_rows import Outcome
from logit_engine.errors import DataError
from logit_engine.storage.model_file import StoredModel
from logit_flows.config.model import Config
from logit_flows.sources.looking import KnownTypes
from logit_flows.sources.reading import read_source
from logit_flows.steps.hashing import key_columns
from logit_flows.steps.load import Dataset, dialects_of
from logit_flows.steps.memory import is_streamed
from logit_flows.steps.opening import open_store
from logit_flows.steps.rows import Table, kept_rows
from logit_flows.steps.score import model_contract
from logit_flows.steps.split import Split, side_rule
from logit_flows.steps.trained_keys import ChangedKeysError, TrainedKeys


class IncomparableError(DataError):
    """Two models share no unseen row, or one of them cannot score the rows."""


@dataclass(frozen=True, slots=True)
class UnseenRows:
    """The rows, with all columns that one of the two models reads.

    left_out: how many other rows the split rules hold out, though a model may have seen them.
    """

    rows: Table
    left_out: int


def unseen_rows(
    config: Config, dataset: Dataset, challenger: StoredModel, other: StoredModel
) -> UnseenRows:
    """The rows with a target that neither model has seen. Raises IncomparableError without any."""
    common = _common_data(config, dataset, challenger, other)
    rules = _comparable_rules(challenger, other)
    keys = [_stored_keys(config, model, challenger) for model in (challenger, other)]
    _refuse_unknown_rows(rules, keys, challenger)
    rows = _held_out_by_both(config, common, rules, challenger)
    seen = np.zeros(rows.n, dtype=bool)
    for model, own in zip((challenger, other), keys, strict=True):
        try:
            seen |= own.seen_rows(rows)
        except ChangedKeysError as error:
            why = f"no row is provably unseen by run {model.origin['run']}: {error}"
            raise IncomparableError(f"{why}; {promotion_advice(challenger)}") from error
    if seen.all():
        raise IncomparableError(
            f"no row is provably unseen by both models: all {seen.size:,} rows that their split "
            "rules hold out have the id, the cluster or the values of rows that one of them was "
            f"trained on; {promotion_advice(challenger)}"
        )
    return UnseenRows(rows.filter(~seen), int(seen.sum()))


def _held_out_by_both(
    config: Config, data: Dataset, rules: tuple[Split, Split], challenger: StoredModel
) -> Table:
    """The rows with a target that the split rules of two models hold out, or that may be unseen by
    a model without a split. Raises IncomparableError if there are none.
    """
    present, outcome = data.present(), Outcome(data.target)
    tests = [side_rule(rule, present) for rule in rules if rule.method != "none"]

    def keep(frame: pl.DataFrame) -> NDArray[np.bool_]:
        held_out = outcome.is_present(frame)
        for is_test in tests:
            held_out &= is_test(frame)
        return held_out

    reads = (data.target, *(column for rule in rules for column in rule.columns))
    columns = tuple(data.contract.types)
    rows = kept_rows(data, columns, keep, reads, is_streamed(config, data))
    if rows.n == 0:
        raise IncomparableError(
            f"no row is provably unseen by both models (their split methods are {rules[0].method} "
            f"and {rules[1].method}); {promotion_advice(challenger)}"
        )
    return rows


def _refuse_unknown_rows(
    rules: tuple[Split, Split], keys: list[TrainedKeys], challenger: StoredModel
) -> None:
    """Raises IncomparableError if neither a split rule nor its keys tell what a model has seen."""
    for rule, own in zip(rules, keys, strict=True):
        if rule.method == "none" and not own.tells_rows_apart:
            raise IncomparableError(
                "no row is provably unseen by both models: one has no split, its rows have no id "
                "and no cluster, and their values are not known to tell rows apart; set data.id or "
                f"a split.method; {promotion_advice(challenger)}"
            )


def promotion_advice(challenger: StoredModel) -> str:
    """What is left to do where the gate cannot compare."""
    return (
        f"if the new model is right, promote it by hand: logit promote {challenger.origin['run']}"
    )


def unscorable_sentence(other: StoredModel, challenger: StoredModel, why: str) -> str:
    """Why a published model has no say on today's rows, and what is left to do."""
    return (
        f"run {other.origin['run']} cannot score these rows ({why}); {promotion_advice(challenger)}"
    )


def _stored_keys(config: Config, model: StoredModel, challenger: StoredModel) -> TrainedKeys:
    """What a run keeps of its training rows. Raises IncomparableError if it keeps nothing."""
    run = str(model.origin["run"])
    try:
        return TrainedKeys.read(open_store(config).run_files(run).trained_keys)
    except FileNotFoundError:
        raise IncomparableError(
            f"run {run} was published by an older version, which kept nothing of the rows it was "
            f"trained on, so no row is provably unseen; {promotion_advice(challenger)}"
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
        f"{promotion_advice(challenger)}"
    )


def _common_data(
    config: Config, dataset: Dataset, challenger: StoredModel, other: StoredModel
) -> Dataset:
    """The test rows' data with all columns that one of the two models reads.

    Raises IncomparableError if a column meant something else to the other model, or is not there.
    """
    mine, theirs = model_contract(challenger), model_contract(other)
    if changed := theirs.differences(mine):
        raise IncomparableError(
            f"the contract of the data changed since run {other.origin['run']} ({changed[0]}), so "
            f"no row is provably unseen; {promotion_advice(challenger)}"
        )
    own = dataset.test or dataset
    if theirs.types.keys() <= mine.types.keys():
        return own
    both = mine.extended(theirs)
    roles = {column.name: column.roles for column in both.columns}
    known, dialects = KnownTypes(older=both.types), dialects_of(config, both)
    cache = open_store(config).cache_folder
    try:
        return replace(own, table=read_source(own.table.sources, roles, known, dialects, cache))
    except DataError as error:
        raise IncomparableError(
            unscorable_sentence(other, challenger, str(error).rstrip("."))
        ) from error
