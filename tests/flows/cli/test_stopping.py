"""Ctrl-C and SIGTERM: a verb says stopped in every phase, leaves nothing, and has its exit code."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import ROOT
from tests.support.pipeline import city_table

# What the command is doing when the signal comes, as code that makes it come there.
PHASES = {
    "its imports": """
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "logit_flows.cli.application":
            stop()
sys.meta_path.insert(0, Finder())
""",
    "the config": "import logit_flows.config.reading as m; m.read_config = stop",
    "a step": "import logit_flows.recipes.training as m; m.load_dataset.__code__ = stop.__code__",
    "publishing": """
import logit_flows.steps.publish as m
def write(model, path):
    path.write_text("half")
    stop()
m.write_model = write
""",
}
STOP = """
import signal, sys
def stop(*arguments, **more):
    import signal, sys
    signal.raise_signal({number})
    signal.raise_signal({number})
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    city_table(3000).write_parquet(tmp_path / "a.parquet")
    (tmp_path / "config.yaml").write_text(
        "name: demo\n"
        "data: {source: a.parquet, target: {column: y, positive: true}, id: key}\n"
        "features: {numeric: [x, z], categorical: [city]}\n"
        "experiment: {matrix: {model.link: [logit, probit, cloglog, loglog], normalize: [none]}}\n"
    )
    return tmp_path / "config.yaml"


def left_in(folder: Path) -> list[str]:
    """What a run that was stopped left in a store."""
    kept = ("attempts.jsonl", ".lock", ".staging")
    return [path.name for path in folder.rglob("store/**/*") if path.name not in (*kept, "demo")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("phase", PHASES)
def test_a_signal_stops_the_verb_in_every_phase(config: Path, phase: str, number: int) -> None:
    code = STOP.format(number=int(number)) + PHASES[phase]
    code += "\nfrom logit_flows.cli import main\nmain()\n"
    words = [sys.executable, "-c", code, "train", str(config), "--no-prefect"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 128 + number, done.stderr
    assert done.stderr.splitlines()[-1] == "logit: stopped."
    assert "Traceback" not in done.stderr
    assert left_in(config.parent) == []


def stopped_at(line: str, words: list[str], number: int = signal.SIGINT) -> tuple[int, str]:
    """The exit code and stderr of the command, stopped once it has written a line.

    All its processes get Ctrl-C, as they do from a terminal.
    """
    command = [sys.executable, "-m", "logit_flows", *words]
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        said = ""
        while line not in said:
            said += (one := process.stderr.readline())
            assert one, said
        send = os.killpg if number == signal.SIGINT else os.kill
        send(process.pid, number)
        return process.wait(60), said + process.stderr.read()


def test_ctrl_c_stops_the_processes_of_an_experiment(config: Path) -> None:
    code, said = stopped_at("plan experiment", ["experiment", str(config), "--no-prefect"])
    assert (code, said.splitlines()[-1]) == (130, "logit: stopped.")
    assert "Traceback" not in said
    records = (config.parent / "store" / "demo" / "attempts.jsonl").read_text().splitlines()
    assert [json.loads(record)["outcome"] for record in records] == ["stopped"]


@pytest.mark.prefect
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_signal_stops_a_flow_and_its_server(config: Path, number: int) -> None:
    code, said = stopped_at("split rows", ["train", str(config), "--prefect"], number)
    assert (code, said.splitlines()[-1]) == (128 + number, "logit: stopped.")
    assert "Traceback" not in said
    assert "Aborted" not in said
    assert left_in(config.parent) == []
