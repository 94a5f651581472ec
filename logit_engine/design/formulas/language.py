"""The language of a formula: columns, numbers, texts, operators, and the functions named here.

Formulaic evaluates these expressions as Python, so each is read first and refused unless every part
of it is on the list: no attribute, no method, no builtin, and no name but a column's. NumPy
functions are those that act row by row; a mean over the rows at hand would be another number when
predicting, which `center` and `standardize` remember instead.
"""

import ast
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from logit_engine.errors import UsageError

ROW_FUNCTIONS = (
    *("abs", "absolute", "sign", "square", "sqrt", "cbrt", "reciprocal", "power"),
    *("float_power", "hypot", "log", "log1p", "log2", "log10", "exp", "expm1", "exp2", "logaddexp"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh"),
    *("arcsinh", "arctanh", "floor", "ceil", "trunc", "rint", "round", "clip", "where"),
    *("minimum", "maximum", "mod", "floor_divide", "logical_and", "logical_or"),
    *("logical_not", "logical_xor", "equal", "not_equal", "less", "less_equal"),
    *("greater", "greater_equal"),
)
CONTRASTS = ("Treatment", "Sum", "Helmert", "Diff", "Poly")
FUNCTIONS = (
    *("C", "Q", "I", "center", "scale", "standardize", "bs", "cr", "cc", "poly"),
    *("log", "log2", "log10", "exp"),
    *CONTRASTS,
    *(f"np.{name}" for name in ROW_FUNCTIONS),
)
CONSTANTS = ("np.pi", "np.e")
ALLOWED_NODES = (
    *(ast.BinOp, ast.UnaryOp, ast.Compare, ast.List, ast.Tuple, ast.keyword, ast.Load),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow),
    *(ast.BitAnd, ast.BitOr, ast.BitXor, ast.USub, ast.UAdd, ast.Invert),
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
)


class Reading(NamedTuple):
    """The columns that an expression reads, and its functions and contrasts ("np" for NumPy's)."""

    columns: tuple[str, ...]
    words: frozenset[str]


def read_expression(
    expression: str, columns: Collection[str], aliases: Mapping[str, str]
) -> Reading:
    """What an expression reads and uses.

    aliases: identifiers in place of column names that are no identifiers. Raises UsageError for
    whatever is not on the list, and for a name that no column has.
    """
    try:
        todo: list[ast.AST] = [ast.parse(expression, mode="eval").body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UsageError(
            f"'{expression}' is not an expression; check its brackets and operators."
        ) from None
    found: list[str] = []
    words: set[str] = set()
    while todo:
        match node := todo.pop(0):
            case ast.Call(ast.Name("Q"), [ast.Constant(str(name)) as text], []):
                words.add("Q")
                found.append(known_column(name, expression, columns))
                todo.append(text)
            case ast.Call(function, arguments, keywords):
                words.add(_called_function(function, expression))
                todo += [*arguments, *keywords]
            case ast.Name(name) if name in CONTRASTS and name not in columns:
                words.add(name)
            case ast.Name(name):
                found.append(known_column(aliases.get(name, name), expression, columns))
            case ast.Attribute() if ast.unparse(node) in CONSTANTS:
                words.add("np")
            case ast.Constant(str(text)) if not text.isprintable() or set(text) & set("\"'\\"):
                raise _no_plain_text(expression)
            case ast.Constant(bool() | int() | float() | str() | None):
                pass
            case _ if isinstance(node, ALLOWED_NODES):
                todo += ast.iter_child_nodes(node)
            case _:
                raise _not_allowed(node, expression)
    return Reading(tuple(dict.fromkeys(found)), frozenset(words))


def _no_plain_text(expression: str) -> UsageError:
    """Formulaic writes calls into code once more, where a quote would end a text."""
    return UsageError(
        f"a text in '{expression}' holds a quote, a backslash or a control character; rename it."
    )


def _not_allowed(node: ast.AST, expression: str) -> UsageError:
    return UsageError(
        f"'{ast.unparse(node)}' in '{expression}' is not allowed: a formula holds columns, "
        "numbers, operators and listed functions; compute the rest as a column of its own."
    )


def known_column(name: str, expression: str, columns: Collection[str]) -> str:
    """The name, if a column has it. Raises UsageError with the nearest one otherwise."""
    if name in columns:
        return name
    near = get_close_matches(name, columns, 1)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    where = "" if name == expression else f", read by '{expression}'"
    raise UsageError(f"the data have no column '{name}'{where}{hint}")


def _called_function(function: ast.expr, expression: str) -> str:
    """The root of the called function's name, if it is listed."""
    name = ast.unparse(function)
    if name in FUNCTIONS:
        return name.split(".")[0]
    near = get_close_matches(name, FUNCTIONS, 1)
    hint = f"did you mean '{near[0]}'?" if near else "compute it as a column of its own."
    raise UsageError(
        f"'{name}' in '{expression}' is not a function that a formula may call; {hint}"
    )
