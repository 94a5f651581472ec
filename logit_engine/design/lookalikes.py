"""Levels that look alike: they differ by case or by blanks around them alone."""

from collections.abc import Iterable, Mapping

MAX_SHOWN_PAIRS = 4


def lookalikes(levels: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """The known level that each of these levels looks like, for those that look like one.

    A level never looks like itself; of several known ones the first is given.
    """
    first: dict[str, str] = {}
    own = set()
    for level in known:
        first.setdefault(_folded(level), level)
        own.add(level)
    pairs = ((level, first.get(_folded(level))) for level in levels if level not in own)
    return {level: like for level, like in pairs if like is not None}


def twins(levels: Iterable[str]) -> dict[str, str]:
    """The earlier one of these levels that each looks like, for those that look like one."""
    first: dict[str, str] = {}
    pairs = ((level, first.setdefault(_folded(level), level)) for level in levels)
    return {level: like for level, like in pairs if level != like}


def alike_clause(pairs: Mapping[str, str]) -> str:
    """In words that the levels of these pairs look alike: "'MALE' and 'male' differ by case"."""
    shown = [f"'{level}' and '{like}'" for level, like in pairs.items()]
    more = len(shown) - MAX_SHOWN_PAIRS
    rest = f" and {more} more" if more > 0 else ""
    ways = {_difference(level, like) for level, like in pairs.items()}
    way = ways.pop() if len(ways) == 1 else "case or blanks"
    return f"{', '.join(shown[:MAX_SHOWN_PAIRS])}{rest} differ by {way} alone"


def _difference(level: str, like: str) -> str:
    if level.strip() == like.strip():
        return "blanks"
    return "case" if level.casefold() == like.casefold() else "case and blanks"


def _folded(level: str) -> str:
    return level.strip().casefold()
