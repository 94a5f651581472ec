"""Check: what train would find, all of it at once, and nothing is published."""

from pathlib import Path

import polars as pl
import pytest
from logit_flows import check, train
from logit_flows.config.model import Config
from logit_flows.steps import cluster

from logit_engine.errors import DataError, LogitEngineError
from tests.support.pipeline import Make, city_table


def problems_of(config: Config) -> list[str]:
    """The sentences of all problems that check finds."""
    with pytest.raises(DataError) as caught:
        check(config)
    assert str(caught.value) == "\n".join(str(part) for part in caught.value.parts)
    return [str(part) for part in caught.value.parts]


def test_it_says_what_train_then_publishes(make: Make) -> None:
    config = make()
    found = check(config)
    assert not Path(config.resolve("store")).exists()
    trained = train(config)
    assert (found.run, found.published) == (trained.run, False)
    assert found.evaluation == trained.evaluation
    assert found.model.result.estimates.tobytes() == trained.model.result.estimates.tobytes()
    assert found.notes[: len(trained.model.notes)] == trained.model.notes


def test_a_run_that_is_published_is_said_to_be(make: Make) -> None:
    trained = train(make())
    found = check(make())
    assert (found.run, found.published) == (trained.run, True)


def test_classes_are_counted_by_side(make: Make) -> None:
    found = check(make())
    y = city_table()["y"]
    counts = [
        sum(found.class_rows(side)[label] for side in found.sides) for label in ("false", "true")
    ]
    assert counts == [(~y).sum(), y.sum()]
    assert (found.rows, found.classes) == (600, (False, True))


def test_problems_of_several_steps_are_told_at_once(make: Make) -> None:
    frame = city_table().with_columns(
        x=pl.when(pl.col("key") % 50 > 0).then("x"), perfect=pl.col("y").cast(pl.Int8)
    )
    config = make(
        frame.with_columns(part=pl.lit("early")),
        split={"method": "column", "column": "part", "test": ["late"]},
        features__numeric=["x", "z", "perfect"],
        features__reference={"city": "zz"},
        store="table.parquet",
    )
    found = problems_of(config)
    assert [
        any(words in sentence for sentence in found)
        for words in (
            "table.parquet is a file, so nothing can be stored in",
            "the split leaves no test rows",
            "column 'x' is missing in 12 of 600 rows",
            "'zz' is not a level of 'city' in the training rows",
            "column 'perfect' predicts y perfectly",
        )
    ] == [True] * 5
    assert len(found) == 5


def test_a_feature_that_is_bad_does_not_hide_that_another_separates(make: Make) -> None:
    frame = city_table().with_columns(flat=pl.lit(1.0), perfect=pl.col("y").cast(pl.Int8))
    flat, perfect = problems_of(make(frame, features__numeric=["x", "flat", "perfect"]))
    assert flat.startswith("column 'flat' is 1 in all ")
    assert perfect.startswith("column 'perfect' predicts y perfectly")


def test_columns_that_are_aliased_do_not_hide_a_level_unseen_in_training(make: Make) -> None:
    frame = city_table().with_columns(
        twice=pl.col("x") * 2.0,
        city=pl.when(pl.col("part") == "late").then(pl.lit("new")).otherwise("city"),
    )
    config = make(
        frame,
        features__numeric=["x", "twice"],
        split={"method": "column", "column": "part", "test": ["late"]},
    )
    alias, unseen = problems_of(config)
    assert "'twice'" in alias
    assert unseen.startswith(
        "test rows: column 'city' has levels that were not in the training rows: new"
    )


def test_what_only_a_retrain_or_a_score_minds_is_a_note(make: Make) -> None:
    config = make(gate__require={"skill": {"min": 0.9}}, score__cohorts="later/*.parquet")
    notes = "\n".join(check(config).notes)
    assert "gate.require: skill is 0." in notes
    assert "so a retrain would not promote this run." in notes
    assert "no data file matches 'later/*.parquet'" in notes


def test_few_events_for_the_coefficients_are_a_note(make: Make) -> None:
    frame = city_table(60)
    (note,) = [n for n in check(make(frame)).notes if "rarest outcome" in n]
    assert note.startswith("The rarest outcome has few rows, ")


def test_a_folder_that_cannot_be_written_is_refused_before_the_work(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    sentence = (
        "taken is a file, so nothing can be stored in .*; name another folder by the key store"
    )
    for data in (city_table(), city_table().write_csv()):
        for verb in (check, train):
            with pytest.raises(LogitEngineError, match=sentence):
                verb(make(data, store="taken"))
    assert (tmp_path / "taken").read_text() == "a file"


@pytest.mark.parametrize("name", [".cache", "t/runs"])
def test_a_file_in_place_of_a_folder_of_the_store_is_named(
    make: Make, tmp_path: Path, name: str
) -> None:
    (tmp_path / "store" / name).parent.mkdir(parents=True)
    (tmp_path / "store" / name).write_text("a file")
    for verb in (check, train):
        with pytest.raises(LogitEngineError, match=f"{name} is a file, so nothing can be stored"):
            verb(make(city_table().write_csv()))


def test_dask_that_is_not_installed_is_told_before_the_work(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    for verb in (check, train):
        with pytest.raises(
            LogitEngineError, match=r"compute.backend: dask needs the extra \[dask\]"
        ):
            verb(make(compute__backend="dask"))


def test_a_fit_for_a_cluster_is_checked_here_and_leaves_no_checkpoint(make: Make) -> None:
    found = check(make(compute__backend="dask", compute__scheduler="tcp://nowhere.invalid:1"))
    assert found.run == check(make()).run


def test_what_contradicts_the_contract_is_told_with_what_else_is_wrong(make: Make) -> None:
    frame = city_table()
    train(make(frame))
    changed = frame.with_columns(x=pl.lit("no"), key=pl.col("key") + 0.5, z=pl.lit(1.0))
    key, x, z = problems_of(make(changed))
    assert "column 'key' holds 0.5 in data row 1 " in key
    assert "column 'x' holds text, but numbers when its contract was learnt" in x
    assert z.startswith("column 'z' is 1 in all ")


def test_what_is_left_of_a_config_without_features_makes_no_problem_of_its_own(make: Make) -> None:
    frame = city_table().with_columns(x=pl.when(pl.col("key") % 50 > 0).then("x"))
    (problem,) = problems_of(make(frame, features={"numeric": ["x"]}))
    assert problem.startswith("column 'x' is missing in ")
