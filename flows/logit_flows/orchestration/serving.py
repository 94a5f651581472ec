"""Serve: the retrain as a Prefect deployment under the config's cron, one run at a time.

Prefect's embedded server runs no scheduler, so a real one is started unless PREFECT_API_URL names
one.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from logit_engine.errors import LogitEngineError
from logit_flows.config.model import Config
from logit_flows.recipes.running import held_interrupts

SERVER_START_SECONDS = 120.0  # seconds for a cold server to answer


@contextmanager
def scheduling_server() -> Iterator[str]:
    """The URL of a server that schedules: the one of PREFECT_API_URL, else one started here and
    stopped at the end.

    Prefect must not be imported before: it reads PREFECT_API_URL once, and would go on with an
    embedded server of its own, which loses the concurrency slots of the other.
    """
    if os.environ.get("PREFECT_API_URL"):
        yield os.environ["PREFECT_API_URL"]
        return
    port = _free_port()
    url = f"http://127.0.0.1:{port}/api"
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with held_interrupts():
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(url, server)
        os.environ["PREFECT_API_URL"] = url
        yield url
    finally:
        os.environ.pop("PREFECT_API_URL", None)
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def serve(config: Config) -> None:
    """Register the retrain under the config's cron and run it when it is due, until stopped."""
    from prefect import serve as serve_deployments
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Cron

    from logit_flows.orchestration.tasks import retrain_flow

    assert config.schedule is not None
    deployment = retrain_flow.to_deployment(
        name=config.name,
        schedule=Cron(config.schedule.cron, timezone=config.schedule.timezone),
        parameters={"config": config.content(), "folder": str(config.folder)},
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
        ),
        tags=["logit-engine", config.name],
    )
    assert isinstance(deployment, RunnerDeployment)  # a coroutine only where an event loop runs
    serve_deployments(deployment, limit=1, print_starting_message=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SERVER_START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise LogitEngineError(
                f"`prefect server start` ended with code {server.returncode}; run it by hand to "
                "see why, or `logit doctor`."
            )
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise LogitEngineError(
        f"the Prefect server did not answer within {SERVER_START_SECONDS:.0f} s; set "
        "PREFECT_API_URL to one that runs."
    )
