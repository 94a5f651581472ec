"""Columns of a Polars frame by name, whatever the name, and the few names that no column has.

`pl.col` reads `*` and `^x$` as patterns, and so do many methods of a series that has such a name.
A name of a column is data, so no name is a pattern here.
"""

from collections.abc import Iterable

import polars as pl
import polars.selectors as cs

MAX_NAME_BYTES = 255


def by_name(name: str) -> pl.Expr:
    """The column of exactly that name."""
    return cs.by_name(name).as_expr()


def by_names(names: Iterable[str]) -> pl.Expr:
    """The columns of exactly these names, in their order, each once."""
    return cs.by_name(*dict.fromkeys(names)).as_expr()


def series_of(frame: pl.DataFrame, name: str) -> pl.Series:
    """The values of that column, (n,), without a name: many methods of a series read its name as a
    pattern too.
    """
    return frame.get_column(name).alias("")


def name_problem(name: str) -> str | None:
    """Why a column cannot bear this name, in a sentence; None for a name that works.

    A newline would tear messages and tables apart, NUL ends texts in other programs, and file
    systems and databases cut longer names.
    """
    if "\n" in name:
        return f"the name of column {name!r} holds a newline; rename the column."
    if "\0" in name:
        return f"the name of column {name!r} holds a NUL character; rename the column."
    size = len(name.encode())
    if size > MAX_NAME_BYTES:
        return (
            f"the name of column {name[:20] + '...'!r} is {size:,} bytes long, more than "
            f"{MAX_NAME_BYTES}; shorten it."
        )
    return None
