"""Results come back from disk without the data, in one file."""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from logit_engine.discrete import (
    Logit,
    load,
)
from logit_engine.errors import ArtifactError
from tests.support.faces import MODELS, counts_sample


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("how", ["fit", "l1", "constrained", "dropped"])
def test_results_come_back_from_disk_without_the_data(
    model: type, how: str, tmp_path: Path
) -> None:
    X, y = counts_sample(model)
    frame = pd.DataFrame(X, columns=["const", "age", "switch", "count"])
    if how == "dropped":
        r = model(y, frame.assign(double=2.0 * frame["age"]), check_rank="drop").fit(disp=0)
        frame["double"] = 2.0 * frame["age"]
    else:
        m = model(y, frame)
        names = m.constraint_names
        fits = {
            "fit": lambda: m.fit(disp=0, cov_type="HC1"),
            "l1": lambda: m.fit_regularized(alpha=2.0, disp=0),
        }
        fits["constrained"] = lambda: m.fit_constrained(f"{names[1]} = {names[2]}", disp=0)
        r = fits[how]()
    r.save(tmp_path / "fit.parquet")
    back = load(tmp_path / "fit.parquet")
    assert (tmp_path / "fit.parquet").stat().st_size < 30_000
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["fit.parquet"]
    for figure in (
        "params",
        "bse",
        "pvalues",
        "llf",
        "llnull",
        "aic",
        "bic",
        "df_model",
        "df_resid",
        "nobs",
        "converged",
        "cov_type",
    ):
        np.testing.assert_array_equal(getattr(back, figure), getattr(r, figure), err_msg=figure)
    np.testing.assert_array_equal(back.conf_int(), r.conf_int())
    np.testing.assert_allclose(back.predict(frame.iloc[:4]), r.predict(frame.iloc[:4]), rtol=1e-15)
    assert str(back.summary()).splitlines()[8:] == str(r.summary()).splitlines()[8:]
    with pytest.raises(AttributeError, match="this model has no data"):
        _ = back.resid_response
    r.remove_data()
    np.testing.assert_array_equal(r.params, back.params)
    with pytest.raises(AttributeError, match="this model has no data"):
        r.get_margeff()


def test_what_is_no_fit_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"nothing")
    with pytest.raises(ArtifactError, match=r"x\.parquet is not a model of logit-engine"):
        load(tmp_path / "x.parquet")
    with pytest.raises(
        ArtifactError, match=r"there is no file .*missing\.parquet; correct the path"
    ):
        load(tmp_path / "missing.parquet")


def test_a_saved_fit_leaves_one_file_and_makes_no_folder(tmp_path: Path) -> None:
    X, y = counts_sample()
    found = Logit(y, X).fit(disp=False)
    for _ in range(2):
        found.save(tmp_path / "fit.parquet")
        assert [path.name for path in tmp_path.iterdir()] == ["fit.parquet"]
    with pytest.raises(
        ArtifactError, match=r"there is no folder .*new to save fit\.parquet in; make it first"
    ):
        found.save(tmp_path / "new" / "fit.parquet")
    assert not (tmp_path / "new").exists()


def test_results_can_be_copied() -> None:
    X, y = counts_sample()
    r = Logit(y, X).fit(disp=0)
    np.testing.assert_array_equal(copy.deepcopy(r).params, r.params)
