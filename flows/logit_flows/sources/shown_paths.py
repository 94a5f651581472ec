"""How a path is shown in a sentence."""

import os
from pathlib import Path


def shown_path(path: str | Path) -> str:
    """The path as a person would type it here: relative where that is shorter."""
    return min(str(path), os.path.relpath(path), key=len)
