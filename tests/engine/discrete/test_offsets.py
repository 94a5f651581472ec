"""Offsets: what is predicted without one, and what is said of names and exposures."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import logit_engine.discrete as ours
from logit_engine.errors import KeywordError, UsageError

WARNING_TEXT = (
    "the model was fitted with an offset; other rows are predicted with 0 unless offset= is given"
)


def data() -> pd.DataFrame:
    """A number, an offset that matters, and an outcome."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"x": rng.standard_normal(200), "o": rng.standard_normal(200)})
    return frame.assign(
        y=(frame["x"] + frame["o"] + rng.logistic(size=200) > 0).astype(float), const=1.0
    )


def test_other_rows_are_predicted_with_zero_as_there_and_it_is_said(tmp_path: Path) -> None:
    frame = data()
    X = frame[["const", "x"]]
    theirs = sm.Logit(frame["y"], X, offset=frame["o"]).fit(disp=0)
    mine = ours.Logit(frame["y"], X, offset=frame["o"]).fit(disp=0)
    mine.save(tmp_path / "fit.parquet")
    for result in (mine, ours.load(tmp_path / "fit.parquet")):
        with pytest.warns(UserWarning, match=WARNING_TEXT) as caught:
            found = result.predict(X)
        np.testing.assert_allclose(found, theirs.predict(X), rtol=1e-7)
        assert caught[0].filename == __file__
        with pytest.warns(UserWarning, match=WARNING_TEXT):
            result.get_prediction(X)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_array_equal(result.predict(X, offset=0.0), found)
            np.testing.assert_allclose(
                result.predict(X, offset=frame["o"]), mine.predict(), rtol=1e-12
            )
    mine.remove_data()
    with pytest.warns(UserWarning, match=WARNING_TEXT):
        mine.predict(X)


def test_without_an_offset_nothing_is_said(tmp_path: Path) -> None:
    frame = data()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = ours.logit("y ~ x", frame).fit(disp=0)
        fitted.save(tmp_path / "fit.parquet")
        for result in (fitted, ours.load(tmp_path / "fit.parquet")):
            result.predict(frame)


@pytest.mark.parametrize("name", ["offset", "freq_weights", "var_weights", "sampling_weights"])
def test_the_name_of_a_column_is_refused_with_what_to_give(name: str) -> None:
    frame = data()
    for fit in (
        lambda **options: ours.logit("y ~ x", frame, **options),
        lambda **options: ours.Logit(frame["y"], frame[["x"]], **options),
    ):
        with pytest.raises(
            UsageError, match=rf"{name} is the text 'o'; give the values, as in {name}=data\['o'\]"
        ):
            fit(**{name: "o"})


def test_an_exposure_is_refused_with_its_offset() -> None:
    frame = data()
    for fit in (
        lambda: ours.cloglog("y ~ x", frame, exposure=np.exp(frame["o"])),
        lambda: ours.MNLogit(frame["y"], frame[["x"]], exposure=np.exp(frame["o"])),
    ):
        with pytest.raises(
            KeywordError,
            match=(
                "'exposure' is not an argument of this model, but of models of "
                r"counts.*offset=np\.log\(exposure\)"
            ),
        ):
            fit()
