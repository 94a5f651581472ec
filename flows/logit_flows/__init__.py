"""Pipelines around the engine, from Python: read a config; check, train, score, report, predict."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logit_flows.api import load_model, report
    from logit_flows.config.reading import read_config
    from logit_flows.recipes.checking import check
    from logit_flows.recipes.experimenting import experiment
    from logit_flows.recipes.retraining import retrain
    from logit_flows.recipes.scoring import score
    from logit_flows.recipes.training import train

_MODULES = {
    "check": "recipes.checking",
    "experiment": "recipes.experimenting",
    "load_model": "api",
    "read_config": "config.reading",
    "report": "api",
    "retrain": "recipes.retraining",
    "score": "recipes.scoring",
    "train": "recipes.training",
}

__all__ = [
    "check",
    "experiment",
    "load_model",
    "read_config",
    "report",
    "retrain",
    "score",
    "train",
]


def __getattr__(name: str) -> Any:
    """Load a name on first use: the command line does not wait for SciPy and Polars."""
    if name not in _MODULES:
        raise AttributeError(f"module 'logit_flows' has no attribute '{name}'")
    found = globals()[name] = getattr(import_module(f"logit_flows.{_MODULES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
