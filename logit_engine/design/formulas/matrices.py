"""Formulaic under our rules: booleans are categories, and no level is zeroed in silence."""

import ast
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from formulaic import Formula
from formulaic.materializers import FactorValues, PandasMaterializer
from formulaic.parser import DefaultFormulaParser, DefaultOperatorResolver
from formulaic.parser.algos.tokenize import tokenize
from formulaic.parser.types import Factor, Operator, OrderedSet, Token
from formulaic.transforms import TRANSFORMS
from formulaic.transforms.patsy_compat import standardize
from formulaic.utils.code import sanitize_variable_names
from formulaic.utils.stateful_transforms import stateful_eval
from interface_meta import override

from logit_engine.columns import Array
from logit_engine.design.formulas.language import (
    ROW_FUNCTIONS,
    Reading,
    known_column,
    read_expression,
)
from logit_engine.design.formulas.names import column_names
from logit_engine.errors import DataError, LogitEngineError, UsageError
from logit_engine.rows.arrays import MAX_MAGNITUDE

# In place of formulaic's own: of NumPy what acts row by row, and patsy's scale, which divides by n.
EVALUATION_CONTEXT = {
    "np": SimpleNamespace(**{name: getattr(np, name) for name in (*ROW_FUNCTIONS, "pi", "e")}),
    "scale": standardize,
}
MATERIALIZER_SETTINGS = {
    "output": "numpy",
    "na_action": "ignore",
    "cluster_by": "numerical_factors",
    "materializer": "logit_engine",
}


class Operators(DefaultOperatorResolver):  # type: ignore[misc]
    """Formulaic's operators, with the terms of a power by their degree, as patsy writes them."""

    @property
    def operators(self) -> list[Operator]:
        """All operators of a formula."""
        found: list[Operator] = super().operators
        power = next(operator for operator in found if operator.symbol == "**")

        def by_degree(base: Any, exponent: Any) -> Any:
            return OrderedSet(sorted(power.to_terms(base, exponent), key=lambda term: term.degree))

        ours = Operator(
            "**", arity=2, precedence=power.precedence, associativity="right", to_terms=by_degree
        )
        return [ours if operator is power else operator for operator in found]


FORMULA_PARSER = DefaultFormulaParser(
    operator_resolver=Operators(), feature_flags=DefaultFormulaParser.FeatureFlags.TWOSIDED
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parts of a formula: the outcome's expression, the terms as written, the columns read."""

    text: str
    outcome: str
    terms: Any
    outcome_columns: tuple[str, ...]
    columns: tuple[str, ...]


def parse(text: str, columns: Sequence[str]) -> Parsed:
    """The formula against the columns there are; nothing is evaluated.

    Raises UsageError where it cannot be used.
    """
    if not isinstance(text, str):
        raise UsageError(f"a formula is a text such as 'y ~ x', not {type(text).__name__}.")
    try:
        # Before formulaic's parser, which evaluates what is called on the left side.
        for token in tokenize(text):
            _read_factor(token.token, token.kind, columns)
        formula = Formula(text, _parser=FORMULA_PARSER, _ordering="none")
    except LogitEngineError:
        raise
    except Exception as wrong:
        hint = " A comparison goes inside I(...)." if re.search("[<>=!]", text) else ""
        raise UsageError(
            f"the formula '{text}' cannot be read: {_first_sentence(wrong).split('. ')[0]}.{hint}"
        ) from None
    if not hasattr(formula, "lhs") or len(formula.lhs) != 1 or len(formula.lhs[0].factors) != 1:
        raise UsageError(f"the formula '{text}' needs one outcome on its left side, as in 'y ~ x'.")
    (outcome,) = formula.lhs[0].factors
    left = _read_factor(outcome.expr, outcome.eval_method, columns)
    right = [
        _read_factor(factor.expr, factor.eval_method, columns)
        for term in formula.rhs
        for factor in term.factors
    ]
    found = dict.fromkeys(name for reading in right for name in reading.columns)
    words = left.words.union(*(reading.words for reading in right))
    if both := words.intersection({*found, *left.columns}):
        raise UsageError(
            f"'{min(both)}' is a column and a word of the formula '{text}'; rename the column."
        )
    return Parsed(text, outcome.expr, formula.rhs, left.columns, tuple(found))


def learn(parsed: Parsed, rows: pd.DataFrame) -> tuple[Any, Array, list[int], list[str]]:
    """Formulaic's model of these rows, their matrix, and its columns in patsy's order and names.

    Terms of the same numeric factors stand together, those without any first (Smith 2011, patsy's
    "sorting"); such groups never span each other, so their order does not change the coding.
    """
    model, X = _materialize(rows, terms_by_degree(parsed), None, **MATERIALIZER_SETTINGS)
    coded = set(model.factor_contrasts)

    def group(term: Any) -> frozenset[str]:
        return frozenset(
            f.expr
            for f in term.factors
            if f not in coded and f.eval_method is not Factor.EvalMethod.LITERAL
        )

    first = {frozenset[str](): -1}
    for position, term in enumerate(parsed.terms):
        first.setdefault(group(term), position)
    terms = sorted(model.term_indices, key=lambda term: first[group(term)])
    order = [i for term in terms for i in model.term_indices[term]]
    return model, X, order, column_names(model, parsed.text)


def terms_by_degree(parsed: Parsed) -> Any:
    """The terms of the right side by their degree, as formulaic takes them."""
    return Formula(parsed.text, _parser=FORMULA_PARSER).rhs


def encode(model: Any, rows: pd.DataFrame) -> Array:
    """The matrix of other rows.

    Raises DataError for unseen levels and for what cannot be evaluated.
    """
    return _materialize(rows, model)[1]


def outcome(parsed: Parsed, rows: pd.DataFrame) -> pd.Series:
    """The values of the left side, whatever they are; C(y) is y."""
    if parsed.outcome in parsed.outcome_columns:
        return rows[parsed.outcome]
    expression = parsed.outcome
    match ast.parse(sanitize_variable_names(expression, {}, {}), mode="eval").body:
        case ast.Call(ast.Name("C"), [ast.Name(name)], []) if name in rows:
            return rows[name]
    with np.errstate(all="ignore"):
        try:
            return pd.Series(
                stateful_eval(
                    expression, {**TRANSFORMS, **EVALUATION_CONTEXT, **rows}, None, None, None
                )
            )
        except Exception as wrong:
            raise DataError(
                f"the outcome '{expression}' cannot be evaluated: {_first_sentence(wrong)}."
            ) from wrong


@dataclass(frozen=True, slots=True)
class HeldFactors:
    """What factors are held at, by their text, in place of their values.

    levels: a category in all rows; slopes: values, (n,) or (n, q); codes: of categories, the number
    in all rows of each column that a coding (reduced or not) makes.
    """

    levels: Mapping[str, Any] = field(default_factory=dict)
    slopes: Mapping[str, Array] = field(default_factory=dict)
    codes: Mapping[tuple[str, bool], Mapping[str, float]] = field(default_factory=dict)


NO_HELD_FACTORS = HeldFactors()


class Materializer(PandasMaterializer):  # type: ignore[misc]
    """Formulaic's for pandas frames, with booleans as categories and every level accounted for."""

    REGISTER_NAME = "logit_engine"
    REGISTER_INPUTS: Sequence[str] = ()
    held: HeldFactors = NO_HELD_FACTORS
    codings: dict[tuple[str, bool], dict[str, Any]]

    @override
    def _init(self) -> None:
        super()._init()
        self.codings = {}

    @override
    def _evaluate_factor(self, factor: Any, spec: Any, drop_rows: set[int]) -> Any:
        known = factor.expr in self.factor_cache
        found = super()._evaluate_factor(factor, spec, drop_rows)
        if known or factor.expr not in {*self.held.levels, *self.held.slopes}:
            return found
        if factor.expr in self.held.levels:
            level = [self.held.levels[factor.expr]] * len(self.data)
            values: Any = pd.Series(level, index=self.data.index)
        else:
            values = _replaced_values(found.values, self.held.slopes[factor.expr])
        held = found.replace(values=FactorValues(values, metadata=found.metadata))
        self.factor_cache[factor.expr] = held
        return held

    @override
    def _is_categorical(self, values: Any) -> bool:
        return pd.api.types.is_bool_dtype(values) or bool(super()._is_categorical(values))

    @override
    def _encode_evaled_factor(
        self, factor: Any, spec: Any, drop_rows: Sequence[int], reduced_rank: bool = False
    ) -> dict[str, Any]:
        if (factor.expr, reduced_rank) in self.held.codes:
            codes = self.held.codes[factor.expr, reduced_rank]
            return {name: np.full(len(self.data), code) for name, code in codes.items()}
        learning = spec.structure is None
        kind, state = spec.encoder_state.get(factor.expr, (None, {}))
        if not learning and kind is not factor.metadata.kind:
            found, learnt = factor.metadata.kind.value, kind.value
            raise DataError(
                f"'{factor.expr}' is {found} here and was {learnt} in the training rows; convert "
                "it."
            )
        if factor.metadata.kind is not Factor.Kind.CATEGORICAL:
            return dict(super()._encode_evaled_factor(factor, spec, drop_rows, reduced_rank))
        plain = np.asarray(getattr(factor.values, "__wrapped__", factor.values))
        values = pd.Series(plain, index=self.data.index)
        if not learning:
            unseen = "levels that were not in the training rows"
            _refuse_unseen(factor.expr, values, state["categories"], unseen)
        with warnings.catch_warnings():
            # pandas and formulaic warn of values outside C's levels; below they are refused.
            warnings.simplefilter("ignore")
            encoded = dict(super()._encode_evaled_factor(factor, spec, drop_rows, reduced_rank))
        if learning:
            levels = spec.encoder_state[factor.expr][1]["categories"]
            _refuse_unseen(factor.expr, values, levels, "values outside its levels")
            _refuse_empty_level(factor.expr, values, levels, reduced_rank)
        self.codings[factor.expr, reduced_rank] = encoded
        return encoded


def factor_columns(expression: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that a factor reads; a column's own name is one."""
    if expression in columns:
        return (expression,)
    return _read_factor(expression, Factor.EvalMethod.PYTHON, columns).columns


def held_matrix(model: Any, rows: pd.DataFrame, held: HeldFactors) -> tuple[Array, Materializer]:
    """The matrix of rows with some factors held, and the materializer that made it."""
    materializer = Materializer(rows, context=EVALUATION_CONTEXT)
    materializer.held = held
    return _materialize(rows, model, materializer)[1], materializer


def _replaced_values(values: Any, other: Array) -> Any:
    """Other numbers, (n,) or (n, q), in the container of a factor's values."""
    whole = values.__wrapped__
    if not isinstance(whole, dict):
        return other
    keys = [key for key in whole if not str(key).startswith("__")]
    return {**whole, **dict(zip(keys, other.T, strict=True))}


def _materialize(
    rows: pd.DataFrame, spec: Any, by: Materializer | None = None, **asked: Any
) -> tuple[Any, Array]:
    with np.errstate(all="ignore"):
        try:
            matrix = (by or Materializer(rows, context=EVALUATION_CONTEXT)).get_model_matrix(
                spec, **asked
            )
        except LogitEngineError:
            raise
        except Exception as wrong:  # whatever an expression of the user's can raise
            raise DataError(
                f"the formula cannot be evaluated on these rows: {_first_sentence(wrong)}."
            ) from wrong
    X = np.asarray(matrix, dtype=np.float64)
    for name, column in zip(matrix.model_spec.column_names, X.T, strict=True):
        if (bad := ~(np.abs(column) <= MAX_MAGNITUDE)).any():
            what = f"beyond {MAX_MAGNITUDE:g}" if np.isfinite(column[bad]).all() else "not finite"
            raise DataError(
                f"'{name}' is {what} in {bad.sum():,} of {bad.size:,} rows without "
                f"nulls{_row_list(rows.index[bad])}."
            )
    return matrix.model_spec, X


def _read_factor(
    expression: str, kind: Token.Kind | Factor.EvalMethod, columns: Sequence[str]
) -> Reading:
    """What a token or a factor reads: a name is a column, an expression is read."""
    if kind in (Token.Kind.NAME, Factor.EvalMethod.LOOKUP):
        return Reading((known_column(expression, expression, columns),), frozenset())
    if kind not in (Token.Kind.PYTHON, Factor.EvalMethod.PYTHON):
        return Reading((), frozenset())
    aliases: dict[str, str] = {}
    plain = sanitize_variable_names(expression, dict.fromkeys(columns), aliases)
    return read_expression(plain, columns, aliases)


def _refuse_unseen(expression: str, values: pd.Series, levels: Sequence[Any], what: str) -> None:
    unseen = values[~values.isin(levels)]
    if unseen.empty:
        return
    groups = list(unseen.groupby(unseen).groups.items())
    clauses = [f"{level!r} in {len(rows):,}{_row_list(rows)}" for level, rows in groups[:5]]
    raise DataError(
        f"'{expression}' has {what}: {'; '.join(clauses)}. Drop these rows, or fit with them."
    )


def _refuse_empty_level(
    expression: str, values: pd.Series, levels: Sequence[Any], reduced: bool
) -> None:
    if len(levels) == 1 and reduced:
        raise DataError(
            f"'{expression}' is {levels[0]!r} in all {len(values):,} rows, so it has no column; "
            "drop it."
        )
    present = set(values.unique())
    if empty := [level for level in levels if level not in present]:
        raise DataError(
            f"no row has the level {empty[0]!r} that '{expression}' declares, so its column would "
            "be zero; drop the unused categories."
        )


def _row_list(rows: Any) -> str:
    shown = ", ".join(str(row) for row in list(rows)[:5])
    return f" (row{'s' * (len(rows) > 1)} {shown}{', ...' * (len(rows) > 5)})"


def _first_sentence(wrong: Exception) -> str:
    return str(wrong).strip().split("\n")[0].rstrip(".")
