"""Stopping: Ctrl-C and SIGTERM end every verb alike, at any time.

The first signal raises KeyboardInterrupt, so that what is half-written is removed. Terminals and
supervisors may send it twice, so those that follow at once count as the same. A later one ends the
process where it stands, and so does a stop that takes too long. Threads hear of no signal: they
stop where they begin their next step.
"""

import os
import signal
import sys
import threading
import time
from types import FrameType

REPEAT_SECONDS = 2.0
STOP_SECONDS = 15.0
SHELL_BASE = 128  # shells add the number of the signal

_received: int | None = None
_since = 0.0


def stop_on_signals() -> None:
    """Handle Ctrl-C and SIGTERM, unless whoever started the process had them ignored."""
    global _received
    _received = None
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def exit_code() -> int | None:
    """The exit code after the signal that was received, or None."""
    return None if _received is None else SHELL_BASE + _received


def stop_if_asked() -> None:
    """Raise KeyboardInterrupt if a signal was received."""
    if _received is not None:
        raise KeyboardInterrupt


def _stop(number: int, _frame: FrameType | None) -> None:
    global _received, _since
    if _received is None:
        _received, _since = number, time.monotonic()
        limit = threading.Timer(STOP_SECONDS, _end_now, [number])
        limit.daemon = True
        limit.start()
        raise KeyboardInterrupt
    if time.monotonic() - _since > REPEAT_SECONDS:
        _end_now(number)


def _end_now(number: int) -> None:
    """End the process where it stands."""
    os.write(sys.stderr.fileno(), b"\nlogit: stopped.\n")
    os._exit(SHELL_BASE + number)
