"""The report: one page that holds what the run found, leans on nothing outside, and is the same bytes each time."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from flows.config import Config, from_mapping
from flows.recipe import Direct
from flows.report import rendered, write_report
from flows.train import train
from logit_engine.errors import ArtifactError

WORDS = ("Coefficients", "How it does", "How it was made")


def made(folder: Path, rows: int = 400, **settings: Any) -> Config:
    """A config over rows whose outcome follows x, with a level that looks like a tag."""
    rng = np.random.default_rng(8)
    x, city = rng.standard_normal(rows), rng.choice(["<b>bold", "plain"], rows)
    eta = 1.2 * x + 0.5 * (city == "plain")
    frame = pl.DataFrame(
        {
            "key": np.arange(rows),
            "x": x,
            "z": rng.standard_normal(rows),
            "city": city,
            "y": rng.random(rows) < 1.0 / (1.0 + np.exp(-eta)),
            "kind": np.array(["low", "mid", "high"])[np.digitize(x + rng.standard_normal(rows), [-0.5, 0.8])],
        }
    )
    frame.write_parquet(folder / "rows.parquet")
    content: dict[str, Any] = {
        "name": "plain",
        "data": {"source": "rows.parquet", "target": {"column": "y", "positive": True}, "id": "key"},
        "features": {"numeric": ["x", "z"], "categorical": ["city"], "reference": {"city": "plain"}},
    }
    return from_mapping(content | settings, folder)


def page_of(config: Config) -> tuple[str, str]:
    name = train(config, Direct()).run
    return name, rendered(config, name)


def test_a_page_holds_coefficients_with_intervals_metrics_and_plots(tmp_path: Path) -> None:
    config = made(tmp_path)
    name, page = page_of(config)
    assert all(word in page for word in (*WORDS, "odds ratio", "std. error", "roc_auc", "Calibration", "ROC curve"))
    assert page.count("<svg") == 3
    assert "path of the coefficients" not in page
    found = dict(re.findall(r"<tr><td>([^<]*)</td><td>([^<]*)</td>", page))
    model = train(config, Direct()).model
    for term, estimate in zip(model.original.names, model.original.estimates, strict=True):
        shown = term.replace("<", "&lt;").replace(">", "&gt;")
        assert float(found[shown]) == pytest.approx(estimate, rel=1e-4)
    written = write_report(config, name)
    assert written.name == f"{name}.html"
    assert written.read_text(encoding="utf-8") == page == rendered(config, name)


def test_a_page_needs_nothing_outside_and_escapes_what_it_shows(tmp_path: Path) -> None:
    _, page = page_of(made(tmp_path))
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=[\"'](?!#)", page)
    assert "<b>bold" not in page
    assert "city[&lt;b&gt;bold]" in page


def test_a_tuned_run_shows_the_curve_and_the_path(tmp_path: Path) -> None:
    penalty = {"type": "elastic_net", "l1_ratio": 0.5, "strength": "cv"}
    config = made(tmp_path, model={"penalty": penalty})
    name, page = page_of(config)
    assert "Cross-validation curve" in page
    assert "Coefficient path" in page
    assert "held-out log-loss" in page
    assert "What was said" in page
    assert "Standard errors are not given after a penalty" in page
    assert "std. error</th>" not in page
    folder = tmp_path / "store" / "plain" / "runs" / name
    path, curve = pl.read_parquet(folder / "path.parquet"), pl.read_parquet(folder / "tuning.parquet")
    model = train(config, Direct()).model
    chosen = path.filter(pl.col("strength") == curve.filter("chosen")["strength"][0])
    assert chosen["term"].to_list() == list(model.result.names)
    np.testing.assert_allclose(chosen["coefficient"].to_numpy(), model.result.estimates, atol=1e-6)
    strongest = path.filter(pl.col("strength") == curve["strength"].max())
    np.testing.assert_allclose(strongest["coefficient"].to_numpy()[1:], 0.0, atol=1e-9)


def test_several_classes_get_a_table_each_and_no_roc(tmp_path: Path) -> None:
    config = made(
        tmp_path,
        data={"source": "rows.parquet", "target": {"column": "kind", "base": "mid"}, "id": "key"},
        model={"family": "multinomial"},
    )
    _, page = page_of(config)
    assert page.count("<h3>") == 2
    assert "ROC" not in page


def test_a_run_without_predictions_says_why_there_is_no_calibration(tmp_path: Path) -> None:
    _, page = page_of(made(tmp_path, write={"predictions": "none"}))
    assert "so there is no calibration plot" in page


def test_a_damaged_run_is_refused(tmp_path: Path) -> None:
    config = made(tmp_path)
    name, _ = page_of(config)
    (tmp_path / "store" / "plain" / "runs" / name / "metrics.parquet").write_bytes(b"")
    with pytest.raises(ArtifactError, match="Restore the folder from a copy"):
        rendered(config, name)
