"""The configuration as one strict, frozen value."""

import os
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import PrivateAttr

from logit_engine.errors import UsageError
from logit_flows.config.choices import ScaleName
from logit_flows.config.features import Features
from logit_flows.config.sections import (
    Compute,
    Data,
    Evaluate,
    Experiment,
    Gate,
    ModelRule,
    Schedule,
    Score,
    Section,
    SplitRule,
    Write,
)


class Config(Section):
    """One pipeline: data, features, model, and what is done with it."""

    name: str
    """The name of the model. Its runs are stored under it."""
    data: Data
    """Where the rows come from."""
    features: Features
    """The columns that predict."""
    normalize: ScaleName = "standard"
    """The inner scale of numeric columns. Coefficients are always printed in original units."""
    split: SplitRule = SplitRule()
    """Which rows are test rows."""
    model: ModelRule = ModelRule()
    """What is fitted."""
    evaluate: Evaluate = Evaluate()
    """How the model is measured."""
    gate: Gate = Gate()
    """When a challenger replaces the champion."""
    score: Score = Score()
    """Batch scoring."""
    experiment: Experiment | None = None
    """Configs to compare."""
    schedule: Schedule | None = None
    """When `logit schedule` retrains."""
    compute: Compute = Compute()
    """What the run may use. Nothing here changes the result."""
    orchestrator: Literal["auto", "prefect", "none"] = "auto"
    """auto: Prefect if PREFECT_API_URL or its profile names a server, else plain functions. Both
    give the same result."""
    store: str = "store"
    """The folder that holds all that is published."""
    write: Write = Write()
    """What a run stores beside the model."""

    _folder: Path = PrivateAttr(default_factory=Path)

    @property
    def folder(self) -> Path:
        """Where relative paths start: the config's own folder."""
        return self._folder

    @property
    def split_key(self) -> Literal["id", "cluster", "row"]:
        """What random and stratified splits hash: as split.by says, else the cluster if there is
        one, else the id, else the whole row.
        """
        if self.split.by is not None:
            return self.split.by
        if self.data.cluster is not None:
            return "cluster"
        return "row" if self.data.id is None else "id"

    def resolve(self, path: str) -> Path:
        """A path of the config, from its folder, with ${env:NAME} replaced.

        Raises UsageError if NAME is not set.
        """
        return self._folder / re.sub(r"\$\{env:(\w+)\}", _from_environment, path)

    def content(self) -> dict[str, Any]:
        """All of it, JSON-ready; `from_mapping` is the inverse."""
        return self.model_dump(mode="json")

    def result_content(self) -> dict[str, Any]:
        """All that can change the result of a run, JSON-ready.

        Where it is stored, when it runs and what is done with it are left out.
        """
        names = {"name", "data", "features", "normalize", "split", "model", "evaluate", "write"}
        of_scores = {"features": {"unknown_at_most"}}
        return self.model_dump(mode="json", include=names, exclude=of_scores)


def _from_environment(found: re.Match[str]) -> str:
    value = os.environ.get(found[1])
    if value is None:
        raise UsageError(
            f"the config refers to ${{env:{found[1]}}}, "
            f"but {found[1]} is not set in the environment."
        )
    return value
