"""Values per row are matched by pandas' labels, or refused, at every door."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from logit_engine.discrete import CLogLog, Logit, MNLogit, Probit, logit
from logit_engine.errors import DataError
from logit_engine.estimators import LogisticRegression, LogisticRegressionCV
from logit_engine.fitting.steps import fit
from logit_engine.inference.covariance import Covariance, Kind
from logit_engine.rows.memory import array_rows

N = 120
RANDOM = np.random.default_rng(8)
MIXED = RANDOM.permutation(N)
DATA = pd.DataFrame(
    {"x": RANDOM.normal(size=N), "z": RANDOM.normal(size=N)}, index=[f"r{i}" for i in range(N)]
)
DATA["y"] = (DATA["x"] + RANDOM.logistic(size=N) > 0.0).astype(float)
DATA["c"] = RANDOM.choice(list("uvw"), N)
DATA["w"] = RANDOM.integers(1, 4, N).astype(float)
DATA["o"] = RANDOM.normal(size=N)
DATA["g"], DATA["h"] = np.repeat(np.arange(30), 4), np.tile(np.arange(20), 6)
X = DATA[["x", "z"]].assign(const=1.0)


def robust(model: Any, groups: Any) -> np.ndarray:
    return np.asarray(model.fit(disp=0, cov_type="cluster", cov_kwds={"groups": groups}).bse)


def clusters_of_rows(groups: Any) -> np.ndarray:
    asked = Covariance(Kind.CLUSTER)
    return fit(
        array_rows(X[["x", "z"]], DATA["y"], cluster=groups), covariance_type=asked
    ).covariance


PLAIN = Logit(DATA["y"], X).fit(disp=0)
FORMULA = logit("y ~ x + z", DATA).fit(disp=0)
DOORS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "endog": (lambda v: Logit(v, X).fit(disp=0).params, DATA["y"]),
    "endog of a frame": (lambda v: Probit(v, X).fit(disp=0).params, DATA[["y"]]),
    "endog of classes": (lambda v: MNLogit(v, X).fit(disp=0).params, DATA["c"]),
    "offset": (lambda v: CLogLog(DATA["y"], X, offset=v).fit(disp=0).params, DATA["o"]),
    "offset beside arrays": (
        lambda v: Logit(DATA["y"], X.to_numpy(), offset=v).fit(disp=0).params,
        DATA["o"],
    ),
    "offset of classes": (
        lambda v: MNLogit(DATA["c"], X, offset=v).fit(disp=0).params,
        DATA[["o", "z"]],
    ),
    "freq_weights": (lambda v: Logit(DATA["y"], X, freq_weights=v).fit(disp=0).params, DATA["w"]),
    "var_weights": (lambda v: Logit(DATA["y"], X, var_weights=v).fit(disp=0).params, DATA["w"]),
    "sampling_weights": (
        lambda v: Logit(DATA["y"], X, sampling_weights=v).fit(disp=0).params,
        DATA["w"],
    ),
    "groups": (lambda v: robust(Logit(DATA["y"], X), v), DATA["g"]),
    "groups two ways": (lambda v: robust(Logit(DATA["y"], X), v), DATA[["g", "h"]]),
    "a pair of groups": (lambda v: robust(Logit(DATA["y"], X), (v, DATA["h"])), DATA["g"]),
    "groups of classes": (lambda v: robust(MNLogit(DATA["c"], X), v), DATA["g"]),
    "groups of a formula": (lambda v: robust(logit("y ~ x", DATA), v), DATA["g"]),
    "offset of a formula": (lambda v: logit("y ~ x", DATA, offset=v).fit(disp=0).params, DATA["o"]),
    "weights of a formula": (
        lambda v: logit("y ~ x", DATA, freq_weights=v).fit(disp=0).params,
        DATA["w"],
    ),
    "offset of a subset": (
        lambda v: logit("y ~ x", DATA, subset=DATA["z"] > -1.0, offset=v).fit(disp=0).params,
        DATA["o"],
    ),
    "offset of predict": (lambda v: PLAIN.predict(X, offset=v), DATA["o"]),
    "offset of predict in the sample": (lambda v: PLAIN.predict(offset=v), DATA["o"]),
    "offset of get_prediction": (lambda v: FORMULA.get_prediction(DATA, offset=v).se, DATA["o"]),
    "agg_weights": (
        lambda v: PLAIN.get_prediction(X, average=True, agg_weights=v).predicted,
        DATA["w"],
    ),
    "exog_extra": (lambda v: PLAIN.score_test(exog_extra=v).pvalue, DATA["o"]),
    "exog_extra of a frame": (lambda v: PLAIN.score_test(exog_extra=v).pvalue, DATA[["o", "w"]]),
    "y of array_rows": (lambda v: fit(array_rows(X[["x"]], v)).estimates, DATA["y"]),
    "weight of array_rows": (
        lambda v: fit(array_rows(X[["x"]], DATA["y"], weight=v)).estimates,
        DATA["w"],
    ),
    "precision of array_rows": (
        lambda v: fit(array_rows(X[["x"]], DATA["y"], precision=v)).estimates,
        DATA["w"],
    ),
    "offset of array_rows": (
        lambda v: fit(array_rows(X[["x"]], DATA["y"], offset=v)).estimates,
        DATA["o"],
    ),
    "cluster of array_rows": (clusters_of_rows, DATA["g"]),
    "clusters of array_rows": (clusters_of_rows, DATA[["g", "h"]]),
}
EACH_DOOR = pytest.mark.parametrize("door", DOORS)


@EACH_DOOR
def test_the_same_labels_in_another_order_are_matched(door: str) -> None:
    take, value = DOORS[door]
    found = take(value.iloc[MIXED])
    np.testing.assert_allclose(np.asarray(found), np.asarray(take(value)), rtol=1e-10, atol=1e-13)


@EACH_DOOR
def test_other_labels_are_refused_with_what_to_do(door: str) -> None:
    take, value = DOORS[door]
    for other in (value.reset_index(drop=True), value.set_axis(["r0", *value.index[:-1]])):
        with pytest.raises(
            DataError,
            match=r"the index of \w+ is not that of \w+: it has the label .*\.to_numpy\(\) if row",
        ):
            take(other)


def test_labels_that_repeat_go_row_by_row_and_in_another_order_are_refused() -> None:
    index = pd.Index(np.repeat(np.arange(40), 3))
    y, rows, groups = DATA["y"].set_axis(index), X.set_axis(index), DATA["g"].set_axis(index)
    np.testing.assert_array_equal(
        robust(Logit(y, rows), groups), robust(Logit(DATA["y"], X), DATA["g"])
    )
    with pytest.raises(
        DataError, match=r"the index of groups is not that of exog: it has the label \d+ in row \d+"
    ):
        robust(Logit(y, rows), groups.iloc[MIXED])


def test_rows_of_another_number_are_refused_by_both_numbers() -> None:
    with pytest.raises(
        DataError,
        match=(
            r"it has 120 rows, those of exog are 80\. Give groups\.loc\[exog\.index\] to go by "
            r"label\.$"
        ),
    ):
        robust(Logit(DATA["y"][:80], X[:80]), DATA["g"])
    with pytest.raises(
        DataError,
        match=r"it has 30 rows, those of exog are 120\. Give a value for each row of exog\.$",
    ):
        robust(Logit(DATA["y"], X), DATA["g"][:30])


def test_arrays_and_polars_go_by_position() -> None:
    expected = robust(Logit(DATA["y"], X), DATA["g"])
    for groups in (
        DATA["g"].to_numpy(),
        DATA["g"].tolist(),
        pl.Series(DATA["g"].to_list()),
        pd.Index(DATA["g"]),
    ):
        np.testing.assert_array_equal(robust(Logit(DATA["y"], X), groups), expected)
    frame = pl.DataFrame({"g": DATA["g"].to_list(), "h": DATA["h"].to_list()})
    both = robust(Logit(DATA["y"], X), DATA[["g", "h"]])
    np.testing.assert_array_equal(robust(Logit(DATA["y"], X), frame), both)
    np.testing.assert_array_equal(
        robust(Logit(DATA["y"].to_numpy(), X.to_numpy()), DATA[["g", "h"]].iloc[:, :2]), both
    )


def test_groups_are_given_for_all_rows_or_for_those_that_were_kept() -> None:
    holed = X.copy()
    holed.iloc[[3, 50], 0] = np.nan
    kept = holed.notna().all(axis=1)
    expected = robust(Logit(DATA["y"][kept], X[kept]), DATA["g"][kept])
    model = Logit(DATA["y"], holed, missing="drop")
    for groups in (DATA["g"], DATA["g"].iloc[MIXED], DATA["g"][kept], DATA["g"][kept].iloc[::-1]):
        np.testing.assert_allclose(robust(model, groups), expected, rtol=1e-12)
    formula = logit("y ~ x + z", DATA.assign(x=holed["x"]))
    np.testing.assert_allclose(
        np.sort(robust(formula, DATA["g"].iloc[MIXED])), np.sort(expected), rtol=1e-9
    )


LABELS = [f"c{i // 4}" for i in range(N)]
GAPS = {
    "None": pd.Series([None, *LABELS[1:]], dtype=object),
    "NaN among texts": pd.Series([np.nan, *LABELS[1:]], dtype=object),
    "NA": pd.Series([pd.NA, *LABELS[1:]], dtype="string"),
    "NaN": pd.Series([np.nan, *range(1, N)]),
    "nullable": pd.array([None, *range(1, N)], dtype="Int64"),
    "category": pd.Series([None, *LABELS[1:]], dtype="category"),
    "NaT": pd.Series(pd.to_datetime(["NaT", *["2020-01-01"] * 60, *["2021-01-01"] * 59])),
    "NumPy's NaT": np.array(
        ["NaT", *["2020-01-01"] * 60, *["2021-01-01"] * 59], dtype="datetime64[D]"
    ),
    "list": [None, *LABELS[1:]],
    "Polars": pl.Series([None, *LABELS[1:]]),
    "Polars numbers": pl.Series([None, *range(1, N)]),
    "Polars NaN": pl.Series([float("nan"), *map(float, range(1, N))]),
    "second way": pl.DataFrame({"a": LABELS, "b": [None, *LABELS[1:]]}),
    "second way of pandas": pd.DataFrame({"a": LABELS, "b": [None, *LABELS[1:]]}),
    "object array": np.array([[None, 1], *[[label, 1] for label in LABELS[1:]]], dtype=object),
}


@pytest.mark.parametrize("kind", GAPS)
def test_a_row_without_a_cluster_is_refused_by_its_number(kind: str) -> None:
    groups = GAPS[kind]
    rows, y = X.reset_index(drop=True), DATA["y"].reset_index(drop=True)
    with pytest.raises(
        DataError, match=r"groups is missing in 1 rows \(row 0\); give these rows a label"
    ):
        robust(Logit(y, rows), groups)
    with pytest.raises(DataError, match=r"cluster is missing in 1 rows \(row 0\)"):
        array_rows(rows[["x"]], y, cluster=groups)


def test_a_row_that_was_dropped_needs_no_cluster_and_the_others_are_named_by_the_users_rows() -> (
    None
):
    holed = X.to_numpy().copy()
    holed[0, 0] = np.nan
    model = Logit(DATA["y"].to_numpy(), holed, missing="drop")
    assert np.isfinite(robust(model, [None, *LABELS[1:]])).all()
    with pytest.raises(DataError, match=r"groups is missing in 2 rows \(rows 5, 7\)"):
        robust(model, [None if i in (0, 5, 7) else label for i, label in enumerate(LABELS)])


def test_labels_of_mixed_types_are_refused_and_numbers_of_any_type_are_not() -> None:
    model = Logit(DATA["y"].to_numpy(), X.to_numpy())
    mixed = np.array([*LABELS[:-1], 7], dtype=object)
    with pytest.raises(
        DataError, match=r"groups holds 'c0' in row 0 and 7 in row 119, which cannot be compared"
    ):
        robust(model, mixed)
    numbers = np.array(
        [float(g) if i % 2 else int(g) for i, g in enumerate(DATA["g"])], dtype=object
    )
    np.testing.assert_array_equal(robust(model, numbers), robust(model, DATA["g"].to_numpy()))


ESTIMATES: dict[str, tuple[Callable[[Any], Any], pd.Series]] = {
    "y": (lambda v: LogisticRegression().fit(X[["x"]], v), DATA["y"]),
    "sample_weight": (
        lambda v: LogisticRegression().fit(X[["x"]], DATA["y"], sample_weight=v),
        DATA["w"],
    ),
    "offset": (lambda v: LogisticRegression().fit(X[["x"]], DATA["y"], offset=v), DATA["o"]),
    "offset of predict_proba": (
        lambda v: LogisticRegression().fit(X[["x"]], DATA["y"]).predict_proba(X[["x"]], offset=v),
        DATA["o"],
    ),
    "weights of score": (
        lambda v: (
            LogisticRegression()
            .fit(X[["x"]], DATA["y"])
            .score(X[["x"]], DATA["y"], sample_weight=v)
        ),
        DATA["w"],
    ),
    "y of score": (
        lambda v: LogisticRegression().fit(X[["x"]], DATA["y"]).score(X[["x"]], v),
        DATA["y"],
    ),
    "sample_weight of folds": (
        lambda v: LogisticRegressionCV(Cs=2).fit(X[["x"]], DATA["y"], v),
        DATA["w"],
    ),
}


@pytest.mark.parametrize("door", ESTIMATES)
def test_the_estimators_match_nothing_and_refuse_another_order(door: str) -> None:
    take, value = ESTIMATES[door]
    take(value)
    take(value.to_numpy())
    for other in (value.iloc[MIXED], value.reset_index(drop=True)):
        with pytest.raises(
            DataError, match=r"the index of \w+ is not that of X: it has the label .* in row 0"
        ):
            take(other)


@pytest.mark.parametrize("bad", [1e200, -1e151, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("convert", [pd.DataFrame, pl.from_pandas, lambda frame: frame.to_numpy()])
def test_numbers_that_cannot_be_used_are_named_by_column_and_row(convert: Any, bad: float) -> None:
    rows, y = X.reset_index(drop=True), DATA["y"].to_numpy()
    rows.loc[7, "z"] = bad
    column = "1" if convert not in (pd.DataFrame, pl.from_pandas) else "'z'"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(
            DataError,
            match=rf"^X is .*\(first: row 7, column {column}, {bad:g}\)".replace("+", r"\+"),
        ):
            array_rows(convert(rows[["x", "z"]]), y)
        for model in (Logit, Probit, CLogLog, MNLogit):
            with pytest.raises(DataError, match=r"first: row 7, (column )?'(z|x2)'"):
                model(y, convert(rows))
        vector = np.where(np.arange(N) == 7, bad, 1.0)
        for name in ("offset", "freq_weights", "var_weights", "sampling_weights"):
            with pytest.raises(
                DataError, match=f"'{name}'.* row 7, '{name}'|{name} is beyond 1e\\+150.*row 7"
            ):
                Logit(y, X, **{name: vector})
        for name in ("weight", "precision", "offset"):
            with pytest.raises(DataError, match=f"^{name} is .*row 7"):
                array_rows(X[["x"]], y, **{name: vector})
        with pytest.raises(DataError, match=r"^(y|endog|missing).*row 7"):
            Logit(vector, X)
        with pytest.raises(DataError, match=r"^y is .*row 7"):
            array_rows(X[["x"]], vector)


def test_the_estimators_name_what_scikit_learn_lets_through() -> None:
    rows = DATA[["x", "z"]].copy()
    rows.loc["r7", "z"] = 1e200
    with pytest.raises(
        DataError, match=r"X is beyond 1e\+150 in 1 rows \(first: row 7, column 'z', 1e\+200\)"
    ):
        LogisticRegression().fit(rows, DATA["y"])


def test_a_formula_names_the_rows_of_the_data_whatever_was_dropped() -> None:
    data = DATA.reset_index(drop=True)
    data.loc[2, "x"] = np.nan
    with pytest.raises(
        DataError, match=r"'z' is beyond 1e\+150 in 1 of 119 rows without nulls \(row 7\)"
    ):
        logit("y ~ x + z", data.assign(z=data["z"].where(data.index != 7, 1e200)))
    for bad in (np.nan, np.inf, 1e200):
        for name in ("offset", "freq_weights"):
            values = data["w"].where(data.index != 7, bad)
            with pytest.raises(DataError, match=rf"^{name} is .*first: row 7"):
                logit("y ~ x", data, **{name: values})
            # of the row that is dropped
            logit("y ~ x", data, **{name: data["w"].where(data.index != 2, bad)})


def test_values_behind_a_mask_are_missing() -> None:
    mask = np.zeros((N, 3), dtype=bool)
    mask[7, 1] = True
    hidden = np.ma.masked_array(X.to_numpy(), mask)
    with pytest.raises(
        DataError, match=r"X is missing or infinite in 1 rows \(first: row 7, column 1, nan\)"
    ):
        array_rows(hidden, DATA["y"].to_numpy())
    y = DATA["y"].to_numpy()
    dropped = Logit(y, hidden, missing="drop").fit(disp=0).params
    np.testing.assert_array_equal(
        dropped, Logit(np.delete(y, 7), np.delete(X.to_numpy(), 7, 0)).fit(disp=0).params
    )
    with pytest.raises(DataError, match=r"groups is missing in 1 rows \(row 7\)"):
        robust(Logit(y, X.to_numpy()), np.ma.masked_array(DATA["g"].to_numpy(), mask[:, 1]))
    with pytest.raises(
        DataError, match=r"missing or infinite values in 'y' \(1 rows\); first: row 7"
    ):
        Logit(np.ma.masked_array(y, mask[:, 1]), X.to_numpy())


def test_further_columns_and_weights_of_averages_are_checked_by_row() -> None:
    for bad in (np.nan, np.inf, 1e200):
        extra = DATA[["o", "w"]].assign(w=DATA["w"].where(DATA.index != "r7", bad))
        with pytest.raises(DataError, match=r"^exog_extra is .*first: row 7, column 'w', "):
            PLAIN.score_test(exog_extra=extra)
        with pytest.raises(DataError, match=r"^agg_weights is .*first: row 7"):
            PLAIN.get_prediction(average=True, agg_weights=extra["w"])
    with pytest.raises(
        DataError, match="exog_extra is a single value; one for each of the 120 rows is needed"
    ):
        PLAIN.score_test(exog_extra=1.0)


def test_labels_of_several_levels_are_labels_and_objects_without_an_order_are_not() -> None:
    both = pd.MultiIndex.from_frame(DATA[["g", "h"]])
    own = [f"{a} {b}" for a, b in both]
    model = Logit(DATA["y"].to_numpy(), X.to_numpy())
    np.testing.assert_allclose(robust(model, both), robust(model, own), rtol=1e-12)
    with pytest.raises(
        DataError, match="groups holds dict values, which have no order; give texts or numbers"
    ):
        robust(model, np.array([{} for _ in range(N)], dtype=object))
