"""Tables and configs for tests of the pipeline."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
from logit_flows.config.model import Config
from logit_flows.steps.load import Dataset
from logit_flows.steps.rows import Side, open_rows
from logit_flows.steps.split import Split

Make = Callable[..., Config]


def side_table(config: Config, dataset: Dataset, split: Split, side: Side) -> pl.DataFrame:
    """The rows of a side as one table."""
    rows = open_rows(config, dataset, split, side)
    return pl.concat([rows.schema.to_frame(), *rows.frames()])


def city_table(rows: int = 600, seed: int = 5, first: int = 0) -> pl.DataFrame:
    """Rows in clusters of ten over days, with an outcome that follows x and a little of city."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(rows)
    city = rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])
    eta = 1.5 * x - 0.5 + 0.8 * (city == "b")
    index = np.arange(first, first + rows)
    return pl.DataFrame(
        {
            "key": index,
            "group": [f"g{i // 10}" for i in index],
            "day": [date(2024, 1, 1) + timedelta(days=int(i) // 30) for i in index],
            "part": np.where(index % 4 == 0, "late", "early"),
            "x": x,
            "z": rng.standard_normal(rows),
            "city": city,
            "y": rng.random(rows) < 1.0 / (1.0 + np.exp(-eta)),
        }
    )
