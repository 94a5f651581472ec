"""Written columns: the names in files of scores and predictions, and what an id is called there."""

import polars as pl

from logit_engine.rows.frame_columns import by_name
from logit_engine.rows.labels import LABEL_TYPES, Label
from logit_flows.config.sections import Target

# Outputs keep their names; of several classes each has a column, as in probability[a].
OUTPUTS = ("split", "target", "linear_predictor", "probability", "predicted_class", "model")
WIDE_INTEGER = pl.Decimal(38, 0)


def id_name(column: str) -> str:
    """What an id is called in a file of scores or predictions.

    It has its own name, or `id_` before it if an output has that name: `id_probability`.
    """
    return f"id_{column}" if column.partition("[")[0] in OUTPUTS else column


def id_columns(column: str | None, schema: pl.Schema) -> list[pl.Expr]:
    """The id as it is written, if there is one.

    Integers of more than 64 bits are written as decimals: other readers of Parquet have no such
    integers.
    """
    if column is None:
        return []
    values = by_name(column)
    is_wide = schema[column] in (pl.Int128, pl.UInt128)
    return [(values.cast(WIDE_INTEGER) if is_wide else values).alias(id_name(column))]


def target_column(target: Target, classes: tuple[Label, ...]) -> pl.Expr:
    """The target as it is written: of the type of its labels.

    Where several values are the event, the classes have names of their own, and the values stand.
    """
    label = target.positive[0] if isinstance(target.positive, list) else classes[0]
    return by_name(target.column).cast(LABEL_TYPES[type(label)]).alias("target")
