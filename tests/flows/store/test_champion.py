"""The pointer to the champion moves in one step, and the lock dies with its holder."""

import re

import pytest
from logit_flows.store.layout import Champion, ChampionMoved, Store
from logit_flows.store.locks import Busy

from logit_engine.errors import ArtifactError
from tests.support.store import (
    FIRST,
    SECOND,
    THIRD,
    child,
    line_of,
)


def test_the_first_promoted_run_is_the_anchor_for_good(full: Store) -> None:
    first = full.promote(FIRST, "first", None)
    assert (first.run, first.anchor, first.previous) == (FIRST, FIRST, None)
    second = full.promote(SECOND, "better", FIRST)
    third = full.promote(THIRD, "better still", SECOND)
    assert full.champion() == third
    assert third == Champion(
        THIRD, anchor=FIRST, previous=SECOND, reason="better still", since=third.since
    )
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
        f"The champion of flights is {SECOND}, but {FIRST} was expected: it moved meanwhile, so "
        f"{THIRD} was not promoted. Compare it with the present champion, then promote again."
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
    assert [(move["from"], move["to"]) for move in full.history()] == [
        (None, FIRST),
        (FIRST, SECOND),
        (SECOND, THIRD),
    ]


@pytest.mark.parametrize("text", ["{", "[]", '{"run": "x"}'])
def test_a_damaged_pointer_is_told_and_not_taken_for_none(full: Store, text: str) -> None:
    (full.folder / "champion.json").write_text(text)
    with pytest.raises(
        ArtifactError,
        match=r"champion\.json is damaged: restore it, or remove it and promote a run again",
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


def test_a_second_holder_of_the_lock_is_told_who_holds_it_until_its_process_dies(
    store: Store,
) -> None:
    with child(
        'with store.lock("retrain"):\n    print("held", flush=True)\n    sys.stdin.read()', store
    ) as process:
        assert line_of(process.stdout) == "held"
        message = (
            rf"flights is in use by process {process.pid} on \S+ \(retrain, since \S+\): wait for "
            "its end and try again"
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
