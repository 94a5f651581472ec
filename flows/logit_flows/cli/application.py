"""The `logit` command: its verbs in the order of its help, and its exit codes.

Exit codes: 0 done (a kept champion is done), 1 failed, 2 usage, config or data contract,
3 not promoted (on request), 130 stopped by Ctrl-C, 143 by SIGTERM.
Each verb imports what it needs when it runs, so that help, check and show answer at once.
"""

import sys
from typing import Annotated

import typer

from logit_engine._version import __version__
from logit_engine.errors import DataError, LogitEngineError, UsageError
from logit_flows.cli import preparing, published, running
from logit_flows.cli.options import line_to_paste
from logit_flows.cli.terminal import complain, open_door, say
from logit_flows.config.problems import ConfigError
from logit_flows.operations.orchestrator import unreachable_server

VERBS = (
    preparing.init,
    preparing.check,
    running.train,
    running.score,
    running.retrain,
    running.experiment,
    running.schedule,
    published.runs,
    published.show,
    published.report,
    published.promote,
    preparing.schema,
    preparing.doctor,
)

app = typer.Typer(
    help="Logistic regression that runs in production: train, judge, promote and score from one "
    "YAML file.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for verb in VERBS:
    app.command()(verb)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"logit-engine {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Options that stand before a verb."""


def run_command() -> None:
    """Run the command. A known error is a sentence on stderr and an exit code, no traceback."""
    open_door()
    try:
        app()
    except LogitEngineError as error:
        for part in error.parts:
            complain(str(part), line_to_paste(part))
        sys.exit(2 if isinstance(error, (ConfigError, DataError, UsageError)) else 1)
    except OSError as error:
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}.", 1)
    except ModuleNotFoundError as error:
        _fail_without(error)
    except Exception as error:
        sentence = unreachable_server(error)
        if sentence is None:
            raise
        _fail(sentence, 1)


def _fail_without(error: ModuleNotFoundError) -> None:
    """Say which library the verb lacks. A missing module of ours is a defect, and is raised."""
    library = str(error.name).partition(".")[0]
    if library in ("logit_engine", "logit_flows"):
        raise error
    package = {"ruamel": "ruamel.yaml"}.get(library, library.replace("_", "-"))
    verb = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    cure = f"install it by `pip install {package}`"
    _fail(f"`logit {verb}` needs {library}, which is not installed: {cure}.", 2)


def _fail(text: str, code: int) -> None:
    complain(text)
    sys.exit(code)
