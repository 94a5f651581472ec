"""`--json` of every verb: one document on stdout, with the facts that the tables give."""

import inspect
import json
import sys
from pathlib import Path

import pytest
from logit_flows.cli import main
from logit_flows.cli.application import VERBS
from logit_flows.recipes import running

from tests.support.command import ROOT

EXAM = ROOT / "data" / "exam"


def test_every_verb_takes_json() -> None:
    assert [
        verb.__name__ for verb in VERBS if "as_json" not in inspect.signature(verb).parameters
    ] == []


def test_each_verb_gives_one_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def document(*words: str) -> object:
        monkeypatch.setattr(running, "_listeners", [])  # those of other commands here
        monkeypatch.setattr(sys, "argv", ["logit", *words, "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        found = capsys.readouterr()
        assert (ended.value.code, found.err) == (0, "")
        return json.loads(found.out)

    here = ["--config", str(EXAM / "config.yaml"), "--set", f"store={tmp_path}"]
    cells = ["--set", "experiment={matrix: {normalize: [none]}, folds: 2}"]
    assert document("runs", *here) == []
    assert document("check", *here)["rows"] == 20
    trained = document("train", *here, "--no-prefect")
    (listed,) = document("runs", *here)
    assert (listed["run"], listed["train_rows"]) == (trained["run"], 20.0)
    shown = document("show", *here)
    facts = ("run", "notes", "status", "metrics", "coefficients", "penalty", "converged")
    assert {key: shown[key] for key in facts} == {key: trained[key] for key in facts}
    assert any("no row is predicted positive" in note for note in shown["notes"]) == any(
        m["metric"] == "precision" and "nan" in (m["value"], m["baseline"])
        for m in shown["metrics"]
    )
    assert document("retrain", *here, "--no-prefect")["challenger"] == trained["run"]
    assert document("promote", trained["run"], *here)["run"] == trained["run"]
    assert document("score", str(EXAM / "students.parquet"), *here, "--no-prefect")[0]["rows"] == 20
    assert document("experiment", *here, *cells, "--no-prefect")["cells"][0]["rank"] == 1
    assert document("report", *here)["run"] == trained["run"]
    made = document("init", str(EXAM / "students.parquet"), "--out", str(tmp_path / "c.yaml"))
    assert (made["config"], bool(made["guesses"])) == (str(tmp_path / "c.yaml"), True)
    assert "properties" in document("schema")
