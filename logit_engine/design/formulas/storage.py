"""A learnt formula as plain JSON and back.

Formulaic learns numbers, texts and levels in dicts and lists. The rest of its model follows from
the text, the contrasts of categoricals too. On the way back our own parser reads the text first: it
refuses all that a formula may not say.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from logit_engine.design.formulas.design import FormulaSpec
from logit_engine.errors import UsageError


def formula_content(spec: FormulaSpec) -> dict[str, Any]:
    """A learnt formula, JSON-ready; `formula_of` is the inverse.

    Raises UsageError for levels that JSON does not hold.
    """
    model = spec.model
    return {
        "text": spec.formula,
        "names": list(spec.names),
        "columns": list(spec.columns),
        "outcome_columns": list(spec.outcome_columns),
        "chosen": list(spec.chosen),
        "structure": [
            [
                [f.expr for f in row.term.factors],
                [_part_content(s) for s in row.scoped_terms],
                list(row.columns),
            ]
            for row in model.structure
        ],
        "transforms": _to_json(model.transform_state, "the formula"),
        "factors": [
            [
                expr,
                kind.value,
                _to_json({k: v for k, v in state.items() if k != "contrasts"}, f"'{expr}'"),
            ]
            for expr, (kind, state) in model.encoder_state.items()
        ],
    }


def formula_of(content: Mapping[str, Any]) -> FormulaSpec:
    """The formula of that content.

    Raises UsageError without formulaic, and for a text that says more than a formula may.
    """
    try:
        from formulaic import ModelSpec
        from formulaic.parser.types import Factor

        from logit_engine.design.formulas.matrices import (
            MATERIALIZER_SETTINGS,
            parse,
            terms_by_degree,
        )
    except ModuleNotFoundError as absent:
        raise UsageError(
            "formulas need the extra: pip install 'logit-engine[formula]'."
        ) from absent
    columns, of_outcome = tuple(content["columns"]), tuple(content["outcome_columns"])
    parsed = parse(content["text"], (*columns, *of_outcome))
    terms = terms_by_degree(parsed)
    model = ModelSpec(
        formula=terms,
        structure=_restored_structure(terms, content["structure"]),
        transform_state=_from_json(content["transforms"]),
        encoder_state={
            expr: (Factor.Kind(kind), _from_json(state)) for expr, kind, state in content["factors"]
        },
        **MATERIALIZER_SETTINGS,
    )
    return FormulaSpec(
        content["text"],
        tuple(content["names"]),
        columns,
        of_outcome,
        tuple(content["chosen"]),
        model,
    )


def _part_content(term: Any) -> list[Any]:
    """A part of a term: its scale, and its factors with whether each is coded at reduced rank."""
    return [
        float(term.scale),
        [[scoped.factor.expr, bool(scoped.reduced)] for scoped in term.factors],
    ]


def _restored_structure(terms: Any, rows: list[Any]) -> list[Any]:
    """Formulaic's record of which columns its terms made.

    Raises KeyError for factors that are not in the text.
    """
    from formulaic.materializers.base import EncodedTermStructure
    from formulaic.materializers.types import EvaluatedFactor, ScopedFactor, ScopedTerm

    factors = {factor.expr: factor for term in terms for factor in term.factors}
    by_factors = {tuple(factor.expr for factor in term.factors): term for term in terms}
    found = []
    for exprs, scoped, columns in rows:
        parts = [
            ScopedTerm(
                [
                    ScopedFactor(EvaluatedFactor(factors[expr], None), reduced)
                    for expr, reduced in some
                ],
                scale,
            )
            for scale, some in scoped
        ]
        found.append(EncodedTermStructure(by_factors[tuple(exprs)], parts, columns))
    return found


def _to_json(value: Any, whose: str) -> Any:
    """A value without NumPy's types; a dict is tagged and keeps the types of its keys.

    Raises UsageError for other types.
    """
    if isinstance(value, Mapping):
        return {
            "dict": [[_to_json(key, whose), _to_json(held, whose)] for key, held in value.items()]
        }
    if isinstance(value, np.ndarray):
        return {"array": _to_json(value.tolist(), whose)}
    if isinstance(value, list):
        return [_to_json(held, whose) for held in value]
    if isinstance(value, tuple):
        return {"tuple": [_to_json(held, whose) for held in value]}
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in (type(None), bool, int, str) or (type(value) is float and np.isfinite(value)):
        return value
    raise UsageError(
        f"{whose} holds {value!r}, a {type(value).__name__}; JSON holds texts, booleans and finite "
        "numbers."
    )


def _from_json(value: Any) -> Any:
    """The inverse of `_to_json`."""
    if isinstance(value, Mapping):
        if "array" in value:
            return np.array(value["array"])
        if "tuple" in value:
            return tuple(_from_json(held) for held in value["tuple"])
        return {_from_json(key): _from_json(held) for key, held in value["dict"]}
    return [_from_json(held) for held in value] if isinstance(value, list) else value
