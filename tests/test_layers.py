"""The layers as a list, held against the imports: imports point down only.

A line is a layer, from the top of the house to its ground; a name is a module, or a package with
all its modules. A module may import from the lines below its own, and from its own package; a new
package, or a new file that is in none, must be given a place here.
"""

import ast
import sys
from collections.abc import Iterable
from pathlib import Path
from textwrap import wrap

import pytest

ROOT = Path(__file__).parents[1]
DIAGRAM = ROOT / "docs" / "architecture.md"

LAYERS = """
logit_flows.__main__
logit_flows.cli
logit_flows.orchestration
logit_flows
logit_flows.api
logit_flows.reports logit_flows.operations
logit_flows.first_config
logit_flows.recipes
logit_flows.steps
logit_flows.store logit_flows.config
logit_flows.sources
logit_engine
logit_engine.discrete logit_engine.estimators
logit_engine.publish
logit_engine.reporting logit_engine.storage
logit_engine.fitting
logit_engine.inference
logit_engine.diagnostics
logit_engine.solvers
logit_engine.objective
logit_engine.design
logit_engine.compiled
logit_engine.rows
logit_engine.likelihoods logit_engine.penalties logit_engine.constraints
logit_engine.links
logit_engine.columns
logit_engine.errors logit_engine._version
"""

# What else each may import; the longest name that fits holds. Whoever needs one more library says
# so here.
LIBRARIES = {
    "logit_engine": {"numpy", "scipy", "threadpoolctl"},
    "logit_engine.storage.publish": set(),
    "logit_engine.compiled.kernels": {"numpy", "numba", "llvmlite"},
    "logit_engine.errors": set(),
    "logit_engine.reporting.notices": set(),
    "logit_engine.rows": {"numpy", "scipy", "polars", "pyarrow", "threadpoolctl"},
    "logit_engine.storage.checkpoint": {"numpy", "scipy", "polars", "pyarrow"},
    "logit_engine.rows.distributed": {"numpy", "dask", "distributed", "cloudpickle"},
    "logit_engine.design": {"numpy", "polars", "pyarrow", "pandas", "formulaic", "interface_meta"},
    "logit_engine.storage.model_file": {"numpy", "polars", "pyarrow"},
    "logit_engine.storage.model_outputs": {"polars"},
    "logit_engine.reporting.summary": {"numpy", "polars"},
    "logit_engine.discrete": {"numpy", "pandas", "polars", "scipy"},
    "logit_engine.discrete.influence_plots": {"numpy", "scipy", "matplotlib"},
    "logit_engine.estimators": {"numpy", "polars", "sklearn"},
    "logit_flows": {"numpy", "polars", "pyarrow", "pydantic"},
    "logit_flows.config": {"cronsim", "pydantic", "pydantic_core", "ruamel"},
    "logit_flows.first_config": {"numpy", "polars", "scipy"},
    "logit_flows.steps.cluster": {"distributed"},
    "logit_flows.orchestration.embedded_server": {"prefect"},
    "logit_flows.orchestration.tasks": {"prefect", "prefect_dask", "pydantic"},
    "logit_flows.orchestration.serving": {"prefect", "pydantic"},
    "logit_flows.reports.figures": {"numpy", "polars", "matplotlib"},
    "logit_flows.reports.page": {"numpy", "polars", "jinja2"},
    "logit_flows.cli": {"typer", "rich", "click", "pydantic", "polars"},
}

LEVEL = {
    name: level for level, line in enumerate(reversed(LAYERS.split("\n"))) for name in line.split()
}
FILES = {
    ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__"): path
    for folder, package in ((ROOT, "logit_engine"), (ROOT / "flows", "logit_flows"))
    for path in sorted((folder / package).rglob("*.py"))
}
EACH_MODULE = pytest.mark.parametrize("module", FILES)


def longest(module: str, names: Iterable[str]) -> str | None:
    """The longest name that is the module or a package of it."""
    fitting = (name for name in names if module == name or module.startswith(f"{name}."))
    return max(fitting, key=len, default=None)


def place(module: str) -> str:
    """The name that stands for the module in LAYERS: the two at the top stand for their own file
    only.
    """
    name = longest(module, LEVEL)
    known = name == module or name not in (None, "logit_engine", "logit_flows")
    assert known, f"{module} is new: put it on a line of LAYERS"
    return name


def imports(module: str) -> set[str]:
    """Modules of ours and libraries that the file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(FILES[module].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, (
                f"{module}, line {node.lineno}, imports relatively: write the full name"
            )
            found |= {
                full if (full := f"{node.module}.{alias.name}") in FILES else node.module
                for alias in node.names
            }
    return found


def diagram() -> str:
    """The layers from top to bottom, each module or package with the sentence that opens it, as
    the docs show them.
    """
    lines = []
    for line in LAYERS.strip().split("\n"):
        for name in line.split():
            sentence = " ".join(
                (ast.get_docstring(ast.parse(FILES[name].read_text())) or "")
                .split("\n\n")[0]
                .split()
            )
            lines += wrap(
                f"{name.replace('.', '/'):<30}{sentence}", 118, subsequent_indent=" " * 30
            )
    return "\n".join(f"    {line}" for line in lines)


def in_docs(page: str) -> str:
    """The page with the diagram between its marks."""
    before, rest = page.split("<!-- layers -->\n")
    after = rest.split("<!-- /layers -->")[1]
    return f"{before}<!-- layers -->\n\n{diagram()}\n\n<!-- /layers -->{after}"


def test_the_diagram_in_the_docs_is_the_list() -> None:
    page = DIAGRAM.read_text()
    assert page == in_docs(page), "write it anew: python tests/test_layers.py"


@EACH_MODULE
def test_every_file_has_a_place_and_imports_only_what_is_below_it(module: str) -> None:
    own = place(module)
    ours = imports(module) & FILES.keys()
    wrong = {name for name in ours if place(name) != own and LEVEL[place(name)] >= LEVEL[own]}
    assert not wrong, f"{module} imports what is not below it: {', '.join(sorted(wrong))}"


@EACH_MODULE
def test_every_file_imports_only_the_libraries_of_its_layer(module: str) -> None:
    libraries = (
        {name.split(".")[0] for name in imports(module)}
        - sys.stdlib_module_names
        - {"logit_engine", "logit_flows"}
    )
    wrong = libraries - LIBRARIES[longest(module, LIBRARIES)]
    assert not wrong, f"{module} may not import {', '.join(sorted(wrong))}"


@EACH_MODULE
def test_every_file_opens_with_a_sentence(module: str) -> None:
    doc = ast.get_docstring(ast.parse(FILES[module].read_text())) or ""
    assert doc.split("\n\n")[0].endswith((".", "?")), (
        f"{module} does not open with a sentence that says what lives there"
    )


if __name__ == "__main__":
    DIAGRAM.write_text(in_docs(DIAGRAM.read_text()))
