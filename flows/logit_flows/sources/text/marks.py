"""The marks in the values of a text file: of decimals and thousands, of dates, of what is missing.

Why and how. Marks are read off columns whose values all look alike. 1,5 and 1.234,5 tell of a
decimal comma, and 1,234,567 of thousands; 1,234 alone tells nothing, and is said to be ambiguous.
A day above 12 tells days from months. A text such as NA stands for missing if it stands in a column
of numbers: a text among texts is a level.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from logit_flows.sources.text.dialect import Declared, Dialect
from logit_flows.sources.text.shape import is_missing

Columns = dict[str, list[str]]  # different values of each column, those that mean missing aside

OTHER_MARKS = "' \u00a0\u202f’"  # between thousands, beside the comma and the point
INTEGER = re.compile(r"[+-]?\d+")
POINT = re.compile(r"[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d+)?|[+-]?\d+[eE][+-]?\d+")
COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?")
DAY_FIRST = re.compile(
    r"(?P<first>\d{1,2})(?P<mark>[-/. ])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})"
    r"(?P<time>[ T].*)?"
)
YEAR_FIRST = re.compile(r"\d{4}(?P<mark>[/.])\d{1,2}(?P=mark)\d{1,2}(?P<time>[ T].*)?")
NAMED_MONTH = re.compile(
    r"\d{1,2}(?P<mark>[- /]?)(?P<month>[A-Za-z]{3,9})\.?(?P=mark)(?P<year>\d{4}|\d{2})"
    r"(?P<time>[ T].*)?"
)
MONTH_FIRST = re.compile(
    r"(?P<month>[A-Za-z]{3,9})(?P<mark>[- /])\d{1,2}(?P<comma>,?)(?P=mark)"
    r"(?P<year>\d{4}|\d{2})(?P<time>[ T].*)?"
)
HALF_DAYS = re.compile(r" \d{1,2}:\d{2}(?P<seconds>:\d{2})? ?[AaPp][Mm]")
MIN_DATES = 1
MIN_DATE_SHARE = 0.9  # of the values of a column that are dates


@dataclass(frozen=True, slots=True)
class Marks:
    """A dialect whose marks are known, and sentences on them.

    unsure_dates: a column of dates whose first days may be months, and one of its values.
    """

    dialect: Dialect
    reasons: tuple[str, ...]
    unsure_dates: tuple[str, str] | None = None


def text_marks(
    names: Sequence[str], rows: Sequence[Sequence[str]], dialect: Dialect, declared: Declared
) -> Marks:
    """The marks by the first rows; what is declared stands."""
    columns = {}
    for i, name in enumerate(names):
        texts = dict.fromkeys(row[i].strip() for row in rows if i < len(row))
        columns[name] = [text for text in texts if not is_missing(text)]
    reasons: list[str] = []
    for key, find in (("decimal", _with_decimal), ("thousands", _with_thousands)):
        if key not in declared:
            dialect, said = find(columns, dialect)
            reasons += said
    marks = Marks(dialect, tuple(reasons))
    return marks if "dates" in declared else _with_dates(columns, marks)


def grouped(thousands: str, decimal: str) -> re.Pattern[str]:
    """What a number looks like that has marks between its thousands; these as a class of re."""
    return re.compile(rf"[+-]?\d{{1,3}}(?:{thousands}\d{{3}})+(?:[{decimal}]\d*)?")


def _with_decimal(columns: Columns, dialect: Dialect) -> tuple[Dialect, list[str]]:
    """A decimal comma where columns hold it, and none holds a decimal point that is sure."""
    comma = {name: _sure_decimals(values, ",") for name, values in columns.items()}
    point = {name: _sure_decimals(values, ".") for name, values in columns.items()}
    commas, points = [n for n, v in comma.items() if v], [n for n, v in point.items() if v]
    if len(commas) > len(points):
        name = commas[0]
        reason = f"the decimal mark is ',' (column '{name}' holds '{comma[name]}')"
        return replace(dialect, decimal=","), [reason]
    if dialect.separator != "," and not points:
        for name, values in columns.items():
            if found := _unsure_decimal(values):
                reason = (
                    f"the decimal mark is taken to be ',' (column '{name}' holds '{found}', which "
                    "may mean thousands: say data.format.thousands)"
                )
                return replace(dialect, decimal=","), [reason]
    return dialect, []


def _sure_decimals(values: Collection[str], decimal: str) -> str | None:
    """A value of a column of numbers that can only have this decimal mark; None: there is none."""
    other = "," if decimal == "." else "."
    twice = re.compile(rf"[+-]?\d{{1,3}}(?:[{other}]\d{{3}}){{2,}}")
    if not any(decimal in value or twice.fullmatch(value) for value in values):
        return None
    plain = POINT if decimal == "." else COMMA
    both = grouped(f"[{other}{OTHER_MARKS}]", decimal)
    alike = [v for v in values if INTEGER.fullmatch(v) or plain.fullmatch(v) or both.fullmatch(v)]
    if len(alike) < len(values):
        return None
    may_group = grouped(f"[{decimal}]", other)
    sure = (
        v
        for v in alike
        if (decimal in v and not may_group.fullmatch(v)) or v.startswith("0" + decimal)
    )
    found = next(sure, None) or next((v for v in alike if twice.fullmatch(v)), None)
    if found is not None:
        return found
    has_long = any(INTEGER.fullmatch(v) and len(v.lstrip("+-")) > 3 for v in alike)
    return next((v for v in alike if decimal in v), None) if has_long else None


def _unsure_decimal(values: Collection[str]) -> str | None:
    """A value such as 1,234 of a column that holds nothing but these and short whole numbers."""
    may_group = re.compile(r"[+-]?\d{1,3},\d{3}")
    if not all(INTEGER.fullmatch(v) or may_group.fullmatch(v) for v in values):
        return None
    return next((v for v in values if "," in v), None)


def _with_thousands(columns: Columns, dialect: Dialect) -> tuple[Dialect, list[str]]:
    """A mark between thousands that all long numbers of a column have."""
    decimal = dialect.decimal
    plain = POINT if decimal == "." else COMMA
    for mark in (",", ".", *OTHER_MARKS):
        if mark == decimal:
            continue
        pattern = grouped(f"[{mark}]", decimal)
        for name, values in columns.items():
            groups = [v for v in values if mark in v and pattern.fullmatch(v)]
            if not groups:
                continue
            others = [v for v in values if not pattern.fullmatch(v)]
            are_short = all(
                (INTEGER.fullmatch(v) or plain.fullmatch(v)) and _whole_digits(v, decimal) <= 3
                for v in others
            )
            if are_short:
                reason = f"{mark!r} parts thousands (column '{name}' holds '{groups[0]}')"
                return replace(dialect, thousands=mark), [reason]
    return dialect, []


def _whole_digits(value: str, decimal: str) -> int:
    return len(value.lstrip("+-").partition(decimal)[0])


def _with_dates(columns: Columns, marks: Marks) -> Marks:
    """How dates are written, if a column holds dates that are not ISO's."""
    forms = {name: date_form(values) for name, values in columns.items()}
    for name, form in forms.items():
        if form:
            return with_dates(marks, form, name, columns[name][0])
    unsure = next((name for name, form in forms.items() if form == ""), None)
    return marks if unsure is None else replace(marks, unsure_dates=(unsure, columns[unsure][0]))


def with_dates(marks: Marks, form: str, name: str, value: str) -> Marks:
    """The marks with that form of dates; empty: day and month cannot be told apart."""
    if form:
        reason = f"dates are written as {form} (column '{name}' holds '{value}')"
        return Marks(replace(marks.dialect, dates=form), (*marks.reasons, reason))
    reason = (
        f"column '{name}' holds dates such as '{value}', of which day and month cannot be told "
        "apart: say data.format.dates, as '%d/%m/%Y'"
    )
    return Marks(marks.dialect, (*marks.reasons, reason))


def date_form(values: Sequence[str]) -> str | None:
    """The form of dates; empty if day and month cannot be told apart, None if these are none."""
    for pattern, of_found in (
        (DAY_FIRST, _day_form),
        (YEAR_FIRST, _year_form),
        (NAMED_MONTH, _named_form),
        (MONTH_FIRST, _month_form),
    ):
        found = [one for value in values if (one := pattern.fullmatch(value))]
        if len(found) >= MIN_DATES and len(found) >= MIN_DATE_SHARE * len(values):
            form = of_found(found)
            return form + _half_days(found[0]) if form else form
    return None


def _day_form(found: Sequence[re.Match[str]]) -> str | None:
    mark, year = found[0]["mark"], "%Y" if len(found[0]["year"]) == 4 else "%y"
    first, second = max(int(f["first"]) for f in found), max(int(f["second"]) for f in found)
    if max(first, second) > 31 or min(first, second) > 12:
        return None
    if first > 12 or (second <= 12 and mark == "."):
        return f"%d{mark}%m{mark}{year}"
    return f"%m{mark}%d{mark}{year}" if second > 12 else ""


def _year_form(found: Sequence[re.Match[str]]) -> str:
    mark = found[0]["mark"]
    return f"%Y{mark}%m{mark}%d"


def _named_form(found: Sequence[re.Match[str]]) -> str:
    mark, year = found[0]["mark"], "%Y" if len(found[0]["year"]) == 4 else "%y"
    month = "%b" if all(len(f["month"]) == 3 for f in found) else "%B"
    return f"%d{mark}{month}{mark}{year}"


def _month_form(found: Sequence[re.Match[str]]) -> str:
    mark, year = found[0]["mark"], "%Y" if len(found[0]["year"]) == 4 else "%y"
    month = "%b" if all(len(f["month"]) == 3 for f in found) else "%B"
    return f"{month}{mark}%d{found[0]['comma']}{mark}{year}"


def _half_days(found: re.Match[str]) -> str:
    """The form of a time that counts hours to 12; others are read without being named."""
    time = HALF_DAYS.fullmatch(found["time"] or "")
    if time is None:
        return ""
    return " %I:%M:%S %p" if time["seconds"] else " %I:%M %p"
