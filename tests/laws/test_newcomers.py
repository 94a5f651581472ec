"""A newcomer to a registry is one file and one line: every law over the registry runs over it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# the newcomer, one of the engine's own that no test picks by hand, and the newcomer's file
NEWCOMERS = {
    "link": ("student2", "loglog", "newcomer_link.py"),
    "penalty": ("log_cosh", "l2", "newcomer_penalty.py"),
    "likelihood": ("continuation_ratio", "multinomial", "newcomer_likelihood.py"),
}


@pytest.fixture(scope="module")
def laws() -> dict[str, set[str]]:
    """The tests that run over each case of a registry, by the case's name."""
    found: dict[str, set[str]] = {}
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*collect, "tests/laws"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for test, case in re.findall(r"^(\S+?)\[(.+)\]$", done.stdout, re.MULTILINE):
        for name in case.split("-"):
            found.setdefault(name, set()).add(test)
    return found


@pytest.mark.parametrize("kind", NEWCOMERS)
def test_every_law_over_a_registry_runs_over_the_newcomer(
    kind: str, laws: dict[str, set[str]]
) -> None:
    newcomer, settled, _ = NEWCOMERS[kind]
    assert len(laws[newcomer]) >= 6
    assert laws[newcomer] == laws[settled]


@pytest.mark.parametrize("kind", NEWCOMERS)
def test_the_newcomer_is_one_file_that_names_its_line(kind: str) -> None:
    text = " ".join((ROOT / "tests" / "support" / NEWCOMERS[kind][2]).read_text().split())
    assert f"To join the engine a {kind} takes this file and one line in" in text
    imported = set(re.findall(r"from (logit_\w+|tests)[.\w]* import", text))
    assert imported == {"logit_engine"}
