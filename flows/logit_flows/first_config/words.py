"""Words in names and values that hint at what a column is for; no other file holds such lists."""

import re
from collections.abc import Iterable


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


OUTCOME_NAMES = _set("target outcome label y response classification truth")
OUTCOME_STEMS = _set(
    """surviv churn default diagnos income salary readmi attrition died dead death deceas mortal
    fraud spam bankrupt malignan benign cancel exited subscri deposit approv convert conversion
    purchas click revenue disease cancer stroke chd cardio infarct recur relapse fail
    satisf quality species winner admit recommend severity risk deny denied declin reject
    hired placed passed promoted event arrest adopted volunteer voted vote"""
)
# An outcome as the whole name alone: work_status and passenger_class are features.
WHOLE_OUTCOME_NAMES = _set("status low class")
WEAK_OUTCOME_NAMES = _set("type status result group category grade class num decision left")
PLAIN_NAMES = OUTCOME_NAMES | WEAK_OUTCOME_NAMES | _set("column field value")
# Numbers so named are no classes, however few they are.
MONEY_NAMES = _set("income price amount amt salary wage cost revenue")
# A name that ends so tells something about an outcome, and is none itself: deposit_type.
DESCRIBING_WORDS = _set(
    """type date time code amount amt count id name method reason score rate level cost price days
    duration probability"""
)
FEATURE_STEMS = _set(
    """sex gender male female race ethnic marital marri smok region country city age educat phone
    internet partner dependents contact month weekday season"""
)
PAST_NAMES = _set(
    "previous prev prior prevalent history hist past last file family before former ever"
)

ID_NAMES = _set(
    """id ids uid uuid guid key no nr nbr num number code index idx ref reference record rowid
    unnamed rownames identifier cluster stratum mrn seq seqn serial nummer"""
)
# Whom the rows are about: such a name alone is that of an id, if it has many values.
PERSON_NAMES = _set(
    """patient customer client user member subject person household student employee visitor
    participant respondent applicant borrower passenger kunde kunden patienten klient cliente
    paciente"""
)
GROUP_NAMES = PERSON_NAMES | _set("account family session device card record konto")
ID_ENDINGS = ("id", "nr", "no", "nbr", "number", "nummer")  # of one word: customerid, Kundennr
TIME_NAMES = _set("time seconds elapsed")
BIRTH_STEMS = _set("birth dob born geburt naissance nacimiento")
CODE_STEMS = _set(
    """code type zip postal postcode sex gender race ethnic region country state city county
    district class pclass category cat group marital marri educat occupation month quarter weekday
    dow season hour dest origin sector industry branch department dept channel product brand method
    mode plan status kind cluster segment id"""
)
AMOUNT_NAMES = _set(
    """number num n count cnt total sum amount amt age years year months days day hours minutes
    rooms score size length width height weight income price cost rate ratio percent pct balance
    bill level rank mean avg average min max duration time tenure
    distance population"""
)
WEIGHT_NAMES = _set(
    """fnlwgt finalwgt finalweight wgt pweight fweight sampleweight wtfa perwt weighting gewichtung
    pondération ponderation ponderación ponderacion ponderazione"""
)
# A weight of the rows if its mean is about 1, or beside a word of surveys; else that of a body.
PLAIN_WEIGHT_NAMES = _set("weight weights wt gewicht poids peso")
SURVEY_NAMES = _set("survey sample sampling samp household final design post population")
AFTER_STEMS = _set(
    """duration settle recover collect refund reason closed closing resol discharg outcome
    result final followup posterior predicted prediction probability"""
)
# As whole words alone: followers and problems come before an outcome.
AFTER_NAMES = _set("follow prob")

EVENT_VALUES = _set(
    """yes y ja oui si sí sim true wahr vrai vero t
    bad malignant default defaulted churn churned died dead death
    positive pos + poisonous fraud fraudulent spam fail failed failure sick ill disease diseased
    present abnormal attrition exited approved accepted won win success successful survived late
    canceled cancelled event case cancer tumor anomaly attack admitted subscribed
    purchased bought converted clicked hired placed delinquent bankrupt high dissatisfied"""
) | {"charged off"}
CALM_VALUES = _set(
    """no n nein non nee nej não false falsch faux falso f good benign none never negative neg
    - healthy normal absent stayed current active retained legit legitimate ham alive nonevent
    control absence low paid"""
) | {"fully paid"}
# Two short values, the event first: malignant and benign, bad and good, poisonous and edible.
EVENT_PAIRS = {("m", "b"), ("b", "g"), ("p", "n"), ("p", "e"), ("d", "a"), ("f", "p"), ("s", "h")}


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: those of patient_nbr and PatientNbr are the same."""
    humps = r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])"
    return tuple(re.findall(r"[^\W_]+", re.sub(humps, " ", name).lower()))


def is_row_name(name: str) -> bool:
    """Whether a name is none, as that of a first column of row names."""
    words = words_of(name)
    return not words or words[0] in ("unnamed", "rownames") or words == ("row", "names")


def last_word(name: str) -> str:
    """The last word of a name: what kind of thing it is."""
    return (words_of(name) or ("",))[-1]


def has_word(name: str, words: Iterable[str]) -> bool:
    """Whether one of the words stands in the name."""
    return not frozenset(words).isdisjoint(words_of(name))


def has_stem(name: str, stems: Iterable[str]) -> bool:
    """Whether a word of the name begins with one of the stems; a short one has to be all of it."""
    return any(
        word == stem or (len(stem) > 3 and word.startswith(stem))
        for word in words_of(name)
        for stem in stems
    )


def is_event_value(value: object) -> bool:
    """Whether a value of an outcome names the event."""
    return _plain(value) in EVENT_VALUES or _plain(value).startswith(">")


def is_calm_value(value: object) -> bool:
    """Whether a value of an outcome names that nothing happened."""
    text = _plain(value)
    return text in CALM_VALUES or text.startswith(("no ", "not ", "non", "no-", "no_", "<="))


def is_named_like(value: object, column: str) -> bool:
    """Whether a value repeats the end of its column's name: Default of loan_default."""
    words, name = words_of(str(value)), words_of(column)
    return bool(words) and name[-len(words) :] == words


def is_event_pair(event: object, other: object) -> bool:
    """Whether two values are a known pair, the event first."""
    return (_plain(event), _plain(other)) in EVENT_PAIRS


def _plain(value: object) -> str:
    """A value without blanks and without its number in a list, as in "1. Yes"."""
    return re.sub(r"^\d+[.)]\s+", "", str(value).strip().lower())
