"""The verbs on a text file beside the same verbs on Parquet, as whole processes: python
bench/text_files.py [--quick].

A table of 500,000 rows and 20 columns stands as CSV and as Parquet. `check`, `train` and `score`
run on each: on the CSV first in an empty store, where its columns are looked at and it is turned
into Parquet, then once more on the same bytes. Beside them stand one `scan_csv` with a declared
schema, one look at all columns as text, and the same training and scoring by hand with Polars and
scikit-learn.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from goals import Goal, Section, section_main
from harness import REPEATS
from misses import MISSES

ROWS, QUICK_ROWS = 500_000, 50_000
NUMBERS = [f"x{j}" for j in range(16)]
CONFIG = """
name: text
data: {source: data.ENDING, target: {column: y, positive: 1}, id: id}
features: {numeric: [NUMBERS], categorical: [g, h]}
split: {method: random, test_size: 0.2}
write: {predictions: none}
"""
SCAN = "pl.scan_csv('data.csv', glob=False, schema=SCHEMA).collect()"
LOOK = "pl.scan_csv('data.csv', glob=False, infer_schema=False).collect()"
BY_HAND = """
import polars as pl
from sklearn.linear_model import LogisticRegression
def encoded(frame):
    return frame.select(pl.col("^x.*$"), pl.col("g", "h").cast(pl.String)).to_dummies(["g", "h"])
frame = pl.read_csv("data.csv", infer_schema_length=10_000)
X = encoded(frame)
model = LogisticRegression(C=1e6, solver="newton-cholesky").fit(X.to_numpy(), frame["y"].to_numpy())
"""
SCORE_BY_HAND = """
again = pl.read_csv("data.csv", infer_schema_length=10_000)
p = model.predict_proba(encoded(again).to_numpy())[:, 1]
again.select("id", p=pl.Series(p)).write_parquet("p")
"""


def table(rows: int) -> pl.DataFrame:
    """An id, 16 numbers, two categoricals and an outcome."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((rows, len(NUMBERS)))
    g, h = rng.integers(0, 8, rows), rng.integers(0, 30, rows)
    eta = 0.4 * X[:, 0] - 0.3 * X[:, 1] + 0.1 * g - 1.0
    return pl.DataFrame(
        {
            "id": np.arange(rows),
            **{name: X[:, j] for j, name in enumerate(NUMBERS)},
            "g": g,
            "h": pl.Series(h).cast(pl.String) + "th",
            "y": (rng.random(rows) < 1 / (1 + np.exp(-eta))).astype(int),
        }
    )


def prepare(folder: Path, rows: int) -> None:
    """The table as both files, and a config for each."""
    frame = table(rows)
    frame.write_csv(folder / "data.csv")
    frame.write_parquet(folder / "data.parquet")
    for ending in ("csv", "parquet"):
        text = CONFIG.replace("ENDING", ending).replace("NUMBERS", ", ".join(NUMBERS))
        (folder / f"{ending}.yaml").write_text(text, encoding="utf-8")


def seconds(folder: Path, *words: str) -> float:
    """The seconds of one whole process of Python."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


def verb(folder: Path, name: str, ending: str, store: str, *more: str) -> float:
    """The seconds of a verb; of score on the file itself as the cohort."""
    words = ["-m", "logit_flows", name, *([] if name == "check" else ["--no-prefect"])]
    config = ["--config", f"{ending}.yaml", "--set", f"store={store}", *more]
    return seconds(folder, *words, *([f"data.{ending}"] if name == "score" else []), *config)


def round_of(folder: Path, number: int) -> dict[str, float]:
    """One round: each process once, each store empty at its beginning."""
    csv, parquet = f"csv{number}", f"parquet{number}"
    schema = {
        name: str(kind) for name, kind in pl.read_parquet_schema(folder / "data.parquet").items()
    }
    head = f"import polars as pl\nSCHEMA = {{k: getattr(pl, v) for k, v in {schema!r}.items()}}\n"
    bare = seconds(folder, "-c", head)
    other = ["--set", "model.covariance.type=HC1"]
    return {
        "one scan_csv": seconds(folder, "-c", head + SCAN) - bare,
        "one look": seconds(folder, "-c", head + LOOK) - bare,
        "check, Parquet": verb(folder, "check", "parquet", parquet),
        "check, CSV first": verb(folder, "check", "csv", csv),
        "check, CSV again": verb(folder, "check", "csv", csv),
        "train, Parquet": verb(folder, "train", "parquet", parquet),
        "train, CSV first": verb(folder, "train", "csv", f"fresh{number}"),
        "train, CSV again": verb(folder, "train", "csv", f"fresh{number}", *other),
        "score, Parquet": verb(folder, "score", "parquet", parquet),
        "score, CSV first": verb(folder, "score", "csv", f"fresh{number}"),
        "score, CSV again": verb(
            folder, "score", "csv", f"fresh{number}", "--set", "score.output=[probability]"
        ),
        "train by hand": seconds(folder, "-c", BY_HAND),
        "train and score by hand": seconds(folder, "-c", BY_HAND + SCORE_BY_HAND),
    }


def goals_of(found: Mapping[str, float]) -> list[Goal]:
    """The goals of each verb: the first time by what reading must cost, then by Parquet's."""
    read = 1.5 * found["one scan_csv"]
    goals = []
    for name in ("check", "train", "score"):
        parquet = found[f"{name}, Parquet"]
        bound = parquet + read + (0.0 if name == "score" else found["one look"])
        first = f"`{name}` on a CSV, beside Parquet, 1.5 scans" + (
            "" if name == "score" else " and a look"
        )
        again = f"`{name}` on the same CSV again, beside Parquet"
        goals += [
            Goal(f"text/{name} first", first, found[f"{name}, CSV first"] / bound, 1.0),
            Goal(f"text/{name} again", again, found[f"{name}, CSV again"] / parquet, 1.3),
        ]
    return goals


def section(quick: bool, say: Callable[[str], object] = print) -> Section:
    """Rounds of all processes; their medians and the goals."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, QUICK_ROWS if quick else ROWS)
        round_of(folder, 0)  # the disk's cache warm, the byte code compiled
        rounds = [round_of(folder, i) for i in range(1, 2 if quick else 1 + REPEATS)]
    found = {name: median(one[name] for one in rounds) for name in rounds[0]}
    lines = ["| process | seconds |", "|---|---|"]
    lines += [f"| {name} | {value:.2f} |" for name, value in found.items()]
    for line in lines:
        say(line)
    return Section("text", lines, goals_of(found))


if __name__ == "__main__":
    section_main(section, __doc__, "50,000 rows and one round", MISSES)
