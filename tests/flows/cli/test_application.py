"""How the command ends: exit codes, and a sentence on a line of its own."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from logit_flows.cli import main
from logit_flows.recipes import training

from tests.support.command import ROOT

EXAM = ROOT / "data" / "exam" / "config.yaml"


def test_a_verb_that_is_stopped_says_so_and_ends_with_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(config: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", stop)
    words = ["logit", "train", str(EXAM), "--no-prefect", "--set", f"store={tmp_path}"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "logit: stopped.\n")


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
