"""The command line: the `logit` command."""

import sys

from logit_flows.cli import stopping

__all__ = ["main"]


def main() -> None:
    """Run the `logit` command, which a signal stops at any time, also while it is imported."""
    stopping.stop_on_signals()
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
