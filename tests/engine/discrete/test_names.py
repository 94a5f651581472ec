"""A walk over statsmodels' names finds the differences that docs/from-statsmodels.md lists.

Each place is an object that a user of its three models holds: the models, results of every kind of
fit, and what they answer. Of places that are dicts the keys are walked.
"""

import inspect
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

import logit_engine.discrete as ours

PAGE = Path(__file__).parents[3] / "docs" / "from-statsmodels.md"
KINDS = ("signature", "missing", "numbers", "refused")
ROW = re.compile(rf"^\| ((?:`[\w.]+`(?:, )?)+) \| ({'|'.join(KINDS)}) \| (.+) \|$", re.MULTILINE)
METHODS = ("newton", "bfgs", "lbfgs", "nm", "powell", "cg", "ncg", "basinhopping", "minimize")


def public(thing: Any) -> set[str]:
    """Names of an object, or keys of a dict."""
    return {
        str(name)
        for name in (thing if isinstance(thing, Mapping) else dir(thing))
        if not str(name).startswith("_")
    }


def parameters(thing: Any, name: str) -> list[str] | None:
    """The names of a method's parameters; None for what is no method."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = getattr(thing, name, None)
        except (NotImplementedError, ValueError):
            return None
    if not inspect.isroutine(found):
        return None
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return [name for name, p in inspect.signature(found).parameters.items() if p.kind not in kinds]


def outcome(name: str) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(200), rng.standard_normal((200, 2))])
    y = (
        rng.integers(0, 3, 200)
        if name == "MNLogit"
        else (X[:, 1] + rng.standard_normal(200) > 0).astype(float)
    )
    return y, X, pd.DataFrame({"y": y, "a": X[:, 1], "g": rng.choice(list("uvw"), 200)})


def places(package: Any, formulas: Any, name: str) -> dict[str, Any]:
    """What a user of a model holds, by the place's name on the page."""
    y, X, frame = outcome(name)
    bare = lambda results: getattr(results, "_results", results)  # noqa: E731  (statsmodels wraps some)
    model = getattr(package, name)(y, X)
    results = bare(model.fit(disp=0))
    by_formula = bare(
        getattr(formulas, name.lower())("y ~ a + C(g)", frame).fit(disp=0, use_t=True)
    )
    clustered = model.fit(disp=0, cov_type="cluster", cov_kwds={"groups": np.arange(200) // 5})
    with_t = bare(model.fit(disp=0, use_t=True))
    some = np.eye(np.size(results.params))[1:3]
    found = {
        "model": [model, by_formula.model],
        "results": [
            results,
            by_formula,
            bare(model.fit_regularized(alpha=3.0, disp=0)),
            bare(clustered),
        ],
        "t_test": [results.t_test(some), with_t.t_test(some)],
        "wald_test": [results.wald_test(some), results.f_test(some), with_t.wald_test(some)],
        "score_test": [
            results.score_test(X[:, 1:2] ** 2),
            results.score_test(X[:, 1:2] ** 2, hypothesis="separate"),
        ],
        "get_margeff": [results.get_margeff()],
        "summary": [results.summary()],
        "summary2": [results.summary2()],
        "cov_kwds": [
            results.cov_kwds,
            bare(model.fit(disp=0, cov_type="HC0")).cov_kwds,
            bare(clustered).cov_kwds,
        ],
    }
    if name != "MNLogit":
        constrained = bare(model.fit_constrained("x1 = 0.5", disp=0))
        found |= {
            "constrained": [constrained],
            "constraints": [constrained.constraints],
            "get_prediction": [results.get_prediction()],
            "get_influence": [results.get_influence()],
            "wald_test_terms": [results.wald_test_terms(), by_formula.wald_test_terms()],
            "t_test_pairwise": [by_formula.t_test_pairwise("C(g)")],
        }
    if hasattr(model, "family"):
        found |= {"link": [model.link], "family": [model.family]}
    for method in (*METHODS, "l1"):
        asked = {"disp": 0, "method": method} | (
            {"niter": 1} if method == "basinhopping" else {"maxiter": 1000}
        )
        fitted = model.fit_regularized(alpha=3.0, **asked) if method == "l1" else model.fit(**asked)
        found[f"mle_retvals.{method}"] = [fitted.mle_retvals]
        found[f"mle_settings.{method}"] = [fitted.mle_settings]
    return found


@pytest.fixture(scope="module")
def listed() -> dict[str, str]:
    """Name of the table to its kind."""
    return {
        name: kind
        for names, kind, _ in ROW.findall(PAGE.read_text())
        for name in re.findall(r"`(.+?)`", names)
    }


@pytest.fixture(scope="module")
def walked() -> dict[str, str]:
    """What differs: names and keys that are missing, and methods that lack a parameter or have
    them in another order.
    """
    found: dict[str, str] = {}
    for name in ("Logit", "Probit", "MNLogit"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs, mine = places(sm, smf, name), places(ours, ours, name)
        for place, peers in theirs.items():
            for a, b in zip(peers, mine[place], strict=True):
                where = place.split(".")[0]
                found |= {f"{where}.{missing}": "missing" for missing in public(a) - public(b)}
                for method in () if isinstance(a, Mapping) else public(a) & public(b):
                    expected, have = parameters(a, method), parameters(b, method)
                    if (
                        expected is not None
                        and have is not None
                        and have[: len(expected)] != expected
                    ):
                        found[f"{where}.{method}"] = "signature"
    return found


def test_the_page_lists_every_difference_in_names_and_no_other(
    walked: dict[str, str], listed: dict[str, str]
) -> None:
    in_page = {name: kind for name, kind in listed.items() if kind in ("missing", "signature")}
    assert walked == in_page


@pytest.mark.parametrize("name", ["Logit", "Probit", "MNLogit"])
def test_without_a_constant_the_page_lists_the_numbers_that_differ(
    name: str, listed: dict[str, str]
) -> None:
    y, X, _ = outcome(name)
    theirs, mine = (getattr(package, name)(y, X[:, 1:] + 0.5).fit(disp=0) for package in (sm, ours))
    numbers = (
        "df_model",
        "df_resid",
        "llf",
        "llnull",
        "llr",
        "llr_pvalue",
        "prsquared",
        "aic",
        "bic",
        "nobs",
    )
    differ = {
        n
        for n in numbers
        if not np.isclose(getattr(mine, n), getattr(theirs, n), rtol=1e-6, atol=0.0)
    }
    assert differ == {"df_model", "llr_pvalue"}
    assert {n for n in numbers if f"results.{n}" in listed} == differ | {
        "llnull"
    }  # of which only late digits differ
    outputs = mine.model.likelihood.outputs
    assert mine.df_model == theirs.df_model + outputs == 2 * outputs
    assert np.isnan(mine.llr_pvalue)
    text = " ".join(str(mine.summary()).split())
    assert "LLR p-value: ." in text
    assert "There is no constant, so the constants alone are no special case" in text
    mine.set_null_options(llnull=-150.0)
    assert np.isfinite(mine.llr_pvalue)


def test_constructors_and_functions_take_statsmodels_parameters() -> None:
    for theirs, mine in (
        (getattr(sm, name), getattr(ours, name)) for name in ("Logit", "Probit", "MNLogit")
    ):
        expected = [p.name for p in inspect.signature(theirs).parameters.values() if p.kind < 2]
        have = list(inspect.signature(mine).parameters)
        assert have[: len(expected)] == expected
    for name in ("add_constant",):
        assert parameters(ours, name) == parameters(sm, name)


def test_every_row_of_the_page_has_a_reason() -> None:
    rows = ROW.findall(PAGE.read_text())
    table = PAGE.read_text().split("| name | kind | reason |")[1]
    assert len(rows) == len([line for line in table.splitlines() if line.startswith("| `")])
    assert all(len(reason) > 20 for _, _, reason in rows)
