"""The shape of a text file, from its first lines: separator, quote, header, blanks.

Why and how. Each separator is tried: the right one gives most lines the same number of fields, and
leaves no other separator inside of them, a decimal comma aside. A line holds names if it has texts
where the lines behind it have numbers; of texts alone, if its fields differ from each other and
none of them comes again in its column. A line with gaps above such a line holds groups of names.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from logit_flows.sources.text.dialect import Declared, Dialect
from logit_flows.sources.text.layout import Head, Record, aligned_names, head_records, usual_width

SEPARATORS = (",", ";", "|", "\t")  # the rarer inside of a text, the later
SEPARATOR_WORDS = {"\t": "a tab", " ": "a blank"}
MARKERS = (
    *("?", "NA", "N/A", "n/a", "na", "<NA>", "#N/A", "NaN", "nan", "null", "NULL", "Null"),
    *("None", "none", "-", "--", ".", "missing", "Missing", "\\N", "#DIV/0!", "#VALUE!", "#NUM!"),
)
MARKER_SET = frozenset(MARKERS)
NUMBER = re.compile(r"[+-]?(\d[\d.,' \u00a0\u202f]*|[.,]\d+)([eE][+-]?\d+)?%?")
NAMED_SEPARATOR = re.compile("sep=([,;|\t])\r?\n", re.IGNORECASE)
YEAR = re.compile("1[89][0-9]{2}|20[0-9]{2}")
COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+")
MIN_SHARE = 0.5  # of lines that have the same number of fields
MIN_TRIMMED_SHARE = 0.5  # of lines that have a field with blanks around it
MAX_RECORDS = 500  # that tell the shape
MAX_TITLE_LINES = 20
MAX_HEADERS = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """A dialect of which separator, quote, header and blanks are known, and sentences on them."""

    dialect: Dialect
    reasons: tuple[str, ...]


def text_shape(head: Head, declared: Declared) -> Shape:
    """The shape of a text by its first lines; what is declared stands."""
    dialect, reasons = Dialect(**{**declared, "header": declared.get("header")}), []
    if "separator" not in declared:
        dialect, said = _with_separator(head, dialect, "trim" in declared)
        reasons += said
    if "quote" not in declared and _has_single_quotes(head, dialect):
        dialect = replace(dialect, quote="'")
        reasons.append("fields stand in single quotes")
    if "trim" not in declared and _has_blanks_around(_records(head, dialect)):
        dialect = replace(dialect, trim=True)
        reasons.append("blanks stand around fields: they are trimmed")
    if "header" not in declared:
        dialect, said = _with_header(head, dialect, declared)
        reasons += said
    return Shape(dialect, tuple(reasons))


def is_number(text: str) -> bool:
    """Whether a text looks like a number, with whatever marks."""
    return NUMBER.fullmatch(text.strip()) is not None


def is_missing(text: str) -> bool:
    """Whether a text is empty or one of the usual markers."""
    text = text.strip()
    return not text or text in MARKER_SET


def shown_separator(separator: str) -> str:
    """A separator as a sentence shows it."""
    return SEPARATOR_WORDS.get(separator, repr(separator))


def _records(head: Head, dialect: Dialect) -> list[Record]:
    return head_records(head, dialect.skip_rows + 1, dialect)[:MAX_RECORDS]


def _with_separator(head: Head, dialect: Dialect, trim_declared: bool) -> tuple[Dialect, list[str]]:
    """The dialect with the separator that fits best, or that the first line names, as for Excel."""
    if (named := NAMED_SEPARATOR.match(head.text)) is not None and dialect.skip_rows == 0:
        found = replace(dialect, separator=named[1], skip_rows=1)
        return found, [f"the first line says that the separator is {shown_separator(named[1])}"]
    tried = [replace(dialect, separator=one) for one in SEPARATORS if one != dialect.quote]
    scores = {one.separator: _score(_records(head, one), one.separator) for one in tried}
    best = max(scores, key=lambda one: (scores[one], SEPARATORS.index(one)))
    if scores[best] <= 0.0:
        blanks = replace(dialect, separator=" ", trim=dialect.trim if trim_declared else True)
        if _score(_records(head, blanks), " ") <= 0.0:
            return dialect, []
        return blanks, [_separator_sentence(_records(head, blanks), " ")]
    found = replace(dialect, separator=best)
    return found, [] if best == "," else [_separator_sentence(_records(head, found), best)]


def _separator_sentence(records: Sequence[Record], separator: str) -> str:
    widths = Counter(len(record.fields) for record in records)
    width, count = widths.most_common(1)[0]
    lines = "every line" if count == len(records) else f"{count:,} of {len(records):,} lines"
    has = "has" if count == len(records) else "have"
    return f"the separator is {shown_separator(separator)} ({lines} {has} {width} fields)"


def _score(records: Sequence[Record], separator: str) -> float:
    """How well a separator fits: the share of lines of one width, less that of fields that hold
    another separator. Zero: most lines have no two fields.
    """
    widths = Counter(len(record.fields) for record in records)
    width, count = max(widths.items(), key=lambda pair: (pair[0] > 1, pair[1]), default=(0, 0))
    if width < 2 or count / len(records) < MIN_SHARE:
        return 0.0
    fields = [f for record in records if len(record.fields) == width for f in record.fields]
    others = [one for one in SEPARATORS if one != separator]
    mixed = sum(
        any(other in field for other in others) and not COMMA_NUMBER.fullmatch(field.strip())
        for field in fields
    )
    return count / len(records) - mixed / len(fields)


def _has_single_quotes(head: Head, dialect: Dialect) -> bool:
    """Whether many fields stand in single quotes, and none in double ones."""
    fields = [field.strip() for r in _records(head, dialect) for field in r.fields]
    if '"' in head.text or not fields:
        return False
    quoted = sum(len(f) >= 2 and f[0] == f[-1] == "'" for f in fields)
    return quoted / len(fields) > 0.2


def _has_blanks_around(records: Sequence[Record]) -> bool:
    """Whether most lines, or the first one, have a field with a blank before or behind it."""
    with_blanks = [any(f != f.strip(" ") and f.strip() for f in r.fields) for r in records]
    return bool(with_blanks) and sum(with_blanks) / len(with_blanks) >= MIN_TRIMMED_SHARE


def _with_header(head: Head, dialect: Dialect, declared: Declared) -> tuple[Dialect, list[str]]:
    """The dialect with the line that holds the names, if one does."""
    records = _records(head, dialect)
    titles = [] if "skip_rows" in declared else _title_lines(records)
    records = records[len(titles) :]
    if not records:
        return replace(dialect, header=dialect.skip_rows + 1), []
    reasons = []
    if titles:
        dialect = replace(dialect, skip_rows=records[0].line - 1)
        reasons.append(
            f"the first {dialect.skip_rows:,} lines hold neither names nor data"
            if dialect.skip_rows > 1
            else "the first line holds neither names nor data"
        )
    headers = _header_count(records)
    if dialect.names:
        header = records[0].line if headers else None
        return replace(dialect, header=header), reasons
    if not headers:
        reasons.append(
            f"line {records[0].line:,} looks like data, so no line holds names: the columns are "
            "column_1, column_2, ..."
        )
        return replace(dialect, header=None), reasons
    best = min(range(headers), key=lambda i: (_name_flaws(records[i]), -i))
    if headers > 1:
        lines = " and ".join(f"{record.line:,}" for record in records[:headers])
        reasons.append(
            f"lines {lines} look like headers: the names are those of line {records[best].line:,}"
        )
        skipped = records[headers - 1].end - 1 if best < headers - 1 else dialect.skip_rows
        dialect = replace(dialect, skip_rows=skipped)
    names_at = replace(dialect, header=records[best].line)
    return names_at, reasons + _row_name_reasons(records[best], records[headers:])


def _title_lines(records: Sequence[Record]) -> list[Record]:
    """The first records if they are far shorter than most are, or hold a single text."""
    width = usual_width([record.fields for record in records])
    titles: list[Record] = []
    for record in records[:MAX_TITLE_LINES]:
        filled = [field for field in record.fields if field.strip()]
        is_short = 2 * len(record.fields) <= width
        is_lone = width > 2 and len(filled) <= 1 and not any(is_number(field) for field in filled)
        if not (is_short or is_lone):
            break
        titles.append(record)
    return titles if len(records) > 2 * len(titles) else []


def _header_count(records: Sequence[Record]) -> int:
    """How many of the first records hold names rather than data."""
    count = 0
    while count < min(MAX_HEADERS, len(records) - 1):
        data = records[MAX_HEADERS:] if len(records) > MAX_HEADERS + 1 else records[count + 1 :]
        is_group = count == 0 and _is_line_of_groups(records, data)
        if not (is_group or _is_header(records[count], data, count > 0)):
            break
        count += 1
    if count == 0 and len(records) == 1:
        return int(not any(is_number(field) for field in records[0].fields))
    return count


def _is_line_of_groups(records: Sequence[Record], data: Sequence[Record]) -> bool:
    """Whether the first record holds texts over some names of the second, as merged cells do."""
    fields = [field.strip() for field in records[0].fields]
    has_gaps = any(fields) and not all(fields)
    return has_gaps and not any(map(is_number, fields)) and _is_header(records[1], data, True)


def _is_header(record: Record, data: Sequence[Record], is_second: bool) -> bool:
    """Whether a record holds names, by the columns of what follows.

    is_second: it follows a header; then it takes texts above most columns of numbers. The same line
    further below is left out: files with headers are put one behind another.
    """
    rows = [one.fields for one in data if one.fields != record.fields] or [record.fields]
    names = aligned_names(record.fields, rows)
    columns = [[row[i] for row in rows if i < len(row)] for i in range(len(names))]
    over_numbers = [
        bool(name.strip()) and not is_number(name) and not is_missing(name)
        for name, column in zip(names, columns, strict=True)
        if _is_number_column(column)
    ]
    if is_second:
        has_numbers = any(is_number(name) for name in names)
        return bool(over_numbers) and not has_numbers and 2 * sum(over_numbers) > len(over_numbers)
    if over_numbers:
        return 2 * sum(over_numbers) >= len(over_numbers) or _are_years(names)
    is_any_number = any(is_number(name) for name in names)
    return not is_any_number and _are_names(names, columns)


def _are_years(names: Sequence[str]) -> bool:
    """Whether texts and years that follow each other are names, as of a table by years."""
    numbers = [name.strip() for name in names if is_number(name)]
    are_years = all(YEAR.fullmatch(name) for name in numbers)
    if not are_years or len(numbers) in (0, 1, len(names)):
        return False
    steps = {int(later) - int(name) for name, later in pairwise(numbers)}
    return len(steps) == 1 and steps != {0}


def _are_names(names: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Whether texts above texts are names: they differ, and do not come again below."""
    given = [name.strip() for name in names if name.strip()]
    again = any(
        name.strip() and name in column for name, column in zip(names, columns, strict=True)
    )
    return len(set(given)) == len(given) and not again


def _is_number_column(column: Sequence[str]) -> bool:
    """Whether a column holds numbers, markers of missing values aside."""
    present = [text for text in dict.fromkeys(column) if not is_missing(text)]
    return bool(present) and all(is_number(text) for text in present)


def _name_flaws(record: Record) -> int:
    """How many fields of a record are no good names: empty, or there twice."""
    return sum(not f.strip() for f in record.fields) + len(record.fields) - len(set(record.fields))


def _row_name_reasons(header: Record, data: Sequence[Record]) -> list[str]:
    rows = [record.fields for record in data]
    names = aligned_names(header.fields, rows)
    if not names or names[0].strip():
        return []
    reason = "the first column has no name, as row names have: it is called unnamed_1"
    if len(names) == len(header.fields) + 1:
        reason = f"the lines have one field more than line {header.line:,} has names: {reason}"
    return [reason]
