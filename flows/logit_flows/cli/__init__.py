"""The command line: the `logit` command."""

import atexit
import gc
import sys

from logit_flows.cli import stopping

__all__ = ["main"]

MIN_NEW_OBJECTS = 10_000  # between two looks for garbage


def look_rarely_for_garbage() -> None:
    """Let Python look for unused cycles of objects more rarely, and not when the command ends.

    A verb imports a thousand modules, which stay: each look goes through their objects anew.
    """
    gc.set_threshold(MIN_NEW_OBJECTS)
    atexit.register(gc.freeze)


def main() -> None:
    """Run the `logit` command, which a signal stops at any time, also while it is imported."""
    stopping.stop_on_signals()
    look_rarely_for_garbage()
    try:
        from logit_flows.cli.application import run_command

        run_command()
    except BaseException:
        code = stopping.exit_code()
        if code is None:
            raise
        from logit_flows.cli.terminal import complain

        complain("stopped.")
        sys.exit(code)
