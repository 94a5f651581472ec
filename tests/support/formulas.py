"""A frame with a column of each type that a formula may take."""

import numpy as np
import pandas as pd


def frame(n: int = 120, seed: int = 1) -> pd.DataFrame:
    """Numbers, texts, booleans, integer codes, ordered categories and a name with a space."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(1.0, 3.0, n)
    return pd.DataFrame(
        {
            "x": x,
            "z": rng.normal(size=n),
            "a": rng.choice(list("abc"), n),
            "b": rng.choice(["u", "v"], n),
            "flag": rng.random(n) < 0.5,
            "hour": rng.integers(8, 12, n),
            "size": pd.Categorical(
                rng.choice(["small", "mid", "large"], n), categories=["small", "mid", "large"]
            ),
            "my col": x**2,
            "y": (rng.random(n) < 0.5).astype(int),
        }
    )
