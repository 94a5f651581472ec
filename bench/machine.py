"""The machine and the versions that a benchmark ran on, as sentences for its report."""

import os
import platform
from collections.abc import Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "scipy", "polars", "scikit-learn", "glum", "skglm", "statsmodels", "pandas")


def cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The processor's name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def memory() -> str:
    """The main memory, in GB."""
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{size:.0f} GB"


def versions(packages: Sequence[str] = PACKAGES) -> str:
    """The versions of Python and of the packages that are installed."""
    found = [f"Python {platform.python_version()}"]
    for name in packages:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    return ", ".join(found)


def sentence(command: str, load: float) -> str:
    """Command, date, machine, how many processes were busy when it began, versions."""
    day = date.today()
    busy = "" if load < 0.5 else f", while {load:.1f} other processes were busy"
    where = f"{cores()} cores of an {processor()} with {memory()}"
    return f"`{command}` on {day.day} {day:%B %Y}, on {where}{busy}; {versions()}."
