"""Build data/exam: the classic table of hours studied, and a simulated one with two features.

Run by hand: `python data/build_exam.py`. The files it writes are committed; data/exam/README.md
says what they are.
"""

import math
import random
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent / "exam"
HOURS = (
    "0.50 0.75 1.00 1.25 1.50 1.75 1.75 2.00 2.25 2.50 "
    "2.75 3.00 3.25 3.50 4.00 4.25 4.50 4.75 5.00 5.50"
)
PASSED = "0 0 0 0 0 0 1 0 1 0 1 0 1 0 1 1 1 1 1 1"

SEED = 2013
INTERCEPT, PER_HOUR, PER_COURSE = -5.0, 1.25, 0.75
TRAIN, TEST = 200, 100


def classic() -> pl.DataFrame:
    """The twenty students."""
    passed = [int(value) for value in PASSED.split()]
    return pl.DataFrame(
        {
            "student": range(1, len(passed) + 1),
            "hours": [float(value) for value in HOURS.split()],
            "passed": passed,
        }
    )


def simulated() -> pl.DataFrame:
    """Students who never were, from the coefficients above.

    `random.random` is the same in every version of Python.
    """
    draw = random.Random(SEED).random
    rows = []
    for student in range(1, TRAIN + TEST + 1):
        hours = (2 + int(21 * draw())) / 4
        courses = int(4 * draw())
        eta = INTERCEPT + PER_HOUR * hours + PER_COURSE * courses
        rows.append((student, hours, courses, int(draw() < 1 / (1 + math.exp(-eta)))))
    return pl.DataFrame(
        rows, schema=["student", "hours", "previous_courses", "passed"], orient="row"
    )


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    classic().write_csv(HERE / "students.csv", float_precision=2)
    classic().write_parquet(HERE / "students.parquet")
    simulated().head(TRAIN).write_csv(HERE / "two_features_train.csv", float_precision=2)
    simulated().tail(TEST).write_csv(HERE / "two_features_test.csv", float_precision=2)
