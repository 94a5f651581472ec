"""The door to the terminal: what data hold is shown and not obeyed, and lines fit."""

import ast
import re
import sys
import unicodedata
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from logit_flows.cli import main, terminal
from logit_flows.recipes import running
from rich.cells import cell_len

from logit_engine.reporting.cell_text import cut_text, text_width, visible_text
from tests.support.command import ROOT

CODES = "\x1b]0;t\x07\x9b"
WRITERS = {"flows/logit_flows/cli/terminal.py", "flows/logit_flows/orchestration/listing.py"}


def obeyed(text: str) -> set[str]:
    """The characters of a text that a terminal would obey."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}


def test_what_a_terminal_obeys_is_shown_as_an_escape() -> None:
    assert visible_text("a\x1b[0m\n\x9b\u202eb\u2028\ud800") == r"a\x1b[0m\n\x9b\u202eb\u2028\ud800"
    assert visible_text("one\ntwo\t", keep="\n") == "one\ntwo\\t"
    assert visible_text("é 年齢 👩‍👩‍👧 می‌خواهم") == "é 年齢 👩‍👩‍👧 می‌خواهم"


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "年齢",
        "é",
        "e\u0301",
        "👍",
        "👍🏽",
        "❤️",
        "👩‍👩‍👧",
        "🏳️‍🌈",
        "🇩🇪🇫🇷",
        "ｶﾞ",
        "한글",
        "ก็",
        "…",
        "Ａ",
    ],
)
def test_widths_are_those_of_rich(text: str) -> None:
    assert text_width(text) == cell_len(text)


@pytest.mark.parametrize("text", ["passengers of the second class [third]", "年齢" * 20, "👍" * 9])
@pytest.mark.parametrize("width", [6, 9, 16])
def test_a_long_name_is_cut_in_its_middle_to_the_width(text: str, width: int) -> None:
    cut = cut_text(text, width)
    head, tail = cut.split("…")
    assert width - 2 <= text_width(cut) <= width
    assert text.startswith(head)
    assert text.endswith(tail)
    assert cut_text("short", 5) == "short"


def test_only_the_door_writes_to_the_terminal() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "flows").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "typer.echo")
    }
    assert found == WRITERS


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name, columns, levels, ids and classes hold codes, with a config for it."""
    folder = tmp_path_factory.mktemp("odd") / f"folder{CODES}"
    folder.mkdir()
    rng = np.random.default_rng(7)
    x, level = rng.normal(size=400), rng.integers(0, 3, 400)
    late = rng.random(400) < 1.0 / (1.0 + np.exp(-x))
    frame = pl.DataFrame(
        {
            f"id{CODES}": [f"{i}{CODES}" for i in range(400)],
            f"x{CODES}": x,
            "g": [f"level {k}{CODES}" for k in level],
            "kind": [f"{'abc'[k]}{CODES}" for k in rng.integers(0, 3, 400)],
            f"late{CODES}": [f"yes{CODES}" if y else "no" for y in late],
        }
    )
    frame.write_parquet(folder / f"data{CODES}.parquet")
    unseen = frame.head(20).with_columns(g=pl.lit(f"new{CODES}"))
    unseen.write_parquet(folder / f"cohort{CODES}.parquet")
    frame.head(20).write_parquet(folder / "cohort.parquet")
    quoted = '"' + CODES.encode("unicode_escape").decode()
    (folder / "config.yaml").write_text(
        f"""
name: odd
data:
  source: "data{quoted[1:]}.parquet"
  target: {{column: "late{quoted[1:]}", positive: "yes{quoted[1:]}"}}
  id: "id{quoted[1:]}"
features: {{numeric: ["x{quoted[1:]}"], categorical: [g], min_frequency: 2}}
experiment: {{matrix: {{model.link: [logit, probit]}}, folds: 2}}
"""
    )
    return folder


SEVERAL = (
    "--set=model.family=multinomial",
    "--set=data.target={column: kind, positive: null}",
    "--set=experiment=null",
)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, ["check"]),
        (0, ["train"]),
        (0, ["show"]),
        (0, ["runs"]),
        (0, ["retrain"]),
        (0, ["experiment"]),
        (0, ["report"]),
        (2, ["promote", f"none{CODES}"]),
        (0, ["score", "cohort.parquet"]),
        (2, ["score", f"cohort{CODES}.parquet"]),
        (2, ["score", f"nowhere{CODES}.parquet"]),
        (0, ["train", *SEVERAL]),
        (2, ["check", "--set", "features.numeric=[nowhere]"]),
        (2, ["check", "--set", f"{CODES}=1"]),
        (2, ["check", f"no{CODES}.yaml"]),
        (0, ["init", f"data{CODES}.parquet", "--out", "new.yaml"]),
        (2, ["init", f"data{CODES}.parquet", "--out", "other.yaml", "--target", f"x{CODES}"]),
        (2, ["init", f"data{CODES}.parquet", f"more{CODES}"]),
        (0, ["doctor"]),
    ],
    ids=lambda case: " ".join(map(visible_text, case[:2])) if isinstance(case, list) else str(case),
)
def test_no_verb_writes_a_code_of_the_data(
    odd: Path,
    code: int,
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(odd)
    ended, written = here(words, monkeypatch, capsys)
    assert (ended, obeyed(written)) == (code, set()), written


def test_a_report_shows_the_codes_of_the_data(
    odd: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(odd)
    for words in ((), SEVERAL):
        _, run = here(["train", *words, "--json"], monkeypatch, capsys)
        here(["report", re.search(r'"run": "(\w+)"', run)[1]], monkeypatch, capsys)
    pages = [path.read_text() for path in odd.rglob("*.html")]
    assert len(pages) >= 2
    assert all(obeyed(page) == set() and r"\x1b]0;t" in page for page in pages)


def here(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """The exit code of the command, run in this process, and what it writes."""
    monkeypatch.setattr(running, "_listeners", [])  # those of other commands in this process
    monkeypatch.setattr(sys, "argv", ["logit", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), "".join(capsys.readouterr())


def test_a_sentence_is_broken_between_words_of_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "terminal_width", lambda stream=None: 40)
    terminal.complain("a sentence that has far more than forty characters in it.", "key: " * 12)
    terminal.say("  an indented sentence that keeps the place where it began.")
    terminal.say("Rows      a field of which the text stands below itself.")
    found = capsys.readouterr()
    assert found.err.splitlines() == [
        "logit: a sentence that has far more than",
        "       forty characters in it.",
        "logit: " + "key: " * 12,
    ]
    assert found.out.splitlines() == [
        "  an indented sentence that keeps the",
        "  place where it began.",
        "Rows      a field of which the text",
        "          stands below itself.",
    ]


def test_a_defect_and_a_warning_pass_through_the_door_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal._show_warning(f"odd{CODES}", UserWarning, f"file{CODES}.py", 3)
    terminal._show_defect(ValueError, ValueError(CODES), None)
    written = capsys.readouterr().err
    assert obeyed(written) == set()
    assert written.startswith("file\\x1b]0;t\\x07\\x9b.py:3: UserWarning: odd")
    assert written.endswith("ValueError: \\x1b]0;t\\x07\\x9b\n")
