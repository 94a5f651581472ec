"""What remains of a config names no longer what is gone, and what needs it is gone too."""

from typing import Any

import pytest
from logit_flows.config.checking import from_mapping
from logit_flows.config.model import Config
from logit_flows.config.remainder import without_columns, without_search, without_split

ROLES: dict[str, dict[str, Any]] = {
    "numeric": {"features": {"numeric": ["gone", "x"]}},
    "categorical": {
        "features": {
            "numeric": ["x"],
            "categorical": ["gone", "g"],
            "reference": {"gone": "a", "g": "b"},
            "recode": {"gone": {"c": ["a", "b"]}},
        },
        "model": {"penalty": {"type": "l2", "strength": 0.1, "smooth": ["gone"]}},
    },
    "id": {"data": {"id": "gone"}, "split": {"by": "id"}},
    "cluster": {
        "data": {"cluster": "gone"},
        "split": {"by": "cluster"},
        "model": {"covariance": {"type": "cluster"}},
    },
    "time": {
        "data": {"time": "gone"},
        "split": {"method": "time"},
        "model": {"penalty": {"type": "l1", "strength": "cv", "fold_method": "time"}},
    },
    "split": {"split": {"method": "column", "column": "gone", "test": ["a"]}},
    "group": {"split": {"method": "group", "column": "gone"}},
}


def config_of(sections: dict[str, Any]) -> Config:
    data = {"source": "a.csv", "target": {"column": "y", "positive": 1}}
    base = {"name": "t", "data": data, "features": {"numeric": ["x"]}}
    sections = {**sections, "data": {**data, **sections.get("data", {})}}
    return from_mapping({**base, **sections}, ".")


@pytest.mark.parametrize("role", ROLES)
def test_a_column_that_is_gone_is_named_nowhere_and_the_rest_is_a_config(role: str) -> None:
    left = without_columns(config_of(ROLES[role]), ["gone"])
    assert "gone" not in str(left.content())
    assert from_mapping(left.content(), ".").features.numeric == ["x"]


@pytest.mark.parametrize("role", ROLES)
def test_a_column_of_no_role_changes_nothing(role: str) -> None:
    config = config_of(ROLES[role])
    assert without_columns(config, ["other"]) == config


def test_the_target_keeps_its_role() -> None:
    assert without_columns(config_of({}), ["y"]) == config_of({})


@pytest.mark.parametrize("role", ["id", "cluster", "time", "split", "group"])
def test_a_split_goes_with_the_column_that_it_reads(role: str) -> None:
    assert without_columns(config_of(ROLES[role]), ["gone"]).split.method == "none"


@pytest.mark.parametrize(("by", "method"), [("row", "none"), ("id", "random")])
def test_a_split_by_row_goes_with_each_feature(by: str, method: str) -> None:
    config = config_of(
        {
            "data": {"id": "key"},
            "split": {"by": by},
            "features": {"numeric": ["gone", "x"]},
            "model": {"penalty": {"type": "l1", "strength": "cv"}},
        }
    )
    left = without_columns(config, ["gone"])
    assert left.split.method == method
    assert (left.model.penalty.strength == "cv") == (by == "id")


def test_a_split_and_a_search_that_cannot_be_made_have_a_stand_in() -> None:
    config = config_of({"model": {"penalty": {"type": "l1", "strength": "cv"}}})
    assert without_split(config).split.method == "none"
    assert isinstance(without_search(config).model.penalty.strength, float)
    assert without_search(without_search(config)) == without_search(config)
