"""Hard cases for the digits of a fit, made of the same doubles on every machine.

Uniform numbers come from `random.Random.random`, which Python promises not to change; everything
else is +, -, * and /, which IEEE 754 rounds in one way.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """X: (n, p) without the constant; y, weight, offset, cluster: (n,); y holds codes 0, 1, ... of
    the classes.

    link: a name in LINKS, or multinomial; covariance: nonrobust, HC0 or cluster.
    """

    name: str
    X: Array
    y: Array
    link: str = "logit"
    weight: Array | None = None
    offset: Array | None = None
    classes: int = 2
    covariance: str = "nonrobust"
    cluster: Array | None = None

    @property
    def fingerprint(self) -> str:
        """sha256 of every double, so that references can be told from those of other data."""
        words = (self.name, self.link, self.classes, self.covariance, self.X.shape)
        digest = hashlib.sha256(" ".join(map(str, words)).encode())
        for part in (self.X, self.y, self.weight, self.offset, self.cluster):
            digest.update(
                b"none" if part is None else np.ascontiguousarray(part, dtype="<f8").tobytes()
            )
        return digest.hexdigest()


def uniform(rng: Random, n: int) -> Array:
    """n numbers in [0, 1)."""
    return np.array([rng.random() for _ in range(n)])


def normal(rng: Random, n: int) -> Array:
    """n nearly normal numbers: sums of twelve uniforms, less six."""
    return np.array([sum(rng.random() for _ in range(12)) - 6.0 for _ in range(n)])


def outcomes(rng: Random, eta: Array) -> Array:
    """0 or 1 with probability (1 + eta/(1 + |eta|))/2 of a 1: an S curve made of exactly rounded
    operations.
    """
    return (uniform(rng, eta.size) < 0.5 + 0.5 * eta / (1.0 + np.abs(eta))).astype(np.float64)


def choices(rng: Random, *eta: Array) -> Array:
    """A code 0..k with probability in proportion to 1 + eta/(1 + |eta|), eta of code 0 being
    zero.
    """
    sizes = [np.ones(eta[0].size), *(1.0 + each / (1.0 + np.abs(each)) for each in eta)]
    drawn, below, codes = (
        uniform(rng, eta[0].size) * sum(sizes),
        np.zeros(eta[0].size),
        np.zeros(eta[0].size),
    )
    for size in sizes[:-1]:
        below = below + size
        codes += drawn >= below
    return codes


def spector_like() -> Case:
    """32 students: a grade average, a test score and a program, as in Spector & Mazzeo (1980)."""
    rng = Random(1)
    average = np.round(200.0 + 200.0 * uniform(rng, 32)) / 100.0
    score = np.round(12.0 + 17.0 * uniform(rng, 32))
    program = (uniform(rng, 32) < 0.45).astype(np.float64)
    y = outcomes(rng, 2.0 * (average - 3.1) + 0.1 * (score - 21.0) + 2.0 * program - 1.0)
    return Case("spector-like", np.stack([average, score, program], axis=1), y)


def two_columns(seed: int, n: int = 200) -> tuple[Array, Array, Array]:
    """Two independent columns and an outcome that follows both."""
    rng = Random(seed)
    a, b = normal(rng, n), normal(rng, n)
    return a, b, outcomes(rng, 0.8 * a - 0.5 * b - 0.3)


def collinear(gap: float) -> Case:
    """A column and a near copy of it."""
    a, b, y = two_columns(2)
    return Case(f"collinear {gap:.0e}", np.stack([a, a + gap * b], axis=1), y)


def shifted(by: float) -> Case:
    """Both columns far from zero."""
    a, b, y = two_columns(3)
    return Case(f"x + {by:.0e}", np.stack([a + by, b + by], axis=1), y)


def collinear_and_shifted(gap: float, by: float) -> Case:
    """A column far from zero and a near copy of it."""
    a, b, y = two_columns(2)
    return Case(f"collinear {gap:.0e} + {by:.0e}", np.stack([a + by, a + by + gap * b], axis=1), y)


def scaled() -> Case:
    """One column in millionths, the other in millions."""
    a, b, y = two_columns(4)
    return Case("scales 1e-6, 1e6", np.stack([a * 1e-6, b * 1e6], axis=1), y)


def cubic_in_year() -> Case:
    """year, its square and its cube, five rows a year from 1980 to 2019."""
    rng = Random(5)
    year = np.repeat(np.arange(1980.0, 2020.0), 5)
    t = (year - 2000.0) / 20.0
    y = outcomes(rng, 2.0 * t - 3.0 * t * t * t + 0.3)
    return Case("cubic in a year", np.stack([year, year * year, year * year * year], axis=1), y)


def rare() -> Case:
    """4 events in 4,000 rows, none at the edge of the columns."""
    rng = Random(6)
    X = np.stack([normal(rng, 4000), normal(rng, 4000)], axis=1)
    y = np.zeros(4000)
    y[[17, 1203, 2210, 3555]] = 1.0
    return Case("4 events of 4000", X, y)


def probit_tails() -> Case:
    """A probit whose offsets put some rows far on the wrong side: eta beyond 8 against the
    outcome, and for it.
    """
    rng = Random(7)
    n = 240
    x, z = normal(rng, n), normal(rng, n)
    y = outcomes(rng, 1.5 * x - z)
    push = np.where(np.arange(n) % 8 == 0, 9.0 + 4.0 * uniform(rng, n), 0.0)
    against = np.where(np.arange(n) % 16 == 0, -1.0, 1.0)
    return Case(
        "probit tails",
        np.stack([x, z], axis=1),
        y,
        "probit",
        offset=push * against * (2.0 * y - 1.0),
    )


def weighted() -> Case:
    """Frequency weights from 0 to 1,000."""
    rng = Random(8)
    a, b, y = two_columns(8)
    weight = np.floor(1000.0 * uniform(rng, 200) * uniform(rng, 200) * uniform(rng, 200))
    return Case("weights", np.stack([a, b], axis=1), y, weight=weight)


def offset() -> Case:
    """Offsets as wide as the signal."""
    rng = Random(9)
    a, b, y = two_columns(9)
    return Case("offset", np.stack([a, b], axis=1), y, offset=3.0 * normal(rng, 200) + 0.1)


def shares() -> Case:
    """Shares of events among weighted groups."""
    rng = Random(10)
    a, b, _ = two_columns(10, 60)
    trials = 1.0 + np.floor(20.0 * uniform(rng, 60))
    return Case(
        "shares",
        np.stack([a, b], axis=1),
        np.floor((trials + 1.0) * uniform(rng, 60)) / trials,
        weight=trials,
    )


def cloglog() -> Case:
    """The complementary log-log link on collinear columns."""
    a, b, y = two_columns(11)
    return Case("cloglog, collinear", np.stack([a, a + 1e-5 * b], axis=1), y, "cloglog")


def nearly_separated() -> Case:
    """Events above zero and non-events below, but for four rows close to it: a steep slope that
    still has an end.
    """
    rng = Random(12)
    x, z = normal(rng, 200), normal(rng, 200)
    y = (x > 0.0).astype(np.float64)
    x[:4], y[:4] = [0.01, 0.02, -0.01, -0.015], [0.0, 0.0, 1.0, 1.0]
    return Case("nearly separated", np.stack([x, z], axis=1), y)


def rarer() -> Case:
    """8 events in 20,000 rows, none at the edge of the columns."""
    rng = Random(13)
    X = np.stack([normal(rng, 20_000), normal(rng, 20_000)], axis=1)
    y = np.zeros(20_000)
    y[[523, 2718, 4669, 8128, 11_235, 14_142, 16_180, 17_320]] = 1.0
    return Case("8 events of 20000", X, y)


def loglog() -> Case:
    """The log-log link on collinear columns far from zero."""
    a, b, y = two_columns(14)
    return Case("loglog, collinear", np.stack([a + 1e3, a + 1e3 + 1e-5 * b], axis=1), y, "loglog")


def cauchit() -> Case:
    """The cauchit link on collinear columns."""
    a, b, y = two_columns(15)
    return Case("cauchit, collinear", np.stack([a, a + 1e-4 * b], axis=1), y, "cauchit")


def probit_scaled() -> Case:
    """A probit of one column in millionths, the other in millions."""
    a, b, y = two_columns(16)
    return Case("probit 1e-6, 1e6", np.stack([a * 1e-6, b * 1e6], axis=1), y, "probit")


def probit_shifted() -> Case:
    """A probit whose offsets lie around 40, where rows without an intercept are 40 standard
    deviations wrong.
    """
    rng = Random(17)
    a, b, y = two_columns(17)
    return Case(
        "probit, offset + 40",
        np.stack([a, b], axis=1),
        y,
        "probit",
        offset=40.0 + 2.0 * normal(rng, 200),
    )


def robust(case: Case) -> Case:
    """The case with White's covariance."""
    return replace(case, name=f"{case.name}, HC0", covariance="HC0")


def clustered(case: Case) -> Case:
    """The case with every five rows a cluster."""
    codes = np.floor(np.arange(case.y.size) / 5.0)
    return replace(case, name=f"{case.name}, cluster", covariance="cluster", cluster=codes)


def three_columns(seed: int, n: int = 300) -> tuple[Array, Array, Array]:
    """Two independent columns and one of three classes that follows both."""
    rng = Random(seed)
    a, b = normal(rng, n), normal(rng, n)
    return a, b, choices(rng, 0.9 * a - 0.4 * b + 0.2, -0.6 * a + 0.7 * b - 0.3)


def three_classes() -> Case:
    """Three classes, nothing hard."""
    a, b, y = three_columns(18)
    return Case("3 classes", np.stack([a, b], axis=1), y, "multinomial", classes=3)


def three_classes_hard() -> Case:
    """Three classes on a column, a near copy of it, and a column far from zero."""
    a, b, y = three_columns(19)
    c = normal(Random(20), y.size) + 1e6
    return Case(
        "3 classes, hard", np.stack([a, a + 1e-4 * b, c], axis=1), y, "multinomial", classes=3
    )


def rare_class() -> Case:
    """Five classes, of which the last has 4 rows of 500, none at the edge of the columns."""
    rng = Random(21)
    a, b = normal(rng, 500), normal(rng, 500)
    y = choices(rng, 0.8 * a, -0.5 * a + 0.6 * b, 0.4 * b - 0.2)
    y[[37, 171, 288, 402]] = 4.0
    return Case("5 classes, one rare", np.stack([a, b], axis=1), y, "multinomial", classes=5)


MAKERS: tuple[Callable[[], Case], ...] = (
    spector_like,
    lambda: collinear(1e-4),
    lambda: collinear(1e-6),
    lambda: collinear(1e-8),
    lambda: collinear_and_shifted(1e-6, 1e8),
    lambda: shifted(1e6),
    lambda: shifted(1e8),
    scaled,
    cubic_in_year,
    rare,
    probit_tails,
    weighted,
    offset,
    shares,
    cloglog,
    nearly_separated,
    rarer,
    loglog,
    cauchit,
    probit_scaled,
    probit_shifted,
    lambda: robust(collinear(1e-4)),
    lambda: clustered(collinear(1e-4)),
    lambda: robust(cubic_in_year()),
    lambda: clustered(cubic_in_year()),
    three_classes,
    three_classes_hard,
    rare_class,
)

CASES: tuple[Case, ...] = tuple(make() for make in MAKERS)
