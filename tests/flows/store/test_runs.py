"""Runs in the store never change, are reused while whole, and found by id, prefix or order."""

import re
from pathlib import Path

import pytest
from logit_flows.store.layout import RunEntry, Store

from logit_engine.errors import ArtifactError, UsageError
from logit_engine.storage.publish import sha256_of
from tests.support.store import (
    FIRST,
    SECOND,
    THIRD,
    child,
    contents,
    flip_a_bit,
    line_of,
    write_predictions,
    write_run,
)


def test_a_run_is_published_with_its_manifest(store: Store) -> None:
    folder = store.publish_run(FIRST, write_run, {"seed": 13})
    assert folder == store.run_folder(FIRST) == store.root / "flights" / "runs" / FIRST
    names = ["config.yaml", "metrics.parquet", "model.parquet", "predictions.parquet"]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*names, "manifest.json"])
    manifest = store.verify_run(FIRST)
    assert (manifest["run"], manifest["seed"], sorted(manifest["files"])) == (FIRST, 13, names)
    assert manifest["files"]["model.parquet"]["sha256"] == sha256_of(folder / "model.parquet")


def test_the_same_runs_and_scores_give_the_same_bytes_in_any_store(tmp_path: Path) -> None:
    stores = [Store(tmp_path / place, "flights") for place in ("here", "there")]
    for store in stores:
        store.publish_run(FIRST, write_run, {"seed": 13})
        store.publish_scores(FIRST, "october", write_predictions(0.5), {"rows": 1})
        store.publish_experiment("cells", write_predictions(0.5))
    here, there = (contents(store.root) for store in stores)
    assert here == there


def test_a_verified_run_is_reused_and_not_written_again(store: Store) -> None:
    store.publish_run(FIRST, write_run, {})
    before = contents(store.folder)
    assert store.publish_run(
        FIRST, lambda folder: pytest.fail("written again"), {}
    ) == store.run_folder(FIRST)
    assert contents(store.folder) == before


def test_a_run_published_meanwhile_by_another_is_reused(store: Store) -> None:
    def slow(folder: Path) -> None:
        write_run(folder)
        store.publish_run(FIRST, write_run, {"by": "another"})

    store.publish_run(FIRST, slow, {"by": "me"})
    assert store.verify_run(FIRST)["by"] == "another"


def test_a_flipped_bit_in_the_model_is_found_and_the_run_not_reused(store: Store) -> None:
    folder = store.publish_run(FIRST, write_run, {})
    flip_a_bit(folder / "model.parquet")
    message = (
        f"runs/{FIRST} is damaged: model.parquet has changed since it was published (its sha256 "
        "differs). Restore the folder from a copy, or move it away and train again."
    )
    for ask in (
        lambda: store.verify_run(FIRST),
        lambda: store.publish_run(FIRST, write_run, {}),
        lambda: store.promote(FIRST, "first", None),
    ):
        with pytest.raises(ArtifactError, match=re.escape(message)):
            ask()
    assert store.champion() is None


def test_a_run_under_another_ones_name_is_damaged(full: Store) -> None:
    full.run_folder(SECOND).rename(full.run_folder("cccc00000004"))
    with pytest.raises(ArtifactError, match=f"is damaged: its manifest is that of run {SECOND}"):
        full.verify_run("cccc00000004")


def test_a_run_that_is_not_there_is_said_so(store: Store) -> None:
    with pytest.raises(
        ArtifactError,
        match=f"There is no run {FIRST} in .*flights; `logit runs` lists those there are",
    ):
        store.verify_run(FIRST)


def test_a_run_that_fails_or_is_killed_in_mid_publish_leaves_nothing_visible(store: Store) -> None:
    def failing(folder: Path) -> None:
        write_run(folder)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        store.publish_run(FIRST, failing, {})
    script = """
def write(folder):
    (folder / "model.parquet").write_text("the first file")
    print("middle", flush=True)
    sys.stdin.read()
store.publish_run(FIRST, write, {})
"""
    with child(script, store) as process:
        assert line_of(process.stdout) == "middle"
        process.kill()
    assert store.runs() == []
    assert not store.has_run(FIRST)
    assert list(store.folder.rglob("*.parquet")) == []
    store.publish_run(FIRST, write_run, {})
    assert store.has_run(FIRST)


def test_runs_come_in_the_order_of_their_first_attempts(full: Store) -> None:
    full.promote(FIRST, "first", None)
    full.promote(THIRD, "better", FIRST)
    (full.folder / "runs" / "cccc00000004").mkdir()
    times = [attempt["time"] for attempt in full.attempts()]
    assert full.runs() == [
        RunEntry(SECOND, created=times[0], champion=False, anchor=False),
        RunEntry(FIRST, created=times[1], champion=False, anchor=True),
        RunEntry(THIRD, created=None, champion=True, anchor=False),
    ]


def test_an_attempt_may_have_published_nothing(store: Store) -> None:
    store.append_attempt({"run": None, "outcome": "failed"})
    store.append_attempt({"outcome": "failed"})
    assert [attempt["outcome"] for attempt in store.attempts()] == ["failed", "failed"]
    assert store.runs() == []


def test_attempts_of_many_processes_are_each_one_line(store: Store) -> None:
    script = 'for n in range(20): store.append_attempt({"run": FIRST, "long": "x" * 5000})'
    processes = [child(script, store) for _ in range(3)]
    for process in processes:
        process.communicate()
    assert len(store.attempts()) == 60
    assert {len(attempt["long"]) for attempt in store.attempts()} == {5000}


def test_a_reference_is_the_champion_a_full_id_or_a_unique_prefix(full: Store) -> None:
    full.promote(SECOND, "first", None)
    assert [full.resolve(reference) for reference in ("champion", FIRST, "b")] == [
        SECOND,
        FIRST,
        THIRD,
    ]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("aaaa", f"'aaaa' fits 2 runs ({FIRST}, {SECOND}): give more of the id."),
        ("bbbb00000009", f"flights has no run 'bbbb00000009'; the nearest are: {THIRD}"),
        ("zz", f"flights has no run 'zz'; the nearest are: {FIRST}, {SECOND}, {THIRD}."),
        ("champion", "flights has no champion yet: publish a first run with `logit train`."),
    ],
)
def test_a_reference_to_no_single_run_names_those_near(
    full: Store, reference: str, message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        full.resolve(reference)


def test_an_empty_store_says_how_to_begin(store: Store) -> None:
    assert (store.runs(), store.attempts(), store.history(), store.champion()) == ([], [], [], None)
    with pytest.raises(
        UsageError, match="has no published run yet: publish a first one with `logit train`"
    ):
        store.resolve("aa")
