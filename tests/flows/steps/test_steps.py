"""The steps and recipes as plain functions: what each refuses and in which words, and what it promises of its output."""

import math
import shutil
import warnings
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logit_flows.config.model import Config, ConfigError, from_mapping
from logit_flows.recipes.experimenting import experiment
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.running import Direct
from logit_flows.recipes.scoring import score
from logit_flows.recipes.training import stored_run, train
from logit_flows.steps import split as splits
from logit_flows.steps.evaluate import Evaluation, Measured
from logit_flows.steps.fit import fit_model
from logit_flows.steps.gate import Comparison, compare, decide, unmet_requirements
from logit_flows.steps.identity import open_store
from logit_flows.steps.learn import learn_design
from logit_flows.steps.load import Dataset, load
from logit_flows.steps.rows import outcomes, read_rows
from logit_flows.steps.score import load_model
from logit_flows.steps.split import SPLIT_SALT, Split, hashed, split_rows
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression

from logit_engine.columns import dense_array
from logit_engine.errors import ArtifactError, DataError, UsageError
from logit_engine.links import LINKS


def table(rows: int = 600, seed: int = 5, first: int = 0) -> pl.DataFrame:
    """Rows in clusters of ten over days, with an outcome that follows x and a little of city."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(rows)
    city = rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])
    eta = 1.5 * x - 0.5 + 0.8 * (city == "b")
    index = np.arange(first, first + rows)
    return pl.DataFrame(
        {
            "key": index,
            "group": [f"g{i // 10}" for i in index],
            "day": [date(2024, 1, 1) + timedelta(days=int(i) // 30) for i in index],
            "part": np.where(index % 4 == 0, "late", "early"),
            "x": x,
            "z": rng.standard_normal(rows),
            "city": city,
            "y": rng.random(rows) < 1.0 / (1.0 + np.exp(-eta)),
        }
    )


Make = Callable[..., Config]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A config over a written table, with dotted overrides; `data` is a frame or the text of a CSV file."""

    def config(data: pl.DataFrame | str | None = None, store: str = "store", **overrides: Any) -> Config:
        source = "table.csv" if isinstance(data, str) else "table.parquet"
        if isinstance(data, str):
            (tmp_path / source).write_text(data)
        elif data is not None or not (tmp_path / source).exists():
            (table() if data is None else data).write_parquet(tmp_path / source)
        content: dict[str, Any] = {
            "name": "t",
            "data": {"source": source, "target": {"column": "y", "positive": True}, "id": "key"},
            "features": {"numeric": ["x", "z"], "categorical": ["city"]},
            "split": {"method": "random", "test_size": 0.3},
            "store": store,
        }
        return from_mapping(content, tmp_path).with_overrides({k.replace("__", "."): v for k, v in overrides.items()})

    return config


def refusal(config: Config) -> list[str]:
    """The problems that loading finds, one a line, without the folder."""
    with pytest.raises(DataError) as caught:
        load(config)
    return str(caught.value).replace(f"{config.folder}/", "").replace(str(config.folder), "here").split("\n")


# Load ----------------------------------------------------------------------------------------------------------------

CSV = "key,x,z,city,y\n1,0.5,1,a,true\n2,0.1,2,b,false\n"


def test_missing_columns_are_all_told_with_the_nearest_there_is(make: Make) -> None:
    config = make(CSV.replace("city", "citty").replace("z", "speed"))
    assert refusal(config) == [
        "column 'z' is not in the data; there are key, x, speed, citty, y.",
        "column 'city' is not in the data; did you mean 'citty'?",
    ]


def test_numbers_that_turn_to_text_late_are_told_by_value_and_row(make: Make) -> None:
    rows = "".join(f"{i},{i / 7},1,a,{'true' if i % 3 else 'false'}\n" for i in range(5000))
    assert refusal(make("key,x,z,city,y\n" + rows + "5000,n/a,1,a,true\n")) == [
        "column 'x' should hold numbers but holds text ('n/a' first, in data row 5,001); repair the data, or list it "
        "under features.categorical."
    ]


def test_a_categorical_that_holds_decimals_is_refused(make: Make) -> None:
    assert refusal(make(table().with_columns(city=pl.col("x")))) == [
        "column 'city' holds Float64 values, but a categorical holds text, integers or booleans; list it under "
        "features.numeric, or convert it."
    ]


def test_a_header_with_a_name_twice_is_refused(make: Make) -> None:
    assert refusal(make(CSV.replace("key,x,z", "key,x,x"))) == [
        "table.csv has the column 'x' more than once in its header; rename one of them."
    ]


def test_repeated_and_missing_ids_are_counted(make: Make) -> None:
    frame = table()
    assert refusal(make(frame.with_columns(key=pl.col("key") // 2))) == [
        "column 'key' (data.id) is not unique: 300 of 600 rows repeat an id."
    ]
    assert refusal(make(frame.with_columns(key=pl.when(pl.col("key") > 6).then("key")))) == [
        "column 'key' is missing in 7 of 600 rows; fill or drop them."
    ]


@pytest.mark.parametrize("role", ["data__cluster", "data__time"])
def test_a_role_missing_in_some_rows_is_counted(make: Make, role: str) -> None:
    frame = table().with_columns(day=pl.when(pl.col("key") > 3).then("day"))
    assert refusal(make(frame, **{role: "day"})) == ["column 'day' is missing in 4 of 600 rows; fill or drop them."]


def test_a_group_missing_in_some_rows_is_counted(make: Make) -> None:
    frame = table().with_columns(group=pl.when(pl.col("key") > 3).then("group"))
    config = make(frame, split={"method": "group", "column": "group", "test_size": 0.3})
    assert refusal(config) == ["column 'group' is missing in 4 of 600 rows; fill or drop them."]


def test_a_file_without_bytes_or_without_rows_is_refused(make: Make) -> None:
    assert refusal(make("")) == ["table.csv is empty; there is nothing to read."]
    assert refusal(make("key,x,z,city,y\n"))[0].startswith(("table.csv: no rows;", "column 'x' should hold numbers"))
    assert refusal(make(table().clear())) == ["table.parquet: no rows; there is nothing to learn from."]


def test_a_source_that_matches_nothing_is_refused(make: Make) -> None:
    assert refusal(make(data__source="other/*.parquet")) == [
        "no data file matches 'other/*.parquet' (looked in here); check data.source."
    ]


def test_files_of_two_kinds_or_of_another_are_refused(make: Make, tmp_path: Path) -> None:
    config = make(CSV, data__source=["table.csv", "table.parquet"])
    table().write_parquet(tmp_path / "table.parquet")
    assert refusal(config) == ["data files must be all .parquet or all .csv; found .csv, .parquet."]


def test_a_damaged_file_is_refused_by_its_name(make: Make, tmp_path: Path) -> None:
    config = make()
    (tmp_path / "table.parquet").write_bytes(b"not parquet at all")
    assert refusal(config)[0].startswith("table.parquet cannot be read as parquet: ")


TARGETS: dict[str, tuple[list[Any], Any, str]] = {
    "one class": ([True, True, True], True, "the target 'y' is True in all rows; a model needs both classes."),
    "three values": (
        ["a", "b", "c"],
        "a",
        "the target 'y' has more than two values ('a', 'b', 'c', ...); a binary tar",
    ),
    "no such positive": (
        ["no", "yes", "no"],
        "Yes",
        "the target 'y' is never 'Yes', the positive class; it is 'no', '",
    ),
    "a number for a boolean": (
        [True, False, True],
        1,
        "the target 'y' is never 1, the positive class; it is False, Tru",
    ),
    "a boolean for a number": ([1, 0, 1], True, "the target 'y' is never True, the positive class; it is 0, 1 (check "),
}


@pytest.mark.parametrize("case", TARGETS)
def test_a_target_that_is_not_two_classes_with_the_positive_one_is_refused(make: Make, case: str) -> None:
    values, positive, sentence = TARGETS[case]
    frame = table(3).with_columns(y=pl.Series(values))
    (problem,) = refusal(make(frame, data__target={"column": "y", "positive": positive}))
    assert problem.startswith(sentence)


def test_a_missing_target_is_refused_or_dropped_and_counted(make: Make) -> None:
    frame = table().with_columns(y=pl.when(pl.col("key") >= 20).then("y"))
    assert refusal(make(frame)) == [
        "the target 'y' is missing in 20 of 600 rows; set data.missing_target: drop to leave them out."
    ]
    config = make(data__missing_target="drop")
    dataset = load(config)
    assert (dataset.rows, dataset.dropped, dataset.classes) == (580, 20, (False, True))
    learned = learn_design(config, dataset, split_rows(config, dataset))
    assert learned.notes[0] == "20 rows without a target were left out."


def test_every_problem_of_the_rows_is_told_at_once(make: Make) -> None:
    frame = table().with_columns(key=pl.lit(1), y=pl.when(pl.col("key") > 0).then("y"))
    assert len(refusal(make(frame))) == 2


# Split ---------------------------------------------------------------------------------------------------------------


def sides(config: Config) -> pl.DataFrame:
    """The table with the side of each row, by the rule as it would be stored."""
    dataset = load(config)
    rule = Split.from_content(split_rows(config, dataset).to_content())
    frame = dataset.scan().collect()
    return frame.with_columns(pl.Series("test", splits.test_mask(rule, frame)))


@settings(max_examples=25)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=30, unique=True), st.randoms(), st.floats(0.05, 0.95))
def test_a_text_id_never_changes_its_side(ids: list[str], random: Any, share: float) -> None:
    rule = Split("hash", "id", threshold=share)
    full = dict(zip(ids, splits.test_mask(rule, pl.DataFrame({"id": ids})), strict=True))
    fewer = random.sample(ids, random.randint(1, len(ids)))
    assert splits.test_mask(rule, pl.DataFrame({"id": fewer})).tolist() == [full[i] for i in fewer]


def test_more_data_in_another_order_move_no_row(make: Make) -> None:
    before = sides(make())
    after = sides(make(pl.concat([table(300, seed=9, first=600), table()]).sample(fraction=1.0, shuffle=True, seed=1)))
    both = before.join(after, on="key", suffix="_after")
    assert both.height == 600
    assert both["test"].equals(both["test_after"], check_names=False)


def test_equal_values_of_any_type_have_equal_hashes() -> None:
    known = [0.010580436828307005, 0.2743961374374496]
    for dtype in (pl.Int8, pl.UInt16, pl.Int64, pl.UInt64):
        assert hashed(pl.Series("i", [0, 1], dtype=dtype), SPLIT_SALT).tolist() == known
    assert hashed(pl.Series("b", [False, True]), SPLIT_SALT).tolist() == known
    assert hashed(pl.Series("t", ["a"], dtype=pl.Categorical), SPLIT_SALT).tolist() == [0.5706292642308227]
    assert hashed(pl.Series("u", [2**64 - 7], dtype=pl.UInt64), SPLIT_SALT).tolist() == [0.8825201282794272]
    assert hashed(pl.Series("t", [], dtype=pl.String), SPLIT_SALT).tolist() == []


def test_what_cannot_be_hashed_is_refused() -> None:
    with pytest.raises(DataError, match="column 'f' holds Float64 values; a split hashes integers, text or dates"):
        hashed(pl.Series("f", [0.5]), SPLIT_SALT)
    for values in ([1, None], ["a", None]):
        with pytest.raises(DataError, match="column 'n' is missing in 1 rows; a split cannot hash these"):
            hashed(pl.Series("n", values), SPLIT_SALT)


@pytest.mark.parametrize("method", ["random", "time"])
def test_a_cluster_of_text_is_never_cut(make: Make, method: str) -> None:
    frame = sides(make(data__cluster="group", data__time="day", split__method=method))
    assert frame.group_by("group").agg(pl.col("test").n_unique())["test"].max() == 1
    assert 0.15 < frame["test"].mean() < 0.45


def test_a_group_split_that_cuts_clusters_is_refused(make: Make) -> None:
    config = make(data__cluster="group", split={"method": "column", "column": "part", "test": ["late"]})
    with pytest.raises(DataError, match=r"^the split by 'part' cuts 60 clusters of 'group' in two; rows that belong"):
        split_rows(config, load(config))


def test_a_time_split_tests_the_latest_share(make: Make) -> None:
    frame = sides(make(data__time="day", split={"method": "time", "test_size": 0.25}))
    assert frame["test"].mean() == 0.25
    assert frame.filter(pl.col("test"))["day"].min() > frame.filter(~pl.col("test"))["day"].max()
    late = table().with_columns(day=pl.lit(date(2024, 1, 1)))
    with pytest.raises(DataError, match="all rows have the same day; a time split needs at least two times"):
        sides(make(late, data__time="day", split__method="time"))


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_a_stratified_split_cuts_each_class_exactly(make: Make, share: float) -> None:
    frame = sides(make(split={"method": "stratified", "test_size": share}))
    for label in (True, False):
        own = frame.filter(pl.col("y") == label)["test"]
        assert own.sum() == round(share * own.len())


def test_a_column_split_tests_the_values_named(make: Make) -> None:
    frame = sides(make(split={"method": "column", "column": "part", "test": ["late"]}))
    assert frame["test"].equals(frame["part"] == "late", check_names=False)


def test_a_group_split_keeps_groups_whole(make: Make) -> None:
    frame = sides(make(split={"method": "group", "column": "group", "test_size": 0.3}))
    assert frame.group_by("group").agg(pl.col("test").n_unique())["test"].max() == 1


def test_without_a_split_all_rows_train(make: Make) -> None:
    config = make(split={"method": "none"})
    dataset, rule = load(config), Split("none")
    assert not sides(config)["test"].any()
    assert [read_rows(config, dataset, rule, side).height for side in ("train", "test", "all")] == [600, 0, 600]


def test_a_test_side_with_one_class_is_refused(make: Make) -> None:
    frame = table().with_columns(part=pl.when("y").then(pl.lit("late")).otherwise(pl.lit("early")))
    extra = pl.concat([frame, table(50, first=600).with_columns(part=pl.lit("early"), y=pl.lit(True))])
    config = make(extra, split={"method": "column", "column": "part", "test": ["late"]})
    with pytest.raises(DataError, match=r"^the \d+ test rows of the split all have the same 'y'; change the split\.$"):
        split_rows(config, load(config))


# Evaluate and publish ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("link", "threshold"), [("logit", 0.5), ("cloglog", 0.3)])
def test_the_test_metrics_are_those_of_scikit_learn(make: Make, link: str, threshold: float) -> None:
    trained = train(make(model__link=link, evaluate__threshold=threshold))
    rows = pl.read_parquet(Path(trained.folder) / "predictions.parquet")
    y, p = rows["target"].to_numpy(), rows["probability"].to_numpy()
    predicted = p >= threshold
    assert rows["predicted_class"].to_numpy().tolist() == predicted.tolist()
    expected = {
        "rows": y.size,
        "accuracy": sk.accuracy_score(y, predicted),
        "precision": sk.precision_score(y, predicted),
        "recall": sk.recall_score(y, predicted),
        "specificity": sk.recall_score(~y, ~predicted),
        "f1": sk.f1_score(y, predicted),
        "balanced_accuracy": sk.balanced_accuracy_score(y, predicted),
        "log_loss": sk.log_loss(y, p),
        "brier": sk.brier_score_loss(y, p),
        "roc_auc": sk.roc_auc_score(y, p),
        "average_precision": sk.average_precision_score(y, p),
    }
    for metric, value in expected.items():
        assert trained.evaluation.value(metric) == pytest.approx(value, rel=1e-12), metric
    assert trained.evaluation.value("rows", "train") + y.size == 600
    cells = [
        trained.evaluation.value(n) for n in ("true_negative", "false_positive", "false_negative", "true_positive")
    ]
    assert cells == sk.confusion_matrix(y, predicted).ravel().tolist()


def test_a_test_file_is_the_test_side(make: Make, tmp_path: Path) -> None:
    table(100, seed=6, first=600).write_parquet(tmp_path / "later.parquet")
    trained = train(make(data__test="later.parquet", split={"method": "none"}))
    assert (trained.evaluation.value("rows", "train"), trained.evaluation.value("rows")) == (600, 100)


def files(folder: Path) -> dict[str, bytes]:
    """The contents of a folder's files by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_run_has_the_same_bytes_twice_and_in_two_stores(make: Make) -> None:
    one, two = train(make()), train(make(store="elsewhere"))
    assert (one.run, one.reused, two.reused) == (two.run, False, False)
    assert one.folder != two.folder
    first = files(Path(one.folder))
    assert set(first) == {"model.parquet", "metrics.parquet", "predictions.parquet", "config.yaml", "manifest.json"}
    assert files(Path(two.folder)) == first
    shutil.rmtree(one.folder)
    again = train(make())
    assert (again.run, again.reused, files(Path(again.folder))) == (one.run, False, first)
    assert train(make(compute__threads=1)).reused


def test_a_reused_run_is_the_run_that_was_made(make: Make) -> None:
    made, reused = train(make()), train(make())
    assert (made.reused, reused.reused, reused.champion) == (False, True, True)
    np.testing.assert_array_equal(reused.model.result.estimates, made.model.result.estimates)
    np.testing.assert_array_equal(reused.model.result.covariance, made.model.result.covariance)
    assert reused.evaluation.table.equals(made.evaluation.table)
    assert reused.model.design == made.model.design


def test_a_damaged_run_is_refused_and_not_reused(make: Make) -> None:
    trained = train(make())
    (Path(trained.folder) / "model.parquet").write_bytes(b"PAR1")
    with pytest.raises(ArtifactError, match="Restore the folder from a copy, or move it away and train again"):
        train(make())
    with pytest.raises(ArtifactError, match="Restore the folder"):
        stored_run(make(), trained.run)


# Score ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """A file of 250 later rows without an outcome."""
    path = tmp_path / "march.parquet"
    table(250, seed=7, first=900).drop("y").write_parquet(path)
    return path


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog", "cauchit"])
def test_scores_are_the_engines_probabilities_row_by_row(make: Make, cohort: Path, link: str) -> None:
    config = make(model__link=link, score__output=["probability", "predicted_class", "linear_predictor"])
    trained = train(config)
    (scored,) = score(config, [str(cohort)])
    frame, rows = pl.read_parquet(cohort), pl.read_parquet(scored.path)
    assert rows.columns == ["key", "probability", "predicted_class", "linear_predictor", "model"]
    assert rows["key"].equals(frame["key"])
    eta = trained.model.design.encode(frame).dot(trained.model.result.estimates)
    np.testing.assert_allclose(rows["linear_predictor"].to_numpy(), eta, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(rows["probability"].to_numpy(), LINKS[link].cdf(eta), rtol=1e-12)
    assert rows["predicted_class"].equals(rows["probability"] >= 0.5, check_names=False)
    assert set(rows["model"]) == {trained.run}


def test_scoring_again_gives_the_same_bytes_also_after_the_scores_are_gone(make: Make, cohort: Path) -> None:
    config = make()
    train(config)
    (first,) = score(config, [str(cohort)])
    before = Path(first.path).read_bytes()
    (second,) = score(config, [str(cohort)])
    assert (first.reused, second.reused, Path(second.path).read_bytes()) == (False, True, before)
    assert second.sentence == f"march: 250 rows already scored by {first.run}."
    shutil.rmtree(open_store(config).folder / "scores")
    (third,) = score(config, [str(cohort)])
    assert (third.reused, Path(third.path).read_bytes()) == (False, before)


def test_an_unseen_level_is_refused_and_nothing_is_published(make: Make, cohort: Path) -> None:
    config = make()
    train(config)
    frame = pl.read_parquet(cohort).with_columns(city=pl.when(pl.col("key") < 903).then(pl.lit("zz")).otherwise("city"))
    frame.write_parquet(cohort)
    with pytest.raises(DataError, match=r"^cohort march: column 'city' has levels that .*: zz \(3 rows\)"):
        score(config, [str(cohort)])
    store = open_store(config)
    assert not (store.folder / "scores").exists()
    assert not (store.folder / "manifests").exists()
    assert store.attempts()[-1]["outcome"] == "failed"
    lenient = make(features__handle_unknown="reference")
    run = train(lenient).run
    (scored,) = score(lenient, [str(cohort)], run)
    assert scored.sentence == f"march: 250 rows scored by {run}; city with unseen levels in 3 rows (zz)."


def test_a_cohort_that_breaks_the_contract_is_refused_by_its_name(make: Make, cohort: Path, tmp_path: Path) -> None:
    config = make()
    train(config)
    frame = pl.read_parquet(cohort)
    cases = {
        "lost": (frame.rename({"x": "xx"}), "column 'x' is not in the data; did you mean 'xx'?"),
        "texts": (frame.with_columns(x=pl.lit("n/a")), "column 'x' should hold numbers but holds text ('n/a' first"),
        "holes": (frame.with_columns(z=pl.lit(None, pl.Float64)), "column 'z' is missing in 250 of 250 rows; set feat"),
        "nobody": (frame.clear(), "it has no rows; there is nothing to score."),
    }
    for name, (rows, sentence) in cases.items():
        rows.write_parquet(tmp_path / f"{name}.parquet")
        with pytest.raises(DataError) as caught:
            score(config, [str(tmp_path / f"{name}.parquet")])
        assert str(caught.value).startswith(f"cohort {name}: {sentence}")


def test_cohorts_must_be_named_and_named_apart(make: Make, cohort: Path, tmp_path: Path) -> None:
    config = make()
    with pytest.raises(DataError, match=r"no cohort is named; give files, or set score\.cohorts"):
        score(config)
    (tmp_path / "more").mkdir()
    shutil.copy(cohort, tmp_path / "more")
    with pytest.raises(DataError, match="two cohorts are named 'march'"):
        score(config, ["march.parquet", "more/march.parquet"])
    with pytest.raises(UsageError, match="has no champion yet"):
        score(config, [str(cohort)])


# Gate ----------------------------------------------------------------------------------------------------------------


def seen(upper: float, mean: float = -0.01) -> Comparison:
    """A comparison with this upper end."""
    return Comparison(1000, None, mean, 2 * mean - upper, upper, 0.95)


@pytest.mark.parametrize(
    ("champion", "anchor", "unmet", "promote"),
    [
        (seen(0.001), None, (), True),
        (seen(0.0010001), None, (), False),
        (seen(0.0), seen(0.002), (), True),
        (seen(0.0), seen(0.0020001), (), False),
        (seen(math.nan), None, (), False),
        (seen(0.0), seen(math.nan), (), False),
        (seen(0.0), None, ("skill is 0.0100, but at least 0.05 is required",), False),
    ],
)
def test_the_gate_promotes_only_within_its_margins(
    champion: Comparison, anchor: Comparison | None, unmet: tuple[str, ...], promote: bool
) -> None:
    assert decide(0.001, champion, anchor, unmet).promote is promote


def test_a_decision_says_every_reason() -> None:
    sentence = decide(0.001, seen(0.03, 0.01), seen(0.03, 0.01), ("skill is low",)).sentence
    assert sentence == (
        "Kept the champion: on 1,000 rows that neither has seen, the challenger's log-loss is 0.01000 higher than the "
        "champion's (95% interval -0.01000 to +0.03000); a loss beyond the margin of 0.001 is not ruled out; "
        "on 1,000 rows that neither has seen, the challenger's log-loss is 0.01000 higher than the anchor's (95% "
        "interval -0.01000 to +0.03000); a loss beyond twice the margin (0.002) against the anchor is not ruled out; "
        "skill is low."
    )
    assert decide(0.001, seen(-0.001), None).sentence.startswith("Promoted: on 1,000 rows that neither has seen, ")


@pytest.mark.parametrize("excess", [0.5, 1.0])
def test_the_anchor_stops_a_slide_of_small_losses(excess: float) -> None:
    margin, loss, promoted = 0.001, 0.0, 0
    for _ in range(1000):
        step = excess * margin
        if decide(margin, seen(step, step), seen(loss + step, loss + step)).promote:
            loss, promoted = loss + step, promoted + 1
    assert promoted == round(2 / excess)
    assert loss <= 2 * margin
    assert decide(margin, seen(excess * margin), None).promote  # the champion alone would have let each through


def test_unmet_requirements_are_told_with_value_and_bound(make: Make) -> None:
    def measured(metric: str, value: float) -> Measured:
        return Measured("test", metric, value, *[math.nan] * 4)

    config = make(
        gate__require={"skill": {"min": 0.05}, "brier": {"max": 0.1}, "roc_auc": {"min": 0.6}, "f1": {"min": 0}}
    )
    evaluation = Evaluation(0.5, (measured("skill", 0.01), measured("brier", 0.2), measured("roc_auc", 0.7)))
    assert unmet_requirements(config, evaluation) == (
        "skill is 0.0100, but at least 0.05 is required",
        "brier is 0.2000, but at most 0.1 is required",
        "f1 is required, but it is not defined on the test rows",
    )


def test_models_are_compared_on_the_rows_that_both_hold_out(make: Make) -> None:
    config, other = make(), make(split__test_size=0.15, features__numeric=["z"])
    models = [load_model(c, train(c).run) for c in (config, other)]
    dataset = load(config)
    found = compare(config, dataset, *models)
    frame = dataset.scan().collect()
    unseen = frame.filter(pl.Series(hashed(frame["key"], SPLIT_SALT) < 0.15))
    y = outcomes(config, dataset, unseen)
    p = [unseen.select(m.outputs(["probability"]))["probability"].to_numpy() for m in models]
    assert found.rows == unseen.height
    assert found.mean == pytest.approx(sk.log_loss(y, p[0]) - sk.log_loss(y, p[1]), rel=1e-9)


# Retrain and experiment ----------------------------------------------------------------------------------------------


def test_a_worse_challenger_keeps_the_champion_and_is_told_by_how_much(make: Make) -> None:
    config = make()
    first = retrain(config)
    assert (first.champion, first.decision.promote) == (None, True)
    worse_config = make(features={"numeric": ["z"], "categorical": []})
    worse = retrain(worse_config)
    pair = [load_model(config, run) for run in (worse.trained.run, first.trained.run)]
    lost = compare(config, load(config), *pair).mean
    assert lost > 0.05
    assert f"the challenger's log-loss is {lost:.5f} higher than the champion's" in worse.decision.sentence
    store = open_store(config)
    assert store.champion().run == first.trained.run
    assert store.attempts()[-1]["decision"] == worse.decision.sentence


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t: t.drop("z"), "column 'z' is not in the data"),
        (
            lambda t: t.with_columns(city=pl.when(pl.col("key") % 3 == 0).then(pl.lit("new")).otherwise("city")),
            "column 'city' has levels that were not in the training rows: new (",
        ),
        (
            lambda t: t.with_columns(z=pl.when(pl.col("key") % 3 > 0).then("z")),
            "column 'z' is missing in ",
        ),
    ],
    ids=["a column less", "a new level", "missing values"],
)
def test_a_champion_that_cannot_score_the_rows_is_kept_and_it_is_said_why(
    make: Make, change: Callable[[pl.DataFrame], pl.DataFrame], why: str
) -> None:
    first = retrain(make())
    numeric = ["x"] if "missing" in why or "not in the data" in why else ["x", "z"]
    again = retrain(make(change(table(seed=6)), features__numeric=numeric))
    assert not again.decision.promote
    said = again.decision.sentence
    assert said.startswith(f"Kept the champion: run {first.trained.run} cannot score these rows ({why}")
    assert said.endswith(f"if the new model is right, promote it by hand: logit promote {again.trained.run}.")
    assert open_store(make()).champion().run == first.trained.run


def test_a_better_challenger_takes_the_place_and_the_first_stays_the_anchor(make: Make) -> None:
    poor = retrain(make(features={"numeric": ["z"], "categorical": []}))
    better = retrain(make())
    champion = open_store(make()).champion()
    assert better.decision.promote
    assert (champion.run, champion.anchor, champion.previous) == (
        better.trained.run,
        poor.trained.run,
        poor.trained.run,
    )
    assert champion.reason == better.decision.sentence


def test_unchanged_data_are_said(make: Make) -> None:
    retrain(make())
    again = retrain(make())
    assert again.trained.reused
    assert again.decision.sentence == (
        "Kept the champion: neither the data nor the config has changed, so the champion is this very run."
    )


def test_one_cell_fails_alone_and_the_others_are_ranked_by_cross_validation(make: Make) -> None:
    frame = table().with_columns(flat=pl.lit(1.0))
    matrix = {
        "features.numeric": [["z"], ["x", "z"], ["x", "flat"]],
        "normalize": ["standard", "none"],
    }
    config = make(frame, compute__threads=1, experiment={"matrix": matrix, "folds": 3})
    board = experiment(config)
    assert len(board.cells) == 6
    failed = [cell for cell in board.cells if cell.error]
    assert [dict(c.settings)["features.numeric"] for c in failed] == [["x", "flat"]] * 2
    assert all("column 'flat' is 1 in all" in str(c.error) for c in failed)
    losses = [c.validated.log_loss for c in board.cells if c.validated]
    assert board.cells[4:] == tuple(failed)
    assert losses == sorted(losses)
    assert all(dict(c.settings)["features.numeric"] == ["x", "z"] for c in board.cells[:2])
    table_ = pl.read_parquet(board.path)
    assert table_.equals(board.table)
    assert table_["rank"].to_list() == [1, 2, 3, 4, None, None]
    store = open_store(config)
    assert {entry.run for entry in store.runs()} >= {c.run for c in board.cells[:4]}
    before = Path(board.path).read_bytes()
    assert Path(experiment(config).path).read_bytes() == before


def test_an_experiment_without_cells_or_without_a_good_one_is_refused(make: Make) -> None:
    for config in (make(), make(experiment={"matrix": {}})):
        with pytest.raises(DataError, match=r"the config has no experiment; set experiment\.matrix"):
            experiment(config)
    config = make(compute__threads=1, experiment={"matrix": {"features.reference": [{"city": "zz"}]}})
    with pytest.raises(
        DataError, match=r"all 1 cells failed; the first says: features\.reference: 'zz' is not a level of 'city'"
    ):
        experiment(config)


def test_direct_runs_a_step_as_the_function_it_is_and_each_in_order() -> None:
    run = Direct()
    assert run.id is None
    assert run(pow, 2, 5) == 32
    assert run.each(abs, [-3, 2, -1], 1) == [3, 2, 1]
    assert run.each(abs, [-3, 2], 2) == [3, 2]


def test_a_fit_does_not_depend_on_the_order_in_which_the_files_are_named(make: Make, tmp_path: Path) -> None:
    frame = table()
    for name, part in (("one", frame[:300]), ("two", frame[300:])):
        part.write_parquet(tmp_path / f"part-{name}.parquet")

    def estimates(config: Config) -> np.ndarray:
        dataset: Dataset = load(config)
        split = split_rows(config, dataset)
        return fit_model(config, dataset, split, learn_design(config, dataset, split)).estimates

    whole = estimates(make())
    np.testing.assert_array_equal(estimates(make(data__source="part-*.parquet")), whole)
    turned = make(data__source=["part-two.parquet", "part-one.parquet"])
    np.testing.assert_allclose(estimates(turned), whole, rtol=1e-10)


# What was once a traceback, or the wrong sentence -----------------------------------------------------------------------


def test_a_header_alone_and_an_empty_column_say_so(make: Make) -> None:
    with pytest.raises(DataError, match=r"table\.csv: no rows; there is nothing to learn from"):
        load(make("key,x,z,city,y\n"))
    rows = "".join(f"{i},{i % 7},,a,{str(i % 2 == 0).lower()}\n" for i in range(40))
    with pytest.raises(DataError, match="column 'z' should hold numbers but holds nothing: it is empty in every row"):
        load(make("key,x,z,city,y\n" + rows))


def test_times_of_day_do_not_order_rows(make: Make) -> None:
    frame = table().with_columns(at=pl.lit(time(12, 30)))
    config = make(frame, data__time="at", split={"method": "time", "test_size": 0.2})
    with pytest.raises(
        DataError, match=r"column 'at' \(data\.time\) holds Time values; give dates, dates with times, or"
    ):
        load(config)


def test_a_target_that_is_not_a_number_is_missing(make: Make) -> None:
    frame = table().with_columns(
        y=pl.when(pl.col("key") < 20).then(float("nan")).otherwise(pl.col("y").cast(pl.Float64))
    )
    with pytest.raises(DataError, match="the target 'y' is missing in 20 of 600 rows"):
        load(make(frame, data__target__positive=1))
    config = make(data__target__positive=1, data__missing_target="drop")
    assert load(config).rows == 580
    assert train(config).model.result.n < 580


def test_cohorts_need_an_id_for_each_row(make: Make, tmp_path: Path) -> None:
    config = make()
    train(config)
    path = tmp_path / "new.parquet"
    table(40).with_columns(key=pl.when(pl.col("key") == 3).then(2).otherwise("key")).write_parquet(path)
    with pytest.raises(DataError, match="cohort new: the id 'key' is not unique: 2 rows share one, 2 first"):
        score(config, [str(path)])
    table(40).with_columns(key=pl.when(pl.col("key") > 3).then("key")).write_parquet(path)
    with pytest.raises(DataError, match="cohort new: the id 'key' is missing in 4 of 40 rows"):
        score(config, [str(path)])


@pytest.mark.parametrize("name", ["probability", "split", "model"])
def test_an_id_cannot_have_the_name_of_an_output(make: Make, name: str) -> None:
    with pytest.raises(
        ConfigError, match=f"data.id: '{name}' is the name of a column that predictions write themselves"
    ):
        make(data__id=name)


# Penalties ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "ratio"), [("l1", 1.0), ("elastic_net", 0.4), ("l2", 0.0)])
def test_penalties_of_a_given_strength_are_scikit_learns(make: Make, kind: str, ratio: float) -> None:
    config = make(
        model__penalty={"type": kind, "strength": 0.02} | ({"l1_ratio": ratio} if kind == "elastic_net" else {})
    )
    model = train(config).model
    dataset = load(config)
    frame = read_rows(config, dataset, Split.from_content(dict(model.origin["split"])), "train")
    X, y = dense_array(model.design.encode(frame))[:, 1:], outcomes(config, dataset, frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = LogisticRegression(
            C=1.0 / (0.02 * frame.height), l1_ratio=ratio, solver="saga", tol=1e-12, max_iter=100_000, random_state=0
        ).fit(X, y)
    np.testing.assert_allclose(model.result.estimates[1:], peer.coef_[0], atol=1e-8)
    assert np.isnan(model.result.std_errors).all()
    assert (kind == "l1") == bool((model.result.estimates == 0.0).any())


def test_a_strength_is_chosen_on_folds_of_the_training_rows_and_its_curve_published(make: Make) -> None:
    settings = {"type": "elastic_net", "l1_ratio": 0.5, "strength": "cv"}
    best = train(make(model__penalty=settings))
    curve = pl.read_parquet(Path(best.folder) / "tuning.parquet")
    assert curve.height == 30
    assert curve["strength"].is_sorted(descending=True)
    assert curve["terms"][0] < 2.0  # the constant, and in a fold or two the column that is left first
    (row,) = curve.filter("chosen").iter_rows(named=True)
    assert row["log_loss"] == curve["log_loss"].min()
    n = best.model.result.n
    assert best.model.result.penalty_strength == pytest.approx(row["strength"] * n, rel=1e-12)
    assert any(
        note.startswith(f"The penalty's strength {row['strength']:.4g} was chosen among 30")
        for note in best.model.notes
    )
    plain = train(make(model__penalty=settings | {"rule": "one_standard_error"}))
    assert plain.model.result.penalty_strength > best.model.result.penalty_strength
    limit = row["log_loss"] + row["std_error"]
    chosen = pl.read_parquet(Path(plain.folder) / "tuning.parquet").filter("chosen")
    assert chosen["log_loss"][0] <= limit
    assert curve.filter(pl.col("strength") > chosen["strength"][0])["log_loss"].min() > limit


@pytest.mark.parametrize(
    ("penalty", "sentence"),
    [
        ({"type": "elastic_net", "strength": 1.0}, "type elastic_net goes with an l1_ratio"),
        ({"type": "l1", "strength": 1.0, "l1_ratio": 0.5}, "type elastic_net goes with an l1_ratio"),
        ({"type": "l1"}, "a type goes with a strength"),
        ({"type": "l1", "strength": "some"}, "expected a number above 0, or cv, found 'some'"),
    ],
)
def test_penalties_that_make_no_sense_are_refused(make: Make, penalty: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make(model__penalty=penalty)
