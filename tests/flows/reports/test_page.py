"""A report is one page that holds what the run found, and is the same bytes each time."""

import os
import re
import subprocess
import sys
import warnings
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.config.checking import from_mapping
from logit_flows.config.model import Config
from logit_flows.config.reading import to_yaml
from logit_flows.recipes.training import train
from logit_flows.reports.figures import spread_apart
from logit_flows.reports.page import _effects, report_html, write_report

from logit_engine.errors import ArtifactError
from logit_engine.storage.model_file import coefficient_table

ROOT = Path(__file__).parents[3]
CODE = os.pathsep.join([str(ROOT), str(ROOT / "flows")])
SECTIONS = ("Coefficients", "How it does", "How it was made")
TAG = "<b>bold $1 to $2"


def made(folder: Path, rows: int = 400, **settings: Any) -> Config:
    """A config over rows whose outcome follows x, with a level that looks like a tag and like
    mathematics.
    """
    rng = np.random.default_rng(8)
    x, city = rng.standard_normal(rows), rng.choice([TAG, "plain"], rows)
    eta = 1.2 * x + 0.5 * (city == "plain")
    frame = pl.DataFrame(
        {
            "key": np.arange(rows),
            "x": x,
            "z": rng.standard_normal(rows),
            "city": city,
            "y": rng.random(rows) < 1.0 / (1.0 + np.exp(-eta)),
            "kind": np.array(["low", "mid", "high"])[
                np.digitize(x + rng.standard_normal(rows), [-0.5, 0.8])
            ],
        }
    )
    frame.write_parquet(folder / "rows.parquet")
    content: dict[str, Any] = {
        "name": "plain",
        "data": {
            "source": "rows.parquet",
            "target": {"column": "y", "positive": True},
            "id": "key",
        },
        "features": {
            "numeric": ["x", "z"],
            "categorical": ["city"],
            "reference": {"city": "plain"},
        },
    }
    return from_mapping(content | settings, folder)


def page_of(config: Config) -> tuple[str, str]:
    name = train(config).run
    return name, report_html(config, name)


class Reader(HTMLParser):
    """A page as a browser reads it: its text, the rows of its tables, its labelled figures and
    its ids.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.rows, self.figures, self.ids = (
            "",
            list[list[str]](),
            list[str](),
            list[str](),
        )
        self.tags, self.cell = set[str](), False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.ids += [str(given["id"])] if "id" in given else []
        self.figures += [str(given["aria-label"])] if tag == "svg" else []
        self.rows += [[]] if tag == "tr" else []
        self.cell = tag in ("td", "th")
        if self.cell:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.cell = self.cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.cell:
            self.rows[-1][-1] += data

    def row(self, head: str) -> list[str]:
        return next(row for row in self.rows if row[0] == head)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, str, Reader]:
    config = made(tmp_path_factory.mktemp("plain"))
    name, page = page_of(config)
    return config, name, Reader(page)


def test_a_page_holds_facts_coefficients_metrics_and_plots(
    plain: tuple[Config, str, Reader],
) -> None:
    config, name, page = plain
    assert all(
        word in page.text for word in (*SECTIONS, name, "Converged after", "rows.parquet; sha256")
    )
    assert page.figures == [
        "Standardized odds ratios",
        "Calibration: true",
        "ROC curve",
        "Distribution of the predicted probability by class",
    ]
    assert "The strength of the penalty" not in page.text
    assert "Reference levels: city plain." in page.text
    run = train(config)
    assert (
        f"{run.model.result.n} train, {run.evaluation.value('rows'):.0f} test (split: random)"
        in page.text
    )
    for row in coefficient_table(run.model).iter_rows(named=True):
        shown = page.row(row["term"])
        want = [
            row[k]
            for k in (
                "estimate",
                "std_error",
                "z",
                "lower",
                "upper",
                "odds_ratio",
                "odds_ratio_lower",
            )
        ]
        np.testing.assert_allclose(
            [float(shown[i]) for i in (1, 2, 3, 5, 6, 7, 8)], want, rtol=2e-3
        )
    for m in run.evaluation.metrics:
        if m.split == "test" and m.metric in ("log_loss", "roc_auc", "calibration_slope"):
            found = [float(cell) for cell in page.row(m.metric)[5:8]]
            np.testing.assert_allclose(found, [m.value, m.lower, m.upper], atol=5.1e-5)


def test_the_page_is_published_beside_the_runs_and_has_the_same_bytes_twice(
    plain: tuple[Config, str, Reader],
) -> None:
    config, name, _ = plain
    run = config.folder / "store" / "plain" / "runs" / name
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    written = write_report(config, name)
    first = written.read_bytes()
    assert written == config.folder / "store" / "plain" / "reports" / f"{name}.html"
    assert write_report(config, name).read_bytes() == first
    code = (
        "from logit_flows.config.reading import read_config; from logit_flows.reports.page "
        f"import report_html; print(report_html(read_config('c.yaml'), '{name}'))"
    )
    (config.folder / "c.yaml").write_text(to_yaml(config.content()))
    (config.folder / "matplotlibrc").write_text("axes.facecolor: black\n")
    elsewhere = subprocess.run(
        [sys.executable, "-c", code],
        cwd=config.folder,
        capture_output=True,
        check=True,
        env={
            **os.environ,
            "PYTHONPATH": CODE,
            "PYTHONHASHSEED": "7",
            "TZ": "Asia/Tokyo",
        },
    )
    assert elsewhere.stdout.strip() == first.strip()
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
    assert not list((config.folder / "store").glob("**/.staging/*"))


def test_a_page_needs_nothing_outside_runs_nothing_and_escapes_what_it_shows(
    tmp_path: Path,
) -> None:
    _, page = page_of(made(tmp_path))
    read = Reader(page)
    assert "http" not in page
    assert not {"script", "b", "img", "link", "iframe"} & read.tags
    assert not re.search(r"(?:src|href)=[\"'](?!#)", page)
    assert f"city[{TAG}]" in read.text
    assert read.row(f"city[{TAG}]")
    assert len(set(read.ids)) == len(read.ids)


def test_a_tuned_run_shows_the_curve_and_the_path(tmp_path: Path) -> None:
    config = made(
        tmp_path, model={"penalty": {"type": "elastic_net", "l1_ratio": 0.5, "strength": "cv"}}
    )
    name, page = page_of(config)
    read = Reader(page)
    assert {"Cross-validation curve", "Coefficient path"} <= set(read.figures)
    assert "was chosen among 30 by 5-fold cross-validation" in read.text
    assert "Standard errors, tests and intervals are not given after a penalty" in read.text
    assert read.rows[0] == ["term", "estimate", "odds ratio"]
    run = tmp_path / "store" / "plain" / "runs" / name
    path, curve = pl.read_parquet(run / "path.parquet"), pl.read_parquet(run / "tuning.parquet")
    assert path.columns == ["strength", "term", "coefficient"]
    model = train(config).model
    chosen = path.filter(pl.col("strength") == curve.filter("chosen")["strength"][0])
    assert chosen["term"].to_list() == list(model.result.names)
    np.testing.assert_allclose(chosen["coefficient"].to_numpy(), model.result.estimates, atol=1e-6)
    strongest = path.filter(pl.col("strength") == curve["strength"].max())
    np.testing.assert_allclose(strongest["coefficient"].to_numpy()[1:], 0.0, atol=1e-9)


def test_several_classes_get_a_table_a_path_and_curves_each(tmp_path: Path) -> None:
    config = made(
        tmp_path,
        data={"source": "rows.parquet", "target": {"column": "kind", "base": "mid"}, "id": "key"},
        model={"family": "multinomial", "penalty": {"type": "l1", "strength": "cv"}},
    )
    name, page = page_of(config)
    read = Reader(page)
    classes = train(config).model.result.classes
    assert classes[0] == "mid"
    for label in classes[1:]:
        assert f"{label}, against mid" in read.text
        assert f"Coefficient path: {label}" in read.figures
    assert {f"Calibration: {label}" for label in classes} <= set(read.figures)
    assert "Distribution of the predicted probability by class" not in read.figures
    run = tmp_path / "store" / "plain" / "runs" / name
    path, table = pl.read_parquet(run / "path.parquet"), pl.read_parquet(run / "model.parquet")
    chosen = pl.read_parquet(run / "tuning.parquet").filter("chosen")["strength"][0]
    at = path.filter(pl.col("strength") == chosen)
    assert at.select("class", "term").equals(table.select("class", "term"))
    np.testing.assert_allclose(
        at["coefficient"].to_numpy(), table["standardized"].to_numpy(), atol=1e-6
    )


def test_only_the_twenty_largest_effects_are_drawn_and_the_page_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    columns = {f"x{j}": rng.standard_normal(400) for j in range(26)}
    config = made(tmp_path, features={"numeric": list(columns), "categorical": []})
    pl.read_parquet(tmp_path / "rows.parquet").with_columns(**columns).write_parquet(
        tmp_path / "rows.parquet"
    )
    _, page = page_of(config)
    assert "The 20 largest; 6 smaller ones are not shown." in page
    drawn = page[page.index("<svg") : page.index("</svg>")]
    table = coefficient_table(train(config).model)[1:].sort(
        pl.col("standardized").abs(), descending=True
    )
    shown = re.findall(r">(x\d+)<", drawn)
    assert sorted(shown) == sorted(table["term"][:20])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"write": {"predictions": "none"}},
            "The run wrote no predictions (write.predictions: none), so there are no",
        ),
        (
            {"split": {"method": "none"}},
            "The run has no test rows, so there are no calibration plot and no ROC curve.",
        ),
    ],
)
def test_a_run_without_test_predictions_says_why_it_has_no_curves(
    tmp_path: Path, settings: dict[str, Any], sentence: str
) -> None:
    _, page = page_of(made(tmp_path, **settings))
    assert sentence in page
    assert Reader(page).figures == ["Standardized odds ratios"]


def test_a_separated_fit_is_said_first_and_its_coefficient_has_no_number(tmp_path: Path) -> None:
    config = made(tmp_path, model={"on_separation": "warn"})
    rows = pl.read_parquet(tmp_path / "rows.parquet")
    rows.with_columns(y=pl.col("y") | (pl.col("city") == TAG)).write_parquet(
        tmp_path / "rows.parquet"
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "overflow encountered in exp")
        name = train(config).run
    read = Reader(report_html(config, name))
    assert f"Separated: column 'city[{TAG}]' predicts y = true perfectly" in read.text
    assert read.row(f"city[{TAG}]")[1:] == ["+inf", *"." * 5, "+inf", ".", "."]
    assert "1 coefficient without a finite estimate is left out" in read.text


def test_a_penalty_that_leaves_nothing_has_no_effects_to_draw(tmp_path: Path) -> None:
    read = Reader(page_of(made(tmp_path, model={"penalty": {"type": "l1", "strength": 10.0}}))[1])
    assert "Standardized odds ratios" not in read.figures
    assert read.row("x") == ["x", "0.0000", "1.000"]


def test_intervals_beyond_all_numbers_are_drawn_to_the_edge() -> None:
    top = pl.DataFrame(
        {"term": ["a", "b"], "standardized": [30.0, 0.5], "standardized_std_error": [9e5, 0.1]}
    )
    assert _effects("", top, True).count("<svg") == 1


def test_other_links_show_coefficients_in_place_of_odds(tmp_path: Path) -> None:
    read = Reader(page_of(made(tmp_path, model={"link": "probit"}))[1])
    assert read.figures[0] == "Standardized coefficients"
    assert "odds ratio" not in read.text


def test_labels_are_moved_apart_within_their_limits_and_keep_their_order() -> None:
    rng = np.random.default_rng(6)
    for _ in range(50):
        heights = rng.normal(0.5, rng.choice([0.01, 0.3]), 10).clip(0.0, 1.0)
        out = spread_apart(heights, 0.05, (0.0, 1.0))
        assert (np.diff(np.sort(out)) > 0.05 - 1e-12).all()
        assert out.min() >= -1e-12
        assert out.max() <= 1.0 + 1e-12
        assert (np.diff(out[np.argsort(heights, kind="stable")[::-1]]) < 0.0).all() or np.unique(
            heights
        ).size < 10


def test_a_damaged_run_is_refused(tmp_path: Path) -> None:
    config = made(tmp_path)
    name, _ = page_of(config)
    (tmp_path / "store" / "plain" / "runs" / name / "metrics.parquet").write_bytes(b"")
    with pytest.raises(ArtifactError, match="Restore the folder from a copy"):
        write_report(config, name)
    assert not (tmp_path / "store" / "plain" / "reports").exists()


def command(*words: object) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which may not import Prefect."""
    code = (
        "import sys\nfrom logit_flows.cli import main\ntry:\n    main()\nfinally:\n"
        "    print('prefect' in sys.modules, 'matplotlib' in sys.modules)"
    )
    done = [sys.executable, "-c", code, *(str(word) for word in words)]
    return subprocess.run(done, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_verb_writes_the_champions_page_and_fails_as_show_does(tmp_path: Path) -> None:
    config = made(tmp_path)
    (tmp_path / "c.yaml").write_text(to_yaml(config.content()))
    where = ("--config", tmp_path / "c.yaml")
    early = command("report", *where)
    assert (early.returncode, early.stderr.count("\n")) == (2, 1)
    assert "has no champion yet" in early.stderr
    name = train(config).run
    done = command("report", *where)
    assert done.stdout.splitlines() == [
        str(tmp_path / "store" / "plain" / "reports" / f"{name}.html"),
        "False True",
    ]
    assert command("show", *where).stdout.endswith("False False\n")
    missing = command("report", "zzz", *where)
    assert (missing.returncode, "has no run 'zzz'" in missing.stderr) == (2, True)
    (tmp_path / "store" / "plain" / "runs" / name / "model.parquet").write_bytes(b"x")
    for verb in ("report", "show"):
        damaged = command(verb, name, *where)
        assert damaged.returncode == 1
        assert "model.parquet" in damaged.stderr
        assert "Traceback" not in damaged.stderr
