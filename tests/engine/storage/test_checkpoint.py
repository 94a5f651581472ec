"""A fit that was interrupted anywhere goes on to the same bits, and sums nothing twice."""

from __future__ import annotations

import functools
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from logit_engine.columns import Coded, Constant, Dense, SideBySide
from logit_engine.fitting.steps import fit
from logit_engine.inference.covariance import CLUSTER, HC1
from logit_engine.likelihoods import Bernoulli, Multinomial
from logit_engine.links import LINKS
from logit_engine.penalties import L2, ElasticNet
from logit_engine.rows import BLOCK_ROWS, Block, SummingRows, Sums, total
from logit_engine.rows.memory import MemoryRows
from logit_engine.storage import checkpoint
from logit_engine.storage.checkpoint import CheckpointedRows, Journal, digest

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Counted(SummingRows):
    """Rows that count their passes, and fail in one of them."""

    rows: MemoryRows
    fails_in: int | None = None
    passes: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rows, name)

    def sums(self, fn: Callable[[Block], Sums], threads: int) -> Sums:
        """Those of the rows."""
        self.passes.append(1)
        if len(self.passes) == self.fails_in:
            raise ConnectionError("the scheduler is gone")
        return total(self.rows, fn, threads)


def rows(n: int = 50_000, classes: int = 2) -> MemoryRows:
    """Numbers and codes, an outcome, clusters, and an offset."""
    rng = np.random.default_rng(7)
    X = rng.standard_normal((n, 3))
    eta = X @ [0.7, -0.4, 0.2]
    y = (
        (rng.random(n) < 1.0 / (1.0 + np.exp(-eta)))
        if classes == 2
        else rng.integers(0, classes, n)
    )
    columns = SideBySide((Constant(n), Dense(X), Coded(rng.integers(0, 4, n), 3)))
    names = ("intercept", "a", "b", "c", "d[1]", "d[2]", "d[3]")
    cluster = rng.integers(0, 300, (n, 1))
    offset = 0.1 * rng.standard_normal(n) if classes == 2 else None
    return MemoryRows(
        columns,
        y.astype(float),
        names,
        offset=offset,
        cluster=cluster,
        classes=("u", "v", "w")[: classes if classes > 2 else 0],
    )


CASES: dict[str, tuple[int, dict[str, Any]]] = {
    "logit": (2, {"covariance_type": HC1}),
    "clustered": (2, {"covariance_type": CLUSTER}),
    "cauchit": (2, {"likelihood": Bernoulli(LINKS["cauchit"])}),
    "l2": (2, {"penalty": L2(10.0)}),
    "lasso": (2, {"penalty": ElasticNet(np.r_[0.0, np.full(6, 300.0)], np.zeros(7))}),
    "multinomial": (3, {"likelihood": Multinomial(2)}),
}


@pytest.mark.parametrize("case", CASES)
def test_an_interrupted_fit_goes_on_to_the_same_bits_and_sums_nothing_twice(
    tmp_path: Path, case: str
) -> None:
    classes, asked = CASES[case]
    data, journal = rows(classes=classes), Journal(tmp_path / "journal", tmp_path / "staging")
    whole = Counted(data)
    expected = fit(whole, **asked)
    assert len(whole.passes) > 4
    broken = Counted(data, fails_in=len(whole.passes) - 2)
    with pytest.raises(ConnectionError):
        fit(CheckpointedRows(broken, journal), **asked)
    again = Counted(data)
    resumed = fit(CheckpointedRows(again, journal), **asked)
    assert len(again.passes) == 3
    for name in ("estimates", "covariance"):
        assert getattr(resumed, name).tobytes() == getattr(expected, name).tobytes()
    assert (resumed.loglik, resumed.null_loglik, resumed.passes) == (
        expected.loglik,
        expected.null_loglik,
        expected.passes,
    )
    assert resumed.status == expected.status
    assert not list((tmp_path / "staging").iterdir())


def test_a_question_has_the_same_digest_in_another_process_and_another_one_has_another() -> None:
    script = (
        "from logit_engine.storage.checkpoint import digest; from "
        "tests.engine.storage.test_checkpoint import asked; print(digest(asked(1.0)), "
        "digest(asked(1.0 + 3e-16)))"
    )
    command = [sys.executable, "-c", script]
    first, second = (
        subprocess.check_output(command, text=True, cwd=ROOT).split() for _ in range(2)
    )
    assert first == second
    assert first[0] != first[1]


def asked(step: float) -> Callable[[Block], Sums]:
    """A function of blocks like those of an objective."""
    theta = np.full(3, step)
    scaled = functools.partial(np.multiply, step)

    def block_sums(block: Block) -> Sums:
        return (block.X.dot(theta).sum(), scaled(theta), {"none", "some"})

    return block_sums


def test_other_versions_and_damaged_files_are_summed_again(tmp_path: Path) -> None:
    data = Counted(rows(2 * BLOCK_ROWS))
    for facts in ("numpy 2.4", "numpy 2.5"):
        fit(CheckpointedRows(data, Journal(tmp_path, tmp_path / "staging", facts)))
    once = len(data.passes) // 2
    for path in tmp_path.glob("*.npz"):
        path.write_bytes(path.read_bytes()[:-40])
    fit(CheckpointedRows(data, Journal(tmp_path, tmp_path / "staging", facts)))
    assert len(data.passes) == 3 * once
    fit(CheckpointedRows(data, Journal(tmp_path, tmp_path / "staging", facts)))
    assert len(data.passes) == 3 * once


def test_what_no_file_can_hold_is_summed_each_time(tmp_path: Path) -> None:
    data = Counted(rows(BLOCK_ROWS))
    kept = CheckpointedRows(data, Journal(tmp_path, tmp_path / "staging"))
    for _ in range(2):
        (found,) = total(kept, lambda block: ([{1, 2}],))
        assert found == [{1, 2}]
    assert len(data.passes) == 2
    assert not list(tmp_path.glob("*.npz"))


def module_of(source: str, folder: Path, name: str) -> Any:
    """A module of that source."""
    path = folder / f"{name}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location("law", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LAW = """
from dataclasses import dataclass
SHARE = 0.5

def inner(x):
    return x + 1

def outer(x):
    return [inner(v) * SHARE for v in x]

@dataclass(frozen=True)
class Law:
    scale: float = 1.0
    def value(self, x):
        return inner(x) * self.scale

def by_itself(x):
    return by_itself(x - 1) if x else 0
"""


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("x + 1", "x + 2", (True, True)),
        ("SHARE = 0.5", "SHARE = 0.6", (True, False)),
        ("* self.scale", "/ self.scale", (False, True)),
        ("x - 1", "x - 2", (False, False)),
    ],
)
def test_a_digest_follows_the_functions_that_are_called(
    tmp_path: Path, old: str, new: str, changed: tuple[bool, bool]
) -> None:
    before, after = module_of(LAW, tmp_path, "a"), module_of(LAW.replace(old, new), tmp_path, "b")
    assert (
        digest(before.outer) != digest(after.outer),
        digest(before.Law()) != digest(after.Law()),
    ) == changed
    assert (digest(before.by_itself) != digest(after.by_itself)) == (old == "x - 1")


def test_another_engine_sums_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(checkpoint.engine_source()) == 64
    data = Counted(rows(BLOCK_ROWS))
    kept = CheckpointedRows(data, Journal(tmp_path, tmp_path / "staging"))
    for source in ("one", "one", "two"):
        monkeypatch.setattr(checkpoint, "engine_source", lambda source=source: source)
        total(kept, lambda block: (float(block.y.sum()),))
    assert len(data.passes) == 2
