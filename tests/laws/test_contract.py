"""The law of the contract: what a file's types and order are changes no side, level or label.

Random tables are written as Parquet or CSV, then once more with their columns in another order,
with types that lose nothing, and with rows appended. Read under the contract that the first file
taught, the texts of ids, levels and labels are those of the values as Python writes them, and the
sides of their rows stay.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logit_flows.sources.contract import Role
from logit_flows.sources.files import bound_files
from logit_flows.sources.looking import KnownTypes
from logit_flows.sources.reading import read_source
from logit_flows.sources.table import SourceTable
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.text.dialects import DialectChoice
from logit_flows.steps.hashing import hashed_values

EXAMPLES = 1_000
SALT = 5
ROLES = {"id": (Role.ID,), "y": (Role.TARGET,), "g": (Role.CATEGORICAL,), "x": (Role.NUMERIC,)}

Retype = Callable[[pl.Series], pl.Series]


@dataclass(frozen=True)
class Kind:
    """Values of a kind, the text of one, and types that lose none of them."""

    values: st.SearchStrategy[Any]
    text: Callable[[Any], str]
    retypes: tuple[Retype, ...] = (lambda column: column,)


def cast(dtype: Any) -> Retype:
    """A change of type."""
    return lambda column: column.cast(dtype)


SAME: Retype = lambda column: column  # noqa: E731
WORDS = st.text("ab0\u00e9 ", min_size=1, max_size=4).filter(lambda text: text.strip() == text)
WHOLE = (SAME, cast(pl.Int16), cast(pl.Int128), cast(pl.Float64), cast(pl.Decimal(18, 0)))
KINDS = {
    "integers": Kind(st.integers(-999, 999), str, WHOLE),
    "large integers": Kind(
        st.integers(-(2**62), 2**62), str, (SAME, cast(pl.Int128), cast(pl.Decimal(38, 0)))
    ),
    "texts": Kind(
        WORDS | st.sampled_from(["007", "7", "true"]),
        str,
        (SAME, cast(pl.Categorical), lambda c: c.cast(pl.Enum(c.drop_nulls().unique()))),
    ),
    "booleans": Kind(st.booleans(), lambda v: str(v).lower(), (SAME, cast(pl.Int8))),
    "dates": Kind(
        st.dates(date(1990, 1, 1), date(2030, 1, 1)), str, (SAME, cast(pl.Datetime("ms")))
    ),
    "times": Kind(
        st.integers(0, 10**9).map(lambda s: datetime(2000, 1, 1) + timedelta(seconds=s)),
        lambda v: v.isoformat(" ", "microseconds"),
        (SAME, cast(pl.Datetime("ms")), cast(pl.Datetime("ns"))),
    ),
}
NUMBERS = Kind(
    st.integers(-(2**20), 2**20).map(lambda i: i / 8), repr, (SAME, cast(pl.Decimal(18, 4)))
)
BY_ROLE = {
    "id": ("integers", "large integers", "texts", "dates", "times"),
    "g": ("integers", "texts", "booleans", "dates", "times"),
    "y": ("integers", "texts", "booleans"),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, str], pl.DataFrame]:
    """The kind of each column, and a table of them."""
    kinds = {name: draw(st.sampled_from(BY_ROLE[name])) for name in ("id", "g", "y")}
    n = draw(st.integers(2, 8))
    unique = draw(st.lists(KINDS[kinds["id"]].values, min_size=n, max_size=n, unique=True))
    columns = {"id": unique} | {
        name: draw(st.lists(KINDS[kinds[name]].values, min_size=n, max_size=n))
        for name in ("g", "y")
    }
    columns["x"] = draw(st.lists(NUMBERS.values, min_size=n, max_size=n))
    return kinds, pl.DataFrame(columns)


@pytest.mark.parametrize("seed", range(4))
def test_types_order_and_more_rows_change_no_side_level_or_label(seed: int) -> None:
    @settings(max_examples=EXAMPLES // 4, database=None, deadline=None, derandomize=True)
    @given(tables(), st.data())
    def law(made: tuple[dict[str, str], pl.DataFrame], data: st.DataObject) -> None:
        kinds, frame = made
        as_text = data.draw(st.booleans()) if seed % 2 else False
        with tempfile.TemporaryDirectory() as folder:
            first = written(frame, Path(folder, "first.csv" if as_text else "first.parquet"))
            table = read(first, KnownTypes())
            expect_texts(table, kinds, frame)
            later = retyped(frame, kinds, data) if not as_text else frame
            more = pl.concat([later, later.sample(2, with_replacement=True, seed=seed)])
            order = data.draw(st.permutations(more.columns))
            second = written(more.select(order), Path(folder, "second" + Path(first).suffix))
            again = read(second, KnownTypes(older=table.contract.types))
            assert again.contract.digest == table.contract.digest
            expect_texts(again, kinds, frame)
            assert (sides(again)[: frame.height] == sides(table)).all()

    law()


def read(path: str, known: KnownTypes) -> SourceTable:
    """The file under a contract, or by a first look."""
    return read_source(
        bound_files([path]), ROLES, known, DialectChoice({}, Dialect()), Path(path).parent / "cache"
    )


def written(frame: pl.DataFrame, path: Path) -> str:
    """The frame as a file; times of a text file are ISO's."""
    if path.suffix == ".csv":
        frame.write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S%.6f")
    else:
        frame.write_parquet(path)
    return str(path)


def retyped(frame: pl.DataFrame, kinds: dict[str, str], data: st.DataObject) -> pl.DataFrame:
    """The frame with types that lose nothing."""
    retypes = {name: KINDS[kind].retypes for name, kind in kinds.items()} | {"x": NUMBERS.retypes}
    return frame.with_columns(
        data.draw(st.sampled_from(choices))(frame[name]) for name, choices in retypes.items()
    )


def expect_texts(table: SourceTable, kinds: dict[str, str], frame: pl.DataFrame) -> None:
    """The first rows have the texts of their values, and their numbers."""
    rows = table.scan().collect()
    for name, kind in kinds.items():
        wanted = [KINDS[kind].text(value) for value in frame[name].to_list()]
        assert rows[name].cast(pl.String).to_list()[: frame.height] == wanted, (name, kind)
    assert rows["x"].to_list()[: frame.height] == frame["x"].to_list()


def sides(table: SourceTable) -> np.ndarray:
    """A side for each row, by the hash of its id."""
    return hashed_values(table.scan().collect()["id"], SALT) < 0.5
