"""Bytes are regular where each record has its fields, wherever the pass over them is cut."""

import csv
import io
import random

import numpy as np
import pytest
from logit_flows.sources.text import structure as text_structure
from logit_flows.sources.text.structure import (
    Structure,
    has_byte,
    has_leading_zero,
    regular_structure,
)

PIECES = ["a", ",", "\n", '"', '""', '"b"', "\r\n", "1", "é", ",c", "\r", '"d,\n"', ",,"]
EACH_CHUNK = pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 7, 64, 100, 2**17])


def structure_of(text: str, width: int) -> Structure | None:
    return regular_structure(np.frombuffer(text.encode(), np.uint8), ord(","), ord('"'), width)


def written_regularly(text: str, width: int) -> int | None:
    """How many records csv finds if it reads the text as we promise to; None if it is another.

    Written anew with the same quotes, the records of a regular text give the text.
    """
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return None
    if any(len(record) != width for record in records):
        return None
    return len(records)


@EACH_CHUNK
def test_a_regular_text_has_the_records_that_csv_finds(
    chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_structure, "CHUNK_BYTES", chunk_bytes)
    chance = random.Random(f"pieces {chunk_bytes}")
    regular = 0
    for _ in range(2000):
        text = "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 9)))
        found = structure_of(text, 2)
        if found is not None:
            regular += 1
            lines = text.rstrip("\r\n ") if found.blank_end else text
            assert written_regularly(lines, 2) == found.records, text
    assert regular > 50


@EACH_CHUNK
def test_what_programs_write_is_regular(chunk_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_structure, "CHUNK_BYTES", chunk_bytes)
    chance = random.Random("written")
    for end in ("\n", "\r\n"):
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
            out = io.StringIO()
            writer = csv.writer(out, lineterminator=end, quoting=quoting)
            for _ in range(20):
                writer.writerow(
                    [chance.choice(["a", 'b"c', "d,e", "f\ng", "", "é"]) for _ in "123"]
                )
            text = out.getvalue()
            assert structure_of(text, 3) == Structure(20, False, is_ascii="é" not in text)
            assert structure_of(text.removesuffix(end), 3) == structure_of(text, 3)
            assert structure_of(text + end + " " + end, 3) == Structure(20, True, "é" not in text)


@pytest.mark.parametrize(
    "text",
    [
        *("a,b\nc\n", "a,b\nc,d,e\n", "a,b\nc,d,", "a,b\n\nc,d\n", "\na,b\n", "a,b\nc,d\0\n"),
        *('a,"b\n', 'a,"b"c\n', 'a,b"c\n', 'a,b""c\n', 'a, "b"\n', 'a,"b" \n', "a,b\rc,d\n"),
        *('a,b"c\nd"e,f\n', "a,b\r", '""a,b\n'),
    ],
)
def test_what_is_not_regular_is_left_to_the_slow_reading(text: str) -> None:
    assert structure_of(text, 2) is None


def test_one_column_is_never_regular() -> None:
    assert structure_of("a\nb\n", 1) is None


def test_no_data_are_no_records() -> None:
    assert structure_of("", 2) == Structure(0, False, True)
    assert structure_of("\r\n \n", 2) == Structure(0, True, True)


@EACH_CHUNK
@pytest.mark.parametrize(
    ("text", "is_there"),
    [
        *((text, True) for text in ("007,a\n", "a,007\n", "a,b\n01,c\n", 'a,"09"\n')),
        *((text, False) for text in ("", "0", "0,0.5\n", "a,100\n", "a0,b07\n", "0\n7,0\n")),
    ],
)
def test_a_zero_in_front_of_a_digit_is_seen(
    chunk_bytes: int, text: str, is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_structure, "CHUNK_BYTES", chunk_bytes)
    data = np.frombuffer(text.encode(), np.uint8)
    assert has_leading_zero(data, ord(","), ord('"')) is is_there


@EACH_CHUNK
def test_a_byte_is_seen_wherever_it_stands(
    chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_structure, "CHUNK_BYTES", chunk_bytes)
    data = np.frombuffer(b"abcdefg", np.uint8)
    assert [has_byte(data, byte) for byte in b"agx"] == [True, True, False]
