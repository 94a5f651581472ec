"""How large a YAML text is once its aliases are written out: a short one may stand for billions."""

from collections.abc import Iterable, Mapping
from typing import Any

MAX_CONFIG_VALUES = 100_000
TOO_DEEP = "its keys and lists are nested too deeply"


def size_problem(content: Any) -> str | None:
    """Why a config cannot be taken as it is, as a sentence without its stop; None if it can."""
    try:
        count = _written_out(content, {})
    except RecursionError:
        return TOO_DEEP
    if count is None:
        return "an alias stands inside what it stands for"
    if count > MAX_CONFIG_VALUES:
        return (
            f"its aliases stand for {count:.1e} values, and a config has at most "
            f"{MAX_CONFIG_VALUES:,}; write out what they stand for"
        )
    return None


def _written_out(value: Any, counts: dict[int, int | None]) -> int | None:
    """How many values a value holds, itself included; None if it holds itself.

    counts: of the mappings and lists that were met, by identity; None while one is being counted.
    """
    if not isinstance(value, Mapping | list):
        return 1
    place = id(value)
    if place in counts:
        return counts[place]
    counts[place] = None
    total = 1
    for part in _parts(value):
        inner = _written_out(part, counts)
        if inner is None:
            return None
        total += inner
    counts[place] = total
    return total


def _parts(value: Mapping[Any, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, Mapping) else value
