"""What is asked of a design: its columns, and the rules for missing, rare and unseen values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Normalize(StrEnum):
    """Center and scale of a number: mean and deviation, minimum and range, median and quartiles."""

    STANDARD = "standard"
    MINMAX = "minmax"
    ROBUST = "robust"
    NONE = "none"


class Impute(StrEnum):
    """What replaces a missing value: nothing (an error), a number, or a level of its own."""

    ERROR = "error"
    MEAN = "mean"
    MEDIAN = "median"
    CONSTANT = "constant"
    LEVEL = "level"


class Unknown(StrEnum):
    """What a level unseen in training counts as: `terms/categorical.py` carries it out."""

    ERROR = "error"
    REFERENCE = "reference"
    POOLED = "pooled"


class PoolAs(StrEnum):
    """What becomes of rare levels: a level of their own, the reference level, or an error."""

    LEVEL = "level"
    REFERENCE = "reference"
    ERROR = "error"


class Redundant(StrEnum):
    """What becomes of a column that tells nothing of its own: an error, or it is dropped."""

    ERROR = "error"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class TermRequest:
    """A term by the key of its kind in `TERM_KINDS`, the data columns it reads, and its options."""

    kind: str
    columns: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spec:
    """What is asked of a design.

    numeric, categorical: data columns that are terms by themselves; requests: terms of other kinds.
    recode: by column, the values that are merged under each new level before all else.
    reference: reference level by column. constant: the number for Impute.CONSTANT.
    min_frequency: levels with fewer training rows are pooled, as pool_as says. unknown: the rule
    for unseen levels. constant_columns: the rule for columns that do not vary.
    """

    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    recode: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    reference: Mapping[str, str] = field(default_factory=dict)
    impute_numeric: Impute = Impute.ERROR
    constant: float | None = None
    add_indicator: bool = False
    impute_categorical: Impute = Impute.ERROR
    min_frequency: int = 1
    pool_as: PoolAs = PoolAs.LEVEL
    unknown: Unknown = Unknown.ERROR
    constant_columns: Redundant = Redundant.ERROR
    normalize: Normalize = Normalize.STANDARD
    requests: tuple[TermRequest, ...] = ()

    def without(self, columns: Collection[str]) -> "Spec":
        """What is asked without these data columns, and without the terms that read them."""
        return replace(
            self,
            numeric=tuple(name for name in self.numeric if name not in columns),
            categorical=tuple(name for name in self.categorical if name not in columns),
            requests=tuple(
                request for request in self.requests if not set(request.columns) & set(columns)
            ),
        )

    def requests_of(self, kind: str) -> tuple[TermRequest, ...]:
        """The requests for terms of one kind, in the order given."""
        return tuple(request for request in self.requests if request.kind == kind)
