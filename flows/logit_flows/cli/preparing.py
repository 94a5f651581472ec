"""The verbs before and around a run: init, check, schema, doctor."""

import json
from pathlib import Path
from typing import Annotated

import typer

from logit_engine.errors import UsageError
from logit_flows.cli.options import (
    CONFIG,
    AsJson,
    ConfigFile,
    ConfigPath,
    Overrides,
    print_json,
    read,
    tell_steps,
)
from logit_flows.cli.terminal import say, say_table


def init(
    data: Annotated[
        Path,
        typer.Argument(help="A file: .csv .tsv .txt .data, also .gz or .zst, or .parquet."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write it; default: config.yaml beside the data."),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="The outcome's column; default: a guess.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at a file and write a first config for it, each guess with its reason."""
    from logit_flows.first_config.guessing import first_config

    if not data.exists():
        raise UsageError(f"{data}: there is no such file.")
    file = out or data.parent / "config.yaml"
    if file.exists():
        raise UsageError(f"{file} exists; name another file by --out.")
    made = first_config(data, file, target)
    file.write_text(made.text, encoding="utf-8")
    if as_json:
        print_json({"config": str(file), "guesses": list(made.said)})
        return
    say(f"Wrote {file}.")
    for sentence in made.said:
        say(f"  {sentence}")
    say("Next: logit train" + ("" if file == CONFIG else f" --config {file}"))


def check(
    path: ConfigPath = None,
    file: ConfigFile = CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Say what train would make of config and data, or every problem at once; publish nothing."""
    from logit_flows.recipes.checking import check as run_check

    config = read(path or file, overrides)
    tell_steps(as_json)
    found = run_check(config)
    from logit_flows.reports.checked_text import checked_content, checked_text

    if as_json:
        print_json(checked_content(found))
    else:
        say(checked_text(config, found))


def schema(as_json: AsJson = False) -> None:
    """Print the JSON Schema of the config, for editors; with --json and without it the same."""
    from logit_flows.config.reading import json_schema

    say_table(json.dumps(json_schema(), indent=2))


def doctor(path: ConfigPath = None, file: ConfigFile = CONFIG, as_json: AsJson = False) -> None:
    """Say whether this machine can run it all."""
    from logit_flows.operations.doctor import examine

    findings = examine(path or file)
    if as_json:
        print_json([{"check": f.check, "fine": f.fine, "found": f.found} for f in findings])
    else:
        for f in findings:
            say(f"{'ok  ' if f.fine else 'FAIL'}  {f.check}: {f.found}")
    if not all(f.fine for f in findings):
        raise typer.Exit(1)
