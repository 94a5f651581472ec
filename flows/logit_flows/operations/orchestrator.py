"""Whether a verb runs under Prefect or as plain functions, found out without importing Prefect."""

import os
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logit_engine.errors import UsageError

if TYPE_CHECKING:
    from logit_flows.config.model import Config


def under_prefect(config: "Config", asked: bool | None = None) -> bool:
    """Whether to run as a Prefect flow: as asked by a flag, else as the config says.

    `orchestrator: auto` is Prefect if a server is named. Raises UsageError if Prefect is wanted
    and not installed.
    """
    if asked is None and config.orchestrator == "auto":
        wanted = named_server() is not None
    else:
        wanted = config.orchestrator == "prefect" if asked is None else asked
    if wanted and find_spec("prefect") is None:
        raise UsageError(
            f"{_reason(config, asked)} needs Prefect, which is not installed: install it by "
            "`pip install prefect`, or run plain functions by --no-prefect."
        )
    return wanted


def _reason(config: "Config", asked: bool | None) -> str:
    """Who wants Prefect, as a sentence begins."""
    if asked:
        return "--prefect"
    return (
        "orchestrator: prefect"
        if config.orchestrator == "prefect"
        else f"the server {named_server()}"
    )


def named_server() -> str | None:
    """The URL of the server that PREFECT_API_URL or Prefect's active profile names."""
    return os.environ.get("PREFECT_API_URL") or _profile().get("PREFECT_API_URL")


def unreachable_server(error: Exception) -> str | None:
    """What to do about an error that says that Prefect's server did not answer; None of others."""
    if not (str(error).startswith("Failed to reach API at") or _is_broken_connection(error)):
        return None
    server = " ".join(filter(None, ("Prefect's server", named_server())))
    return f"{server} cannot be reached: start it, or run plain functions by --no-prefect."


def _is_broken_connection(error: Exception) -> bool:
    """Whether a server went away in the middle of a flow. Only Prefect speaks to one by httpx."""
    httpx = sys.modules.get("httpx")
    return httpx is not None and isinstance(error, httpx.TransportError)


def prefect_home() -> Path:
    """Prefect's own folder."""
    return Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect").expanduser()


def _profile() -> dict[str, Any]:
    """The settings of the active profile. The user's profiles come before those of Prefect."""
    own = Path(
        os.environ.get("PREFECT_PROFILES_PATH") or prefect_home() / "profiles.toml"
    ).expanduser()
    merged: dict[str, Any] = {"profiles": {}}
    for path in (_shipped_profiles(), own):
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # no such file, or one that Prefect itself will complain of
            continue
        profiles = content.get("profiles", {})
        if isinstance(profiles, dict):
            merged = {**merged, **content, "profiles": {**merged["profiles"], **profiles}}
    name = os.environ.get("PREFECT_PROFILE") or merged.get("active")
    found = merged["profiles"].get(str(name), {})
    return found if isinstance(found, dict) else {}


def _shipped_profiles() -> Path:
    spec = find_spec("prefect")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    return folder / "settings" / "profiles.toml"
