"""The verbs about published runs: runs, show, report, promote."""

from typing import Annotated

import typer

from logit_flows.cli.options import (
    CONFIG,
    AsJson,
    ConfigFile,
    ConfigPath,
    Overrides,
    Wide,
    print_json,
    read,
)
from logit_flows.cli.tables import print_run, run_content, say_fitted, table_width
from logit_flows.cli.terminal import say

RunName = Annotated[str, typer.Argument(help="A run id or its beginning, or champion.")]


def runs(
    path: ConfigPath = None,
    file: ConfigFile = CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    wide: Wide = False,
) -> None:
    """List the published runs with their metrics; champion and anchor are marked."""
    from dataclasses import asdict

    from logit_flows.reports.runs_text import runs_text
    from logit_flows.steps.run_list import list_runs

    config = read(path or file, overrides)
    found = list_runs(config)
    if as_json:
        print_json([asdict(run) for run in found])
    elif not found:
        say(f"{config.name} has no runs yet; publish one by `logit train`.")
    else:
        say_fitted(*runs_text(found, table_width(wide)))


def show(
    run: RunName = "champion",
    file: ConfigFile = CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    wide: Wide = False,
) -> None:
    """Show a run: its coefficients, its notes and its metrics."""
    from logit_flows.steps.opening import open_store
    from logit_flows.steps.stored_run import read_run

    config = read(file, overrides)
    name = open_store(config).resolve(run)
    stored = read_run(config, name)
    model, evaluation = stored.model, stored.evaluation
    if as_json:
        print_json({"run": name, **run_content(model, evaluation)})
        return
    print_run(model, evaluation, f"{config.name} {name}", wide)


def report(
    run: RunName = "champion",
    file: ConfigFile = CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Write a run's page: coefficients, metrics and plots in one HTML file."""
    from logit_flows.reports.page import write_report
    from logit_flows.steps.opening import open_store

    config = read(file, overrides)
    name = open_store(config).resolve(run)
    path = write_report(config, name)
    if as_json:
        print_json({"run": name, "report": str(path)})
    else:
        say(str(path))


def promote(
    run: Annotated[str, typer.Argument(help="A run id or its beginning.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the history.")] = "by hand",
    file: ConfigFile = CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Make a published run the champion, by hand."""
    from dataclasses import asdict

    from logit_flows.steps.opening import open_store

    config = read(file, overrides)
    store = open_store(config)
    current = store.champion()
    champion = store.promote(store.resolve(run), reason, None if current is None else current.run)
    if as_json:
        print_json(asdict(champion))
        return
    before = f"; it was {current.run}." if current else "."
    say(f"Run {champion.run} is the champion of {config.name}{before}")
