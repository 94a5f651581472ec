"""A contract that is damaged or of another version is told, and learnt anew on request."""

from pathlib import Path
from typing import Any

import pytest
from logit_flows import check, train
from logit_flows.steps.opening import open_store

from logit_engine.errors import LogitEngineError
from logit_engine.storage.publish import sealed
from tests.support.pipeline import Make

COLUMN = {"name": "y", "roles": ["target"], "type": "text"}
DAMAGED = {
    "empty": "",
    "cut": '{"columns": [',
    "not sealed": "{}",
    "of unknown types": sealed({"columns": [{**COLUMN, "type": "complex"}], "dialect": None}),
    "of other keys": sealed({"fields": [COLUMN]}),
    "of another shape": sealed({"columns": "y", "dialect": None, "row": []}),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_contract_that_cannot_be_read_is_told_and_made_anew(make: Make, text: str) -> None:
    config = make()
    trained = train(config)
    path = Path(open_store(config).folder, "contract.json")
    before = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    verbs: tuple[Any, ...] = (check, train)
    for verb in verbs:
        with pytest.raises(
            LogitEngineError, match=r"contract\.json is .*; train with --relearn makes"
        ):
            verb(config)
    again = train(config, relearn=True)
    assert (again.run, again.reused) == (trained.run, True)
    assert path.read_text(encoding="utf-8") == before
    assert check(config).published
