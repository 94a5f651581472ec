"""Reading a source: its files, bound to their hash, under the contract that they keep or make."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from logit_engine.errors import DataError, LogitEngineError, joint_error
from logit_engine.rows.frame_columns import name_problem
from logit_flows.sources.contract import Role, Roles
from logit_flows.sources.files import DataFile
from logit_flows.sources.looking import KnownTypes, learn_contract
from logit_flows.sources.looks import keep_look, look_file, read_look
from logit_flows.sources.raw_files import RawColumns, read_types
from logit_flows.sources.table import SourceTable, open_table
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.dialects import DialectChoice
from logit_flows.sources.type_words import COLUMN_WORDS, TOO_FINE

MAX_SHOWN_COLUMNS = 12
SEPARATORS = ",;\t|"
SAID_ENOUGH = ("--relearn", "features.", TOO_FINE)  # no advice is added to these


def read_source(
    files: Sequence[DataFile],
    roles: Roles,
    known: KnownTypes,
    dialects: DialectChoice,
    cache: Path,
) -> SourceTable:
    """The rows of files, each column by its role.

    known: the types that the files must have. cache: where text files are kept as Parquet. Raises
    DataError with a sentence for each column that is missing, does not keep its contract, or bears
    a name that no column may.
    """
    if not files[0].is_text:
        return _table(files, roles, known, None, cache)
    if roles.keys() <= known.types.keys():
        return _text_table(files, roles, known, dialects, cache)
    file = look_file(cache, files, roles, known, dialects)
    kept = read_look(file)
    if kept is not None:
        found = KnownTypes(known.declared, {**known.older, **kept.types})
        return _table(files, roles, found, kept.dialect, cache)
    table = _text_table(files, roles, known, dialects, cache)
    keep_look(file, table.contract)
    return table


def _text_table(
    files: Sequence[DataFile], roles: Roles, known: KnownTypes, dialects: DialectChoice, cache: Path
) -> SourceTable:
    """The rows of text files. Markers of missing values are looked for if a value is no number."""
    dialect = dialects.of(files[0].path)
    try:
        return _table(files, roles, known, dialect, cache)
    except DataError:
        again = dialects.with_markers(files[0].path, dialect)
        if again == dialect:
            raise
        return _table(files, roles, known, again, cache)


def _table(
    files: Sequence[DataFile], roles: Roles, known: KnownTypes, dialect: Dialect | None, cache: Path
) -> SourceTable:
    """The rows of files that are written so. Raises DataError as `read_source` does."""
    raw = [read_types(file, dialect) for file in files]
    problems: list[LogitEngineError] = [
        DataError(problem) for name in roles if (problem := name_problem(name)) is not None
    ]
    problems += [error for file in raw for error in missing_columns(file, roles)]
    there = {n: found for n, found in roles.items() if all(n in file.types for file in raw)}
    try:
        contract = learn_contract(raw, there, known, dialect)
        table = open_table(raw, contract, known.declared, cache)
        table.refuse_copies()
    except DataError as error:
        problems += [_with_advice(part, roles, known) for part in error.parts]
    if problems:
        raise joint_error(problems)
    return table


def _with_advice(error: LogitEngineError, roles: Roles, known: KnownTypes) -> LogitEngineError:
    """The error of a text file's value, with what the column's role or contract leaves to do."""
    name = error.names.get("column", "")
    if name in known.declared or any(word in str(error) for word in SAID_ENOUGH):
        return error
    if name in known.older:
        was = COLUMN_WORDS[known.older[name]]
        advice = f"Its contract was learnt on {was}: if the column changed, use --relearn."
    elif roles.get(name) == (Role.NUMERIC,):
        advice = "If the column holds names, list it under features.categorical."
    else:
        return error
    return DataError(f"{error} {advice}", reason=error.reason, names=error.names)


def _other_separator(header: str, needed: Sequence[str]) -> str | None:
    """What parts a header that was read as one name, if needed columns stand in it."""
    for mark in SEPARATORS:
        if len(set(header.split(mark)) & set(needed)) > 1:
            return mark
    return None


def missing_columns(rows: RawColumns, needed: Iterable[str]) -> list[DataError]:
    """An error for each needed column that is not there, with the nearest that is."""
    problems = []
    there, needed = list(rows.types), list(needed)
    if len(there) == 1 and (mark := _other_separator(there[0], needed)):
        said = (
            f"{rows.place}: the fields are parted by {mark!r}, and it is read as if by another; "
            f"write it as the files before, or declare  data: {{format: {{separator: {mark!r}}}}}"
        )
        return [DataError(said)]
    for name in needed:
        if name not in there:
            near = get_close_matches(name, there, 1)
            listed = ", ".join(there[:MAX_SHOWN_COLUMNS])
            hint = f"did you mean '{near[0]}'?" if near else f"there are {listed}."
            hint = hint if there else "there are no columns."
            said = f"{rows.place}: column '{name}' is not in the data; {hint}"
            problems.append(DataError(said, names={"column": name, "absent": name}))
    return problems
