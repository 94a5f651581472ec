"""Figures name terms and classes as they are called."""

import numpy as np
import polars as pl
import pytest
from logit_flows.reports.figures import coefficient_path, distribution, forest, roc

from tests.support.awkward_names import AWKWARD_NAMES


def test_a_path_draws_terms_whatever_they_are_called() -> None:
    terms = ["strength", "term", "coefficient", "$x^2$", "_x"]
    rows = [(s, t, i * (1.0 - s)) for s in (0.9, 0.1) for i, t in enumerate(terms)]
    path = pl.DataFrame(rows, schema=["strength", "term", "coefficient"], orient="row")
    svg = coefficient_path(path, 0.1, "path")
    assert all(f">{term}</text>" in svg for term in terms)


@pytest.mark.parametrize("name", ["_x", "__", "$x$", "yes"])
def test_a_legend_names_every_class(name: str) -> None:
    y, p = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.1, 0.9, 0.6, 0.5])
    for svg in (
        roc({name: (y, p), "other": (y, 1.0 - p)}, "roc"),
        distribution(y, p, (name, "other"), 0.5, "classes"),
    ):
        assert f">{name}</text>" in svg or f"> {name}</text>" in svg
        assert ">other</text>" in svg


def test_every_name_can_be_drawn() -> None:
    effect = np.linspace(0.5, 2.0, len(AWKWARD_NAMES))
    interval = np.stack([effect - 0.1, effect + 0.1], axis=1)
    svg = forest(AWKWARD_NAMES, effect, interval, "effects", "odds ratio", ratios=True)
    assert ">$x^2$</text>" in svg
    assert ">&lt;b&gt;</text>" in svg
