"""Texts that are numbers all the same: with a unit, in parentheses, or beside a few words.

A price such as $1,234.50 is no level, however few rows each price has. No key of a config reads
units, so such a column can be no feature before the file holds plain numbers.
"""

import re
from collections import Counter

import polars as pl

from logit_engine.rows.labels import quoted_labels

MAX_LEVELS_WITH_UNIT = 12  # different texts; so few, as 36 months and 60 months, are levels
MIN_NUMBER_SHARE = 0.95  # of the different texts that have a number in this form
MIN_PLAIN_SHARE = 0.8  # of the rows that are plain numbers beside words
MAX_WORDS, MAX_SHOWN_WORDS = 20, 3  # different ones, beside numbers

WHOLE = r"[1-9]\d{0,2}(?:[,.' \u00a0\u202f’]\d{3})+|\d+"  # 1,234 is whole, 0,234 is not
DIGITS = rf"[+-]?(?P<whole>{WHOLE})?(?P<fraction>[.,]\d+)?"
UNSURE = re.compile(r"[+-]?\d{1,3}[,.]\d{3}")  # 1.234 may be a thousand, or one and a bit
CURRENCY = (
    r"(?:[A-Z]{0,3}[$€£¥₹₽₩₺₴₪]|USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|"
    r"BRL|MXN|ZAR|TRY|RUB|KRW|SGD|HKD|Rs\.?|kr\.?|zł)"
)
UNIT = r"[^\W\d_%]{1,12}[²³.]?(?:/[^\W\d_]{1,12})?|[°%‰]\s?[A-Z]?"
WITH_UNIT = re.compile(
    rf"\(?(?P<sign>[+-])?(?P<currency>{CURRENCY})?\s*(?P<number>{DIGITS})\s*"
    rf"(?P<unit>{CURRENCY}|{UNIT})?\)?"
)
PADDED = re.compile(r"0\d")  # as codes are
MASK = re.compile("[xX]{2,}")  # of a code whose end is hidden: 786xx
WORD = re.compile(r"[<>≤≥~].*|\D+")  # V57 is a code, <5 a number that was not measured
MULTIPLES = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}


def unit_reason(texts: pl.Series) -> str:
    """Why a column of texts is one of numbers that cannot be read; nothing if it is none."""
    stripped = texts.drop_nulls().str.strip_chars().alias("text").to_frame()
    table = stripped.group_by("text", maintain_order=True).len()
    counts = Counter(dict(table.iter_rows()))
    if len(counts) <= MAX_LEVELS_WITH_UNIT:
        return ""
    if example := _text_with_unit(list(counts)):
        return f"numbers with a unit, which no key reads: write {_plain(example)} for '{example}'"
    plain = {text for text in counts if _is_plain(text)}
    words = [text for text, _ in counts.most_common() if text not in plain]
    rows = sum(counts[text] for text in plain)
    codes = any(PADDED.match(text) for text in plain) or not all(map(WORD.fullmatch, words))
    if codes or not 0 < len(words) <= MAX_WORDS or rows < MIN_PLAIN_SHARE * counts.total():
        return ""
    shown = quoted_labels(words[:MAX_SHOWN_WORDS]) + (
        " and others" if len(words) > MAX_SHOWN_WORDS else ""
    )
    return (
        f"numbers but for {shown} in {counts.total() - rows:,} rows: if these mean a missing "
        "value, add them to data.format.null_values"
    )


def _text_with_unit(texts: list[str]) -> str:
    """An example of a number with a unit, if all texts are numbers in one form; else nothing.

    It is the first that can mean one number alone, if there is one.
    """
    found = [match for text in texts if (match := WITH_UNIT.fullmatch(text)) and match["number"]]
    if len(found) < MIN_NUMBER_SHARE * len(texts):
        return ""
    if any(MASK.fullmatch(match["unit"] or "") for match in found):
        return ""
    units = Counter(match["unit"].strip().rstrip("s") for match in found if match["unit"])
    if units.keys() - MULTIPLES.keys() and len(units) > 1:
        return ""
    decorated = [m for m in found if m["currency"] or m["unit"] or m[0].startswith("(")]
    decorated.sort(key=lambda m: UNSURE.fullmatch(m["number"]) is not None)
    return decorated[0][0] if decorated else ""


def _is_plain(text: str) -> bool:
    match = re.fullmatch(DIGITS, text)
    return match is not None and bool(match[0])


def _plain(text: str) -> str:
    """A number with a unit as a program writes it: (1,234) EUR is -1234, and 1.5k is 1500."""
    match = WITH_UNIT.fullmatch(text)
    assert match is not None, "an example is a number with a unit"
    fraction = match["fraction"] or ""
    number = re.sub(r"\D", "", match["whole"] or "0") + fraction.replace(",", ".")
    if match["unit"] in MULTIPLES:
        number = f"{float(number) * MULTIPLES[match['unit']]:.0f}"
    is_negative = text.startswith("(") or "-" in (match["sign"], match["number"][0])
    return f"-{number}" if is_negative else number
