"""Experiments: cells fail alone, and the others are ranked."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.recipes import experimenting
from logit_flows.recipes.experimenting import experiment
from logit_flows.steps import crossvalidate
from logit_flows.steps import fit as fitting
from logit_flows.steps.crossvalidate import cross_validate
from logit_flows.steps.folds import hashed_folds
from logit_flows.steps.opening import open_store
from numpy.typing import NDArray

from logit_engine.errors import DataError
from tests.support.pipeline import Make, city_table


def test_one_cell_fails_alone_and_the_others_are_ranked_by_cross_validation(make: Make) -> None:
    frame = city_table().with_columns(flat=pl.lit(1.0))
    matrix = {
        "features.numeric": [["z"], ["x", "z"], ["x", "flat"]],
        "normalize": ["standard", "none"],
    }
    config = make(frame, compute__threads=1, experiment={"matrix": matrix, "folds": 3})
    board = experiment(config)
    assert len(board.cells) == 6
    failed = [cell for cell in board.cells if cell.error]
    assert [dict(c.settings)["features.numeric"] for c in failed] == [["x", "flat"]] * 2
    assert all("column 'flat' is 1 in all" in str(c.error) for c in failed)
    losses = [c.validated.log_loss for c in board.cells if c.validated]
    assert board.cells[4:] == tuple(failed)
    assert losses == sorted(losses)
    assert all(dict(c.settings)["features.numeric"] == ["x", "z"] for c in board.cells[:2])
    table_ = pl.read_parquet(board.path)
    assert table_.equals(board.table)
    assert table_["rank"].to_list() == [1, 2, 3, 4, None, None]
    store = open_store(config)
    assert {entry.run for entry in store.runs()} >= {c.run for c in board.cells[:4]}
    before = Path(board.path).read_bytes()
    assert Path(experiment(config).path).read_bytes() == before


@pytest.mark.parametrize("method", ["time", "random"])
def test_cells_of_other_features_and_roles_share_their_folds(
    make: Make, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows without an id: the folds are hashes of what is the row in the base config."""
    frame = city_table().drop("key").with_columns(part=pl.col("x").round().cast(pl.Int64))
    matrix = {
        "features.numeric": [["x"], ["x", "z"]],
        "features.categorical": [["city"], ["part"]],
    }
    config = make(
        frame,
        data__id=None,
        data__time="day",
        split={"method": method, "test_size": 0.3},
        features={"numeric": ["x", "z", "part"], "categorical": ["city"], "pool_as": "level"},
        features__min_frequency=20,
        model={"penalty": {"type": "l2", "strength": 0.01}},
        compute__threads=1,
        experiment={"matrix": matrix, "folds": 3},
    )
    folds = []

    def noted(*args: Any) -> NDArray[np.int64]:
        folds.append(hashed_folds(*args))
        return folds[-1]

    monkeypatch.setattr(crossvalidate, "hashed_folds", noted)
    board = experiment(config)
    assert [cell.error for cell in board.cells if cell.error] == []
    assert len(folds) == len(board.cells) > 2
    assert all((one == folds[0]).all() for one in folds)


def test_an_experiment_without_cells_or_without_a_good_one_is_refused(make: Make) -> None:
    for config in (make(), make(experiment={"matrix": {}})):
        with pytest.raises(
            DataError, match=r"the config has no experiment; set experiment\.matrix"
        ):
            experiment(config)
    config = make(
        compute__threads=1, experiment={"matrix": {"features.reference": [{"city": "zz"}]}}
    )
    with pytest.raises(
        DataError,
        match=(
            r"all 1 cells failed; the first says: features\.reference: 'zz' is not a level of "
            "'city'"
        ),
    ):
        experiment(config)


def test_an_experiment_that_runs_again_fits_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"matrix": {"model.link": ["logit", "probit"]}, "folds": 3}
    first = experiment(make(compute__threads=1, experiment=asked))
    fits: list[Any] = []
    monkeypatch.setattr(crossvalidate, "fit", lambda *_, **__: fits.append(1))
    monkeypatch.setattr(fitting, "fit", lambda *_, **__: fits.append(1))
    assert experiment(make(compute__threads=1, experiment=asked)) == first
    fewer = asked | {"matrix": {"model.link": ["probit"]}}
    again = experiment(make(compute__threads=1, experiment=fewer))
    assert again.cells == tuple(c for c in first.cells if ("model.link", "probit") in c.settings)
    assert fits == []


def test_a_kept_score_that_is_damaged_is_made_anew(make: Make) -> None:
    config = make(compute__threads=1, experiment={"matrix": {"model.link": ["logit"]}, "folds": 3})
    first = experiment(config)
    (kept,) = (open_store(config).folder / "manifests" / "validations").iterdir()
    before = kept.read_bytes()
    for damaged in (b"", before.replace(b"0.", b"1.", 1)):
        kept.write_bytes(damaged)
        assert experiment(config).cells == first.cells
        assert kept.read_bytes() == before


def test_equal_cells_are_fitted_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Any] = []

    def counted(*args: Any) -> Any:
        ran.append(args)
        return cross_validate(*args)

    monkeypatch.setattr(experimenting, "cross_validate", counted)
    matrix = {"features.numeric": [["x", "z"], ["x"], ["x", "z"]], "model.link": ["logit"] * 2}
    board = experiment(make(compute__threads=1, experiment={"matrix": matrix, "folds": 3}))
    assert len(board.cells) == 6
    assert len({cell.run for cell in board.cells}) == len(ran) == 2
