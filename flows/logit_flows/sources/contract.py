"""The contract of the data: the name, the roles and the logical type of each column that is used.

Why. Types that are guessed anew for each file move rows across a split and turn level 1 into 1.0.
So they are learnt once, by one look at the first files of a name (`looking.py`), and every later
read goes through them (`table.py`). Levels and ranges that were seen are no part of a contract.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from logit_engine.storage.publish import canonical_json
from logit_flows.sources.dialect import Dialect
from logit_flows.sources.type_names import LogicalType


class Role(StrEnum):
    """What a column is for."""

    TARGET = "target"
    ID = "id"
    CLUSTER = "cluster"
    TIME = "time"
    GROUP = "group"
    NUMERIC = "numeric"
    CATEGORICAL = "categorical"


Roles = Mapping[str, tuple[Role, ...]]  # by column, in the order in which a config names them


@dataclass(frozen=True, slots=True)
class ContractColumn:
    """A column that is used: what for, and what its values mean."""

    name: str
    roles: tuple[Role, ...]
    type: LogicalType


@dataclass(frozen=True, slots=True)
class Contract:
    """The columns that are used, in the order of the config.

    dialect: how text files are written; None if there were none. It is no part of the digest.
    """

    columns: tuple[ContractColumn, ...]
    dialect: Dialect | None = None

    @property
    def types(self) -> dict[str, LogicalType]:
        """The logical type of each column."""
        return {column.name: column.type for column in self.columns}

    @property
    def digest(self) -> str:
        """The sha256 of names, roles and types, whatever their order."""
        content = sorted([c.name, sorted(c.roles), c.type] for c in self.columns)
        return hashlib.sha256(canonical_json({"columns": content}).encode()).hexdigest()

    def types_for(self, roles: Roles) -> dict[str, LogicalType]:
        """The types of columns that have the same roles here."""
        return {
            c.name: c.type
            for c in self.columns
            if c.name in roles and set(c.roles) == set(roles[c.name])
        }

    def of(self, names: Iterable[str]) -> "Contract":
        """The contract of some of its columns."""
        wanted = set(names)
        kept = tuple(column for column in self.columns if column.name in wanted)
        return Contract(kept, self.dialect)

    def extended(self, other: "Contract") -> "Contract":
        """With the columns of another in place of its own of that name, and behind them."""
        newer = {column.name: column for column in other.columns}
        kept = tuple(newer.pop(column.name, column) for column in self.columns)
        return Contract((*kept, *newer.values()), other.dialect or self.dialect)

    def differences(self, other: "Contract") -> tuple[str, ...]:
        """A clause for each column that both have and that means something else in the other."""
        types = other.types
        return tuple(
            f"column '{column.name}' was {column.type} and is {types[column.name]}"
            for column in self.columns
            if types.get(column.name, column.type) is not column.type
        )

    def to_content(self) -> dict[str, Any]:
        """JSON-ready content; `from_content` is its inverse."""
        columns = [
            {"name": c.name, "roles": [str(role) for role in c.roles], "type": str(c.type)}
            for c in self.columns
        ]
        dialect = None if self.dialect is None else self.dialect.to_content()
        return {"columns": columns, "dialect": dialect}

    @staticmethod
    def from_content(content: Mapping[str, Any]) -> "Contract":
        """The contract of that content."""
        columns = tuple(
            ContractColumn(
                one["name"], tuple(Role(role) for role in one["roles"]), LogicalType(one["type"])
            )
            for one in content["columns"]
        )
        dialect = content["dialect"]
        return Contract(columns, None if dialect is None else Dialect.from_content(dialect))
