"""Every submodule is imported in a fresh process, in both orders: none hides a public name."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "logit_engine").rglob("*.py")
)
CHECK = """
import sys
from importlib import import_module
from types import ModuleType

modules = sys.argv[1].split(",")
for name in modules:
    import_module(name)
for name in modules:
    module = sys.modules[name]
    for public in getattr(module, "__all__", ()):
        assert not isinstance(getattr(module, public), ModuleType), f"{name}.{public} is a module"
for name in modules:
    package, _, leaf = name.rpartition(".")
    while package:
        public = getattr(sys.modules[package], "__all__", ())
        assert leaf not in public, f"{name} bears a public name of {package}"
        package = package.rpartition(".")[0]
"""
STAY = """
from logit_engine import array_rows, fit, summarize
from logit_engine.discrete import Logit, add_constant, load
from logit_engine.discrete.models import BinaryModel
from logit_engine.diagnostics.metrics import evaluate
from logit_engine.errors import ArtifactError, DataError, RankError, SeparationError, UsageError
from logit_engine.links import LINKS
from logit_engine.penalties import L2, ElasticNet, differences, group_lasso, groups_of, lasso
from logit_engine.publish import publish_folder, sealed, sweep, unsealed, write_manifest
"""


@pytest.mark.parametrize("order", ["forward", "backward"])
def test_no_module_hides_a_public_name(order: str) -> None:
    modules = MODULES if order == "forward" else MODULES[::-1]
    done = subprocess.run(
        [sys.executable, "-c", CHECK, ",".join(modules)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", STAY.strip().splitlines())
def test_imports_that_stay(line: str) -> None:
    done = subprocess.run([sys.executable, "-c", line], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
