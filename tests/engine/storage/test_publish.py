"""A folder or file is published wholly or not at all, whatever happens in the middle."""

import errno
import json
import math
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logit_engine.storage.publish import (
    AlreadyPublished,
    append_line,
    canonical_json,
    publish_file,
    publish_folder,
    publish_text,
    read_records,
    sha256_of,
    sweep,
)
from tests.support.json_values import JSON, words


def backwards(value: object) -> object:
    """The same value, its keys inserted in the opposite order."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return [backwards(item) for item in value] if isinstance(value, list) else value


def left_behind(store: Path) -> list[str]:
    """Everything under the store but the empty staging root."""
    return sorted(
        str(path.relative_to(store)) for path in store.rglob("*") if path.name != ".staging"
    )


def killed_in_the_middle(script: str, *arguments: Path) -> None:
    """Run a script that says "middle" and sleeps there, and kill -9 it when it has said so."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "middle\n"
        child.kill()


def full_disk(path: Path) -> None:
    path.write_bytes(b"the first half")
    raise OSError(errno.ENOSPC, "No space left on device")


@given(JSON)
def test_canonical_json_reads_back_as_the_same_value(value: object) -> None:
    text = canonical_json(value)
    assert json.loads(text) == words(value)
    assert canonical_json(json.loads(text)) == text


@given(JSON)
def test_canonical_json_knows_no_order_of_keys(value: object) -> None:
    assert canonical_json(backwards(value)) == canonical_json(value)


@given(st.floats(allow_nan=False))
def test_canonical_json_keeps_every_bit_of_a_float(value: float) -> None:
    back = float(json.loads(canonical_json(value)))
    assert (back, math.copysign(1, back)) == (value, math.copysign(1, value))


def test_canonical_json_is_this_text() -> None:
    value = {"b": (1, 1.0, -0.0, 1e-8), "a": [math.nan, math.inf, -math.inf, None, True, "é"]}
    assert (
        canonical_json(value)
        == r'{"a":["nan","inf","-inf",null,true,"\u00e9"],"b":[1,1.0,-0.0,1e-08]}'
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({1: "one"}, "A key of canonical JSON must be text, but 1 is int."),
        ({"path": Path("x")}, "not JSON serializable"),
        ([{1, 2}], "Object of type set is not JSON serializable"),
    ],
)
def test_canonical_json_refuses_what_json_does_not_have(value: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        canonical_json(value)


def test_sha256_is_that_of_the_standard(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-2, B.1
    assert (
        sha256_of(tmp_path / "abc")
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_a_published_folder_appears_whole_and_leaves_no_staging(tmp_path: Path) -> None:
    target = tmp_path / "runs" / "one"
    with publish_folder(target, tmp_path / ".staging") as folder:
        assert folder.is_relative_to(tmp_path / ".staging")
        (folder / "inner").mkdir()
        (folder / "inner" / "a").write_text("A")
        (folder / "b").write_text("B")
        assert not target.exists()
    assert left_behind(tmp_path) == [
        "runs",
        "runs/one",
        "runs/one/b",
        "runs/one/inner",
        "runs/one/inner/a",
    ]


def test_published_things_have_the_permissions_of_the_umask(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with publish_folder(tmp_path / "folder", tmp_path / ".staging"):
        pass
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain").stat().st_mode
    )


def test_everything_is_on_the_disk_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, events = tmp_path / "runs" / "one", []
    fsync, rename = os.fsync, Path.rename

    def noted_fsync(descriptor: int) -> None:
        events.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def noted_rename(self: Path, to: Path) -> Path:
        events.append("rename")
        return rename(self, to)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    with publish_folder(target, tmp_path / ".staging") as folder:
        (folder / "a").write_text("A")
    inode = {path: path.stat().st_ino for path in (target / "a", target, target.parent)}
    before, after = events[: events.index("rename")], events[events.index("rename") :]
    assert {inode[target / "a"], inode[target]} <= set(before)
    assert inode[target.parent] in after


def test_a_folder_whose_writing_fails_never_appears(tmp_path: Path) -> None:
    def publish() -> None:
        with publish_folder(tmp_path / "runs" / "one", tmp_path / ".staging") as folder:
            (folder / "a").write_text("A")
            full_disk(folder / "b")

    with pytest.raises(OSError, match="No space left on device"):
        publish()
    assert left_behind(tmp_path) == []


def test_a_folder_whose_fsync_fails_never_appears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    def publish() -> None:
        with publish_folder(tmp_path / "one", tmp_path / ".staging") as folder:
            (folder / "a").write_text("A")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output error"):
        publish()
    assert left_behind(tmp_path) == []


def test_a_published_folder_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with (
        pytest.raises(
            AlreadyPublished, match="one is published already, and a published folder never changes"
        ),
        publish_folder(tmp_path / "one", tmp_path / ".staging"),
    ):
        pytest.fail("the work must not be done in vain")


def test_of_two_publishers_of_a_folder_the_slower_one_is_told(tmp_path: Path) -> None:
    def publish() -> None:
        with publish_folder(tmp_path / "one", tmp_path / ".staging") as slow:
            (slow / "a").write_text("slow")
            with publish_folder(tmp_path / "one", tmp_path / ".staging") as fast:
                (fast / "a").write_text("fast")

    with pytest.raises(AlreadyPublished, match="one was published by another process meanwhile"):
        publish()
    assert left_behind(tmp_path) == ["one", "one/a"]
    assert (tmp_path / "one" / "a").read_text() == "fast"


def test_a_published_file_replaces_the_old_one(tmp_path: Path) -> None:
    for text in ("old", "new"):
        publish_text(tmp_path / "deep" / "er" / "file", text, tmp_path / ".staging")
    assert (tmp_path / "deep" / "er" / "file").read_text() == "new"
    assert left_behind(tmp_path) == ["deep", "deep/er", "deep/er/file"]


def test_a_full_disk_that_polars_reports_is_an_error_of_the_system(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        raise ValueError("parquet: underlying IO error: No space left (os error 28)")

    with pytest.raises(OSError, match="No space left on device") as caught:
        publish_file(tmp_path / "store" / "file", write, tmp_path / "store" / ".staging")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "store"))
    assert not list((tmp_path / "store" / ".staging").iterdir())


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    publish_text(tmp_path / "file", "old", tmp_path / ".staging")
    with pytest.raises(OSError, match="No space left on device"):
        publish_file(tmp_path / "file", full_disk, tmp_path / ".staging")
    assert (tmp_path / "file").read_text() == "old"
    assert left_behind(tmp_path) == ["file"]


def test_a_folder_killed_between_two_files_never_appears(tmp_path: Path) -> None:
    script = """
import sys, time
from pathlib import Path
from logit_engine.storage.publish import publish_folder
with publish_folder(Path(sys.argv[1]) / "one", Path(sys.argv[1]) / ".staging") as folder:
    (folder / "a.parquet").write_text("A")
    print("middle", flush=True)
    time.sleep(60)
    (folder / "b.parquet").write_text("B")
"""
    killed_in_the_middle(script, tmp_path)
    assert not (tmp_path / "one").exists()
    assert list(tmp_path.glob("*/*.parquet")) == []
    with publish_folder(tmp_path / "one", tmp_path / ".staging") as folder:
        (folder / "a.parquet").write_text("A")
    assert (tmp_path / "one" / "a.parquet").read_text() == "A"


def test_a_file_killed_in_the_middle_leaves_the_old_one(tmp_path: Path) -> None:
    publish_text(tmp_path / "file", "old", tmp_path / ".staging")
    script = """
import sys, time
from pathlib import Path
from logit_engine.storage.publish import publish_file
def write(path):
    with path.open("w") as file:
        file.write("the first half")
        file.flush()
        print("middle", flush=True)
        time.sleep(60)
publish_file(Path(sys.argv[1]) / "file", write, Path(sys.argv[1]) / ".staging")
"""
    killed_in_the_middle(script, tmp_path)
    assert (tmp_path / "file").read_text() == "old"


def test_sweep_removes_what_is_stale_and_nothing_in_use(tmp_path: Path) -> None:
    long_ago = time.time() - 1000
    for name in ("stale", "fresh", "in-use"):
        (tmp_path / f".staging-{name}").mkdir()
        (tmp_path / f".staging-{name}" / "file").touch()
    for path in (
        *tmp_path.glob(".staging-stale/*"),
        *tmp_path.glob(".staging-stale"),
        tmp_path / ".staging-in-use",
    ):
        os.utime(path, (long_ago, long_ago))
    sweep(tmp_path, older_than_seconds=500)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".staging-fresh", ".staging-in-use"]


def test_publishing_sweeps_what_a_killed_process_left_days_ago(tmp_path: Path) -> None:
    left = tmp_path / ".staging" / ".staging-left"
    left.mkdir(parents=True)
    os.utime(left, (0, 0))
    publish_text(tmp_path / "file", "text", tmp_path / ".staging")
    assert not left.exists()


def test_a_torn_line_is_no_record_and_harms_no_other(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    assert read_records(log) == []
    append_line(log, '{"n": 1}')
    with log.open("a") as file:
        file.write('{"n": 2, "torn')
    append_line(log, '{"n": 3}')
    append_line(log, '{"n": 4}')
    assert read_records(log) == [{"n": 1}, {"n": 3}, {"n": 4}]
