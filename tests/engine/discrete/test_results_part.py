"""Results are parts of one level: each knows the shared state alone; no name is in two parts."""

from itertools import combinations

from logit_engine.discrete.results import DiscreteResults
from logit_engine.discrete.results_part import ResultsPart

PARTS = DiscreteResults.__bases__


def test_every_part_stands_on_the_shared_state_alone() -> None:
    assert {part.__bases__ for part in PARTS} == {(ResultsPart,)}


def test_no_name_is_in_two_parts() -> None:
    own = {part: {name for name in vars(part) if not name.startswith("__")} for part in PARTS}
    for first, second in combinations(PARTS, 2):
        assert not own[first] & own[second], f"{first.__name__} and {second.__name__}"
