"""The command as a user types it: its output, its exit codes, nothing half-written left."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from logit_engine._version import __version__
from tests.support.command import ROOT, logit


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    """A copy of the exam's folder."""
    shutil.copytree(
        ROOT / "data" / "exam", tmp_path / "exam", ignore=shutil.ignore_patterns("store")
    )
    return tmp_path / "exam"


@pytest.mark.parametrize("normalize", ["standard", "minmax", "robust", "none"])
def test_the_exam_prints_its_textbook_numbers_however_it_is_normalized(
    exam: Path, normalize: str
) -> None:
    done = logit("train", exam / "config.yaml", "--no-prefect", "--set", f"normalize={normalize}")
    assert done.returncode == 0, done.stderr
    lines = {
        line.split()[0]: line.split()[1:3]
        for line in done.stdout.splitlines()
        if line[:5] in ("inter", "hours")
    }
    assert lines == {"intercept": ["-4.0777", "1.7610"], "hours": ["1.5046", "0.62872"]}


def test_normalizing_changes_no_probability(exam: Path) -> None:
    found = []
    for normalize in ("standard", "none"):
        done = logit(
            "train",
            exam / "config.yaml",
            "--no-prefect",
            "--json",
            "--set",
            f"normalize={normalize}",
            "--set",
            "write.predictions=all",
        )
        folder = Path(json.loads(done.stdout)["folder"])
        found.append(pl.read_parquet(folder / "predictions.parquet")["probability"].to_numpy())
    assert abs(found[0] - found[1]).max() < 1e-12


FAILURES = {
    "a misspelt key": (
        ["--set", "model.lnik=probit"],
        "model.lnik: unknown key (did you mean 'link'?)",
    ),
    "a missing column": (
        ["--set", "features.numeric=[hourz]"],
        "column 'hourz' is not in the data; did you mean 'hours'?",
    ),
    "no such file": (
        ["--set", "data.source=nowhere.parquet"],
        "no data file matches 'nowhere.parquet'",
    ),
    "an unknown reference": (
        ["--set", "features={numeric: [], categorical: [hours]}"],
        "but its values are names: text, whole numbers, true and false, or dates; list it under",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_wrong_config_ends_in_one_sentence_and_code_2(exam: Path, case: str) -> None:
    words, sentence = FAILURES[case]
    done = logit("train", exam / "config.yaml", "--no-prefect", *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(exam.glob("store/*/runs/*"))


def bad_data(exam: Path, text: str) -> subprocess.CompletedProcess[str]:
    (exam / "bad.csv").write_text(text)
    return logit("train", exam / "config.yaml", "--no-prefect", "--set", "data.source=bad.csv")


def test_a_number_column_that_turns_to_text_late_is_named_with_its_row(exam: Path) -> None:
    rows = "".join(f"{i},{i % 7},{i % 2}\n" for i in range(1, 5000)) + "5000,lots,1\n"
    done = bad_data(exam, "student,hours,passed\n" + rows)
    assert done.returncode == 2
    assert "line 5,001 (data row 5,000), column 'hours': 'lots' is not a number" in done.stderr


def test_an_empty_file_and_a_header_alone_are_said(exam: Path) -> None:
    assert "is empty; there is nothing to read" in bad_data(exam, "").stderr
    done = bad_data(exam, "student,hours,passed\n")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_a_target_with_one_class_is_said(exam: Path) -> None:
    done = bad_data(exam, "student,hours,passed\n1,1.5,1\n2,2.5,1\n")
    assert done.returncode == 2
    assert "the target 'passed' is 1 in all rows; a model needs both classes" in done.stderr


def test_duplicate_headers_and_ids_are_said(exam: Path) -> None:
    twice = bad_data(exam, "student,hours,hours,passed\n1,1,1,0\n2,2,2,1\n").stderr
    assert "has the column 'hours' more than once in its header" in twice
    assert (
        "1 of 3 rows repeat an id"
        in bad_data(exam, "student,hours,passed\n1,1.5,1\n1,2.5,0\n2,3,1\n").stderr
    )


def test_separated_data_name_their_column_and_publish_nothing(exam: Path) -> None:
    done = bad_data(exam, "student,hours,passed\n1,1,0\n2,2,0\n3,3,1\n4,4,1\n")
    assert done.returncode == 1
    assert (
        "column 'hours' predicts passed perfectly: passed = 1 in every row with hours above 2,"
        in done.stderr
    )
    assert not list(exam.glob("store/*/runs/*"))
    assert not list(exam.glob("store/.staging/*"))


def test_separated_rows_are_data_rows_of_the_file_with_their_ids(exam: Path) -> None:
    lines = ["student,hours,sleep,passed"]
    for i in range(60):
        hours, sleep = i % 3, (i // 3) % 3
        passed = "" if i == 0 else int(hours > sleep) if hours != sleep else i % 2
        lines.append(f"s{i},{hours},{sleep},{passed}")
    (exam / "bad.csv").write_text("\n".join(lines) + "\n")
    words = (
        "data.source=bad.csv",
        "features.numeric=[hours, sleep]",
        "data.missing_target=drop",
        "split.method=none",
    )
    done = logit(
        "train",
        exam / "config.yaml",
        "--no-prefect",
        *(w for word in words for w in ("--set", word)),
    )
    assert done.returncode == 1, done.stderr
    said = " ".join(done.stderr.split())
    assert (
        "predicts passed perfectly in 40 of 59 rows (data rows 2 (student s1), 3 (student s2), 4 "
        "(student s3)," in said
    )
    assert re.search(r"config\.yaml: model: \{penalty: \{type: l2, strength: 0\.01\}\}", said)


def test_an_unseen_destination_is_refused_under_error_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    store = f"store={tmp_path / 'store'}"
    strict = (
        "--no-prefect",
        "--set",
        store,
        "--set",
        "features.handle_unknown=error",
        "--set",
        "split={method: none}",
    )
    assert logit("train", "config.yaml", *strict).returncode == 0
    done = logit("score", ROOT / "data/flights/cohorts/2013-11.parquet", *strict)
    assert done.returncode == 2
    assert (
        "cohort 2013-11: column 'dest' has levels that were not in the training rows" in done.stderr
    )
    assert "LEX" in done.stderr
    assert re.search(r"config\.yaml, line \d+:  features: \{handle_unknown: pooled\}", done.stderr)
    assert not list(tmp_path.glob("store/*/scores/**/*.parquet"))


def test_init_writes_a_config_that_trains(exam: Path, tmp_path: Path) -> None:
    done = logit("init", exam / "two_features_train.csv", "--out", tmp_path / "first.yaml")
    assert done.returncode == 0, done.stderr
    assert "the outcome is 'passed'" in done.stdout
    assert "\norchestrator: auto " in (tmp_path / "first.yaml").read_text()
    assert logit("train", tmp_path / "first.yaml", "--no-prefect").returncode == 0
    again = logit("init", exam / "two_features_train.csv", "--out", tmp_path / "first.yaml")
    assert (again.returncode, "exists; name another file by --out" in again.stderr) == (2, True)


def test_init_takes_a_target_and_writes_whole_classes(tmp_path: Path) -> None:
    x = [i * 0.37 % 1.0 for i in range(60)]
    frame = pl.DataFrame(
        {
            "id": range(60),
            "x": x,
            "late": [i % 2 for i in range(60)],
            "grade": [1.0, 1.0, 2.0, 2.0] * 15,
        }
    )
    frame = frame.with_columns(size=pl.when(pl.col("id") % 3 == 0).then(0.5).otherwise(1.5))
    frame.write_parquet(tmp_path / "odd.parquet")
    (tmp_path / "config.yaml").write_text("name: another\n")
    lost = logit("init", tmp_path / "none.csv")
    assert (lost.returncode, "there is no such file" in lost.stderr) == (2, True)
    for named, found in (((), "grade"), (("--target", "late"), "late")):
        config = tmp_path / f"{found}.yaml"
        done = logit("init", tmp_path / "odd.parquet", "--out", config, *named)
        assert done.returncode == 0, done.stderr
        assert f"column: {found}" in config.read_text()
    assert "positive: 2}" in (tmp_path / "grade.yaml").read_text()
    assert logit("check", tmp_path / "grade.yaml").returncode == 0
    for column, said in (
        ("size", "it holds 2 values, numbers"),
        ("when", "has no such column; it has id, x, late"),
    ):
        refused = logit(
            "init", tmp_path / "odd.parquet", "--out", tmp_path / "new.yaml", "--target", column
        )
        assert (refused.returncode, said in refused.stderr) == (2, True), refused.stderr


def test_init_writes_again_what_nobody_changed(exam: Path, tmp_path: Path) -> None:
    data, config = exam / "students.parquet", tmp_path / "first.yaml"
    assert logit("init", data, "--out", config).returncode == 0
    again = logit("init", data, "--out", config, "--target", "passed")
    assert again.returncode == 0, again.stderr
    assert f"Wrote {config} again; nobody had changed the one that init wrote." in again.stdout
    assert "named by --target" in config.read_text()
    config.write_text(config.read_text() + "# mine\n")
    refused = logit("init", data, "--out", config, "--target", "passed")
    line = f"logit init {data} --target passed --out {tmp_path / 'first-2.yaml'}"
    assert (refused.returncode, line in refused.stderr) == (2, True), refused.stderr


def test_init_takes_a_folder_a_glob_and_several_files_as_one_source(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    files = [folder / name for name in ("a.csv", "b.csv")]
    for first, file in zip((0, 120), files, strict=True):
        rows = [f"{i % 7},{int(i % 7 + i % 3 > 4)}" for i in range(first, first + 120)]
        file.write_text("\n".join(["x,y", *rows]) + "\n")
    for number, (given, source) in enumerate(
        (([folder], "parts"), ([folder / "*.csv"], "parts/*.csv"), (files, "parts/*.csv"))
    ):
        config = tmp_path / f"{number}.yaml"
        done = logit("init", *given, "--out", config)
        assert done.returncode == 0, done.stderr
        assert f"2 files are one source: {source}" in done.stdout
        assert "# 240 rows, 2 columns" in config.read_text()
        assert logit("check", config).stdout.splitlines()[1] == "Rows      240 in 2 files"
    assert logit("init", folder).stdout.startswith(f"Wrote {tmp_path / 'config.yaml'}.")
    refused = logit("init", ".")
    assert (refused.returncode, "name the files in it" in refused.stderr) == (2, True)


def test_retrain_ends_in_the_command_to_run_next(exam: Path) -> None:
    config = exam / "config.yaml"
    first = logit("retrain", config, "--no-prefect")
    assert first.stdout.rstrip().endswith(f"Next: logit report --config {config}"), first.stderr
    same = logit("retrain", config, "--no-prefect")
    assert "Next: nothing; retrain when there are new rows" in same.stdout
    other = logit("retrain", config, "--no-prefect", "--set", "model.link=probit")
    run = other.stdout.split()[1]
    line = f"logit promote {run} --reason why --config {config}"
    assert (other.returncode, f"To use it all the same: {line}" in other.stdout) == (0, True)
    assert logit(*line.split()[1:]).returncode == 0


def test_the_registry_verbs_list_show_and_promote(exam: Path) -> None:
    config = exam / "config.yaml"
    logit("train", config, "--no-prefect")
    logit("train", config, "--no-prefect", "--set", "model.link=probit")
    listed = json.loads(logit("runs", config, "--json").stdout)
    assert [entry["champion"] for entry in listed] == [True, False]
    shown = logit("show", listed[1]["run"][:6], "--config", config)
    assert "probit" in shown.stdout
    assert "roc_auc" in shown.stdout
    promoted = logit("promote", listed[1]["run"], "--config", config)
    assert (
        f"Run {listed[1]['run']} is the champion of exam; it was {listed[0]['run']}."
        in promoted.stdout
    )
    missing = logit("show", "zzz", "--config", config)
    assert (missing.returncode, "has no run 'zzz'" in missing.stderr) == (2, True)


def test_the_same_run_again_is_verified_and_reused_and_damage_is_found(exam: Path) -> None:
    first = json.loads(logit("train", exam / "config.yaml", "--no-prefect", "--json").stdout)
    assert json.loads(logit("train", exam / "config.yaml", "--no-prefect", "--json").stdout)[
        "reused"
    ]
    model = Path(first["folder"]) / "model.parquet"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    done = logit("train", exam / "config.yaml", "--no-prefect")
    assert done.returncode == 1
    assert "model.parquet" in done.stderr


def test_schema_and_doctor_answer(exam: Path) -> None:
    schema = json.loads(logit("schema").stdout)
    assert schema["properties"]["normalize"]["description"]
    doctor = logit("doctor", exam / "config.yaml", "--json")
    assert doctor.returncode == 0, doctor.stdout
    assert {"Python", "prefect", "fastapi", "sqlalchemy", "compiled loops", "store"} <= {
        f["check"] for f in json.loads(doctor.stdout)
    }


@pytest.mark.parametrize(
    "words", [["--help"], ["check", "data/exam/config.yaml"], ["show", "--help"]]
)
def test_help_check_and_show_do_not_import_prefect(words: list[str]) -> None:
    code = (
        "import sys\nfrom logit_flows.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "assert 'prefect' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_help_waits_for_no_numbers() -> None:
    code = (
        "import sys\nfrom logit_flows.cli.application import "
        "app\nprint({'numpy', 'scipy', 'polars'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_check_looks_for_garbage_a_few_times_and_not_when_it_ends() -> None:
    code = (
        "import atexit, gc, sys\nfrom logit_flows.cli import main\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 50_000, file=sys.stderr))\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sum(one['collections'] for one in gc.get_stats()) < 100, file=sys.stderr)"
    )
    words = [sys.executable, "-c", code, "check", "data/exam/config.yaml"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-2:] == ["True", "True"]


def test_version_and_completion_answer() -> None:
    assert logit("--version").stdout.strip() == f"logit-engine {__version__}"
    shown = subprocess.run(
        [Path(sys.executable).with_name("logit")],
        env=os.environ | {"_LOGIT_COMPLETE": "source_bash"},  # whatever shell runs the tests
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_logit_completion" in shown.stdout


@pytest.mark.parametrize("library", ["jinja2", "matplotlib"])
def test_a_verb_that_lacks_a_library_says_which(exam: Path, library: str) -> None:
    assert logit("train", exam / "config.yaml").returncode == 0
    code = f"import sys\nsys.modules[{library!r}] = None\nfrom logit_flows.cli import main\nmain()"
    words = [sys.executable, "-c", code, "report", "--config", str(exam / "config.yaml")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    said = (
        f"logit: `logit report` needs {library}, which is not installed: install it by `pip "
        f"install {library}`.\n"
    )
    assert (done.returncode, done.stderr) == (2, said)


def test_plain_runs_do_not_import_prefect(exam: Path) -> None:
    blocked = {**os.environ, "PYTHONPATH": os.pathsep.join([str(exam), *sys.path])}
    (exam / "prefect.py").write_text("raise ImportError('Prefect was imported')\n")
    words = [sys.executable, "-m", "logit_flows", "train", str(exam / "config.yaml")]
    done = subprocess.run(words, cwd=ROOT, env=blocked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_run_that_is_not_champion_says_which_run_is_and_how_to_promote(exam: Path) -> None:
    first = logit("train", exam / "config.yaml", "--no-prefect")
    assert "it is the champion" in first.stdout
    assert "Reference levels:" not in first.stdout  # the exam has numbers alone
    second = logit("train", exam / "config.yaml", "--no-prefect", "--set", "model.link=probit")
    assert "The champion is still" in second.stdout
    assert "To use this run: logit promote " in second.stdout
