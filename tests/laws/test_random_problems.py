"""Random problems are right or refused, by 69 digits and an exact linear program."""

from dataclasses import replace

import numpy as np
import pytest

from tests.laws.random_problems import random_problem
from tests.laws.verdicts import FORBIDDEN, Judgment, judged

SEEDS = 50  # of a part; thousands of others: python bench/right_or_refused.py
MIN_RIGHT = 12  # of a part: the fewest that any of the 46 has, so that the law is not empty
PARTS = [*range(6), *(pytest.param(part, marks=pytest.mark.slow) for part in range(6, 46))]


@pytest.mark.parametrize("part", PARTS)
def test_no_answer_is_wrong_no_reason_false_and_no_easy_problem_lost(part: int) -> None:
    seeds = range(SEEDS * part, SEEDS * (part + 1))
    found = {seed: judged(random_problem(seed)) for seed in seeds}
    bad = {seed: said for seed, said in found.items() if said.judgment in FORBIDDEN}
    assert not bad
    assert sum(said.judgment is Judgment.RIGHT for said in found.values()) >= MIN_RIGHT


HARD_PROBLEMS = {
    7771274: Judgment.RIGHT,  # an edge: a row of 1.6e11 that changes sides within 1e-11 of a step
    202611260954: Judgment.REFUSED,  # a squared decrement that overflows
    42001070: Judgment.RIGHT,  # a row of 4e11 whose reach is far longer than any step
    42002743: Judgment.GIVEN_UP,  # scores of 1 and -1 that leave 1e-20 to the rows that decide
    # four rows with offsets of 100, whose scores cancel to a step of exactly zero
    202611280652: Judgment.GIVEN_UP,
    202611281240: Judgment.RIGHT,  # shares of events that fit exactly: robust errors of zero
    # weights of fifteen decades, and a step that is smaller than its rounding
    42005944: Judgment.GIVEN_UP,
    42003397: Judgment.REFUSED,  # HC3 of a Cauchy link, with a leverage above one
    # aliased columns; nothing separates but the rounding of a projection
    43001747: Judgment.REFUSED,
    43006245: Judgment.GIVEN_UP,  # columns that differ, of weights that hide it
    # kappa of 3e7: no more digits of the information are promised than the columns have
    43006562: Judgment.RIGHT,
    # a row of 1e13 in a column of 0 and 1, of three classes: no separation
    7770592: Judgment.GIVEN_UP,
}


@pytest.mark.parametrize("seed", HARD_PROBLEMS)
def test_problems_that_once_went_wrong(seed: int) -> None:
    assert judged(random_problem(seed)).judgment is HARD_PROBLEMS[seed]


def test_what_separates_to_ten_digits_is_named() -> None:
    said = judged(random_problem(7770592)).text
    assert "to ten digits, a combination of 'x2 (class 1)' (-inf), 'x2 (class 2)' (-inf)" in said
    assert "rules out a class of y in 2 of 20 rows (rows 15, 18)" in said


def test_small_problems_with_large_offsets_are_not_lost() -> None:
    bad = {}
    for seed in range(60):
        problem = random_problem(seed, most_rows=20)
        if problem.link != "multinomial":
            offset = 10.0 * np.random.default_rng(seed).standard_normal(problem.y.size)
            said = judged(replace(problem, offset=offset))
            bad |= {seed: said} if said.judgment in FORBIDDEN else {}
    assert not bad
