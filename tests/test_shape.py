"""The shape of the code: short files and functions, and no penalty is asked for its kind."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path
    for folder in ("logit_engine", "flows/logit_flows")
    for path in (ROOT / folder).rglob("*.py")
)
MAX_FILE_LINES, MAX_MEDIAN_LINES = 400, 150
MAX_FUNCTION_LINES, LONG_FUNCTION_LINES, MAX_LONG_FUNCTIONS = 70, 40, 10
# a loop that Numba compiles is one function, however long
COMPILED = ROOT / "logit_engine/compiled"


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and number of lines of each function in a file, decorators aside."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{_name(path)}:{node.name}", node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_file_fits_in_one_reading(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_FILE_LINES


def test_most_files_are_short() -> None:
    assert median(len(path.read_text().splitlines()) for path in FILES) <= MAX_MEDIAN_LINES


def test_functions_fit_on_a_screen() -> None:
    lengths = {
        name: lines
        for path in FILES
        if COMPILED not in path.parents
        for name, lines in _functions(path)
        if lines > LONG_FUNCTION_LINES
    }
    assert max(lengths.values(), default=0) <= MAX_FUNCTION_LINES, lengths
    assert len(lengths) <= MAX_LONG_FUNCTIONS, lengths


def test_no_file_outside_penalties_asks_for_the_kind_of_a_penalty() -> None:
    asks = re.compile(r"isinstance\([^()]*, ?\(?[^()]*ElasticNet")
    found = [
        _name(path)
        for path in FILES
        if "penalties" not in path.parts and asks.search(path.read_text())
    ]
    assert not found


def test_engine_holds_folders_and_five_files() -> None:
    files = {path.name for path in (ROOT / "logit_engine").iterdir() if path.is_file()}
    assert files == {"__init__.py", "errors.py", "_version.py", "py.typed", "publish.py"}
