"""The files of a source: names that are no patterns, folders, partitions, and files that change."""

import os
from pathlib import Path

import pytest
from logit_flows.sources.files import bound_files, find_paths, partitions_of, refuse_new_contents

from logit_engine.errors import DataError


def found(folder: Path, *patterns: str) -> list[str]:
    """The files of these patterns, by their names."""
    paths = find_paths(list(patterns), lambda pattern: folder / pattern, "data.source")
    return [Path(path).name for path in paths]


def written(folder: Path, *names: str) -> Path:
    """The folder with files of these names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x\n1\n", encoding="utf-8")
    return folder


def test_a_file_that_exists_is_that_file_whatever_its_name(tmp_path: Path) -> None:
    written(tmp_path, "tr*.csv", "train.csv", "data[1].csv", "data1.csv")
    assert found(tmp_path, "tr*.csv") == ["tr*.csv"]
    assert found(tmp_path, "data[1].csv") == ["data[1].csv"]
    assert found(tmp_path, "data?.csv") == ["data1.csv"]


def test_a_folder_gives_its_data_files_and_no_marks_of_programs(tmp_path: Path) -> None:
    written(tmp_path, "in/b.CSV", "in/a.csv", "in/_SUCCESS.csv", "in/.c.csv", "in/notes.md")
    assert found(tmp_path, "in") == ["a.csv", "b.CSV"]


def test_a_folder_gives_files_of_folders_that_are_named_like_files_and_of_links(
    tmp_path: Path,
) -> None:
    written(tmp_path, "in/out.csv/a.csv", "in/[1].parquet/b.csv", "far/c.csv", "far/.d/e.csv")
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "far")
    assert found(tmp_path, "in") == ["b.csv", "c.csv", "a.csv"]


def test_two_paths_of_one_file_are_refused_and_so_are_links_to_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "in/a.csv") / "in" / "a.csv"
    for name, make in (("hard.csv", os.link), ("soft.csv", os.symlink)):
        other = tmp_path / name
        make(path, other)
        with pytest.raises(DataError, match=rf"a\.csv and .*{name} are one file by a link, whose"):
            bound_files([str(path), str(other)])
    again = tmp_path / "in" / ".." / "in" / "a.csv"
    with pytest.raises(DataError, match="are one file by a link"):
        bound_files([str(path), str(again)])
    path.unlink()
    with pytest.raises(DataError, match=r"soft\.csv is a link to a file that is not there; remove"):
        bound_files([str(tmp_path / "soft.csv")])


def test_folders_that_name_a_column_twice_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a=1/a=2/f.csv") / "a=1" / "a=2" / "f.csv"
    with pytest.raises(DataError, match=r"f\.csv: its folders name the column 'a' twice; rename"):
        bound_files([str(path)])


def test_files_of_the_store_are_no_data_unless_they_are_asked_for(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", "store/n/runs/r/b.csv", "store.csv", "deep/c.csv")

    def found_beside(pattern: str) -> list[str]:
        paths = find_paths(pattern, lambda p: tmp_path / p, "data.source", tmp_path / "store")
        return [Path(path).name for path in paths]

    assert found_beside(".") == ["a.csv", "c.csv", "store.csv"]
    assert found_beside("**/*.csv") == ["a.csv", "c.csv", "store.csv"]
    assert found_beside("store/n/runs/*/*.csv") == found_beside("store") == ["b.csv"]


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match=r"pipe\.csv is no file; write what it gives into one\."):
        bound_files([str(tmp_path / "pipe.csv")])


def test_a_file_named_twice_and_a_file_of_another_kind_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", "book.xlsx", "b.parquet")
    with pytest.raises(DataError, match=r"names .*a\.csv twice; its rows would count twice"):
        found(tmp_path, "a.csv", "*.csv")
    with pytest.raises(DataError, match=r"book\.xlsx is an Excel file; save the sheet as CSV"):
        found(tmp_path, "book.xlsx")
    with pytest.raises(DataError, match="must be all Parquet or all text"):
        found(tmp_path, "a.csv", "b.parquet")


def test_folders_name_columns() -> None:
    path = "in/month=2013-01/city=New%20York/none=__HIVE_DEFAULT_PARTITION__/part.parquet"
    assert partitions_of(path) == (("month", "2013-01"), ("city", "New York"), ("none", None))
    assert partitions_of("=odd/plain/a=b.parquet") == ()
    assert partitions_of("/env=prod/cohorts/month=1/a.csv") == (("month", "1"),)
    assert partitions_of("/env=prod/cohorts/a.csv") == ()


def test_a_file_that_changes_is_refused_by_its_stamp_or_its_contents(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv") / "a.csv"
    (file,) = bound_files([str(path)])
    refuse_new_contents([file])
    before = path.stat()
    with path.open("r+", encoding="utf-8") as handle:
        handle.write("y\n2\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    file.refuse_change()  # the same size, time and inode
    with pytest.raises(DataError, match=r"a\.csv changed while it was read, so nothing was publ"):
        refuse_new_contents([file])
    path.unlink()
    with pytest.raises(DataError, match="changed while it was read"):
        file.refuse_change()


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(DataError, match=r"a\.csv is empty; there is nothing to read"):
        bound_files([str(tmp_path / "a.csv")])
