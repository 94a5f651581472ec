"""The trial: the sketch's model is fitted once, so that what init writes trains.

What only a fit finds is cured here, one thing after the other: a class that the test rows took
whole; a few rare rows that predict the outcome perfectly, which join the reference; missing values
whose indicator does so, which become the mean alone; and any other
perfect prediction, where a ridge keeps the estimates finite. What nothing here cures is said.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

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
    """What may fit without a ridge: rare levels in the reference, or no indicator."""
    if error is not None and error.reason is Reason.SEPARATED_POOL:
        yield replace(sketch, pool_as=_joined_pools(error))
    if isinstance(error, SeparationError | RankError) and "numeric" in sketch.gaps:
        yield replace(sketch, indicator=_no_indicator(error))


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
