"""Tables as people have them: init, train and report of each, as a user types them.

    python bench/tables.py             the tables of data/tables
    python bench/tables.py FOLDER      the files of another folder, each as its own table

Each table gets a folder of its own. What is printed: the outcome and the event that init chose,
the seconds of the three verbs, the edits, accuracy and area on the test rows, and the largest
difference of a coefficient from an independent fit of the same design.
"""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from logit_flows.config.model import Config
from logit_flows.config.reading import read_config
from logit_flows.steps.load import load_dataset
from logit_flows.steps.rows import open_rows
from logit_flows.steps.split import split_rows
from reference_fit import largest_difference
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
OWN_TABLES = ROOT / "data" / "tables"
ENDINGS = (".csv", ".tsv", ".txt", ".data", ".gz", ".zst", ".parquet")
VERBS = ("init", "train", "report")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a table: its row of what is printed, and what fell short."""

    cells: tuple[str, ...]
    shortfalls: tuple[str, ...] = ()


HEADINGS = (
    "table", "rows", "columns", "outcome", "event", "seconds", "edits", "accuracy", "AUC",
    "difference",
)  # fmt: skip


def main(folder: Path) -> int:
    """Print the table of tables. The number of tables that fell short."""
    experts = read_experts(folder)
    rows = [HEADINGS]
    short: list[str] = []
    for file in table_files(folder):
        outcome = try_table(file, experts.get(file.name, {}))
        rows.append(outcome.cells)
        short += [f"{file.name}: {sentence}" for sentence in outcome.shortfalls]
        print(*outcome.cells, sep="  ", file=sys.stderr, flush=True)
    print(aligned(rows))
    print(*short, sep="\n")
    return len(short)


def read_experts(folder: Path) -> dict[str, Any]:
    """What an expert would do with each table, by file; nothing without such a list."""
    file = folder / "experts.yaml"
    return dict(YAML(typ="safe").load(file.read_text())) if file.exists() else {}


def table_files(folder: Path) -> list[Path]:
    """The tables of a folder."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)


def try_table(file: Path, expert: dict[str, Any]) -> Outcome:
    """Init, train and report of one table in a folder of its own."""
    edits = [word for edit in expert.get("edits", []) for word in ("--set", edit)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(file, folder)
        began = time.perf_counter()
        commands = (["init", file.name], ["train", "--json", *edits], ["report", *edits])
        for verb, command in zip(VERBS, commands, strict=True):
            done = logit(folder, *command)
            if done.returncode:
                said = (done.stderr.strip().splitlines() or ["no word"])[0]
                return Outcome((file.name, *["-"] * 9), (f"{verb}: {said}",))
            if verb == "train":
                trained = json.loads(done.stdout)
        seconds = time.perf_counter() - began
        return judged(file, folder, trained, seconds, expert)


def logit(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A verb of the command, in a process of its own."""
    command = [sys.executable, "-m", "logit_flows", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def judged(
    file: Path, folder: Path, trained: dict[str, Any], seconds: float, expert: dict[str, Any]
) -> Outcome:
    """The row of a table that has a model, and where it differs from what an expert would do."""
    edits = expert.get("edits", [])
    config = read_config(folder / "config.yaml", edits)
    dataset = load_dataset(config)
    rows = open_rows(config, dataset, split_rows(config, dataset), "train").table
    difference = largest_difference(Path(trained["folder"]), rows, config.model.penalty.strength)
    features = len(config.features.numeric) + len(config.features.categorical)
    wrong = differences_from_expert(expert, config)
    if not difference < 1e-8:
        wrong.append(f"a coefficient differs by {difference:.0e} from the independent fit")
    metrics = measured(trained)
    cells = (
        file.name,
        f"{dataset.rows:,}",
        str(features),
        config.data.target.column,
        event_of(config),
        f"{seconds:.1f}",
        str(len(edits)),
        metrics.get("accuracy", "-"),
        metrics.get("roc_auc", "-"),
        f"{difference:.0e}",
    )
    return Outcome(cells, tuple(wrong))


def measured(trained: dict[str, Any]) -> dict[str, str]:
    """Each metric on the test rows, else on the training rows."""
    found: dict[str, str] = {}
    for row in sorted(trained["metrics"], key=lambda row: row["split"] == "test"):
        found[row["metric"]] = f"{float(row['value']):.3f}"  # JSON has inf and nan as text
    return found


def event_of(config: Config) -> str:
    """The event of a config in words; classes, where each class is predicted."""
    positive = config.data.target.positive
    if positive is None:
        return "classes"
    return ", ".join(map(str, positive)) if isinstance(positive, list) else str(positive)


def differences_from_expert(expert: dict[str, Any], config: Config) -> list[str]:
    """A sentence for everything that an expert would have done otherwise."""
    data = config.data
    features = [*config.features.numeric, *config.features.categorical]
    guessed = {"outcome": data.target.column, "event": event_of(config), "cluster": data.cluster}
    wrong = [
        f"the {what} is {found}; an expert takes {expert[what]}"
        for what, found in guessed.items()
        if what in expert and str(expert[what]) != found
    ]
    alike = [name for name in expert.get("one_of", []) if name in features]
    if len(alike) > 1:
        wrong.append(f"an expert keeps one of {', '.join(alike)}")
    for key, does, there in (
        ("left_out", "leaves out", lambda name: name not in features),
        ("used", "uses", lambda name: name in features),
        ("numeric", "takes as numbers", lambda name: name in config.features.numeric),
        ("categorical", "takes as levels", lambda name: name in config.features.categorical),
    ):
        names = [name for name in expert.get(key, []) if not there(name)]
        if names:
            wrong.append(f"an expert {does} {', '.join(names)}")
    return wrong


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Rows of cells, in columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


if __name__ == "__main__":
    sys.exit(bool(main(Path(sys.argv[1]) if len(sys.argv) > 1 else OWN_TABLES)))
