"""Keys that contradict each other are refused in a sentence that says what to do."""

import re
from pathlib import Path

import pytest
from logit_flows.config.reading import read_config

from tests.support.configs import BASE, Problems

CONTRADICTIONS = {
    "features: {numeric: []}": (
        "features: no feature is listed; name columns under numeric or categorical."
    ),
    "features: {numeric: [x, x]}": "features: the column 'x' is listed twice; list it once.",
    "features: {numeric: [x], categorical: [y]}": (
        "features: the column 'y' is data.target, so it cannot be a feature."
    ),
    "features: {numeric: [key]}": (
        "features: the column 'key' is data.id, so it cannot be a feature."
    ),
    "features: {numeric: [x], reference: {c: a}}": (
        "features.reference: 'c' is not one of features.categorical."
    ),
    "features: {numeric: [x], recode: {c: {A: [a]}}}": (
        "features.recode: 'c' is not one of features.categorical."
    ),
    "features: {categorical: [c], recode: {c: {A: [a, 1], 2: ['1']}}}": (
        "features.recode: the value '1' of 'c' is listed twice, under 'A' and under '2'; list it "
        "once."
    ),
    "features: {numeric: [x], impute: {numeric: {strategy: constant}}}": (
        "features.impute.numeric: strategy constant goes with a value; write features: {impute: "
        "{numeric: {value: 0}}}."
    ),
    "features: {numeric: [x], impute: {numeric: {add_indicator: true}}}": (
        "features.impute.numeric.add_indicator: an indicator needs something to stand in for the "
        "missing value; write features: {impute: {numeric: {strategy: mean}}}."
    ),
    "split: {method: time}": (
        "split.method: a time split needs data.time, the column that orders the rows."
    ),
    "split: {method: column, test: [a]}": "split: method column needs split.column.",
    "split: {method: column, column: c}": (
        "split: method column needs split.test, the values that test."
    ),
    "split: {test: [a]}": "split.test: it goes with method column; leave it out.",
    "split: {column: c}": "split.column: it goes with group or column; leave it out.",
    "data: {test: b.csv}": (
        "data.test: a test file goes without a split; write split: {method: none}."
    ),
    "split: {by: cluster}": "split.by: by: cluster needs data.cluster.",
    "split: {by: row, method: group, column: c}": (
        "split.by: method group keeps the groups of split.column together; leave it out."
    ),
    "model: {covariance: {type: cluster}}": (
        "model.covariance.type: a clustered covariance needs data.cluster; without clusters write "
        "model: {covariance: {type: HC1}}."
    ),
    "model: {penalty: {type: l2}}": (
        "model.penalty: a type goes with a strength; write model: {penalty: {strength: cv}}."
    ),
    "model: {penalty: {strength: 1}}": (
        "model.penalty: a strength goes with a type; write model: {penalty: {type: l2}}."
    ),
    "model: {penalty: {type: elastic_net, strength: 1}}": (
        "model.penalty.l1_ratio: type elastic_net goes with an l1_ratio; write "
        "model: {penalty: {l1_ratio: 0.5}}."
    ),
    "model: {penalty: {type: l1, strength: 1, l1_ratio: 0.5}}": (
        "model.penalty.l1_ratio: an l1_ratio goes with type elastic_net; leave it out, or write "
        "model: {penalty: {type: elastic_net}}."
    ),
    "features: {numeric: [x], impute: {numeric: {strategy: mean, value: 1}}}": (
        "features.impute.numeric: a value goes with strategy constant; write "
        "features: {impute: {numeric: {strategy: constant}}}."
    ),
}


@pytest.mark.parametrize("setting", CONTRADICTIONS)
def test_keys_that_contradict_each_other_are_refused(problems: Problems, setting: str) -> None:
    key, _, value = setting.partition(": ")
    (found,) = problems(BASE, f"{key}={value}")
    assert found.endswith(": " + CONTRADICTIONS[setting])


@pytest.mark.parametrize(
    "setting", [key for key in CONTRADICTIONS if "write" in CONTRADICTIONS[key]]
)
def test_the_line_that_a_sentence_tells_to_write_works(tmp_path: Path, setting: str) -> None:
    key, _, value = setting.partition(": ")
    advice = re.search(r"write (\w+): (.*)\.$", CONTRADICTIONS[setting])
    (tmp_path / "c.yaml").write_text(BASE)
    lines = [f"{key}={value}", f"{advice[1]}={advice[2]}"]
    assert read_config(tmp_path / "c.yaml", lines).name == "demo"


def test_a_stratified_split_by_cluster_is_refused(problems: Problems) -> None:
    assert problems(BASE, "data.cluster=g", "split.method=stratified") == [
        "--set split.method=stratified: split.method: a stratified split would cut clusters in "
        "two; write split: {method: random}."
    ]


def test_a_split_by_an_id_that_is_not_named_is_refused(problems: Problems) -> None:
    assert problems(BASE, "data.id=null", "split.by=id") == [
        "--set split.by=id: split.by: by: id needs data.id."
    ]


@pytest.mark.parametrize("by", ["id", "row"])
def test_a_split_that_would_cut_clusters_is_refused(problems: Problems, by: str) -> None:
    assert problems(BASE, "data.cluster=g", f"split.by={by}") == [
        f"--set split.by={by}: split.by: by: {by} would cut clusters in two; leave it out, or drop "
        "data.cluster."
    ]


def test_stratified_folds_that_would_cut_groups_are_refused(problems: Problems) -> None:
    folds = "model.penalty={type: l2, strength: cv, fold_method: stratified}"
    (found,) = problems(BASE, "split={method: group, column: g}", folds)
    assert found.endswith(
        "model.penalty.fold_method: stratified folds would cut groups in two; write "
        "model: {penalty: {fold_method: random}}."
    )


@pytest.mark.parametrize("method", ["random", "stratified"])
def test_splits_and_folds_need_no_id(tmp_path: Path, method: str) -> None:
    (tmp_path / "c.yaml").write_text(BASE)
    penalty = "model.penalty={type: l2, strength: cv}"
    config = read_config(tmp_path / "c.yaml", ["data.id=null", f"split.method={method}", penalty])
    assert config.split_key == "row"


@pytest.mark.parametrize(
    "setting", ["rule: one_standard_error", "folds: 7", "fold_method: stratified"]
)
def test_what_is_for_a_strength_that_is_chosen_goes_with_cv(
    problems: Problems, setting: str
) -> None:
    (found,) = problems(BASE + f"model: {{penalty: {{type: l2, strength: 0.1, {setting}}}}}\n")
    assert found.endswith(
        f"model.penalty.{setting.partition(':')[0]}: it goes with strength: cv; leave it "
        "out, or write model: {penalty: {type: l2, strength: cv}}."
    )
