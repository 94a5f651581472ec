"""More than two classes are trained, evaluated, scored and retrained on real data."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import sklearn.metrics as sk
import statsmodels.api as sm
from logit_flows.config.checking import with_overrides
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError
from logit_flows.config.reading import read_config
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.scoring import score
from logit_flows.recipes.training import Trained, train
from logit_flows.reports.printing import metrics_text
from logit_flows.steps.stored_run import read_run

from logit_engine.errors import DataError
from logit_engine.reporting.summary import summarize

ROOT = Path(__file__).parents[3]
FEATURES = ["left_right", "age", "education", "income", "tv_news", "log_population"]
CLASSES = ("Independent", "Democrat", "Republican")


def voters(store: Path, *overrides: str) -> Config:
    return read_config(ROOT / "data/voters/config.yaml", [f"store={store}", *overrides])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Trained]:
    config = voters(tmp_path_factory.mktemp("store"))
    return config, train(config)


def predictions(run: Trained) -> pl.DataFrame:
    return pl.read_parquet(Path(run.folder) / "predictions.parquet")


def test_estimates_are_statsmodels_own(trained: tuple[Config, Trained]) -> None:
    _, run = trained
    frame = pl.read_parquet(ROOT / "data/voters/voters.parquet")
    learnt = frame.filter(~pl.col("respondent").is_in(predictions(run)["respondent"].implode()))
    codes = np.array([CLASSES.index(party) for party in learnt["party"]])
    peer = sm.MNLogit(codes, sm.add_constant(learnt.select(FEATURES).to_numpy())).fit(
        disp=0, tol=1e-14
    )
    ours = run.model.original
    assert ours.classes == CLASSES
    np.testing.assert_allclose(ours.estimates.reshape(2, 7).T, peer.params, rtol=1e-8)
    np.testing.assert_allclose(ours.std_errors.reshape(2, 7).T, peer.bse, rtol=1e-8)


def test_a_probability_for_each_class_and_they_sum_to_one(trained: tuple[Config, Trained]) -> None:
    table = predictions(trained[1])
    p = table.select(f"probability[{c}]" for c in CLASSES).to_numpy()
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-15)
    assert [CLASSES[i] for i in p.argmax(axis=1)] == table["predicted_class"].to_list()


def test_metrics_are_scikit_learns(trained: tuple[Config, Trained]) -> None:
    run = trained[1]
    table = predictions(run)
    p = table.select(f"probability[{c}]" for c in CLASSES).to_numpy()
    codes = np.array([CLASSES.index(party) for party in table["target"]])
    value = run.evaluation.value
    assert value("log_loss") == pytest.approx(sk.log_loss(codes, p), rel=1e-12)
    assert value("accuracy") == pytest.approx(
        sk.accuracy_score(table["target"], table["predicted_class"]), rel=1e-12
    )
    for code, name in enumerate(CLASSES):
        assert value(f"roc_auc[{name}]") == pytest.approx(
            sk.roc_auc_score(codes == code, p[:, code]), rel=1e-12
        )
    confusion = sk.confusion_matrix(table["target"], table["predicted_class"], labels=list(CLASSES))
    ours = [[value(f"confusion[{a}, {b}]") for b in CLASSES] for a in CLASSES]
    assert ours == confusion.tolist()


def test_what_is_printed_names_the_classes(trained: tuple[Config, Trained]) -> None:
    config, run = trained
    text = summarize(run.model.original, run.model.result)
    assert "Democrat, against Independent" in text
    assert "Republican, against Independent" in text
    shown = metrics_text(run.evaluation)
    assert "Confusion on test (rows observed, columns predicted)" in shown
    assert metrics_text(read_run(config, run.run).evaluation) == shown


def test_a_cohort_is_scored_by_class(trained: tuple[Config, Trained], tmp_path: Path) -> None:
    config, run = trained
    cohort = tmp_path / "new.parquet"
    pl.read_parquet(ROOT / "data/voters/voters.parquet").drop("party").head(50).write_parquet(
        cohort
    )
    (scored,) = score(config, [str(cohort)])
    table = pl.read_parquet(scored.path)
    assert table.columns == [
        "respondent",
        *(f"probability[{c}]" for c in CLASSES),
        "predicted_class",
        "model",
    ]
    both = table.join(predictions(run), on="respondent", suffix=" before")
    assert both.height > 5
    for c in CLASSES:
        np.testing.assert_array_equal(both[f"probability[{c}]"], both[f"probability[{c}] before"])


def test_retraining_on_the_same_rows_is_no_worse_and_is_promoted(
    trained: tuple[Config, Trained],
) -> None:
    config, _ = trained
    challenger = with_overrides(config, {"normalize": "minmax"})
    again = retrain(challenger)
    assert again.decision is not None
    assert again.decision.promote
    assert "log-loss is 0.00000" in again.decision.sentence


def test_other_classes_keep_the_champion(trained: tuple[Config, Trained]) -> None:
    config, _ = trained
    kept = retrain(with_overrides(config, {"data.target.base": "Democrat"}))
    assert not kept.decision.promote
    assert (
        "the champion predicts other classes (Independent, Democrat, Republican)"
        in kept.decision.sentence
    )


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (
            ["data.target.positive=Democrat"],
            "data.target.positive: a multinomial model gives the probability of every class",
        ),
        (["model.link=probit"], "model.link: a multinomial model has the logit link"),
        (
            ["model.covariance.type=HC3"],
            "model.covariance.type: HC2 and HC3 need one leverage per row",
        ),
        (
            ["evaluate.threshold=max_f1"],
            "evaluate.threshold: a multinomial model predicts the most probable class",
        ),
        (["model.family=binary"], "data.target.positive: a binary model needs it"),
    ],
)
def test_contradictions_are_sentences(tmp_path: Path, overrides: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence.replace("(", r"\(")):
        voters(tmp_path, *overrides)


def test_a_base_that_is_no_class_and_two_classes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError,
        match=r"the target 'party' is never 'Green' \(data\.target\.base\); it is 'Democrat', 'Ind",
    ):
        train(voters(tmp_path, "data.target.base=Green"))
    two = tmp_path / "two.parquet"
    pl.read_parquet(ROOT / "data/voters/voters.parquet").filter(
        pl.col("party") != "Independent"
    ).write_parquet(two)
    with pytest.raises(
        DataError,
        match=r"the target 'party' is 'Democrat', 'Republican'; with two classes use model.family",
    ):
        train(voters(tmp_path, f"data.source={two}", "data.target.base=null"))


@pytest.mark.parametrize("link", ["probit", "cloglog"])
def test_other_links_train_evaluate_and_score(link: str, tmp_path: Path) -> None:
    config = read_config(
        ROOT / "data/exam/two_features.yaml", [f"store={tmp_path}", f"model.link={link}"]
    )
    run = train(config)
    assert run.model.result.converged
    assert run.model.result.link == link
    table = predictions(run)
    eta = table["linear_predictor"].to_numpy()
    np.testing.assert_allclose(table["probability"], run.model.likelihood.link.cdf(eta), rtol=1e-14)
    assert 0.5 < run.evaluation.value("roc_auc") <= 1.0
