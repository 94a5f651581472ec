"""The contract as a value: its digest, its content, and what it shares with another."""

from logit_flows.sources.contract import Contract, ContractColumn, Role
from logit_flows.sources.text.dialect import Dialect
from logit_flows.sources.type_names import LogicalType

X = ContractColumn("x", (Role.NUMERIC,), LogicalType.NUMBER)
G = ContractColumn("g", (Role.CATEGORICAL, Role.CLUSTER), LogicalType.INTEGER)
WHOLE = Contract((X, G), Dialect(separator=";"))


def test_content_and_contract_are_inverse() -> None:
    assert Contract.from_content(WHOLE.to_content()) == WHOLE


def test_the_digest_knows_names_roles_and_types_and_nothing_else() -> None:
    turned = ContractColumn("g", (Role.CLUSTER, Role.CATEGORICAL), LogicalType.INTEGER)
    assert Contract((turned, X)).digest == WHOLE.digest
    for other in (
        ContractColumn("h", G.roles, G.type),
        ContractColumn("g", (Role.CATEGORICAL,), G.type),
        ContractColumn("g", G.roles, LogicalType.TEXT),
    ):
        assert Contract((X, other)).digest != WHOLE.digest


def test_types_are_kept_for_columns_of_the_same_roles_alone() -> None:
    roles = {"x": (Role.CATEGORICAL,), "g": (Role.CLUSTER, Role.CATEGORICAL), "new": (Role.ID,)}
    assert WHOLE.types_for(roles) == {"g": LogicalType.INTEGER}


def test_an_extension_takes_the_newer_column_and_keeps_the_others() -> None:
    newer = ContractColumn("g", (Role.CATEGORICAL,), LogicalType.TEXT)
    more = ContractColumn("z", (Role.NUMERIC,), LogicalType.NUMBER)
    assert WHOLE.extended(Contract((newer, more))).columns == (X, newer, more)
    assert WHOLE.extended(Contract((newer,))).dialect == WHOLE.dialect


def test_differences_name_the_columns_that_mean_something_else() -> None:
    other = Contract((ContractColumn("g", (Role.CATEGORICAL,), LogicalType.TEXT),))
    assert WHOLE.differences(other) == ("column 'g' was integer and is text",)
    assert WHOLE.differences(WHOLE) == ()
