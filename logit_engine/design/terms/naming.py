"""Names of terms: how a column of X is called after data columns and levels of any name.

Why. A column may be called `intercept`, or `g[b]` beside a categorical g with the level b. No two
terms may share a name, and a name must not change when a new level or other rows come.

How. As in R, a column's name stands in backquotes where it could be read as something else: if it
is `intercept` or `missing`; if it begins like a level of a categorical of the same design, as
`g[b]` beside g does; if it is empty, or begins or ends with a blank; and if it holds a backquote,
which is doubled. Then no name without backquotes is that of two terms: if c[l] and d[m] were the
same text, the longer of c and d would begin like a level of the other.
"""

from collections.abc import Iterable, Sequence

INTERCEPT = "intercept"
MISSING = "missing"


def column_text(name: str) -> str:
    """A column's name as it stands in the name of a term."""
    is_ours = name in (INTERCEPT, MISSING)
    return _in_backquotes(name) if is_ours or _is_unclear(name, "`") else name


def level_text(column: str, level: str) -> str:
    """The name of a level's term: column[level]."""
    return f"{column_text(column)}[{level}]"


def missing_text(columns: Iterable[str]) -> str:
    """The name of an indicator of missing values: missing[a, b]."""
    return f"{MISSING}[{listed_text(columns)}]"


def listed_text(names: Iterable[str]) -> str:
    """Names with commas between them; a name that holds a comma stands in backquotes."""
    return ", ".join(_in_backquotes(name) if _is_unclear(name, ",`") else name for name in names)


def names_apart(names: Sequence[str], column: str, categoricals: Iterable[str]) -> tuple[str, ...]:
    """The names of a column's terms, told apart from the levels of these categoricals."""
    heads = tuple(f"{name}[" for name in (MISSING, *categoricals))
    if not column.startswith(heads):
        return tuple(names)
    return tuple(
        _in_backquotes(column) + name.removeprefix(column) if name.startswith(column) else name
        for name in names
    )


def _is_unclear(name: str, signs: str) -> bool:
    """Whether a reader cannot see where the name begins or ends."""
    return not name or name != name.strip() or any(sign in name for sign in signs)


def _in_backquotes(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
