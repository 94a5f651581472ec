"""Whole histories of a name: train, score and retrain, while the data grow, lose their first rows,
are corrected or numbered anew, and their types change.

A history is drawn from a seed. Whatever happens in it: no row that a champion was fitted on is
called unseen at the gate; a random split never moves a row; a cohort's scores are those that the
run itself has for these rows; and what is refused is refused by an error of ours.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from logit_flows.config.checking import from_mapping
from logit_flows.config.model import Config
from logit_flows.recipes.retraining import retrain
from logit_flows.recipes.scoring import score
from logit_flows.recipes.training import train
from logit_flows.steps.opening import open_store

from logit_engine.errors import LogitEngineError

HISTORIES, PARTS, STEPS = 50, 5, 6
SLOW_PARTS = range(PARTS, 100)
PARAMETERS = [*range(PARTS), *(pytest.param(part, marks=pytest.mark.slow) for part in SLOW_PARTS)]
FIRST_DAY = date(2024, 1, 1)


@pytest.mark.parametrize("part", PARAMETERS)
def test_no_history_calls_a_row_unseen_that_was_seen(part: int, tmp_path: Path) -> None:
    size = HISTORIES // PARTS
    for seed in range(part * size, (part + 1) * size):
        folder = tmp_path / str(seed)
        folder.mkdir()
        History.begun(seed, folder).run()


@dataclass
class History:
    """A name with its data: what it asks for, what its rows are, and what each run held out.

    published: what each run published of its rows, and how often the keys had been given by then;
    x names a row for good, whatever happens to its key. made: rows so far.
    """

    rng: np.random.Generator
    folder: Path
    ending: str
    split: dict[str, Any]
    frame: pl.DataFrame
    numeric: list[str]
    published: dict[str, tuple[int, pl.DataFrame]] = field(default_factory=dict)
    numbered: int = 0
    made: int = 240

    @staticmethod
    def begun(seed: int, folder: Path) -> "History":
        """A history with a random format, split and kind of id."""
        rng = np.random.default_rng([20_261_127, seed])
        splits: list[dict[str, Any]] = [
            {"method": "random", "test_size": 0.3},
            {"method": "random", "by": "row", "test_size": 0.3},
            {"method": "stratified", "test_size": 0.3},
            {"method": "time", "test_size": 0.3},
        ]
        split = splits[rng.integers(len(splits))]
        ending = str(rng.choice(["csv", "parquet"]))
        kinds: list[Callable[[int], Any]] = [int, lambda i: f"{i:05d}", lambda i: f"id-{i}"]
        kind = kinds[rng.integers(len(kinds))]
        history = History(rng, folder, ending, split, pl.DataFrame(), ["x", "z"])
        history.frame = history.rows(240, 0).with_columns(
            key=pl.Series([kind(i) for i in range(240)])
        )
        return history

    def rows(self, n: int, first: int) -> pl.DataFrame:
        """More rows, with whole numbers as keys."""
        x, level = self.rng.normal(size=n), self.rng.choice([1, 2, 3], n)
        index = np.arange(first, first + n)
        return pl.DataFrame(
            {
                "key": index,
                "day": [FIRST_DAY + timedelta(days=int(i) // 10) for i in index],
                "x": x,
                "z": self.rng.normal(size=n),
                "level": level,
                "y": (self.rng.random(n) < 1 / (1 + np.exp(-x - 0.3 * level + 0.5))).astype(int),
            }
        )

    @property
    def config(self) -> Config:
        """What the name asks for now."""
        content = {
            "name": "history",
            "data": {
                "source": f"data.{self.ending}",
                "target": {"column": "y", "positive": 1},
                "id": "key",
                "time": "day",
            },
            "features": {"numeric": self.numeric, "categorical": ["level"]},
            "split": self.split,
            "gate": {"margin": 0.05},
            "write": {"predictions": "all"},
        }
        return from_mapping(content, self.folder)

    def run(self) -> None:
        """Train, then some random steps; an error of ours is a step that changes nothing."""
        self.write()
        self.keep_sides(train(self.config).run)
        steps = [
            *(self.append, self.retype, self.drop_feature, self.break_type, self.retrain),
            *(self.forget, self.number_anew, self.correct),
        ]
        for i in self.rng.integers(len(steps), size=STEPS):
            steps[i]()
            self.write()
            self.score()
        self.retrain()

    def write(self) -> None:
        """The rows as the file, its columns in any order."""
        table = self.frame.select(self.rng.permutation(self.frame.columns).tolist())
        path = self.folder / f"data.{self.ending}"
        table.write_csv(path) if self.ending == "csv" else table.write_parquet(path)

    def append(self) -> None:
        """More rows, with keys like the others."""
        new = self.rows(40, self.made)
        self.made += 40
        keys = new["key"].cast(pl.String)
        like = self.frame["key"].cast(pl.String)[0]
        keys = keys.str.zfill(5) if like == "00000" else keys
        keys = "id-" + keys if like.startswith("id-") else keys
        new = new.with_columns(keys.cast(self.frame.schema["key"]).alias("key"))
        self.frame = pl.concat([self.frame, new.cast(dict(self.frame.schema))])

    def retype(self) -> None:
        """Other types that lose nothing."""
        self.frame = self.frame.with_columns(
            pl.col("level").cast(self.rng.choice([pl.Int8, pl.Float64, pl.Int64])),
            pl.col("y").cast(self.rng.choice([pl.Int16, pl.Float32, pl.Int64])),
        )

    def forget(self) -> None:
        """The first rows leave the file."""
        self.frame = self.frame.tail(max(200, self.frame.height - 30))

    def number_anew(self) -> None:
        """The same keys, for other rows."""
        self.numbered += 1
        order = self.rng.permutation(self.frame.height).tolist()
        self.frame = self.frame.with_columns(key=self.frame["key"][order])

    def correct(self) -> None:
        """Some outcomes and some days were wrong."""
        wrong = pl.Series(self.rng.random(self.frame.height) < 0.1)
        day = pl.when(wrong).then(self.frame["day"].max()).otherwise("day")
        y = pl.when(wrong).then(1 - pl.col("y")).otherwise("y")
        self.frame = self.frame.with_columns(day=day, y=y.cast(self.frame.schema["y"]))

    def drop_feature(self) -> None:
        """A feature less, or one more again."""
        self.numeric = ["x"] if len(self.numeric) == 2 else ["x", "z"]

    def break_type(self) -> None:
        """One level that is no whole number, which the contract of most histories refuses."""
        kept = self.frame
        levels = ["A", *self.frame["level"].cast(pl.Int64).cast(pl.String).to_list()[1:]]
        self.frame = self.frame.with_columns(level=pl.Series(levels))
        self.write()
        with pytest.raises(LogitEngineError, match=r"level.*--relearn"):
            retrain(self.config)
        self.frame = kept

    def retrain(self) -> None:
        """A challenger; what the gate calls unseen was in no training rows of the champion."""
        self.write()
        before = open_store(self.config).champion()
        assert before is not None
        found = retrain(self.config)
        self.keep_sides(found.trained.run)
        said = re.search(r"on ([\d,]+) rows.* that neither has seen", found.decision.sentence)
        if said is not None:
            runs = [self.published[run][1] for run in (before.run, found.trained.run)]
            fitted = {x for run in runs for x in run.filter(pl.col("split") == "train")["x"]}
            unseen = set(self.frame["x"]) - fitted
            assert int(said[1].replace(",", "")) <= len(unseen)

    def keep_sides(self, run: str) -> None:
        """The side of each row in a run; a random split has never put one on another."""
        if run not in self.published:
            self.published[run] = self.numbered, self.with_x(self.predictions(run))
        if self.split["method"] == "random" and "by" not in self.split:
            numbered, own = self.published[run]
            for when, other in self.published.values():
                both = own.join(other, on="x", suffix=" of the other")
                assert when != numbered or (both["split"] == both["split of the other"]).all()

    def score(self) -> None:
        """Some rows as a cohort: their scores are the predictions that the run has for them."""
        champion = open_store(self.config).champion()
        assert champion is not None
        cohort = self.folder / "cohort.parquet" if self.ending == "parquet" else None
        cohort = cohort or self.folder / "cohort.csv"
        some = self.frame.head(30).drop("y")
        some.write_csv(cohort) if self.ending == "csv" else some.write_parquet(cohort)
        (scored,) = score(self.config, [str(cohort)])
        scores, (_, whole) = self.with_x(pl.read_parquet(scored.path)), self.published[champion.run]
        both = scores.join(whole, on="x", suffix=" of the run")
        assert scores.height == 30
        assert both.height == scores["x"].is_in(whole["x"].implode()).sum()
        difference = (both["probability"] - both["probability of the run"]).abs()
        assert (difference <= 1e-12).all()

    def with_x(self, table: pl.DataFrame) -> pl.DataFrame:
        """A table of present keys with the x of each."""
        text = pl.col("key").cast(pl.String)
        return table.with_columns(text).join(self.frame.select(text, "x"), on="key")

    def predictions(self, run: str) -> pl.DataFrame:
        """What a run published of its rows."""
        return pl.read_parquet(open_store(self.config).run_files(run).predictions)
