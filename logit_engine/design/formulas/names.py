"""Names of terms and columns of a formula, as patsy prints them."""

import re
from itertools import pairwise
from typing import Any

from formulaic.parser.types import Factor
from formulaic.transforms.contrasts import DiffContrasts, PolyContrasts

SPLINE_CALL = re.compile(r"(bs|cr|cc)\(")
POLYNOMIAL_NAMES = (("[.L]", ".Linear"), ("[.Q]", ".Quadratic"), ("[.C]", ".Cubic"))


def column_names(model: Any, text: str) -> list[str]:
    """The column names as patsy prints them.

    Splines count from 0; a difference is named after the earlier level.
    """
    names = list(model.column_names)
    for factor in model.factors:
        if SPLINE_CALL.match(factor.expr):
            names = [_spline_from_zero(name, factor.expr) for name in names]
    for factor, state in model.factor_contrasts.items():
        pairs: list[tuple[str, str]] = []
        if isinstance(state.contrasts, DiffContrasts):
            pairs = [
                (f"[D.{later}]", f"[D.{earlier}]") for earlier, later in pairwise(state.levels)
            ]
        elif isinstance(state.contrasts, PolyContrasts):
            pairs = [
                *POLYNOMIAL_NAMES,
                *((f"[^{k}]", f"^{k}") for k in range(4, len(state.levels))),
            ]
        for old, new in pairs:
            names = [name.replace(factor.expr + old, factor.expr + new) for name in names]
    return [_with_written_quotes(name, text) for name in names]


def term_name(term: Any, text: str) -> str:
    """The name of a term of the formula as patsy prints it."""
    factors = [f for f in term.factors if f.eval_method is not Factor.EvalMethod.LITERAL]
    return _with_written_quotes(":".join(f.expr for f in factors), text) or "Intercept"


def _with_written_quotes(name: str, text: str) -> str:
    """A name with its texts in the quotes of the formula; formulaic writes single ones."""
    for quoted in re.findall(r'"([^"\'\\]*)"', text):
        name = name.replace(f"'{quoted}'", f'"{quoted}"')
    return name


def _spline_from_zero(name: str, spline: str) -> str:
    return re.sub(
        re.escape(spline) + r"\[(\d+)\]", lambda found: f"{spline}[{int(found[1]) - 1}]", name
    )
