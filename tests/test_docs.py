"""The documentation holds: its Python runs, its quotes are the live code, its links lead on.

A quote is a block of Python below a mark `<!-- quote FILE -->`, or `<!-- quote FILE::NAME -->` for
the statement at the top level of the file that defines the name. `python tests/test_docs.py` writes
all quotes anew.
"""

import ast
import builtins
import contextlib
import io
import re
import tomllib
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOME = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Homepage"]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
HOMES = (ROOT, ROOT / "logit_engine", ROOT / "flows" / "logit_flows")
CODE_FOLDERS = ("logit_engine", "flows", "tests", "bench", "docs", "data")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
QUOTE = re.compile(
    r"^(<!-- quote ([\w./]+?)(?:::(\w+))? -->\n\n?```python\n).*?^```\n", re.MULTILINE | re.DOTALL
)


def defined_names(statement: ast.stmt) -> set[str]:
    """The names that a statement of a file or of a class gives a meaning."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    targets = (
        statement.targets
        if isinstance(statement, ast.Assign)
        else [getattr(statement, "target", None)]
    )
    return {target.id for target in targets if isinstance(target, ast.Name)}


def live_code(file: str, name: str | None) -> str:
    """A file of the repository, or the statement in it that defines the name."""
    text = (ROOT / file).read_text()
    if name is None:
        return text
    (found,) = (node for node in ast.parse(text).body if name in defined_names(node))
    first = min([found.lineno, *(mark.lineno for mark in getattr(found, "decorator_list", []))])
    return "\n".join(text.split("\n")[first - 1 : found.end_lineno]) + "\n"


def with_live_quotes(page: str) -> str:
    """The page with every quote as the code is now."""
    return QUOTE.sub(lambda match: f"{match[1]}{live_code(match[2], match[3])}```\n", page)


def runs(page: Path) -> bool:
    """Whether the page has Python that is no quote."""
    return "```python" in QUOTE.sub("", page.read_text())


@pytest.mark.parametrize("page", [p for p in PAGES if runs(p)], ids=lambda p: p.name)
def test_the_examples_run_and_print_what_the_page_says(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {"__name__": "docs"}
    printed = None
    for kind, text in BLOCK.findall(QUOTE.sub("", page.read_text())):
        if kind == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(text, str(page), "exec"), names)
            printed = out.getvalue()
        elif kind == "text" and printed is not None:
            assert printed.split() == text.split(), page.name
            printed = None


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_quotes_are_the_live_code(page: Path) -> None:
    text = page.read_text()
    assert text == with_live_quotes(text), "write the quotes anew: python tests/test_docs.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        own = re.match(rf"{HOME}/(?:blob|raw|tree)/main/(.+)", target)
        assert (
            (ROOT / own[1]).exists() if own else "://" in target or (page.parent / target).exists()
        ), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(r"`([\w./-]+\.(?:py|md|toml|yaml))`", page.read_text())
    for name in named:
        is_there = any((home / name).exists() for home in HOMES)
        assert is_there or any(ROOT.glob(f"[!.]*/**/{name}")), f"{page.name} names {name}"


def test_links_of_the_readme_are_absolute() -> None:
    """A package's page on a registry shows the README without the files around it."""
    assert not re.findall(r"\]\((?!https://)", (ROOT / "README.md").read_text())


@cache
def words_of_the_code() -> set[str]:
    """Every word of the Python files and settings, and the names of the files themselves."""
    files = [file for folder in CODE_FOLDERS for file in (ROOT / folder).rglob("*.py")]
    settings = [ROOT / name for name in ("pyproject.toml", "config.yaml", "Makefile")]
    texts = [file.read_text() for file in files + settings]
    stems = {file.stem for file in files}
    return stems | {*dir(builtins)} | set(re.findall(r"[A-Za-z_]\w*", " ".join(texts)))


@cache
def members_of_classes() -> dict[str, set[str]]:
    """What each class of the engine and the pipeline defines, with that of its bases."""
    own: dict[str, set[str]] = {}
    bases: dict[str, list[str]] = {}
    for folder in ("logit_engine", "flows"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ClassDef):
                    inside = [name for part in node.body for name in defined_names(part)]
                    own.setdefault(node.name, set()).update(inside)
                    named = [part for base in node.bases for part in ast.walk(base)]
                    bases[node.name] = [part.id for part in named if isinstance(part, ast.Name)]

    def members(name: str) -> set[str]:
        inherited = [members(base) for base in bases.get(name, []) if base != name]
        return own.get(name, set()).union(*inherited)

    return {name: members(name) for name in own}


# The changelog may speak of the past, and the lists of differences name what is missing.
NAMING_THE_ABSENT = ("CHANGELOG.md", "from-statsmodels.md", "from-scikit-learn.md")


@pytest.mark.parametrize(
    "page", [p for p in PAGES if p.name not in NAMING_THE_ABSENT], ids=lambda p: p.name
)
def test_names_of_code_that_a_page_gives_are_there(page: Path) -> None:
    words, members = words_of_the_code(), members_of_classes()
    text = re.sub(r"^```.*?^```\n", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for name in re.findall(r"`([A-Za-z_][\w.]*)(?:\([^`\n]*\))?`", text):
        parts = [part for part in name.split(".") if part not in ("md", "toml", "yaml")]
        assert words.issuperset(parts), f"{page.name} names {name}"
        for owner, member in pairwise(parts):
            if owner in members and member != "py":
                assert member in members[owner], f"{page.name} names {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_names_are_defined_in_the_file_that_a_page_gives(page: Path) -> None:
    for name, file in re.findall(r"`(\w+)` in `([\w/]+\.py)`", page.read_text()):
        homes = [home / file for home in HOMES if (home / file).exists()]
        defined = set().union(*map(defined_names, ast.parse(homes[0].read_text()).body))
        assert name in defined, f"{page.name} looks for {name} in {file}"


def test_the_two_commands_stand_at_the_top_of_the_readme() -> None:
    top = "\n".join((ROOT / "README.md").read_text().splitlines()[:14])
    assert "make train" in top
    assert "make test" in top


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(with_live_quotes(page.read_text()))
