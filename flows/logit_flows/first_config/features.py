"""Features: which columns are numbers, which are levels, and which are left out, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from logit_engine.rows.frame_columns import series_of
from logit_engine.rows.labels import quoted_label
from logit_flows.first_config.outcomes import Outcome
from logit_flows.first_config.profiles import Kind, Profile
from logit_flows.first_config.roles import Guess, is_id_name
from logit_flows.first_config.strengths import bends_back, event_flags
from logit_flows.first_config.unit_texts import unit_reason
from logit_flows.first_config.words import (
    AMOUNT_NAMES,
    CODE_STEMS,
    PLAIN_WEIGHT_NAMES,
    SURVEY_NAMES,
    WEIGHT_NAMES,
    has_stem,
    has_word,
    last_word,
)

MAX_MISSING_SHARE = 0.9
MAX_MEAN_WEIGHT_OFF = 0.05  # from 1, of the weights of rows
MAX_LEVELS = 100  # of a categorical, the rare ones pooled; more, if each has so many ...
MIN_CLASS_ROWS_PER_LEVEL = 20  # ... rows of the rarest class: twice those of Peduzzi et al. (1996)
MAX_CODES = 40  # different whole numbers that are codes by any word of their name
MAX_SIGNED_CODES = 12  # ... by a negative number among them
MAX_BENT_CODES = 6  # ... by an event that neither rises nor falls with them
MIN_BENT_SHARE, BENT_LEVEL = 0.005, 1e-3
MIN_LEVEL_SHARE = 0.5  # of the rows, in levels that are not pooled
MAX_TEXT_LETTERS = 30
MIN_SPACED_SHARE = 0.5  # of free texts, with a blank within
MIN_RANGE_SHARE = 0.8  # of the levels, written as [0-10) is
RANGE = re.compile(r"[<>].*\d|[\[(].*\d.*[-,;–].*\d")
MIN_MONTHS = 3
MONTH = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez)[a-z]*\.?[-/ ]\d{2,4}"
    r"|\d{4}[-/](?:\d{1,2}|q[1-4])|(?:\d{1,2}[-/]|q[1-4][-/ ]?)\d{4}",
    re.IGNORECASE,
)
ROWS_OF_RARE_LEVEL, MAX_RARE_SHARE = 10, 0.001


@dataclass(frozen=True, slots=True)
class Features:
    """The features by kind, and what is left out. min_frequency: rarer levels are pooled."""

    numeric: tuple[Guess, ...]
    categorical: tuple[Guess, ...]
    left_out: tuple[Guess, ...]
    min_frequency: int

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all features."""
        return tuple(guess.column for guess in (*self.numeric, *self.categorical))

    def without(self, dropped: Mapping[str, str]) -> "Features":
        """The features without some, which are left out for a reason."""
        kept = [
            tuple(guess for guess in kind if guess.column not in dropped)
            for kind in (self.numeric, self.categorical)
        ]
        out = tuple(Guess(column, reason) for column, reason in dropped.items())
        return Features(kept[0], kept[1], (*self.left_out, *out), self.min_frequency)


def least_frequency(rows: int) -> int:
    """The rows that a level needs for a coefficient of its own: a thousandth, but ten at least."""
    return max(ROWS_OF_RARE_LEVEL, round(rows * MAX_RARE_SHARE))


def guess_features(
    frame: pl.DataFrame, profiles: Mapping[str, Profile], names: list[str], outcome: Outcome
) -> Features:
    """What each of these columns is as a feature."""
    least = least_frequency(frame.height)
    found = [(name, *_kind_of_feature(frame, profiles[name], outcome, least)) for name in names]

    def of_kind(wanted: str) -> tuple[Guess, ...]:
        return tuple(Guess(name, reason) for name, kind, reason in found if kind == wanted)

    return Features(of_kind("numeric"), of_kind("categorical"), of_kind("left_out"), least)


def _kind_of_feature(
    frame: pl.DataFrame, profile: Profile, outcome: Outcome, least: int
) -> tuple[str, str]:
    """numeric, categorical or left_out, and the reason; no reason where it is plain."""
    useless = _useless(profile)
    if useless:
        return "left_out", useless
    if profile.kind is Kind.NUMBER:
        return "numeric", ""
    if profile.kind is Kind.INTEGER:
        code = _code_reason(frame, profile, outcome)
        if not code:
            return "numeric", ""
        return _kind_of_levels(profile, outcome, least, code)
    if profile.kind is Kind.TEXT and (numbers := unit_reason(series_of(frame, profile.name))):
        return "left_out", numbers
    if profile.kind is Kind.TEXT and (months := _month_reason(profile)):
        return "left_out", months
    return _kind_of_levels(profile, outcome, least, _text_reason(profile))


def _useless(profile: Profile) -> str:
    """Why a column can be no feature; nothing if it can."""
    if profile.distinct == 0:
        return "no values"
    if profile.kind is Kind.OTHER:
        return "values of a type that is no feature"
    if profile.is_constant:
        return f"one value, {quoted_label(next(iter(profile.counts), None))}, in all rows"
    if profile.missing > MAX_MISSING_SHARE * profile.rows:
        return f"missing in {profile.missing:,} of {profile.rows:,} rows"
    if weight := _weight_reason(profile):
        return weight
    many = profile.distinct > MAX_LEVELS or profile.distinct > 0.5 * profile.present
    if many and profile.letters > MAX_TEXT_LETTERS and profile.spaced > MIN_SPACED_SHARE:
        return f"free text, {profile.letters:.0f} letters on average"
    return ""


def _weight_reason(profile: Profile) -> str:
    """Why a column is a weight of the rows; nothing if it is none."""
    plain = has_word(profile.name, PLAIN_WEIGHT_NAMES)
    if has_word(profile.name, WEIGHT_NAMES) or (plain and has_word(profile.name, SURVEY_NAMES)):
        return "named like a weight of the rows, which says how a row was sampled"
    if plain and abs(profile.mean - 1.0) <= MAX_MEAN_WEIGHT_OFF:
        return f"a weight of the rows, by its name and its mean {profile.mean:.2f}"
    return ""


def _kind_of_levels(profile: Profile, outcome: Outcome, least: int, reason: str) -> tuple[str, str]:
    """A categorical, unless its levels are too many or too rare."""
    frequent = [n for n in profile.counts.values() if n >= least]
    if sum(frequent) < MIN_LEVEL_SHARE * profile.present:
        many = profile.distinct > MIN_LEVEL_SHARE * profile.present
        text = "nearly an id" if many else "too many rare levels"
        return "left_out", f"{text}: {profile.distinct:,} values in {profile.present:,} rows"
    rarest = min(outcome.classes.values())
    if len(frequent) > max(MAX_LEVELS, rarest // MIN_CLASS_ROWS_PER_LEVEL):
        cure = "merge them by features.recode, or write a column of groups"
        if is_id_name(profile.name):
            cure = "or is it data.cluster, rows that depend on each other?"
        few = f"{len(frequent):,} frequent levels are too many for {rarest:,} rows of a class"
        return "left_out", f"{few}; {cure}"
    if len(frequent) > MAX_LEVELS:
        rest = profile.distinct - len(frequent)
        pooled = f"{profile.distinct:,} levels, of which {rest:,} rare ones are pooled"
        reason = f"{reason}; {pooled}" if reason else pooled
    beyond = profile.rows_beyond(least)
    if not beyond:
        others = profile.rows - max([*profile.counts.values(), profile.missing])
        return "left_out", f"all but {others:,} of {profile.rows:,} rows have one value"
    return "categorical", reason


def _month_reason(profile: Profile) -> str:
    """Why a column holds months or quarters of years; nothing if it holds none."""
    values = [str(value) for value in profile.counts]
    if len(values) < MIN_MONTHS or not all(MONTH.fullmatch(value) for value in values):
        return ""
    return (
        f"months or quarters such as '{values[0]}': no training row holds those to come; write "
        "them as dates, 2013-01-01, which can order the rows"
    )


def _text_reason(profile: Profile) -> str:
    """What is worth saying of a text column: ordered levels, numbers that are codes."""
    values = [str(value) for value in profile.counts]
    ranges = [v for v in values if RANGE.match(v)]
    if len(values) > 2 and len(ranges) >= MIN_RANGE_SHARE * len(values):
        return "ranges in an order; each is a level"
    digits = [v for v in values if v.isdigit()]
    if len(values) > 2 and len(digits) == len(values):
        return "digits kept as text, for their leading zeros or by their quotes"
    return ""


def _code_reason(frame: pl.DataFrame, profile: Profile, outcome: Outcome) -> str:
    """Why whole numbers are codes and no amounts; nothing if they are amounts."""
    zero_one = profile.distinct == 2 and profile.low == 0.0 and profile.high == 1.0
    if zero_one or has_word(profile.name, AMOUNT_NAMES):
        return ""
    if profile.distinct == 2:
        return "two whole numbers: codes"
    few = profile.distinct <= MAX_CODES
    named = has_stem(profile.name if few else last_word(profile.name), CODE_STEMS)
    if named or is_id_name(profile.name):
        return "whole numbers that are codes, by their name"
    if profile.low < 0.0 < profile.high and 3 < profile.distinct <= MAX_SIGNED_CODES:
        return "a few whole numbers, some below zero: codes"
    if 3 <= profile.distinct <= MAX_BENT_CODES and _is_bent(frame, profile, outcome):
        return "whole numbers with which the outcome neither rises nor falls: codes"
    return ""


def _is_bent(frame: pl.DataFrame, profile: Profile, outcome: Outcome) -> bool:
    if not outcome.is_binary:
        return False
    event = event_flags(series_of(frame, outcome.column), outcome.events)
    pairs = pl.DataFrame(
        {"value": series_of(frame, profile.name).cast(pl.Int64), "event": event}
    ).drop_nulls()
    table = pairs.group_by("value").agg(pl.len(), pl.col("event").sum())
    counts = {value: (rows, events) for value, rows, events in table.iter_rows()}
    return bends_back(counts, MIN_BENT_SHARE, BENT_LEVEL)
