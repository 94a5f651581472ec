"""Text files as people have them: bytes, how they are written, and what they hold."""

import gzip
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from logit_flows.sources.type_names import LogicalType

NUMBER, INTEGER, TEXT = LogicalType.NUMBER, LogicalType.INTEGER, LogicalType.TEXT
DATE, TIME, ZONED = LogicalType.DATE, LogicalType.DATETIME, LogicalType.ZONED
BOOLEAN = LogicalType.BOOLEAN


@dataclass(frozen=True)
class Sample:
    """A file: what it is called, what its columns are (text if not named), what is to be found.

    dialect: the fields that differ from those of a plain CSV. reasons: what sniffing says.
    """

    data: str | bytes
    rows: list[tuple[Any, ...]]
    names: tuple[str, ...] = ("x", "y")
    types: dict[str, LogicalType] = field(default_factory=lambda: {"x": NUMBER})
    dialect: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    name: str = "f.csv"

    @property
    def content(self) -> bytes:
        """Its bytes."""
        return self.data if isinstance(self.data, bytes) else self.data.encode()


PLAIN = "x,y\n2.5,a\n3.5,b\n"
PLAIN_ROWS = [(2.5, "a"), (3.5, "b")]
SEMICOLON = "the separator is ';' (every line has 2 fields)"
ROW_NAMES = "the first column has no name, as row names have: it is called unnamed_1"
NO_NAMES = "line 1 looks like data, so no line holds names: the columns are column_1, column_2, ..."
BLANKS = "blanks stand around fields: they are trimmed"
QUOTED_ROWS = '"x","y"\n"2.5","a"\n"3.5","b, c ""d"""\n'

SAMPLES: dict[str, Sample] = {
    "plain": Sample(PLAIN, PLAIN_ROWS),
    "semicolons": Sample(
        PLAIN.replace(",", ";"), PLAIN_ROWS, dialect={"separator": ";"}, reasons=(SEMICOLON,)
    ),
    "tabs": Sample(
        PLAIN.replace(",", "\t"),
        PLAIN_ROWS,
        dialect={"separator": "\t"},
        reasons=("the separator is a tab (every line has 2 fields)",),
        name="f.tsv",
    ),
    "pipes": Sample(
        PLAIN.replace(",", "|"),
        PLAIN_ROWS,
        dialect={"separator": "|"},
        reasons=("the separator is '|' (every line has 2 fields)",),
        name="f.txt",
    ),
    "blanks as separators": Sample(
        "1 2.5  a\n2 3.5  b\n10 4   c\n",
        [(1, 2.5, "a"), (2, 3.5, "b"), (10, 4.0, "c")],
        ("column_1", "column_2", "column_3"),
        {"column_1": INTEGER, "column_2": NUMBER},
        {"separator": " ", "trim": True, "header": None},
        ("the separator is a blank (every line has 3 fields)", NO_NAMES),
        "f.data",
    ),
    "upper-case ending": Sample(PLAIN, PLAIN_ROWS, name="F.CSV"),
    "gzip": Sample(gzip.compress(PLAIN.encode()), PLAIN_ROWS, name="f.csv.gz"),
    "zstandard": Sample(
        pa.compress(PLAIN.encode(), "zstd", asbytes=True), PLAIN_ROWS, name="f.CSV.ZST"
    ),
    "gzip under another name": Sample(gzip.compress(PLAIN.encode()), PLAIN_ROWS),
    "byte order mark": Sample(b"\xef\xbb\xbf" + PLAIN.encode(), PLAIN_ROWS),
    "byte order mark before quotes": Sample(
        b"\xef\xbb\xbf" + QUOTED_ROWS.encode(), [(2.5, "a"), (3.5, 'b, c "d"')]
    ),
    "utf-16": Sample(
        "x;y\n2.5;é\n3.5;b\n".encode("utf-16"),
        [(2.5, "é"), (3.5, "b")],
        dialect={"encoding": "utf-16", "separator": ";"},
        reasons=("a byte order mark says UTF-16", SEMICOLON),
    ),
    "latin-1": Sample(
        "x,y\n2.5,café\n".encode("latin-1"),
        [(2.5, "café")],
        dialect={"encoding": "cp1252"},
        reasons=("line 2: the byte 0xE9 is not UTF-8: the text is read as cp1252",),
    ),
    "windows": Sample(
        "x,y\n2.5,5 €\n".encode("cp1252"),
        [(2.5, "5 €")],
        dialect={"encoding": "cp1252"},
        reasons=("line 2: the byte 0x80 is not UTF-8: the text is read as cp1252",),
    ),
    "names that are not ASCII": Sample(
        "âge,prénom\n12,é\n", [(12, "é")], ("âge", "prénom"), {"âge": INTEGER}
    ),
    "CR LF": Sample(PLAIN.replace("\n", "\r\n"), PLAIN_ROWS),
    "CR alone": Sample(PLAIN.replace("\n", "\r"), PLAIN_ROWS),
    "no final line end": Sample(PLAIN.rstrip("\n"), PLAIN_ROWS),
    "blank lines at the end": Sample(PLAIN + "\n\n  \n", PLAIN_ROWS),
    "blank CR LF lines at the end": Sample(PLAIN.replace("\n", "\r\n") + "\r\n\r\n", PLAIN_ROWS),
    "blank lines between": Sample("\nx,y\n\n2.5,a\n \n3.5,b\n", PLAIN_ROWS, dialect={"header": 2}),
    "quoted": Sample(QUOTED_ROWS, [(2.5, "a"), (3.5, 'b, c "d"')]),
    "quoted line ends": Sample('x,y\n2.5,"a\nb"\n3.5,"c\r\n"\n', [(2.5, "a\nb"), (3.5, "c\r\n")]),
    "quotes inside": Sample('x,y\n2.5,5" pipe\n3.5,b"c\n', [(2.5, '5" pipe'), (3.5, 'b"c')]),
    "quotes inside on two lines": Sample(
        'x,y,z\n1,2"x,3\n4,5"y,6\n',
        [(1.0, '2"x', "3"), (4.0, '5"y', "6")],
        ("x", "y", "z"),
    ),
    "single quotes": Sample(
        "x,y\n'2.5','a,b'\n'3.5','c'\n",
        [(2.5, "a,b"), (3.5, "c")],
        dialect={"quote": "'"},
        reasons=("fields stand in single quotes",),
    ),
    "quoted empty": Sample('x,y\n"",""\n3.5,b\n', [(None, None), (3.5, "b")]),
    "blanks around": Sample(
        " x, y\n 2.5, a\n3.5 , b b \n",
        [(2.5, "a"), (3.5, "b b")],
        dialect={"trim": True},
        reasons=(BLANKS,),
    ),
    "blanks before quotes": Sample(
        'x, y\n2.5, "a, b"\n3.5, "c"\n',
        [(2.5, "a, b"), (3.5, "c")],
        dialect={"trim": True},
        reasons=(BLANKS,),
    ),
    "blanks around markers": Sample(
        "x, y\n2.5, a\n?, b\n4, c\n",
        [(2.5, "a"), (None, "b"), (4.0, "c")],
        dialect={"trim": True, "markers": ("?",)},
        reasons=(BLANKS, "column 'x' holds '?' in 1 of 3 rows: it is read as missing"),
    ),
    "a blank number": Sample("x,y\n ,a\n3.5,b\n", [(None, "a"), (3.5, "b")]),
    "no header": Sample(
        "7.4,a,5\n7.8,b,5\n",
        [(7.4, "a", 5), (7.8, "b", 5)],
        ("column_1", "column_2", "column_3"),
        {"column_1": NUMBER, "column_3": INTEGER},
        {"header": None},
        (NO_NAMES,),
    ),
    "no header, codes": Sample(
        "A11,6,A34,A34\nA12,48,A32,A43\nA11,12,A34,A43\n",
        [("A11", 6, "A34", "A34"), ("A12", 48, "A32", "A43"), ("A11", 12, "A34", "A43")],
        ("column_1", "column_2", "column_3", "column_4"),
        {"column_2": INTEGER},
        {"header": None},
        (NO_NAMES,),
    ),
    "no header, all text": Sample(
        "p,x,s\ne,x,s\np,x,y\n",
        [("p", "x", "s"), ("e", "x", "s"), ("p", "x", "y")],
        ("column_1", "column_2", "column_3"),
        {},
        {"header": None},
        (NO_NAMES,),
    ),
    "header, all text": Sample(
        "cap,odor\nx,p\nb,a\n", [("x", "p"), ("b", "a")], ("cap", "odor"), {}
    ),
    "two headers": Sample(
        b"\xef\xbb\xbf,X1,Y\nID,LIMIT,default payment\n1,20000,1\n2,120000,0\n3,90000,0\n",
        [(1, 20000.0, 1), (2, 120000.0, 0), (3, 90000.0, 0)],
        ("ID", "LIMIT", "default payment"),
        {"ID": INTEGER, "LIMIT": NUMBER, "default payment": INTEGER},
        {"header": 2},
        ("lines 1 and 2 look like headers: the names are those of line 2",),
    ),
    "groups of names, as merged cells leave them": Sample(
        "Patient,,Vitals,,\nID,Sex,SBP,Pain,Ward\n1,2,126,7,A\n2,1,135,3,B\n3,2,144,5,A\n",
        [(1, 2, 126, 7, "A"), (2, 1, 135, 3, "B"), (3, 2, 144, 5, "A")],
        ("ID", "Sex", "SBP", "Pain", "Ward"),
        {"ID": INTEGER, "Sex": INTEGER, "SBP": INTEGER, "Pain": INTEGER},
        {"header": 2},
        ("lines 1 and 2 look like headers: the names are those of line 2",),
    ),
    "a first row of data with empty fields": Sample(
        "p,,x\nq,y,x\nq,y,z\n",
        [("p", None, "x"), ("q", "y", "x"), ("q", "y", "z")],
        ("column_1", "column_2", "column_3"),
        {},
        {"header": None},
        (NO_NAMES,),
    ),
    "a line of units": Sample(
        "name,height\n,cm\nAnn,170\nBob,180\nCy,175\n",
        [("Ann", 170), ("Bob", 180), ("Cy", 175)],
        ("name", "height"),
        {"height": INTEGER},
        {"skip_rows": 2},
        ("lines 1 and 2 look like headers: the names are those of line 1",),
    ),
    "a title": Sample(
        "Report of 2013\n\nx,y,z\n2.5,a,1\n3.5,b,2\n4.5,c,3\n",
        [(2.5, "a", "1"), (3.5, "b", "2"), (4.5, "c", "3")],
        ("x", "y", "z"),
        dialect={"header": 3, "skip_rows": 2},
        reasons=("the first 2 lines hold neither names nor data",),
    ),
    "years as names": Sample(
        "country,1990,1991\nFrance,1,2\nItaly,3,4\nSpain,5,6\n",
        [("France", 1, "2"), ("Italy", 3, "4"), ("Spain", 5, "6")],
        ("country", "1990", "1991"),
        {"1990": INTEGER},
    ),
    "an index of pandas": Sample(
        ",x,y\n0,2.5,a\n1,3.5,b\n",
        [(0, 2.5, "a"), (1, 3.5, "b")],
        ("unnamed_1", "x", "y"),
        {"unnamed_1": INTEGER, "x": NUMBER},
        reasons=(ROW_NAMES,),
    ),
    "row names of R": Sample(
        '"x","y"\n"1",2.5,"a"\n"2",3.5,"b"\n',
        [("1", 2.5, "a"), ("2", 3.5, "b")],
        ("unnamed_1", "x", "y"),
        reasons=(f"the lines have one field more than line 1 has names: {ROW_NAMES}",),
    ),
    "separators at line ends": Sample(
        "x,y,\n2.5,a,\n3.5,b,\n", [(2.5, "a", None), (3.5, "b", None)], ("x", "y", "unnamed_3")
    ),
    "separators at the ends of data": Sample(
        "x,y\n2.5,a,\n3.5,b,\n", [(2.5, "a", None), (3.5, "b", None)], ("x", "y", "unnamed_3")
    ),
    "a separator at the end of the header": Sample("x,y,\n2.5,a\n3.5,b\n", PLAIN_ROWS),
    "decimal commas": Sample(
        "x;y\n0,5;a\n1,25;b\n",
        [(0.5, "a"), (1.25, "b")],
        dialect={"separator": ";", "decimal": ","},
        reasons=(SEMICOLON, "the decimal mark is ',' (column 'x' holds '0,5')"),
    ),
    "decimal commas in quotes": Sample(
        'x,y\n"0,5",a\n"1,25",b\n',
        [(0.5, "a"), (1.25, "b")],
        dialect={"decimal": ","},
        reasons=("the decimal mark is ',' (column 'x' holds '0,5')",),
    ),
    "decimal commas without a header": Sample(
        "1,5;2,3\n1,7;2,9\n",
        [(1.5, 2.3), (1.7, 2.9)],
        ("column_1", "column_2"),
        {"column_1": NUMBER, "column_2": NUMBER},
        {"separator": ";", "decimal": ",", "header": None},
        (SEMICOLON, NO_NAMES, "the decimal mark is ',' (column 'column_1' holds '1,5')"),
    ),
    "thousands": Sample(
        'x,y\n"1,234",a\n"12,250.5",b\n7,c\n',
        [(1234.0, "a"), (12250.5, "b"), (7.0, "c")],
        dialect={"thousands": ","},
        reasons=("',' parts thousands (column 'x' holds '1,234')",),
    ),
    "a German export": Sample(
        "x;y\n1.234,50;31.12.2013\n99,00;01.02.2014\n-3,5;05.06.2014\n",
        [(1234.5, date(2013, 12, 31)), (99.0, date(2014, 2, 1)), (-3.5, date(2014, 6, 5))],
        types={"x": NUMBER, "y": DATE},
        dialect={"separator": ";", "decimal": ",", "thousands": ".", "dates": "%d.%m.%Y"},
        reasons=(
            SEMICOLON,
            "the decimal mark is ',' (column 'x' holds '1.234,50')",
            "'.' parts thousands (column 'x' holds '1.234,50')",
            "dates are written as %d.%m.%Y (column 'y' holds '31.12.2013')",
        ),
    ),
    "a French export": Sample(
        "x;y\n1\u202f234,5;a\n12,5;b\n",
        [(1234.5, "a"), (12.5, "b")],
        dialect={"separator": ";", "decimal": ",", "thousands": "\u202f"},
        reasons=(
            SEMICOLON,
            "the decimal mark is ',' (column 'x' holds '1\u202f234,5')",
            "'\\u202f' parts thousands (column 'x' holds '1\u202f234,5')",
        ),
    ),
    "thousands of whole numbers": Sample(
        "x;y\n1.234.567;a\n12.000;b\n800;c\n",
        [(1234567.0, "a"), (12000.0, "b"), (800.0, "c")],
        dialect={"separator": ";", "decimal": ",", "thousands": "."},
        reasons=(
            SEMICOLON,
            "the decimal mark is ',' (column 'x' holds '1.234.567')",
            "'.' parts thousands (column 'x' holds '1.234.567')",
        ),
    ),
    "a separator named for Excel": Sample(
        "sep=;\r\nx;y\r\n2.5;a\r\n3.5;b\r\n",
        PLAIN_ROWS,
        dialect={"separator": ";", "skip_rows": 1, "header": 2},
        reasons=("the first line says that the separator is ';'",),
    ),
    "columns of a fixed width": Sample(
        " 0.006  18.00   2.31  0\n 0.027   0.00   7.07  0\n 12.73   0.00   7.07  1\n",
        [(0.006, 18.0, 2.31, 0), (0.027, 0.0, 7.07, 0), (12.73, 0.0, 7.07, 1)],
        ("column_1", "column_2", "column_3", "column_4"),
        {"column_1": NUMBER, "column_2": NUMBER, "column_3": NUMBER, "column_4": INTEGER},
        {"separator": " ", "trim": True, "header": None},
        ("the separator is a blank (every line has 4 fields)", NO_NAMES),
    ),
    "days first": Sample(
        "x,y\n1,31/12/2013\n2,1/2/2014\n",
        [(1.0, date(2013, 12, 31)), (2.0, date(2014, 2, 1))],
        types={"x": NUMBER, "y": DATE},
        dialect={"dates": "%d/%m/%Y"},
        reasons=("dates are written as %d/%m/%Y (column 'y' holds '31/12/2013')",),
    ),
    "months first, with times": Sample(
        "x,y\n1,12/31/2013 5:00\n2,1/2/2014 17:30:15\n",
        [(1.0, datetime(2013, 12, 31, 5)), (2.0, datetime(2014, 1, 2, 17, 30, 15))],
        types={"x": NUMBER, "y": TIME},
        dialect={"dates": "%m/%d/%Y"},
        reasons=("dates are written as %m/%d/%Y (column 'y' holds '12/31/2013 5:00')",),
    ),
    "hours to 12": Sample(
        "x,y\n1,12/31/2013 5:00 PM\n2,1/2/2014 7:30 AM\n",
        [(1.0, datetime(2013, 12, 31, 17)), (2.0, datetime(2014, 1, 2, 7, 30))],
        types={"x": NUMBER, "y": TIME},
        dialect={"dates": "%m/%d/%Y %I:%M %p"},
        reasons=("dates are written as %m/%d/%Y %I:%M %p (column 'y' holds '12/31/2013 5:00 PM')",),
    ),
    "names of months": Sample(
        "x,y\n1,31-Jan-2013\n2,02-Feb-2014\n",
        [(1.0, date(2013, 1, 31)), (2.0, date(2014, 2, 2))],
        types={"x": NUMBER, "y": DATE},
        dialect={"dates": "%d-%b-%Y"},
        reasons=("dates are written as %d-%b-%Y (column 'y' holds '31-Jan-2013')",),
    ),
    "ISO times": Sample(
        "x,y,z\n2013-01-31,2013-01-31 05:00,2013-01-31T05:00:00Z\n"
        "2014-01-31,2014-01-31T05:00:01.5,2014-01-31T05:00+02:00\n",
        [
            (date(2013, 1, 31), datetime(2013, 1, 31, 5), datetime(2013, 1, 31, 5, tzinfo=UTC)),
            (
                date(2014, 1, 31),
                datetime(2014, 1, 31, 5, 0, 1, 500_000),
                datetime(2014, 1, 31, 3, tzinfo=UTC),
            ),
        ],
        ("x", "y", "z"),
        {"x": DATE, "y": TIME, "z": ZONED},
    ),
    "booleans": Sample(
        "x,y\nTRUE,a\nfalse,b\n,c\n",
        [(True, "a"), (False, "b"), (None, "c")],
        types={"x": BOOLEAN},
    ),
    "markers among numbers": Sample(
        "x,y\n1,?\nNA,a\n3,?\nnan,NA\n",
        [(1.0, "?"), (None, "a"), (3.0, "?"), (None, "NA")],
        dialect={"markers": ("NA", "nan")},
        reasons=(
            "column 'x' holds 'NA' in 1 of 4 rows: it is read as missing",
            "column 'x' holds 'nan' in 1 of 4 rows: it is read as missing",
        ),
    ),
    "markers in most rows": Sample(
        "x,y\n?,a\n?,b\n1.5,c\n?,d\n",
        [(None, "a"), (None, "b"), (1.5, "c"), (None, "d")],
        dialect={"markers": ("?",)},
        reasons=("column 'x' holds '?' in 3 of 4 rows: it is read as missing",),
    ),
    "markers in several columns": Sample(
        "x,y\n1,-\n-,-\n3,5\n",
        [(1.0, None), (None, None), (3.0, 5.0)],
        types={"x": NUMBER, "y": NUMBER},
        dialect={"markers": ("-",)},
        reasons=(
            "column 'y' holds '-' in 2 of 3 rows, and 1 other column of numbers hold it: it is "
            "read as missing",
        ),
    ),
    "whole numbers": Sample(
        "x,y\n12,a\n-5,b\n,c\n", [(12, "a"), (-5, "b"), (None, "c")], types={"x": INTEGER}
    ),
    "whole numbers with a point": Sample(
        "x,y\n12,a\n5.0,b\n", [(12, "a"), (5, "b")], types={"x": INTEGER}
    ),
    "codes with zeros in front": Sample(
        "x,y\n007,1\n7,2\n", [("007", 1), ("7", 2)], types={"y": INTEGER}
    ),
    "awkward names": Sample(
        '*,^x$,"a\nb","c,d"\n1,2,3,4\n',
        [(1, "2", "3", "4")],
        ("*", "^x$", "a\nb", "c,d"),
        {"*": INTEGER},
    ),
    "only names": Sample("x,y\n", []),
    "one column": Sample("x\n1\n2\n", [(1.0,), (2.0,)], ("x",)),
}
