"""`LogisticRegressionCV`'s attributes as scikit-learn 1.9 has them: dictionaries by class."""

from typing import Any

import numpy as np


def legacy_attributes(model: Any, several_ratios: bool) -> dict[str, Any]:
    """What `use_legacy_attributes=True` gives in place of arrays.

    several_ratios: whether l1_ratios were given.

    scores_, coefs_paths_: by label, of two classes the second alone, (folds, Cs, l1_ratios) and
    (folds, Cs, l1_ratios, terms); n_iter_: (1, folds, Cs, l1_ratios); without l1_ratios their axis
    is dropped. C_, l1_ratio_: repeated by class.
    """
    labels = model.classes_[1:] if model.classes_.size == 2 else model.classes_
    scores, passes = model.scores_.swapaxes(1, 2), model.n_iter_.swapaxes(1, 2)
    paths = np.moveaxis(model.coefs_paths_, (3, 2, 1), (0, 2, 3))
    if not several_ratios:
        scores, passes, paths = scores[..., 0], passes[..., 0], paths[..., 0, :]
    return {
        "scores_": {label: scores.copy() for label in labels},
        "coefs_paths_": dict(zip(labels, paths, strict=True)),
        "n_iter_": passes[None],
        "C_": np.full(labels.size, model.C_),
        "l1_ratio_": np.full(labels.size, model.l1_ratio_),
    }
