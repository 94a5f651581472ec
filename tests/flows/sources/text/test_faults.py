"""What is wrong with a text file is a sentence: the file, the line, the column, what to do."""

import gzip
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from logit_flows.sources.shown_paths import shown_path
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.raw_bytes import other_kind
from logit_flows.sources.text.scanning import column_names, scan_texts, write_parquet
from logit_flows.sources.type_names import LogicalType

from logit_engine.errors import DataError

NUMBER, INTEGER, DATE = LogicalType.NUMBER, LogicalType.INTEGER, LogicalType.DATE
QUOTES = "correct the line, or if quotes mean nothing in the file:  data: {format: {quote: none}}"
MISSING = "repair the value, or if it means missing, add it:  data: {format: {null_values: ['', "


def refusal(
    folder: Path, data: str | bytes, kind: LogicalType = LogicalType.TEXT, **dialect: Any
) -> str:
    """The sentence, the file's folder left out; kind: the type of column x."""
    path = folder / "f.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(DataError) as caught:
        write_parquet(path, Dialect(**dialect), {"x": kind}, folder / "made.parquet")
    assert [made.name for made in folder.iterdir()] == ["f.csv"]
    return str(caught.value).replace(shown_path(folder / "f.csv"), "f.csv")


LINES = "x,y\n" + "1,a\n" * 300


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            f"{LINES}1,a,extra\n1,a\n",
            "f.csv, line 302 (data row 301): 3 fields, but the file has 2 columns; put quotes "
            "around a field that holds ',', or correct the line.",
        ),
        (
            f"{LINES}1\n1,a\n",
            "f.csv, line 302 (data row 301): 1 field, but the file has 2 columns; the line was "
            "cut short, or lacks a separator.",
        ),
        (
            f"{LINES}1,a,\n",
            "f.csv, line 302 (data row 301): 3 fields, but the file has 2 columns; put quotes "
            "around a field that holds ',', or correct the line.",
        ),
        (
            f'{LINES}1,"a\n{LINES}',
            f"f.csv, line 302 (data row 301): a quote opens a field and is never closed; {QUOTES}",
        ),
        (
            f'{LINES}1,"a\n1,b\n1,"c"\n',
            "f.csv, line 302 (data row 301): a quote opens a field, and on line 304 text follows "
            f"the quote that closes it; {QUOTES}",
        ),
        (
            f'{LINES}1,"a"b\n',
            f"f.csv, line 302 (data row 301): text follows the quote that closes a field; {QUOTES}",
        ),
        (
            f'{LINES}1,"a\n\nb"\n1\n',
            "f.csv, line 305 (data row 302): 1 field, but the file has 2 columns; the line was "
            "cut short, or lacks a separator.",
        ),
        (
            'x,"y\n1,2\n',
            "f.csv, line 1: a quote in the names of the columns is not closed, or text follows "
            f"the quote that closes a name; {QUOTES}",
        ),
        (
            LINES.encode() + b"1,caf\xe9\n",
            "f.csv, line 302: the byte 0xE9 is not UTF-8; name the encoding:  "
            "data: {format: {encoding: cp1252}}",
        ),
        (
            LINES.encode() + b"1,caf\xe9 \x80\n",
            "f.csv, line 302: the byte 0xE9 is not UTF-8; name the encoding:  "
            "data: {format: {encoding: cp1252}}",
        ),
        (
            LINES.encode() + b"1,caf\xc3",
            "f.csv, line 302: the byte 0xC3 is not UTF-8; name the encoding:  "
            "data: {format: {encoding: cp1252}}",
        ),
        (
            f"{LINES}1,a\0\n",
            "f.csv, line 302: a NUL character, which no text holds; the file is damaged: get it "
            "again, or remove the character.",
        ),
        ("", "f.csv is empty; there is nothing to read."),
        ("\n \n", "f.csv holds nothing but blank lines; there is nothing to read."),
        (
            "<!DOCTYPE html>\n<html>",
            "f.csv is a web page, whatever its name says; download the file itself, or save the "
            "table as CSV.",
        ),
        (
            '[\n  {"x": 1}]',
            "f.csv is JSON, whatever its name says; write it as CSV or Parquet.",
        ),
        (
            b"PK\x03\x04rest",
            "f.csv is an Excel file or an archive, whatever its name says; save the sheet as CSV, "
            "or unpack the file.",
        ),
        (
            b"PAR1rest",
            "f.csv is a Parquet file, whatever its name says; give it the ending .parquet.",
        ),
        (
            gzip.compress(LINES.encode(), mtime=0)[:20],
            "f.csv is compressed, and damaged (Compressed file ended before the end-of-stream "
            "marker was reached); get the file again.",
        ),
    ],
)
def test_a_wrong_file_is_refused_by_its_line(
    data: str | bytes, sentence: str, tmp_path: Path
) -> None:
    assert refusal(tmp_path, data) == sentence
    if b"\xe9" in (data if isinstance(data, bytes) else b""):
        return
    with pytest.raises(DataError) as caught:
        scan_texts(tmp_path / "f.csv", Dialect())
    assert str(caught.value).replace(shown_path(tmp_path / "f.csv"), "f.csv") == sentence


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ("abc", NUMBER, f"'abc' is not a number; {MISSING}'abc']}}}}"),
        ("it's", NUMBER, f"'it's' is not a number; {MISSING}'it''s']}}}}"),
        ("inf", NUMBER, f"'inf' is infinite or too large for a number; {MISSING}'inf']}}}}"),
        ("1e400", NUMBER, f"'1e400' is infinite or too large for a number; {MISSING}'1e400']}}}}"),
        (
            "9" * 400,
            NUMBER,
            f"'{'9' * 37}...' is infinite or too large for a number; {MISSING}'{'9' * 37}...']}}}}",
        ),
        (
            '"1,5"',
            NUMBER,
            "'1,5' is not a number; if the comma is the decimal mark:  "
            "data: {format: {decimal: ','}}",
        ),
        (
            '"1,500.5"',
            NUMBER,
            "'1,500.5' is not a number; if the comma parts thousands:  "
            "data: {format: {thousands: ','}}",
        ),
        ("1.5", INTEGER, f"'1.5' is not a whole number; {MISSING}'1.5']}}}}"),
        (
            "007",
            INTEGER,
            "'007' is not a whole number; if it is a code:  data: {types: {x: text}}",
        ),
        (
            "yes",
            LogicalType.BOOLEAN,
            "'yes' is not true or false; repair the value, or say what the column is (data.types).",
        ),
        (
            "2013-02-30",
            DATE,
            "'2013-02-30' is not a date; repair the value, say how dates are written "
            "(data.format.dates), or what the column is (data.types).",
        ),
        (
            "2013-01-31T05:00Z",
            LogicalType.DATETIME,
            "'2013-01-31T05:00Z' is not a time without a zone; repair the value, say how dates are "
            "written (data.format.dates), or what the column is (data.types).",
        ),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_line_and_column(
    value: str, kind: LogicalType, words: str, tmp_path: Path
) -> None:
    data = f'x,y\n,"two\nlines"\n\n{value},a\n{value},b\n'
    assert refusal(tmp_path, data, kind) == f"f.csv, line 5 (data row 2), column 'x': {words}"


@pytest.mark.parametrize("value", ["1.5", "1.500", "1.500,5", "1 500"])
def test_with_a_decimal_comma_a_point_is_no_decimal_mark(value: str, tmp_path: Path) -> None:
    data = f"x;y\n2,5;a\n{value};b\n"
    sentence = refusal(tmp_path, data, NUMBER, separator=";", decimal=",")
    assert sentence.startswith(f"f.csv, line 3 (data row 2), column 'x': '{value}' is not a number")
    if value.startswith("1.500"):
        assert sentence.endswith("if the point parts thousands:  data: {format: {thousands: '.'}}")


@pytest.mark.parametrize("value", ["1.5", "1.50,5", "12345.678", "1.2345"])
def test_marks_between_thousands_stand_before_three_digits(value: str, tmp_path: Path) -> None:
    data = f"x;y\n1.234,5;a\n{value};b\n"
    sentence = refusal(tmp_path, data, NUMBER, separator=";", decimal=",", thousands=".")
    assert sentence.startswith(f"f.csv, line 3 (data row 2), column 'x': '{value}' is not a number")


def test_the_first_of_several_misfits_is_told(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("x,y\n1,1\n2,b\na,3\n")
    with pytest.raises(DataError, match=r"line 3 \(data row 2\), column 'y': 'b' is not a number"):
        write_parquet(path, Dialect(), {"x": NUMBER, "y": NUMBER}, tmp_path / "made.parquet")


def test_lines_are_counted_in_a_compressed_file_of_another_encoding(tmp_path: Path) -> None:
    data = gzip.compress("x;y\r\n1;é\r\nb;é\r\n".encode("latin-1"))
    sentence = refusal(tmp_path, data, NUMBER, separator=";", encoding="latin-1")
    assert sentence.startswith("f.csv, line 3 (data row 2), column 'x': 'b' is not a number")


def test_names_that_are_declared_are_as_many_as_the_fields(tmp_path: Path) -> None:
    assert refusal(tmp_path, "1,2,3\n", header=None, names=("x", "y")) == (
        "data.format.header names 2 columns, but the lines of f.csv have 3 fields."
    )


def test_names_that_are_declared_stand_in_the_order_of_the_header(tmp_path: Path) -> None:
    names = ("a", "b", "b_2")
    assert refusal(tmp_path, "b,b,a\n1,2,3\n", header=1, names=names) == (
        "f.csv, line 1: column 3 is 'a', which data.format.header names as column 1; put the "
        "columns in that order, or correct the list."
    )
    path = tmp_path / "f.csv"
    path.write_text("a,b,b\n1,2,3\n")
    assert column_names(path, Dialect(header=1, names=names)) == names


def test_a_header_line_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path, "x,y\n1,2\n", header=7) == (
        "f.csv has no line 7 or behind it, where data.format.header says the names are."
    )


def test_a_name_that_stands_twice_is_left_to_the_caller(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("x,x\n1,2\n")
    assert column_names(tmp_path / "f.csv", Dialect()) == ("x", "x")


def test_a_file_that_changes_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    for data, expected in (("x,y\n1,2\n", [("1", "2")]), ("x,y\n10,20\n", [("10", "20")])):
        path.write_text(data)
        assert scan_texts(path, Dialect()).collect().rows() == expected


def test_a_long_field_is_read_whole(tmp_path: Path) -> None:
    path, long = tmp_path / "f.csv", "é" * 300_000
    path.write_text(f'x,y\n1,{long}\n\n2,"a\n{long}"\n')
    write_parquet(path, Dialect(), {"y": LogicalType.TEXT}, tmp_path / "made.parquet")
    assert pl.read_parquet(tmp_path / "made.parquet")["y"].to_list() == [long, f"a\n{long}"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a.XLSX", "a.XLSX is an Excel file; save the sheet as CSV."),
        ("a.zip", "a.zip is an archive; unpack it, and name the file in it."),
        ("a.csv", None),
        ("a.parquet", None),
    ],
)
def test_a_file_that_is_no_table_is_told_by_its_ending(name: str, sentence: str | None) -> None:
    assert other_kind(name) == sentence


def test_a_line_to_paste_keeps_what_is_missing_already_and_quotes_a_name(tmp_path: Path) -> None:
    said = refusal(tmp_path, "x,y\nNA,1\nlots,2\n", NUMBER, null_values=("", "NA"))
    assert said.endswith("data: {format: {null_values: ['', 'NA', 'lots']}}")
    (tmp_path / "g.csv").write_text("a: b;y\n007;1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r'data: \{types: \{"a: b": text\}\}$'):
        write_parquet(
            tmp_path / "g.csv", Dialect(separator=";"), {"a: b": INTEGER}, tmp_path / "made.parquet"
        )


@pytest.mark.parametrize(
    ("value", "kind", "dates"),
    [
        ("31/01/13", DATE, "%d/%m/%Y"),
        ("31/01/13 05:00", LogicalType.DATETIME, "%d/%m/%Y"),
        ("13-01-31", DATE, None),
        ("13-01-31 05:00", LogicalType.DATETIME, None),
        ("13-01-31 05:00Z", LogicalType.ZONED, None),
        ("-2013-01-31", DATE, None),
    ],
)
def test_two_digits_are_no_year_of_the_first_century(
    value: str, kind: LogicalType, dates: str | None, tmp_path: Path
) -> None:
    said = refusal(tmp_path, f"x,y\n{value},1\n", kind, dates=dates)
    assert said.startswith(f"f.csv, line 2 (data row 1), column 'x': '{value}' is not a ")
