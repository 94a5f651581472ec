"""An empty store and one with three runs."""

from pathlib import Path

import pytest
from logit_flows.store.layout import Store

from tests.support.store import FIRST, SECOND, THIRD, write_run


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", "flights")


@pytest.fixture
def full(store: Store) -> Store:
    """Three published runs, attempted in the order second, first; the third without an attempt
    on record.
    """
    for run in (FIRST, SECOND, THIRD):
        store.publish_run(run, write_run, {"seed": 13})
    for run in (SECOND, FIRST, SECOND):
        store.append_attempt({"run": run, "outcome": "published"})
    return store
