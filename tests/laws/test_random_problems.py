"""Right or refused: random problems against 69 digits, an exact linear programme and the exact rank."""

from dataclasses import replace

import numpy as np
import pytest
from random_problems import random_problem
from verdicts import FORBIDDEN, Judgment, judged

SEEDS = range(300)  # thousands more: python bench/right_or_refused.py
PARTS = 6


@pytest.mark.parametrize("part", range(PARTS))
def test_no_answer_is_wrong_no_reason_false_and_no_easy_problem_lost(part: int) -> None:
    found = {seed: judged(random_problem(seed)) for seed in SEEDS[part::PARTS]}
    bad = {seed: said for seed, said in found.items() if said.judgment in FORBIDDEN}
    assert not bad
    assert sum(said.judgment is Judgment.RIGHT for said in found.values()) > 12


def test_small_problems_with_large_offsets_are_not_lost() -> None:
    bad = {}
    for seed in range(60):
        problem = random_problem(seed, most_rows=20)
        if problem.link != "multinomial":
            offset = 10.0 * np.random.default_rng(seed).standard_normal(problem.y.size)
            said = judged(replace(problem, offset=offset))
            bad |= {seed: said} if said.judgment in FORBIDDEN else {}
    assert not bad
