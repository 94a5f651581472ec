"""A design of cities, and the level that each row counts as."""

from typing import Any

import numpy as np
import polars as pl

from logit_engine.design.learning import learn
from logit_engine.design.spec import Spec
from logit_engine.design.table_design import Design

CITIES = ["a"] * 10 + ["b"] * 6 + ["c"] * 2 + ["d"] * 2


def cities(**asked: Any) -> tuple[Design, tuple[str, ...]]:
    """The design of ten rows of city a, six of b, two of c, two of d."""
    return learn(pl.DataFrame({"city": CITIES}), Spec(categorical=("city",), **asked))


def codes(design: Design, levels: list[Any], name: str = "city") -> list[str]:
    """The level each row counts as: the name of its column, or "reference"."""
    term = next(c for c in design.terms if c.name == name)
    values = design.encode(pl.DataFrame({name: levels})).dot(
        np.arange(len(term.columns) + 1, dtype=float)
    )
    return [("reference", *term.columns)[int(v)] for v in values]
