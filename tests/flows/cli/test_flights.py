"""The shipped config on the real flights: train, score and retrain as a user types them."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.support.command import ROOT, logit
from tests.support.pipeline import side_table


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the shipped config trained on the real flights, and its cohorts scored, once."""
    store = tmp_path_factory.mktemp("flights") / "store"
    done = logit("train", "config.yaml", "--no-prefect", "--json", "--set", f"store={store}")
    assert done.returncode == 0, done.stderr
    (store / "train.json").write_text(done.stdout)
    done = logit(
        "score",
        "--no-prefect",
        "--set",
        f"store={store}",
        *sorted(ROOT.glob("data/flights/cohorts/*.parquet")),
    )
    assert done.returncode == 0, done.stderr
    return store


def test_the_shipped_config_trains_the_real_flights(flights: Path) -> None:
    trained = json.loads((flights / "train.json").read_text())
    assert trained["converged"]
    test = {m["metric"]: m["value"] for m in trained["metrics"] if m["split"] == "test"}
    assert test["roc_auc"] == pytest.approx(0.706, abs=0.003)
    assert test["skill"] == pytest.approx(0.076, abs=0.002)
    assert any("dest: 11 levels with fewer than 100 rows" in note for note in trained["notes"])
    folder = Path(trained["folder"])
    table = pl.read_parquet(folder / "model.parquet")
    assert table["std_error"].is_finite().all()
    assert pl.read_parquet(folder / "predictions.parquet").height == test["rows"]
    assert pl.read_parquet(folder / "metrics.parquet").height == len(trained["metrics"])


def test_scikit_learn_agrees_on_the_flights_to_six_digits(flights: Path) -> None:
    from logit_flows.config.reading import read_config
    from logit_flows.steps.load import load_dataset
    from logit_flows.steps.rows import outcome_of
    from logit_flows.steps.stored_run import read_run
    from sklearn.linear_model import LogisticRegression

    from logit_engine.columns import dense_array

    config = read_config(ROOT / "config.yaml", [f"store={flights}"])
    trained = json.loads((flights / "train.json").read_text())
    model = read_run(config, trained["run"]).model
    from logit_flows.steps.split import Split

    dataset = load_dataset(config)
    frame = side_table(config, dataset, Split.from_content(dict(model.origin["split"])), "train")
    X = dense_array(model.design.encode(frame))[:, 1:]
    y = outcome_of(dataset)(frame)
    peer = LogisticRegression(
        C=float("inf"), solver="newton-cholesky", tol=1e-12, max_iter=100
    ).fit(X, y)
    assert abs(peer.coef_[0] - model.result.estimates[1:]).max() < 1e-6
    assert abs(peer.intercept_[0] - model.result.estimates[0]) < 1e-6


def test_each_cohort_gets_one_file_of_as_many_rows_and_the_engines_probabilities(
    flights: Path,
) -> None:
    from logit_flows.config.reading import read_config
    from logit_flows.steps.score import load_stored_model

    model = load_stored_model(read_config(ROOT / "config.yaml", [f"store={flights}"]))
    for cohort, rows in {"2013-10": 28_889, "2013-11": 27_268, "2013-12": 28_135}.items():
        (file,) = flights.glob(f"flight-delays/scores/run=*/cohort={cohort}/predictions.parquet")
        scored = pl.read_parquet(file, hive_partitioning=False)
        source = pl.read_parquet(ROOT / f"data/flights/cohorts/{cohort}.parquet")
        assert scored.height == source.height == rows
        assert (scored["flight_id"] == source["flight_id"]).all()
        eta = model.design.encode(source).dot(model.result.estimates)
        assert abs(scored["probability"].to_numpy() - model.likelihood.mean(eta)).max() < 1e-12
        assert scored["model"].unique().to_list() == [model.origin["run"]]


def test_scoring_again_writes_the_same_bytes(flights: Path) -> None:
    files = sorted(flights.glob("flight-delays/scores/*/*/predictions.parquet"))
    before = [file.read_bytes() for file in files]
    assert len(before) == 3
    again = logit("score", "--no-prefect", "--set", f"store={flights}")
    assert again.stdout.count("already scored") == 3
    shutil.rmtree(flights / "flight-delays" / "scores")
    fresh = logit("score", "--no-prefect", "--set", f"store={flights}")
    assert fresh.returncode == 0
    assert [file.read_bytes() for file in files] == before
    assert "dest with unseen levels in 32 rows (ILM, SBN, LEX)" in fresh.stdout


def test_a_worse_challenger_is_kept_out_and_the_loss_is_said(flights: Path) -> None:
    words = (
        "retrain",
        "--no-prefect",
        "--set",
        f"store={flights}",
        "--set",
        "features.numeric=[distance]",
    )
    done = logit(*words, "--require-promotion")
    assert done.returncode == 3
    assert (
        "Kept the champion: on 48,735 rows (54 clusters) that neither has seen (432 more are left "
        "out: by id, cluster or values one of the two may have been trained on them), the "
        "challenger's log-loss is 0.02" in done.stdout
    )
    assert logit(*words).returncode == 0
