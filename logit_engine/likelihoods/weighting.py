"""A product with weights in which what did not happen adds nothing."""

import numpy as np

from logit_engine.columns import Array


def weighted(share: Array, value: Array) -> Array:
    """share * value with 0 * inf = 0: what did not happen adds nothing, however unlikely it was.

    (n,), (n, ...).
    """
    share = share.reshape(share.shape + (1,) * (value.ndim - share.ndim))
    return np.multiply(share, value, out=np.zeros_like(value), where=share > 0.0)
