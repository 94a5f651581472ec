"""Configs that are refused: every problem at once, by file, line and key."""

from pathlib import Path

import pytest
from logit_flows.config.explanations import REFUSED_KEYS
from logit_flows.config.problems import ConfigError
from logit_flows.config.reading import read_config

CONFIG_ERRORS = {
    "name: t\ndata: {sorce: a.csv, target: {column: y, positive: 1}}\nfeatures: {numeric: [x]}\n": [
        "c.yaml:2: data.source: this key is required.",
        "c.yaml:2: data.sorce: unknown key (did you mean 'source'?).",
    ],
    "name: t\nname: u\n": ['c.yaml:2: found duplicate key "name".'],
    "": ["c.yaml:1: expected keys with values, found nothing."],
    "- a\n": ["c.yaml:1: expected keys with values, found ['a']."],
    "name: [\n": None,
}


@pytest.mark.parametrize("text", CONFIG_ERRORS)
def test_a_wrong_config_is_told_by_file_line_and_key(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config(tmp_path / "c.yaml")
    expected = CONFIG_ERRORS[text]
    found = [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems]
    assert found == expected if expected else found[0].startswith("c.yaml:")


@pytest.mark.parametrize("key", REFUSED_KEYS)
def test_what_comes_later_is_refused_by_its_sentence(dated_config: Path, key: str) -> None:
    dotted, _, value = key.partition("=")
    override = f"{dotted}=[{value}]" if dotted == "score.output" else f"{dotted}={value or 'x'}"
    with pytest.raises(ConfigError) as caught:
        read_config(dated_config, [override])
    assert f"--set {override}: {dotted}: {REFUSED_KEYS[key]}." in caught.value.problems


def test_every_problem_is_told_at_once(dated_config: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(dated_config, ["model.lnik=logit", "normalize=standrad", "split.test_size=2"])
    assert len(caught.value.problems) == 3


def test_yaml_1_2_is_spoken(dated_config: Path) -> None:
    config = read_config(dated_config, ["data.target.positive=NO", "gate.margin=1e-8"])
    assert (config.data.target.positive, config.gate.margin) == ("NO", 1e-8)


def test_a_path_may_refer_to_the_environment(
    dated_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = read_config(dated_config, ["store='${env:LOGIT_TEST_STORE}/s'"])
    monkeypatch.setenv("LOGIT_TEST_STORE", str(dated_config.parent))
    assert config.resolve(config.store) == dated_config.parent / "s"
    assert "${env:LOGIT_TEST_STORE}" in config.content()["store"]
