"""The gate's rule over many weeks, and the promises of the split: no row changes sides, no cluster is cut."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logit_flows.config.model import ConfigError
from logit_flows.config.reading import LATER, read_config
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.training import train
from logit_flows.steps.gate import Comparison, decide
from logit_flows.steps.split import SPLIT_SALT, Split, hashed, split_rows, test_mask
from logit_flows.store.layout import Busy

from logit_engine.diagnostics.metric_intervals import difference_interval
from logit_engine.errors import DataError

ROOT = Path(__file__).parents[3]
MARGIN = 0.001
hold_out = test_mask  # by another name, or pytest would collect it
hold_out.__test__ = False  # type: ignore[attr-defined]


def comparison(differences: np.ndarray) -> Comparison:
    """What the gate sees of paired differences of log-loss."""
    found = difference_interval(differences)
    return Comparison(differences.size, None, found.mean, found.lower, found.upper, 0.95)


def weeks(excess: float, count: int, seed: int) -> tuple[list[float], int]:
    """The champion's true loss over the anchor's after each of many gates, and how many challengers were promoted.

    Every challenger's true loss is the champion's plus `excess`; a week shows 20,000 rows of noisy paired differences.
    """
    rng = np.random.default_rng(seed)
    champion, path, promoted = 0.0, [], 0
    for _ in range(count):
        challenger = champion + excess
        noise = rng.normal(0.0, 0.02, (2, 20_000))
        versus_champion = comparison(challenger - champion + noise[0])
        versus_anchor = comparison(challenger + noise[1])
        if decide(MARGIN, versus_champion, versus_anchor).promote:
            champion, promoted = challenger, promoted + 1
        path.append(champion)
    return path, promoted


def test_a_thousand_gates_between_equal_models_never_lose_more_than_twice_the_margin() -> None:
    path, promoted = weeks(0.0, 1000, seed=1)
    assert max(path) <= 2 * MARGIN
    assert promoted > 900


def test_losses_too_small_for_one_gate_do_not_add_up_over_a_thousand() -> None:
    # Each week's interval errs one time in forty, so a slide stops within its half-width of twice the margin; a gate
    # against the last champion alone would have let each of the 1,000 small losses through, 0.3 in all.
    half_width = 1.96 * 0.02 / np.sqrt(20_000)
    path, promoted = weeks(0.3 * MARGIN, 1000, seed=2)
    assert promoted >= 3
    assert max(path) <= 2 * MARGIN + half_width


def test_the_gate_rules_out_losses_and_says_what_it_saw() -> None:
    fine = Comparison(100, 9, -0.01, -0.02, 0.0005, 0.95)
    worse = Comparison(100, 9, 0.01, 0.002, 0.018, 0.95)
    assert decide(MARGIN, fine, None).promote
    kept = decide(MARGIN, worse, None)
    assert (kept.promote, "the challenger's log-loss is 0.01000 higher than the champion's" in kept.sentence) == (
        False,
        True,
    )
    assert "against the anchor is not ruled out" in decide(MARGIN, fine, worse).sentence
    assert decide(MARGIN, fine, fine, ("skill is 0.0100, but at least 0.05 is required",)).promote is False


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=60, unique=True), st.randoms())
def test_a_hash_never_moves_a_row_however_data_grow_or_are_ordered(ids: list[int], random: Any) -> None:
    rule = Split("hash", "id", threshold=0.3)
    full = dict(zip(ids, hold_out(rule, pl.DataFrame({"id": ids})), strict=True))
    fewer = random.sample(ids, random.randint(1, len(ids)))
    assert hold_out(rule, pl.DataFrame({"id": fewer})).tolist() == [full[i] for i in fewer]


@given(st.lists(st.text(max_size=30).filter(lambda t: "\0" not in t), min_size=1, max_size=40, unique=True))
def test_a_text_hash_is_the_texts_alone(texts: list[str]) -> None:
    together = hashed(pl.Series("t", texts), SPLIT_SALT)
    apart = [hashed(pl.Series("t", [text]), SPLIT_SALT)[0] for text in texts]
    assert together.tolist() == apart


def test_hashes_are_uniform_and_the_same_forever() -> None:
    values = hashed(pl.Series("i", range(100_000)), SPLIT_SALT)
    assert abs(np.histogram(values, 20, (0, 1))[0] - 5000).max() < 350
    assert hashed(pl.Series("i", [0, 1, -7]), SPLIT_SALT).tolist() == KNOWN_INTEGERS
    assert hashed(pl.Series("t", ["", "a", "2013-01-01-UA1545-EWR"]), SPLIT_SALT).tolist() == KNOWN_TEXTS


KNOWN_INTEGERS = [0.010580436828307005, 0.2743961374374496, 0.8825201282794272]
KNOWN_TEXTS = [0.012473804068007466, 0.5706292642308227, 0.15594417460393728]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """400 rows of 40 clusters over 40 days, with an outcome that follows x, and a config beside them."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal(400)
    frame = pl.DataFrame(
        {
            "id": np.arange(400),
            "group": np.arange(400) // 10,
            "day": np.arange(400) // 10,
            "x": x,
            "z": rng.standard_normal(400),
            "y": (rng.random(400) < 1 / (1 + np.exp(-2 * x))).astype(int),
        }
    )
    frame.write_parquet(tmp_path / "table.parquet")
    (tmp_path / "config.yaml").write_text(
        "name: t\ndata: {source: table.parquet, target: {column: y, positive: 1}, id: id, time: day}\n"
        "features: {numeric: [x, z]}\nsplit: {method: random, test_size: 0.4}\n"
    )
    return tmp_path / "config.yaml"


@pytest.mark.parametrize(
    "overrides",
    [
        ["data.cluster=group", "split.method=random"],
        ["data.cluster=group", "split.method=time"],
        ["data.cluster=group", "split={method: group, column: group}"],
    ],
)
def test_a_cluster_is_never_cut(table: Path, overrides: list[str]) -> None:
    from logit_flows.steps.load import load

    config = read_config(table, overrides)
    dataset = load(config)
    rule = Split.from_content(split_rows(config, dataset).to_content())
    frame = dataset.scan().collect()
    sides = frame.with_columns(pl.Series("side", hold_out(rule, frame)))
    assert sides.group_by("group").agg(pl.col("side").n_unique())["side"].max() == 1
    assert 0.2 < sides["side"].mean() < 0.6


def test_a_stratified_split_cuts_each_class_in_the_same_share(table: Path) -> None:
    from logit_flows.steps.load import load

    config = read_config(table, ["split={method: stratified, test_size: 0.25}"])
    dataset = load(config)
    frame = dataset.scan().collect()
    mask = hold_out(split_rows(config, dataset), frame)
    for label in (0, 1):
        own = (frame["y"] == label).to_numpy()
        assert abs(mask[own].sum() - 0.25 * own.sum()) <= 1.0


def test_a_split_with_an_empty_side_is_refused(table: Path) -> None:
    from logit_flows.steps.load import load

    config = read_config(table, ["split={method: column, column: group, test: [99]}"])
    with pytest.raises(DataError, match=r"the split leaves no test rows"):
        split_rows(config, load(config))


def test_a_worse_challenger_is_kept_out_and_unchanged_data_are_said(table: Path) -> None:
    first = retrain(read_config(table))
    assert first.decision.promote
    again = retrain(read_config(table))
    assert "neither the data nor the config has changed" in again.decision.sentence
    worse = retrain(read_config(table, ["features.numeric=[z]"]))
    assert not worse.decision.promote
    assert worse.champion == first.trained.run
    assert "higher than the champion's" in worse.decision.sentence


def test_models_without_a_held_out_row_are_never_compared(table: Path) -> None:
    train(read_config(table, ["split={method: none}"]))
    outcome = retrain(read_config(table))
    assert not outcome.decision.promote
    assert "no row is provably unseen by both models" in outcome.decision.sentence


def test_a_second_retrain_at_once_is_told_so(table: Path) -> None:
    from logit_flows.steps.identity import open_store

    config = read_config(table)
    with open_store(config).lock("retrain"), pytest.raises(Busy, match=r"is in use by .*retrain"):
        retrain(config)


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


@pytest.mark.parametrize("key", LATER)
def test_what_comes_later_is_refused_by_its_sentence(table: Path, key: str) -> None:
    dotted, _, value = key.partition("=")
    override = f"{dotted}=[{value}]" if dotted == "score.output" else f"{dotted}={value or 'x'}"
    with pytest.raises(ConfigError) as caught:
        read_config(table, [override])
    assert f"--set {override}: {dotted}: {LATER[key]}." in caught.value.problems


def test_every_problem_is_told_at_once(table: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(table, ["model.lnik=logit", "normalize=standrad", "split.test_size=2"])
    assert len(caught.value.problems) == 3


def test_yaml_1_2_is_spoken(table: Path) -> None:
    config = read_config(table, ["data.target.positive=NO", "gate.margin=1e-8"])
    assert (config.data.target.positive, config.gate.margin) == ("NO", 1e-8)


def test_a_path_may_refer_to_the_environment(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = read_config(table, ["store='${env:LOGIT_TEST_STORE}/s'"])
    monkeypatch.setenv("LOGIT_TEST_STORE", str(table.parent))
    assert config.resolve(config.store) == table.parent / "s"
    assert "${env:LOGIT_TEST_STORE}" in config.content()["store"]
