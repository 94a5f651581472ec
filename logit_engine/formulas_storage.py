"""A learnt formula as plain JSON and back: its text, levels, knots and centers, and which columns its terms made.

What formulaic learns are numbers, texts and levels in dicts and lists; all else of its model follows from the text. On
the way back the text is read by our own parser first, which lets nothing through that a formula may not say.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from logit_engine.errors import UsageError
from logit_engine.formulas import FormulaSpec


def formula_content(spec: FormulaSpec) -> dict[str, Any]:
    """A learnt formula, JSON-ready; `formula_of` is the inverse. Raises UsageError for levels that JSON does not hold."""
    model = spec.model
    return {
        "text": spec.formula,
        "names": list(spec.names),
        "columns": list(spec.columns),
        "outcome_columns": list(spec.outcome_columns),
        "chosen": list(spec.chosen),
        "structure": [
            [[f.expr for f in row.term.factors], [_scoped(s) for s in row.scoped_terms], list(row.columns)]
            for row in model.structure
        ],
        "transforms": _plain(model.transform_state, "the formula"),
        "factors": [
            [expr, kind.value, _plain({k: v for k, v in state.items() if k != "contrasts"}, f"'{expr}'")]
            for expr, (kind, state) in model.encoder_state.items()
        ],
    }


def formula_of(content: Mapping[str, Any]) -> FormulaSpec:
    """The formula of that content. Raises UsageError for a text that says more than a formula may, and without formulaic."""
    try:
        from formulaic import ModelSpec
        from formulaic.parser.types import Factor

        from logit_engine.formulas_matrices import SETTINGS, by_degree, parse
    except ModuleNotFoundError as absent:
        raise UsageError("formulas need the extra: pip install 'logit-engine[formula]'.") from absent
    columns, of_outcome = tuple(content["columns"]), tuple(content["outcome_columns"])
    parsed = parse(content["text"], (*columns, *of_outcome))
    terms = by_degree(parsed)
    model = ModelSpec(
        formula=terms,
        structure=_structure(terms, content["structure"]),
        transform_state=_restored(content["transforms"]),
        encoder_state={expr: (Factor.Kind(kind), _restored(state)) for expr, kind, state in content["factors"]},
        **SETTINGS,
    )
    return FormulaSpec(content["text"], tuple(content["names"]), columns, of_outcome, tuple(content["chosen"]), model)


def _scoped(term: Any) -> list[Any]:
    """A part of a term: its scale, and its factors with whether each is coded at reduced rank."""
    return [float(term.scale), [[scoped.factor.expr, bool(scoped.reduced)] for scoped in term.factors]]


def _structure(terms: Any, rows: list[Any]) -> list[Any]:
    """Formulaic's record of which columns its terms made. Raises KeyError for factors that the text has not."""
    from formulaic.materializers.base import EncodedTermStructure
    from formulaic.materializers.types import EvaluatedFactor, ScopedFactor, ScopedTerm

    factors = {factor.expr: factor for term in terms for factor in term.factors}
    by_factors = {tuple(factor.expr for factor in term.factors): term for term in terms}
    found = []
    for exprs, scoped, columns in rows:
        parts = [
            ScopedTerm([ScopedFactor(EvaluatedFactor(factors[expr], None), reduced) for expr, reduced in some], scale)
            for scale, some in scoped
        ]
        found.append(EncodedTermStructure(by_factors[tuple(exprs)], parts, columns))
    return found


def _plain(value: Any, whose: str) -> Any:
    """A value without NumPy's types; a dict is tagged and keeps the types of its keys. Raises UsageError for others."""
    if isinstance(value, Mapping):
        return {"dict": [[_plain(key, whose), _plain(held, whose)] for key, held in value.items()]}
    if isinstance(value, np.ndarray):
        return {"array": _plain(value.tolist(), whose)}
    if isinstance(value, list):
        return [_plain(held, whose) for held in value]
    if isinstance(value, tuple):
        return {"tuple": [_plain(held, whose) for held in value]}
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in (type(None), bool, int, str) or (type(value) is float and np.isfinite(value)):
        return value
    raise UsageError(
        f"{whose} holds {value!r}, a {type(value).__name__}; JSON holds texts, booleans and finite numbers."
    )


def _restored(value: Any) -> Any:
    """The inverse of `_plain`."""
    if isinstance(value, Mapping):
        if "array" in value:
            return np.array(value["array"])
        if "tuple" in value:
            return tuple(_restored(held) for held in value["tuple"])
        return {_restored(key): _restored(held) for key, held in value["dict"]}
    return [_restored(held) for held in value] if isinstance(value, list) else value
