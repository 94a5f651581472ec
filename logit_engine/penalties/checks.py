"""What must hold of an elastic net before a fit: sizes, signs, bounds, and an intercept left
alone.
"""

from typing import TYPE_CHECKING

import numpy as np

from logit_engine.errors import UsageError

if TYPE_CHECKING:
    from logit_engine.penalties.elastic_net import ElasticNet


def check_elastic_net(net: "ElasticNet", terms: int, outputs: int, intercept: bool) -> None:
    """Raise UsageError unless the net fits outputs predictors of so many terms.

    intercept: whether the first term is the model's own constant, which is never penalized.
    """
    _check_sizes(net, terms, outputs, intercept)
    _check_signs(net)
    touched = np.where(np.isinf(net.l1), 0.0, net.kinks + net.curvature_diagonal)
    if intercept and touched.reshape(outputs, terms)[:, 0].any():
        raise UsageError(
            "the penalty touches the intercept, the first coefficient, which is never penalized; "
            "give it 0 in l1 and l2, the label -1 in group_lasso, and no place in differences."
        )


def _check_sizes(net: "ElasticNet", terms: int, outputs: int, intercept: bool) -> None:
    """Raise UsageError unless every part is for all coefficients of the model."""
    q = terms * outputs
    codes = None if net.groups is None else net.groups.codes
    parts = {
        "l1": net.l1,
        "l2": net.l2,
        "low": net.low,
        "high": net.high,
        "smooth": net.smooth,
        "groups": codes,
    }
    for name, part in parts.items():
        if part is not None and any(size != q for size in part.shape):
            several = f", {terms} for each of {outputs} predictors" if outputs > 1 else ""
            raise UsageError(
                f"the penalty's {name} is for {part.shape[0]} coefficients; the model has "
                f"{q}{several}{', the intercept first' if intercept else ''}."
            )


def _check_signs(net: "ElasticNet") -> None:
    """Raise UsageError for a negative strength, and for bounds that contradict each other."""
    strengths = {"l1": net.l1, "l2": net.l2}
    if net.groups is not None:
        strengths |= {"groups' strength": net.groups.strength}
    for name, part in strengths.items():
        if not part.min(initial=0.0) >= 0.0:
            raise UsageError(
                f"the penalty's {name} is {part.min():g} at position {int(part.argmin())}; it is "
                "from 0 on."
            )
    if net.low is not None and net.high is not None and (net.low > net.high).any():
        at = int((net.low > net.high).argmax())
        raise UsageError(f"the penalty's low is above its high at position {at}.")
