"""How the command ends: exit codes, and a sentence on a line of its own."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.support.command import ROOT

EXAM = ROOT / "data" / "exam" / "config.yaml"


def test_on_a_terminal_an_error_clears_the_line_of_the_last_step(tmp_path: Path) -> None:
    words = ["train", str(EXAM), "--no-prefect", "--set", f"store={tmp_path}"]
    written = on_terminal([*words, "--set", "features.numeric=[hour]"])
    assert (
        "load dataset\r\x1b[Klogit: data/exam/students.parquet: column 'hour' is not in the data"
        in written
    )


def on_terminal(words: list[str]) -> str:
    """What the command writes to a terminal."""
    reader, terminal = pty.openpty()
    command = [sys.executable, "-m", "logit_flows", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=terminal, stderr=terminal):
        os.close(terminal)
    written = os.read(reader, 65536)
    os.close(reader)
    return written.decode()
