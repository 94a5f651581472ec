"""Cross-validated scores are read as they were kept."""

import math

from logit_flows.store.layout import Store
from logit_flows.store.validations import keep_score, kept_score

RUN = "0123456789ab"


def test_a_score_that_is_not_finite_is_read_as_numbers(store: Store) -> None:
    keep_score(store, RUN, 5, math.inf, math.nan)
    found = kept_score(store, RUN, 5)
    assert found is not None
    assert found[0] == math.inf
    assert math.isnan(found[1])


def test_a_score_belongs_to_its_run_and_number_of_folds(store: Store) -> None:
    keep_score(store, RUN, 5, 0.25, 0.01)
    assert kept_score(store, RUN, 5) == (0.25, 0.01)
    assert kept_score(store, RUN, 3) is None
    assert kept_score(store, "a" + RUN[1:], 5) is None
