"""How a path is shown in a sentence."""

import os
from pathlib import Path


def shown_path(path: str | Path) -> str:
    """The path as a person would type it here: relative if it is below the folder at hand."""
    below = os.path.relpath(path)
    return str(path) if below.startswith(os.pardir) else below
