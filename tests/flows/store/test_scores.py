"""Scores of runs and cohorts are one table, vouched for by their manifests."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from logit_flows.store.layout import Store

from logit_engine.errors import ArtifactError
from logit_engine.storage.publish import sha256_of
from tests.support.store import FIRST, SECOND, contents, flip_a_bit, write_predictions


def test_scores_of_two_runs_and_two_cohorts_are_one_table(store: Store) -> None:
    for place, run in enumerate((FIRST, SECOND)):
        for cohort in ("october", "november"):
            store.publish_scores(
                run, cohort, write_predictions(0.25 + place, 0.5 + place), {"rows": 2}
            )
    table = pl.scan_parquet(store.folder / "scores").collect()
    assert table.columns == ["probability", "run", "cohort"]
    assert table.group_by("run", "cohort").agg(pl.col("probability").sum()).sort(
        "run", "cohort"
    ).rows() == [
        (FIRST, "november", 0.75),
        (FIRST, "october", 0.75),
        (SECOND, "november", 2.75),
        (SECOND, "october", 2.75),
    ]
    assert {path.suffix for path in (store.folder / "scores").rglob("*") if path.is_file()} == {
        ".parquet"
    }
    assert store.scan_scores().collect().sort(pl.all()).equals(table.sort(pl.all()))


def test_run_ids_that_look_like_numbers_stay_text(store: Store) -> None:
    for run in ("000123456789", "12345e678901"):
        store.publish_scores(run, "10", write_predictions(0.5), {})
    rows = store.scan_scores().select("run", "cohort").sort("run").collect().rows()
    assert rows == [("000123456789", "10"), ("12345e678901", "10")]


def test_the_manifest_of_a_cohort_is_that_of_its_last_scores(store: Store) -> None:
    for run in (FIRST, SECOND):
        path = store.publish_scores(
            run, "october", write_predictions(0.25, 0.5), {"rows": 2, "input": "f00d"}
        )
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
        f"The scores of cohort 'october' last published are of run {SECOND}, so nothing vouches "
        f"for those of {FIRST}"
    )
    with pytest.raises(ArtifactError, match=message):
        store.verify_scores(FIRST, "october")


def test_scores_without_a_manifest_are_said_so(store: Store) -> None:
    with pytest.raises(
        ArtifactError,
        match="flights has no scores of cohort 'october': run `logit score` on it first",
    ):
        store.verify_scores(FIRST, "october")


@pytest.mark.parametrize("damage", [flip_a_bit, Path.unlink])
def test_damaged_scores_are_found(store: Store, damage: Callable[[Path], None]) -> None:
    damage(store.publish_scores(FIRST, "october", write_predictions(0.25), {}))
    with pytest.raises(
        ArtifactError,
        match=r"predictions\.parquet is missing or not as published: score the cohort again",
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


def test_a_scoring_killed_before_its_manifest_is_not_vouched_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.publish_scores(FIRST, "october", write_predictions(0.25), {})

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("logit_flows.store.layout.publish_text", killed)
    with pytest.raises(KeyboardInterrupt):
        store.publish_scores(FIRST, "october", write_predictions(0.75), {})
    with pytest.raises(
        ArtifactError, match="is missing or not as published: score the cohort again"
    ):
        store.verify_scores(FIRST, "october")
