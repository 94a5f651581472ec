"""What runs with few libraries: a fresh process finds no others."""

import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BLOCK = """
import sys
from importlib.machinery import PathFinder

class Installed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        top = name.partition(".")[0]
        found = super().find_spec(name, path, target)
        if found is None:
            return None
        ours = "site-packages" not in str(found.origin or found.submodule_search_locations)
        return found if ours or top in ALLOWED else None

sys.meta_path[sys.meta_path.index(PathFinder)] = Installed
"""

ENGINE = """
import numpy as np
from logit_engine import Logit, LogisticRegression, array_rows, fit, summarize

hours = np.array([0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0])
passed = np.array([0, 0, 1, 0, 1, 0, 1, 1])
result = fit(array_rows(hours, passed))
face = Logit(passed, np.column_stack([np.ones(8), hours])).fit(disp=0)
peer = LogisticRegression(C=np.inf).fit(hours[:, None], passed)
assert abs(face.params - result.estimates).max() < 1e-9
assert abs(peer.coef_[0, 0] - result.estimates[1]) < 1e-6
assert summarize(result) and str(face.summary())
"""


def run_with(allowed: set[str], code: str) -> subprocess.CompletedProcess[str]:
    """The code in a fresh process in which only these libraries, and ours, can be imported."""
    names = sorted(allowed | {"logit_engine", "logit_flows"})
    blocked = f"ALLOWED = {names!r}\n{BLOCK}\n{code}"
    return subprocess.run(
        [sys.executable, "-c", blocked], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_three_libraries_are_enough_for_fit_and_both_faces() -> None:
    done = run_with({"numpy", "scipy", "threadpoolctl"}, ENGINE)
    assert done.returncode == 0, done.stderr


LIGHT = [
    line
    for line in (ROOT / "docs" / "light-packages.txt").read_text().splitlines()
    if not line.startswith("#")
]
PIPELINE = """
import sys
from logit_flows.cli import main

verbs = ["check"], ["train"], ["retrain"], ["show"], ["runs"]
for words in (*verbs[:2], ["score", "data/exam/students.parquet"], *verbs[2:]):
    sys.argv = ["logit", *words, "--config", "data/exam/config.yaml", "--set", "store=STORE"]
    try:
        main()
    except SystemExit as end:
        assert not end.code, words
"""


def libraries_of(packages: list[str]) -> set[str]:
    """The modules that these packages bring."""
    wanted = {name.lower().replace("_", "-") for name in packages}
    return {
        module
        for module, owners in packages_distributions().items()
        if wanted & {owner.lower().replace("_", "-") for owner in owners}
    }


def test_the_light_list_is_enough_for_the_plain_verbs(tmp_path: Path) -> None:
    done = run_with(libraries_of(LIGHT), PIPELINE.replace("STORE", str(tmp_path)))
    assert done.returncode == 0, done.stderr
    assert "1.5046" in done.stdout


def test_the_light_list_is_short_and_without_the_heavy_packages() -> None:
    assert len(LIGHT) <= 25
    assert not {"prefect", "matplotlib", "jinja2"} & {name.lower() for name in LIGHT}


def test_every_package_of_the_light_list_is_pinned() -> None:
    pins = {
        line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    assert {name.lower().replace("-", "_") for name in LIGHT} <= {
        pin.replace("-", "_") for pin in pins
    }


@pytest.mark.parametrize("package", ["prefect", "matplotlib", "jinja2"])
def test_the_full_install_has_the_heavy_packages(package: str) -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert any(line.startswith(package) for line in needed)
