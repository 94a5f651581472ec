"""The cache of text files: an entry that is damaged, or another's, is made anew."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from logit_flows.sources import parquet_cache
from logit_flows.sources.files import bound_files
from logit_flows.sources.parquet_cache import cached_parquet
from logit_flows.sources.raw_files import read_types
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.scanning import write_parquet
from logit_flows.sources.type_names import LogicalType

from logit_engine.errors import DataError


def cached(folder: Path, name: str) -> tuple[Path, list[float]]:
    """The entry of a file of the folder, and the values that it gives."""
    (file,) = bound_files([str(folder / name)])
    made = cached_parquet(read_types(file, Dialect()), {"x": LogicalType.NUMBER}, folder / ".cache")
    return Path(made.file.path).parent, made.scan().collect()["x"].to_list()


def _link(entry: Path, other: Path) -> None:
    shutil.rmtree(entry)
    entry.symlink_to(other)


def _copy(entry: Path, other: Path) -> None:
    shutil.rmtree(entry)
    shutil.copytree(other, entry)


def _file(entry: Path, _other: Path) -> None:
    shutil.rmtree(entry)
    entry.write_text("x", encoding="utf-8")


def _cut(entry: Path, _other: Path) -> None:
    rows = entry / "rows.parquet"
    rows.write_bytes(rows.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [_link, _copy, _file, _cut])
def test_an_entry_that_is_not_the_files_own_is_made_anew(
    tmp_path: Path, damage: Callable[[Path, Path], None]
) -> None:
    for name, value in (("one.csv", 1), ("other.csv", 2)):
        (tmp_path / name).write_text(f"x,y\n{value},0\n", encoding="utf-8")
    (entry, values), (other, _) = cached(tmp_path, "one.csv"), cached(tmp_path, "other.csv")
    damage(entry, other)
    assert cached(tmp_path, "one.csv") == (entry, values) == (entry, [1.0])
    assert cached(tmp_path, "other.csv")[1] == [2.0]


def test_a_file_that_changes_while_it_is_turned_into_parquet_leaves_no_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one.csv"
    path.write_text("x,y\n1,0\n", encoding="utf-8")
    before = path.stat()

    def write_another(*arguments: Any) -> int:
        path.write_text("x,y\n2,0\n", encoding="utf-8")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return write_parquet(*arguments)

    monkeypatch.setattr(parquet_cache, "write_parquet", write_another)
    with pytest.raises(DataError, match=r"one\.csv changed while it was read, so nothing was publ"):
        cached(tmp_path, "one.csv")
    assert not list(tmp_path.glob(".cache/*/rows.parquet"))
    monkeypatch.undo()
    assert cached(tmp_path, "one.csv")[1] == [2.0]
