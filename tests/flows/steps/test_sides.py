"""The law of sides and folds: no order, type, cut or growth of the data moves a row."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from logit_flows.steps.folds import hashed_folds
from logit_flows.steps.hashing import RowKey
from logit_flows.steps.split import Split
from logit_flows.steps.split import test_mask as hold_out

from logit_engine.rows.table_frames import MemoryFrames

hold_out.__test__ = False  # type: ignore[attr-defined]

RULES = (
    Split("hash", "key", threshold=0.4),
    Split("hash", "group", threshold=0.4),
    Split("hash", row=RowKey(("x",), ("group", "when")), threshold=0.4),
    Split("stratified", "key", target="y", by_class=(("0", 0.3), ("1", 0.5))),
    Split("column", "group", values=("1", "3")),
    Split("time", "when", threshold=500),
)
WHOLE_TYPES = (pl.Int32, pl.Int64, pl.UInt64, pl.Int128, pl.Decimal(38, 0))
TEXT_TYPES = (pl.String, pl.Categorical, "enum")
NUMBER_TYPES = (*WHOLE_TYPES, pl.Float64, pl.Float32)
TYPES: dict[str, tuple[Any, ...]] = {
    "key": (*WHOLE_TYPES, *TEXT_TYPES),
    "group": (*WHOLE_TYPES, *TEXT_TYPES),
    "y": (*WHOLE_TYPES, *TEXT_TYPES, pl.Float64),
    "x": NUMBER_TYPES,
    "when": WHOLE_TYPES,
}


@dataclass(frozen=True)
class History:
    """The rows of a first file and of a later one, which holds them too, as files hold them."""

    first: pl.DataFrame
    later: list[pl.DataFrame]


def retyped(column: pl.Series, wanted: Any) -> pl.Series:
    """The column in a type that loses nothing."""
    if wanted not in TEXT_TYPES:
        return column.cast(wanted)
    text = column.cast(pl.String)
    if wanted == "enum":
        return text.cast(pl.Enum(text.unique().drop_nulls().sort(descending=True)))
    return text.cast(wanted)


@st.composite
def histories(draw: st.DrawFn) -> History:
    keys = draw(st.lists(st.integers(0, 2**31 - 1), min_size=2, max_size=12, unique=True))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = len(keys)
    numbers = [None, 0, 1, 2, 10**6]
    frame = pl.DataFrame(
        {
            "key": pl.Series(keys),
            "group": rng.integers(0, 5, n),
            "y": rng.integers(0, 2, n),
            "x": pl.Series([numbers[i] for i in rng.integers(0, 5, n)], dtype=pl.Int64),
            "when": rng.integers(0, 1000, n),
        }
    )
    known = draw(st.integers(1, n))
    order = draw(st.permutations(range(n)))
    columns = draw(st.permutations(frame.columns))
    cut = draw(st.integers(0, n))

    def file_of(rows: pl.DataFrame) -> pl.DataFrame:
        kinds = {name: draw(st.sampled_from(TYPES[name])) for name in columns}
        return pl.DataFrame([retyped(rows[name], kinds[name]) for name in columns])

    later = frame[order]
    return History(file_of(frame[:known]), [file_of(later[:cut]), file_of(later[cut:])])


def keys_of(frame: pl.DataFrame) -> list[str]:
    return frame["key"].cast(pl.String).to_list()


@settings(max_examples=500)
@given(histories(), st.sampled_from(RULES))
def test_no_order_type_cut_or_growth_moves_a_row(history: History, rule: Split) -> None:
    rule = Split.from_content(rule.to_content())
    now = {
        key: side
        for frame in history.later
        for key, side in zip(keys_of(frame), hold_out(rule, frame).tolist(), strict=True)
    }
    before = hold_out(rule, history.first).tolist()
    assert [now[key] for key in keys_of(history.first)] == before
    if rule.key is None:
        return
    folds = {
        key: fold
        for frame in history.later
        for key, fold in zip(
            keys_of(frame), hashed_folds(MemoryFrames(frame), rule.key, 3), strict=True
        )
    }
    expected = hashed_folds(MemoryFrames(history.first), rule.key, 3).tolist()
    assert [folds[key] for key in keys_of(history.first)] == expected
