"""A served deployment gets Scheduled runs, and one of them fires and publishes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    """A copy of the exam with a schedule of every minute."""
    shutil.copytree(
        ROOT / "data" / "exam", tmp_path / "exam", ignore=shutil.ignore_patterns("store")
    )
    config = tmp_path / "exam" / "config.yaml"
    config.write_text(
        config.read_text() + '\nschedule: {cron: "* * * * *", timezone: America/New_York}\n'
    )
    return config


@pytest.fixture
def serving(exam: Path, tmp_path: Path) -> Iterator[str]:
    """`logit schedule` in a process of its own; the URL of the server it started."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    command = [sys.executable, "-m", "logit_flows", "schedule", "--config", str(exam)]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            command,
            env=kept | {"PREFECT_HOME": str(tmp_path / "prefect")},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        said = wait_for(lambda: (tmp_path / "log").read_text(), 120, process)
        yield said.strip().splitlines()[0].rsplit(" ", 1)[1]
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_for(ask: Any, seconds: float, process: Any = None) -> Any:
    """The first true answer within the time; fails the test without one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        assert process is None or process.poll() is None, "the process ended"
        time.sleep(0.5)
    pytest.fail(f"nothing within {seconds:.0f} s")


def flow_runs(url: str, state: str) -> list[dict[str, Any]]:
    """The server's flow runs of a state type."""
    query = json.dumps({"flow_runs": {"state": {"type": {"any_": [state]}}}}).encode()
    request = urllib.request.Request(
        f"{url}/flow_runs/filter", query, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


def test_a_served_retrain_is_scheduled_fires_and_publishes(exam: Path, serving: str) -> None:
    scheduled = wait_for(lambda: flow_runs(serving, "SCHEDULED"), 90)
    assert all(run["deployment_id"] and run["auto_scheduled"] for run in scheduled)
    champion = exam.parent / "store" / "exam" / "champion.json"
    wait_for(champion.exists, 150)
    pointer = json.loads(champion.read_text())
    run = exam.parent / "store" / "exam" / "runs" / pointer["run"]
    assert (run / "manifest.json").exists()
    # its line comes after the promotion
    attempts = exam.parent / "store" / "exam" / "attempts.jsonl"
    wait_for(lambda: attempts.exists() and attempts.read_text().endswith("\n"), 30)
    assert json.loads(attempts.read_text().splitlines()[0])["orchestrator"]
