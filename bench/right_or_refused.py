"""Thousands of random problems against 69 digits: python bench/right_or_refused.py [FIRST [COUNT]];
by default by the date.

Prints how many were right, refused, given up, and each that must not be: wrong and converged,
refused for a false reason, a raw exception, not converged although the maximum is finite and
moderate. Ends with 1 if there is one.
"""

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.laws.random_problems import random_problem
from tests.laws.verdicts import FORBIDDEN, Judged, judged

COUNT = 2000


def judged_seed(seed: int) -> tuple[int, Judged]:
    """The seed with its judgment."""
    return seed, judged(random_problem(seed))


def main() -> int:
    """Judge problems from the first seed on."""
    first = int(sys.argv[1]) if len(sys.argv) > 1 else int(f"{date.today():%Y%m%d}") * 10_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor() as pool:
        for seed, said in pool.map(judged_seed, range(first, first + count), chunksize=8):
            counts[said.judgment.value] += 1
            if said.judgment in FORBIDDEN:
                print(f"seed {seed}: {said.judgment.value}: {said.text}", flush=True)
    print(f"seeds {first} to {first + count - 1}")
    for what, number in counts.most_common():
        print(f"{number:6,}  {what}")
    return int(any(counts[bad.value] for bad in FORBIDDEN))


if __name__ == "__main__":
    sys.exit(main())
