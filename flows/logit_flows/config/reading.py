"""The reading of a configuration: the only place that knows YAML and the lines of a file."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.representer import SafeRepresenter

from logit_engine.errors import UsageError
from logit_flows.config.checking import checked
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError, shown
from logit_flows.config.yaml_size import TOO_DEEP, size_problem

# What the reader raises: of dates and numbers that are none a plain ValueError.
NOT_YAML = (YAMLError, RecursionError, ValueError)


NAMING_SECTIONS = ("data", "split", "features")  # that name columns
MAX_SHOWN_TEXT = 60  # characters of what stands in place of keys
DATA_ENDINGS = (".csv", ".tsv", ".txt", ".data", ".parquet", ".gz", ".zst", ".xlsx", ".xls")


def read_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """The config of a YAML file, with overrides `key.sub=value` merged in.

    Raises ConfigError with every problem, UsageError for other kinds of arguments.
    """
    if not isinstance(path, str | Path):
        raise UsageError(
            f"read_config takes the path of a config file, but got {type(path).__name__}."
        )
    is_list = isinstance(overrides, Sequence) and not isinstance(overrides, str)
    if not is_list or not all(isinstance(text, str) for text in overrides):
        raise UsageError(f"overrides is {overrides!r}; it is a list, ['model.link=probit'] say.")
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


def to_yaml(content: Mapping[str, Any]) -> str:
    """A mapping as YAML; the same content gives the same text."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.Representer = _Representer
    out = io.StringIO()
    yaml.dump(dict(content), out)
    return out.getvalue()


class _Representer(SafeRepresenter):
    """Texts that hold a next-line character stand in double quotes: elsewhere it is a blank."""

    def represent_str(self, data: str) -> Any:
        style = '"' if "\x85" in data else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Representer.add_representer(str, _Representer.represent_str)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the config, for editors."""
    return Config.model_json_schema()


def _load(file: Path) -> Any:
    if file.is_file() and file.suffix.lower() in DATA_ENDINGS:
        raise ConfigError(
            [f"{file} is data, no config: write a config for it by `logit init {file}`."]
        )
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
    except NOT_YAML as error:
        raise ConfigError([f"{file}: this is not YAML ({_said(error)})."]) from None
    if not isinstance(raw, dict):
        found = shown(raw)
        found = found if len(found) <= MAX_SHOWN_TEXT else f"{found[:MAX_SHOWN_TEXT]}..."
        raise ConfigError([f"{file}:1: expected keys with values, found {found}."])
    if problem := size_problem(raw):
        raise ConfigError([f"{file}: {problem}."])
    return raw


def _said(error: Exception) -> str:
    """What is wrong with a text that is not YAML."""
    return TOO_DEEP if isinstance(error, RecursionError) else str(error).split("\n")[0].lower()


def _override(raw: Any, overrides: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Merge the overrides in. Returns their texts by dotted key, and by the sections they made."""
    spoken: dict[str, str] = {}
    made: dict[str, str] = {}
    for text in overrides:
        key, found, value = text.partition("=")
        if not found or not key.strip():
            raise ConfigError([f"--set {text}: expected key.sub=value."])
        try:
            parsed = _value_of(value)
        except NOT_YAML:
            raise ConfigError([f"--set {text}: the value is not YAML."]) from None
        if problem := size_problem(parsed):
            raise ConfigError([f"--set {key.strip()}: {problem}."])
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


def _value_of(text: str) -> Any:
    """The value of an override, its merge keys as references: a safe reader writes them out."""
    return YAML(typ="rt").load(text)


def _only_in_file(raw: Any, loc: tuple[Any, ...], key: str, text: str) -> bool:
    """Whether what stands at a place was merged with this override, and not typed in it."""
    typed: Any = _value_of(text.partition("=")[2])
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


def line_of(file: Path, key: str) -> int | None:
    """The line, from 1, of the deepest part of a dotted key in a file; None without any part."""
    try:
        raw = _load(file)
    except (ConfigError, OSError):
        return None
    loc = tuple(key.split("."))
    return _line(raw, loc) if loc[0] in raw else None


def line_naming(file: Path, column: str) -> int | None:
    """The line, from 1, where a file first names a column; None if it does not."""
    try:
        raw = _load(file)
    except (ConfigError, OSError):
        return None
    places = (_place_of(raw.get(section), column) for section in NAMING_SECTIONS)
    found = [
        _line(raw, (section, *place))
        for section, place in zip(NAMING_SECTIONS, places, strict=True)
        if place is not None
    ]
    return min(found, default=None)


def _place_of(value: Any, column: str) -> tuple[Any, ...] | None:
    """Where a column's name stands in a section, as a value or as a key."""
    if isinstance(value, Mapping):
        parts = list(value.items())
        if column in value:
            return (column,)
    elif isinstance(value, list):
        parts = list(enumerate(value))
    else:
        return () if value == column else None
    inner = ((key, _place_of(part, column)) for key, part in parts)
    return next(((key, *place) for key, place in inner if place is not None), None)


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
