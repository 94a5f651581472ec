"""Reading a source: its files, bound to their hash, under the contract that they keep or make."""

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from logit_engine.errors import DataError, LogitEngineError, joint_error
from logit_engine.rows.frame_columns import name_problem
from logit_flows.sources.contract import Roles
from logit_flows.sources.files import bound_files
from logit_flows.sources.looking import Known, learn_contract
from logit_flows.sources.raw_files import RawColumns, read_types
from logit_flows.sources.table import SourceTable, open_table
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.type_words import COLUMN_WORDS

MAX_SHOWN_COLUMNS = 12


def read_source(
    paths: Sequence[str],
    roles: Roles,
    known: Known,
    dialect_of: Callable[[str], Dialect],
    cache: Path,
) -> SourceTable:
    """The rows of files, each column by its role.

    known: the types that the files must have. dialect_of: how the text file of a path is written.
    cache: where text files are kept as Parquet. Raises DataError with a sentence for each column
    that is missing, does not keep its contract, or bears a name that no column may.
    """
    files = bound_files(paths)
    dialect = dialect_of(paths[0]) if files[0].is_text else None
    raw = [read_types(file, dialect) for file in files]
    problems: list[LogitEngineError] = [
        DataError(problem) for name in roles if (problem := name_problem(name)) is not None
    ]
    problems += [error for file in raw for error in missing_columns(file, roles)]
    there = {n: found for n, found in roles.items() if all(n in file.types for file in raw)}
    try:
        contract = learn_contract(raw, there, known, dialect)
        table = open_table(raw, contract, known.declared, cache)
    except DataError as error:
        problems += [_with_contract(part, known) for part in error.parts]
    if problems:
        raise joint_error(problems)
    return table


def _with_contract(error: LogitEngineError, known: Known) -> LogitEngineError:
    """The error of a text file's value, and what its column was when the contract was learnt."""
    name = error.names.get("column", "")
    if name not in known.older or name in known.declared or "--relearn" in str(error):
        return error
    was = COLUMN_WORDS[known.older[name]]
    return DataError(
        f"{error} Its contract was learnt on {was}: if the column changed, use --relearn.",
        reason=error.reason,
        names=error.names,
    )


def missing_columns(rows: RawColumns, needed: Iterable[str]) -> list[DataError]:
    """An error for each needed column that is not there, with the nearest that is."""
    problems = []
    there = list(rows.types)
    for name in needed:
        if name not in there:
            near = get_close_matches(name, there, 1)
            listed = ", ".join(there[:MAX_SHOWN_COLUMNS])
            hint = f"did you mean '{near[0]}'?" if near else f"there are {listed}."
            hint = hint if there else "there are no columns."
            said = f"{rows.place}: column '{name}' is not in the data; {hint}"
            problems.append(DataError(said, names={"column": name}))
    return problems
