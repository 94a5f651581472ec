"""A walk over both classes of scikit-learn: every name, parameter and attribute, beside ours.

What differs stands in a table of docs/from-scikit-learn.md, row for row as the walk finds it.
"""

import inspect
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression as Peer
from sklearn.linear_model import LogisticRegressionCV as PeerCV

from logit_engine.estimators import LogisticRegression, LogisticRegressionCV
from tests.support.samples import Sample, latent_sample

PAIRS = ((LogisticRegression, Peer), (LogisticRegressionCV, PeerCV))
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")
MISSING = "-"
Row = tuple[str, str, str]


def described(value: Any) -> str:
    """A value's kind: of an array shape and dtype, of a dict its keys and one of its values."""
    if isinstance(value, dict):
        return f"dict of {list(map(str, value))}: {described(next(iter(value.values())))}"
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    return type(value).__name__


def public(names: Any) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def compared(place: str, here: dict[str, str], there: dict[str, str]) -> Iterator[Row]:
    """Rows for the names that are not alike on both sides."""
    for name in sorted(here.keys() | there.keys()):
        pair = here.get(name, MISSING), there.get(name, MISSING)
        if pair[0] != pair[1]:
            yield (place.format(name), *pair)


def arguments(function: Any) -> dict[str, str]:
    parameters = inspect.signature(function).parameters.values()
    return {
        p.name: repr(p.default)
        for p in parameters
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    }


def signatures(ours: type, peer: type) -> Iterator[Row]:
    """The differences of constructors, of public names, and of what methods take."""
    name = ours.__name__
    yield from compared(name + "({})", arguments(ours), arguments(peer))
    names = [public(dir(kind)) for kind in (ours, peer)]
    yield from compared(name + ".{}", *(dict.fromkeys(one, "there") for one in names))
    for method in sorted(names[0] & names[1]):
        if inspect.isfunction(getattr(ours, method)):
            pair = (arguments(getattr(kind, method)) for kind in (ours, peer))
            yield from compared(f"{name}.{method}({{}})", *pair)


def sample(kind: str) -> Sample:
    X, code = latent_sample(90, [1.0, 0.0], seed=31, cuts=[-1.0, 1.0])
    names = np.array(["ash", "birch", "cedar"])
    return X, {"two": (code > 0).astype(int), "bool": code > 0, "text": names[code]}[kind]


def fits() -> Iterator[tuple[type, type, Any, Any, dict[str, Any]]]:
    """Cases of both classes: the pair, X, y and settings; one thing varied at a time."""
    for kind in ("two", "bool", "text"):
        X, y = sample(kind)
        base = {"solver": "lbfgs"}
        tables = (
            X,
            X.astype(np.float32),
            X.astype(np.float16),
            csr_matrix(X.astype(np.float32)),
            pd.DataFrame(X, columns=["a", "b"]),
        )
        yield from ((*PAIRS[0], table, y, base) for table in tables)
        settings = [
            {"fit_intercept": False},
            {"C": np.inf},
            {"class_weight": "balanced"},
            {"warm_start": True},
            {"solver": "saga", "l1_ratio": 0.5},
        ]
        if kind != "text":
            settings += [{"solver": "liblinear"}, {"solver": "liblinear", "l1_ratio": 1.0}]
        yield from ((*PAIRS[0], X.astype(np.float32), y, base | one) for one in settings)
        varied = [
            {},
            {"scoring": None},
            {"scoring": "neg_brier_score"},
            {"scoring": lambda model, X, y: model.coef_.sum()},
            {"refit": False},
            {"fit_intercept": False},
            {"l1_ratios": None},
            {"l1_ratios": (0.0, 0.5), "solver": "saga"},
            {"l1_ratios": (1.0,), "solver": "saga", "refit": False},
            {"Cs": [10.0, 0.1]},
            {"Cs": [1]},
        ]
        for legacy in (True, False):
            common = {
                "Cs": 3,
                "cv": 2,
                "l1_ratios": (0.0,),
                "scoring": "neg_log_loss",
                "use_legacy_attributes": legacy,
            }
            yield from ((*PAIRS[1], X.astype(np.float32), y, base | common | one) for one in varied)


def attributes(model: Any, X: Any) -> dict[str, str]:
    """What a fit left on a model, and what its methods give."""
    found = {
        name: described(value) for name, value in vars(model).items() if name in public(vars(model))
    }
    fitted = {name: text for name, text in found.items() if name not in model.get_params()}
    return fitted | {f"{method}()": described(getattr(model, method)(X)) for method in METHODS}


def walked() -> list[Row]:
    rows: dict[Row, None] = {}
    for ours, peer in PAIRS:
        rows |= dict.fromkeys(signatures(ours, peer))
    for ours, peer, X, y, settings in fits():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            here, there = (attributes(kind(**settings).fit(X, y), X) for kind in (ours, peer))
        rows |= dict.fromkeys(compared(ours.__name__ + "().{}", here, there))
    return list(rows)


def test_the_table_of_names_that_differ_is_what_the_walk_finds():
    found = [
        f"| `{name}` | `{here}` | `{there}` |".replace(f"`{MISSING}`", MISSING)
        for name, here, there in walked()
    ]
    text = Path("docs/from-scikit-learn.md").read_text()
    table = text.split("### Names\n")[1].split("\n### ")[0]
    assert found == re.findall(r"^\| `.*\|$", table, re.MULTILINE), "\n".join(found)


if __name__ == "__main__":
    print("\n".join(" | ".join(row) for row in walked()))
