"""What to write into the config after an error: a key, and YAML to paste.

The engine speaks of values in Python and gives an error that a setting cures a `reason`. The table
is the only place that knows which key of the config the setting is. An error of the pipeline knows
its key itself.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from logit_engine.errors import DataError, LogitEngineError, Reason
from logit_flows.sources.flow_text import flow_text


class Remedy(NamedTuple):
    """The dotted key that cures an error, and YAML with it to paste.

    COLUMN and LEVEL in capitals stand for names that the error may know, LEVELS for a list of them,
    SHARE for a number.
    """

    key: str
    yaml: str


class CurableError(DataError):
    """An error of the data that the pipeline finds and that one key of the config cures.

    remedy: the key, and YAML that works.
    """

    def __init__(
        self,
        message: str = "",
        remedy: Remedy | None = None,
        *,
        names: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, names=names)
        self.remedy = remedy


REMEDIES: Mapping[Reason, Remedy] = MappingProxyType(
    {
        Reason.MISSING_NUMBERS: Remedy(
            "features.impute.numeric", "features: {impute: {numeric: {strategy: mean}}}"
        ),
        Reason.MISSING_LEVELS: Remedy(
            "features.impute.categorical", "features: {impute: {categorical: {strategy: level}}}"
        ),
        Reason.UNSEEN_LEVELS: Remedy(
            "features.handle_unknown", "features: {handle_unknown: pooled}"
        ),
        Reason.MANY_UNSEEN: Remedy(
            "features.unknown_at_most", "features: {unknown_at_most: SHARE}"
        ),
        Reason.NOT_NUMERIC: Remedy("features.categorical", "features: {categorical: [COLUMN]}"),
        Reason.UNKNOWN_REFERENCE: Remedy(
            "features.reference", "features: {reference: {COLUMN: LEVEL}}"
        ),
        Reason.RECODE_MEETS_LEVEL: Remedy(
            "features.recode", "features: {recode: {COLUMN: {LEVEL: LEVELS}}}"
        ),
        Reason.RARE_LEVELS: Remedy("features.pool_as", "features: {pool_as: level}"),
        Reason.CONSTANT: Remedy("features.constant", "features: {constant: drop}"),
        Reason.NO_ROBUST_SCALE: Remedy("normalize", "normalize: standard"),
        Reason.NO_CLUSTERS: Remedy("data.cluster", "data: {cluster: COLUMN}"),
        Reason.MORE_COLUMNS_THAN_ROWS: Remedy(
            "model.penalty", "model: {penalty: {type: l2, strength: 0.01}}"
        ),
        Reason.ALIASED: Remedy("features.aliased", "features: {aliased: drop}"),
        Reason.SEPARATED_POOL: Remedy("features.pool_as", "features: {pool_as: reference}"),
        Reason.SEPARATION: Remedy("model.penalty", "model: {penalty: {type: l2, strength: 0.01}}"),
    }
)


PLACEHOLDER = re.compile("COLUMN|LEVELS|LEVEL|SHARE")


def remedy_of(error: BaseException) -> Remedy | None:
    """The key that cures an error and YAML with the names that it knows, or None.

    An error that stands for several has none: ask each of its parts.
    """
    if isinstance(error, CurableError):
        return error.remedy
    if not isinstance(error, LogitEngineError) or error.reason is None:
        return None
    key, yaml = REMEDIES[error.reason]
    return Remedy(key, PLACEHOLDER.sub(lambda found: _known_name(error, found[0]), yaml))


def _known_name(error: LogitEngineError, placeholder: str) -> str:
    name = error.names.get(placeholder.lower())
    if name is None:
        return placeholder
    return name if placeholder in ("LEVELS", "SHARE") else flow_text(name)


def remedies_of(error: BaseException) -> tuple[Remedy, ...]:
    """The remedies of an error's parts, each once."""
    parts = error.parts if isinstance(error, LogitEngineError) else ()
    return tuple(dict.fromkeys(found for part in parts if (found := remedy_of(part)) is not None))


def with_key(error: BaseException) -> str:
    """The sentences of an error, each after the key that cures it: "model.penalty: ..."."""
    parts = error.parts if isinstance(error, LogitEngineError) else (error,)
    return "\n".join(_sentence_with_key(part) for part in parts)


def _sentence_with_key(error: BaseException) -> str:
    remedy = remedy_of(error)
    return str(error) if remedy is None else f"{remedy.key}: {error}"
