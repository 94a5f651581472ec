"""The settings Prefect reads from the environment when it is imported; a user's own come first."""

import os
from pathlib import Path


def prepare() -> None:
    """Set what a flow needs on a fresh machine; call it before anything imports Prefect."""
    home = Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect")
    home.mkdir(parents=True, exist_ok=True)  # without it the server times out with no word on why
    defaults = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",  # the command itself says what happens
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
