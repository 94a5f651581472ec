"""Warnings that point at the caller's line, and that a loop over fits shows once.

Python's default filter shows a warning once for each text and line. But `warnings.catch_warnings`, which pandas,
formulaic, SciPy and scikit-learn enter during a fit, makes Python forget what it has shown. So it is remembered here,
as long as the filters and the function that shows warnings stay the same.
"""

import sys
import warnings
from types import FrameType
from typing import Any

PACKAGE = __name__.partition(".")[0]

_shown: dict[tuple[Any, ...], tuple[Any, ...]] = {}


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn with the first line outside this package as the place; once for a place if the filters show it once."""
    frame, level = _caller(sys._getframe(1), 2)
    place = (message, category, frame.f_code.co_filename, frame.f_lineno)
    listeners = (tuple(warnings.filters), warnings.showwarning, getattr(warnings, "_showwarnmsg_impl", None))
    if _shown.get(place) == listeners:
        return
    warnings.warn(message, category, stacklevel=level)
    registry = frame.f_globals.get("__warningregistry__", {})
    if registry.get((message, category, frame.f_lineno)):  # the filter shows it once: not "always", not "error"
        _shown[place] = listeners


def _caller(frame: FrameType, level: int) -> tuple[FrameType, int]:
    """The first frame outside this package, and its level, from a frame and its level on."""
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == PACKAGE:
        frame, level = frame.f_back, level + 1
    return frame, level
