"""What remains of a config without what a problem is about, so that the rest can be judged too.

A config that remains is for `check` alone. It is not validated: one without features, say, still
has a split to judge.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from logit_flows.config.features import Features
from logit_flows.config.model import Config
from logit_flows.config.sections import Data, ModelRule, Penalty, Section, SplitRule

S = TypeVar("S", bound=Section)
T = TypeVar("T")

# With it every coefficient is finite, as with any strength that cross-validation would choose.
STAND_IN_STRENGTH = 0.01


def without_columns(config: Config, gone: Collection[str]) -> Config:
    """The config in which these data columns have no role. The target keeps its own."""
    data = _data_without(config.data, gone)
    return _with(
        config,
        data=data,
        features=_features_without(config.features, gone),
        split=_split_without(config, gone),
        model=_model_without(config, data, gone),
    )


def without_missing_targets(config: Config) -> Config:
    """The config that leaves out rows without a target."""
    return _with(config, data=_with(config.data, missing_target="drop"))


def without_split(config: Config) -> Config:
    """The config that trains on all rows, and tests on those of the test file if there is one."""
    return _with(config, split=SplitRule(method="none"))


def without_search(config: Config) -> Config:
    """The config with a number in place of a strength to be chosen."""
    return _with(config, model=_without_search(config.model))


def without_aliases(config: Config) -> Config:
    """The config that leaves out columns that are combinations of others."""
    return _with(config, features=_with(config.features, aliased="drop"))


def with_separation(config: Config) -> Config:
    """The config that goes on where outcomes are predicted perfectly."""
    return _with(config, model=_with(config.model, on_separation="warn"))


def _with(section: S, **changes: Any) -> S:
    """A copy of a section, or of the config, with other values."""
    return section.model_copy(update=changes)


def _data_without(data: Data, gone: Collection[str]) -> Data:
    kept = {role: _kept_name(getattr(data, role), gone) for role in ("id", "time", "cluster")}
    return _with(data, **kept)


def _features_without(features: Features, gone: Collection[str]) -> Features:
    return _with(
        features,
        numeric=_kept_names(features.numeric, gone),
        categorical=_kept_names(features.categorical, gone),
        recode=_kept_keys(features.recode, gone),
        reference=_kept_keys(features.reference, gone),
    )


def _split_without(config: Config, gone: Collection[str]) -> SplitRule:
    """Without a column that it reads there is no split: another one would have its own problems."""
    split = config.split
    reads: dict[str, list[str | None]] = {
        "none": [],
        "time": [config.data.time],
        "group": [split.column],
        "column": [split.column],
    }
    is_kept = set(gone).isdisjoint(reads.get(split.method, _hashed_columns(config)))
    return split if is_kept else SplitRule(method="none")


def _hashed_columns(config: Config) -> list[str | None]:
    """The columns that random splits and folds hash."""
    data, features = config.data, config.features
    if config.split_key == "cluster":
        return [data.cluster]
    if config.split_key == "id":
        return [data.id]
    return [*features.numeric, *features.categorical, data.time, config.split.column]


def _model_without(config: Config, data: Data, gone: Collection[str]) -> ModelRule:
    """data: what is left of the roles."""
    model = config.model
    by_time = model.penalty.fold_method == "time"
    if not set(gone).isdisjoint([config.data.time] if by_time else _hashed_columns(config)):
        model = _without_search(model)
    if model.covariance.type == "cluster" and data.cluster is None:
        model = _with(model, covariance=_with(model.covariance, type="nonrobust"))
    smooth = _kept_names(model.penalty.smooth, gone)
    return _with(model, penalty=_with(model.penalty, smooth=smooth))


def _without_search(model: ModelRule) -> ModelRule:
    if model.penalty.strength != "cv":
        return model
    asked = model.penalty
    penalty = Penalty(
        type=asked.type,
        l1_ratio=asked.l1_ratio,
        strength=STAND_IN_STRENGTH,
        smooth=asked.smooth,
    )
    return _with(model, penalty=penalty)


def _kept_name(name: str | None, gone: Collection[str]) -> str | None:
    return None if name in gone else name


def _kept_names(names: Iterable[str], gone: Collection[str]) -> list[str]:
    return [name for name in names if name not in gone]


def _kept_keys(named: Mapping[str, T], gone: Collection[str]) -> dict[str, T]:
    return {name: value for name, value in named.items() if name not in gone}
