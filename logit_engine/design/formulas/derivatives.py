"""The derivative of a formula's expression in one column, exact, row by row.

The language is small (`language.py`), so the rules of calculus cover all of it, and no step length
has to be chosen: each node of the syntax tree gives its value and its slope (forward mode; Griewank
& Walther 2008, 3.1). Splines, poly, center and scale are polynomials between their knots, learnt on
the training rows: between two knots the polynomial is interpolated at Chebyshev's nodes by
formulaic's own function, with its own state, and differentiated. Where a function has a kink (abs,
minimum, floor, a comparison) the slope is that of the piece the row lies on.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from formulaic.transforms import TRANSFORMS
from formulaic.utils.code import format_expr, sanitize_variable_names
from formulaic.utils.stateful_transforms import stateful_eval
from numpy.polynomial import chebyshev

from logit_engine.columns import Array
from logit_engine.design.formulas.language import ROW_FUNCTIONS

STATEFUL_TRANSFORMS = ("bs", "cr", "cc", "poly", "center", "scale", "standardize")
LN2, LN10 = np.log(2.0), np.log(10.0)

Partials = Callable[..., tuple[Any, ...]]

RULES: dict[str, Partials] = {
    "abs": lambda u: (np.sign(u),),
    "absolute": lambda u: (np.sign(u),),
    "square": lambda u: (2.0 * u,),
    "sqrt": lambda u: (0.5 / np.sqrt(u),),
    "cbrt": lambda u: (1.0 / (3.0 * np.cbrt(u) ** 2),),
    "reciprocal": lambda u: (-1.0 / np.square(u),),
    "power": lambda u, v: (v * np.power(u, v - 1.0), np.power(u, v) * np.log(u)),
    "float_power": lambda u, v: (v * np.float_power(u, v - 1.0), np.float_power(u, v) * np.log(u)),
    "hypot": lambda u, v: (u / np.hypot(u, v), v / np.hypot(u, v)),
    "log": lambda u: (1.0 / u,),
    "log1p": lambda u: (1.0 / (1.0 + u),),
    "log2": lambda u: (1.0 / (LN2 * u),),
    "log10": lambda u: (1.0 / (LN10 * u),),
    "exp": lambda u: (np.exp(u),),
    "expm1": lambda u: (np.exp(u),),
    "exp2": lambda u: (LN2 * np.exp2(u),),
    "logaddexp": lambda u, v: (np.exp(u - np.logaddexp(u, v)), np.exp(v - np.logaddexp(u, v))),
    "sin": lambda u: (np.cos(u),),
    "cos": lambda u: (-np.sin(u),),
    "tan": lambda u: (1.0 / np.cos(u) ** 2,),
    "arcsin": lambda u: (1.0 / np.sqrt(1.0 - u * u),),
    "arccos": lambda u: (-1.0 / np.sqrt(1.0 - u * u),),
    "arctan": lambda u: (1.0 / (1.0 + u * u),),
    "arctan2": lambda u, v: (v / (u * u + v * v), -u / (u * u + v * v)),
    "sinh": lambda u: (np.cosh(u),),
    "cosh": lambda u: (np.sinh(u),),
    "tanh": lambda u: (1.0 / np.cosh(u) ** 2,),
    "arcsinh": lambda u: (1.0 / np.sqrt(1.0 + u * u),),
    "arctanh": lambda u: (1.0 / (1.0 - u * u),),
    "clip": lambda u, low, high: ((u >= low) & (u <= high), u < low, u > high),
    "where": lambda c, u, v: (0.0, np.where(c, 1.0, 0.0), np.where(c, 0.0, 1.0)),
    "minimum": lambda u, v: (u <= v, u > v),
    "maximum": lambda u, v: (u >= v, u < v),
    "mod": lambda u, v: (1.0, -np.floor(u / v)),
    "Add": lambda u, v: (1.0, 1.0),
    "Sub": lambda u, v: (1.0, -1.0),
    "Mult": lambda u, v: (v, u),
    "Div": lambda u, v: (1.0 / v, -u / (v * v)),
    "Mod": lambda u, v: (1.0, -np.floor(u / v)),
    "Pow": lambda u, v: (v * np.power(u, v - 1.0), np.power(u, v) * np.log(u)),
    "USub": lambda u: (-1.0,),
    "UAdd": lambda u: (1.0,),
    "I": lambda u: (1.0,),
}
"""The partial derivatives of each operation; any other is a step and flat between its jumps."""


def expression_slope(
    expression: str, column: str, rows: pd.DataFrame, state: Mapping[str, Any]
) -> Array:
    """The slope of an expression in a column at each row, (n,), or (n, q) of q columns.

    state: what the transforms learnt on the training rows, by their text.
    """
    aliases: dict[str, str] = {}
    plain = sanitize_variable_names(expression, dict.fromkeys(map(str, rows.columns)), aliases)
    with np.errstate(all="ignore"):
        _, found = _ExpressionSlopes(column, rows, state, aliases).value_and_slope(
            ast.parse(plain, mode="eval").body
        )
        return np.asarray(np.broadcast_to(found, np.shape(found) or (len(rows),)), dtype=np.float64)


class _ExpressionSlopes:
    """Value and slope of the nodes of one expression."""

    def __init__(
        self, column: str, rows: pd.DataFrame, state: Mapping[str, Any], aliases: Mapping[str, str]
    ) -> None:
        self.column, self.rows, self.state, self.aliases = column, rows, state, aliases

    def value_and_slope(self, node: ast.expr) -> tuple[Any, Any]:
        """Value and slope, each (n,), (n, q) or a number."""
        match node:
            case ast.Call(ast.Name("Q"), [ast.Constant(str(name))], []):
                return self._column(name)
            case ast.Name(name):
                return self._column(self.aliases.get(name, name))
            case ast.Call(ast.Name(name), [first, *_], _) if name in STATEFUL_TRANSFORMS:
                return self._transform(node, first)
            case ast.Call(function, arguments, keywords):
                called = ast.unparse(function).removeprefix("np.")
                parts = [
                    self.value_and_slope(part)
                    for part in (*arguments, *(word.value for word in keywords))
                ]
                named = {
                    str(word.arg): part[0]
                    for word, part in zip(keywords, parts[len(arguments) :], strict=True)
                }
                value = _numpy_function(called)(
                    *(part[0] for part in parts[: len(arguments)]), **named
                )
                return value, _chain_rule(called, parts)
            case ast.BinOp(left, operator, right):
                parts = [self.value_and_slope(left), self.value_and_slope(right)]
                return _operator_value(node, parts), _chain_rule(type(operator).__name__, parts)
            case ast.UnaryOp(operator, operand):
                parts = [self.value_and_slope(operand)]
                return _operator_value(node, parts), _chain_rule(type(operator).__name__, parts)
            case ast.Compare(left, _, others):
                return _operator_value(
                    node, [self.value_and_slope(part) for part in (left, *others)]
                ), 0.0
            case ast.Attribute():
                return getattr(np, node.attr), 0.0
            case _:
                return ast.literal_eval(node), 0.0

    def _column(self, name: str) -> tuple[Any, Any]:
        values = self.rows[name].to_numpy()
        return values.astype(np.float64) if values.dtype.kind in "iu" else values, float(
            name == self.column
        )

    def _transform(self, node: ast.Call, first: ast.expr) -> tuple[Any, Any]:
        """A transform with a state: a polynomial between knots of its first argument."""
        u, slope = self.value_and_slope(first)
        learnt = dict(self.state.get(format_expr(node), {}))
        call = ast.Call(node.func, [ast.Name("argument"), *node.args[1:]], node.keywords)

        def transformed(values: Array) -> Array:
            scope = {**TRANSFORMS, "scale": TRANSFORMS["standardize"], "np": np, "argument": values}
            found = stateful_eval(
                format_expr(call), scope, None, {format_expr(call): dict(learnt)}, None
            )
            return factor_values(found)

        value = transformed(u)
        if np.isscalar(slope) and slope == 0.0:
            return value, 0.0
        width = 1 if value.ndim == 1 else value.shape[1]
        own = piecewise_slope(
            transformed,
            u,
            *_knots_and_degree(node, learnt, width),
            wraps="cyclic" in learnt and learnt["cyclic"],
        )
        return value, own * (slope if own.ndim == 1 or np.isscalar(slope) else slope[:, None])


def factor_values(values: Any) -> Array:
    """A factor's values as an array, (n,) or (n, q)."""
    whole = getattr(values, "__wrapped__", values)
    if isinstance(whole, dict):
        parts = [np.asarray(part) for key, part in whole.items() if not str(key).startswith("__")]
        return np.stack(parts, axis=1)
    return np.asarray(whole)


def _knots_and_degree(
    node: ast.Call, learnt: Mapping[str, Any], width: int
) -> tuple[list[float], int]:
    """The knots of a transform, and the degree between them; width: how many columns it makes."""
    if isinstance(node.func, ast.Name) and node.func.id == "poly":
        return [], width
    knots = [float(knot) for knot in learnt.get("knots", [])]
    if not knots:
        return [], 1
    return sorted(set(knots)), 3 if "cyclic" in learnt else max(1, knots.count(knots[0]) - 1)


def piecewise_slope(
    function: Callable[[Array], Array],
    u: Array,
    knots: list[float],
    degree: int,
    wraps: bool = False,
) -> Array:
    """The derivative at u, (n,), of a function that is a polynomial between knots, (n,) or (n, q).

    wraps: u outside the knots is taken back between them, by whole periods.
    """
    if wraps:
        u = knots[0] + np.mod(u - knots[0], knots[-1] - knots[0])
    outer = [float(u.min()), float(u.max())]
    ends = (
        np.unique([*outer, *knots])
        if outer[0] < outer[1] or knots
        else np.array([outer[0] - 1.0, outer[0] + 1.0])
    )
    piece = np.clip(np.searchsorted(ends, u, side="right") - 1, 0, ends.size - 2)
    nodes = chebyshev.chebpts1(degree + 1)
    back = np.linalg.inv(chebyshev.chebvander(nodes, degree))
    out: Array | None = None
    for j in np.unique(piece):
        half, middle = 0.5 * (ends[j + 1] - ends[j]), 0.5 * (ends[j + 1] + ends[j])
        coefficients = back @ function(middle + half * nodes)
        at = piece == j
        found = chebyshev.chebval((u[at] - middle) / half, chebyshev.chebder(coefficients)).T / half
        out = np.zeros((u.size, *found.shape[1:])) if out is None else out
        out[at] = found
    return np.zeros(u.size) if out is None else out


def _numpy_function(name: str) -> Callable[..., Any]:
    return (lambda values: values) if name == "I" else getattr(np, name)


def _operator_value(node: ast.expr, parts: list[tuple[Any, Any]]) -> Any:
    """The value of an operator on the values of its parts."""
    names = [ast.Name(f"part{i}", ast.Load()) for i in range(len(parts))]
    plain: ast.expr
    match node:
        case ast.BinOp(_, operator, _):
            plain = ast.BinOp(names[0], operator, names[1])
        case ast.UnaryOp(operator, _):
            plain = ast.UnaryOp(operator, names[0])
        case ast.Compare(_, operators, _):
            plain = ast.Compare(names[0], operators, list(names[1:]))
        case _:
            raise TypeError(type(node).__name__)
    return eval(format_expr(plain), {}, {f"part{i}": value for i, (value, _) in enumerate(parts)})


def _chain_rule(rule: str, parts: list[tuple[Any, Any]]) -> Any:
    """The chain rule: partial derivatives times slopes, of the parts that have one."""
    moving = [i for i, (_, slope) in enumerate(parts) if not (np.isscalar(slope) and slope == 0.0)]
    if not moving or rule not in RULES:
        return 0.0
    partials = RULES[rule](*(value for value, _ in parts))
    return sum(partials[i] * parts[i][1] for i in moving)


STEP_FUNCTIONS = tuple(name for name in ROW_FUNCTIONS if name not in RULES)
