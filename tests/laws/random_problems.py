"""Random problems by seed: outcomes, columns, weights and offsets as bad as users have them."""

from dataclasses import dataclass

import numpy as np

BINARY_LINKS = ("probit", "cloglog", "loglog", "cauchit")
SANDWICHES = ("HC0", "HC1", "HC2", "HC3", "cluster")


@dataclass(frozen=True)
class Problem:
    """Rows to be fitted: X (n, p), y (n,), and where given copies, precision, offset and cluster,
    (n,).

    link: a binary one, or multinomial; tags: what was done to the data.
    """

    seed: int
    X: np.ndarray
    y: np.ndarray
    link: str
    classes: int
    intercept: bool
    copies: np.ndarray | None
    precision: np.ndarray | None
    offset: np.ndarray | None
    cluster: np.ndarray | None
    covariance: str
    tags: tuple[str, ...]


def columns(rng: np.random.Generator, n: int, p: int) -> np.ndarray:
    """Columns of one of six kinds."""
    kind = rng.choice(
        ["normal", "integer", "binary", "cauchy", "mixed", "rounded"],
        p=[0.35, 0.15, 0.12, 0.1, 0.18, 0.1],
    )
    if kind == "integer":
        return rng.integers(-3, 4, (n, p)).astype(float)
    if kind == "binary":
        return (rng.random((n, p)) < rng.uniform(0.03, 0.97, p)).astype(float)
    if kind == "cauchy":
        return rng.standard_cauchy((n, p))
    if kind == "mixed":
        makers = (
            rng.standard_normal,
            lambda n: (rng.random(n) < 0.3).astype(float),
            lambda n: rng.poisson(2.0, n),
        )
        return np.stack([makers[int(rng.integers(3))](n) for _ in range(p)], axis=1).astype(float)
    X = rng.standard_normal((n, p))
    return np.round(X, 1) if kind == "rounded" else X


def outcome(
    rng: np.random.Generator, Z: np.ndarray, link: str, classes: int
) -> tuple[np.ndarray, int, list[str]]:
    """An outcome, how many classes it has, and what was done: regular, nearly separated,
    separated, rare, shares, a coin.
    """
    n, p = Z.shape
    predictor = Z @ (rng.standard_normal(p) * rng.choice([0.3, 1.0, 3.0])) + 0.5 * rng.normal()
    regular = (predictor + rng.logistic(size=n) > 0).astype(float)
    if link == "multinomial":
        B = rng.standard_normal((p, classes)) * rng.choice([0.3, 1.0, 3.0])
        codes = (Z @ B + rng.gumbel(size=(n, classes)) * rng.choice([1.0, 1.0, 0.2])).argmax(axis=1)
        if rng.random() < 0.1:
            codes = np.where(Z[:, 0] > 0, 1, codes)
        present, y = np.unique(codes, return_inverse=True)
        return (y.astype(float), present.size, []) if present.size > 2 else (regular, 2, [])
    kind = rng.choice(
        ["regular", "near", "separated", "quasi", "rare", "shares", "coin"],
        p=[0.45, 0.13, 0.1, 0.08, 0.1, 0.08, 0.06],
    )
    y = regular
    if kind == "near":
        y = (Z[:, 0] > 0.3 * rng.normal()).astype(float)
        wrong = np.argsort(np.abs(Z[:, 0]))[: int(rng.integers(1, 4))]
        y[wrong] = 1.0 - y[wrong]
    elif kind == "separated":
        y = (predictor > np.median(predictor)).astype(float)
    elif kind == "quasi":
        y[rng.random(n) < 0.2] = float(rng.integers(0, 2))
    elif kind == "rare":
        y = np.zeros(n)
        y[rng.integers(0, n, int(rng.integers(1, 3)))] = 1.0
    elif kind == "shares":
        y = np.round(rng.beta(1.0, 1.0, n), 2)
        whole = rng.random(n) < 0.4
        y[whole] = np.round(y[whole])
    elif kind == "coin":
        y = rng.integers(0, 2, n).astype(float)
    return y, 2, [str(kind)]


def worsened(rng: np.random.Generator, X: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The columns nearly collinear, aliased, scaled, far from zero, or with an outlier; and what
    was done.
    """
    n, p = X.shape
    X, tags = X.copy(), []
    if p > 1 and rng.random() < 0.22:
        gap = rng.uniform(1, 12)
        X[:, 1] = X[:, 0] + 10.0**-gap * X[:, 1]
        tags.append(f"gap 1e-{gap:.0f}")
    if p > 2 and rng.random() < 0.04:
        X[:, 2] = X[:, 0] - 2 * X[:, 1] if rng.random() < 0.5 else X[:, 0]
        tags.append("aliased")
    if rng.random() < 0.25:
        X = X * 10.0 ** rng.uniform(-12, 12, p)
        tags.append("scaled")
    if rng.random() < 0.03:
        X = X * 10.0 ** rng.uniform(-120, 120, p)
        tags.append("far apart")
    if rng.random() < 0.22:
        X = X + X.std(axis=0) * 10.0 ** rng.uniform(0, 8, p) * (rng.random(p) < 0.6)
        tags.append("shifted")
    if rng.random() < 0.05:
        X[int(rng.integers(n)), int(rng.integers(p))] *= 10.0 ** rng.uniform(3, 14)
        tags.append("outlier")
    return X, tags


def offsets(
    rng: np.random.Generator, shape: tuple[int, ...]
) -> tuple[np.ndarray | None, list[str]]:
    """Offsets in a fifth of the problems: small, large, common, or enormous in a few rows."""
    kind = rng.random()
    if kind < 0.1:
        return rng.standard_normal(shape), ["offset"]
    if kind < 0.17:
        return 10.0 * rng.standard_normal(shape), ["large offset"]
    if kind < 0.2:
        return 100.0 + rng.standard_normal(shape), ["common offset"]
    if kind < 0.23:
        few = np.where(rng.random(shape) < 0.1, 10.0 ** rng.uniform(2, 6), 0.0)
        return few * rng.choice([-1, 1], shape), ["few offsets"]
    return None, []


def random_problem(seed: int, most_rows: int = 120, most_classes: int = 4) -> Problem:
    """The problem of a seed."""
    rng = np.random.default_rng(seed)
    n = int(np.exp(rng.uniform(np.log(5), np.log(most_rows))))
    p = min(int(rng.integers(1, 9)), n - 2)
    if rng.random() < 0.12:
        n = p + int(rng.integers(2, 5))
    link, classes = "logit", 2
    if (which := rng.random()) < 0.12:
        link, classes = "multinomial", int(rng.integers(3, most_classes + 1))
        n, p = min(n, 40), min(p, 4)  # for the sake of the reference
    elif which < 0.48:
        link = str(rng.choice(BINARY_LINKS))
    X = columns(rng, n, p)
    tags = []
    if rng.random() < 0.15 and n > 10:
        X = X[rng.integers(0, max(3, n // 4), n)]
        tags.append("repeated")
    Z = (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1.0)
    y, classes, more = outcome(rng, Z, link, classes)
    link = "logit" if classes == 2 and link == "multinomial" else link
    X, worse = worsened(rng, X)
    copies = precision = None
    if (which := rng.random()) < 0.12:
        copies = rng.integers(0, 11, n).astype(float)
    elif which < 0.22:
        precision = np.exp(rng.normal(size=n) * rng.choice([0.5, 3.0]))
    elif which < 0.26:
        precision = 10.0 ** rng.uniform(-8, 8, n)
    elif which < 0.29:
        copies, precision = rng.integers(1, 4, n).astype(float), np.exp(rng.normal(size=n))
    offset, shift = offsets(rng, (n,) if classes == 2 else (n, classes - 1))
    covariance = "nonrobust" if rng.random() > 0.35 else str(rng.choice(SANDWICHES))
    if classes > 2 and covariance in ("HC2", "HC3"):
        covariance = "HC1"
    cluster = rng.integers(0, max(3, n // 4), n) if covariance == "cluster" else None
    return Problem(
        seed=seed,
        X=np.ascontiguousarray(X),
        y=y,
        link=link,
        classes=classes,
        intercept=bool(rng.random() < 0.86),
        copies=copies,
        precision=precision,
        offset=offset,
        cluster=cluster,
        covariance=covariance,
        tags=(*tags, *more, *worse, *shift),
    )
