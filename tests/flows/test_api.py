"""The pipeline from Python: each name in three lines, in a fresh process, and what `predict`
refuses in one sentence.
"""

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import logit_flows
import pandas as pd
import polars as pl
import pytest
from logit_flows import check, load_model, read_config, report, retrain, score, train
from logit_flows.api import LoadedModel

from logit_engine.errors import ArtifactError, DataError, UsageError
from tests.support.pipeline import Make, city_table

ROOT = Path(__file__).parents[2]
NAMES = ["check", "experiment", "load_model", "read_config", "report", "retrain", "score", "train"]
HEAVY = {"prefect", "matplotlib", "jinja2"}


def python(code: str, cwd: Path = ROOT) -> str:
    """What a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def loaded(make: Make, tmp_path: Path) -> LoadedModel:
    """The champion of a small table."""
    train(make())
    return load_model(tmp_path / "store", "t")


def test_the_names_are_those_promised_and_each_says_what_it_does() -> None:
    assert logit_flows.__all__ == NAMES
    assert set(NAMES) <= set(dir(logit_flows))
    for name in NAMES:
        doc = inspect.getdoc(getattr(logit_flows, name)) or ""
        assert doc.split("\n")[0].endswith("."), name
        assert "Raises" in doc, name
    with pytest.raises(AttributeError, match="module 'logit_flows' has no attribute 'fit'"):
        logit_flows.fit  # noqa: B018


def test_importing_it_loads_nothing() -> None:
    heavy = HEAVY | {"numpy", "scipy", "polars", "pydantic"}
    assert python(f"import sys, logit_flows\nprint({heavy} & set(sys.modules))").strip() == "set()"


def test_training_and_predicting_wait_for_no_report_and_no_orchestrator(tmp_path: Path) -> None:
    code = f"""
import sys
from logit_flows import *
config = read_config("data/exam/config.yaml", ["store={tmp_path}"])
train(config)
load_model("{tmp_path}", "exam").predict(__import__("polars").DataFrame({{"hours": [1.0]}}))
print({HEAVY} & set(sys.modules))
"""
    assert python(code).strip() == "set()"


def test_a_script_without_a_guard_runs_an_experiment_in_processes(tmp_path: Path) -> None:
    settings = [
        f"store={tmp_path}",
        "experiment={matrix: {model.link: [logit, probit]}, folds: 2}",
        "compute.threads=2",
    ]
    (tmp_path / "script.py").write_text(
        "from logit_flows import experiment, read_config\n"
        f"config = read_config({str(ROOT / 'data/exam/config.yaml')!r}, {settings})\n"
        "print(experiment(config).table['rank'].to_list())\n"
    )
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[1, 2]", "")


def test_what_is_predicted_is_what_is_scored(make: Make, tmp_path: Path) -> None:
    config = make()
    train(config)
    frame = city_table(100, seed=9, first=900).drop("y")
    frame.write_parquet(tmp_path / "later.parquet")
    (scored,) = score(config, tmp_path / "later.parquet")
    found = load_model(str(tmp_path / "store"), "t").predict(frame)
    assert found.columns == ["probability", "predicted_class"]
    assert found.equals(pl.read_parquet(scored.path).select(found.columns))


def test_several_classes_have_a_probability_each(tmp_path: Path) -> None:
    config = read_config(ROOT / "data/voters/config.yaml", [f"store={tmp_path}"])
    train(config)
    found = load_model(tmp_path, config.name).predict(
        pl.read_parquet(ROOT / "data/voters/voters.parquet").head(7)
    )
    classes = ["Independent", "Democrat", "Republican"]
    assert found.columns == [*(f"probability[{label}]" for label in classes), "predicted_class"]
    assert (found.drop("predicted_class").sum_horizontal() - 1.0).abs().max() < 1e-12
    assert set(found["predicted_class"]) <= set(classes)


def test_no_rows_give_no_predictions(loaded: LoadedModel) -> None:
    assert loaded.predict(city_table(10).clear()).schema == {
        "probability": pl.Float64,
        "predicted_class": pl.Boolean,
    }


FRAME = city_table(5)
BAD: dict[str, tuple[Any, str]] = {
    "a lost column": (
        FRAME.rename({"x": "xx"}),
        "the frame: column 'x' is not in the data; did you mean 'xx'?",
    ),
    "no columns": (
        pl.DataFrame(),
        "the frame: column 'x' is not in the data; there are no columns. the frame: column 'z'",
    ),
    "text": (
        FRAME.with_columns(x=pl.lit("n/a")),
        "the frame: column 'x' holds text, but numbers when its contract was learnt; co",
    ),
    "a date": (
        FRAME.with_columns(x="day"),
        "the frame: column 'x' holds dates, but numbers when its contract was learnt; conv",
    ),
    "lists": (
        FRAME.with_columns(x=pl.concat_list("x")),
        "the frame: column 'x' holds List(Float64) values, but numbers when its contract was lea",
    ),
    "nothing": (
        FRAME.with_columns(x=pl.lit(None)),
        "features.impute.numeric: column 'x' is missing in 5 of 5 rows",
    ),
    "infinity": (
        FRAME.with_columns(x=pl.lit(float("inf"))),
        "column 'x' is infinite in 5 of 5 rows",
    ),
    "a new level": (
        FRAME.with_columns(city=pl.lit("zz")),
        "features.handle_unknown: column 'city' has levels that were not in the training rows: zz",
    ),
    "pandas": (
        pd.DataFrame({"x": [1.0]}),
        "predict takes a Polars DataFrame, but got pandas.DataFrame; make one by pol",
    ),
    "a dict": (
        {"x": [1.0]},
        "predict takes a Polars DataFrame, but got dict; make one by polars.DataFrame(...).",
    ),
    "lazy rows": (
        FRAME.lazy(),
        "predict takes a Polars DataFrame, but got polars.LazyFrame; collect it first.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_frame_is_refused_in_one_sentence(loaded: LoadedModel, case: str) -> None:
    frame, sentence = BAD[case]
    with pytest.raises((DataError, UsageError)) as caught:
        loaded.predict(frame)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_a_model_is_the_champion_unless_a_run_is_named(make: Make, tmp_path: Path) -> None:
    first, second = train(make()), train(make(features__numeric=["x"]))
    store = tmp_path / "store"
    assert load_model(store, "t").run == first.run
    assert load_model(store, "t", second.run[:6]).run == second.run
    assert repr(load_model(store, "t")) == f"LoadedModel(t, run {first.run}: y of False, True)"


def test_a_damaged_model_is_not_loaded(make: Make, tmp_path: Path) -> None:
    trained = train(make())
    file = Path(trained.folder) / "model.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(ArtifactError, match=r"model\.parquet has changed since it was published"):
        load_model(tmp_path / "store", "t")


def test_a_model_that_is_not_there_is_told_with_those_that_are(make: Make, tmp_path: Path) -> None:
    train(make())
    for name, store, sentence in (
        ("tt", tmp_path / "store", f"{tmp_path}/store holds no model 'tt'; it holds t."),
        ("t", tmp_path / "stroe", f"{tmp_path}/stroe holds no model 't'; it holds nothing."),
        ("t", None, "load_model takes the path of a store, but got NoneType."),
    ):
        with pytest.raises(UsageError) as caught:
            load_model(store, name)  # type: ignore[arg-type]
        assert str(caught.value) == sentence


@pytest.mark.parametrize("name", ["check", "experiment", "report", "retrain", "score", "train"])
def test_a_path_in_place_of_a_config_is_refused(name: str) -> None:
    with pytest.raises(
        UsageError,
        match=rf"^{name} takes a config, but got str; read it first: config = read_config\(",
    ):
        getattr(logit_flows, name)("config.yaml")


def test_a_report_is_of_the_champion(make: Make) -> None:
    trained = train(make())
    assert report(make()).name == f"{trained.run}.html"


def test_the_results_say_what_came_out(make: Make) -> None:
    config = make()
    assert (check(config).rows, check(config).classes) == (600, (False, True))
    outcome = retrain(config)
    assert outcome.trained.champion
    assert outcome.champion is None
    assert repr(outcome.trained).startswith(f"Trained(run='{outcome.trained.run}', folder=")
    assert len(repr(outcome)) < 500
    kept = retrain(config)
    assert (kept.trained.champion, kept.trained.reused, kept.decision.promote) == (
        True,
        True,
        False,
    )
    better = retrain(make(normalize="none"))
    assert (better.decision.promote, better.trained.champion) == (True, True)
    assert (
        json.loads((Path(better.trained.folder) / "manifest.json").read_text())["run"]
        == better.trained.run
    )


def test_other_kinds_of_arguments_are_refused_in_one_sentence(make: Make, tmp_path: Path) -> None:
    config: Any = make()
    train(config)
    file, store = ROOT / "data/exam/config.yaml", tmp_path / "store"
    a_list = "it is a list, ['model.link=probit'] say."
    calls: list[tuple[Any, str]] = [
        (lambda: load_model(store, config), "load_model takes the name of a model, but got Con"),
        (lambda: load_model(store, "t", None), "a run is named by the text of its id, but got No"),
        (lambda: report(config, 3), "a run is named by the text of its id, but got 3."),
        (lambda: score(config, run="abc"), "score takes as run what runs its steps, but got 'ab"),
        (lambda: read_config(None), "read_config takes the path of a config file, but got NoneTy"),
        (lambda: read_config(file, "seed=1"), f"overrides is 'seed=1'; {a_list}"),
        (lambda: read_config(file, None), f"overrides is None; {a_list}"),
        (lambda: read_config(file, {"seed": 1}), f"overrides is {{'seed': 1}}; {a_list}"),
        (lambda: read_config(file, [1]), f"overrides is [1]; {a_list}"),
    ]
    for call, sentence in calls:
        with pytest.raises(UsageError) as caught:
            call()
        assert str(caught.value).startswith(sentence)
