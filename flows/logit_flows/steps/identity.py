"""Identity: which run a config and its data make, on which versions."""

import platform
from importlib.metadata import version
from typing import Any

from logit_engine._version import __version__
from logit_engine.compiled.build_record import compiler_versions
from logit_engine.rows import blas_builds
from logit_flows.config.model import Config
from logit_flows.steps.load import Dataset
from logit_flows.store.layout import run_id


def identify(config: Config, dataset: Dataset) -> str:
    """The run id: a hash of all that can change the result."""
    contract = dataset.contract
    content = {
        "config": config.result_content(),
        "data": dataset.fingerprint,
        "contract": contract.digest,
        "engine": __version__,
    }
    # a contract keeps how the first text file was written; another first file may tell otherwise
    read = {} if contract.dialect is None else {"dialect": contract.dialect.to_content()}
    return run_id({**content, **read})


def versions() -> dict[str, Any]:
    """Versions, CPU and BLAS kernels: what can change the bits beside config and data."""
    packages = {name: version(name) for name in ("numpy", "scipy", "polars")}
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "blas": blas_builds(),
    }
    return {"logit-engine": __version__, **packages, **machine, "compiled": compiler_versions()}
