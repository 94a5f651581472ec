"""Gate: whether a challenger may take the champion's place, judged on rows that neither model has
seen.

A challenger is promoted only if the paired interval of the log-loss difference rules out a loss
beyond the margin, and, against a fixed anchor, a loss beyond twice the margin, so that losses too
small for one gate cannot add up over many.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import polars as pl

from logit_engine.columns import Array
from logit_engine.diagnostics.metric_intervals import difference_interval
from logit_engine.errors import DataError
from logit_engine.rows.labels import label_text
from logit_engine.storage.model_file import StoredModel
from logit_flows.config.model import Config
from logit_flows.steps.evaluate import Evaluation
from logit_flows.steps.load import Dataset
from logit_flows.steps.rows import clusters, outcome_of
from logit_flows.steps.unseen_rows import IncomparableError, unscorable_sentence, unseen_rows


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean log-loss of the challenger minus that of the other, with its interval.

    rows: those that neither has seen. left_out: more that the split rules hold out, but one of the
    two may have been trained on them, by their id, cluster or values.
    """

    rows: int
    clusters: int | None
    mean: float
    lower: float
    upper: float
    level: float
    left_out: int = 0

    def sentence(self, other: str) -> str:
        """What was found, in words."""
        among = f" ({self.clusters:,} clusters)" if self.clusters else ""
        without = (
            f" ({self.left_out:,} more are left out: by id, cluster or values one of the two may "
            "have been trained on them)"
            if self.left_out
            else ""
        )
        where = (
            f"on {self.rows:,} rows{among} that neither has seen{without}, the challenger's "
            "log-loss is"
        )
        if self.lower == self.upper == 0.0:
            return f"{where} that of the {other}, row by row"
        direction = "higher" if self.mean > 0 else "lower"
        return (
            f"{where} {abs(self.mean):.5f} {direction} than the {other}'s "
            f"({100 * self.level:g}% interval {self.lower:+.5f} to {self.upper:+.5f})"
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """Promote or keep, and every reason in a sentence."""

    promote: bool
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The decision and its reasons."""
        return (
            ("Promoted: " if self.promote else "Kept the champion: ")
            + "; ".join(self.reasons)
            + "."
        )


UNCHANGED = Decision(
    False, ("neither the data nor the config has changed, so the champion is this very run",)
)


def decide(
    margin: float, champion: Comparison, anchor: Comparison | None, unmet: tuple[str, ...] = ()
) -> Decision:
    """The gate's rule alone: non-inferiority within the margin, within twice the margin of the
    anchor, nothing unmet.

    anchor: None where the champion is the anchor itself.
    """
    reasons = [champion.sentence("champion")]
    promote = champion.upper <= margin
    if not promote:
        reasons.append(f"that it is worse by more than the margin of {margin:g} is not ruled out")
    if anchor is not None and not anchor.upper <= 2.0 * margin:
        promote = False
        reasons.append(anchor.sentence("anchor"))
        reasons.append(
            f"that it is worse than the anchor by more than twice the margin ({2.0 * margin:g}) is "
            "not ruled out"
        )
    return Decision(promote and not unmet, (*reasons, *unmet))


def judge_challenger(
    config: Config,
    dataset: Dataset,
    challenger: StoredModel,
    evaluation: Evaluation,
    champion: StoredModel,
    anchor: StoredModel,
) -> Decision:
    """Compare the challenger with champion and anchor on unseen rows, and decide.

    unseen_rows.py proves which are unseen. If nothing can be compared, the champion is kept, with
    the reason.
    """
    unmet = unmet_requirements(config, evaluation)
    for other, word in ((champion, "champion"), (anchor, "anchor")):
        if other.target.classes != challenger.target.classes:
            shown = ", ".join(map(label_text, other.target.classes))
            return Decision(
                False,
                (
                    f"the {word} predicts other classes ({shown}), so their losses do not compare",
                    *unmet,
                ),
            )
    try:
        versus_champion = compare(config, dataset, challenger, champion)
        same = anchor.origin["run"] == champion.origin["run"]
        versus_anchor = None if same else compare(config, dataset, challenger, anchor)
    except IncomparableError as error:
        return Decision(False, (str(error), *unmet))
    return decide(config.gate.margin, versus_champion, versus_anchor, unmet)


def first_decision(config: Config, evaluation: Evaluation) -> Decision:
    """Promote: there is no champion yet. Requirements that are not met are said."""
    return Decision(True, ("the first published run", *unmet_requirements(config, evaluation)))


def compare(
    config: Config, dataset: Dataset, challenger: StoredModel, other: StoredModel
) -> Comparison:
    """Paired log-loss on the rows that neither model has seen, by cluster.

    Raises IncomparableError if there are none, or the other model cannot score them.
    """
    unseen = unseen_rows(config, dataset, challenger, other)
    rows, code_of = unseen.rows, outcome_of(dataset)
    differences, audits = [], []
    for frame in rows.frames():
        y = code_of(frame)
        audits.append(other.design.audit(frame.lazy()))
        differences.append(log_losses(challenger, frame, y) - log_losses(other, frame, y))
    try:
        other.design.refuse(reduce(add, audits))
    except DataError as error:
        why = unscorable_sentence(other, challenger, str(error).rstrip("."))
        raise IncomparableError(why) from error
    cluster, level = clusters(config, rows), config.evaluate.intervals.level
    found = difference_interval(np.concatenate(differences), cluster=cluster, level=level)
    groups = None if cluster is None else int(np.unique(cluster).size)
    return Comparison(rows.n, groups, found.mean, found.lower, found.upper, level, unseen.left_out)


def log_losses(model: StoredModel, frame: pl.DataFrame, y: Array) -> Array:
    """Each row's log-loss under a model, (n,); nan where its design has no rule for a value."""
    eta = model.design.linear_predictors(frame, model.result.estimates)
    return -model.likelihood.terms(eta, y).loglik


def unmet_requirements(config: Config, evaluation: Evaluation) -> tuple[str, ...]:
    """A sentence for each bound of gate.require that the challenger's test metrics do not meet."""
    unmet = []
    for metric, bounds in requirements(config).items():
        value = evaluation.value(metric)
        if math.isnan(value):
            unmet.append(f"{metric} is required, but it is not defined on the test rows")
        for word, bound, broken in (
            ("least", bounds[0], bounds[0] is not None and value < bounds[0]),
            ("most", bounds[1], bounds[1] is not None and value > bounds[1]),
        ):
            if broken:
                unmet.append(f"{metric} is {value:.4f}, but at {word} {bound:g} is required")
    return tuple(unmet)


def requirements(config: Config) -> Mapping[str, tuple[float | None, float | None]]:
    """The bounds of gate.require by metric."""
    return {metric: (bounds.min, bounds.max) for metric, bounds in config.gate.require.items()}
