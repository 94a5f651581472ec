"""The strength of a penalty is chosen on folds of the training rows."""

from pathlib import Path

import polars as pl
import pytest
from logit_flows.recipes.training import train

from logit_engine.reporting.number_formats import number_text
from tests.support.pipeline import Make


def test_a_strength_is_chosen_on_folds_of_the_training_rows_and_its_curve_published(
    make: Make,
) -> None:
    settings = {"type": "elastic_net", "l1_ratio": 0.5, "strength": "cv"}
    best = train(make(model__penalty=settings))
    curve = pl.read_parquet(Path(best.folder) / "tuning.parquet")
    assert curve.height == 30
    assert curve["strength"].is_sorted(descending=True)
    # the constant, and in a fold or two the column that is left first
    assert curve["terms"][0] < 2.0
    (row,) = curve.filter("chosen").iter_rows(named=True)
    assert row["log_loss"] == curve["log_loss"].min()
    n = best.model.result.n
    assert best.model.result.penalty_strength == pytest.approx(row["strength"] * n, rel=1e-12)
    assert any(
        note.startswith(
            f"The penalty's strength {number_text(row['strength'])} was chosen among 30"
        )
        for note in best.model.notes
    )
    plain = train(make(model__penalty=settings | {"rule": "one_standard_error"}))
    assert plain.model.result.penalty_strength > best.model.result.penalty_strength
    limit = row["log_loss"] + row["std_error"]
    chosen = pl.read_parquet(Path(plain.folder) / "tuning.parquet").filter("chosen")
    assert chosen["log_loss"][0] <= limit
    assert curve.filter(pl.col("strength") > chosen["strength"][0])["log_loss"].min() > limit
