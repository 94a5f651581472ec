"""What to write into the config after an error of the engine: per reason a key and YAML to paste.

The engine speaks of values in Python and gives an error that a setting cures a `reason`. This table
is the only place that knows which key of the config the setting is.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from logit_engine.errors import LogitEngineError, Reason


class Remedy(NamedTuple):
    """The dotted key that cures an error, and YAML with it to paste; capitals stand for names."""

    key: str
    yaml: str


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
        Reason.NOT_NUMERIC: Remedy("features.categorical", "features: {categorical: [COLUMN]}"),
        Reason.UNKNOWN_REFERENCE: Remedy(
            "features.reference", "features: {reference: {COLUMN: LEVEL}}"
        ),
        Reason.NO_ROBUST_SCALE: Remedy("normalize", "normalize: standard"),
        Reason.NO_CLUSTERS: Remedy("data.cluster", "data: {cluster: COLUMN}"),
        Reason.MORE_COLUMNS_THAN_ROWS: Remedy(
            "model.penalty", "model: {penalty: {type: l2, strength: 0.01}}"
        ),
        Reason.SEPARATION: Remedy("model.penalty", "model: {penalty: {type: l2, strength: 0.01}}"),
    }
)


def remedy_of(error: BaseException) -> Remedy | None:
    """The key that cures an error, or None."""
    if not isinstance(error, LogitEngineError) or error.reason is None:
        return None
    return REMEDIES[error.reason]


def with_key(error: BaseException) -> str:
    """The sentence of an error after the key that cures it: "model.penalty: ..."."""
    remedy = remedy_of(error)
    return str(error) if remedy is None else f"{remedy.key}: {error}"
