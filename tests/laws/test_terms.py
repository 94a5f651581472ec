"""Laws that every kind of term in a design obeys, a newcomer of one file and one line too."""

import ast
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import logit_engine
from logit_engine import fit
from logit_engine.design.frame_rows import Outcome, frame_rows
from logit_engine.design.learning import learn
from logit_engine.design.parquet_rows import parquet_rows
from logit_engine.design.spec import Impute, Normalize, PoolAs, Spec, TermRequest, Unknown
from logit_engine.design.table_design import Design
from logit_engine.design.terms.registry import TERM_KINDS
from logit_engine.errors import DataError, UsageError
from logit_engine.rows import BLOCK_ROWS
from logit_engine.storage.model_file import StoredModel, StoredTarget, read_model, write_model
from tests.support.hinge_term import Hinge

CATEGORICAL = Spec(categorical=("city", "hour"), min_frequency=200, unknown=Unknown.POOLED)
RECODE = {"city": {"b or c": ("b", "c", "nowhere")}, "hour": {"1": ("8", "9")}}
SPECS = {
    "numeric": Spec(numeric=("x", "z", "single"), impute_numeric=Impute.MEAN),
    "indicators": Spec(numeric=("x", "z"), impute_numeric=Impute.MEDIAN, add_indicator=True),
    "categorical": CATEGORICAL,
    "categorical, recoded": replace(CATEGORICAL, recode=RECODE),
    "categorical, rare as reference": replace(CATEGORICAL, pool_as=PoolAs.REFERENCE),
    "categorical, missing as level": replace(CATEGORICAL, impute_categorical=Impute.LEVEL),
}
KINDS = pytest.mark.parametrize("kind", dict.fromkeys((*TERM_KINDS, *SPECS, "hinge")))


def spec_of(kind: str) -> Spec:
    """What asks for terms of a kind: of a newcomer, one over the column z."""
    return SPECS.get(kind, Spec(requests=(TermRequest(kind, ("z",)),)))


@pytest.fixture(autouse=True)
def _newcomer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line."""
    monkeypatch.setitem(TERM_KINDS, "hinge", Hinge)


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    """Rows of more than a block: x is missing in some; "rare" and "odd" are few."""
    rng, n = np.random.default_rng(5), BLOCK_ROWS + 3_000
    x, z = 100.0 + 5.0 * rng.standard_normal(n), rng.exponential(2.0, n)
    city = rng.choice(["a", "b", "c", "rare", "odd"], n, p=[0.5, 0.3, 0.19, 0.005, 0.005])
    eta = (x - 100.0) / 5.0 - 0.3 * z + 0.5 * (city == "b")
    return pl.DataFrame(
        {
            "x": np.where(rng.random(n) < 0.05, np.nan, x),
            "z": z,
            "single": z.astype(np.float32) + rng.random(n, dtype=np.float32),
            "city": city,
            "hour": rng.integers(8, 12, n),
            "y": (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(np.float64),
        }
    )


def coefficients(design: Design) -> np.ndarray:
    return np.random.default_rng(7).standard_normal(len(design.names))


def outcome(frame: pl.DataFrame) -> np.ndarray:
    return frame["y"].to_numpy()


def with_null(frame: pl.DataFrame, name: str, row: int) -> pl.DataFrame:
    """The frame with one value missing."""
    return frame.with_columns(
        pl.when(pl.int_range(pl.len()) == row).then(None).otherwise(pl.col(name)).alias(name)
    )


@dataclass(frozen=True)
class BlockFrames:
    """The rows of a table, a block at a time."""

    table: pl.DataFrame

    @property
    def n(self) -> int:
        return self.table.height

    @property
    def schema(self) -> pl.Schema:
        return self.table.schema

    def frames(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        yield from self.table.select(columns or self.table.columns).iter_slices(BLOCK_ROWS)


@KINDS
def test_there_is_a_term_of_the_kind_and_a_name_for_each_of_its_columns(
    kind: str, frame: pl.DataFrame
) -> None:
    design, _ = learn(frame, spec_of(kind))
    assert design.of_kind(TERM_KINDS[kind.split(",")[0]])
    p = len(design.names)
    assert len(set(design.names)) == p == len(design.groups)
    assert design.encode(frame).shape == (frame.height, p)
    for term in design.terms:
        assert [len(part) for part in term.units] == [len(term.column_names)] * 2


@KINDS
def test_the_columns_of_a_fit_and_the_expression_of_a_score_agree(
    kind: str, frame: pl.DataFrame
) -> None:
    design, _ = learn(frame, spec_of(kind))
    theta = coefficients(design)
    eta = design.linear_predictors(frame, theta)
    np.testing.assert_allclose(design.encode(frame).dot(theta), eta, rtol=1e-12, atol=1e-12)


@KINDS
def test_the_columns_of_a_row_depend_on_that_row_alone(kind: str, frame: pl.DataFrame) -> None:
    design, _ = learn(frame, spec_of(kind))
    units, part = np.eye(len(design.names)), slice(70, 90)
    assert np.array_equal(
        design.encode(frame[part]).dot(units), design.encode(frame).dot(units)[part]
    )


@KINDS
def test_a_design_is_learnt_to_the_same_bits_however_its_rows_come(
    kind: str, frame: pl.DataFrame
) -> None:
    assert learn(BlockFrames(frame), spec_of(kind)) == learn(frame, spec_of(kind))


@KINDS
def test_a_design_is_the_same_after_json(kind: str, frame: pl.DataFrame) -> None:
    design, _ = learn(frame, spec_of(kind))
    assert Design.from_content(json.loads(json.dumps(design.to_content()))) == design


@KINDS
def test_a_design_reads_the_columns_it_names_and_no_other(kind: str, frame: pl.DataFrame) -> None:
    design, _ = learn(frame, spec_of(kind))
    theta, named = coefficients(design), frame.select(design.data_columns)
    assert np.array_equal(design.encode(named).dot(theta), design.encode(frame).dot(theta))
    assert np.array_equal(
        design.linear_predictors(named, theta), design.linear_predictors(frame, theta)
    )
    for name in design.data_columns:
        with pytest.raises(pl.exceptions.ColumnNotFoundError):
            design.encode(named.drop(name))


@KINDS
def test_audits_of_rows_add_up(kind: str, frame: pl.DataFrame) -> None:
    design, _ = learn(frame, spec_of(kind))
    rows = with_null(frame, "z", 3).with_columns(pl.col("city").replace("b", "new")).lazy()
    assert design.audit(rows.head(5_000)) + design.audit(rows.slice(5_000)) == design.audit(rows)


@KINDS
def test_a_missing_value_is_replaced_by_fit_and_score_or_by_neither(
    kind: str, frame: pl.DataFrame
) -> None:
    design, _ = learn(frame, spec_of(kind))
    theta = coefficients(design)
    for name in design.data_columns:
        rows = with_null(frame.head(50), name, 20)
        eta = design.linear_predictors(rows, theta)
        if all(term.replaces_missing for term in design.terms):
            np.testing.assert_allclose(design.encode(rows).dot(theta), eta, rtol=1e-12, atol=1e-12)
            assert design.check(rows.lazy()).missing[name] >= 1
        else:
            assert np.flatnonzero(np.isnan(eta)).tolist() == [20]
            with pytest.raises(DataError, match=rf"^column '{name}' is missing in 1 of 50 rows"):
                design.encode(rows)


@KINDS
def test_a_design_without_some_columns_has_the_others_in_fit_and_score_and_file(
    kind: str, frame: pl.DataFrame
) -> None:
    whole, _ = learn(frame, spec_of(kind))
    units = np.eye(len(whole.names))
    for gone in (whole.names[-1:], whole.names[2:]):
        left = [i for i, name in enumerate(whole.names) if name not in gone]
        design = whole.without(gone)
        p = len(design.names)
        assert design.names == tuple(whole.names[i] for i in left)
        assert len(design.groups) == design.units.center.size == p
        X = design.encode(frame).dot(np.eye(p))
        assert np.array_equal(X, whole.encode(frame).dot(units)[:, left])
        theta = coefficients(design)
        eta = design.linear_predictors(frame, theta)
        np.testing.assert_allclose(X @ theta, eta, rtol=1e-12, atol=1e-12)
        assert Design.from_content(json.loads(json.dumps(design.to_content()))) == design
        assert design.without(gone) == design
    assert whole.without(whole.names[1:]).data_columns == ()


@KINDS
def test_an_infinite_number_is_refused(kind: str, frame: pl.DataFrame) -> None:
    design, _ = learn(frame, spec_of(kind))
    for name in design.number_columns:
        rows = frame.head(9).with_columns(pl.lit(np.inf).alias(name))
        with pytest.raises(DataError, match=rf"^column '{name}' is infinite in 9 of 9 rows"):
            design.encode(rows)


@KINDS
def test_a_number_whose_square_overflows_is_refused(kind: str, frame: pl.DataFrame) -> None:
    design, _ = learn(frame, spec_of(kind))
    for name in design.number_columns:
        rows = frame.head(9).with_columns(pl.lit(-1e200).alias(name))
        sentence = rf"^column '{name}' holds numbers beyond 1e\+150 in 9 of 9 rows, too large"
        with pytest.raises(DataError, match=sentence):
            design.encode(rows)


@KINDS
def test_coefficients_in_original_units_do_not_depend_on_the_scale_inside(
    kind: str, frame: pl.DataFrame
) -> None:
    found = []
    for normalize in (Normalize.STANDARD, Normalize.NONE):
        design, _ = learn(frame, replace(spec_of(kind), normalize=normalize))
        found.append(
            fit(frame_rows(design, frame, outcome(frame))).in_units(design.units).estimates
        )
    np.testing.assert_allclose(*found, rtol=1e-9, atol=1e-11)


@KINDS
def test_rows_from_files_are_the_rows_in_memory(
    kind: str, frame: pl.DataFrame, tmp_path: Path
) -> None:
    design, _ = learn(frame, spec_of(kind))
    frame.write_parquet(path := tmp_path / "rows.parquet", row_group_size=7_001)
    from_files = fit(parquet_rows(design, [str(path)], Outcome("y")))
    assert np.array_equal(
        from_files.estimates, fit(frame_rows(design, frame, outcome(frame))).estimates
    )


@KINDS
def test_a_stored_model_scores_as_the_model_did(
    kind: str, frame: pl.DataFrame, tmp_path: Path
) -> None:
    design, _ = learn(frame, spec_of(kind))
    result = fit(frame_rows(design, frame, outcome(frame)))
    model = StoredModel(design, result, StoredTarget("y", (False, True)), 0.5)
    write_model(model, path := tmp_path / "model.parquet")
    stored = read_model(path)
    assert stored.design == design
    found = [one.select_outputs(frame.lazy(), ["probability"]).collect() for one in (stored, model)]
    assert found[0].equals(found[1])


def test_the_engine_names_a_kind_of_term_in_the_registry_alone() -> None:
    kinds = {
        f"logit_engine.design.terms.{file}"
        for file in ("numeric", "missing_indicator", "categorical")
    }
    root = Path(logit_engine.__file__).parent
    naming = {
        path.relative_to(root).as_posix(): kinds & {node.module}
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module in kinds
    }
    # the order of a categorical's levels, which a penalty asks for
    levels = naming.pop("design/table_design.py")
    assert levels == {"logit_engine.design.terms.categorical"}
    assert set(naming) == {"design/terms/registry.py"}


def test_a_kind_that_is_not_in_the_registry_is_refused(frame: pl.DataFrame) -> None:
    with pytest.raises(
        UsageError, match=r"^there is no kind of term 'wave'; choose one of numeric, .*hinge\.$"
    ):
        learn(frame, Spec(requests=(TermRequest("wave", ("z",)),)))
