"""Rows of Parquet files have the bits of the same rows in memory, however they are stored."""

import pickle
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from logit_engine.columns import dense_array
from logit_engine.design import parquet_rows as parquet
from logit_engine.design.frame_rows import Outcome, column_clusters, frame_rows
from logit_engine.design.learning import learn
from logit_engine.design.parquet_rows import ParquetRows, parquet_frames, parquet_rows, read_ahead
from logit_engine.design.spec import Impute, Normalize, Spec, Unknown
from logit_engine.design.table_design import Design
from logit_engine.design.terms.missing_indicator import Indicator
from logit_engine.errors import DataError
from logit_engine.fitting.steps import fit
from logit_engine.inference.covariance import CLUSTER, HC1
from logit_engine.likelihoods import Multinomial
from logit_engine.rows import BLOCK_ROWS, block_count
from logit_engine.rows.table_frames import MemoryFrames
from tests.support.fit_bits import bits

SPEC = Spec(
    numeric=("x", "small", "count"),
    categorical=("city", "hour"),
    impute_numeric=Impute.MEAN,
    add_indicator=True,
    impute_categorical=Impute.LEVEL,
    unknown=Unknown.POOLED,
)
LATE = Outcome("late", ("no", "yes"))


def table(rows: int = 120_000, seed: int = 5) -> pl.DataFrame:
    """Float64, float32 and integer numbers, text and integer categories, missing values, and a
    target that has some.
    """
    rng = np.random.default_rng(seed)
    x = 1000.0 + 30.0 * rng.standard_normal(rows)
    eta = (x - 1000.0) / 30.0
    late = rng.random(rows) < 1.0 / (1.0 + np.exp(-eta))
    gone = rng.random((3, rows)) < [[0.1], [0.05], [0.03]]
    return pl.DataFrame(
        {
            "id": np.arange(rows),
            "x": np.where(gone[0], np.nan, x),
            "small": rng.standard_normal(rows).astype(np.float32),
            "count": pl.Series(rng.integers(0, 50, rows)).set(pl.Series(gone[0]), None),
            "city": pl.Series(rng.choice(["a", "b", "c"], rows)).set(pl.Series(gone[1]), None),
            "hour": rng.integers(0, 5, rows).astype(np.int8),
            "late": pl.Series(np.where(late, "yes", "no")).set(pl.Series(gone[2]), None),
            "kind": rng.integers(0, 3, rows).astype(float),
        }
    )


def written(frame: pl.DataFrame, folder: Path, row_group: int, files: int = 1) -> list[str]:
    """The frame in several Parquet files of unequal length with row groups of that many rows."""
    edges = [0, *(frame.height * (i + 1) // files - 37 * i for i in range(files - 1)), frame.height]
    paths = []
    for i in range(files):
        paths.append(str(folder / f"{row_group}-{files}-{i}.parquet"))
        frame[edges[i] : edges[i + 1]].write_parquet(paths[-1], row_group_size=row_group)
    return paths


def odd(frame: pl.DataFrame) -> np.ndarray:
    """Two rows of three, and none of a long stretch in the middle."""
    ids = frame["id"].to_numpy()
    return (ids % 3 != 0) & ((ids < 40_000) | (ids > 57_000))


def pair(frame: pl.DataFrame, paths: list[str]) -> tuple[Design, ParquetRows, pl.DataFrame]:
    """The design of the kept rows, and those rows from the files and in memory."""
    kept = frame.drop_nulls("late")
    kept = kept.filter(pl.Series(odd(kept)))
    design, _ = learn(kept, SPEC)
    return design, parquet_rows(design, paths, LATE, keep=odd, reads=("id",)), kept


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize(
    ("row_group", "files", "chunk"), [(100, 1, None), (999, 3, 300_000), (30_000, 2, 400_000)]
)
def test_a_fit_has_the_bits_of_the_rows_in_memory_whatever_the_row_groups_files_and_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row_group: int, files: int, chunk: int | None
) -> None:
    if chunk:
        monkeypatch.setattr(parquet, "CHUNK_BYTES", chunk)
    frame = table()
    design, rows, kept = pair(frame, written(frame, tmp_path, row_group, files))
    memory = frame_rows(design, kept, LATE(kept))
    assert (rows.n, rows.names, rows.intercept) == (memory.n, memory.names, memory.intercept)
    expected = bits(fit(memory, covariance_type=HC1))
    for threads in (1, 2, 4):
        assert bits(fit(rows, covariance_type=HC1, threads=threads)) == expected
    assert bits(fit(pickle.loads(pickle.dumps(rows)), covariance_type=HC1)) == expected


def test_any_run_of_blocks_is_that_of_the_rows_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "CHUNK_BYTES", 250_000)
    frame = table()
    design, rows, kept = pair(frame, written(frame, tmp_path, 777, 2))
    memory = frame_rows(design, kept, LATE(kept))
    last = block_count(rows.n)
    for first, stop in ((0, 1), (1, 3), (last - 1, last), (0, last)):
        ours, theirs = list(rows.blocks(first, stop)), list(memory.blocks(first, stop))
        assert [b.y.size for b in ours] == [b.y.size for b in theirs]
        for a, b in zip(ours, theirs, strict=True):
            assert a.y.tolist() == b.y.tolist()
            assert dense_array(a.X).tobytes() == dense_array(b.X).tobytes()
    assert all(block.y.size == BLOCK_ROWS for block in rows.blocks(0, last - 1))


def test_several_classes_have_the_bits_of_the_rows_in_memory(tmp_path: Path) -> None:
    frame, names = table(40_000), ("0", "1", "2")
    spec = Spec(numeric=("small",), categorical=("hour",))
    design, _ = learn(frame, spec)
    rows = parquet_rows(
        design, written(frame, tmp_path, 500), Outcome("kind", (0, 1, 2)), classes=names
    )
    memory = frame_rows(design, frame, frame["kind"].to_numpy(), classes=names)
    assert bits(fit(rows, Multinomial(2))) == bits(fit(memory, Multinomial(2)))


def test_a_chunk_holds_bounded_bytes_whether_row_groups_are_huge_or_tiny(tmp_path: Path) -> None:
    frame = table(20_000)
    for row_group in (10, 20_000):
        (path,) = written(frame, tmp_path, row_group)
        cuts = list(parquet._chunk_limits(path, 6_000))
        assert len(cuts) == 4
        assert max(length for _, length in cuts) <= 6_000
        assert cuts[0][0] == 0
        assert [start + length for start, length in cuts] == [
            *(start for start, _ in cuts[1:]),
            20_000,
        ]


def test_one_column_of_the_kept_rows_can_be_read_alone(tmp_path: Path) -> None:
    frame = table()
    frames = parquet_frames(written(frame, tmp_path, 5_000), ("x", "small"), odd, ("id",))
    read = pl.concat(frames.frames(["small"]))
    assert read.equals(frame.filter(pl.Series(odd(frame))).select("small"))
    assert frames.schema == frame.select("x", "small").schema


LEARNT = {
    "standard": SPEC,
    "constant": replace(
        SPEC, impute_numeric=Impute.CONSTANT, constant=-1.5, normalize=Normalize.MINMAX
    ),
    "median": replace(
        SPEC, impute_numeric=Impute.MEDIAN, normalize=Normalize.ROBUST, min_frequency=1_000
    ),
}


@pytest.mark.parametrize("spec", LEARNT.values(), ids=LEARNT)
def test_a_design_learnt_from_files_is_that_of_the_rows_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: Spec
) -> None:
    monkeypatch.setattr(parquet, "CHUNK_BYTES", 300_000)
    frame = table()
    kept = frame.filter(pl.Series(odd(frame)))
    learnt = learn(kept, spec)
    for row_group, files in ((501, 3), (30_000, 1)):
        frames = parquet_frames(
            written(frame, tmp_path, row_group, files), kept.columns, odd, ("id",)
        )
        assert learn(frames, spec) == learnt
    x = kept["x"].to_numpy()
    if spec is SPEC:
        x = np.where(np.isnan(x), np.nanmean(x), x)
        term = learnt[0].terms[0]
        assert (term.center, term.scale) == pytest.approx((x.mean(), x.std()), rel=1e-14)
    assert [i.sources for i in learnt[0].of_kind(Indicator)] == [("x", "count")]


def test_what_the_design_has_no_rule_for_is_counted_over_all_rows(tmp_path: Path) -> None:
    frame = table()
    paths = written(frame, tmp_path, 700, 2)
    design, _ = learn(frame.filter(pl.col("hour") > 0), Spec(categorical=("hour",)))
    count = f"{frame.drop_nulls('late').filter(hour=0).height:,}"
    with pytest.raises(
        DataError, match=rf"column 'hour' has levels that were not .*: 0 \({count} rows\)"
    ):
        parquet_rows(design, paths, LATE)
    plain = replace(learn(frame, SPEC)[0].terms[0], fill=None)
    count = f"{frame.drop_nulls('late')['x'].is_nan().sum():,}"
    with pytest.raises(
        DataError, match=rf"column 'x' is missing in {count} of {frame['late'].count():,} rows"
    ):
        parquet_rows(Design((plain,)), paths, LATE)


def test_clusters_are_held_a_few_times_however_many_frames_have_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame, concat, sizes = pl.DataFrame({"g": [*range(7), *range(3)]}), pl.concat, [0]

    def counted(parts: list[pl.Series]) -> pl.Series:
        sizes.append(sum(map(len, parts)))
        return concat(parts)

    class Repeated(MemoryFrames):
        def frames(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
            for _ in range(50):
                yield self.table

    monkeypatch.setattr(pl, "concat", counted)
    assert column_clusters(Repeated(frame), "g").values.to_list() == [*range(7)]
    assert max(sizes) <= 3 * 7


@pytest.mark.parametrize("column", ["id", "hour", "week", "named"])
def test_clusters_have_the_bits_of_a_table_in_memory(tmp_path: Path, column: str) -> None:
    days, named = pl.duration(days=pl.col("id") % 90), pl.format("ward {}", pl.col("id") % 300)
    frame = table(20_000).with_columns(week=pl.date(2024, 1, 1) + days, named=named)
    paths = written(frame, tmp_path, 700, 2)
    design, _ = learn(frame, SPEC)
    kept = frame.filter(pl.Series(LATE.is_present(frame)))
    held = frame_rows(design, kept, LATE(kept), cluster=column)
    streamed = parquet_rows(design, paths, LATE, cluster=column)
    found = [fit(rows, covariance_type=CLUSTER) for rows in (held, streamed)]
    np.testing.assert_array_equal(found[0].covariance, found[1].covariance)
    assert found[0].clusters == found[1].clusters


def test_what_cannot_be_read_by_chunks_is_refused(tmp_path: Path) -> None:
    frame = table(5_000)
    paths = written(frame, tmp_path, 700)
    design, _ = learn(frame, SPEC)
    with pytest.raises(DataError, match=r"^cluster 'x' is missing in \d+ rows \(first: row \d+\)"):
        parquet_rows(design, paths, LATE, cluster="x")
    with pytest.raises(DataError, match="no rows are left to read"):
        parquet_rows(design, paths, LATE, keep=lambda f: f["id"].to_numpy() < 0, reads=("id",))
    with pytest.raises(DataError, match="y runs from 0 to 2; a binary outcome is 0 or 1"):
        parquet_rows(design, paths, Outcome("kind"))
    with pytest.raises(DataError, match="no row has y = 0; a model needs all its classes"):
        fit(
            parquet_rows(
                design,
                paths,
                LATE,
                keep=lambda f: (f["late"] == "yes").fill_null(False).to_numpy(),
                reads=(),
            )
        )


def test_the_next_item_is_made_while_one_is_used_and_no_more_than_one() -> None:
    made: list[int] = []

    def items():
        for i in range(5):
            made.append(i)
            yield i

    used = read_ahead(items())
    assert next(used) == 0
    deadline = time.monotonic() + 5.0
    while made != [0, 1] and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.02)
    assert made == [0, 1]
    assert list(used) == [1, 2, 3, 4]
