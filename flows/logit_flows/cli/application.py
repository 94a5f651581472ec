"""The `logit` command: its verbs in the order of its help, and an exit code for whatever happens.

Exit codes: 0 done (a kept champion is done), 1 failed, 2 usage, config or data contract, 3 not promoted (on request).
Each verb imports what it needs when it runs, so that help, check and show answer at once.
"""

import sys

import typer

from logit_engine.errors import DataError, LogitEngineError, UsageError
from logit_flows.cli import preparing, published, running

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
    help="Logistic regression that runs in production: train, judge, promote and score from one YAML file.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for verb in VERBS:
    app.command()(verb)


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
