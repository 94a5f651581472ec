"""A walk over statsmodels' public names and signatures: what differs is listed in docs/from-statsmodels.md, and no more."""

import inspect
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm

import logit_engine.discrete as ours

PAGE = Path(__file__).parents[2] / "docs" / "from-statsmodels.md"
ROW = re.compile(r"^\| `([\w.]+)` \| (names|signature|missing|numbers|refused) \| (.+) \|$", re.MULTILINE)


def public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def parameters(thing: object, name: str) -> list[str] | None:
    """The names of a method's parameters; None for what is no method."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = getattr(thing, name, None)
    if not inspect.isroutine(found):
        return None
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return [name for name, p in inspect.signature(found).parameters.items() if p.kind not in kinds]


@pytest.fixture(scope="module")
def listed() -> dict[str, str]:
    """Name of the table to its kind."""
    return {name: kind for name, kind, _ in ROW.findall(PAGE.read_text())}


@pytest.fixture(scope="module")
def walked() -> dict[str, str]:
    """What differs: names that are missing, and methods with other parameters."""
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(200), rng.standard_normal((200, 2))])
    found: dict[str, str] = {}
    for name, y in (
        ("Logit", X[:, 1] + rng.standard_normal(200) > 0),
        ("Probit", rng.integers(0, 2, 200)),
        ("MNLogit", rng.integers(0, 3, 200)),
    ):
        theirs, mine = (getattr(package, name)(np.asarray(y, dtype=float), X) for package in (sm, ours))
        peer = theirs.fit(disp=0)
        for where, a, b in (("model", theirs, mine), ("results", getattr(peer, "_results", peer), mine.fit(disp=0))):
            found |= {f"{where}.{missing}": "missing" for missing in public(a) - public(b)}
            for method in public(a) & public(b):
                expected, have = parameters(a, method), parameters(b, method)
                if expected is not None and have is not None and have[: len(expected)] != expected:
                    found[f"{where}.{method}"] = "signature"
    return found


def test_the_page_lists_every_difference_in_names_and_no_other(walked: dict[str, str], listed: dict[str, str]) -> None:
    in_page = {name: kind for name, kind in listed.items() if kind in ("missing", "signature")}
    assert walked == in_page


def test_every_difference_in_numbers_on_the_page_has_a_reason() -> None:
    rows = ROW.findall(PAGE.read_text())
    assert len(rows) >= 10
    assert all(len(reason) > 20 for _, _, reason in rows)
