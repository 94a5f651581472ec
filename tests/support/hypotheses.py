"""Fits on which hypotheses are tested, and restrictions of their coefficients."""

import numpy as np
import pandas as pd

from tests.support.samples import Sample, drawn_sample

R = np.array([[0.0, 1.0, -1.0, 0.0], [0.0, 1.0, 1.0, 2.0]])
TIGHT = {"disp": 0, "tol": 1e-14, "method": "newton"}


def graded_sample(n: int = 400, p: int = 4, seed: int = 0) -> Sample:
    return drawn_sample(n, np.linspace(-0.3, 0.6, p), seed, constant=True)


def flights(seed: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": rng.choice(list("abcd"), 500), "x": rng.standard_normal(500)})
    eta = 0.5 * frame.x + frame.g.map({"a": 0.0, "b": 0.3, "c": -0.8, "d": 0.9})
    frame["y"] = (rng.random(500) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    return frame


def three_classes(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(n), rng.standard_normal((n, 2))])
    utility = np.column_stack([np.zeros(n), X @ [0.2, 0.8, -0.3], X @ [-0.4, 0.1, 0.9]])
    return X, (utility + rng.gumbel(size=(n, 3))).argmax(axis=1).astype(float)
