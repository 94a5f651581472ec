"""Doctor: a package is held against its range, and one that plain verbs do without may be
missing.
"""

from pathlib import Path

import pytest
from logit_flows.cli import preparing
from logit_flows.operations import doctor
from logit_flows.operations.doctor import package_finding


@pytest.mark.parametrize(
    ("installed", "fine"),
    [("3.8.7", False), ("3.8.8", True), ("3.9.1", True), ("3.10.0", False), ("3.10.0rc1", False)],
)
def test_a_version_is_fine_within_its_range(
    installed: str, fine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "version", lambda name: installed)
    found = package_finding("prefect<3.10,>=3.8.8")
    assert (found.check, found.fine) == ("prefect", fine)
    assert fine or found.found.startswith(f"{installed}; < 3.10 and >= 3.8.8 is needed")


@pytest.mark.parametrize(
    ("requirement", "fine", "said"),
    [
        ("no-such-package>=1", False, "not installed; install logit-engine again"),
        ("jinja2>=3.1", True, "not installed; `logit report` needs it"),
        ("prefect<3.10,>=3.8.8", True, "not installed; flows and `logit schedule` need it"),
    ],
)
def test_a_missing_package_is_said(
    requirement: str, fine: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise doctor.PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", missing)
    found = package_finding(requirement)
    assert (found.fine, found.found) == (fine, said)


@pytest.mark.parametrize(
    ("built", "said"), [(True, "built"), (False, "not built: `logit doctor --compile` builds them")]
)
def test_it_tells_whether_compiled_loops_are_built(
    built: bool, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "loops_are_built", lambda: built)
    monkeypatch.setattr(doctor, "version", lambda name: "99.1")
    (found,) = (f for f in doctor.examine(tmp_path / "none.yaml") if f.check == "compiled loops")
    assert found.fine
    assert found.found == f"numba 99.1, {said}"


def test_compiled_loops_are_built_before_it_looks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[str] = []
    monkeypatch.setattr("logit_engine.compiled.building.build_loops", lambda: told.append("built"))
    monkeypatch.setattr(doctor, "examine", lambda path: told.append("looked") or [])
    preparing.doctor(file=tmp_path / "none.yaml")
    preparing.doctor(file=tmp_path / "none.yaml", build=True)
    assert told == ["looked", "built", "looked"]
