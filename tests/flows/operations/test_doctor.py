"""Doctor: a package is held against its range, and one that plain verbs do without may be
missing.
"""

import pytest
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
