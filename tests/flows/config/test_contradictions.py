"""Keys that contradict each other are refused in a sentence that says what to do."""

from pathlib import Path

import pytest
from logit_flows.config.reading import read_config

from tests.support.configs import BASE, Problems

CONTRADICTIONS = {
    "features: {numeric: []}": (
        "features: no feature is listed; name columns under numeric or categorical."
    ),
    "features: {numeric: [x, x]}": "features: the column 'x' is listed twice.",
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
        "features.impute.numeric: strategy constant goes with a value, and a value with strategy "
        "constant."
    ),
    "features: {numeric: [x], impute: {numeric: {add_indicator: true}}}": (
        "features.impute.numeric.add_indicator: an indicator needs something to stand in for the "
        "missing value; set strategy."
    ),
    "split: {method: time}": "split.method: a time split needs data.time.",
    "split: {method: column, test: [a]}": "split: method column needs split.column.",
    "split: {method: column, column: c}": (
        "split: method column needs split.test, the values that test."
    ),
    "split: {test: [a]}": "split.test: it goes with method column.",
    "split: {column: c}": "split.column: it goes with group or column.",
    "data: {test: b.csv}": "data.test: a test file goes with split: {method: none}.",
    "split: {by: cluster}": "split.by: by: cluster needs data.cluster.",
    "split: {by: row, method: group, column: c}": (
        "split.by: method group keeps the groups of split.column together; leave it out."
    ),
    "model: {covariance: {type: cluster}}": (
        "model.covariance.type: a clustered covariance needs data.cluster."
    ),
    "model: {penalty: {type: l2}}": (
        "model.penalty: a type goes with a strength, and a strength with a type."
    ),
    "model: {penalty: {strength: 1}}": (
        "model.penalty: a type goes with a strength, and a strength with a type."
    ),
}


@pytest.mark.parametrize("setting", CONTRADICTIONS)
def test_keys_that_contradict_each_other_are_refused(problems: Problems, setting: str) -> None:
    key, _, value = setting.partition(": ")
    (found,) = problems(BASE, f"{key}={value}")
    assert found.endswith(": " + CONTRADICTIONS[setting])


def test_a_stratified_split_by_cluster_is_refused(problems: Problems) -> None:
    assert problems(BASE, "data.cluster=g", "split.method=stratified") == [
        "--set split.method=stratified: split.method: a stratified split would cut clusters in "
        "two; use random, group or time."
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
        "model.penalty.fold_method: stratified folds would cut groups in two; use random or time."
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
    assert found.endswith(f"model.penalty.{setting.partition(':')[0]}: it goes with strength: cv.")
