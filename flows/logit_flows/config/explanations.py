"""The sentence for one wrong key: unknown, missing, of the wrong type, or refused by name.

Pydantic says what is wrong in words for programmers. `explanation` turns each of its errors into a
sentence for the writer of the config. Some keys are known and yet refused, those of other tools and
those that are planned: their own sentences (`refused_keys`) stand in its place.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

from logit_flows.config.model import Config
from logit_flows.config.problems import shown

# What is planned, or has another name here, is refused with a sentence, never accepted and ignored.
# A value after "=" names one choice of a key.
REFUSED_KEYS = {
    "data.freq_weights": "frequency weights are not built yet; repeat the rows, or leave it out",
    "data.sampling_weights": "sampling weights are not built yet; leave it out",
    "data.offset": "offsets are not built yet in the pipeline; leave it out",
    "features.formula": (
        "formulas are not built yet; "
        "list the columns under features.numeric and features.categorical"
    ),
    "model.type": "the kind of outcome is model.family: binary or multinomial",
    "model.estimator": "other estimators are not built yet; leave it out",
    "gate.approval=manual": (
        "manual approval is not built yet; use automatic, or `logit train` and `logit promote`"
    ),
    "compute.engine": "where rows are summed is compute.backend: threads or dask",
    "score.output=interval": "intervals of predictions are not built yet; leave it out",
}

TYPE_WORDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
}

_ABSENT = object()


def refused_keys(plain: Mapping[str, Any]) -> list[tuple[tuple[str, ...], str]]:
    """The places in a plain config of keys that are refused by name, each with its sentence."""
    found = []
    for entry, sentence in REFUSED_KEYS.items():
        key, _, value = entry.partition("=")
        loc = tuple(key.split("."))
        section: Any = plain
        for part in loc:
            section = section.get(part, _ABSENT) if isinstance(section, Mapping) else _ABSENT
        if section is not _ABSENT and (
            not value or section == value or (isinstance(section, list) and value in section)
        ):
            found.append((loc, sentence))
    return found


def explanation(detail: Mapping[str, Any], loc: tuple[Any, ...]) -> str:
    """The sentence for one of Pydantic's errors, without its full stop; loc: the key's place."""
    kind, found = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        known = keys_at(loc[:-1])
        near = get_close_matches(str(loc[-1]), known, 1, 0.5)
        return (
            f"unknown key (did you mean '{near[0]}'?)"
            if near
            else f"unknown key; known are {', '.join(known)}"
        )
    if kind == "missing":
        return "this key is required"
    if kind == "literal_error":
        choices = [
            c.strip("'") for c in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")
        ]
        near = get_close_matches(str(found), choices, 1, 0.5)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        return f"{shown(found)} is not one of {', '.join(choices)}{hint}"
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind in TYPE_WORDS:
        return f"expected {TYPE_WORDS[kind]}, found {shown(found)}"
    return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, found {shown(found)}"


def keys_at(loc: tuple[Any, ...]) -> list[str]:
    """The keys of the section at a place in the model."""
    model: Any = Config
    for part in loc:
        field = (
            model.model_fields.get(part)
            if isinstance(model, type) and issubclass(model, BaseModel)
            else None
        )
        if field is None:
            return []
        kinds = [field.annotation, *get_args(field.annotation)]
        model = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
    return list(model.model_fields) if model is not None else []


def all_keys(parents: tuple[str, ...] = ()) -> list[str]:
    """Every key of the config, dotted."""
    found = []
    for name in keys_at(parents):
        found += [".".join((*parents, name)), *all_keys((*parents, name))]
    return found


def dotted(loc: tuple[Any, ...]) -> str:
    """A place as a person writes it: "model.link"; the whole is "config"."""
    return ".".join(str(part) for part in loc) or "config"
