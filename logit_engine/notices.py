"""Warnings that point at the line of the caller of this package, and that a loop over fits is told once.

By Python's default filter a warning is shown once for each text and line. But whoever enters `warnings.catch_warnings`,
as pandas, formulaic, SciPy and scikit-learn do inside a fit, makes Python forget what it has shown. So what was shown
once is remembered here, for as long as the filters, and who listens to warnings, stay the same.
"""

import sys
import warnings
from types import FrameType
from typing import Any

PACKAGE = __name__.partition(".")[0]

_shown: dict[tuple[Any, ...], tuple[Any, ...]] = {}


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn with the first line outside this package as the place."""
    frame, level = _caller(sys._getframe(1), 2)
    place = (message, category, frame.f_code.co_filename, frame.f_lineno)
    listening = (tuple(warnings.filters), warnings.showwarning, getattr(warnings, "_showwarnmsg_impl", None))
    if _shown.get(place) == listening:
        return
    warnings.warn(message, category, stacklevel=level)
    registry = frame.f_globals.get("__warningregistry__", {})
    if registry.get((message, category, frame.f_lineno)):  # Python itself says it once: not so for "always" and "error"
        _shown[place] = listening


def _caller(frame: FrameType, level: int) -> tuple[FrameType, int]:
    """The first frame outside this package, and its level, from a frame and its level on."""
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == PACKAGE:
        frame, level = frame.f_back, level + 1
    return frame, level
