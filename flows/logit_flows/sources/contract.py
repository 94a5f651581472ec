"""The contract of the data: the name, the roles and the logical type of each column that is used.

Why. Types that are guessed anew for each file move rows across a split and turn level 1 into 1.0.
So they are learnt once, by one look at the first files of a name (`looking.py`), and every later
read goes through them (`table.py`). Levels and ranges that were seen are no part of a contract.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from logit_engine.errors import ArtifactError
from logit_engine.storage.publish import canonical_json, unsealed
from logit_flows.sources.text.dialect import Dialect
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
    ROW = "row"  # of no other use: a part of the whole rows that splits hash


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

    dialect: how text files are written; None if there were none. It is no part of the digest,
    but of the run id.
    row: the columns of whole rows, if splits hash these: they stay those of the first train.
    """

    columns: tuple[ContractColumn, ...]
    dialect: Dialect | None = None
    row: tuple[str, ...] = ()

    @property
    def types(self) -> dict[str, LogicalType]:
        """The logical type of each column."""
        return {column.name: column.type for column in self.columns}

    @property
    def digest(self) -> str:
        """The sha256 of names, roles and types, whatever their order, and of what makes a row."""
        content: dict[str, Any] = {
            "columns": sorted([c.name, sorted(c.roles), c.type] for c in self.columns)
        }
        if self.row:
            content["row"] = sorted(self.row)
        return hashlib.sha256(canonical_json(content).encode()).hexdigest()

    def types_for(self, roles: Roles) -> dict[str, LogicalType]:
        """The types of columns that have the same roles here, or none but to be hashed."""
        return {
            c.name: c.type
            for c in self.columns
            if c.name in roles and set(roles[c.name]) in ({*c.roles}, {Role.ROW})
        }

    def of(self, names: Iterable[str]) -> "Contract":
        """The contract of some of its columns."""
        wanted = set(names)
        kept = tuple(column for column in self.columns if column.name in wanted)
        return Contract(kept, self.dialect)

    def extended(self, other: "Contract") -> "Contract":
        """With the columns of another in place of its own of that name, and behind them.

        A column that the other only hashes stays what it was.
        """
        own = self.types
        newer = {c.name: c for c in other.columns if c.roles != (Role.ROW,) or c.name not in own}
        kept = tuple(newer.pop(column.name, column) for column in self.columns)
        dialect, row = other.dialect or self.dialect, other.row or self.row
        return Contract((*kept, *newer.values()), dialect, row)

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
        return {"columns": columns, "dialect": dialect, "row": list(self.row)}

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
        return Contract(
            columns,
            None if dialect is None else Dialect.from_content(dialect),
            tuple(content["row"]),
        )


def stored_contract(path: Path) -> Contract | None:
    """The contract of a sealed file, or None if there is none.

    Raises ArtifactError if it is damaged, or of another version.
    """
    if not path.exists():
        return None
    anew = "train with --relearn makes a new one."
    try:
        return Contract.from_content(unsealed(path))
    except ArtifactError as error:
        raise ArtifactError(f"{str(error).rstrip('.')}; {anew}") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ArtifactError(
            f"{path} is no contract, or that of another version of the engine; {anew}"
        ) from None
