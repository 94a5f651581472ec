"""Doctor: whether this machine can run it all, one finding per line."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from logit_engine.compiled.build_record import loops_are_built
from logit_engine.errors import UsageError
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError
from logit_flows.operations.orchestrator import named_server, prefect_home, under_prefect

# Packages that the plain verbs do without, and what needs them.
NOT_ALWAYS_NEEDED = {
    "prefect": "flows and `logit schedule` need it",
    "fastapi": "Prefect needs it",
    "sqlalchemy": "Prefect needs it",
    "jinja2": "`logit report` needs it",
    "matplotlib": "`logit report` needs it",
}

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, whether it is fine, and what was found."""

    check: str
    fine: bool
    found: str


def examine(config: Path) -> list[Finding]:
    """Look at Python, packages, Prefect's home, cores, Numba, the config and its store."""
    python = sys.version_info >= (3, 11)
    findings = [
        Finding(
            "Python",
            python,
            sys.version.split()[0] + ("" if python else "; 3.11 or newer is needed"),
        )
    ]
    findings += _packages()
    cores = Finding("cores", True, str(os.cpu_count()))
    findings += [_prefect_home(), cores, _compiled_loops(), *_config(config)]
    return findings


def _compiled_loops() -> Finding:
    try:
        found = f"numba {version('numba')}, "
    except PackageNotFoundError:
        return Finding(
            "compiled loops",
            True,
            "no Numba here, which is fine; for large dense data install logit-engine[fast]",
        )
    state = "built" if loops_are_built() else "not built: `logit doctor --compile` builds them"
    return Finding("compiled loops", True, found + state)


def _packages() -> Iterator[Finding]:
    """Each package that the installed logit-engine requires, held against its range."""
    try:
        requirements = requires("logit-engine") or []
    except PackageNotFoundError:
        yield Finding(
            "logit-engine", True, "run from its source: the ranges of its packages are not known"
        )
        return
    for requirement in requirements:
        if "extra ==" not in requirement:
            yield package_finding(requirement)


def package_finding(requirement: str) -> Finding:
    """Whether the installed version is in the range of a requirement: "prefect<3.10,>=3.8.8"."""
    name = re.split(r"[^\w.-]", requirement)[0]
    try:
        found = version(name)
    except PackageNotFoundError:
        reason = NOT_ALWAYS_NEEDED.get(name)
        return Finding(
            name, reason is not None, f"not installed; {reason or 'install logit-engine again'}"
        )
    bounds = re.findall(r"(>=|<)([\d.]+)", requirement)
    parts = _parts(found)
    fine = all(
        parts >= _parts(bound) if sign == ">=" else parts < _parts(bound) for sign, bound in bounds
    )
    wanted = " and ".join(f"{sign} {bound}" for sign, bound in bounds)
    return Finding(
        name,
        fine,
        found if fine else f"{found}; {wanted} is needed: flows or schedules break without a word",
    )


def _parts(text: str) -> Version:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


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
    store_finding = Finding("store", writable and free > 1.0, found)
    return [Finding("config", True, str(path)), _orchestrator(config), store_finding]


def _orchestrator(config: Config) -> Finding:
    try:
        return Finding(
            "orchestrator", True, "Prefect" if under_prefect(config) else "none: plain functions"
        )
    except UsageError as error:
        return Finding("orchestrator", False, str(error))
