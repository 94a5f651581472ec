"""Remedies: every reason of the engine has a key of the config, and YAML that a config takes."""

import pickle
from pathlib import Path
from typing import Any

import pytest
from logit_flows.config.reading import line_naming, line_of
from logit_flows.config.remedies import (
    REMEDIES,
    CurableError,
    Remedy,
    remedies_of,
    remedy_of,
    with_key,
)
from ruamel.yaml import YAML

from logit_engine.errors import DataError, Reason, UsageError, joint_error
from tests.support.awkward_names import AWKWARD_NAMES


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_a_key_that_its_yaml_sets(reason: Reason) -> None:
    remedy = REMEDIES[reason]
    section: Any = YAML(typ="safe").load(remedy.yaml)
    for part in remedy.key.split("."):
        section = section[part]
    assert section is not None


def test_a_record_names_the_key_before_the_sentence() -> None:
    assert with_key(DataError("no.", reason=Reason.NO_CLUSTERS)) == "data.cluster: no."
    assert with_key(DataError("no.")) == "no."
    assert remedy_of(ValueError("no.")) is None


def test_errors_found_together_have_a_remedy_each() -> None:
    missing = DataError("one.", reason=Reason.MISSING_NUMBERS, names={"column": "x"})
    other = DataError("two.", reason=Reason.MISSING_NUMBERS, names={"column": "z"})
    error = joint_error(
        [missing, DataError("no."), DataError("in.", reason=Reason.NO_CLUSTERS), other]
    )
    assert remedy_of(error) is None
    assert [remedy.key for remedy in remedies_of(error)] == [
        "features.impute.numeric",
        "data.cluster",
    ]
    assert with_key(error).split("\n") == [
        "features.impute.numeric: one.",
        "no.",
        "data.cluster: in.",
        "features.impute.numeric: two.",
    ]


@pytest.mark.parametrize(
    "column", ["carrier", "count", "a b", "a: b", "3", "true", "", "ä", "COLUMN"]
)
@pytest.mark.parametrize("level", ["UA", "007", "1.0", "null", "[0-10)", "a 'b' \"c\"", "LEVEL "])
def test_a_known_column_and_level_stand_in_the_yaml_as_they_are(column: str, level: str) -> None:
    names = {"column": column, "level": level}
    remedy = remedy_of(UsageError("no.", reason=Reason.UNKNOWN_REFERENCE, names=names))
    assert remedy is not None
    pasted = YAML(typ="safe").load(remedy.yaml)
    assert pasted == {"features": {"reference": {column: level}}}


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_every_name_stands_in_the_yaml_as_it_is(name: str) -> None:
    remedy = remedy_of(DataError("no.", reason=Reason.NOT_NUMERIC, names={"column": name}))
    assert remedy is not None
    assert YAML(typ="safe").load(remedy.yaml) == {"features": {"categorical": [name]}}


def test_a_name_that_is_not_known_is_left_in_capitals() -> None:
    remedy = remedy_of(DataError("no.", reason=Reason.NO_CLUSTERS))
    assert remedy is not None
    assert remedy.yaml == "data: {cluster: COLUMN}"


def test_the_line_is_that_of_the_deepest_part_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "name: a\nfeatures:\n  numeric: [x]\n  impute:\n    numeric: {strategy: error}\n"
    )
    assert line_of(file, "features.impute.numeric") == 5
    assert line_of(file, "features.handle_unknown") == 2
    assert line_of(file, "model.penalty") is None
    assert line_of(tmp_path / "none.yaml", "features") is None


def test_the_line_that_names_a_column_is_found_in_lists_values_and_keys(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "name: x\ndata:\n  target: {column: y}\n  id: key\nfeatures:\n  numeric:\n    - a\n"
        "    - x\n  reference: {job: admin}\n"
    )
    wanted = {"y": 3, "key": 4, "a": 7, "x": 8, "job": 9, "name": None}
    assert {name: line_naming(file, name) for name in wanted} == wanted
    assert line_naming(tmp_path / "none.yaml", "x") is None


def test_an_error_of_the_pipeline_knows_its_own_remedy() -> None:
    remedy = Remedy("data.missing_target", "data: {missing_target: drop}")
    error = pickle.loads(pickle.dumps(CurableError("no.", remedy, names={"column": "y"})))
    assert (remedy_of(error), error.names) == (remedy, {"column": "y"})
    assert with_key(joint_error([error, DataError("in.")])) == "data.missing_target: no.\nin."
