"""Reading a source under a contract: what is learnt, what is kept, what is refused and how."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from logit_flows.sources.contract import Role
from logit_flows.sources.files import bound_files
from logit_flows.sources.looking import KnownTypes
from logit_flows.sources.reading import read_source
from logit_flows.sources.table import SourceTable
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.dialects import DialectChoice
from logit_flows.sources.type_names import LogicalType

from logit_engine.errors import DataError

ROLES = {
    "key": (Role.ID,),
    "y": (Role.TARGET,),
    "x": (Role.NUMERIC,),
    "g": (Role.CATEGORICAL,),
}
FRAME = pl.DataFrame({"key": [1, 2, 3], "y": [0, 1, 1], "x": [0.5, 1.0, 2.0], "g": [1, 2, 10]})
TYPES = {
    "key": LogicalType.INTEGER,
    "y": LogicalType.INTEGER,
    "x": LogicalType.NUMBER,
    "g": LogicalType.INTEGER,
}


def read(
    folder: Path,
    files: Mapping[str, pl.DataFrame | str],
    known: KnownTypes | None = None,
    roles: Mapping[str, tuple[Role, ...]] = ROLES,
) -> SourceTable:
    """The files, written into the folder and read in order."""
    paths = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        paths.append(str(path))
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            content.write_parquet(path)
    cache = folder / ".cache"
    return read_source(
        bound_files(paths), roles, known or KnownTypes(), DialectChoice({}, Dialect()), cache
    )


def refusal(
    folder: Path, files: Mapping[str, pl.DataFrame | str], known: KnownTypes | None = None
) -> str:
    """Why the files are not read."""
    with pytest.raises(DataError) as caught:
        read(folder, files, known)
    return str(caught.value).replace(f"{folder}/", "")


def test_types_are_learnt_by_role_from_parquet(tmp_path: Path) -> None:
    assert read(tmp_path, {"a.parquet": FRAME}).contract.types == TYPES


def test_in_a_text_file_ids_stay_as_written_and_whole_levels_are_integers(tmp_path: Path) -> None:
    table = read(tmp_path, {"a.csv": "key,y,x,g\n007,0,1,1\n08,1,2.5,2.0\n"})
    assert table.contract.types == TYPES | {"key": LogicalType.TEXT}
    assert table.scan().select("key", "g").collect().rows() == [("007", 1), ("08", 2)]
    codes = read(tmp_path, {"b.csv": "key,y,x,g\n1,0,1,02116\n2,1,2,10001\n"})
    assert codes.contract.types["g"] is LogicalType.TEXT


def test_files_may_differ_in_order_extra_columns_and_width_of_integers(tmp_path: Path) -> None:
    other = FRAME.select(
        pl.lit("more").alias("extra"),
        "g",
        "x",
        pl.col("key").cast(pl.UInt64),
        pl.col("y").cast(pl.Int8),
    )
    rows = read(tmp_path, {"a.parquet": FRAME, "b.parquet": other}).scan().collect()
    assert rows.columns == list(ROLES)
    assert rows.vstack(rows.clear()).equals(pl.concat([FRAME, FRAME]).select(list(ROLES)))


def test_integers_of_more_than_64_bits_are_kept(tmp_path: Path) -> None:
    wide = FRAME.with_columns(key=(pl.col("key").cast(pl.Int128) + 10**19))
    table = read(tmp_path, {"a.parquet": FRAME, "b.parquet": wide})
    keys = table.scan().collect()["key"].cast(pl.String).to_list()
    assert keys == ["1", "2", "3", *(str(10**19 + i) for i in (1, 2, 3))]
    narrow = read(tmp_path, {"c.parquet": FRAME.with_columns(key=pl.col("key").cast(pl.Int128))})
    assert narrow.scan().collect_schema()["key"] == pl.Int64


def test_hive_folders_name_columns(tmp_path: Path) -> None:
    plain = FRAME.drop("g")
    files = {"g=1/a.parquet": plain, "g=10/a.parquet": plain.with_columns(key=pl.col("key") + 3)}
    table = read(tmp_path, files)
    assert table.contract.types["g"] is LogicalType.INTEGER
    assert table.scan().collect()["g"].to_list() == [1, 1, 1, 10, 10, 10]
    texts = {"g=1/a.csv": "key,y,x\na,1,1\n", "g=b/a.csv": "key,y,x\na,1,1\n"}
    assert read(tmp_path, texts).scan().collect()["g"].to_list() == ["1", "b"]


def test_what_no_type_fits_is_told_by_file_row_and_value_all_at_once(tmp_path: Path) -> None:
    bad = FRAME.with_columns(x=pl.Series(["1", "n/a", "2"]), g=pl.Series([1.0, 2.0, 2.5]))
    assert refusal(tmp_path, {"a.parquet": bad}).split("\n") == [
        "a.parquet: column 'x' should hold numbers but holds text; list it under "
        "features.categorical; or, if the texts are numbers,  data: {types: {x: number}}",
        "a.parquet: column 'g' (categorical) holds 2.5 in data row 3 (the first such value), but "
        "its values are names: text, whole numbers, true and false, or dates; list it under "
        "features.numeric, or convert it.",
    ]


FINE = "a part of a microsecond, finer than times are kept; round the times to microseconds."
FINE_FILES: dict[str, tuple[pl.DataFrame | str, str]] = {
    "a.csv": (
        "key,day\n1,2024-01-01 10:00:00.123456\n2,2024-01-01 10:00:00.1234567\n",
        "text '2024-01-01 10:00:00.1234567' in line 3 (data row 2)",
    ),
    "a.parquet": (
        pl.DataFrame({"key": [1, 2], "day": pl.Series([1_000, 1_001]).cast(pl.Datetime("ns"))}),
        "1970-01-01 00:00:00.000001001 in data row 2",
    ),
}


@pytest.mark.parametrize("name", FINE_FILES)
@pytest.mark.parametrize("older", [{}, {"day": LogicalType.DATETIME}])
def test_a_time_with_a_part_of_a_microsecond_is_refused(
    tmp_path: Path, name: str, older: dict[str, LogicalType]
) -> None:
    content, found = FINE_FILES[name]
    roles = {"key": (Role.ID,), "day": (Role.TIME,)}
    with pytest.raises(DataError) as caught:
        read(tmp_path, {name: content}, KnownTypes(older=older), roles)
    said = str(caught.value).split("/")[-1]
    if name == "a.csv" and older:
        value = "'2024-01-01 10:00:00.1234567'"
        assert said == f"a.csv, line 3 (data row 2), column 'day': {value} has {FINE}"
    else:
        assert said == f"{name}: column 'day' holds {found} (the first such value), with {FINE}"


def test_a_file_that_is_no_parquet_by_its_bytes_says_what_it_is(tmp_path: Path) -> None:
    said = refusal(tmp_path, {"a.parquet": FRAME.write_csv()})
    assert said == (
        "a.parquet is no Parquet file, whatever its name says; if it is text, give it the ending "
        ".csv."
    )
    said = refusal(tmp_path, {"a.parquet": "PAR1 and the rest is lost"})
    assert said.startswith("a.parquet is damaged, or cut short (")


def test_a_later_file_is_cast_where_nothing_is_lost(tmp_path: Path) -> None:
    known = KnownTypes(older=TYPES)
    later = FRAME.with_columns(g=pl.col("g").cast(pl.Float64), key=pl.col("key").cast(pl.Int16))
    assert read(tmp_path, {"a.parquet": later}, known).scan().collect().equals(FRAME)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (pl.lit("1").alias("g"), "holds text, but whole numbers when its contract was learnt"),
        (
            pl.Series("g", [1.0, 2.5, 3.5]),
            "holds 2.5 in data row 2 (the first such value, 2 in all), but whole numbers when",
        ),
        (pl.lit(date(2020, 1, 1)).alias("x"), "holds dates, but numbers when its contract was l"),
        (pl.concat_list("x").alias("x"), "holds List(Float64) values, but numbers when"),
    ],
)
def test_a_file_that_contradicts_the_contract_is_refused(
    tmp_path: Path, change: pl.Expr, said: str
) -> None:
    problem = refusal(tmp_path, {"a.parquet": FRAME.with_columns(change)}, KnownTypes(older=TYPES))
    assert said in problem
    assert problem.endswith("write the file as before, or learn a new contract by --relearn.")


def test_a_declared_type_stands_above_what_a_file_looks_like(tmp_path: Path) -> None:
    known = KnownTypes(declared={"g": LogicalType.TEXT, "x": LogicalType.NUMBER})
    frame = FRAME.with_columns(x=pl.Series(["1", "2", "3e2"]))
    table = read(tmp_path, {"a.parquet": frame}, known)
    assert table.scan().collect()["g"].to_list() == ["1", "2", "10"]
    assert table.scan().collect()["x"].to_list() == [1.0, 2.0, 300.0]
    assert "data.types declares number; correct" in refusal(
        tmp_path, {"b.parquet": FRAME.with_columns(x=pl.lit("a"))}, known
    )


def test_a_text_file_is_turned_into_parquet_once_and_anew_if_it_is_damaged(tmp_path: Path) -> None:
    files = {"a.csv": "key,y,x,g\n1,0,1,1\n2,1,2.5,2\n"}
    first = read(tmp_path, files)
    made = Path(first.paths[0])
    inode = made.stat().st_ino
    assert read(tmp_path, files).paths == first.paths
    assert made.stat().st_ino == inode
    whole = made.read_bytes()
    made.write_bytes(whole[:-9] + b"damaged..")
    assert read(tmp_path, files).scan().collect().height == 2
    assert made.read_bytes() == whole


def test_a_file_replaced_after_it_was_opened_is_refused(tmp_path: Path) -> None:
    table = read(tmp_path, {"a.parquet": FRAME})
    (tmp_path / "a.parquet").unlink()
    FRAME.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet changed while it was read"):
        table.scan()
    with pytest.raises(DataError, match=r"a\.parquet changed while it was read"):
        table.open_file(table.paths[0])


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_the_value_of_a_folder_keeps_its_contract_in_every_kind_of_file(
    tmp_path: Path, name: str
) -> None:
    own = FRAME.drop("g")
    rows = own.write_csv() if name.endswith(".csv") else own
    known = KnownTypes(older=TYPES)
    assert read(tmp_path, {f"g=10/{name}": rows}, known).scan().collect()["g"].unique().item() == 10
    for value in ("01", "x"):
        said = refusal(tmp_path, {f"g={value}/{name}": rows}, known)
        assert said.startswith(f"g={value}/{name}: column 'g' holds text '{value}' in data row 1")
        assert "but whole numbers when its contract was learnt" in said


def test_a_look_at_text_is_taken_once_and_markers_are_found_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{i},{i % 2},{i / 4},{i % 3}\n" for i in range(40_000))
    path = tmp_path / "a.csv"
    path.write_text(f"key,y,x,g\n{rows}a,1,?,1\n", encoding="utf-8")
    files, cache = bound_files([str(path)]), tmp_path / ".cache"
    unknown = DialectChoice({}, number_columns=("x",))
    first = read_source(files, ROLES, KnownTypes(), unknown, cache)
    assert first.contract.dialect == Dialect(markers=("?",))
    assert first.scan().collect()["x"].null_count() == 1
    (look,) = (cache / "looks").iterdir()
    monkeypatch.setattr(DialectChoice, "of", None)  # what would look anew fails
    assert read_source(files, ROLES, KnownTypes(), unknown, cache) == first
    monkeypatch.undo()
    look.write_text("{}", encoding="utf-8")
    assert read_source(files, ROLES, KnownTypes(), unknown, cache) == first


@pytest.mark.parametrize("others", [[], ["?"]])
def test_a_marker_is_missing_in_all_columns_but_those_of_text(
    tmp_path: Path, others: list[str]
) -> None:
    numbers = ["NA", "1.5", *others]
    count = len(numbers)
    frame = pl.DataFrame(
        {
            "name": ["NA", "Bo", "Cy"][:count],
            "x": numbers,
            "day": ["2024-01-01", "NA", "NA"][:count],
            "level": ["1", "NA", "2"][:count],
            "flag": ["true", "false", "NA"][:count],
        }
    )
    names = ("name", "level", "flag")
    roles = {"x": (Role.NUMERIC,), "day": (Role.TIME,), **dict.fromkeys(names, (Role.CATEGORICAL,))}
    path = tmp_path / "a.csv"
    frame.write_csv(path)
    choice = DialectChoice({}, number_columns=("x",))
    files = bound_files([str(path)])
    table = read_source(files, roles, KnownTypes(), choice, tmp_path / ".cache")
    assert table.contract.dialect == Dialect(markers=(*others, "NA"))
    found = table.scan().collect()
    assert found["name"].to_list() == frame["name"].to_list()
    assert found.select(pl.all().is_null().sum()).row(0, named=True) == {
        "x": 1 + len(others),
        "day": count - 1,
        "name": 0,
        "level": 1,
        "flag": count - 2,
    }


def test_of_types_that_do_not_fit_the_nearest_tells_what_is_wrong(tmp_path: Path) -> None:
    times = ["2013-01-01 05:00", "2013-01-02 24:00", "2013-01-03 05:00"]
    rows = FRAME.with_columns(t=pl.Series(times)).write_csv()
    with pytest.raises(DataError) as caught:
        read(tmp_path, {"a.csv": rows}, roles={"t": (Role.TIME,)})
    assert str(caught.value).endswith(
        "column 't' (data.time) holds text '2013-01-02 24:00' in line 3 (data row 2) (the first "
        "such value); give dates, dates with times, or numbers, or say how they are written:  "
        "data: {format: {dates: '%d/%m/%Y'}}"
    )


def test_files_that_mean_different_things_by_a_column_are_told_apart(tmp_path: Path) -> None:
    texts = FRAME.with_columns(pl.col("g").cast(pl.String))
    files = {"a.parquet": texts, "b.parquet": FRAME}
    said = refusal(tmp_path, files)
    assert said.startswith("b.parquet: column 'g' holds whole numbers, but text in ")
    assert said.endswith("declare what it is:  data: {types: {g: text}}")
    declared = KnownTypes(declared={"g": LogicalType.TEXT})
    assert read(tmp_path, files, declared).scan().collect()["g"].unique().sort().to_list() == [
        "1",
        "10",
        "2",
    ]


def test_another_separator_than_the_contract_has_is_told_in_one_sentence(tmp_path: Path) -> None:
    text = "key;y;x;g\n1;0;1;1\n2;1;2;2\n"
    assert refusal(tmp_path, {"a.csv": text}, KnownTypes(older=TYPES)) == (
        "a.csv: the fields are parted by ';', and it is read as if by another; write it as the "
        "files before, or declare  data: {format: {separator: ';'}}"
    )


def test_types_that_are_known_are_looked_for_in_no_file(tmp_path: Path) -> None:
    read(tmp_path, {"a.csv": FRAME.write_csv()}, KnownTypes(older=TYPES))
    assert not (tmp_path / ".cache" / "looks").exists()
