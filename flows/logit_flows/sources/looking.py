"""The look: one pass over the files of a source, from which a contract is learnt.

Why and how. Roles, and the types that the files have, leave few logical types to choose from, the
most telling first. A candidate holds if the cast loses no value in any file. Casts that never lose
one are not looked at, so a look at Parquet mostly reads nothing but the footers. In a text file all
is text: an id and a cluster stay as written ("007" is not "7"), and a level that is a whole number
in every row is an integer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

import polars as pl

from logit_engine.errors import joint_error
from logit_flows.sources.contract import Contract, ContractColumn, Role, Roles
from logit_flows.sources.logical_types import own_type
from logit_flows.sources.misfits import first_look_error, later_error, mixed_error
from logit_flows.sources.raw_files import NEVER, Misfits, RawColumns
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.type_names import TIME_TYPES, LogicalType

AS_WRITTEN = {Role.ID, Role.CLUSTER}
WHOLE = (LogicalType.INTEGER, LogicalType.BOOLEAN)
USABLE = {
    Role.TIME: {*TIME_TYPES, LogicalType.INTEGER, LogicalType.NUMBER},
    Role.TARGET: {*WHOLE, LogicalType.TEXT},
    Role.NUMERIC: {*WHOLE, LogicalType.NUMBER, LogicalType.DURATION},
}


@dataclass(frozen=True, slots=True)
class KnownTypes:
    """Types that need no look: those that the config declares, and those of an older contract."""

    declared: Mapping[str, LogicalType] = field(default_factory=dict)
    older: Mapping[str, LogicalType] = field(default_factory=dict)

    @property
    def types(self) -> dict[str, LogicalType]:
        """All of them; what the config declares stands above."""
        return {**self.older, **self.declared}


def learn_contract(
    files: Sequence[RawColumns], roles: Roles, known: KnownTypes, dialect: Dialect | None
) -> Contract:
    """The contract of these files, which hold all the columns.

    Raises DataError with a sentence for each column that no type fits, or that is not of its known
    type.
    """
    types = known.types
    options = {
        name: (types[name],)
        if name in types
        else candidates(roles[name], [f.types[name] for f in files], files[0].is_parsed(name))
        for name in roles
    }
    columns, problems = [], []
    judged = [file.misfits(_types_to_look_at(file, options), known.declared) for file in files]
    for name, found in roles.items():
        fitting = [t for t in options[name] if not any((name, t) in misfits for misfits in judged)]
        if fitting:
            columns.append(ContractColumn(name, tuple(found), fitting[0]))
            continue
        wanted = min(options[name], key=lambda one: _misfit_count(judged, name, one))
        at = next(i for i, misfits in enumerate(judged) if (name, wanted) in misfits)
        count = judged[at][name, wanted]
        problems.append(
            later_error(files[at], name, wanted, count, declared=name in known.declared)
            if name in types
            else mixed_error(files[at], files[0], name)
            if at > 0 and count == NEVER
            else first_look_error(files[at], name, found, wanted, count)
        )
    if problems:
        raise joint_error(problems)
    return Contract(tuple(columns), dialect)


def _misfit_count(judged: Sequence[Misfits], name: str, wanted: LogicalType) -> float:
    """How many values of all files do not fit a type: the nearest type tells most."""
    counts = [misfits.get((name, wanted), 0) for misfits in judged]
    return inf if NEVER in counts else sum(counts)


def _types_to_look_at(
    file: RawColumns,
    options: Mapping[str, tuple[LogicalType, ...]],
) -> dict[str, tuple[LogicalType, ...]]:
    """What is to be looked at: of a text file no single type, as its reading proves those."""
    return {
        name: types
        for name, types in options.items()
        if len(types) > 1 or not file.is_proven_by_reading(name)
    }


def candidates(
    roles: Sequence[Role], found: Sequence[pl.DataType], parsed: bool
) -> tuple[LogicalType, ...]:
    """The logical types that columns of these roles may have, the most telling first.

    found: the types in the files. parsed: these are texts that stand for values of any type.
    """
    kinds = [dtype for dtype in found if dtype != pl.Null]
    labels = set(roles) - {Role.NUMERIC, Role.TIME}
    if not labels and Role.TIME not in roles:
        durations = any(dtype == pl.Duration for dtype in kinds)
        return (LogicalType.DURATION if durations else LogicalType.NUMBER,)
    if parsed:
        return _of_texts(roles, labels)
    own = dict.fromkeys(_own_type(dtype, bool(labels)) for dtype in kinds)
    usable = tuple(t for t in own if all(t in USABLE.get(role, LogicalType) for role in roles))
    return usable or (LogicalType.DATE if Role.TIME in roles else LogicalType.TEXT,)


def _of_texts(roles: Sequence[Role], labels: set[Role]) -> tuple[LogicalType, ...]:
    if Role.TIME in roles:
        return (*TIME_TYPES, LogicalType.INTEGER, *(() if labels else (LogicalType.NUMBER,)))
    if Role.NUMERIC in roles:
        return (LogicalType.INTEGER,)
    return (LogicalType.TEXT,) if labels & AS_WRITTEN else (*WHOLE, LogicalType.TEXT)


def _own_type(dtype: pl.DataType, is_label: bool) -> LogicalType:
    """What a Parquet type says; a label of a number is a whole number, or none."""
    own = own_type(dtype)
    if own is LogicalType.NUMBER and is_label:
        return LogicalType.INTEGER
    return LogicalType.TEXT if own in (None, LogicalType.DURATION) else own
