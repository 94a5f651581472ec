"""Fits take compiled loops where they were built, and never wait for a compiler."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from logit_engine import array_rows
from logit_engine.columns import Constant, Coordinates, Dense, SideBySide
from logit_engine.compiled import build_record, building, kernels, loops
from logit_engine.compiled.build_record import (
    compiler_versions,
    loops_are_built,
    write_build_record,
)
from logit_engine.compiled.building import build_loops, compile_for
from logit_engine.compiled.kernels import machine_code
from logit_engine.compiled.loops import Loops
from logit_engine.errors import UsageError
from logit_engine.fitting.preparation import prepare
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LOGIT
from logit_engine.penalties import NONE
from logit_engine.rows import Block


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine on which nothing is built, as a process that begins finds it; machine code lies in
    a folder of its own.
    """
    code = tmp_path / "code"
    code.mkdir()
    (code / "a loop.nbi").touch()
    monkeypatch.setattr(machine_code, "code_folder", lambda: str(code))
    monkeypatch.setattr(build_record, "_record_folders", lambda: [tmp_path / "records"])
    loops_are_built.cache_clear()
    yield tmp_path / "records"
    loops_are_built.cache_clear()


def built_in_a_new_process() -> bool:
    loops_are_built.cache_clear()
    return loops_are_built()


def test_a_fit_waits_for_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((40_000, 3))
    rows = array_rows(X, X[:, 0] + rng.logistic(size=40_000) > 0.0)
    monkeypatch.setattr(loops, "MIN_COMPILED_NUMBERS", 0)
    assert not prepare(rows, Bernoulli(LOGIT), NONE, 1).objective.compiled
    assert compiler_versions() == []
    write_build_record()
    assert not prepare(rows, Bernoulli(LOGIT), NONE, 1).objective.compiled  # as it began
    assert built_in_a_new_process()
    assert prepare(rows, Bernoulli(LOGIT), NONE, 1).objective.compiled
    assert len(compiler_versions()) == 1


def test_a_record_is_of_one_machine_and_one_compiler(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = write_build_record()
    assert built_in_a_new_process()
    assert written.parent == place
    content: dict[str, Any] = json.loads(written.read_text())
    written.write_text(json.dumps(content | {"processor": "another one"}))
    assert not built_in_a_new_process()
    written.write_text("half a reco")
    assert not built_in_a_new_process()
    write_build_record()
    Path(content["folder"], "a loop.nbi").unlink()
    assert not built_in_a_new_process()
    Path(content["folder"], "a loop.nbi").touch()
    assert built_in_a_new_process()
    for name, other in (("sources_digest", "0123"), ("_compiler_versions", "numba 0.1")):
        with monkeypatch.context() as changed:
            changed.setattr(build_record, name, lambda other=other: other)
            assert not built_in_a_new_process()
    monkeypatch.setattr(build_record, "find_spec", lambda name: None)
    assert not built_in_a_new_process()


def test_the_record_lies_where_numba_is_told_to_keep_machine_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "image"))
    assert build_record._record_folders() == [tmp_path / "image"]
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert build_record._record_folders() == [
        build_record.KERNELS / "__pycache__",
        tmp_path / "logit-engine",
    ]


def test_where_nothing_can_be_kept_that_is_said(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write_text("a file in the way")
    with pytest.raises(UsageError, match="Set NUMBA_CACHE_DIR to a folder that can"):
        write_build_record()
    place.unlink()
    monkeypatch.setattr(machine_code, "code_folder", lambda: None)
    with pytest.raises(UsageError, match="compiled loops cannot be kept"):
        write_build_record()


def test_all_types_are_built_and_then_the_record_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Likelihood, str, bool]] = []

    def noted(likelihood: Likelihood, X: np.ndarray) -> None:
        assert not built_in_a_new_process()
        seen.append((likelihood, X.dtype.name, X.flags.c_contiguous))

    monkeypatch.setattr(building, "compile_for", noted)
    assert build_loops().exists()
    assert len(set(seen)) == 8
    assert loops_are_built()
    monkeypatch.setattr(building, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'logit-engine\[fast\]'"):
        build_loops()


def compiled_signatures() -> int:
    loops_of_blocks = (
        kernels.binary_light_sums,
        kernels.binary_sums,
        kernels.class_light_sums,
        kernels.class_sums,
    )
    return sum(len(loop.signatures) for loop in loops_of_blocks)


@pytest.mark.parametrize("likelihood", [Bernoulli(LOGIT), Multinomial(3)], ids=["two", "several"])
def test_what_is_built_serves_all_rows(likelihood: Likelihood) -> None:
    """However X is stored, with weights, offsets and folds or without: nothing else is compiled."""
    for dtype in (np.float64, np.float32)[: 2 if likelihood.outputs == 1 else 1]:
        X = np.zeros((2 * building.ROWS, building.COLUMNS), dtype)
        compile_for(likelihood, X[: building.ROWS])
        compile_for(likelihood, X[::2])
    known, k = compiled_signatures(), likelihood.outputs
    X, y = np.arange(60.0).reshape(20, 3), np.arange(20) % 2.0
    views = [X, X.T.copy().T, X[::2].repeat(2, axis=0), np.repeat(X, 2, axis=1)[:, ::2]]
    views += [X.astype(kind) for kind in (">f8", "i4", ">i2", "u8")]
    if k == 1:
        views += [X.astype(np.float32), X.astype(">f4"), np.asfortranarray(X, dtype=np.float32)]
    frozen = X.copy()
    frozen.flags.writeable = False
    coordinates = Coordinates(np.r_[0.0, np.ones(3)], np.ones(4), 0, 1.0, np.zeros(4))
    basis = np.eye(4)
    for view in (*views, frozen):
        columns = SideBySide((Constant(20), Dense(view)))
        offset = np.zeros(20) if k == 1 else np.zeros((20, k), order="F")
        for block in (
            Block(columns, y),
            Block(columns, y, np.ones(20), offset, fold=np.arange(20) % 2),
        ):
            single = Loops(likelihood, coordinates, np.zeros(4 * k), basis)
            single.score(block)
            single.sums(block)
            single.sums(block, np.float32, with_value=False)
            Loops(likelihood, coordinates, np.zeros((2, 4 * k))).light_sums(block, (-1, 1))
    assert compiled_signatures() == known
