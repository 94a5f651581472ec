"""The checking of a configuration: from a mapping to a `Config`, or every problem at once."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from logit_flows.config.contradictions import contradictions
from logit_flows.config.explanations import all_keys, dotted, explanation, keys_at, refused_keys
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError

Where = Callable[[tuple[Any, ...]], str]

VARIED = ("features", "normalize", "model")
MATRIX = ("experiment", "matrix")


def from_mapping(content: Mapping[str, Any], folder: str | Path) -> Config:
    """The config of that content, with paths relative to the folder.

    Raises ConfigError with every problem.
    """
    return checked(dict(content), Path(folder))


def with_overrides(config: Config, overrides: Mapping[str, Any]) -> Config:
    """The config with values set by dotted key. Raises ConfigError if it no longer makes sense."""
    content = config.content()
    for key, value in overrides.items():
        *parents, last = key.split(".")
        section = content
        for parent in parents:
            section = section.setdefault(parent, {})
        section[last] = value
    return from_mapping(content, config.folder)


def cells(config: Config) -> Iterator[tuple[dict[str, Any], Config]]:
    """Each combination of the experiment's matrix, in the order written, with its config."""
    for settings in _combinations(config):
        yield settings, _cell_config(config, settings)


def _combinations(config: Config) -> Iterator[dict[str, Any]]:
    matrix = config.experiment.matrix if config.experiment else {}
    for values in product(*matrix.values()) if matrix else ():
        yield dict(zip(matrix, values, strict=True))


def _cell_config(config: Config, settings: Mapping[str, Any]) -> Config:
    return with_overrides(config, {**settings, "experiment.matrix": {}})


def checked(raw: Mapping[str, Any], folder: Path, where: Where = lambda loc: "") -> Config:
    """The config of a mapping; where: the file and line of a place, as a message begins.

    Raises ConfigError for keys that are not built yet, unknown keys, wrong values, contradictions.
    """
    plain = plain_values(raw)
    problems = [f"{where(loc)}{dotted(loc)}: {sentence}." for loc, sentence in refused_keys(plain)]
    refused = {loc for loc, _ in refused_keys(plain)}
    try:
        config = Config.model_validate(plain)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            loc = tuple(
                part for part in detail["loc"] if not str(part).startswith(("function-", "[key]"))
            )
            if not any(loc[: len(r)] == r for r in refused):
                problems.append(f"{where(loc)}{dotted(loc)}: {explanation(detail, loc)}.")
        raise ConfigError(problems) from None
    object.__setattr__(config, "_folder", folder)
    problems += [
        f"{where(tuple(key.split('.')))}{key}: {sentence}."
        for key, sentence in contradictions(config)
    ]
    problems = problems or _matrix_problems(config, where)
    if problems:
        raise ConfigError(problems)
    return config


def _matrix_problems(config: Config, where: Where) -> list[str]:
    """What is wrong with the keys of the matrix, or with its cells; none if each is a config."""
    matrix = config.experiment.matrix if config.experiment else {}
    found = [
        f"{where((*MATRIX, key))}experiment.matrix: {sentence}."
        for key, values in matrix.items()
        if (sentence := _matrix_problem(key, values))
    ]
    if found:
        return found
    told = (text for cell in _combinations(config) for text in _cell_problems(config, cell))
    return [f"{where(MATRIX)}experiment.matrix: {text}" for text in dict.fromkeys(told)]


def _cell_problems(config: Config, settings: Mapping[str, Any]) -> list[str]:
    try:
        _cell_config(config, settings)
    except ConfigError as error:
        return [f"a cell does not make sense: {problem}" for problem in error.problems]
    except AttributeError:
        return ["a cell sets a key inside a value."]
    return []


def _matrix_problem(key: str, values: list[Any]) -> str | None:
    """Why a key cannot stand in the matrix, as a sentence without its stop; None if it can."""
    *parents, last = key.split(".")
    if last not in keys_at(tuple(parents)):
        near = get_close_matches(key, all_keys(), 1, 0.5)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        return f"'{key}' is not a key of the config{hint}"
    if key.split(".")[0] not in VARIED:
        return f"'{key}' cannot vary within an experiment; what can is {', '.join(VARIED)}"
    if not values:
        return f"'{key}' has no values; list some, or leave it out"
    return None


def plain_values(value: Any) -> Any:
    """Plain dicts, lists and scalars, without the marks of the YAML reader."""
    if isinstance(value, Mapping):
        return {str(key): plain_values(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(part) for part in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
