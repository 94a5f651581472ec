"""Leaks: columns that are known only after the outcome, or are the outcome in other words."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from logit_engine.rows.frame_columns import series_of
from logit_flows.first_config.cuts import Flags, youden_by_cut, youden_by_filled, youden_by_levels
from logit_flows.first_config.features import Features
from logit_flows.first_config.outcomes import Outcome
from logit_flows.first_config.profiles import Profile
from logit_flows.first_config.roles import Guess
from logit_flows.first_config.strengths import event_flags, single_auc, tells_exactly
from logit_flows.first_config.words import (
    AFTER_NAMES,
    AFTER_STEMS,
    PLAIN_NAMES,
    has_stem,
    has_word,
    words_of,
)

LEAK_AUC, LEAK_YOUDEN = 0.99, 0.95  # of one column alone, which is kept and said to be suspicious
EXACT_YOUDEN, FILLED_YOUDEN = 0.99, 0.9  # of one rule on one column, which is left out
AFTER_AUC, AFTER_LEAD = 0.7, 0.03  # of a column that is named like something known afterwards
MAX_EXACT_SHARE = 0.1  # of different values: nearly unique columns tell any outcome exactly
NO_ERROR = 1e-9
BY_FILLED, BY_CUT, BY_LEVELS = "by whether it is filled", "by one cut", "by its levels"
BY_COMMONEST = "by whether it has its most frequent value"
QUESTION = "is it known only after the outcome?"


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well one column alone tells the outcome.

    area: under the ROC curve. youden: the index of the best single rule. rule: that rule, in words.
    """

    area: float
    youden: float
    rule: str

    @property
    def is_exact(self) -> bool:
        """Whether the rule tells the outcome with hardly an error."""
        is_filled = self.rule in (BY_FILLED, BY_COMMONEST)
        return self.youden >= (FILLED_YOUDEN if is_filled else EXACT_YOUDEN)

    @property
    def is_suspicious(self) -> bool:
        """Whether an honest column seldom tells so much."""
        return self.is_exact or self.area >= LEAK_AUC or self.youden >= LEAK_YOUDEN

    def exact_sentence(self, outcome: str) -> str:
        """Why a column is left out."""
        exactly = "exactly" if self.youden > 1.0 - NO_ERROR else "almost exactly"
        cure = "If not, list it as a feature"
        return f"tells {outcome} {exactly} {self.rule}: {QUESTION} {cure}"

    @property
    def suspicion(self) -> str:
        """What is to be asked of a column that is kept."""
        return f"ranks the rows almost perfectly alone (AUC {self.area:.3f}): {QUESTION}"


def same_as_outcome(
    frame: pl.DataFrame, profiles: Mapping[str, Profile], features: Features, outcome: Outcome
) -> dict[str, str]:
    """The features of few values that tell each row's class exactly, each with its reason."""
    target = series_of(frame, outcome.column)
    return {
        name: _exact_reason(outcome)
        for name in features.columns
        if profiles[name].is_whole
        and profiles[name].distinct <= MAX_EXACT_SHARE * profiles[name].present
        and tells_exactly(series_of(frame, name), target)
    }


def _exact_reason(outcome: Outcome) -> str:
    return f"tells {outcome.column} exactly: the outcome in other words, or known only after it"


def outcome_leaks(
    frame: pl.DataFrame, profiles: Mapping[str, Profile], features: Features, outcome: Outcome
) -> tuple[dict[str, str], list[Guess]]:
    """The columns to leave out as known only after the outcome, and those that are only suspicious.

    Left out are columns by which one rule tells the outcome with hardly an error, and the strongest
    single column if its name says that it comes after the event, or that it is about the outcome.
    One feature stays at least.
    """
    if not outcome.is_binary:
        return {}, []
    present = frame.filter(pl.Series(series_of(frame, outcome.column).is_not_null()))
    event = event_flags(series_of(present, outcome.column), outcome.events)
    found = {n: _leak_evidence(series_of(present, n), profiles[n], event) for n in features.columns}
    ranked = sorted(found, key=lambda name: -found[name].area)
    dropped: dict[str, str] = {}
    suspicious = []
    for place, name in enumerate(ranked):
        following = found[ranked[place + 1]].area if place + 1 < len(ranked) else 0.5
        least = max(AFTER_AUC, following + AFTER_LEAD)
        leads = place == len(dropped) and found[name].area >= least
        reason = ""
        if found[name].is_exact:
            reason = found[name].exact_sentence(outcome.column)
        elif leads and _is_afterwards(name, outcome.column):
            reason = (
                f"ranks the rows best by far (AUC {found[name].area:.2f} alone), and is named like "
                "something known only after the outcome"
            )
        if reason and len(dropped) < len(ranked) - 1:
            dropped[name] = reason
        elif reason or found[name].is_suspicious:
            suspicious.append(Guess(name, found[name].suspicion))
    return dropped, suspicious


def _leak_evidence(column: pl.Series, profile: Profile, event: Flags) -> Evidence:
    area = single_auc(column, profile, event)
    if (youden := youden_by_filled(column, event)) >= FILLED_YOUDEN:
        return Evidence(area, youden, BY_FILLED if profile.missing else BY_COMMONEST)
    if profile.is_number:
        return Evidence(area, youden_by_cut(column.cast(pl.Float64), event), BY_CUT)
    few = profile.distinct <= MAX_EXACT_SHARE * profile.present
    levels = column.cast(pl.String).fill_null("")
    return Evidence(area, youden_by_levels(levels, event) if few else 0.0, BY_LEVELS)


def _is_afterwards(name: str, outcome: str) -> bool:
    """Whether a name speaks of what follows the event, or of the outcome itself."""
    telling = {word for word in words_of(outcome) if len(word) > 3} - PLAIN_NAMES
    return has_stem(name, AFTER_STEMS) or has_word(name, AFTER_NAMES | telling)
