"""The job of `logit train` on the flights, with pandas and scikit-learn: python
bench/end_to_end_pandas.py OUT [SOLVER].

What it leaves out: standard errors, p-values and anything by cluster; a check that the maximum
exists, or that the solver reached it; a contract on the data; sentences on what was imputed or
pooled; intervals of any metric, the calibration's slope and intercept, skill and the base rate
beside; a model that scores tomorrow's rows; atomic publication, a gate. What it does: read, drop
rows without a target, split by date, impute with an indicator, pool rare levels, one-hot,
standardize, fit without a penalty, AUC, log-loss and the like on both sides, a calibration table,
all written as Parquet.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

NUMERIC = ["distance", "temp", "humid", "wind_speed", "precip", "visib"]
CATEGORICAL = ["carrier", "origin", "dest", "hour"]
RECODE = {"OO": "OO or YV", "YV": "OO or YV"}  # of carriers
REFERENCE = {"carrier": "UA", "origin": "JFK"}
RARE = 100

source, out = Path(__file__).parents[1] / "data/flights/train", Path(sys.argv[1])
solver = sys.argv[2] if len(sys.argv) > 2 else "lbfgs"
out.mkdir(parents=True, exist_ok=True)

columns = ["late", "flight_id", "time_hour", "date", *NUMERIC, *CATEGORICAL]
flights = pd.concat(
    [pd.read_parquet(path, columns=columns) for path in sorted(source.glob("*.parquet"))]
)
flights = flights.dropna(subset=["late"]).reset_index(drop=True)
flights["carrier"] = flights["carrier"].replace(RECODE)

# The latest fifth tests; flights of a day stay together.
first = flights.groupby("date")["time_hour"].transform("min")
by_time = first.value_counts().sort_index().cumsum() / len(flights)
cut = by_time.index[int((by_time - 0.8).abs().to_numpy().argmin()) + 1]
train, test = flights[first < cut].copy(), flights[first >= cut].copy()

gaps = {tuple(train[name].isna()): name for name in NUMERIC if train[name].isna().any()}
means = train[NUMERIC].mean()
levels, pooled = {}, {}
for name in CATEGORICAL:
    counts = train[name].astype(str).value_counts()
    pooled[name] = set(counts.index[counts < RARE])
    baseline = REFERENCE.get(name, counts.index[0])
    levels[name] = [v for v in sorted(counts.index) if v not in pooled[name] and v != baseline]
    if pooled[name]:
        levels[name].append("(pooled)")


def design(rows: pd.DataFrame) -> pd.DataFrame:
    """Numbers imputed, indicators, levels one-hot."""
    parts = [rows[NUMERIC].fillna(means)]
    parts += [rows[name].isna().astype(float).rename(f"missing[{name}]") for name in gaps.values()]
    for name in CATEGORICAL:
        values = rows[name].astype(str)
        known = set(train[name].astype(str)) - pooled[name]
        values = values.where(values.isin(known), "(pooled)")
        kinds = pd.Series(
            values.where(values.isin(levels[name])), dtype=pd.CategoricalDtype(levels[name])
        )
        parts.append(pd.get_dummies(kinds, dtype=float, prefix=name))
    return pd.concat(parts, axis=1)


X_train, X_test = design(train), design(test)
center, scale = X_train[NUMERIC].mean(), X_train[NUMERIC].std(ddof=0)
for X in (X_train, X_test):
    X[NUMERIC] = (X[NUMERIC] - center) / scale

model = LogisticRegression(C=np.inf, max_iter=2000, solver=solver)
model.fit(X_train.to_numpy(), train["late"].astype(int).to_numpy())

metrics, predictions, tables = [], [], []
for side, rows, X in (("train", train, X_train), ("test", test, X_test)):
    y = rows["late"].astype(int).to_numpy()
    probability = model.predict_proba(X.to_numpy())[:, 1]
    predicted = (probability >= 0.5).astype(int)
    values = {
        "log_loss": log_loss(y, probability),
        "brier": brier_score_loss(y, probability),
        "roc_auc": roc_auc_score(y, probability),
        "average_precision": average_precision_score(y, probability),
        "accuracy": accuracy_score(y, predicted),
        "precision": precision_score(y, predicted),
        "recall": recall_score(y, predicted),
        "f1": f1_score(y, predicted),
    }
    metrics += [{"split": side, "metric": name, "value": value} for name, value in values.items()]
    scored = pd.DataFrame({"flight_id": rows["flight_id"], "split": side, "target": rows["late"]})
    predictions.append(scored.assign(probability=probability, predicted_class=predicted))
    bins = pd.qcut(probability, 10, duplicates="drop")
    tables.append(
        pd.DataFrame({"bin": bins, "probability": probability, "late": y})
        .groupby("bin", observed=True)
        .agg(rows=("late", "size"), predicted=("probability", "mean"), observed=("late", "mean"))
        .reset_index(drop=True)
        .assign(split=side)
    )

original = np.r_[model.coef_[0][: len(NUMERIC)] / scale.to_numpy(), model.coef_[0][len(NUMERIC) :]]
coefficients = pd.DataFrame(
    {"term": X_train.columns, "estimate": original, "odds_ratio": np.exp(original)}
)
coefficients.to_parquet(out / "model.parquet")
pd.DataFrame(metrics).to_parquet(out / "metrics.parquet")
pd.concat(tables).to_parquet(out / "calibration.parquet")
pd.concat(predictions).to_parquet(out / "predictions.parquet")
print(f"{len(train):,} train, {len(test):,} test; {model.n_iter_[0]} iterations")
print(pd.DataFrame(metrics).to_string())
