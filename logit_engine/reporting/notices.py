"""Warnings that point at the caller's line, and that a loop over fits shows once.

Python's default filter shows a warning once for each text and line. But `warnings.catch_warnings`,
which pandas, formulaic, SciPy and scikit-learn enter during a fit, makes Python forget what it has
shown. So this file remembers it, as long as the filters and the function that shows warnings stay
the same.
"""

import sys
import warnings
from types import FrameType

PACKAGE_NAME = __name__.partition(".")[0]

Place = tuple[str, type[Warning], str, int]  # text, category, file and line of a warning

# The filters and the function that showed the warning of each place.
_shown: dict[Place, tuple[object, ...]] = {}


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn with the first line outside this package as the place.

    The warning is shown once for a place if the filters show it once.
    """
    frame, level = _caller_frame(sys._getframe(1), 2)
    place = (message, category, frame.f_code.co_filename, frame.f_lineno)
    show = getattr(warnings, "_showwarnmsg_impl", None)
    listeners = (tuple(warnings.filters), warnings.showwarning, show)
    if _shown.get(place) == listeners:
        return
    warnings.warn(message, category, stacklevel=level)
    registry = frame.f_globals.get("__warningregistry__", {})
    if registry.get((message, category, frame.f_lineno)):  # shown once: not "always", not "error"
        _shown[place] = listeners


def _caller_frame(frame: FrameType, level: int) -> tuple[FrameType, int]:
    """The first frame outside this package, and its level, from a frame and its level on."""
    while frame.f_back is not None and _is_own(frame):
        frame, level = frame.f_back, level + 1
    return frame, level


def _is_own(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] == PACKAGE_NAME
