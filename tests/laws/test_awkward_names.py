"""A model does not depend on what its columns and its classes are called: names are data."""

import html
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.api import load_model
from logit_flows.cli.application import app
from logit_flows.config.checking import from_mapping
from logit_flows.config.model import Config
from logit_flows.config.reading import read_config, to_yaml
from logit_flows.recipes.experimenting import experiment
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.scoring import score
from logit_flows.recipes.training import Trained, train
from logit_flows.reports.page import report_html
from logit_flows.steps.written_columns import id_name
from typer.testing import CliRunner

from logit_engine.reporting.cell_text import visible_text
from tests.support.awkward_names import AWKWARD_LABELS, AWKWARD_NAMES, MISREAD_NAMES

SINGLE = ("key", "cluster", "day", "part", "target")
NUMERIC, CATEGORICAL = ("x", "z", "gap"), ("city", "hour")
COLUMNS = (*SINGLE, *NUMERIC, *CATEGORICAL)
OUTPUTS = ["linear_predictor", "probability", "predicted_class"]
STRIDES = {"random": 4, "stratified": 4, "time": 1, "group": 1}

Names = Mapping[str, str]
SAME_NAMES = {column: column for column in COLUMNS}


def plain_table(rows: int = 240) -> pl.DataFrame:
    """Rows in clusters of four over days; gap is missing in some."""
    rng = np.random.default_rng(3)
    x, z, gap = rng.standard_normal((3, rows))
    city, hour = rng.choice(["b", "lev1", "x"], rows), rng.integers(0, 3, rows)
    eta = x - 0.5 * z + 0.5 * (city == "b")
    index = np.arange(rows)
    return pl.DataFrame(
        {
            "key": index,
            "cluster": [f"k{i // 4}" for i in index],
            "day": index // 8,
            "part": [f"p{i // 2}" for i in index],
            "target": (rng.random(rows) < 1.0 / (1.0 + np.exp(-eta))).astype(np.int64),
            "x": x,
            "z": z,
            "gap": pl.Series(gap).set(pl.Series(rng.random(rows) < 0.1), None),
            "city": city,
            "hour": hour,
        }
    )


def write(frame: pl.DataFrame, file: Path) -> Path:
    """Write a Parquet or CSV file, by its ending."""
    if file.suffix == ".csv":
        frame.write_csv(file, quote_style="non_numeric")
    else:
        frame.write_parquet(file)
    return file


def config_of(
    folder: Path, names: Names, method: str, memory: str = "auto", data: str = "d.parquet"
) -> Config:
    """The config of a table whose columns have these names, in a folder with the table."""
    folder.mkdir()
    write(plain_table().rename(dict(names)), folder / data)
    times = {"cluster": names["cluster"], "time": names["day"]} if method == "time" else {}
    content = {
        "name": "m",
        "data": {
            "source": data,
            "target": {"column": names["target"], "positive": 1},
            "id": names["key"],
            **times,
            **({"format": {"header": 1}} if data.endswith(".csv") else {}),
        },
        "features": {
            "numeric": [names[column] for column in NUMERIC],
            "categorical": [names[column] for column in CATEGORICAL],
            "impute": {"numeric": {"strategy": "mean", "add_indicator": True}},
            "handle_unknown": "reference",
        },
        "split": {
            "method": method,
            "test_size": 0.25,
            **({"column": names["part"]} if method == "group" else {}),
        },
        "score": {"output": OUTPUTS},
        "compute": {"memory": memory},
        "store": "store",
    }
    return from_mapping(content, folder)


def facts(config: Config, names: Names) -> list[Any]:
    """What a run, its files and its scores say, without the names of columns."""
    trained = train(config)
    new_level = pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("new")).otherwise("city")
    cohort = plain_table().with_columns(new_level.alias("city")).rename(dict(names))
    file = write(cohort, config.folder / f"c{Path(config.data.source[0]).suffix}")
    (scored,) = score(config, str(file))
    model = load_model(config.folder / "store", "m")
    scores = pl.read_parquet(scored.path)
    predictions = pl.read_parquet(Path(trained.folder) / "predictions.parquet")
    assert scores.columns == [id_name(names["key"]), *OUTPUTS, "model"]
    assert predictions.columns == [id_name(names["key"]), "split", "target", *OUTPUTS]
    return [
        trained.model.result.estimates.tolist(),
        [m.value for m in trained.evaluation.metrics if m.value == m.value],
        scores.drop("model").rows(),
        predictions.rows(),
        model.predict(cohort).rows(),
        list(scored.missing.values()),
        list(scored.unseen.values()),
    ]


def name_choices(method: str) -> Iterator[Names]:
    """Names for the columns of runs: by time and by group each name has each role once."""
    features = cycle(AWKWARD_NAMES)
    for start in range(0, len(MISREAD_NAMES), STRIDES[method]):
        single = list(islice(cycle(MISREAD_NAMES), start, start + len(SINGLE)))
        others = (name for name in features if name not in single)
        rest = islice(others, len(COLUMNS) - len(SINGLE))
        yield dict(zip(COLUMNS, [*single, *rest], strict=True))


@pytest.mark.parametrize("method", STRIDES)
def test_a_model_does_not_depend_on_the_names_of_its_columns(tmp_path: Path, method: str) -> None:
    plain = facts(config_of(tmp_path / "plain", SAME_NAMES, method), SAME_NAMES)
    for i, names in enumerate(name_choices(method)):
        streams = i % 2 and method != "time"  # clusters are never streamed
        config = config_of(tmp_path / str(i), names, method, "1KB" if streams else "auto")
        assert facts(config, names) == plain, names


def test_a_text_file_has_every_name_that_is_not_empty(tmp_path: Path) -> None:
    plain = facts(config_of(tmp_path / "plain", SAME_NAMES, "random", data="d.csv"), SAME_NAMES)
    named = [name for name in AWKWARD_NAMES if name]
    for start in range(0, len(named), len(COLUMNS)):
        chosen = islice(cycle(named), start, start + len(COLUMNS))
        names = dict(zip(COLUMNS, chosen, strict=True))
        config = config_of(tmp_path / str(start), names, "random", data="d.csv")
        assert facts(config, names) == plain, names


def wide_table(rows: int, first: int = 0) -> pl.DataFrame:
    """A number and a category in turn for each awkward name."""
    rng = np.random.default_rng(7 + first)
    features = {
        f"f{j}": rng.choice(["b", "lev1"], rows) if j % 2 else rng.standard_normal(rows)
        for j in range(len(AWKWARD_NAMES))
    }
    target = rng.random(rows) < 1.0 / (1.0 + np.exp(-features["f0"]))
    key = np.arange(first, first + rows)
    return pl.DataFrame({"own key": key, "own target": target, **features})


def told(folder: Path, names: list[str]) -> list[Any]:
    """What every verb says of a table whose features have these names, without the names."""
    folder.mkdir()
    columns = ["own key", "own target", *names]
    for file, rows, first in (("a.parquet", 700, 0), ("b.parquet", 250, 700)):
        wide_table(rows, first).rename(
            dict(zip(wide_table(1).columns, columns, strict=True))
        ).write_parquet(folder / file)
    content: dict[str, Any] = {
        "name": "m",
        "data": {
            "source": "a.parquet",
            "target": {"column": "own target", "positive": True},
            "id": "own key",
        },
        "features": {"numeric": names[0::2], "categorical": names[1::2]},
        "model": {"penalty": {"type": "l2", "strength": 0.01}},
        "experiment": {"matrix": {"model.link": ["logit", "probit"]}, "folds": 2},
        "gate": {"margin": 10.0},
        "compute": {"threads": 1},
        "orchestrator": "none",
        "store": "store",
    }
    file = folder / "config.yaml"
    file.write_text(to_yaml(content), encoding="utf-8")
    config = read_config(file)
    trained = train(config)
    if names == list(AWKWARD_NAMES):
        check_pages(file, trained)
    board = experiment(config)
    (scored,) = score(config, str(folder / "b.parquet"))
    content["data"]["source"] = ["a.parquet", "b.parquet"]
    decision = retrain(from_mapping(content, folder)).decision
    return [
        trained.model.result.estimates.tolist(),
        board.table.select("log_loss", "error").rows(),
        pl.read_parquet(scored.path).drop("model").rows(),
        decision,
    ]


def check_pages(file: Path, trained: Trained) -> None:
    """The verbs that show a run show the name of every term."""
    shown = {}
    for verb in ("check", "train", "show", "runs"):
        done = CliRunner().invoke(app, [verb, "--config", str(file)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        shown[verb] = done.output
    page = html_of(report_html(read_config(file), trained.run))
    for term in map(visible_text, trained.model.design.names):
        assert term in shown["train"]
        assert term in shown["show"]
        assert f'<th scope="row">{html.escape(term)}</th>' in page


def html_of(page: str) -> str:
    """The page with one spelling of quotes."""
    return page.replace("&#39;", "&#x27;").replace("&#34;", "&quot;")


def test_every_verb_takes_every_name(tmp_path: Path) -> None:
    plain = told(tmp_path / "plain", wide_table(1).columns[2:])
    assert told(tmp_path / "awkward", list(AWKWARD_NAMES)) == plain


def classes_run(folder: Path, labels: list[str]) -> list[Any]:
    """What a multinomial run says of a target with these labels, without the labels."""
    folder.mkdir()
    rng = np.random.default_rng(11)
    code = rng.integers(0, len(labels), 1_500)
    x = rng.standard_normal(code.size) + 0.1 * code
    frame = pl.DataFrame({"key": np.arange(code.size), "x": x, "y": np.array(labels)[code]})
    frame.write_parquet(folder / "d.parquet")
    content = {
        "name": "m",
        "data": {"source": "d.parquet", "target": {"column": "y"}, "id": "key"},
        "features": {"numeric": ["x"]},
        "model": {"family": "multinomial"},
        "score": {"output": OUTPUTS},
        "store": "store",
    }
    config = from_mapping(content, folder)
    trained = train(config)
    assert trained.model.target.classes == tuple(labels)
    measured = [(m.split, m.metric) for m in trained.evaluation.metrics]
    assert len(set(measured)) == len(measured)
    if labels == sorted(AWKWARD_LABELS):
        page = html_of(report_html(config, trained.run))
        assert all(f"<h3>{html.escape(label)}, against" in page for label in labels[1:])
    (scored,) = score(config, str(folder / "d.parquet"))
    scores = pl.read_parquet(scored.path)
    own = [f"probability[{label}]" for label in labels]
    assert [name for name in scores.columns if name.startswith("probability")] == own
    predicted = scores["predicted_class"].to_list()
    return [
        trained.model.result.estimates.tolist(),
        [m.value for m in trained.evaluation.metrics if m.value == m.value],
        scores.select(own).rows(),
        [labels.index(label) for label in predicted],
    ]


def test_a_model_does_not_depend_on_what_its_classes_are_called(tmp_path: Path) -> None:
    plain = classes_run(tmp_path / "plain", [f"c{i:02}" for i in range(len(AWKWARD_LABELS))])
    assert classes_run(tmp_path / "awkward", sorted(AWKWARD_LABELS)) == plain
