"""Fits of the same models by statsmodels and by the engine, made once for a file."""

from itertools import product

import pytest

from tests.support.statsmodels_pairs import NAMES, pair


@pytest.fixture(
    scope="module",
    params=list(product(NAMES, (True, False))),
    ids=lambda p: f"{p[0]}-{'pandas' if p[1] else 'numpy'}",
)
def both(request):
    return pair(*request.param)


@pytest.fixture(scope="module")
def fits():
    return {name: pair(name, as_frame=False) for name in NAMES}
