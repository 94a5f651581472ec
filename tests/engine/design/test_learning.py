"""A design is learnt on its rows alone, names every choice, and is the same in fit and score."""

import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from logit_engine.design.frame_rows import frame_rows
from logit_engine.design.learning import learn
from logit_engine.design.spec import Impute, Normalize, Redundant, Spec, Unknown
from logit_engine.design.table_design import Design
from logit_engine.design.terms.missing_indicator import Indicator
from logit_engine.errors import DataError, Reason
from logit_engine.fitting.steps import fit
from logit_engine.likelihoods import Bernoulli
from logit_engine.links import LINKS
from logit_engine.rows import BLOCK_ROWS


def mixed(rows: int = 400, seed: int = 3) -> pl.DataFrame:
    """Numbers far from zero and of different scales, some missing together, text, an integer and
    a boolean category.
    """
    rng = np.random.default_rng(seed)
    x = 1000.0 + 30.0 * rng.standard_normal(rows)
    gone = rng.random(rows) < 0.1
    z = rng.exponential(0.01, rows)
    eta = (x - 1000.0) / 30.0 - 50.0 * z
    return pl.DataFrame(
        {
            "x": np.where(gone, np.nan, x),
            "w": pl.Series(rng.standard_normal(rows)).set(pl.Series(gone), None),
            "z": z,
            "city": rng.choice(["a", "b", "c", "rare"], rows, p=[0.5, 0.3, 0.18, 0.02]),
            "hour": rng.integers(8, 12, rows),
            "weekend": rng.random(rows) < 0.3,
            "y": (rng.random(rows) < 1.0 / (1.0 + np.exp(-eta))).astype(float),
        }
    )


MIXED = Spec(
    numeric=("x", "w", "z"),
    categorical=("city", "hour", "weekend"),
    impute_numeric=Impute.MEAN,
    add_indicator=True,
    min_frequency=5,
    unknown=Unknown.POOLED,
)


def with_(**asked: Any) -> Spec:
    """The mixed spec with some of it changed."""
    return Spec(**{**{name: getattr(MIXED, name) for name in Spec.__dataclass_fields__}, **asked})


def test_center_scale_fill_and_levels_come_from_the_rows_given_alone() -> None:
    given = pl.DataFrame({"x": [1.0, 3.0, None], "c": ["a", "b", "a"]})
    spec = Spec(
        numeric=("x",), categorical=("c",), impute_numeric=Impute.MEAN, unknown=Unknown.REFERENCE
    )
    design, _ = learn(given, spec)
    term = design.terms[0]
    assert (term.fill, term.center, term.scale) == (2.0, 2.0, np.std([1.0, 3.0, 2.0]))
    assert design.terms[1].known == ("a", "b")
    later = pl.DataFrame({"x": [100.0, None], "c": ["z", "b"]})
    encoded = design.encode(later)
    assert encoded.dot(np.array([0.0, 1.0, 0.0])) == pytest.approx(
        [98.0 / term.scale, 0.0], rel=1e-15
    )
    assert encoded.dot(np.array([0.0, 0.0, 1.0])).tolist() == [0.0, 1.0]
    assert learn(given, spec)[0] == design


@pytest.mark.parametrize(
    ("strategy", "constant", "value"),
    [(Impute.MEAN, None, 4.0), (Impute.MEDIAN, None, 2.0), (Impute.CONSTANT, -7.0, -7.0)],
)
def test_a_missing_number_becomes_what_was_learnt_or_given_and_it_is_said(
    strategy: Impute, constant: float | None, value: float
) -> None:
    frame = pl.DataFrame({"x": [1.0, 2.0, 9.0, None]})
    spec = Spec(
        numeric=("x",), impute_numeric=strategy, constant=constant, normalize=Normalize.NONE
    )
    design, notes = learn(frame, spec)
    assert design.encode(frame).dot(np.array([0.0, 1.0])).tolist() == [1.0, 2.0, 9.0, value]
    assert notes == (f"x: 1 of 4 values were missing and became {value:g} ({strategy}).",)
    assert design.check(frame.lazy()).missing == {"x": 1}


def test_a_missing_value_without_a_rule_is_refused_when_learning_and_when_scoring() -> None:
    frame = pl.DataFrame({"x": [1.0, None, 3.0], "c": ["a", "b", None]})
    number = (
        r"^column 'x' is missing in 1 of 3 rows; impute its missing numbers, or drop these rows\.$"
    )
    level = r"^column 'c' is missing in 1 of 3 rows; impute its missing values as a level, or drop"
    for spec, sentence in ((Spec(numeric=("x",)), number), (Spec(categorical=("c",)), level)):
        with pytest.raises(DataError, match=sentence):
            learn(frame, spec)
        design, _ = learn(frame.drop_nulls().vstack(pl.DataFrame({"x": [2.0], "c": ["z"]})), spec)
        with pytest.raises(DataError, match=sentence):
            design.encode(frame.with_columns(pl.col("c").replace("b", "z")))


def test_columns_missing_together_share_one_indicator() -> None:
    frame = pl.DataFrame(
        {
            "a": [1.0, None, 3.0, None, 7.0],
            "b": [2.0, None, 5.0, None, 1.0],
            "c": [None, 1.0, 2.0, 4.0, 5.0],
            "d": [1.0, 2.0, 3.0, 4.0, 6.0],
        }
    )
    design, _ = learn(
        frame, Spec(numeric=tuple("abcd"), impute_numeric=Impute.MEAN, add_indicator=True)
    )
    assert [n for i in design.of_kind(Indicator) for n in i.column_names] == [
        "missing[a, b]",
        "missing[c]",
    ]
    one = np.eye(len(design.names))
    assert design.encode(frame).dot(one[5]).tolist() == [0.0, 1.0, 0.0, 1.0, 0.0]
    assert design.encode(frame).dot(one[6]).tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_a_pattern_too_rare_for_an_indicator_is_said() -> None:
    frame = pl.DataFrame({"a": [1.0, None, 3.0]})
    spec = Spec(numeric=("a",), impute_numeric=Impute.MEAN, add_indicator=True, min_frequency=2)
    design, notes = learn(frame, spec)
    assert design.of_kind(Indicator) == ()
    assert notes[-1] == "a: missing in 1 rows, too few for an indicator of their own."


def test_not_a_number_is_missing() -> None:
    null, nan = (
        pl.DataFrame({"x": pl.Series([1.0, 5.0, hole], strict=False)})
        for hole in (None, float("nan"))
    )
    spec = Spec(numeric=("x",), impute_numeric=Impute.MEAN, add_indicator=True)
    assert learn(null, spec) == learn(nan, spec)
    design, _ = learn(null, spec)
    theta = np.array([0.5, 2.0, 0.25])
    assert design.encode(nan).dot(theta).tolist() == design.encode(null).dot(theta).tolist()
    assert nan.select(design.linear_predictor(theta).alias("e")).equals(
        null.select(design.linear_predictor(theta).alias("e"))
    )


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_infinity_is_refused_when_learning_and_when_scoring(value: float) -> None:
    bad = pl.DataFrame({"x": [1.0, value, 3.0]})
    with pytest.raises(DataError, match=r"^column 'x' is infinite in 1 of 3 rows"):
        learn(bad, Spec(numeric=("x",)))
    design, _ = learn(
        pl.DataFrame({"x": [1.0, 2.0]}), Spec(numeric=("x",), impute_numeric=Impute.MEAN)
    )
    with pytest.raises(
        DataError,
        match=r"^column 'x' is infinite in 1 of 3 rows; make these values missing or finite",
    ):
        design.encode(bad)


@pytest.mark.parametrize("normalize", [Normalize.MINMAX, Normalize.ROBUST, Normalize.NONE])
def test_the_scale_inside_never_changes_coefficients_or_probabilities(normalize: Normalize) -> None:
    frame, found = mixed(), []
    y = frame["y"].to_numpy()
    for chosen in (Normalize.STANDARD, normalize):
        design, _ = learn(frame, with_(normalize=chosen))
        result = fit(frame_rows(design, frame, y), Bernoulli(LINKS["logit"]))
        eta = frame.select(design.linear_predictor(result.estimates).alias("eta"))["eta"].to_numpy()
        raw = result.in_units(design.units)
        found.append((raw.estimates, raw.std_errors, 1.0 / (1.0 + np.exp(-eta))))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def test_a_design_survives_json_unchanged() -> None:
    for unknown in Unknown:
        design, _ = learn(mixed(), with_(unknown=unknown))
        assert Design.from_content(json.loads(json.dumps(design.to_content()))) == design


@pytest.mark.parametrize("normalize", list(Normalize))
def test_the_expression_of_a_score_is_x_theta_of_the_fit(normalize: Normalize) -> None:
    design, _ = learn(mixed(), with_(normalize=normalize, unknown=Unknown.POOLED))
    frame = mixed(2000, seed=8)
    frame = frame.with_columns(pl.col("city").replace("b", "new"), pl.col("hour").replace(8, 99))
    theta = np.random.default_rng(1).standard_normal(len(design.names))
    eta = frame.lazy().select(design.linear_predictor(theta).alias("eta")).collect()["eta"]
    assert eta.null_count() == 0
    np.testing.assert_allclose(
        eta.to_numpy(), design.encode(frame).dot(theta), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize(
    ("frame", "spec", "sentence"),
    [
        (
            {"x": [2.0, 2.0]},
            Spec(numeric=("x",)),
            "column 'x' is 2 in all 2 training rows; drop it.",
        ),
        (
            {"c": ["a", "a"]},
            Spec(categorical=("c",)),
            "column 'c' has one level ('a') in the training rows; drop it.",
        ),
        (
            {"x": [None, 2.0, 2.0]},
            Spec(numeric=("x",), impute_numeric=Impute.MEDIAN),
            "column 'x' is 2 in all 3 training rows; drop it.",
        ),
        (
            {"x": [1.0, 1.0, 1.0, 1.0, 4.0]},
            Spec(numeric=("x",), normalize=Normalize.ROBUST),
            "column 'x' has the same first and third quartile (1), so Normalize.ROBUST has no "
            "scale for it; use STANDARD or MINMAX.",
        ),
    ],
)
def test_a_column_without_variation_is_refused(
    frame: dict[str, list[Any]], spec: Spec, sentence: str
) -> None:
    with pytest.raises(DataError) as caught:
        learn(pl.DataFrame(frame), spec)
    assert str(caught.value) == sentence


def test_a_column_missing_in_all_rows_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"^column 'x' is missing in all 2 training rows; drop it\.$"
    ):
        learn(pl.DataFrame({"x": pl.Series([None, None], dtype=pl.Float64)}), Spec(numeric=("x",)))


def test_a_column_of_the_wrong_type_is_refused() -> None:
    frame = pl.DataFrame({"t": ["a", "b"], "f": [1.0, 2.0]})
    with pytest.raises(
        DataError, match=r"column 't' holds String values; ask for it as a categorical"
    ):
        learn(frame, Spec(numeric=("t",)))
    with pytest.raises(
        DataError,
        match=r"column 'f' holds Float64 values; a categorical holds text, integers, booleans, d",
    ):
        learn(frame, Spec(categorical=("f",)))


def test_constant_columns_are_dropped_where_it_is_asked_and_it_is_said() -> None:
    frame = pl.DataFrame(
        {
            "x": [1.0, 2.0, 4.0],
            "same": [2.5, None, 2.5],
            "none": pl.Series([None] * 3, dtype=pl.Float64),
            "one": ["a", "a", "a"],
            "city": ["a", "b", "a"],
        }
    )
    spec = Spec(
        numeric=("x", "same", "none"),
        categorical=("one", "city"),
        impute_numeric=Impute.MEAN,
        add_indicator=True,
        constant_columns=Redundant.DROP,
    )
    design, notes = learn(frame, spec)
    assert design.names == ("intercept", "x", "missing[same]", "city[b]")
    assert notes == (
        "same: 1 of 3 values were missing and became 2.5 (mean).",
        "column 'same' is 2.5 in all 3 training rows; it is dropped.",
        "column 'none' is missing in all 3 training rows; it is dropped.",
        "column 'one' has one level ('a') in the training rows; it is dropped.",
    )
    with pytest.raises(DataError, match=r"^every column is constant in the training rows; a model"):
        learn(frame, Spec(categorical=("one",), constant_columns=Redundant.DROP))


def test_every_problem_of_the_columns_is_raised_at_once_each_with_its_reason() -> None:
    frame = pl.DataFrame(
        {
            "text": ["1", "b", "c", "d"],
            "wide": [1.0, 2.0, np.inf, 3.0],
            "gaps": [1.0, None, 2.0, 3.0],
            "same": [4.0, 4.0, 4.0, 4.0],
            "city": ["a", "b", None, "b"],
            "zone": ["n", "s", "n", "n"],
            "fine": [1.0, 2.0, 5.0, 3.0],
        }
    )
    spec = Spec(
        numeric=("text", "wide", "gaps", "same", "fine"),
        categorical=("city", "zone"),
        reference={"zone": "w"},
    )
    with pytest.raises(DataError) as caught:
        learn(frame, spec)
    assert [(str(part)[:14], part.reason) for part in caught.value.parts] == [
        ("column 'text' ", Reason.NOT_NUMERIC),
        ("column 'wide' ", None),
        ("column 'gaps' ", Reason.MISSING_NUMBERS),
        ("column 'same' ", Reason.CONSTANT),
        ("column 'city' ", Reason.MISSING_LEVELS),
        ("'w' is not a l", Reason.UNKNOWN_REFERENCE),
    ]
    assert str(caught.value) == "\n".join(map(str, caught.value.parts))
    named = [part.names["column"] for part in caught.value.parts]
    assert named == ["text", "wide", "gaps", "same", "city", "zone"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            [1.0, 1.7e308, None, -1e200],
            "column 'x' holds numbers beyond 1e+150 in 2 of 4 rows (rows 1, 3), too large to be "
            "squared; make these values missing, or divide the column by a power of ten.",
        ),
        (
            [1.0, np.inf, -1e200, -np.inf],
            "column 'x' is infinite in 2 of 4 rows (rows 1, 2, 3); make these values missing or "
            "finite.",
        ),
        (
            [1e-300, -2e-300, 3e-300, 0.0],
            "column 'x' holds no number beyond 3e-300, too small to be squared; multiply it by a "
            "power of ten.",
        ),
    ],
)
@pytest.mark.parametrize("normalize", Normalize)
def test_numbers_whose_squares_are_no_numbers_are_refused_by_column_and_row(
    values: list[float | None], sentence: str, normalize: Normalize
) -> None:
    frame = pl.DataFrame({"x": values})
    with pytest.raises(DataError) as caught:
        learn(frame, Spec(numeric=("x",), impute_numeric=Impute.MEAN, normalize=normalize))
    assert str(caught.value) == sentence


@pytest.mark.parametrize("size", [1e15, -9.97e36, 1e149])
@pytest.mark.parametrize("normalize", Normalize)
def test_a_number_that_wipes_out_the_digits_of_the_others_is_refused(
    size: float, normalize: Normalize
) -> None:
    x = np.random.default_rng(3).standard_normal(3000)
    x[[7, 2500]] = size
    with pytest.raises(DataError) as caught:
        learn(pl.DataFrame({"x": x}), Spec(numeric=("x",), normalize=normalize))
    assert str(caught.value).startswith(
        f"column 'x' holds numbers up to {abs(size):g} in 2 of 3,000 rows (rows 7, 2500), beside "
        "which the others, with quartiles 1.3"
    )
    assert caught.value.names == {"column": "x"}


def test_a_column_that_is_mostly_one_value_may_hold_large_ones() -> None:
    x = np.zeros(3000)
    x[[7, 2500]] = 1e30
    design, _ = learn(pl.DataFrame({"x": x}), Spec(numeric=("x",)))
    assert design.names == ("intercept", "x")


def test_the_first_rows_that_are_infinite_are_named_as_the_caller_names_rows() -> None:
    x = np.zeros(3 * BLOCK_ROWS)
    x[[BLOCK_ROWS + 7, *range(2 * BLOCK_ROWS, 2 * BLOCK_ROWS + 9)]] = np.inf
    with pytest.raises(DataError, match=r"in 10 of 49,152 rows \(16391 to 32772\);"):
        learn(
            pl.DataFrame({"x": x}),
            Spec(numeric=("x",)),
            lambda rows: f"{rows[0]} to {rows[-1]}",
        )


def test_a_categorical_may_bear_any_name_that_the_audit_uses() -> None:
    for name in ("count", "rows", "level"):
        design, _ = learn(
            pl.DataFrame({name: ["a", "b"]}), Spec(categorical=(name,), unknown=Unknown.REFERENCE)
        )
        audit = design.audit(pl.LazyFrame({name: ["a", "z", "z"]}))
        assert (audit.rows, audit.unseen) == (3, {name: {"z": 2}})
