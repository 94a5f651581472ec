"""A damaged text file gives a right answer or a sentence with a line, never a traceback.

Each example is a good file, random in its dialect and values, that is then damaged: bytes changed,
cut out, doubled, lines cut or joined. Python's csv reads the same bytes beside us. Where we give an
answer it is csv's; where we refuse, the sentence names a line.
"""

import csv
import io
import random
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.scanning import column_names, scan_texts, write_parquet
from logit_flows.sources.text.sniffing import sniff_dialect
from logit_flows.sources.type_names import LogicalType

from logit_engine.errors import DataError
from tests.support.text_samples import SAMPLES

EXAMPLES = 1000
DAMAGES_PER_FILE = 4
NAMES = ["a", "b", "c", "d"]
TYPES = {
    "a": LogicalType.INTEGER,
    "b": LogicalType.NUMBER,
    "c": LogicalType.TEXT,
    "d": LogicalType.TEXT,
}
WORDS = ["x", "yes", "no", "", "a b", "é", "N/A", "it's", 'say "so"', "p,q", "r;s", "two\nlines"]
ODD_BYTES = b',;"\n\r\t \0\xff\xe9\x801.-eNx'
REFUSED_WHOLE = re.compile("whatever its name says|is compressed, and damaged|that holds? names")
PLACE = re.compile(r"line [0-9,]+|there is nothing to read")


def good_file(chance: random.Random, separator: str) -> bytes:
    """A file as programs write it."""
    out = io.StringIO()
    quoting = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    end = chance.choice(["\n", "\r\n"])
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerow(NAMES)
    for _ in range(chance.randrange(1, 12)):
        number = chance.choice(["", "1", "-2.5", "1e3", "0.1", ".5"])
        words = [chance.choice(WORDS) for _ in range(2)]
        writer.writerow([chance.choice(["", "1", "22", "-7"]), number, *words])
    return out.getvalue().encode()


def damaged(chance: random.Random, data: bytes) -> bytes:
    """The bytes with one thing changed."""
    at = chance.randrange(len(data) + 1)
    kind = chance.randrange(7)
    odd = bytes([chance.choice(ODD_BYTES)])
    if kind == 0:
        return data[:at] + odd + data[at + 1 :]
    if kind == 1:
        return data[:at] + odd + data[at:]
    if kind == 2:
        return data[:at] + data[at + chance.randrange(1, 9) :]
    if kind == 3:
        return data[:at]
    if kind == 4:
        return data[:at] + data[max(0, at - chance.randrange(1, 30)) :]
    if kind == 5:
        return data[:at] + bytes(chance.randrange(256) for _ in range(3)) + data[at:]
    return data[:at] + b"\n" * chance.randrange(1, 3) + data[at:]


def as_csv_reads(data: bytes, separator: str) -> list[list[str]]:
    """The records that Python's csv finds, lines without any character but blanks left out."""
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    records = csv.reader(text, delimiter=separator, strict=True)
    return [r for r in records if r and not (len(r) == 1 and not r[0].strip())]


def value_of(text: str, wanted: LogicalType) -> object:
    """What a text means, by Python's own rules."""
    if wanted is LogicalType.TEXT:
        return text or None
    if not text.strip():
        return None
    if wanted is LogicalType.NUMBER:
        number = float(text)
        return None if number != number else number
    return int(float(text))


def answer_or_sentence(path: Path, dialect: Dialect) -> tuple[tuple[str, ...], pl.DataFrame] | str:
    """The names and rows; or the sentence of the refusal."""
    try:
        names = column_names(path, dialect)
        if len(set(names)) < len(names):
            return "line 1: a name stands there twice, which the caller refuses"
        types = {name: TYPES.get(name, LogicalType.TEXT) for name in names}
        target = path.with_suffix(".parquet")
        target.unlink(missing_ok=True)
        rows = write_parquet(path, dialect, types, target)
    except DataError as error:
        return str(error)
    frame = pl.read_parquet(target)
    assert frame.height == rows
    return names, frame


def sniffed_or_sentence(path: Path, *, guess_encoding: bool) -> Dialect | str:
    """How the file is written; or the sentence of the refusal."""
    try:
        return sniff_dialect(path, {}, guess_encoding=guess_encoding).dialect
    except DataError as error:
        return str(error)


def hold_against_csv(data: bytes, path: Path, separator: str) -> bool:
    """Whether there was an answer; asserts that it is right, or that a sentence names a line."""
    path.write_bytes(data)
    dialect = Dialect(separator=separator)
    found = answer_or_sentence(path, dialect)
    if isinstance(found, str):
        assert PLACE.search(found), (data, found)
        return False
    names, frame = found
    header, *records = as_csv_reads(data, separator) or [[]]
    assert [name for name in names if not name.startswith("unnamed_")] == [n for n in header if n]
    if len(names) > len(header):
        assert all(len(record) == len(names) for record in records)
    expected = [
        tuple(
            value_of(text, TYPES.get(name, LogicalType.TEXT))
            for name, text in zip(names, record, strict=True)
        )
        for record in records
    ]
    assert frame.rows() == expected, data
    texts = scan_texts(path, dialect).collect().rows()
    assert texts == [tuple(text or None for text in record) for record in records], data
    return True


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_damaged_file_gives_a_right_answer_or_a_sentence_with_a_line(
    separator: str, tmp_path: Path
) -> None:
    chance = random.Random(f"damage {separator}")
    answers = 0
    for _ in range(EXAMPLES // 4):
        data = good_file(chance, separator)
        for _ in range(chance.randrange(1, DAMAGES_PER_FILE)):
            data = damaged(chance, data)
        answers += hold_against_csv(data, tmp_path / "d.csv", separator)
    assert EXAMPLES // 40 < answers < EXAMPLES // 4


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_good_file_is_read_as_csv_reads_it(separator: str, tmp_path: Path) -> None:
    chance = random.Random(f"good {separator}")
    for _ in range(25):
        assert hold_against_csv(good_file(chance, separator), tmp_path / "g.csv", separator)


def test_a_damaged_sample_is_sniffed_and_read_or_refused(tmp_path: Path) -> None:
    chance = random.Random("samples")
    for _ in range(300):
        sample = chance.choice(list(SAMPLES.values()))
        path = tmp_path / sample.name
        path.write_bytes(damaged(chance, damaged(chance, sample.content)))
        found: Any = sniffed_or_sentence(path, guess_encoding=chance.random() < 0.5)
        if isinstance(found, Dialect):
            found = answer_or_sentence(path, found)
        assert not isinstance(found, str) or PLACE.search(found) or REFUSED_WHOLE.search(found)


def test_random_bytes_give_a_right_answer_or_a_sentence(tmp_path: Path) -> None:
    chance = random.Random("bytes")
    for _ in range(100):
        size = chance.randrange(1, 60)
        data = bytes(chance.choice(ODD_BYTES + b"ab") for _ in range(size))
        (tmp_path / "r.csv").write_bytes(data)
        found = answer_or_sentence(tmp_path / "r.csv", Dialect())
        assert not isinstance(found, str) or len(found) > 20
