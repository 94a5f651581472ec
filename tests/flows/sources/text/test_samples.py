"""Files as people have them are sniffed, and read as what they hold."""

from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest
from logit_flows.sources.logical_types import PHYSICAL_TYPES
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.raw_bytes import is_text_file
from logit_flows.sources.text.scanning import column_names, scan_texts, write_parquet
from logit_flows.sources.text.sniffing import sniff_dialect
from logit_flows.sources.type_names import LogicalType

from tests.support.text_samples import SAMPLES, Sample

EACH_SAMPLE = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)


def saved(sample: Sample, folder: Path) -> Path:
    (folder / sample.name).write_bytes(sample.content)
    return folder / sample.name


def declared(sample: Sample) -> Dialect:
    return Dialect(**sample.dialect)


@EACH_SAMPLE
def test_a_sample_is_sniffed_with_its_reasons(sample: Sample, tmp_path: Path) -> None:
    path = saved(sample, tmp_path)
    found = sniff_dialect(path, {}, guess_encoding=True)
    assert asdict(found.dialect) == asdict(declared(sample))
    assert found.reasons == sample.reasons


@EACH_SAMPLE
def test_what_is_declared_is_not_sniffed(sample: Sample, tmp_path: Path) -> None:
    path = saved(sample, tmp_path)
    dialect = declared(sample)
    everything = {name: getattr(dialect, name) for name in dialect.__slots__ if name != "names"}
    found = sniff_dialect(path, everything, guess_encoding=True)
    assert (found.dialect, found.reasons) == (dialect, ())


@EACH_SAMPLE
def test_a_sample_is_read_as_what_it_holds(sample: Sample, tmp_path: Path) -> None:
    path = saved(sample, tmp_path)
    names = column_names(path, declared(sample))
    types = {name: sample.types.get(name, LogicalType.TEXT) for name in names}
    rows = write_parquet(path, declared(sample), types, tmp_path / "made.parquet")
    frame = pl.read_parquet(tmp_path / "made.parquet")
    assert (names, rows, frame.rows()) == (sample.names, len(sample.rows), sample.rows)
    assert dict(frame.schema) == {name: PHYSICAL_TYPES[types[name]] for name in names}
    assert [p.name for p in sorted(tmp_path.iterdir())] == sorted(["made.parquet", sample.name])


@EACH_SAMPLE
def test_the_texts_of_a_sample_are_missing_where_its_values_are(
    sample: Sample, tmp_path: Path
) -> None:
    dialect = declared(sample)
    texts = scan_texts(saved(sample, tmp_path), dialect).collect()
    texts = texts.with_columns(pl.col(n).replace(dialect.markers, "") for n in sample.types)
    assert texts.columns == list(sample.names)
    assert set(texts.dtypes) == {pl.String()}
    missing = [tuple(value is None for value in row) for row in sample.rows]
    blank = [tuple(value is None or not value.strip() for value in row) for row in texts.rows()]
    assert blank == missing


@EACH_SAMPLE
def test_one_column_alone_is_read_as_beside_the_others(sample: Sample, tmp_path: Path) -> None:
    path, last = saved(sample, tmp_path), sample.names[-1]
    types = {last: sample.types.get(last, LogicalType.TEXT)}
    write_parquet(path, declared(sample), types, tmp_path / "made.parquet")
    assert pl.read_parquet(tmp_path / "made.parquet").rows() == [row[-1:] for row in sample.rows]


@pytest.mark.parametrize(
    ("name", "is_text"),
    [
        *(
            (name, True)
            for name in ("a.csv", "a.TSV", "a.txt", "a.data", "a.b.CSV.GZ", "a.csv.zst")
        ),
        *((name, False) for name in ("a.parquet", "a.xlsx", "a.zip", "a.gz", "csv", "a.json")),
    ],
)
def test_endings_tell_a_text_file(name: str, is_text: bool) -> None:
    assert is_text_file(Path("folder.csv") / name) is is_text
