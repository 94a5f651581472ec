"""Scoring gives the engine's probabilities row by row, or refuses a cohort by name."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from logit_flows.config.remedies import remedies_of
from logit_flows.recipes.scoring import score
from logit_flows.recipes.training import train
from logit_flows.sources.shown_paths import shown_path
from logit_flows.steps.opening import open_store

from logit_engine.errors import DataError, UsageError
from logit_engine.links import LINKS
from tests.support.pipeline import Make, city_table


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """A file of 250 later rows without an outcome."""
    path = tmp_path / "march.parquet"
    city_table(250, seed=7, first=900).drop("y").write_parquet(path)
    return path


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog", "cauchit"])
def test_scores_are_the_engines_probabilities_row_by_row(
    make: Make, cohort: Path, link: str
) -> None:
    config = make(
        model__link=link, score__output=["probability", "predicted_class", "linear_predictor"]
    )
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


def test_scoring_again_gives_the_same_bytes_also_after_the_scores_are_gone(
    make: Make, cohort: Path
) -> None:
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
    frame = pl.read_parquet(cohort).with_columns(
        city=pl.when(pl.col("key") < 903).then(pl.lit("zz")).otherwise("city")
    )
    frame.write_parquet(cohort)
    with pytest.raises(
        DataError, match=r"^cohort march: column 'city' has levels that .*: zz \(3 rows\)"
    ):
        score(config, [str(cohort)])
    store = open_store(config)
    assert not (store.folder / "scores").exists()
    assert not (store.folder / "manifests").exists()
    assert store.attempts()[-1]["outcome"] == "failed"
    lenient = make(features__handle_unknown="reference")
    run = train(lenient).run
    (scored,) = score(lenient, [str(cohort)], run)
    assert (
        scored.sentence
        == f"march: 250 rows scored by {run}; city with unseen levels in 3 rows (zz)."
    )


def test_a_cohort_with_too_many_unseen_values_is_refused_with_the_share_and_lookalikes(
    make: Make, cohort: Path
) -> None:
    config = make(features__handle_unknown="reference")
    run = train(config).run
    shouted = pl.col("city").str.to_uppercase()
    rows = pl.read_parquet(cohort).with_columns(
        city=pl.when(pl.col("key") < 925).then(shouted).otherwise("city")
    )
    rows.write_parquet(cohort)
    with pytest.raises(DataError) as caught:
        score(config, [str(cohort)])
    counts = rows.filter(pl.col("city").str.to_uppercase() == pl.col("city"))["city"]
    (most, n), *_ = counts.value_counts(sort=True).rows()
    assert str(caught.value).startswith(
        "cohort march: column 'city' holds values that were not in the training rows in 25 of 250 "
        f"rows (10%), and at most 5% are allowed: {most} ({n} rows), "
    )
    assert f"'{most}' and '{most.lower()}'" in str(caught.value)
    assert str(caught.value).endswith(
        "differ by case alone); levels are written in another way, or the model is too old: repair "
        "the values, train again on rows that hold them, or allow more."
    )
    assert remedies_of(caught.value)[0].yaml == "features: {unknown_at_most: 0.1}"
    allowed = make(features__handle_unknown="reference", features__unknown_at_most=0.1)
    assert train(allowed).run == run
    (scored,) = score(allowed, [str(cohort)])
    (again,) = score(allowed, [str(cohort)])
    assert again.reused
    for found in (scored, again):
        assert "city with unseen levels in 25 rows (" in found.sentence
        assert "differ by case alone)." in found.sentence


def test_a_cohort_of_unseen_values_alone_is_refused_unless_all_are_allowed(
    make: Make, cohort: Path
) -> None:
    config = make(features__handle_unknown="reference")
    train(config)
    pl.read_parquet(cohort).with_columns(city=pl.lit("zz")).write_parquet(cohort)
    with pytest.raises(
        DataError, match=r"in all 250 rows \(100%\), and at most 5% are allowed: zz"
    ):
        score(config, [str(cohort)])
    all_allowed = make(features__handle_unknown="reference", features__unknown_at_most=1.0)
    assert score(all_allowed, [str(cohort)])[0].unseen == {"city": {"zz": 250}}


def test_a_missing_value_is_counted_once_and_no_part_of_the_share_that_is_unseen(
    make: Make, cohort: Path
) -> None:
    config = make(
        features__handle_unknown="reference",
        features__impute={"categorical": {"strategy": "level"}},
        features__unknown_at_most=0.1,
    )
    train(config)
    city = pl.when(pl.col("key") >= 930).then(None).otherwise("city")
    odd = pl.when(pl.col("key") < 904).then(pl.lit("zz")).otherwise(city)
    pl.read_parquet(cohort).with_columns(city=odd).write_parquet(cohort)
    with pytest.raises(DataError, match=r"in 4 of 30 rows \(13\.3%\), and at most 10% are allowed"):
        score(config, [str(cohort)])
    (scored,) = score(
        make(
            features__handle_unknown="reference",
            features__impute={"categorical": {"strategy": "level"}},
            features__unknown_at_most=0.2,
        ),
        [str(cohort)],
    )
    assert (scored.missing, scored.unseen) == ({"city": 220}, {"city": {"zz": 4}})


def test_a_cohort_that_breaks_the_contract_is_refused_by_its_name(
    make: Make, cohort: Path, tmp_path: Path
) -> None:
    config = make()
    train(config)
    frame = pl.read_parquet(cohort)
    cases = {
        "lost": (
            frame.rename({"x": "xx"}),
            "{path}: column 'x' is not in the data; did you mean 'xx'?",
        ),
        "texts": (
            frame.with_columns(x=pl.lit("n/a")),
            "{path}: column 'x' holds text, but numbers when its contract was learnt; "
            "write the file as before, or learn a new contract by --relearn.",
        ),
        "holes": (
            frame.with_columns(z=pl.lit(None, pl.Float64)),
            "column 'z' is missing in 250 of 250 rows; impute its missing numbers, or drop these "
            "rows. The rule is part of the model: set it, then train and promote.",
        ),
        "nobody": (frame.clear(), "it has no rows; there is nothing to score."),
    }
    for name, (rows, sentence) in cases.items():
        rows.write_parquet(tmp_path / f"{name}.parquet")
        with pytest.raises(DataError) as caught:
            score(config, [str(tmp_path / f"{name}.parquet")])
        said = sentence.replace("{path}", shown_path(str(tmp_path / f"{name}.parquet")))
        assert str(caught.value).startswith(f"cohort {name}: {said}")


def test_cohorts_must_be_named_and_named_apart(make: Make, cohort: Path, tmp_path: Path) -> None:
    config = make()
    with pytest.raises(DataError, match=r"no cohort is named; give files, or set score\.cohorts"):
        score(config)
    with pytest.raises(DataError, match=r"matches 'n\.csv' .*; check the cohorts that are named\."):
        score(config, "n.csv")
    with pytest.raises(DataError, match=r"matches 'n\.csv' .*; check score\.cohorts\."):
        score(make(score__cohorts="n.csv"))
    for strange in (3, ["march.parquet", 3], None):
        with pytest.raises(UsageError, match="; give files or globs, as texts or paths"):
            score(config, strange)
    (tmp_path / "more").mkdir()
    shutil.copy(cohort, tmp_path / "more")
    with pytest.raises(DataError, match="two cohorts are named 'march'"):
        score(config, ["march.parquet", "more/march.parquet"])
    for values in ("a=1/b=2-3", "a=1-2/b=3"):
        (tmp_path / "hive" / values).mkdir(parents=True)
        shutil.copy(cohort, tmp_path / "hive" / values)
    with pytest.raises(DataError, match="two cohorts are named '1-2-3'"):
        score(config, "hive")
    with pytest.raises(UsageError, match="has no champion yet"):
        score(config, [str(cohort)])


def test_cohorts_need_an_id_for_each_row(make: Make, tmp_path: Path) -> None:
    config = make()
    train(config)
    path = tmp_path / "new.parquet"
    city_table(40).with_columns(
        key=pl.when(pl.col("key") == 3).then(2).otherwise("key")
    ).write_parquet(path)
    with pytest.raises(
        DataError, match="cohort new: the id 'key' is not unique: 2 rows share one, 2 first"
    ):
        score(config, [str(path)])
    city_table(40).with_columns(key=pl.when(pl.col("key") > 3).then("key")).write_parquet(path)
    with pytest.raises(DataError, match="cohort new: the id 'key' is missing in 4 of 40 rows"):
        score(config, [str(path)])


def test_a_cohort_that_is_read_in_another_way_is_scored_anew(make: Make, tmp_path: Path) -> None:
    table, later = tmp_path / "table.csv", tmp_path / "march.csv"
    city_table().write_csv(table)
    frame = city_table(250, seed=7, first=900).drop("y").with_columns(x=pl.lit(-99))
    frame.write_csv(later)
    filled = {"data__source": "table.csv", "features__impute": {"numeric": {"strategy": "mean"}}}
    train(make(**filled))
    (first,) = score(make(**filled), [str(later)])
    declared = make(**filled, data__format={"null_values": ["-99"]})
    (second,) = score(declared, [str(later)])
    assert (first.missing, second.reused, second.missing["x"]) == ({}, False, 250)
    assert score(declared, [str(later)])[0].reused
