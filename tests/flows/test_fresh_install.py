"""The version ranges alone, as a user's `pip install` sees them, give a flow that runs."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def copy_of_the_source(folder: Path) -> Path:
    """What an install needs, copied, because building leaves files behind in the folder that it
    builds from.
    """
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    for package in ("logit_engine", "flows"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return folder


def run(*command: object, cwd: Path) -> str:
    """What the command printed, in an environment with a Prefect home of its own and the
    caller's settings of pip.
    """
    (home := cwd / "prefect-home").mkdir(exist_ok=True)
    own = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PREFECT_", "PYTHON", "VIRTUAL_ENV"))
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=kept | own,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, (
        f"{command[:4]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    )
    return done.stdout


@pytest.fixture
def python(tmp_path: Path) -> Iterator[Path]:
    """The Python of a new virtual environment, removed afterwards: it would hold most of a
    gigabyte.
    """
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    yield tmp_path / "venv" / "bin" / "python"
    shutil.rmtree(tmp_path / "venv")


def test_the_ranges_alone_resolve_to_something_that_runs_a_flow(
    python: Path, tmp_path: Path
) -> None:
    (source := tmp_path / "source").mkdir()
    run(python, "-m", "pip", "install", "-q", copy_of_the_source(source), cwd=tmp_path)
    run(python, "-m", "pip", "check", cwd=tmp_path)
    shutil.copytree(
        ROOT / "data" / "exam", tmp_path / "exam", ignore=shutil.ignore_patterns("store")
    )
    said = run(
        python.with_name("logit"), "train", "exam/config.yaml", "--prefect", "--json", cwd=tmp_path
    )
    trained = json.loads(said)
    assert [round(float(row["estimate"]), 4) for row in trained["coefficients"]] == [
        -4.0777,
        1.5046,
    ]
    attempt = json.loads((tmp_path / "exam" / "store" / "exam" / "attempts.jsonl").read_text())
    assert attempt["orchestrator"], "the run was not a Prefect flow run"
