"""The trial: the sketch's model is fitted once, so that what init writes trains.

What only a fit finds is cured here: a class that the test rows took whole; levels that keep one
class among the training rows, which are pooled; a few rare rows that predict the outcome perfectly,
which join the reference; missing values whose indicator does so, which become the mean alone. Each
cure is tried alone, then all together. Any other perfect prediction gets a ridge, which keeps the
estimates finite. What nothing here cures is said.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from logit_engine.errors import (
    DataError,
    LogitEngineError,
    RankError,
    Reason,
    SeparationError,
)
from logit_flows.config.model import Config
from logit_flows.first_config.sketch import Choice, Sketch
from logit_flows.recipes.running import DIRECT
from logit_flows.recipes.training import draft_run
from logit_flows.steps.load import load_dataset

NO_SPLIT = Choice.because(
    {"method": "none"}, "no test rows: a class has too few rows for both sides"
)


def fitting_sketch(sketch: Sketch, config_of: Callable[[Sketch], Config]) -> tuple[Sketch, str]:
    """The sketch whose model can be fitted, and what train will say; nothing if it will train."""
    error = _trial_error(config_of(sketch))
    if isinstance(error, DataError) and sketch.split.value != NO_SPLIT.value:
        whole = replace(sketch, split=NO_SPLIT)
        error_of_whole = _trial_error(config_of(whole))
        if not isinstance(error_of_whole, DataError):
            sketch, error = whole, error_of_whole
    for cured in _cured_sketches(sketch, error):
        if _trial_error(config_of(cured)) is None:
            return cured, ""
    if isinstance(error, SeparationError | RankError):
        sketch = _with_ridge(sketch, error)
        error = _trial_error(config_of(sketch))
    return sketch, "" if error is None else _first_clause(error)


def _cured_sketches(sketch: Sketch, error: LogitEngineError | None) -> Iterator[Sketch]:
    """What may fit without a ridge: one cure alone, or all that apply together."""
    if not isinstance(error, SeparationError | RankError):
        return
    cures: dict[str, Any] = {}
    if sketch.higher_min_frequency.value > sketch.min_frequency.value:
        cures["min_frequency"] = sketch.higher_min_frequency
    if error.reason is Reason.SEPARATED_POOL:
        cures["pool_as"] = _joined_pools(error)
    if "numeric" in sketch.gaps:
        cures["indicator"] = _no_indicator(error)
    for key, choice in cures.items():
        yield replace(sketch, **{key: choice})
    if len(cures) > 1:
        yield replace(sketch, **cures)
    if cures and sketch.features.categorical and "pool_as" not in cures:
        yield replace(sketch, **cures, pool_as=_joined_pools(error))


def _trial_error(config: Config) -> LogitEngineError | None:
    """Why the config does not train; None if it does."""
    try:
        draft_run(config, load_dataset(config), DIRECT)
    except LogitEngineError as error:
        return error
    return None


def _joined_pools(error: LogitEngineError) -> Choice:
    """Rare levels join the reference level, as a level of their own has no finite estimate."""
    reason = f"rare levels join the reference; without it: {_first_clause(error)}"
    return Choice.because("reference", reason)


def _no_indicator(error: LogitEngineError) -> Choice:
    """Missing numbers become the mean alone, as their indicator has no finite estimate."""
    return Choice.because(False, f"no indicator; with it: {_first_clause(error)}")


def _with_ridge(sketch: Sketch, error: LogitEngineError) -> Sketch:
    found = "are infinite" if isinstance(error, SeparationError) else "are not unique"
    return sketch.with_ridge(f"without it some estimates {found}: {_first_clause(error)}")


def _first_clause(error: LogitEngineError) -> str:
    """The first thing that an error says."""
    sentence = str(error).splitlines()[0].split(";")[0]
    return re.split(", so (?:its|their) ", sentence)[0].rstrip(".")
