"""Passes by compiled loops (compiled/kernels.py): for which fits, and their sums in the shapes that the engine has.

They need Numba, the extra `fast`, and are taken where there are enough numbers to repay its loading. Whether they are is
decided once for a fit, from what the rows are and not from how they come; a model's manifest tells who was there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns, Constant, Coordinates, Dense, SideBySide
from logit_engine.columns.units import MILD
from logit_engine.errors import UsageError
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LOGIT
from logit_engine.rows import Block, Rows

MANY = 2**24  # numbers, rows by coefficients by fits, from which compiled loops are taken
ROOM = 2**14  # numbers written out at a time, about: what stays in a core's own cache with its copy scaled
FEWEST = 128  # rows of them, at least: a product of fewer is slow
TYPES = tuple(np.dtype(kind) for kind in "fdbBhHiIlLqQ")  # of X, in any order of bytes: what compilers know
NOTHING = np.zeros(0)


def builds() -> list[str]:
    """Numba and its compiler, where compiled loops can be had: bits are the same only where these are."""
    return [f"numba {version('numba')} llvmlite {version('llvmlite')}"] if find_spec("numba") else []


def applies(rows: Rows, sample: Rows, likelihood: Likelihood, coordinates: Coordinates, fits: int) -> bool:
    """Whether so many fits of rows take compiled loops, by some of the rows."""
    coefficients = likelihood.outputs * len(rows.names)
    if fits * rows.n * coefficients < MANY or not (
        likelihood == Bernoulli(LOGIT) or isinstance(likelihood, Multinomial)
    ):
        return False
    written = _written(next(sample.blocks(0, 1)).X)
    mild = bool(((coordinates.scale > MILD[0]) & (coordinates.scale < MILD[1])).all())
    return written is not None and written.dtype in TYPES and mild and find_spec("numba") is not None


def _written(X: Columns) -> NDArray[Any] | None:
    """The array of dense columns, with a constant before them or without; None of other columns."""
    match X:
        case Dense(array, None) | SideBySide((Constant(), Dense(array, None))):
            return array
    return None


class BlockSums(NamedTuple):
    """What a pass over a block gives: see `kernels.binary`. score: (p,) or (p, k); information: (q, q)."""

    loglik: float
    score: Array
    lead: float
    information: Array
    longest: float
    flattest: float


class LightBlockSums(NamedTuple):
    """What a light pass over a block gives, of each model: score (models, k, p), loglik and sum of |score_i| (models,)."""

    score: Array
    loglik: Array
    absolute: Array


@dataclass(frozen=True, slots=True)
class Loops:
    """Passes at theta, (q,), or (models, q), in inner coordinates; triangle: the inverse of a basis, (p, p), or None."""

    likelihood: Likelihood
    coordinates: Coordinates
    theta: Array
    triangle: Array | None = None

    def score(self, block: Block) -> Array:
        """The gradient of the log-likelihood over a block, (p,) or (p, k)."""
        return self._columns(self.light_sums(block, (-1,), judged=False).score[0])

    def light_sums(self, block: Block, without: Sequence[int], judged: bool = True) -> LightBlockSums:
        """Light passes over a block of several models, theta (models, q), each without the rows of a fold, -1 for none.

        Units are left to theta and to the sums, so that rows that need no centering are read where they lie.
        """
        X, center, inverse, by_column, *others = self._rows(block)
        by_class = self.theta.reshape(len(without), self.likelihood.outputs, -1) * inverse
        first = by_class.shape[2] - X.shape[1]
        thetas = np.ascontiguousarray(by_class[:, :, first:])
        constants = by_class[:, :, 0].copy() if first else np.zeros(by_class.shape[:2])
        plain = X.dtype == np.float64 and X.flags.c_contiguous and not center.any()
        direct = X if plain else np.zeros((0, 0))
        some = block.fold is not None and max(without) >= 0
        fold = _writable(np.asarray(block.fold, dtype=np.int64)) if some else np.zeros(0, dtype=np.int64)
        rows = (X, direct, center[first:], by_column, *others, fold, np.array(without))
        score, room = np.zeros_like(thetas), np.empty((_kernels().TILE, X.shape[1]))
        if isinstance(self.likelihood, Multinomial):
            models = (self.likelihood.base, constants, thetas)
            whole, loglik, absolute = _kernels().classes_slopes(*rows, *models, judged, room, score)
        else:
            single = (constants[:, 0], thetas[:, 0])
            whole, loglik, absolute = _kernels().binary_slopes(*rows, *single, judged, room, score[:, 0])
        if first:
            score = np.concatenate([whole.reshape(*constants.shape, 1), score], axis=2)
        return LightBlockSums(score * inverse, loglik, absolute)

    def sums(self, block: Block, dtype: type[np.floating] = np.float64, judged: bool = True) -> BlockSums:
        """All sums over a block; dtype: that in which the information is summed; judged: see `kernels.binary`."""
        by_class = self._by_class()
        k, p = by_class.shape
        score = np.zeros_like(by_class)
        size = max(FEWEST, ROOM // p)
        room, q = np.empty((size, p)), _kernels().padded(p)
        grams = np.zeros((k * (k + 1) // 2, q, q), dtype)
        triangle = np.zeros((0, 0))
        if self.triangle is not None:
            if self.triangle.shape != (p, p):  # one row or column would be repeated, and nobody would know
                raise ValueError(f"a basis of shape {self.triangle.shape} is not one for {p} columns.")
            triangle = np.zeros((p, q))  # in C order, which tiles take for granted
            triangle[:, :p] = self.triangle
        rows, more = self._rows(block), (judged, triangle, room)
        if isinstance(self.likelihood, Multinomial):
            found = _kernels().classes(*rows, self.likelihood.base, by_class, *more, score, grams)
        else:
            found = _kernels().binary(*rows, by_class[0], *more, score[0], grams)
        loglik, lead, longest, flattest = found
        return BlockSums(loglik, self._columns(score), lead, _assembled(grams[:, :p, :p], k), longest, flattest)

    def _by_class(self) -> Array:
        return np.ascontiguousarray(self.theta.reshape(self.likelihood.outputs, -1))

    def _columns(self, score: Array) -> Array:
        """Of one predictor (p,), of several (p, k)."""
        return np.asarray(score[0] if score.shape[0] == 1 else score.T)

    def _rows(self, block: Block) -> tuple[Any, ...]:
        """What the loops want to know of a block's rows."""
        X = _written(block.X)
        if X is None:
            raise TypeError(f"compiled loops are for dense columns, not {type(block.X).__name__}")
        if not X.dtype.isnative:
            X = X.astype(X.dtype.newbyteorder("="))
        offset = NOTHING if block.offset is None else block.offset
        if isinstance(self.likelihood, Multinomial):
            offset = offset.reshape(-1, self.likelihood.outputs)
        weight = NOTHING if block.weight is None else block.weight
        by_column = X.strides[0] < X.strides[1]
        arrays = (_writable(values) for values in (block.y, weight, offset))
        return _writable(X), self.coordinates.center, 1.0 / self.coordinates.scale, by_column, *arrays


def _assembled(grams: Array, k: int) -> Array:
    """The information, (q, q), of the lower triangles for its pairs of predictors."""
    whole = np.tril(grams).astype(np.float64)
    whole += np.tril(whole, -1).transpose(0, 2, 1)
    if k == 1:
        return np.asarray(whole[0])
    pairs = iter(whole)
    blocks = {(a, b): next(pairs) for a in range(k) for b in range(a + 1)}
    return np.block([[blocks[max(a, b), min(a, b)] for b in range(k)] for a in range(k)])


class _Writable:
    """Says of an array that may only be read that it may be written: to Numba these are two types, to compile twice."""

    def __init__(self, values: NDArray[Any]) -> None:
        address, _ = values.__array_interface__["data"]
        self.values, self.__array_interface__ = values, {**values.__array_interface__, "data": (address, False)}


def _writable(values: NDArray[Any]) -> NDArray[Any]:
    return values if values.flags.writeable else np.asarray(_Writable(values))


@lru_cache(maxsize=1)
def _kernels() -> Any:
    """The loops; Numba takes a quarter of a second to load, and more the first time on a machine, when it compiles."""
    try:
        from logit_engine.compiled import kernels
    except ImportError as error:
        raise UsageError(
            "the fit was begun with compiled loops, and Numba is not here; install logit-engine[fast] on every worker."
        ) from error
    return kernels
