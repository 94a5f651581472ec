"""Doctor: whether this machine can run it all, one finding a line."""

import os
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from logit_flows.config.problems import ConfigError
from logit_flows.operations.orchestrator import named_server, prefect_home

NEEDED = {
    "prefect": ((3, 8, 8), (3, 9)),
    "fastapi": (None, (0, 151)),
    "sqlalchemy": (None, (2, 1)),
    "polars": ((2, 1), (3,)),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, whether it is fine, and what was found."""

    check: str
    fine: bool
    found: str


def examine(config: Path) -> list[Finding]:
    """Look at Python, the packages whose versions matter, Prefect's home, cores, Numba, the config and its store."""
    python = sys.version_info >= (3, 11)
    findings = [Finding("Python", python, sys.version.split()[0] + ("" if python else "; 3.11 or newer is needed"))]
    findings += [_package(name, low, high) for name, (low, high) in NEEDED.items()]
    cores = Finding("cores", True, str(os.cpu_count()))
    findings += [_prefect_home(), cores, _compiled_loops(), *_config(config)]
    return findings


def _compiled_loops() -> Finding:
    try:
        found = f"numba {version('numba')}"
    except PackageNotFoundError:
        found = "no Numba here, which is fine; for large dense data install logit-engine[fast]"
    return Finding("compiled loops", True, found)


def _package(name: str, low: tuple[int, ...] | None, high: tuple[int, ...]) -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding(name, False, "not installed; install logit-engine again")
    parts = tuple(int(p) for p in found.split(".")[:3] if p.isdigit())
    fine = parts < high and (low is None or parts >= low)
    wanted = " and ".join([*([f">= {_dots(low)}"] if low else []), f"< {_dots(high)}"])
    return Finding(
        name, fine, found if fine else f"{found}; {wanted} is needed: flows or schedules break without a word"
    )


def _dots(parts: tuple[int, ...]) -> str:
    return ".".join(str(p) for p in parts)


def _prefect_home() -> Finding:
    if server := named_server():
        return Finding("Prefect", True, f"the server {server}")
    home = prefect_home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        fine = os.access(home, os.W_OK)
    except OSError:
        fine = False
    return Finding(
        "Prefect's home",
        fine,
        str(home) if fine else f"{home} cannot be written; set PREFECT_HOME to a folder that can",
    )


def _config(path: Path) -> list[Finding]:
    from logit_flows.config.reading import read_config

    if not path.exists():
        return [Finding("config", True, f"no {path} here; write one by `logit init DATA`")]
    try:
        config = read_config(path)
    except ConfigError as error:
        return [Finding("config", False, " | ".join(error.problems))]
    store = config.resolve(config.store)
    nearest = next(folder for folder in (store, *store.parents) if folder.exists())
    free = shutil.disk_usage(nearest).free / 2**30
    writable = os.access(nearest, os.W_OK)
    found = f"{store}, {free:.0f} GiB free" if writable else f"{store} cannot be written"
    return [Finding("config", True, str(path)), Finding("store", writable and free > 1.0, found)]
