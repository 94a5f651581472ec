"""The store: runs never change, the pointer moves in one step, the lock dies with its holder, scores are one table."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import IO

import polars as pl
import pytest
from logit_flows.store.layout import Busy, Champion, ChampionMoved, RunEntry, Store, checked_name, run_id

from logit_engine.errors import ArtifactError, UsageError
from logit_engine.storage.publish import sha256_of

FIRST, SECOND, THIRD = "aaaa00000001", "aaaa00000002", "bbbb00000003"
PREAMBLE = f"""
import sys
from pathlib import Path
from logit_flows.store.layout import Store
store, FIRST = Store(Path(sys.argv[1]), "flights"), {FIRST!r}
"""


def write_run(folder: Path) -> None:
    """A run as the pipeline writes it, in small."""
    for name in ("model", "predictions", "metrics"):
        pl.DataFrame({"x": [0.5, 1.5]}).write_parquet(folder / f"{name}.parquet")
    (folder / "config.yaml").write_text("name: flights\n")


def write_predictions(*probabilities: float) -> Callable[[Path], None]:
    return lambda path: pl.DataFrame({"probability": probabilities}).write_parquet(path)


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)


def child(script: str, store: Store) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PREAMBLE + script, str(store.root)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def line_of(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", "flights")


@pytest.fixture
def full(store: Store) -> Store:
    """Three published runs, attempted in the order second, first; the third without an attempt on record."""
    for run in (FIRST, SECOND, THIRD):
        store.publish_run(run, write_run, {"seed": 13})
    for run in (SECOND, FIRST, SECOND):
        store.append_attempt({"run": run, "outcome": "published"})
    return store


def test_importing_the_store_loads_neither_frames_nor_prefect() -> None:
    script = "import sys, logit_flows.store.layout; print(sorted({'polars', 'pyarrow', 'prefect'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "[]\n"


def test_a_store_is_a_frozen_value(store: Store) -> None:
    assert store == Store(store.root, "flights")
    with pytest.raises(FrozenInstanceError):
        store.name = "other"  # type: ignore[misc]


def test_the_run_id_is_twelve_digits_of_the_content_in_any_order() -> None:
    # printf '{"a":1,"b":[2.5,"x"]}' | sha256sum
    assert run_id({"b": (2.5, "x"), "a": 1}) == run_id({"a": 1, "b": [2.5, "x"]}) == "5f097a2417b2"
    assert run_id({"a": 1, "b": [2.5, "y"]}) != "5f097a2417b2"


@pytest.mark.parametrize("name", ["2013-10", "October 2013", "québec", "a.b", "_", "v1+2", "0"])
def test_a_name_of_a_cohort_is_also_its_value_in_the_table(store: Store, name: str) -> None:
    store.publish_scores(FIRST, name, write_predictions(0.5), {})
    assert store.scan_scores().collect()["cohort"].to_list() == [name]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "../x",
        "a..b",
        ".hidden",
        "a=b",
        "a*",
        "a[1]",
        "a?",
        "100%",
        " a",
        "a ",
        "a\n",
        "é" * 101,
    ],
)
def test_a_name_that_could_leave_its_folder_or_change_in_a_hive_path_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"The cohort {name!r} cannot name a folder: use letters, digits")):
        checked_name(name, "The cohort")


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.publish_scores(FIRST, "../x", write_predictions(), {}),
        lambda store: store.publish_scores("../x", "october", write_predictions(), {}),
        lambda store: store.scores_manifest("../x"),
        lambda store: store.publish_run("../x", write_run, {}),
        lambda store: store.publish_experiment("../x", write_predictions()),
        lambda store: Store(store.root, "../x"),
    ],
)
def test_every_name_that_becomes_a_path_is_checked(store: Store, ask: Callable[[Store], object]) -> None:
    with pytest.raises(UsageError, match=r"'\.\./x' cannot name a folder"):
        ask(store)
    assert not store.root.exists()


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
    assert store.publish_run(FIRST, lambda folder: pytest.fail("written again"), {}) == store.run_folder(FIRST)
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
        f"runs/{FIRST} is damaged: model.parquet has changed since it was published (its sha256 differs). "
        "Restore the folder from a copy, or move it away and train again."
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
        ArtifactError, match=f"There is no run {FIRST} in .*flights; `logit runs` lists those there are"
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
    assert [full.resolve(reference) for reference in ("champion", FIRST, "b")] == [SECOND, FIRST, THIRD]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("aaaa", f"'aaaa' fits 2 runs ({FIRST}, {SECOND}): give more of the id."),
        ("bbbb00000009", f"flights has no run 'bbbb00000009'; the nearest are: {THIRD}"),
        ("zz", f"flights has no run 'zz'; the nearest are: {FIRST}, {SECOND}, {THIRD}."),
        ("champion", "flights has no champion yet: publish a first run with `logit train`."),
    ],
)
def test_a_reference_to_no_single_run_names_those_near(full: Store, reference: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        full.resolve(reference)


def test_an_empty_store_says_how_to_begin(store: Store) -> None:
    assert (store.runs(), store.attempts(), store.history(), store.champion()) == ([], [], [], None)
    with pytest.raises(UsageError, match="has no published run yet: publish a first one with `logit train`"):
        store.resolve("aa")


def test_the_first_promoted_run_is_the_anchor_for_good(full: Store) -> None:
    first = full.promote(FIRST, "first", None)
    assert (first.run, first.anchor, first.previous) == (FIRST, FIRST, None)
    second = full.promote(SECOND, "better", FIRST)
    third = full.promote(THIRD, "better still", SECOND)
    assert full.champion() == third
    assert third == Champion(THIRD, anchor=FIRST, previous=SECOND, reason="better still", since=third.since)
    assert full.history() == [
        {"time": first.since, "from": None, "to": FIRST, "reason": "first"},
        {"time": second.since, "from": FIRST, "to": SECOND, "reason": "better"},
        {"time": third.since, "from": SECOND, "to": THIRD, "reason": "better still"},
    ]


def test_promoting_the_champion_again_changes_nothing(full: Store) -> None:
    first = full.promote(FIRST, "first", None)
    assert full.promote(FIRST, "again", FIRST) == full.champion() == first
    assert len(full.history()) == 1


def test_a_champion_that_moved_meanwhile_is_not_overwritten(full: Store) -> None:
    full.promote(FIRST, "first", None)
    full.promote(SECOND, "better", FIRST)
    message = (
        f"The champion of flights is {SECOND}, but {FIRST} was expected: it moved meanwhile, so {THIRD} was not promoted. "
        "Compare it with the present champion, then promote again."
    )
    with pytest.raises(ChampionMoved, match=re.escape(message)):
        full.promote(THIRD, "late", FIRST)
    with pytest.raises(ChampionMoved, match=f"is {SECOND}, but none was expected"):
        full.promote(THIRD, "late", None)
    assert [move["to"] for move in full.history()] == [FIRST, SECOND]


def test_a_move_that_a_kill_kept_out_of_the_history_is_brought_in(full: Store) -> None:
    full.promote(FIRST, "first", None)
    full.promote(SECOND, "better", FIRST)
    log = full.folder / "history.jsonl"
    log.write_text(log.read_text().splitlines(keepends=True)[0] + '{"torn')
    full.promote(THIRD, "better still", SECOND)
    assert [(move["from"], move["to"]) for move in full.history()] == [(None, FIRST), (FIRST, SECOND), (SECOND, THIRD)]


@pytest.mark.parametrize("text", ["{", "[]", '{"run": "x"}'])
def test_a_damaged_pointer_is_told_and_not_taken_for_none(full: Store, text: str) -> None:
    (full.folder / "champion.json").write_text(text)
    with pytest.raises(
        ArtifactError, match=r"champion\.json is damaged: restore it, or remove it and promote a run again"
    ):
        full.champion()
    with pytest.raises(ArtifactError, match="is damaged"):
        full.promote(FIRST, "first", None)


def test_of_processes_that_promote_at_once_exactly_one_wins(full: Store) -> None:
    full.promote(FIRST, "first", None)
    script = """
from logit_flows.store.layout import ChampionMoved
run = sys.stdin.readline().strip()
print("ready", flush=True)
sys.stdin.readline()
try:
    store.promote(run, "mine", FIRST)
    print("won")
except ChampionMoved:
    print("moved")
"""
    contenders = {run: child(script, full) for run in (SECOND, THIRD)}
    for run, process in contenders.items():
        assert process.stdin is not None
        print(run, file=process.stdin, flush=True)
        assert line_of(process.stdout) == "ready"
    for process in contenders.values():
        print("go", file=process.stdin, flush=True)
    outcomes = {run: process.communicate()[0].strip() for run, process in contenders.items()}
    assert sorted(outcomes.values()) == ["moved", "won"]
    champion = full.champion()
    assert champion is not None
    assert outcomes[champion.run] == "won"
    assert [move["to"] for move in full.history()] == [FIRST, champion.run]


def test_a_second_holder_of_the_lock_is_told_who_holds_it_until_its_process_dies(store: Store) -> None:
    with child('with store.lock("retrain"):\n    print("held", flush=True)\n    sys.stdin.read()', store) as process:
        assert line_of(process.stdout) == "held"
        message = (
            rf"flights is in use by process {process.pid} on \S+ \(retrain, since \S+\): wait for its end and try again"
        )
        with pytest.raises(Busy, match=message), store.lock("train"):
            pytest.fail("two hold the lock")
        process.kill()
    with store.lock("train"):
        pass


def test_the_lock_excludes_within_a_process_too_and_is_free_afterwards(store: Store) -> None:
    with store.lock("retrain"):
        with pytest.raises(Busy, match="retrain"), store.lock("train"):
            pytest.fail("two hold the lock")
        with Store(store.root, "another").lock("train"):
            pass
    with store.lock("train"):
        pass


def test_the_holder_of_the_lock_can_promote(full: Store) -> None:
    with full.lock("retrain"):
        assert full.promote(FIRST, "first", None).run == FIRST


def test_scores_of_two_runs_and_two_cohorts_are_one_table(store: Store) -> None:
    for place, run in enumerate((FIRST, SECOND)):
        for cohort in ("october", "november"):
            store.publish_scores(run, cohort, write_predictions(0.25 + place, 0.5 + place), {"rows": 2})
    table = pl.scan_parquet(store.folder / "scores").collect()
    assert table.columns == ["probability", "run", "cohort"]
    assert table.group_by("run", "cohort").agg(pl.col("probability").sum()).sort("run", "cohort").rows() == [
        (FIRST, "november", 0.75),
        (FIRST, "october", 0.75),
        (SECOND, "november", 2.75),
        (SECOND, "october", 2.75),
    ]
    assert {path.suffix for path in (store.folder / "scores").rglob("*") if path.is_file()} == {".parquet"}
    assert store.scan_scores().collect().sort(pl.all()).equals(table.sort(pl.all()))


def test_run_ids_that_look_like_numbers_stay_text(store: Store) -> None:
    for run in ("000123456789", "12345e678901"):
        store.publish_scores(run, "10", write_predictions(0.5), {})
    rows = store.scan_scores().select("run", "cohort").sort("run").collect().rows()
    assert rows == [("000123456789", "10"), ("12345e678901", "10")]


def test_the_manifest_of_a_cohort_is_that_of_its_last_scores(store: Store) -> None:
    for run in (FIRST, SECOND):
        path = store.publish_scores(run, "october", write_predictions(0.25, 0.5), {"rows": 2, "input": "f00d"})
    assert path == store.scores_file(SECOND, "october")
    manifest = store.verify_scores(SECOND, "october")
    assert manifest == store.scores_manifest("october")
    assert manifest == {
        "run": SECOND,
        "cohort": "october",
        "rows": 2,
        "input": "f00d",
        "sha256": sha256_of(path),
        "bytes": path.stat().st_size,
    }
    message = (
        f"The scores of cohort 'october' last published are of run {SECOND}, so nothing vouches for those of {FIRST}"
    )
    with pytest.raises(ArtifactError, match=message):
        store.verify_scores(FIRST, "october")


def test_scores_without_a_manifest_are_said_so(store: Store) -> None:
    with pytest.raises(ArtifactError, match="flights has no scores of cohort 'october': run `logit score` on it first"):
        store.verify_scores(FIRST, "october")


@pytest.mark.parametrize("damage", [flip_a_bit, Path.unlink])
def test_damaged_scores_are_found(store: Store, damage: Callable[[Path], None]) -> None:
    damage(store.publish_scores(FIRST, "october", write_predictions(0.25), {}))
    with pytest.raises(
        ArtifactError, match=r"predictions\.parquet is missing or not as published: score the cohort again"
    ):
        store.verify_scores(FIRST, "october")


def test_a_scoring_that_fails_leaves_the_scores_before_it(store: Store) -> None:
    def failing(path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("no more")

    store.publish_scores(FIRST, "october", write_predictions(0.25), {})
    before = contents(store.root)
    with pytest.raises(RuntimeError, match="no more"):
        store.publish_scores(FIRST, "october", failing, {})
    assert contents(store.root) == before
    store.verify_scores(FIRST, "october")


def test_a_scoring_killed_before_its_manifest_is_not_vouched_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.publish_scores(FIRST, "october", write_predictions(0.25), {})

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("logit_flows.store.layout.publish_text", killed)
    with pytest.raises(KeyboardInterrupt):
        store.publish_scores(FIRST, "october", write_predictions(0.75), {})
    with pytest.raises(ArtifactError, match="is missing or not as published: score the cohort again"):
        store.verify_scores(FIRST, "october")


def test_a_resumed_experiment_replaces_its_leaderboard(store: Store) -> None:
    for probability in (0.25, 0.75):
        path = store.publish_experiment("cells", write_predictions(probability))
    assert path == store.folder / "experiments" / "cells" / "leaderboard.parquet"
    assert pl.read_parquet(path)["probability"].to_list() == [0.75]
    assert store.verify_experiment("cells")["experiment"] == "cells"
    flip_a_bit(path)
    with pytest.raises(
        ArtifactError, match=r"cells is damaged: leaderboard\.parquet has changed since it was published"
    ):
        store.verify_experiment("cells")


def test_no_run_and_no_scores_contain_a_time(full: Store) -> None:
    full.publish_scores(FIRST, "october", write_predictions(0.25), {"rows": 1})
    manifests = [*full.folder.glob("runs/*/manifest.json"), *full.folder.glob("manifests/**/*.json")]
    assert len(manifests) == 4
    for path in manifests:
        assert not {"time", "since", "created"} & json.loads(path.read_text()).keys()
