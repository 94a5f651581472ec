"""The job of `logit train` on the flights, with Polars and scikit-learn: python
bench/end_to_end_polars.py OUT [SOLVER].

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
import polars as pl
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

source, out = Path(__file__).parents[1] / "data/flights/train/*.parquet", Path(sys.argv[1])
solver = sys.argv[2] if len(sys.argv) > 2 else "lbfgs"
out.mkdir(parents=True, exist_ok=True)

columns = ["late", "flight_id", "time_hour", "date", *NUMERIC, *CATEGORICAL]
flights = pl.scan_parquet(source).select(columns).drop_nulls("late").collect()
flights = flights.with_columns(pl.col("carrier").replace(RECODE))
flights = flights.with_columns(pl.col("time_hour").min().over("date").alias("first"))

# The latest fifth tests; flights of a day stay together.
by_time = flights.group_by("first").len().sort("first")
before = by_time["len"].cum_sum().to_numpy()[:-1] / flights.height
cut = by_time["first"][int(np.abs(before - 0.8).argmin()) + 1]
train, test = flights.filter(pl.col("first") < cut), flights.filter(pl.col("first") >= cut)

gaps = {}
for name in NUMERIC:
    if train[name].null_count():
        gaps.setdefault(train[name].is_null().to_numpy().tobytes(), name)
filled = [pl.col(name).cast(pl.Float64).fill_null(train[name].mean()) for name in NUMERIC]
stats = train.select(filled)
center, scale = stats.mean().row(0), stats.select(pl.all().std(ddof=0)).row(0)
levels, known = {}, {}
for name in CATEGORICAL:
    counts = train[name].cast(pl.String).value_counts(sort=True)
    frequent = counts.filter(pl.col("count") >= RARE)
    known[name] = frequent[name].to_list()
    baseline = REFERENCE.get(name, known[name][0])
    levels[name] = [v for v in sorted(known[name]) if v != baseline]
    if frequent.height < counts.height:
        levels[name].append("(pooled)")


def design(rows: pl.DataFrame) -> pl.DataFrame:
    """Numbers imputed and standardized, indicators, levels one-hot."""
    numbers = [(value - c) / s for value, c, s in zip(filled, center, scale, strict=True)]
    missing = [
        pl.col(name).is_null().cast(pl.Float64).alias(f"missing[{name}]") for name in gaps.values()
    ]
    text = {name: pl.col(name).cast(pl.String) for name in CATEGORICAL}
    pooled = {
        name: pl.when(value.is_in(known[name])).then(value).otherwise(pl.lit("(pooled)"))
        for name, value in text.items()
    }
    dummies = [
        (pooled[name] == level).cast(pl.Float64).alias(f"{name}[{level}]")
        for name in CATEGORICAL
        for level in levels[name]
    ]
    return rows.lazy().select(*numbers, *missing, *dummies).collect()


X_train, X_test = design(train), design(test)
model = LogisticRegression(C=np.inf, max_iter=2000, solver=solver)
model.fit(X_train.to_numpy(), train["late"].cast(pl.Int8).to_numpy())

metrics, predictions, tables = [], [], []
for side, rows, X in (("train", train, X_train), ("test", test, X_test)):
    y = rows["late"].cast(pl.Int8).to_numpy()
    probability = model.predict_proba(X.to_numpy())[:, 1]
    predicted = (probability >= 0.5).astype(np.int8)
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
    metrics += [
        {"split": side, "metric": name, "value": float(value)} for name, value in values.items()
    ]
    scored = rows.select("flight_id", pl.lit(side).alias("split"), pl.col("late").alias("target"))
    predictions.append(
        scored.with_columns(
            pl.Series("probability", probability), pl.Series("predicted_class", predicted)
        )
    )
    edges = np.quantile(probability, np.linspace(0.1, 0.9, 9))
    bins = pl.DataFrame(
        {"bin": np.searchsorted(edges, probability), "probability": probability, "late": y}
    )
    tables.append(
        bins.group_by("bin")
        .agg(
            pl.len().alias("rows"),
            pl.col("probability").mean().alias("predicted"),
            pl.col("late").mean(),
        )
        .sort("bin")
        .with_columns(pl.lit(side).alias("split"))
    )

original = np.r_[model.coef_[0][: len(NUMERIC)] / np.array(scale), model.coef_[0][len(NUMERIC) :]]
coefficients = pl.DataFrame(
    {"term": X_train.columns, "estimate": original, "odds_ratio": np.exp(original)}
)
coefficients.write_parquet(out / "model.parquet")
pl.DataFrame(metrics).write_parquet(out / "metrics.parquet")
pl.concat(tables).write_parquet(out / "calibration.parquet")
pl.concat(predictions).write_parquet(out / "predictions.parquet")
print(f"{train.height:,} train, {test.height:,} test; {model.n_iter_[0]} iterations")
print(pl.DataFrame(metrics))
