"""The layout of the store: names that become paths, and no time in what is published."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError

import polars as pl
import pytest
from logit_flows.store.layout import Store, checked_name, run_id

from logit_engine.errors import ArtifactError, UsageError
from logit_engine.storage.publish import verify_manifest
from tests.support.store import (
    FIRST,
    flip_a_bit,
    write_predictions,
    write_run,
)


def test_importing_the_store_loads_neither_frames_nor_prefect() -> None:
    script = (
        "import sys, logit_flows.store.layout; print(sorted({'polars', 'pyarrow', 'prefect'} & "
        "set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout
        == "[]\n"
    )


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
    with pytest.raises(
        UsageError,
        match=re.escape(f"The cohort {name!r} cannot name a folder: use letters, digits"),
    ):
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
def test_every_name_that_becomes_a_path_is_checked(
    store: Store, ask: Callable[[Store], object]
) -> None:
    with pytest.raises(UsageError, match=r"'\.\./x' cannot name a folder"):
        ask(store)
    assert not store.root.exists()


def test_a_resumed_experiment_replaces_its_leaderboard(store: Store) -> None:
    for probability in (0.25, 0.75):
        path = store.publish_experiment("cells", write_predictions(probability))
    assert path == store.folder / "experiments" / "cells" / "leaderboard.parquet"
    assert pl.read_parquet(path)["probability"].to_list() == [0.75]
    assert verify_manifest(store.folder / "experiments" / "cells")["experiment"] == "cells"
    flip_a_bit(path)
    with pytest.raises(
        ArtifactError,
        match=r"cells is damaged: leaderboard\.parquet has changed since it was published",
    ):
        verify_manifest(store.folder / "experiments" / "cells")


def test_no_run_and_no_scores_contain_a_time(full: Store) -> None:
    full.publish_scores(FIRST, "october", write_predictions(0.25), {"rows": 1})
    manifests = [
        *full.folder.glob("runs/*/manifest.json"),
        *full.folder.glob("manifests/**/*.json"),
    ]
    assert len(manifests) == 4
    for path in manifests:
        assert not {"time", "since", "created"} & json.loads(path.read_text()).keys()
