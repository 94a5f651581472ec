"""Columns of a Polars frame by name, whatever the name.

`pl.col` reads `*` and `^x$` as patterns. A name of a column is data, so no name is a pattern here.
"""

from collections.abc import Iterable

import polars as pl
import polars.selectors as cs


def by_name(name: str) -> pl.Expr:
    """The column of exactly that name."""
    return cs.by_name(name).as_expr()


def by_names(names: Iterable[str]) -> pl.Expr:
    """The columns of exactly these names, in their order, each once."""
    return cs.by_name(*dict.fromkeys(names)).as_expr()
