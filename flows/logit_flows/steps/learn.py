"""Learn: the Design of the training rows, as the config asks for it."""

from dataclasses import dataclass, replace
from functools import partial

from logit_engine.design.learning import learn
from logit_engine.design.spec import Impute, Normalize, PoolAs, Redundant, Spec, Unknown
from logit_engine.design.table_design import Design
from logit_engine.design.terms.naming import column_text
from logit_flows.config.model import Config
from logit_flows.config.values import value_text
from logit_flows.steps.load import Dataset
from logit_flows.steps.rows import open_rows, training_rows
from logit_flows.steps.split import Split

MAX_SHOWN_LEVELS = 12  # levels of a categorical in a sentence


@dataclass(frozen=True, slots=True)
class Learned:
    """A design, and a sentence for everything that was imputed, pooled or merged."""

    design: Design
    notes: tuple[str, ...]


def design_spec(config: Config) -> Spec:
    """The config's features, as the values a Design understands."""
    features = config.features
    numeric, categorical = features.impute.numeric, features.impute.categorical
    return Spec(
        numeric=tuple(features.numeric),
        categorical=tuple(features.categorical),
        recode={
            column: {
                value_text(level): tuple(map(value_text, values))
                for level, values in levels.items()
            }
            for column, levels in features.recode.items()
        },
        reference={column: value_text(level) for column, level in features.reference.items()},
        impute_numeric=Impute(numeric.strategy),
        constant=numeric.value,
        add_indicator=numeric.add_indicator,
        impute_categorical=Impute(categorical.strategy),
        min_frequency=features.min_frequency,
        pool_as=PoolAs(features.pool_as),
        unknown=Unknown(features.handle_unknown),
        constant_columns=Redundant(features.constant),
        normalize=Normalize(config.normalize),
    )


def fold_spec(config: Config) -> Spec:
    """What is asked of the design of a fold's rows, which are a part of the training rows.

    A level may be rare or unseen, or a column constant, in that part alone: the level is pooled,
    the column dropped, though the config refuses such a one in all training rows.
    """
    spec = design_spec(config)
    return replace(
        spec,
        pool_as=PoolAs.LEVEL if spec.pool_as is PoolAs.ERROR else spec.pool_as,
        unknown=Unknown.POOLED if spec.unknown is Unknown.ERROR else spec.unknown,
        constant_columns=Redundant.DROP,
    )


def learn_design(config: Config, dataset: Dataset, split: Split) -> Learned:
    """Levels, imputed values, centers and scales, from the training rows alone.

    Raises DataError with every problem of the columns, a part each.
    """
    design, notes = learn(
        open_rows(config, dataset, split, "train"),
        design_spec(config),
        partial(training_rows, config, dataset, split),
    )
    notes += tuple(_order(design, name) for name in smooth_columns(config, design))
    dropped = (f"{dataset.dropped:,} rows without a target were left out.",)
    return Learned(design, (*dataset.notes, *(dropped if dataset.dropped else ()), *notes))


def smooth_columns(config: Config, design: Design) -> list[str]:
    """The ordered categoricals of the penalty that the design has: a constant one is dropped."""
    return [name for name in config.model.penalty.smooth if name in design.data_columns]


def _order(design: Design, name: str) -> str:
    """The order in which the levels of an ordered categorical are neighbors."""
    levels = design.ordered_levels(name)
    shown = ", ".join(
        levels
        if len(levels) <= MAX_SHOWN_LEVELS
        else (*levels[: MAX_SHOWN_LEVELS - 1], "...", levels[-1])
    )
    return (
        f"{column_text(name)}: neighbors are drawn together in the order {shown}; numbers sort as "
        "numbers, text by its letters."
    )
