"""Score: a cohort is checked, streamed through a stored model, and published as one file."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from logit_engine.design.lookalikes import alike_clause
from logit_engine.design.terms.base import Audit
from logit_engine.design.terms.naming import column_text
from logit_engine.errors import (
    ArtifactError,
    DataError,
    LogitEngineError,
    Reason,
    UsageError,
    joint_error,
    placed_error,
)
from logit_engine.rows.frame_columns import by_name
from logit_engine.storage.model_file import StoredModel, read_model
from logit_flows.config.model import Config
from logit_flows.sources.contract import Contract, Role
from logit_flows.sources.files import bound_files, find_paths, partitions_of
from logit_flows.sources.looking import KnownTypes, learn_contract
from logit_flows.sources.raw_files import RawFrame
from logit_flows.sources.reading import missing_columns, read_source
from logit_flows.sources.table import SourceTable
from logit_flows.steps.load import dialects_of, distinct_count, known_types
from logit_flows.steps.opening import open_store
from logit_flows.steps.written_columns import id_columns
from logit_flows.store.layout import Store

LEARNT_RULES = {Reason.MISSING_NUMBERS, Reason.MISSING_LEVELS, Reason.UNSEEN_LEVELS}
Patterns = str | Path | Sequence[str | Path]  # files or globs


@dataclass(frozen=True, slots=True)
class Cohort:
    """The files to score together, and the name that their scores are published under."""

    name: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """What was published for a cohort: where, how many rows, which values were replaced.

    reused: it was published before. alike: by column, unseen levels that look like a known one,
    each with that one.
    """

    cohort: str
    run: str
    path: str
    rows: int
    missing: dict[str, int]
    unseen: dict[str, dict[str, int]]
    reused: bool
    alike: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What was done, and what was counted on the way."""
        stood_in = [
            f"{column_text(name)} missing in {n:,} rows" for name, n in self.missing.items()
        ]
        for column, levels in self.unseen.items():
            listed = ", ".join(list(levels)[:5]) + (" and others" if len(levels) > 5 else "")
            if column in self.alike:
                listed += f"; {alike_clause(self.alike[column])}"
            stood_in.append(
                f"{column_text(column)} with unseen levels in {sum(levels.values()):,} rows "
                f"({listed})"
            )
        counted = f"; {'; '.join(stood_in)}" if stood_in else ""
        return (
            f"{self.cohort}: {self.rows:,} rows "
            f"{'already scored' if self.reused else 'scored'} by {self.run}{counted}."
        )


def find_cohorts(config: Config, patterns: Patterns = ()) -> tuple[Cohort, ...]:
    """The cohorts of these files or globs, named after their files; without any, those of the
    config.

    Raises DataError if no file is named, or two cohorts share a name; UsageError for what names no
    file.
    """
    named = _texts_of(patterns)
    asked = named or config.score.cohorts
    if not asked:
        raise DataError("no cohort is named; give files, or set score.cohorts.")
    named_by = "the cohorts that are named" if named else "score.cohorts"
    named_paths: dict[tuple[str, object], list[str]] = {}
    for path in find_paths(asked, config.resolve, named_by, open_store(config).root):
        named_paths.setdefault((cohort_name(path), partitions_of(path)), []).append(path)
    cohorts = [Cohort(name, tuple(paths)) for (name, _), paths in named_paths.items()]
    twice = [c.name for c in cohorts if len(c.paths) > 1 and not partitions_of(c.paths[0])]
    names = [cohort.name for cohort in cohorts]
    twice += [name for name in names if names.count(name) > 1]
    if twice:
        raise DataError(
            f"two cohorts are named '{min(twice)}'; a cohort is named after its file, or the "
            "values of its folders, so rename one of them."
        )
    return tuple(cohorts)


def cohort_name(path: str) -> str:
    """The name of a file without its endings; of Hive's folders the values, joined by dashes."""
    values = [value or "missing" for _, value in partitions_of(path)]
    return "-".join(values) if values else Path(path).name.split(".")[0]


def _texts_of(patterns: Patterns) -> list[str]:
    several = [patterns] if isinstance(patterns, str | Path) else patterns
    if not isinstance(several, Iterable) or not all(isinstance(p, str | Path) for p in several):
        raise UsageError(f"cohorts is {patterns!r}; give files or globs, as texts or paths.")
    return [str(pattern) for pattern in several]


def load_stored_model(config: Config, reference: str = "champion") -> StoredModel:
    """The champion's model, or that of another run of this name, verified against its manifest."""
    return verified_model(open_store(config), reference)


def verified_model(store: Store, reference: str) -> StoredModel:
    """The model of a run: its id, the beginning of it, or champion.

    Raises ArtifactError if the run is damaged.
    """
    run = store.resolve(reference)
    store.verify_run(run)
    return read_model(store.run_files(run).model)


def score_cohort(config: Config, model: StoredModel, cohort: Cohort) -> Scored:
    """Score one cohort: check, stream, publish. Rows in are rows out, or nothing is published."""
    store, run = open_store(config), str(model.origin["run"])
    table = open_cohort(config, model, cohort)
    fingerprint = _input_fingerprint(config, table)
    known = published_scores(store, run, cohort.name)
    if known is not None and known["input"] == fingerprint:
        place = str(store.scores_file(run, cohort.name))
        unseen = known["unseen"]
        alike = model.design.lookalikes(unseen)
        return Scored(cohort.name, run, place, known["rows"], known["missing"], unseen, True, alike)
    audit = check_cohort(config, model, cohort, table)

    def write(path: Path) -> None:
        scored_rows(config, model, table.scan()).sink_parquet(path)
        written = pl.scan_parquet(path).select(pl.len()).collect().item()
        if written != audit.rows:
            raise ArtifactError(
                f"cohort {cohort.name}: {audit.rows:,} rows in, but {written:,} out; nothing was "
                "published."
            )
        table.refuse_new_contents()

    facts = {
        "input": fingerprint,
        "rows": audit.rows,
        "missing": audit.missing,
        "unseen": audit.unseen,
    }
    path = store.publish_scores(run, cohort.name, write, facts)
    alike = model.design.lookalikes(audit.unseen)
    return Scored(
        cohort.name, run, str(path), audit.rows, audit.missing, audit.unseen, False, alike
    )


def _input_fingerprint(config: Config, table: SourceTable) -> str:
    """The sha256 of all that scores of a model depend on: rows, how they are read, and rules."""
    rules = f"{config.score.output} {config.features.unknown_at_most}"
    read = f"{table.contract.digest} {table.contract.dialect} {config.data.id}"
    return hashlib.sha256(f"{table.fingerprint} {read} {rules}".encode()).hexdigest()


def published_scores(store: Store, run: str, cohort: str) -> dict[str, Any] | None:
    """The manifest of the cohort's scores by this run, if they are there and as published."""
    try:
        return store.verify_scores(run, cohort)
    except ArtifactError:
        return None


def open_cohort(config: Config, model: StoredModel, cohort: Cohort) -> SourceTable:
    """The cohort's rows under the contract of the model.

    Raises DataError, naming the cohort, if they do not keep it.
    """
    contract = model_contract(model)
    roles = {column.name: column.roles for column in contract.columns}
    needed = [*([] if config.data.id is None else [config.data.id]), *model.design.data_columns]
    wanted = {name: roles.get(name, (Role.ID,)) for name in dict.fromkeys(needed)}
    known = known_types(config, contract, wanted)
    cache = open_store(config).cache_folder
    with _named_errors(cohort):
        files = bound_files(cohort.paths)
        return read_source(files, wanted, known, dialects_of(config, contract), cache)


@contextmanager
def _named_errors(cohort: Cohort) -> Iterator[None]:
    """Errors of data raised in here name the cohort."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        first = str(error).splitlines()[0]
        raise DataError(f"cohort {cohort.name}: it cannot be read: {first}") from error
    except DataError as error:
        parts = [_learnt_rule_error(part) for part in error.parts]
        raise placed_error(joint_error(parts), f"cohort {cohort.name}") from error


def model_contract(model: StoredModel) -> Contract:
    """The contract of the data that the model was trained on."""
    return Contract.from_content(model.origin["contract"])


def check_cohort(config: Config, model: StoredModel, cohort: Cohort, table: SourceTable) -> Audit:
    """What the cohort's rows hold.

    Raises DataError, naming the cohort, if the model cannot score them.
    """
    with _named_errors(cohort):
        audit = model.design.check(table.scan())
        if audit.rows == 0:
            raise DataError("it has no rows; there is nothing to score.")
        model.design.refuse_unseen(audit, config.features.unknown_at_most)
        if config.data.id is not None:
            _check_ids(table.scan(), config.data.id)
    return audit


def _learnt_rule_error(error: LogitEngineError) -> LogitEngineError:
    """The error; of a rule that a model learns in training with what it takes to change that."""
    if error.reason not in LEARNT_RULES:
        return error
    said = f"{error} The rule is part of the model: set it, then train and promote."
    return DataError(said, reason=error.reason, names=error.names)


def typed_frame(model: StoredModel, frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of the model's features with the types of its contract.

    Raises DataError if a column is missing or does not keep it.
    """
    contract = model_contract(model).of(model.design.data_columns)
    rows = RawFrame(frame.lazy(), dict(frame.schema))
    roles = {column.name: column.roles for column in contract.columns}
    problems = missing_columns(rows, roles)
    if problems:
        raise DataError(" ".join(map(str, problems)))
    learn_contract([rows], roles, KnownTypes(older=contract.types), None)
    return rows.typed(contract.types).collect()


def _check_ids(rows: pl.LazyFrame, column: str) -> None:
    """Raises DataError where an id is missing or repeats: a score could not be told whose it is."""
    id_ = by_name(column)
    count, missing = (
        rows.select(pl.len(), id_.null_count().alias("missing")).collect(engine="streaming").row(0)
    )
    if missing:
        raise DataError(
            f"the id '{column}' is missing in {missing:,} of {count:,} rows; fill or drop them."
        )
    if distinct_count(rows, column, count) < count:
        twice = rows.select(id_).filter(id_.is_duplicated()).collect()[column]
        raise DataError(
            f"the id '{column}' is not unique: {twice.len():,} rows share one, {twice[0]!r} first."
        )


def scored_rows(config: Config, model: StoredModel, rows: pl.LazyFrame) -> pl.LazyFrame:
    """id, the outputs the config asks for, and the run that made them, lazily."""
    run = pl.lit(str(model.origin["run"])).alias("model")
    kept = id_columns(config.data.id, rows.collect_schema())
    return model.select_outputs(rows, config.score.output, kept).with_columns(run)
