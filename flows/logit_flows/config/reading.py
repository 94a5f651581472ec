"""Reading the configuration: the only place that knows YAML; every problem at once, each with file, line and key."""

import io
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from logit_flows.config.model import Config, cells
from logit_flows.config.problems import ConfigError, shown

Where = Callable[[tuple[Any, ...]], str]

# What is planned but not built: refused by name, never accepted and ignored. A value after "=" names one choice of a key.
LATER = {
    "data.freq_weights": "frequency weights are not built yet; repeat the rows, or leave it out",
    "data.sampling_weights": "sampling weights are not built yet; leave it out",
    "data.offset": "offsets are not built yet in the pipeline; leave it out",
    "features.formula": "formulas are not built yet; list the columns under features.numeric and features.categorical",
    "model.type": "the kind of outcome is model.family: binary or multinomial",
    "model.estimator": "other estimators are not built yet; leave it out",
    "gate.approval=manual": "manual approval is not built yet; use automatic, or `logit train` and `logit promote`",
    "compute.engine": "where rows are summed is compute.backend: threads or dask",
    "score.output=interval": "intervals of predictions are not built yet; leave it out",
}

VARIED = ("features", "normalize", "model")
OUTPUTS = ("split", "target", "linear_predictor", "probability", "predicted_class", "model")

WORDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
}


def read_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """The config of a YAML file, with `key.sub=value` overrides merged in. Raises ConfigError with every problem."""
    file = Path(path)
    raw = _load(file)
    spoken, made = _override(raw, overrides)

    def where(loc: tuple[Any, ...]) -> str:
        dotted = ".".join(str(part) for part in loc)
        if dotted in made:
            return f"--set {made[dotted]}: "
        for key, text in spoken.items():
            typed = dotted == key or dotted.startswith(key + ".")
            if typed and not _only_in_file(raw, loc, key, text):
                return f"--set {text}: "
        return f"{file}:{_line(raw, loc)}: "

    return checked(raw, file.resolve().parent, where)


def checked(raw: Mapping[str, Any], folder: Path, where: Where = lambda loc: "") -> Config:
    """The config of a mapping. Raises ConfigError: keys that come later, unknown keys, wrong values, contradictions."""
    plain = _plain(raw)
    problems = [f"{where(loc)}{_dotted(loc)}: {sentence}." for loc, sentence in _later(plain)]
    refused = {loc for loc, _ in _later(plain)}
    try:
        config = Config.model_validate(plain)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            loc = tuple(part for part in detail["loc"] if not str(part).startswith(("function-", "[key]")))
            if not any(loc[: len(r)] == r for r in refused):
                problems.append(f"{where(loc)}{_dotted(loc)}: {_explain(detail, loc)}.")
        raise ConfigError(problems) from None
    object.__setattr__(config, "_folder", folder)
    problems += [f"{where(loc)}{_dotted(loc)}: {sentence}." for loc, sentence in contradictions(config)]
    if problems:
        raise ConfigError(problems)
    _check_cells(config, where)
    return config


def contradictions(config: Config) -> list[tuple[tuple[str, ...], str]]:
    """Keys that are right alone but not together, each with a sentence."""
    data, split, model, features = config.data, config.split, config.model, config.features
    found: list[tuple[tuple[str, ...], str]] = []

    def refuse(when: bool, key: str, sentence: str) -> None:
        if when:
            found.append((tuple(key.split(".")), sentence))

    used = [*features.numeric, *features.categorical]
    twice = sorted({name for name in used if used.count(name) > 1})
    refuse(not used, "features", "no feature is listed; name columns under numeric or categorical")
    refuse(bool(twice), "features", f"the column '{(twice or [''])[0]}' is listed twice")
    for role in ("id", "target"):
        column = data.target.column if role == "target" else data.id
        refuse(column in used, "features", f"the column '{column}' is data.{role}, so it cannot be a feature")
    several = model.family == "multinomial"
    refuse(not several and data.target.positive is None, "data.target.positive", "a binary model needs it")
    refuse(
        several and data.target.positive is not None,
        "data.target.positive",
        "a multinomial model gives the probability of every class; data.target.base names the one to compare with",
    )
    refuse(not several and data.target.base is not None, "data.target.base", "it goes with model.family multinomial")
    refuse(several and model.link != "logit", "model.link", "a multinomial model has the logit link")
    refuse(
        several and model.covariance.type in ("HC2", "HC3"),
        "model.covariance.type",
        "HC2 and HC3 need one leverage a row, which a multinomial model has not; use HC0 or HC1",
    )
    refuse(
        several and config.evaluate.threshold != 0.5,
        "evaluate.threshold",
        "a multinomial model predicts the most probable class, without a threshold",
    )
    refuse(
        data.id in OUTPUTS,
        "data.id",
        f"'{data.id}' is the name of a column that predictions write themselves; rename the column",
    )
    stray = sorted(set(features.reference) - set(features.categorical))
    refuse(bool(stray), "features.reference", f"'{(stray or [''])[0]}' is not one of features.categorical")
    numeric = features.impute.numeric
    refuse(
        (numeric.strategy == "constant") != (numeric.value is not None),
        "features.impute.numeric",
        "strategy constant goes with a value, and a value with strategy constant",
    )
    refuse(
        numeric.add_indicator and numeric.strategy == "error",
        "features.impute.numeric.add_indicator",
        "an indicator needs something to stand in for the missing value; set strategy",
    )
    method = split.method
    refuse(method == "time" and data.time is None, "split.method", "a time split needs data.time")
    refuse(
        method in ("random", "stratified") and data.id is None and data.cluster is None,
        "split.method",
        f"a {method} split hashes data.id or data.cluster; name one of them",
    )
    refuse(method in ("group", "column") and split.column is None, "split", f"method {method} needs split.column")
    refuse(method == "column" and not split.test, "split", "method column needs split.test, the values that test")
    refuse(method != "column" and split.test is not None, "split.test", "it goes with method column")
    refuse(
        method not in ("group", "column") and split.column is not None, "split.column", "it goes with group or column"
    )
    refuse(
        method == "stratified" and data.cluster is not None,
        "split.method",
        "a stratified split would cut clusters in two; use random, group or time",
    )
    refuse(data.test is not None and method != "none", "data.test", "a test file goes with split: {method: none}")
    refuse(
        model.covariance.type == "cluster" and data.cluster is None,
        "model.covariance.type",
        "a clustered covariance needs data.cluster",
    )
    refuse(
        (model.penalty.type != "none") != (model.penalty.strength is not None),
        "model.penalty",
        "a type goes with a strength, and a strength with a type",
    )
    refuse(
        (model.penalty.type == "elastic_net") != (model.penalty.l1_ratio is not None),
        "model.penalty.l1_ratio",
        "type elastic_net goes with an l1_ratio, and an l1_ratio with type elastic_net",
    )
    compute = config.compute
    refuse(
        compute.scheduler is not None and compute.backend != "dask",
        "compute.scheduler",
        "a scheduler goes with compute.backend dask",
    )
    _penalty_contradictions(config, refuse)
    return found


def _penalty_contradictions(config: Config, refuse: Callable[[bool, str, str], None]) -> None:
    data, penalty = config.data, config.model.penalty
    chosen, by_time = penalty.strength == "cv", penalty.fold_method == "time"
    refuse(
        chosen and not by_time and data.id is None and data.cluster is None,
        "model.penalty.strength",
        "cv makes folds by a hash of data.cluster or data.id; name one of them",
    )
    for key in ("rule", "folds", "fold_method"):
        typed = getattr(penalty, key) != type(penalty).model_fields[key].default
        refuse(not chosen and typed, f"model.penalty.{key}", "it goes with strength: cv")
    refuse(by_time and data.time is None, "model.penalty.fold_method", "folds by time need data.time")
    refuse(
        penalty.fold_method == "stratified" and data.cluster is not None,
        "model.penalty.fold_method",
        "stratified folds would cut clusters in two; use random or time",
    )
    stray = sorted(set(penalty.smooth) - set(config.features.categorical))
    refuse(bool(stray), "model.penalty.smooth", f"'{(stray or [''])[0]}' is not one of features.categorical")
    refuse(
        bool(penalty.smooth) and penalty.type == "none",
        "model.penalty.smooth",
        "ordered levels are drawn to their neighbors by a penalty; set its type and strength",
    )


def to_yaml(content: Mapping[str, Any]) -> str:
    """A mapping as YAML; the same content gives the same text."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    out = io.StringIO()
    yaml.dump(dict(content), out)
    return out.getvalue()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the config, for editors."""
    return Config.model_json_schema()


def _load(file: Path) -> Any:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            [f"{file}: there is no such file; name one by --config, or write one by `logit init`."]
        ) from None
    except IsADirectoryError:
        raise ConfigError([f"{file}: this is a folder; name the config file in it."]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{file}: this is not UTF-8 text."]) from None
    try:
        raw = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = (error.problem or "this is not YAML").split("\n")[0].split(" with value")[0]
        raise ConfigError([f"{file}:{line}: {problem}."]) from None
    except YAMLError as error:
        raise ConfigError([f"{file}: this is not YAML ({str(error).splitlines()[0]})."]) from None
    if not isinstance(raw, dict):
        raise ConfigError([f"{file}:1: expected keys with values, found {shown(raw)}."])
    return raw


def _override(raw: Any, overrides: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Merge the overrides in; returns their texts by dotted key, and by the sections they had to make."""
    spoken: dict[str, str] = {}
    made: dict[str, str] = {}
    for text in overrides:
        key, found, value = text.partition("=")
        if not found or not key.strip():
            raise ConfigError([f"--set {text}: expected key.sub=value."])
        try:
            parsed = YAML(typ="safe", pure=True).load(value)
        except YAMLError:
            raise ConfigError([f"--set {text}: the value is not YAML."]) from None
        *parents, last = key.strip().split(".")
        section = raw
        for depth, parent in enumerate(parents, 1):
            if not isinstance(section.get(parent), dict):
                made[".".join(parents[:depth])] = text
                section[parent] = {}
            section = section[parent]
        _merge(section, last, parsed)
        spoken[key.strip()] = text
    return spoken, made


def _only_in_file(raw: Any, loc: tuple[Any, ...], key: str, text: str) -> bool:
    """Whether what stands at a place was merged with this override, and not typed in it."""
    typed: Any = YAML(typ="safe", pure=True).load(text.partition("=")[2])
    for part in loc:
        if not isinstance(raw, Mapping) or part not in raw:
            return False
        raw = raw[part]
    for part in loc[len(key.split(".")) :]:
        if not isinstance(typed, Mapping):
            return False
        if part not in typed:
            return True
        typed = typed[part]
    return False


def _merge(section: Any, key: str, value: Any) -> None:
    if value is None:
        section.pop(key, None)  # back to its default
    elif isinstance(value, dict) and isinstance(section.get(key), dict):
        for inner, part in value.items():
            _merge(section[key], inner, part)
    else:
        section[key] = value


def _plain(value: Any) -> Any:
    """Plain dicts, lists and scalars, without the marks of the YAML reader."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _later(plain: Mapping[str, Any]) -> list[tuple[tuple[str, ...], str]]:
    found = []
    for entry, sentence in LATER.items():
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


_ABSENT = object()


def _explain(detail: Mapping[str, Any], loc: tuple[Any, ...]) -> str:
    kind, found = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        known = _keys_at(loc[:-1])
        near = get_close_matches(str(loc[-1]), known, 1, 0.5)
        return f"unknown key (did you mean '{near[0]}'?)" if near else f"unknown key; known are {', '.join(known)}"
    if kind == "missing":
        return "this key is required"
    if kind == "literal_error":
        choices = [c.strip("'") for c in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        near = get_close_matches(str(found), choices, 1, 0.5)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        return f"{shown(found)} is not one of {', '.join(choices)}{hint}"
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind in WORDS:
        return f"expected {WORDS[kind]}, found {shown(found)}"
    return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, found {shown(found)}"


def _keys_at(loc: tuple[Any, ...]) -> list[str]:
    """The keys of the section at a place in the model."""
    model: Any = Config
    for part in loc:
        field = model.model_fields.get(part) if isinstance(model, type) and issubclass(model, BaseModel) else None
        if field is None:
            return []
        kinds = [field.annotation, *get_args(field.annotation)]
        model = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
    return list(model.model_fields) if model is not None else []


def _all_keys(parents: tuple[str, ...] = ()) -> list[str]:
    """Every key of the config, dotted."""
    found = []
    for name in _keys_at(parents):
        found += [".".join((*parents, name)), *_all_keys((*parents, name))]
    return found


def _check_cells(config: Config, where: Where) -> None:
    """Every cell of the matrix must be a config of its own."""
    loc = ("experiment", "matrix")
    for key in config.experiment.matrix if config.experiment else ():
        *parents, last = key.split(".")
        known = _keys_at(tuple(parents))
        if last not in known:
            near = get_close_matches(key, _all_keys(), 1, 0.5)
            hint = f" (did you mean '{near[0]}'?)" if near else ""
            raise ConfigError([f"{where((*loc, key))}experiment.matrix: '{key}' is not a key of the config{hint}."])
        if parents[:1] not in [[section] for section in VARIED] and key not in VARIED:
            raise ConfigError(
                [
                    f"{where((*loc, key))}experiment.matrix: '{key}' cannot vary within an experiment; "
                    f"what can is {', '.join(VARIED)}."
                ]
            )
        if not config.experiment.matrix[key]:
            raise ConfigError(
                [f"{where((*loc, key))}experiment.matrix: '{key}' has no values; list some, or leave it out."]
            )
    try:
        for settings, _ in cells(config):
            current = settings
    except ConfigError as error:
        raise ConfigError([f"{where(loc)}experiment.matrix: a cell does not make sense: {error}"]) from None
    except AttributeError:
        raise ConfigError([f"{where(loc)}experiment.matrix: a cell sets a key inside a value ({current})."]) from None


def _dotted(loc: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in loc) or "config"


def line_of(file: Path, key: str) -> int | None:
    """The line, from 1, of the deepest part of a dotted key that stands in a file; None if no part does."""
    try:
        raw = _load(file)
    except (ConfigError, OSError):
        return None
    loc = tuple(key.split("."))
    return _line(raw, loc) if loc[0] in raw else None


def _line(raw: Any, loc: tuple[Any, ...]) -> int:
    """The line, from 1, of the deepest part of the place that stands in the file."""
    line = 0
    for part in loc:
        marks = getattr(raw, "lc", None)
        if marks is None:
            break
        try:
            line = marks.key(part)[0] if isinstance(raw, dict) else marks.item(part)[0]
            raw = raw[part]
        except (KeyError, TypeError, IndexError):
            break
    return line + 1
