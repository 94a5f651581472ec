"""Sniffing looks where it must, guesses nothing that it cannot see, and says why."""

from pathlib import Path
from typing import Any

import pytest
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.marks import date_form
from logit_flows.sources.text.raw_bytes import wide_encoding
from logit_flows.sources.text.scanning import scan_texts
from logit_flows.sources.text.sniffing import Sniffed, sniff_dialect

from logit_engine.errors import DataError


def sniffed(folder: Path, data: str | bytes, declared: Any = None, *args: Any) -> Sniffed:
    path = folder / "f.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return sniff_dialect(path, declared, *args)


def test_a_marker_behind_the_head_is_seen_and_counted(tmp_path: Path) -> None:
    rows = [f"{i},{i % 7},word" for i in range(60_000)]
    rows[59_000] = "?,NA,NA"
    found = sniffed(tmp_path, "x,y,z\n" + "\n".join(rows) + "\n")
    assert found.dialect == Dialect(markers=("?", "NA"))
    assert found.reasons == (
        "column 'x' holds '?' in 1 of 60,000 rows: it is read as missing",
        "column 'y' holds 'NA' in 1 of 60,000 rows: it is read as missing",
    )


def test_a_marker_among_texts_is_a_level(tmp_path: Path) -> None:
    assert sniffed(tmp_path, "x,y\n?,1\na,2\nNA,3\n").dialect.markers == ()


def test_a_column_with_other_texts_is_of_numbers_only_if_it_is_said(tmp_path: Path) -> None:
    data = "x,y\n?,1\n5,2\nabc,3\n"
    assert sniffed(tmp_path, data).dialect.markers == ()
    assert sniffed(tmp_path, data, None, ["x"]).dialect.markers == ("?",)


def test_only_the_named_columns_are_looked_at(tmp_path: Path) -> None:
    data = "x,y\n?,NA\n5,2\n"
    assert sniffed(tmp_path, data, {}, ["y", "z"]).dialect.markers == ("NA",)


def test_an_encoding_is_guessed_only_if_asked(tmp_path: Path) -> None:
    data = "x,y\n1,café\n".encode("latin-1")
    with pytest.raises(DataError, match="line 2: the byte 0xE9 is not UTF-8; name the encoding"):
        sniffed(tmp_path, data)
    found = sniff_dialect(tmp_path / "f.csv", None, guess_encoding=True)
    assert found.dialect.encoding == "cp1252"


def test_utf_16_without_a_mark_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes("x;y\n1;a\n".encode("utf-16-le"))
    found = sniff_dialect(tmp_path / "f.csv", None, guess_encoding=True)
    assert found.dialect == Dialect(";", encoding="utf-16-le")
    assert found.reasons[0] == "zeros stand between its bytes, as in UTF-16-LE"


WIDE_TEXTS = {
    "digits": "x;y\n1;2\n3;4\n",
    "umlauts": "größe;y\n1;a\n2;b\n",
    "cyrillic": "имя;город\n" + "Владимир;Екатеринбург\n" * 50,
    "chinese": "姓名,城市,年龄\n" + "王小明,上海市浦东新区,34\n" * 50,
    "letters with a zero": "vārds,y\n" + "Āboliņš,1\n" * 50,
}


@pytest.mark.parametrize("text", WIDE_TEXTS)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_wide_encoding_without_a_mark_is_told_by_its_zeros(text: str, encoding: str) -> None:
    assert wide_encoding(WIDE_TEXTS[text].encode(encoding)) == encoding


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "gb18030", "utf-7"])
def test_no_narrow_encoding_is_taken_for_a_wide_one(encoding: str) -> None:
    for text in WIDE_TEXTS.values():
        assert wide_encoding(text.encode(encoding, "replace")) is None
    assert wide_encoding(b"") is None
    assert wide_encoding(b"x,y\n1,a\n2,\0\n") is None


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("letter", ["o", "ö"])
def test_what_is_proposed_for_a_wide_text_reads_it(
    tmp_path: Path, encoding: str, letter: str
) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(f"c{letter}de,y\n007,a\n12,b\n".encode(encoding))
    with pytest.raises(DataError, match="data: {format: {encoding: " + encoding + "}}"):
        scan_texts(path, Dialect()).collect()
    for declared in (encoding, encoding[:6]):
        read = scan_texts(path, Dialect(encoding=declared)).collect()
        assert read.to_dict(as_series=False) == {f"c{letter}de": ["007", "12"], "y": ["a", "b"]}


def test_a_declared_encoding_of_either_order_is_refused_of_another_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not UTF-16: it has no byte order mark, and its bytes"):
        sniffed(tmp_path, "x,y\n1,a\n", {"encoding": "utf-16"})


def test_a_mark_that_may_be_of_thousands_is_said_to_be_unsure(tmp_path: Path) -> None:
    found = sniffed(tmp_path, "x;y\n1,234;a\n2,500;b\n")
    assert found.dialect == Dialect(";", ",")
    assert found.reasons[1] == (
        "the decimal mark is taken to be ',' (column 'x' holds '1,234', which may mean thousands: "
        "say data.format.thousands)"
    )


def test_days_that_may_be_months_are_said_to_be_unsure(tmp_path: Path) -> None:
    found = sniffed(tmp_path, "x,y\n1,3/1/2013\n2,4/2/2013\n")
    assert found == Sniffed(
        Dialect(),
        (
            "column 'y' holds dates such as '3/1/2013', of which day and month cannot be told "
            "apart: say data.format.dates, as '%d/%m/%Y'",
        ),
    )


def test_a_day_behind_the_head_tells_days_from_months(tmp_path: Path) -> None:
    rows = [f"{i},0{i % 9 + 1}/0{i % 7 + 1}/2013 0{i % 9}:00" for i in range(60_000)]
    rows[59_000] = "5,3/25/2013 05:00"
    assert sniffed(tmp_path, "x,y\n" + "\n".join(rows) + "\n") == Sniffed(
        Dialect(dates="%m/%d/%Y"),
        ("dates are written as %m/%d/%Y (column 'y' holds '01/01/2013 00:00')",),
    )


def test_one_column_tells_the_days_of_another(tmp_path: Path) -> None:
    found = sniffed(tmp_path, "x,y,z\n1,3/1/2013,25/1/2013\n2,4/2/2013,1/2/2013\n")
    assert found.dialect.dates == "%d/%m/%Y"


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["13/01/2013", "01/02/2013"], "%d/%m/%Y"),
        (["01/13/13"], "%m/%d/%y"),
        (["01.02.2013"], "%d.%m.%Y"),
        (["1-2-2013 05:00"], ""),
        (["2013/01/31"], "%Y/%m/%d"),
        (["1 February 2013", "2 May 2013"], "%d %B %Y"),
        (["01FEB2013"], "%d%b%Y"),
        (["Jan 31, 2013", "Feb 1, 2013"], "%b %d, %Y"),
        (["January 31 2013"], "%B %d %Y"),
        (["2013-01-31"], None),
        (["13/13/2013"], None),
        (["32/01/2013"], None),
        (["1.5", "2.5"], None),
        (["10/20", "1/2"], None),
        (["[0-10)"], None),
        (["a"], None),
        ([], None),
    ],
)
def test_a_form_of_dates_is_read_off_its_values(values: list[str], form: str | None) -> None:
    assert date_form(values) == form


@pytest.mark.parametrize(
    ("data", "separator"),
    [
        ('name,note\n"a; b; c",x\n"d; e; f",y\n', ","),
        ("name;note\n1,5;a,b\n2,5;c\n", ";"),
        ('a,b\n"1,5","2,5"\n', ","),
        ("when,x\n2013-01-31 05:00,1\n2013-01-31 06:00,2\n", ","),
        ("text\nhello there\nyou all too\n", ","),
        ("a\tb, c\n1\t2, 3\n4\t5, 6\n", "\t"),
    ],
)
def test_the_separator_is_the_one_that_leaves_no_other(
    data: str, separator: str, tmp_path: Path
) -> None:
    assert sniffed(tmp_path, data).dialect.separator == separator


def test_a_header_that_comes_again_is_still_a_header(tmp_path: Path) -> None:
    assert sniffed(tmp_path, "x,y\n1,a\n2,b\nx,y\n3,c\n").dialect.header == 1


def test_a_line_of_data_that_comes_again_is_no_header(tmp_path: Path) -> None:
    assert sniffed(tmp_path, "1999,a\n2,b\n1999,a\n3,c\n").dialect.header is None
    assert sniffed(tmp_path, "p,x\ne,y\np,x\ne,x\np,y\n").dialect.header is None


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a Parquet file, whatever its name says"):
        sniffed(tmp_path, b"PAR1rest")


def test_an_empty_file_has_nothing_to_sniff(tmp_path: Path) -> None:
    assert sniffed(tmp_path, "") == Sniffed(Dialect(), ())
    assert sniffed(tmp_path, "\n\n") == Sniffed(Dialect(), ())


def test_a_wrong_line_behind_the_head_is_told_by_the_look(tmp_path: Path) -> None:
    rows = "".join(f"{i},1\n" for i in range(60_000))
    with pytest.raises(DataError, match=r"line 60,002 \(data row 60,001\): 1 field"):
        sniffed(tmp_path, f"x,y\n{rows}5\n")
