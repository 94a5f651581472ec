"""Columns of 600 rising times, a column of each type that orders a time split."""

from datetime import UTC, date, datetime, timedelta

import polars as pl

START = datetime(2023, 11, 5, 4, tzinfo=UTC)  # an hour before New York's clocks go back
MINUTES = pl.Series(
    [START + timedelta(minutes=i) for i in range(600)], dtype=pl.Datetime("us", "UTC")
)
TIMES = {
    "moments": MINUTES,
    "moments of New York": MINUTES.dt.convert_time_zone("America/New_York"),
    "naive times": MINUTES.dt.replace_time_zone(None),
    "naive times in milliseconds": MINUTES.dt.replace_time_zone(None).dt.cast_time_unit("ms"),
    "dates": pl.Series([date(2024, 1, 1) + timedelta(days=i) for i in range(600)]),
    "integers": pl.Series(range(600)),
    "wide integers": pl.Series([2**70 + i for i in range(600)], dtype=pl.Int128),
    "unsigned integers": pl.Series([2**63 + i for i in range(600)], dtype=pl.UInt64),
    "floats": pl.Series([i / 7 for i in range(600)]),
    "decimals": pl.Series(range(600)).cast(pl.Decimal(9, 2)) / 4,
}
