"""What runs with few libraries: all others are blocked in a fresh process, as if they were not installed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

BLOCK = """
import sys
from importlib.machinery import PathFinder

class Others:
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        found = None if top in ALLOWED else PathFinder.find_spec(top)
        if found is not None and "site-packages" in str(found.origin or found.submodule_search_locations):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Others)
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
    return subprocess.run([sys.executable, "-c", blocked], cwd=ROOT, capture_output=True, text=True, check=False)


def test_three_libraries_are_enough_for_fit_and_both_faces() -> None:
    done = run_with({"numpy", "scipy", "threadpoolctl"}, ENGINE)
    assert done.returncode == 0, done.stderr
