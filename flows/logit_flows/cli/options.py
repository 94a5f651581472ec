"""What the verbs share: options, reading the config, telling progress, printing JSON."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logit_flows.cli.stopping import stop_if_asked
from logit_flows.cli.terminal import say_table, show_step

if TYPE_CHECKING:
    from logit_flows.config.model import Config

CONFIG = Path("config.yaml")
ConfigFile = Annotated[Path, typer.Option("--config", help="The config file.")]
ConfigPath = Annotated[
    Path | None, typer.Argument(help="The config file; the same as --config.", show_default=False)
]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", help="Override a key: key.sub=value. May be repeated.")
]
Wide = Annotated[
    bool, typer.Option("--wide", help="Print every column, however narrow the terminal.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Prefect = Annotated[
    bool | None,
    typer.Option(
        "--prefect/--no-prefect",
        help="Run as a Prefect flow or as plain functions; else as the config says.",
    ),
]
Relearn = Annotated[
    bool,
    typer.Option("--relearn", help="Learn anew what the columns are, where files contradict it."),
]


_files_read: list[Path] = []


def read(file: Path, overrides: list[str] | None) -> "Config":
    """The config of the file with the overrides of --set. Raises ConfigError with every problem."""
    from logit_flows.config.reading import read_config

    _files_read.append(file)
    return read_config(file, overrides or [])


def line_to_paste(error: Exception) -> str | None:
    """File, line and YAML to paste, for an error that a key of the config cures; of a column that
    is not in the data, the line that names it.
    """
    from logit_flows.config.reading import line_naming, line_of
    from logit_flows.config.remedies import remedy_of

    if not _files_read:
        return None
    remedy = remedy_of(error)
    if remedy is None:
        absent = getattr(error, "names", {}).get("absent")
        named = None if absent is None else line_naming(_files_read[-1], absent)
        return None if named is None else f"{_files_read[-1]}, line {named}, names '{absent}'."
    line = line_of(_files_read[-1], remedy.key)
    return f"{_files_read[-1]}{'' if line is None else f', line {line}'}:  {remedy.yaml}"


def tell_steps(as_json: bool) -> None:
    """Say each step on stderr as it starts: one changing line on a terminal.

    In a verb that was stopped no thread begins another step.
    """
    from logit_flows.recipes.running import listen

    listen(lambda step: stop_if_asked())
    if as_json:
        return
    started = time.perf_counter()
    listen(lambda step: show_step(f"{time.perf_counter() - started:6.2f} s  {step}"))


def print_json(content: Any) -> None:
    """Print one JSON document, its keys in order."""
    from logit_engine.storage.publish import canonical_json

    say_table(canonical_json(content, indent=2))
