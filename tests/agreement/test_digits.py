"""Every hard case has the promised digits; `make accuracy` prints them."""

import pytest

from tests.agreement.cases import CASES, Case
from tests.agreement.scoring import engine, goal


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_has_the_promised_digits(case: Case) -> None:
    digits, _ = engine(case)
    assert not digits.missing(goal(case))
