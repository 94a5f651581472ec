"""Numbers of any kind are numbers; a column of other values is refused by name with a remedy."""

import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from logit_engine.discrete import Logit, MNLogit, Probit
from logit_engine.errors import DataError
from logit_engine.estimators import LogisticRegression
from logit_engine.fitting.steps import fit
from logit_engine.rows.column_numbers import number_table
from logit_engine.rows.memory import array_rows

N = 60
RANDOM = np.random.default_rng(2)
FLOATS = RANDOM.normal(size=N)
Y = (FLOATS + RANDOM.logistic(size=N) > 0.0).astype(float)
DATES = [dt.date(2020, 1, 1) + dt.timedelta(days=i) for i in range(N)]
HOURS = [dt.datetime(2020, 1, 1) + dt.timedelta(hours=i) for i in range(N)]
SPANS = [dt.timedelta(hours=i) for i in range(N)]
CLOCK = [dt.time(i % 24, 5) for i in range(N)]
TEXTS = [("a", "b", "c")[i % 3] for i in range(N)]

PANDAS: dict[str, Any] = {
    "dates": pd.to_datetime(DATES),
    "dates of a zone": pd.to_datetime(DATES).tz_localize("Europe/Paris"),
    "durations": pd.to_timedelta(np.arange(N), unit="h"),
    "periods": pd.period_range("2020-01", periods=N, freq="M"),
    "intervals": pd.interval_range(0, N),
    "dates of Arrow": pd.array(DATES, dtype="date32[pyarrow]"),
    "times of Arrow": pd.array(HOURS, dtype="timestamp[us][pyarrow]"),
    "dates of Python": pd.Series(DATES, dtype=object),
    "datetimes of Python": pd.Series(HOURS, dtype=object),
    "durations of Python": pd.Series(SPANS, dtype=object),
    "clock of Python": pd.Series(CLOCK, dtype=object),
    "dates among numbers": pd.Series([1.0, None, *DATES[2:]], dtype=object),
    "category of dates": pd.Categorical(pd.to_datetime(DATES)),
}
POLARS = {
    "dates": pl.Series(DATES),
    "datetimes": pl.Series(HOURS),
    "datetimes of a zone": pl.Series(HOURS).dt.replace_time_zone("UTC"),
    "durations": pl.Series(SPANS),
    "clock": pl.Series(CLOCK),
}
NO_TIMES: dict[str, Any] = {
    "texts": pd.Series(TEXTS),
    "texts as objects": pd.Series(TEXTS, dtype=object),
    "texts of numbers": pd.Series(["1.5"] * N),
    "strings of Arrow": pd.array(TEXTS, dtype="string[pyarrow]"),
    "category": pd.Categorical(TEXTS),
    "category of numbers": pd.Categorical(np.arange(N) % 3),
}
POLARS_TEXTS = {
    "texts": pl.Series(TEXTS),
    "texts of numbers": pl.Series(["1.5"] * N),
    "categorical": pl.Series(TEXTS, dtype=pl.Categorical),
    "enum": pl.Series(TEXTS, dtype=pl.Enum(["a", "b", "c"])),
}
COLUMNS = [("pandas", name, column) for name, column in {**PANDAS, **NO_TIMES}.items()]
COLUMNS += [("polars", name, column) for name, column in {**POLARS, **POLARS_TEXTS}.items()]
EACH_COLUMN = pytest.mark.parametrize(
    ("whose", "column"), [(a, c) for a, _, c in COLUMNS], ids=[f"{a} {b}" for a, b, _ in COLUMNS]
)


def frame_of(whose: str, column: Any) -> Any:
    return (
        pd.DataFrame({"x": FLOATS, "d": column})
        if whose == "pandas"
        else pl.DataFrame({"x": FLOATS, "d": column})
    )


@EACH_COLUMN
def test_what_is_no_number_is_refused_by_the_columns_name_at_every_door(
    whose: str, column: Any
) -> None:
    frame = frame_of(whose, column)
    for door, name in (
        (lambda: array_rows(frame, Y), "X"),
        (lambda: Logit(Y, frame), "exog"),
        (lambda: MNLogit(Y, frame), "exog"),
        (lambda: Probit(Y, FLOATS).fit(disp=0).score_test(exog_extra=frame), "exog_extra"),
        (lambda: Logit(Y, np.c_[FLOATS, FLOATS**2]).fit(disp=0).predict(frame), "exog"),
    ):
        with pytest.raises(DataError, match=rf"^column 'd' of {name} holds \w+.* as in .*\.$"):
            door()


@pytest.mark.parametrize(
    ("whose", "column"),
    [(a, c) for a, b, c in COLUMNS if b != "dates among numbers"],
    ids=[f"{a} {b}" for a, b, _ in COLUMNS if b != "dates among numbers"],
)
def test_the_line_of_the_sentence_makes_numbers_of_the_column(whose: str, column: Any) -> None:
    frame = frame_of(whose, column)
    with pytest.raises(DataError) as refused:
        number_table(frame, "X")
    line = re.search(r"as in (.*)\.$", str(refused.value))
    assert line is not None
    found = eval(line[1], {"X": frame, "pd": pd, "np": np, "pl": pl})
    numbers = (
        number_table(found, "X") if not isinstance(found, list) else np.asarray(found, dtype=float)
    )
    assert np.isfinite(numbers).all()
    assert numbers.shape[0] == N


@pytest.mark.parametrize(
    ("whose", "column"),
    [(a, c) for a, b, c in COLUMNS if b in PANDAS or b in POLARS],
    ids=lambda v: str(type(v)),
)
def test_the_estimators_refuse_times_that_scikit_learn_counts_in_days(
    whose: str, column: Any
) -> None:
    with pytest.raises(
        DataError, match=r"^column 'd' of X holds \w+ values; make numbers of them, as in "
    ):
        LogisticRegression().fit(frame_of(whose, column), Y)


@pytest.mark.parametrize(
    "column", [*PANDAS.values(), *POLARS.values(), np.array(DATES, dtype="datetime64[D]"), DATES]
)
def test_an_outcome_of_times_is_refused_by_every_model(column: Any) -> None:
    outcome = (
        pd.Series(column)
        if isinstance(column, pd.api.extensions.ExtensionArray | pd.Index)
        else column
    )
    for model in (Logit, MNLogit):
        with pytest.raises(
            DataError, match=r"^endog.* holds .* values; make numbers of them, as in "
        ):
            model(outcome, FLOATS)
    with pytest.raises(DataError, match=r"^y.* holds .* values; make numbers of them, as in "):
        array_rows(FLOATS, outcome)
    with pytest.raises(DataError, match=r"^y.* holds .* values; make numbers of them, as in "):
        LogisticRegression().fit(FLOATS[:, None], outcome)


@pytest.mark.parametrize(
    "column", [*NO_TIMES.values(), *POLARS_TEXTS.values(), TEXTS, np.array(TEXTS)]
)
def test_an_outcome_or_a_weight_of_texts_is_refused_by_name(column: Any) -> None:
    values = pd.Series(column) if isinstance(column, pd.api.extensions.ExtensionArray) else column
    with pytest.raises(
        DataError, match=r"^y.* holds (text|categories) .*; encode it as numbers, as in "
    ):
        array_rows(FLOATS, values)
    with pytest.raises(
        DataError, match=r"^freq_weights.* holds (text|categories) .*; encode it as numbers, as in "
    ):
        Logit(Y, FLOATS, freq_weights=values)


NUMBERS: dict[str, Any] = {
    "booleans": pd.Series(Y > 0),
    "nullable booleans": pd.array(Y > 0, dtype="boolean"),
    "nullable integers": pd.array(Y, dtype="Int64"),
    "floats of Arrow": pd.array(Y, dtype="double[pyarrow]"),
    "decimals": pd.Series([Decimal(int(v)) for v in Y]),
    "fractions": pd.Series([Fraction(int(v)) for v in Y]),
    "objects": pd.Series([int(v) if i % 2 else v > 0 for i, v in enumerate(Y)], dtype=object),
    "sparse": pd.arrays.SparseArray(Y),
    "float32": Y.astype(np.float32),
}


@pytest.mark.parametrize("column", NUMBERS.values(), ids=NUMBERS)
def test_numbers_of_any_type_are_numbers(column: Any) -> None:
    frame = pd.DataFrame({"x": FLOATS, "d": column})
    np.testing.assert_array_equal(number_table(frame, "X"), np.c_[FLOATS, Y])
    np.testing.assert_array_equal(Logit(pd.Series(column), FLOATS).endog, Y)
    np.testing.assert_array_equal(
        array_rows(FLOATS, pd.Series(column), weight=frame["d"] * 1 + 1).y, Y
    )


@pytest.mark.parametrize("kind", [pl.Boolean, pl.Int8, pl.UInt64, pl.Float32, pl.Decimal(10, 2)])
def test_numbers_of_polars_are_numbers(kind: Any) -> None:
    column = pl.Series(Y.astype(int)).cast(pl.Float64).cast(kind)
    frame = pl.DataFrame({"x": FLOATS, "d": column})
    np.testing.assert_array_equal(number_table(frame, "X"), np.c_[FLOATS, Y])
    np.testing.assert_array_equal(Logit(column, FLOATS).endog, Y)


def test_gaps_are_gaps_whatever_they_are_called() -> None:
    for gap in (None, np.nan, pd.NA, pd.NaT, Decimal("NaN")):
        column = pd.Series([1.0, gap, 3], dtype=object)
        np.testing.assert_array_equal(
            number_table(pd.DataFrame({"a": column}), "X")[:, 0], [1.0, np.nan, 3.0]
        )


def test_numbers_beyond_floats_and_complex_ones_are_refused() -> None:
    rows = pd.DataFrame({"x": FLOATS, "d": pd.Series([10**400, *range(1, N)], dtype=object)})
    with pytest.raises(
        DataError, match=r"X is missing or infinite in 1 rows \(first: row 0, column 'd', inf"
    ):
        array_rows(rows, Y)
    with pytest.raises(DataError, match="column 'd' of X holds complex128 values"):
        array_rows(rows.assign(d=1j), Y)
    with pytest.raises(DataError, match="column 'd' of X holds dict values"):
        array_rows(rows.assign(d=pd.Series([{}] * N)), Y)
    with pytest.raises(DataError, match=r"column 'd' holds List\(Int64\) values"):
        array_rows(pl.DataFrame({"x": FLOATS, "d": [[1]] * N}), Y)


def test_the_columns_of_an_array_are_named_by_their_position() -> None:
    mixed = np.array([[v, d] for v, d in zip(FLOATS, DATES, strict=True)], dtype=object)
    with pytest.raises(
        DataError,
        match=r"column 1 of X holds date values; .* as in \[v\.toordinal\(\) for v in X\[:, 1",
    ):
        array_rows(mixed, Y)
    for values in (np.array(DATES, dtype="datetime64[D]"), np.array(SPANS, dtype="timedelta64[h]")):
        with pytest.raises(
            DataError, match=r"X holds \w+64 values; make numbers of them, as in \(X - X\.min"
        ):
            array_rows(values, Y)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble])
def test_numbers_of_any_precision_up_to_its_end_are_fitted_and_gaps_are_named(kind: type) -> None:
    scale = 1e4 if kind is np.float16 else 1e37 if kind is np.float32 else 1e149
    rows = (FLOATS[:, None] * scale).astype(kind)
    found, plain = (
        fit(array_rows(rows, Y)),
        fit(array_rows(np.asarray(rows / kind(scale), dtype=float), Y)),
    )
    assert found.converged
    np.testing.assert_allclose(
        found.estimates[1] * scale, plain.estimates[1], rtol=1e-3 if kind is np.float16 else 1e-5
    )
    for bad in (np.nan, np.inf):
        rows[7, 0] = bad
        with pytest.raises(
            DataError, match=rf"X is missing or infinite in 1 rows \(first: row 7, {bad:g}\)"
        ):
            array_rows(rows, Y)
