"""The verbs before and around a run: init, check, schema, doctor."""

import json
import shlex
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from logit_flows.first_config.source_files import SourceFiles


def init(
    data: Annotated[
        list[Path],
        typer.Argument(
            help="A file (.csv .tsv .txt .data, also .gz or .zst, or .parquet), a folder of such "
            "files, a glob, or several files."
        ),
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
    """Look at data and write a first config for them, each guess with its reason."""
    from logit_flows.first_config.guessing import first_config
    from logit_flows.first_config.source_files import find_source

    source = find_source(data)
    file = out or source.folder / "config.yaml"
    replaced = file.exists()
    if replaced:
        _refuse_changed(file, source, target)
    made = first_config(source, file, target)
    file.write_text(made.text, encoding="utf-8")
    if as_json:
        print_json({"config": str(file), "guesses": list(made.said)})
        return
    again = "again; nobody had changed the one that init wrote" if replaced else ""
    say(f"Wrote {file} {again}".strip() + ".")
    for sentence in made.said:
        say(f"  {sentence}")
    say("Next: logit train" + ("" if file == CONFIG else f" --config {file}"))


def _refuse_changed(file: Path, source: "SourceFiles", target: str | None) -> None:
    """Raise UsageError, unless another target is named and the file is as init wrote it."""
    from logit_flows.first_config.title import is_untouched

    content = file.read_text("utf-8", errors="replace") if file.is_file() else ""
    if target is not None and is_untouched(content, source.title):
        return
    numbers = (file.with_name(f"{file.stem}-{n}{file.suffix}") for n in count(2))
    free = next(other for other in numbers if not other.exists())
    named = [] if target is None else ["--target", target]
    line = shlex.join(["logit", "init", *map(str, source.named), *named, "--out", str(free)])
    raise UsageError(f"{file} exists; name another file by --out: {line}")


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


def doctor(
    path: ConfigPath = None,
    file: ConfigFile = CONFIG,
    as_json: AsJson = False,
    build: Annotated[
        bool,
        typer.Option("--compile", help="First build the compiled loops: a minute, once a machine."),
    ] = False,
) -> None:
    """Say whether this machine can run it all."""
    if build:
        from logit_engine.compiled.building import build_loops

        build_loops()
    from logit_flows.operations.doctor import examine

    findings = examine(path or file)
    if as_json:
        print_json([{"check": f.check, "fine": f.fine, "found": f.found} for f in findings])
    else:
        for f in findings:
            say(f"{'ok  ' if f.fine else 'FAIL'}  {f.check}: {f.found}")
    if not all(f.fine for f in findings):
        raise typer.Exit(1)
