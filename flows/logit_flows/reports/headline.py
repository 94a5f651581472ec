"""Headline: in words how well a run predicts rows that its fit has not seen, and what is doubtful.

The report shows both above all tables, and `logit train` and `logit show` print the doubts.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from logit_engine.rows.labels import quoted_label
from logit_engine.storage.model_file import StoredModel, coefficient_table

if TYPE_CHECKING:
    from logit_flows.steps.evaluate import Evaluation, Measured

PERFECT_AUC = 0.99
MIN_TEST_CLASS_ROWS = 50
MAX_NAMED_TERMS = 3


def headline_sentences(model: StoredModel, evaluation: "Evaluation", level: float) -> list[str]:
    """What is predicted, and how well, each number with its meaning. level: of the intervals."""
    side = judged_side(evaluation)
    found = {m.metric: m for m in evaluation.metrics if m.split == side}
    rows = found["rows"].value
    seen = "that the fit has not seen" if side == "test" else "that it was fitted on"
    target = model.target
    if model.result.classes:
        what = f"one of {len(model.result.classes)} classes of {target.column}"
    else:
        what = f"whether {target.column} is {quoted_label(target.positive)}"
    return [
        f"Predicts {what}. On {rows:,.0f} {side} rows {seen}, with {100 * level:g}% intervals:",
        *_metric_sentences(found),
    ]


def judged_side(evaluation: "Evaluation") -> str:
    """The side that a model is judged on: the test rows, else the training rows."""
    return "test" if any(m.split == "test" for m in evaluation.metrics) else "train"


def _metric_sentences(found: dict[str, "Measured"]) -> Iterator[str]:
    if m := _known(found, "accuracy"):
        alone = f"the base rate alone would be right in {m.baseline:.1%}"
        yield f"Right in {m.value:.1%} of the rows{_percents(m)}; {alone}."
    if m := _known(found, "roc_auc"):
        yield (
            "Of two rows, one with the event and one without, it gives the right one the higher "
            f"probability in {m.value:.1%} of all pairs (AUC {_numbers(m)}); by chance in 50%."
        )
    if areas := [m.value for name, m in found.items() if name.startswith("roc_auc[")]:
        known = [area for area in areas if not math.isnan(area)]
        if known:
            span = f"{min(known):.3f} to {max(known):.3f}"
            yield f"AUC of each class against all others: {span}; by chance 0.5."
    if m := _known(found, "skill"):
        worse = "Its log-loss is higher than that of the base rate"
        better = f"It takes away {m.value:.1%} of the log-loss that the base rate leaves"
        yield f"{better if m.value > 0.0 else worse} (skill {_numbers(m)})."
    if m := _known(found, "calibration_slope"):
        yield f"Calibration slope {_numbers(m)}: at 1 its probabilities are as they say."


def run_doubts(model: StoredModel, evaluation: "Evaluation") -> list[str]:
    """What a statistician would look at before the model is used, most serious first."""
    side = judged_side(evaluation)
    found = {m.metric: m for m in evaluation.metrics if m.split == side}
    doubts = []
    areas = [m.value for n, m in found.items() if n.startswith("roc_auc")]
    if any(area >= PERFECT_AUC for area in areas):
        doubts.append(
            f"An AUC of {max(a for a in areas if not math.isnan(a)):.3f} is seldom honest: is a "
            f"column known only after the outcome? The largest effects are {_largest_terms(model)}."
        )
    if (m := _known(found, "skill")) and m.lower <= 0.0:
        doubts.append(
            f"It may be no better than the base rate (skill {_numbers(m)} on {side} rows)."
        )
    if (m := _known(found, "calibration_slope")) and not m.lower <= 1.0 <= m.upper:
        extreme = "too far from" if m.value < 1.0 else "too near to"
        doubts.append(
            f"Its probabilities are {extreme} the base rate on {side} rows (calibration slope "
            f"{_numbers(m)})."
        )
    if side == "train":
        doubts.append("No test rows were held out, so these numbers are too hopeful.")
    elif "true_positive" in found:
        doubts += _few_rows_doubt(found)
    return doubts


def _few_rows_doubt(found: dict[str, "Measured"]) -> Iterator[str]:
    """That a class has few test rows, whose metrics are coarse."""
    events = found["true_positive"].value + found["false_negative"].value
    rarest = min(events, found["rows"].value - events)
    if rarest < MIN_TEST_CLASS_ROWS:
        yield f"Only {rarest:,.0f} test rows are of the rarer class, so the intervals are wide."


def _largest_terms(model: StoredModel) -> str:
    """The terms of the largest standardized effects."""
    size: dict[str, float] = {}
    for row in coefficient_table(model).to_dicts():
        if not math.isnan(row["standardized"]) and row["term"] != "intercept":
            size[row["term"]] = max(size.get(row["term"], 0.0), abs(row["standardized"]))
    return ", ".join(sorted(size, key=lambda term: -size[term])[:MAX_NAMED_TERMS])


def _known(found: dict[str, Any], metric: str) -> "Measured | None":
    """A metric that has a finite value."""
    m: Measured | None = found.get(metric)
    return m if m is not None and math.isfinite(m.value) else None


def _percents(m: "Measured") -> str:
    return "" if math.isnan(m.lower) else f" ({m.lower:.1%} to {m.upper:.1%})"


def _numbers(m: "Measured") -> str:
    within = "" if math.isnan(m.lower) else f" within {m.lower:.3f} to {m.upper:.3f}"
    return f"{m.value:.3f}{within}"
