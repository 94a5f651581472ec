"""Identity: which run a config and its data make, on which versions."""

import platform
from importlib.metadata import version
from typing import Any

from logit_engine._version import __version__
from logit_engine.compiled.loops import compiler_versions
from logit_engine.rows import blas_builds
from logit_flows.config.model import Config
from logit_flows.steps.load import Dataset
from logit_flows.store.layout import run_id


def identify(config: Config, dataset: Dataset) -> str:
    """The run id: a hash of all that can change the result."""
    return run_id(
        {
            "config": config.result_content(),
            "data": dataset.fingerprint,
            "contract": dataset.contract.digest,
            "engine": __version__,
        }
    )


def versions() -> dict[str, Any]:
    """Versions, CPU and BLAS kernels: what can change the bits beside config and data."""
    packages = {name: version(name) for name in ("numpy", "scipy", "polars")}
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "blas": blas_builds(),
    }
    return {"logit-engine": __version__, **packages, **machine, "compiled": compiler_versions()}
