"""How the command ends: exit codes, and a sentence on a line of its own."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.support.command import ROOT

EXAM = ROOT / "data" / "exam" / "config.yaml"


def test_on_a_terminal_an_error_clears_the_line_of_the_last_step(tmp_path: Path) -> None:
    words = ["train", str(EXAM), "--no-prefect", "--set", f"store={tmp_path}"]
    written = on_terminal([*words, "--set", "features.numeric=[hour]"])
    assert (
        "load dataset\r\x1b[Klogit: data/exam/students.parquet: column 'hour' is not in the data"
        in written
    )


def test_training_imports_no_package_that_it_does_not_need(tmp_path: Path) -> None:
    """Pandas too: pyarrow imports it on the quiet, where it is installed, for 0.3 s."""
    code = f"""
import sys
from logit_flows.config.reading import read_config
from logit_flows.recipes.retraining import retrain
for link in ("logit", "probit"):
    retrain(read_config({str(EXAM)!r}, ["store={tmp_path}", f"model.link={{link}}"]))
print(sorted({{"pandas", "prefect", "matplotlib", "jinja2", "sklearn"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr


@pytest.mark.parametrize("width", [60, 80])
def test_at_a_narrow_width_nothing_wraps(tmp_path: Path, width: int) -> None:
    config = ["--config", "data/voters/config.yaml", "--set", f"store={tmp_path}"]
    for words in (["train", "--no-prefect"], ["check"], ["runs"], ["show"]):
        written = on_terminal([*words, *config], width).replace("\r\n", "\n")
        lines = re.sub(r"[^\r\n]*\r\x1b\[K", "", written).split("\n")
        lines = [line for line in lines if str(tmp_path) not in line]
        assert len(lines) > 3, written
        assert max(map(cell_len, lines)) <= width, written
        assert ("Left out to fit the width: " in written) == (words != ["check"])
    assert "Left out" not in on_terminal(["show", "--wide", *config], width)


def on_terminal(words: list[str], width: int = 80) -> str:
    """What the command writes to a terminal of a width."""
    reader, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-m", "logit_flows", *words]
    written = b""
    with subprocess.Popen(command, cwd=ROOT, stdout=terminal, stderr=terminal, env=environment):
        os.close(terminal)
        with suppress(OSError):  # the end of a terminal is an error
            while part := os.read(reader, 65536):
                written += part
    os.close(reader)
    return written.decode()
