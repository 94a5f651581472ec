"""The names a key may take where the engine has a table of them: the config repeats none."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from logit_engine.design.spec import Impute, Normalize, PoolAs, Redundant, Unknown
from logit_engine.diagnostics.metrics import METRICS
from logit_engine.inference.covariance import Kind
from logit_engine.links import LINKS
from logit_engine.penalties import PENALTIES
from logit_flows.sources.type_names import LogicalType


class OneOf:
    """A type's annotation: the value is one of these names, which `logit schema` lists."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = [str(name) for name in names]

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.literal_schema(self.names)


# A base rate is a fact of the rows. The calibrations are measured beside the engine's table.
REQUIRED_METRICS = [
    *(name for name in METRICS if name != "base_rate"),
    "calibration_slope",
    "calibration_intercept",
]

TypeName = Annotated[str, OneOf(LogicalType)]
LinkName = Annotated[str, OneOf(LINKS)]
PenaltyName = Annotated[str, OneOf(PENALTIES)]
CovarianceName = Annotated[str, OneOf(kind.value for kind in Kind)]
MetricName = Annotated[str, OneOf(REQUIRED_METRICS)]
ScaleName = Annotated[str, OneOf(Normalize)]
UnknownName = Annotated[str, OneOf(Unknown)]
PoolName = Annotated[str, OneOf(PoolAs)]
RedundantName = Annotated[str, OneOf(Redundant)]
NumberName = Annotated[str, OneOf(name for name in Impute if name != Impute.LEVEL)]
LevelName = Annotated[str, OneOf((Impute.ERROR, Impute.LEVEL))]
