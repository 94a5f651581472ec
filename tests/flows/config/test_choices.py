"""The names of the config are the names of the engine's tables."""

from typing import Any

import pytest
from logit_flows.config.reading import json_schema

from logit_engine.design.spec import Impute, Normalize, Unknown
from logit_engine.diagnostics.metrics import METRICS
from logit_engine.inference.covariance import Kind
from logit_engine.links import LINKS
from logit_engine.penalties import PENALTIES

NUMBERS = [Impute.ERROR, Impute.MEAN, Impute.MEDIAN, Impute.CONSTANT]
TABLES = {
    ("ModelRule", "link"): LINKS,
    ("Penalty", "type"): PENALTIES,
    ("CovarianceRule", "type"): [kind.value for kind in Kind],
    ("Config", "normalize"): Normalize,
    ("Features", "handle_unknown"): Unknown,
    ("ImputeNumeric", "strategy"): NUMBERS,
    ("ImputeCategorical", "strategy"): [Impute.ERROR, Impute.LEVEL],
}


def names_of(section: str, key: str) -> list[Any]:
    schema = json_schema()
    properties = (schema if section == "Config" else schema["$defs"][section])["properties"]
    return list(properties[key]["enum"])


@pytest.mark.parametrize(("section", "key"), TABLES)
def test_a_key_takes_the_names_of_the_engines_table(section: str, key: str) -> None:
    assert names_of(section, key) == [str(name) for name in TABLES[section, key]]


def test_every_metric_of_the_engine_but_the_base_rate_can_be_required() -> None:
    names = json_schema()["$defs"]["Gate"]["properties"]["require"]["propertyNames"]["enum"]
    assert set(METRICS) - {"base_rate"} == set(names) - {
        "calibration_slope",
        "calibration_intercept",
    }
