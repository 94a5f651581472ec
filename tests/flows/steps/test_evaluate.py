"""The evaluation: its metrics are scikit-learn's, on the rows of the test side."""

from pathlib import Path

import polars as pl
import pytest
from logit_flows.recipes.training import train
from sklearn import metrics as sk

from tests.support.pipeline import Make, city_table


@pytest.mark.parametrize(("link", "threshold"), [("logit", 0.5), ("cloglog", 0.3)])
def test_the_test_metrics_are_those_of_scikit_learn(
    make: Make, link: str, threshold: float
) -> None:
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
        trained.evaluation.value(n)
        for n in ("true_negative", "false_positive", "false_negative", "true_positive")
    ]
    assert cells == sk.confusion_matrix(y, predicted).ravel().tolist()


def test_a_test_file_is_the_test_side(make: Make, tmp_path: Path) -> None:
    city_table(100, seed=6, first=600).write_parquet(tmp_path / "later.parquet")
    trained = train(make(data__test="later.parquet", split={"method": "none"}))
    assert (trained.evaluation.value("rows", "train"), trained.evaluation.value("rows")) == (
        600,
        100,
    )
