"""A folder, a glob and several files are one source, which stays what it is in the config."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from logit_flows.first_config.reading import read_table
from logit_flows.first_config.source_files import find_source

from logit_engine.errors import DataError, UsageError


def files_in(folder: Path, *names: str) -> list[Path]:
    """Small files of these names."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x,y\n1,0\n2,1\n")
    return [folder / name for name in names]


def test_all_files_of_a_kind_are_a_pattern_and_some_are_a_list(tmp_path: Path) -> None:
    files = files_in(tmp_path, "a.csv", "b.csv", "c.csv")
    config = tmp_path / "config.yaml"
    assert find_source(files).source_for(config) == "*.csv"
    assert find_source(files[:2]).source_for(config) == ["a.csv", "b.csv"]
    assert find_source(files[:1]).source_for(config) == "a.csv"
    assert find_source(files[:1]).model_name == "a"
    assert find_source(files).model_name == tmp_path.name.strip("-").replace("_", "-")


def test_a_folder_has_its_config_beside_it(tmp_path: Path) -> None:
    files_in(tmp_path / "sales", "2024/a.csv", "2024/b.csv")
    source = find_source([tmp_path / "sales"])
    assert (source.folder, source.model_name, source.title) == (tmp_path, "sales", "sales")
    assert source.source_for(tmp_path / "config.yaml") == "sales"
    nested = find_source([tmp_path / "sales" / "*" / "*.csv"])
    assert (nested.folder, len(nested.paths)) == (tmp_path / "sales", 2)


def test_any_mark_of_a_pattern_makes_one(tmp_path: Path) -> None:
    files_in(tmp_path, "a1.csv", "a2.csv", "b1.csv")
    source = find_source([tmp_path / "a?.csv"])
    assert len(source.paths) == 2
    assert source.model_name == find_source([tmp_path / "*.csv"]).model_name
    assert len(find_source([tmp_path / "[ab]1.csv"]).paths) == 2


def test_what_is_not_there_or_holds_the_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        find_source([tmp_path / "none.csv"])
    with pytest.raises(UsageError, match="name the files in it: logit init"):
        find_source([Path(".")])
    with pytest.raises(DataError, match="no data file matches"):
        find_source([tmp_path / "*.csv"])


def test_table_has_shared_columns_and_those_of_folders(tmp_path: Path) -> None:
    for month, columns in (("1", {"x": [1.5], "only": [1]}), ("2", {"x": [2.5]})):
        folder = tmp_path / "data" / f"month={month}"
        folder.mkdir(parents=True)
        pl.DataFrame(columns).write_parquet(folder / "part.parquet")
    frame = read_table(find_source([tmp_path / "data"]).paths).frame
    assert frame.to_dicts() == [{"x": 1.5, "month": "1"}, {"x": 2.5, "month": "2"}]


MORNING = pl.Series("x", [datetime(2024, 1, 1)])


@pytest.mark.parametrize(
    ("other", "held", "before"),
    [
        (pl.Series("x", [True]), "true and false", "times without a zone"),
        (
            MORNING.cast(pl.Datetime("us", "UTC")),
            "times with a zone",
            "times without a zone",
        ),
    ],
)
def test_column_of_types_that_do_not_join_is_told_by_its_files(
    tmp_path: Path, other: pl.Series, held: str, before: str
) -> None:
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    MORNING.to_frame().write_parquet(first)
    other.to_frame().write_parquet(second)
    with pytest.raises(DataError) as caught:
        read_table([first, second])
    assert str(caught.value) == (
        f"{second}: column 'x' holds {held}, but {before} in {first}; write it alike in all files."
    )


def test_file_that_is_damaged_is_named_among_several(tmp_path: Path) -> None:
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    MORNING.to_frame().write_parquet(first)
    second.write_bytes(first.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"b\.parquet is damaged, or cut short"):
        read_table([first, second])
