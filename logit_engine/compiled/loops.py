"""Passes by compiled loops (compiled/kernels): which fits take them, and their sums in the engine's
shapes.

They are taken where they are built (compiled/build_record.py), if there are enough numbers to repay
the loading of Numba. That is decided once per fit, by what the rows are and not by how they come. A
model's manifest tells whether they were there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from logit_engine.columns import Array, Columns, Constant, Coordinates, Dense, SideBySide
from logit_engine.columns.units import SAFE_UNITS
from logit_engine.compiled.build_record import loops_are_built
from logit_engine.errors import UsageError
from logit_engine.likelihoods import Bernoulli, Likelihood, Multinomial
from logit_engine.links import LOGIT
from logit_engine.rows import Block, Rows

# rows by coefficients by fits: fewer do not repay the loading of Numba
MIN_COMPILED_NUMBERS = 2**24
# written out at a time, about: they stay in a core's own cache with a scaled copy
PIECE_NUMBERS = 2**14
MIN_PRODUCT_ROWS = 128  # a product of fewer is slow
COMPILED_TYPES = (np.dtype(np.float64), np.dtype(np.float32))  # of X that loops read as they are
CONVERTED_KINDS = "iu"  # of X that is written out in double precision first, a block at a time
NO_NUMBERS = np.zeros(0)


def takes_compiled_loops(
    rows: Rows,
    sample: Rows,
    likelihood: Likelihood,
    coordinates: Coordinates,
    fits: int,
) -> bool:
    """Whether so many fits of rows take compiled loops, by some of the rows."""
    coefficients = likelihood.outputs * len(rows.names)
    if fits * rows.n * coefficients < MIN_COMPILED_NUMBERS or not (
        likelihood == Bernoulli(LOGIT) or isinstance(likelihood, Multinomial)
    ):
        return False
    written = _dense_values(next(sample.blocks(0, 1)).X)
    mild = bool(((coordinates.scale > SAFE_UNITS[0]) & (coordinates.scale < SAFE_UNITS[1])).all())
    return (
        written is not None
        and (
            written.dtype.newbyteorder("=") in COMPILED_TYPES
            or written.dtype.kind in CONVERTED_KINDS
        )
        and mild
        and loops_are_built()
    )


def _dense_values(X: Columns) -> NDArray[Any] | None:
    """The array of dense columns, after a constant or not; None for other columns."""
    match X:
        case Dense(array, None) | SideBySide((Constant(), Dense(array, None))):
            return array
    return None


class BlockSums(NamedTuple):
    """What a pass over a block gives: see `kernels.binary_sums`.

    score: (p,) or (p, k); information: (q, q).
    """

    loglik: float
    score: Array
    lead: float
    information: Array
    longest: float
    flattest: float


class LightBlockSums(NamedTuple):
    """What a light pass over a block gives for each model.

    score: (models, k, p); loglik: (models,); absolute: the sum of |score_i|, (models,).
    """

    score: Array
    loglik: Array
    absolute: Array


@dataclass(frozen=True, slots=True)
class Loops:
    """Passes at theta, (q,), or (models, q), in inner coordinates.

    triangle: the inverse of a basis, (p, p), or None.
    """

    likelihood: Likelihood
    coordinates: Coordinates
    theta: Array
    triangle: Array | None = None

    def score(self, block: Block) -> Array:
        """The gradient of the log-likelihood over a block, (p,) or (p, k)."""
        return self._columns(self.light_sums(block, (-1,), with_value=False).score[0])

    def light_sums(
        self, block: Block, without: Sequence[int], with_value: bool = True
    ) -> LightBlockSums:
        """Light passes over a block of several models, theta (models, q), each without the rows of
        a fold, -1 for none.

        Units are left to theta and to the sums, so that rows that need no centering are read where
        they lie.
        """
        X, center, inverse, by_column, *others = self._rows(block)
        by_class = self.theta.reshape(len(without), self.likelihood.outputs, -1) * inverse
        first = by_class.shape[2] - X.shape[1]
        thetas = np.ascontiguousarray(by_class[:, :, first:])
        constants = by_class[:, :, 0].copy() if first else np.zeros(by_class.shape[:2])
        plain = X.dtype == np.float64 and X.flags.c_contiguous and not center.any()
        direct = X if plain else np.zeros((0, 0))
        some = block.fold is not None and max(without) >= 0
        fold = (
            _as_writable(np.asarray(block.fold, dtype=np.int64))
            if some
            else np.zeros(0, dtype=np.int64)
        )
        rows = (X, direct, center[first:], by_column, *others, fold, np.array(without))
        score, room = np.zeros_like(thetas), np.empty((_kernels().NEAR_CACHE_ROWS, X.shape[1]))
        if isinstance(self.likelihood, Multinomial):
            models = (self.likelihood.base, constants, thetas)
            whole, loglik, absolute = _kernels().class_light_sums(
                *rows, *models, with_value, room, score
            )
        else:
            single = (constants[:, 0], thetas[:, 0])
            whole, loglik, absolute = _kernels().binary_light_sums(
                *rows, *single, with_value, room, score[:, 0]
            )
        if first:
            score = np.concatenate([whole.reshape(*constants.shape, 1), score], axis=2)
        return LightBlockSums(score * inverse, loglik, absolute)

    def sums(
        self, block: Block, dtype: type[np.floating] = np.float64, with_value: bool = True
    ) -> BlockSums:
        """All sums over a block; dtype: in which the information is summed.

        with_value: see `kernels.binary_sums`.
        """
        by_class = self._by_class()
        k, p = by_class.shape
        score = np.zeros_like(by_class)
        size = max(MIN_PRODUCT_ROWS, PIECE_NUMBERS // p)
        room, q = np.empty((size, p)), _kernels().padded_columns(p)
        grams = np.zeros((k * (k + 1) // 2, q, q), dtype)
        triangle = np.zeros((0, 0))
        if self.triangle is not None:
            if self.triangle.shape != (
                p,
                p,
            ):  # one row or column would be repeated, and nobody would know
                raise ValueError(
                    f"a basis of shape {self.triangle.shape} is not one for {p} columns."
                )
            triangle = np.zeros((p, q))  # in C order, which tiles take for granted
            triangle[:, :p] = self.triangle
        rows, more = self._rows(block), (with_value, triangle, room)
        if isinstance(self.likelihood, Multinomial):
            found = _kernels().class_sums(
                *rows, self.likelihood.base, by_class, *more, score, grams
            )
        else:
            found = _kernels().binary_sums(*rows, by_class[0], *more, score[0], grams)
        loglik, lead, longest, flattest = found
        return BlockSums(
            loglik, self._columns(score), lead, _information(grams[:, :p, :p], k), longest, flattest
        )

    def _by_class(self) -> Array:
        return np.ascontiguousarray(self.theta.reshape(self.likelihood.outputs, -1))

    def _columns(self, score: Array) -> Array:
        """The score of one predictor, (p,), or of several, (p, k)."""
        return np.asarray(score[0] if score.shape[0] == 1 else score.T)

    def _rows(self, block: Block) -> tuple[Any, ...]:
        """The arguments of the loops that describe a block's rows."""
        X = _dense_values(block.X)
        if X is None:
            raise TypeError(f"compiled loops are for dense columns, not {type(block.X).__name__}")
        if X.dtype not in COMPILED_TYPES:
            single = X.dtype.kind == "f" and X.dtype.itemsize == 4
            X = X.astype(np.float32 if single else np.float64)
        if X.flags.f_contiguous:  # for loops another order than a run of rows of such an array
            X = np.ascontiguousarray(X)
        offset = NO_NUMBERS if block.offset is None else np.ascontiguousarray(block.offset)
        if isinstance(self.likelihood, Multinomial):
            offset = offset.reshape(-1, self.likelihood.outputs)
        weight = NO_NUMBERS if block.weight is None else block.weight
        by_column = X.strides[0] < X.strides[1]
        arrays = (_as_writable(np.ascontiguousarray(part)) for part in (block.y, weight, offset))
        return (
            _as_writable(X),
            self.coordinates.center,
            1.0 / self.coordinates.scale,
            by_column,
            *arrays,
        )


def _information(grams: Array, k: int) -> Array:
    """The information, (q, q), of the lower triangles for its pairs of predictors."""
    whole = np.tril(grams).astype(np.float64)
    whole += np.tril(whole, -1).transpose(0, 2, 1)
    if k == 1:
        return np.asarray(whole[0])
    pairs = iter(whole)
    blocks = {(a, b): next(pairs) for a in range(k) for b in range(a + 1)}
    return np.block([[blocks[max(a, b), min(a, b)] for b in range(k)] for a in range(k)])


class _Writable:
    """Says of an array that may only be read that it may be written: to Numba these are two types,
    to compile twice.
    """

    def __init__(self, values: NDArray[Any]) -> None:
        address, _ = values.__array_interface__["data"]
        self.values, self.__array_interface__ = (
            values,
            {**values.__array_interface__, "data": (address, False)},
        )


def _as_writable(values: NDArray[Any]) -> NDArray[Any]:
    return values if values.flags.writeable else np.asarray(_Writable(values))


@lru_cache(maxsize=1)
def _kernels() -> Any:
    """The loops; Numba takes half a second to load, once a process."""
    try:
        from logit_engine.compiled import kernels
    except ImportError as error:
        raise UsageError(
            "the fit was begun with compiled loops, and Numba is not here; "
            "install logit-engine[fast] on every worker."
        ) from error
    return kernels
