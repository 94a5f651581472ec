"""The command line: the `logit` command."""

from logit_flows.cli.application import main

__all__ = ["main"]
