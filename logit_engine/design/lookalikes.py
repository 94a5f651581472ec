"""Levels that look alike: they differ by case or by blanks around them alone."""

from collections.abc import Iterable, Mapping

MAX_SHOWN_PAIRS = 4


def lookalikes(levels: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """The known level that each of these levels looks like, for those that look like one.

    A level never looks like itself. Of several known ones that is given which differs by blanks
    alone, else one without blanks around it, else the first.
    """
    own: dict[str, list[str]] = {}
    for level in dict.fromkeys(known):
        own.setdefault(_folded(level), []).append(level)
    found = {}
    for level in levels:
        alike = own.get(_folded(level), [])
        if alike and level not in alike:
            clean = level.strip()
            found[level] = min(alike, key=lambda k: (k.strip() != clean, k != k.strip()))
    return found


def earlier_lookalikes(levels: Iterable[str]) -> dict[str, str]:
    """The earlier one of these levels that each looks like, for those that look like one."""
    first: dict[str, str] = {}
    pairs = ((level, first.setdefault(_folded(level), level)) for level in levels)
    return {level: like for level, like in pairs if level != like}


def quoted_blanks(level: str) -> str:
    """A level as a list shows it: in quotes if it is empty or its ends would not show."""
    return level if level and level == level.strip() else f"'{level}'"


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
