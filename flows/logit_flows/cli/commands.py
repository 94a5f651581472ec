"""The `logit` command: arguments in, recipes run, tables or JSON out, and an exit code; no arithmetic, no Prefect here.

Exit codes: 0 done (a kept champion is done), 1 failed, 2 usage, config or data contract, 3 not promoted (on request).
Each verb imports what it needs when it runs, so that help, check and show answer at once.
"""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logit_engine.errors import DataError, LogitEngineError, UsageError

if TYPE_CHECKING:
    from logit_flows.config.model import Config
    from logit_flows.recipes.training import Trained

app = typer.Typer(
    help="Logistic regression that runs in production: train, judge, promote and score from one YAML file.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

CONFIG = Path("config.yaml")
ConfigFile = Annotated[Path, typer.Option("--config", help="The config file.")]
ConfigPath = Annotated[Path | None, typer.Argument(help="The config file; the same as --config.", show_default=False)]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="Override a key: key.sub=value. May be repeated.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
NoPrefect = Annotated[bool, typer.Option("--no-prefect", help="Run plain functions, without Prefect.")]


def main() -> None:
    """Run the command; a known error is its sentence on stderr and its exit code, never a traceback."""
    from logit_flows.config.model import ConfigError

    try:
        app()
    except (ConfigError, DataError, UsageError) as error:
        _fail(str(error), 2)
    except LogitEngineError as error:
        _fail(str(error), 1)
    except OSError as error:
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}.", 1)
    except KeyboardInterrupt:
        _fail("stopped.", 1)


def _fail(text: str, code: int) -> None:
    for line in text.splitlines():
        print(f"logit: {line}", file=sys.stderr)
    sys.exit(code)


def _read(path: Path | None, config: Path, overrides: list[str] | None) -> "Config":
    from logit_flows.config.reading import read_config

    return read_config(path or config, overrides or [])


def _progress(as_json: bool) -> None:
    """Say each step as it starts, on stderr: on one changing line of a terminal, in plain lines elsewhere."""
    if as_json:
        return
    from logit_flows.recipes.running import listen

    started = time.perf_counter()
    terminal = sys.stderr.isatty()

    def say(step: str) -> None:
        text = f"{time.perf_counter() - started:6.2f} s  {step}"
        print(f"\r\033[K{text}" if terminal else text, end="" if terminal else "\n", file=sys.stderr, flush=True)

    listen(say)


def _done() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _print_json(content: Any) -> None:
    from logit_engine.storage.publish import canonical_json

    print(canonical_json(content, indent=2))


@app.command()
def init(
    data: Annotated[Path, typer.Argument(help="A Parquet or CSV file.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write it; default: config.yaml beside the data.")
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help="The outcome's column; default: a guess.")] = None,
) -> None:
    """Look at a data set and write a first config for it."""
    from logit_flows.config.model import from_mapping
    from logit_flows.config.reading import to_yaml
    from logit_flows.steps.first_config import first_config

    if not data.exists():
        raise UsageError(f"{data}: there is no such file.")
    file = out or data.parent / "config.yaml"
    if file.exists():
        raise UsageError(f"{file} exists; name another file by --out.")
    content, said = first_config(data, target)
    if out is not None:
        content["data"]["source"] = str(data.resolve())
    from_mapping(content, file.parent)
    file.write_text("# Written by `logit init`: guesses, to be corrected.\n" + to_yaml(content), encoding="utf-8")
    print(f"Wrote {file}.")
    for sentence in said:
        print(f"  {sentence}")
    print(f"Next: logit check --config {file}")


@app.command()
def check(
    path: ConfigPath = None, config: ConfigFile = CONFIG, set_: Overrides = None, as_json: AsJson = False
) -> None:
    """Validate the config and the data contract, without fitting: every problem at once."""
    from logit_flows.steps.load import load

    read = _read(path, config, set_)
    dataset = load(read)
    facts = {
        "rows": dataset.rows,
        "dropped": dataset.dropped,
        "files": len(dataset.paths),
        "sha256": dataset.fingerprint,
    }
    if as_json:
        _print_json(facts)
        return
    dropped = f", {dataset.dropped:,} more without a target" if dataset.dropped else ""
    print(f"{read.name}: config and data are fine; {dataset.rows:,} rows in {len(dataset.paths)} files{dropped}.")


@app.command()
def train(
    path: ConfigPath = None,
    config: ConfigFile = CONFIG,
    set_: Overrides = None,
    as_json: AsJson = False,
    no_prefect: NoPrefect = False,
) -> None:
    """Load, check, split, normalize, fit, evaluate and publish a run."""
    read = _read(path, config, set_)
    _progress(as_json)
    if no_prefect:
        from logit_flows.recipes.training import train as run_train

        trained = run_train(read)
    else:
        from logit_flows.orchestration.tasks import train_flow

        trained = train_flow(read.content(), str(read.folder))
    _done()
    if as_json:
        _print_json(_train_content(trained))
        return
    _print_run(trained.model, trained.evaluation, read.name)
    _print_place(trained)


def _train_content(trained: "Trained") -> dict[str, Any]:
    from logit_engine.storage.model_file import coefficient_table
    from logit_flows.steps.publish import evaluation_content

    return {
        "run": trained.run,
        "folder": trained.folder,
        "reused": trained.reused,
        "champion": trained.champion,
        "converged": trained.model.result.converged,
        "status": trained.model.result.status.sentence,
        "notes": [*trained.model.notes, *trained.model.result.notes],
        "metrics": evaluation_content(trained.evaluation),
        "coefficients": coefficient_table(trained.model).drop("covariance").to_dicts(),
    }


def _print_run(model: Any, evaluation: Any, name: str) -> None:
    from logit_engine.reporting.summary import summarize
    from logit_flows.reports.printing import metrics_text

    target = model.target
    title = f"{name}: {target.column}" + ("" if model.result.classes else f" = {target.positive}")
    units = model.design.units
    scaled = model.result if units.center.any() or (units.scale != 1.0).any() else None
    print(summarize(model.original, scaled, title=title))
    if model.notes:
        print()
        print("\n".join(model.notes))
    print()
    print(metrics_text(evaluation))


def _print_place(trained: "Trained") -> None:
    state = "already published and verified" if trained.reused else "published"
    print(f"\nRun {trained.run} {state} in {trained.folder}" + ("; it is the champion." if trained.champion else "."))


@app.command()
def score(
    cohorts: Annotated[list[str] | None, typer.Argument(help="Files or globs; default: score.cohorts.")] = None,
    model: Annotated[str, typer.Option("--model", help="A run id, or champion.")] = "champion",
    config: ConfigFile = CONFIG,
    set_: Overrides = None,
    as_json: AsJson = False,
    no_prefect: NoPrefect = False,
) -> None:
    """Score cohorts with the champion, or another run: one published file each."""
    read = _read(None, config, set_)
    patterns = [str(Path(pattern).resolve()) for pattern in cohorts or []] or list(read.score.cohorts or [])
    _progress(as_json)
    if no_prefect:
        from logit_flows.recipes.scoring import score as run_score

        scored = run_score(read, patterns, model)
    else:
        from logit_flows.orchestration.tasks import score_flow

        scored = score_flow(read.content(), str(read.folder), patterns, model)
    _done()
    if as_json:
        from dataclasses import asdict

        _print_json([asdict(s) for s in scored])
        return
    for s in scored:
        print(s.sentence)
        print(f"  {s.path}")


@app.command()
def retrain(
    path: ConfigPath = None,
    config: ConfigFile = CONFIG,
    set_: Overrides = None,
    as_json: AsJson = False,
    no_prefect: NoPrefect = False,
    require_promotion: Annotated[bool, typer.Option("--require-promotion", help="Exit with 3 if kept.")] = False,
) -> None:
    """Train a challenger, hold it against the champion at the gate, promote it or say why not."""
    read = _read(path, config, set_)
    _progress(as_json)
    if no_prefect:
        from logit_flows.recipes.retraining import retrain as run_retrain

        outcome = run_retrain(read)
    else:
        from logit_flows.orchestration.tasks import retrain_flow

        outcome = retrain_flow(read.content(), str(read.folder))
    _done()
    decision = outcome.decision
    if as_json:
        content = {"promoted": decision.promote, "reasons": list(decision.reasons), "champion_before": outcome.champion}
        _print_json({**content, "challenger": outcome.trained.run})
    else:
        print(f"Challenger {outcome.trained.run} against champion {outcome.champion or '(none yet)'}.")
        print(decision.sentence)
    if require_promotion and not decision.promote:
        raise typer.Exit(3)


@app.command()
def experiment(
    path: ConfigPath = None,
    config: ConfigFile = CONFIG,
    set_: Overrides = None,
    as_json: AsJson = False,
    no_prefect: NoPrefect = False,
) -> None:
    """Run the config's matrix, each cell cross-validated and published, and write a leaderboard."""
    read = _read(path, config, set_)
    _progress(as_json)
    if no_prefect:
        from logit_flows.recipes.experimenting import experiment as run_experiment

        board = run_experiment(read)
    else:
        from logit_flows.orchestration.tasks import experiment_flow

        board = experiment_flow(read.content(), str(read.folder))
    _done()
    if as_json:
        _print_json({"experiment": board.experiment, "path": board.path, "cells": board.table.to_dicts()})
        return
    from logit_flows.reports.printing import frame_text

    print(frame_text(board.table))
    print(f"\nLeaderboard in {board.path}")


@app.command()
def schedule(path: ConfigPath = None, config: ConfigFile = CONFIG, set_: Overrides = None) -> None:
    """Register the retrain under the config's cron with Prefect, and serve it until stopped."""
    read = _read(path, config, set_)
    if read.schedule is None:
        raise UsageError(f"{path or config} has no schedule; set schedule.cron and schedule.timezone.")
    from logit_flows.orchestration.serving import scheduling_server, serve

    with scheduling_server() as url:
        print(
            f"Serving the retrain of {read.name} at '{read.schedule.cron}' ({read.schedule.timezone}), {url}",
            flush=True,
        )
        serve(read)


@app.command()
def runs(path: ConfigPath = None, config: ConfigFile = CONFIG, set_: Overrides = None, as_json: AsJson = False) -> None:
    """List the published runs."""
    from dataclasses import asdict

    from logit_flows.store.layout import Store

    read = _read(path, config, set_)
    entries = Store(read.resolve(read.store), read.name).runs()
    if as_json:
        _print_json([asdict(entry) for entry in entries])
        return
    if not entries:
        print(f"{read.name} has no runs yet; publish one by `logit train`.")
    for entry in entries:
        marks = [word for word, on in (("champion", entry.champion), ("anchor", entry.anchor)) if on]
        print(f"{entry.run}  {entry.created or '':<29}  {', '.join(marks)}".rstrip())


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="A run id or its beginning, or champion.")] = "champion",
    config: ConfigFile = CONFIG,
    set_: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Show a run: its coefficients, its notes and its metrics."""
    from logit_engine.storage.model_file import coefficient_table
    from logit_flows.recipes.training import stored_run
    from logit_flows.steps.identity import open_store
    from logit_flows.steps.publish import evaluation_content

    read = _read(None, config, set_)
    name = open_store(read).resolve(run)
    model, evaluation = stored_run(read, name)
    if as_json:
        coefficients = coefficient_table(model).drop("covariance").to_dicts()
        _print_json({"run": name, "metrics": evaluation_content(evaluation), "coefficients": coefficients})
        return
    _print_run(model, evaluation, f"{read.name} {name}")


@app.command()
def report(
    run: Annotated[str, typer.Argument(help="A run id or its beginning, or champion.")] = "champion",
    config: ConfigFile = CONFIG,
    set_: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Write a run's page: coefficients, metrics, plots, and the path of a penalty that was chosen, in one HTML file."""
    from logit_flows.reports.page import write_report
    from logit_flows.steps.identity import open_store

    read = _read(None, config, set_)
    name = open_store(read).resolve(run)
    path = write_report(read, name)
    if as_json:
        _print_json({"run": name, "report": str(path)})
    else:
        print(path)


@app.command()
def promote(
    run: Annotated[str, typer.Argument(help="A run id or its beginning.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the history.")] = "by hand",
    config: ConfigFile = CONFIG,
    set_: Overrides = None,
) -> None:
    """Make a published run the champion, by hand."""
    from logit_flows.store.layout import Store

    read = _read(None, config, set_)
    store = Store(read.resolve(read.store), read.name)
    current = store.champion()
    champion = store.promote(store.resolve(run), reason, None if current is None else current.run)
    print(f"Run {champion.run} is the champion of {read.name}" + (f"; it was {current.run}." if current else "."))


@app.command()
def schema() -> None:
    """Print the JSON Schema of the config, for editors."""
    from logit_flows.config.reading import json_schema

    print(json.dumps(json_schema(), indent=2))


@app.command()
def doctor(path: ConfigPath = None, config: ConfigFile = CONFIG, as_json: AsJson = False) -> None:
    """Say whether this machine can run it all."""
    from logit_flows.operations.doctor import examine

    findings = examine(path or config)
    if as_json:
        _print_json([{"check": f.check, "fine": f.fine, "found": f.found} for f in findings])
    else:
        for f in findings:
            print(f"{'ok  ' if f.fine else 'FAIL'}  {f.check}: {f.found}")
    if not all(f.fine for f in findings):
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
