"""The command line: the `logit` command."""

from logit_flows.cli.commands import main

__all__ = ["main"]
