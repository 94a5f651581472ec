"""The verbs that run a recipe: train, score, retrain, experiment, and the schedule of a retrain."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar, cast

import typer

from logit_engine.errors import UsageError
from logit_flows.cli.options import (
    CONFIG,
    AsJson,
    ConfigFile,
    ConfigPath,
    Overrides,
    Prefect,
    Relearn,
    Wide,
    print_json,
    read,
    tell_steps,
)
from logit_flows.cli.tables import print_run, run_content, say_fitted, table_width
from logit_flows.cli.terminal import clear_step, say
from logit_flows.operations.orchestrator import named_server, under_prefect

if TYPE_CHECKING:
    from logit_flows.config.model import Config
    from logit_flows.recipes.retraining import Retrained
    from logit_flows.recipes.training import Trained

T = TypeVar("T")


def train(
    path: ConfigPath = None,
    file: ConfigFile = CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    prefect: Prefect = None,
    wide: Wide = False,
    relearn: Relearn = False,
) -> None:
    """Load, check, split, normalize, fit, evaluate and publish a run."""
    from logit_flows.recipes.training import train as run_train

    config = read(path or file, overrides)
    trained = _run_recipe(run_train, config, prefect, as_json, relearn)
    if as_json:
        made = {
            "run": trained.run,
            "folder": trained.folder,
            "reused": trained.reused,
            "champion": trained.champion,
        }
        print_json({**made, **run_content(trained.model, trained.evaluation)})
        return
    print_run(trained.model, trained.evaluation, config.name, wide)
    from logit_flows.steps.opening import open_store

    pointer = open_store(config).champion()
    _print_place(trained, None if pointer is None else pointer.run)


def _print_place(trained: "Trained", champion: str | None) -> None:
    state = "already published and verified" if trained.reused else "published"
    say(
        f"\nRun {trained.run} {state} in {trained.folder}"
        + ("; it is the champion." if trained.champion else ".")
    )
    if champion is not None and not trained.champion:
        say(
            f"The champion is still {champion}: show, report and score use it. To use this run: "
            f"logit promote {trained.run}"
        )


def score(
    cohorts: Annotated[
        list[str] | None, typer.Argument(help="Files or globs; default: score.cohorts.")
    ] = None,
    model: Annotated[str, typer.Option("--model", help="A run id, or champion.")] = "champion",
    file: ConfigFile = CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    prefect: Prefect = None,
) -> None:
    """Score cohorts with the champion, or another run: one published file each."""
    from logit_flows.recipes.scoring import score as run_score

    config = read(file, overrides)
    patterns = [str(Path(pattern).resolve()) for pattern in cohorts or []] or list(
        config.score.cohorts or []
    )
    scored = _run_recipe(run_score, config, prefect, as_json, patterns, model)
    if as_json:
        from dataclasses import asdict

        print_json([asdict(s) for s in scored])
        return
    for s in scored:
        say(s.sentence)
        say(f"  {s.path}")


def retrain(
    path: ConfigPath = None,
    file: ConfigFile = CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    prefect: Prefect = None,
    relearn: Relearn = False,
    require_promotion: Annotated[
        bool, typer.Option("--require-promotion", help="Exit with 3 if kept.")
    ] = False,
) -> None:
    """Train a challenger, hold it against the champion at the gate, promote it or say why not."""
    from logit_flows.recipes.retraining import retrain as run_retrain

    config = read(path or file, overrides)
    outcome = _run_recipe(run_retrain, config, prefect, as_json, relearn)
    decision = outcome.decision
    if as_json:
        content = {
            "promoted": decision.promote,
            "reasons": list(decision.reasons),
            "champion_before": outcome.champion,
        }
        print_json({**content, "challenger": outcome.trained.run})
    else:
        say(
            f"Challenger {outcome.trained.run} against champion {outcome.champion or '(none yet)'}."
        )
        say(decision.sentence)
        say(_next_sentence(outcome, path or file))
    if require_promotion and not decision.promote:
        raise typer.Exit(3)


def _next_sentence(outcome: "Retrained", file: Path) -> str:
    """What to do after the gate has spoken, with the command to paste."""
    run, champion = outcome.trained.run, outcome.champion
    end = [] if file == CONFIG else ["--config", str(file)]

    def line(*words: str) -> str:
        return shlex.join(["logit", *words, *end])

    if outcome.decision.promote:
        return f"Next: {line('report')}"
    if run == champion:
        return "Next: nothing; retrain when there are new rows or the config has changed."
    promotion = line("promote", run, "--reason", "why")
    return f"Next: {line('report', run)} shows the challenger. To use it all the same: {promotion}"


def experiment(
    path: ConfigPath = None,
    file: ConfigFile = CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    prefect: Prefect = None,
    wide: Wide = False,
) -> None:
    """Run the config's matrix, each cell cross-validated and published, and write a leaderboard."""
    from logit_flows.recipes.experimenting import experiment as run_experiment

    config = read(path or file, overrides)
    board = _run_recipe(run_experiment, config, prefect, as_json)
    if as_json:
        print_json(
            {"experiment": board.experiment, "path": board.path, "cells": board.table.to_dicts()}
        )
        return
    from logit_flows.reports.leaderboard_text import leaderboard_text

    say_fitted(*leaderboard_text(board, table_width(wide)))
    say(f"Leaderboard in {board.path}")


def schedule(
    path: ConfigPath = None,
    file: ConfigFile = CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Register the retrain under the config's cron with Prefect, and serve it until stopped."""
    config = read(path or file, overrides)
    if config.schedule is None:
        raise UsageError(
            f"{path or file} has no schedule; set schedule.cron and schedule.timezone."
        )
    from logit_flows.orchestration.serving import scheduling_server, serve

    with scheduling_server() as url:
        cron, timezone = config.schedule.cron, config.schedule.timezone
        if as_json:
            print_json({"name": config.name, "cron": cron, "timezone": timezone, "server": url})
        else:
            say(f"Serving the retrain of {config.name} at '{cron}' ({timezone}), {url}")
        serve(config)


def _run_recipe(
    recipe: Callable[..., T],
    config: "Config",
    prefect: bool | None,
    as_json: bool,
    *arguments: object,
) -> T:
    """What a recipe returns, as a Prefect flow or as plain functions, each step told as it starts.

    arguments: those of the recipe after its config.
    """
    tell_steps(as_json)
    if under_prefect(config, prefect):
        from logit_flows.orchestration.tasks import FLOWS

        if named_server() is None:
            from logit_flows.orchestration.embedded_server import keep_from_interrupts

            keep_from_interrupts()
        result = cast(T, FLOWS[recipe](config.content(), str(config.folder), *arguments))
    else:
        result = recipe(config, *arguments)
    clear_step()
    return result
