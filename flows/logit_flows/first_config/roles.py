"""Roles: which column names a row, which ones tell rows that depend on each other, which times."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from logit_engine.rows.frame_columns import series_of
from logit_flows.first_config.profiles import Kind, Profile
from logit_flows.first_config.words import (
    BIRTH_STEMS,
    GROUP_NAMES,
    ID_ENDINGS,
    ID_NAMES,
    PERSON_NAMES,
    TIME_NAMES,
    has_stem,
    has_word,
    words_of,
)

MIN_CLUSTERS = 30
MAX_MEAN_CLUSTER_ROWS = 20
MIN_NAMELESS_ROWS = 50  # in a shorter table any column of whole numbers may be unique
MIN_NAMELESS_SHARE = 0.8  # of different values in a first column that is nearly an id
MIN_NAMELESS_SPREAD = 10  # of the numbers of such a column, in rows of the table
MAX_SPACED_SHARE = 0.5  # of the texts of an id, with a blank within
MIN_TIMES = 20
MAX_ID_LETTERS = 40
ORDER_REASON = "the only column of times: it orders the rows, and is no feature yet"
TIME_REASON = (
    "a time, and times are no features yet: write what they tell as numbers, as the days "
    "between two of them, the weekday or an age"
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A column and why it was chosen, or left out."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns that are no features by their role. others: ids beside the chosen ones."""

    id: Guess | None
    cluster: Guess | None
    time: Guess | None
    others: tuple[Guess, ...]

    @property
    def columns(self) -> frozenset[str]:
        """All columns that have a role."""
        found = (self.id, self.cluster, self.time, *self.others)
        return frozenset(guess.column for guess in found if guess is not None)


def guess_roles(frame: pl.DataFrame, profiles: Mapping[str, Profile], outcome: str) -> Roles:
    """The id, the cluster and the time of a table."""
    rest = [profile for profile in profiles.values() if profile.name != outcome]
    ids = [guess for p in rest if (guess := _id_guess(series_of(frame, p.name), p)) is not None]
    ids.sort(key=lambda guess: not is_id_name(guess.column))
    clusters = sorted(
        ((p.distinct, guess) for p in rest if (guess := _cluster_guess(p)) is not None),
        key=lambda pair: -pair[0],
    )
    found = [guess for _, guess in clusters]
    times = [p for p in rest if p.kind is Kind.TIME]
    usable = [p for p in times if _orders_rows(p)]
    time = Guess(usable[0].name, ORDER_REASON) if len(usable) == 1 else None
    others = [
        *(Guess(g.column, f"another id: {g.reason}") for g in ids[1:]),
        *(Guess(g.column, f"another id that repeats: {g.reason}") for g in found[1:]),
        *_other_times(times, time),
    ]
    return Roles(_best_guess(ids), _best_guess(found), time, tuple(others))


def _best_guess(guesses: list[Guess]) -> Guess | None:
    return guesses[0] if guesses else None


def _id_guess(column: pl.Series, profile: Profile) -> Guess | None:
    """Whether a column is an id: unique, and named like one, or first, or a row number."""
    if not profile.is_unique or profile.kind not in (Kind.INTEGER, Kind.TEXT):
        return None
    if profile.letters > MAX_ID_LETTERS:
        return None
    if is_id_name(profile.name) or _names_persons(profile.name):
        return Guess(profile.name, "unique, and named like an id")
    if profile.kind is Kind.INTEGER and _counts_rows(column, profile):
        return Guess(profile.name, "unique: the number of the row")
    if profile.kind is Kind.INTEGER and has_word(profile.name, TIME_NAMES) and column.is_sorted():
        return None
    is_first = profile.place == 0 and profile.rows >= MIN_NAMELESS_ROWS
    is_name = profile.kind is Kind.TEXT and profile.spaced < MAX_SPACED_SHARE
    if is_first and (is_name or profile.kind is Kind.INTEGER):
        return Guess(profile.name, "unique, and the first column")
    return None


def _counts_rows(column: pl.Series, profile: Profile) -> bool:
    """Whether whole numbers count the rows, one by one."""
    if profile.high - profile.low != profile.rows - 1 or profile.rows < MIN_NAMELESS_ROWS:
        return False
    return bool((column.cast(pl.Int64).diff().drop_nulls() == 1).all())


def _cluster_guess(profile: Profile) -> Guess | None:
    """Whether a column is an id that repeats: many values, few rows of each."""
    if profile.is_unique or profile.kind not in (Kind.INTEGER, Kind.TEXT) or profile.missing:
        return None
    mean_rows = profile.rows / max(profile.distinct, 1)
    many = profile.distinct >= MIN_CLUSTERS and mean_rows <= MAX_MEAN_CLUSTER_ROWS
    reason = f"{profile.distinct:,} values in {profile.rows:,} rows"
    if many and (is_id_name(profile.name) or _names_persons(profile.name)):
        return Guess(profile.name, f"named like an id, and it repeats: {reason}")
    nearly = profile.distinct >= MIN_NAMELESS_SHARE * profile.rows
    wide = (
        profile.kind is Kind.INTEGER
        and profile.high - profile.low > MIN_NAMELESS_SPREAD * profile.rows
    )
    if many and nearly and wide and profile.place == 0 and profile.low >= 0:
        return Guess(profile.name, f"the first column, nearly unique: {reason}")
    return None


def is_id_name(name: str) -> bool:
    """Whether a name is that of an id: patient_nbr, customerID, Id, or no name at all."""
    words = words_of(name)
    if not words:
        return True
    own = len(words) == 1 or words[-1] not in ("number", "num", "nummer", "index", "code")
    grouped = has_word(name, GROUP_NAMES)
    ends = words[-1] in ID_NAMES or words[0] == "id" or words[0] == "unnamed"
    joined = any(
        word.endswith(ending) and word.removesuffix(ending) in GROUP_NAMES
        for word in words
        for ending in ID_ENDINGS
    )
    return (ends and (own or grouped)) or joined


def _names_persons(name: str) -> bool:
    """Whether a name alone says whom the rows are about: customer, patient."""
    words = words_of(name)
    return len(words) == 1 and words[0] in PERSON_NAMES


def _orders_rows(profile: Profile) -> bool:
    """Whether a column of times can order the rows."""
    born = has_stem(profile.name, BIRTH_STEMS)
    return not (born or profile.missing) and profile.distinct >= MIN_TIMES


def _other_times(times: Iterable[Profile], chosen: Guess | None) -> list[Guess]:
    """The columns of times that are not chosen."""
    return [Guess(p.name, TIME_REASON) for p in times if chosen is None or p.name != chosen.column]
