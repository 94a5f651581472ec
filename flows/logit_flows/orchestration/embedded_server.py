"""Prefect's embedded server, kept from Ctrl-C.

A terminal sends Ctrl-C to all processes. A flow that is stopped still reports its state: without a
server it would try for minutes.
"""

import subprocess
from typing import Any

from prefect.server.api.server import SubprocessASGIServer

from logit_flows.recipes.running import held_interrupts


def keep_from_interrupts() -> None:
    """Let the embedded server, when it is started, leave Ctrl-C to this process."""
    start = SubprocessASGIServer._run_uvicorn_command

    def start_held(self: SubprocessASGIServer) -> subprocess.Popen[Any]:
        with held_interrupts():
            return start(self)

    SubprocessASGIServer._run_uvicorn_command = start_held  # type: ignore[method-assign]
