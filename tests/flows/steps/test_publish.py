"""A published run: the same bytes each time, reused while whole and refused when damaged."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from logit_flows.recipes.training import train
from logit_flows.steps.stored_run import read_run

from logit_engine.errors import ArtifactError
from tests.support.pipeline import Make


def files(folder: Path) -> dict[str, bytes]:
    """The contents of a folder's files by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_run_has_the_same_bytes_twice_and_in_two_stores(make: Make) -> None:
    one, two = train(make()), train(make(store="elsewhere"))
    assert (one.run, one.reused, two.reused) == (two.run, False, False)
    assert one.folder != two.folder
    first = files(Path(one.folder))
    assert set(first) == {
        "model.parquet",
        "metrics.parquet",
        "predictions.parquet",
        "trained_keys.parquet",
        "config.yaml",
        "manifest.json",
    }
    assert files(Path(two.folder)) == first
    shutil.rmtree(one.folder)
    again = train(make())
    assert (again.run, again.reused, files(Path(again.folder))) == (one.run, False, first)
    assert train(make(compute__threads=1)).reused


def test_a_reused_run_is_the_run_that_was_made(make: Make) -> None:
    made, reused = train(make()), train(make())
    assert (made.reused, reused.reused, reused.champion) == (False, True, True)
    np.testing.assert_array_equal(reused.model.result.estimates, made.model.result.estimates)
    np.testing.assert_array_equal(reused.model.result.covariance, made.model.result.covariance)
    assert reused.evaluation.table.equals(made.evaluation.table)
    assert reused.model.design == made.model.design


def test_a_damaged_run_is_refused_and_not_reused(make: Make) -> None:
    trained = train(make())
    (Path(trained.folder) / "model.parquet").write_bytes(b"PAR1")
    with pytest.raises(
        ArtifactError, match="Restore the folder from a copy, or move it away and train again"
    ):
        train(make())
    with pytest.raises(ArtifactError, match="Restore the folder"):
        read_run(make(), trained.run)
