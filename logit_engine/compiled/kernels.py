"""Compiled loops over the rows of a block: each value of X is read once, and all is done with it while it is in a cache.

For dense columns, a constant before them or not, under the logit or several classes. A few hundred rows at a time are
written out in inner coordinates, whatever X's type and memory order, so neither changes a bit. The interpreter's lock is
released throughout. Numba keeps the machine code beside this file, as Python keeps its own, and makes it anew when this file
changes: so all that is compiled stands here.
"""

from collections.abc import Callable
from functools import partial
from math import factorial, log1p
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

TILE = 64  # rows whose products are taken while they are in the nearest cache
SLAB = 32  # rows of a Gram matrix's product
TALL, WIDE = 4, 3  # a Gram matrix is summed in registers, so many rows by so many vectors at a time
VECTOR = 32  # bytes of a vector: processors with longer ones take two at once
LEAST = -708.0  # where e^x is about the smallest normal number, which is taken for all that is less
LN2, LN2_TAIL = 0.6931471805598903, 5.497923018708371e-14  # log 2: its first 42 bits, and the rest
SHIFT = 1.5 * 2.0**52  # a number to which it is added has the nearest integer in its last bits
ONE = 1023  # the exponent of 1.0, as a number's bits hold it
E2, E3, E4, E5, E6, E7, E8, E9, E10, E11, E12, E13 = (1.0 / factorial(k) for k in range(2, 14))


def compiled(loop: Callable[..., Any], orderly: bool = False) -> Any:
    """The loop as machine code, which is kept where there is a place for it.

    Products may be fused and, but for an orderly loop, sums taken in another order; infinities and NaNs stay what they are.
    """
    allowed = {"contract", "nsz"} if orderly else {"reassoc", "contract", "nsz"}
    how: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": allowed}
    try:
        return njit(cache=True, **how)(loop)
    except RuntimeError:  # neither the package's folder nor the user's can be written to
        return njit(**how)(loop)


def orderly(loop: Callable[..., Any]) -> Any:
    """`compiled`, for what would be lost if sums were taken in another order."""
    return compiled(loop, orderly=True)


@compiled
def _load(X, start, rows, center, inverse, by_column, out):  # type: ignore[no-untyped-def]
    """(X - center) * inverse for some rows from start on, into the last columns of out; ones in the first, if it is more."""
    first = out.shape[1] - X.shape[1]
    here = X[start : start + rows]
    middle, unit = center[first:], inverse[first:]
    if first:
        for i in range(rows):
            out[i, 0] = 1.0
    if by_column:
        for j in range(X.shape[1]):
            column, into, c, u = here[:, j], out[:, first + j], middle[j], unit[j]
            for i in range(rows):
                into[i] = (column[i] - c) * u
    else:
        for i in range(rows):
            row, to = here[i], out[i, first:]
            for j in range(row.size):
                to[j] = (row[j] - middle[j]) * unit[j]


@compiled
def _dot(rows, theta, out):  # type: ignore[no-untyped-def]
    """rows theta: (m, p), (p,), (m,)."""
    for i in range(rows.shape[0]):
        row, total = rows[i], 0.0
        for j in range(theta.size):
            total += row[j] * theta[j]
        out[i] = total


@compiled
def _add_tdot(rows, r, out):  # type: ignore[no-untyped-def]
    """out += rows' r: (m, p), (m,), (p,)."""
    i, m = 0, rows.shape[0]
    while i + 4 <= m:
        a, b, c, d = r[i], r[i + 1], r[i + 2], r[i + 3]
        first, second, third, fourth = rows[i], rows[i + 1], rows[i + 2], rows[i + 3]
        for j in range(out.size):
            out[j] += a * first[j] + b * second[j] + c * third[j] + d * fourth[j]
        i += 4
    while i < m:
        a, first = r[i], rows[i]
        for j in range(out.size):
            out[j] += a * first[j]
        i += 1


@intrinsic
def _add_tile(typing_context: Any, left: Any, right: Any, out: Any, m: Any, i: Any, j: Any) -> Any:
    """out[i:, j:] += left[:m, i:]' right[:m, j:], TALL rows by WIDE vectors of it, in registers; arrays of one type.

    As in Goto & van de Geijn (2008), Anatomy of high-performance matrix multiplication, 4.2. Raises TypeError, when it is
    compiled, for arrays that do not lie row by row.
    """
    if not all(array.layout == "C" for array in (left, right, out)):
        raise TypeError("a tile is of arrays that lie row by row.")

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lefts, rights, outs = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args[:3], arguments[:3], strict=True)
        )
        m, i, j = arguments[3:]
        single = signature.args[2].dtype == types.float32
        size = 4 if single else 8
        lanes = VECTOR // size
        vector = ir.VectorType(ir.FloatType() if single else ir.DoubleType(), lanes)
        number = partial(context.get_constant, types.intp)

        def at(array: Any, row: Any, column: Any, more: int = 0) -> Any:
            columns = cgutils.unpack_tuple(builder, array.shape)[1]  # type: ignore[no-untyped-call]
            return builder.gep(array.data, [builder.add(builder.add(builder.mul(row, columns), column), number(more))])

        def vectors(array: Any, row: Any) -> list[Any]:
            places = (at(array, row, j, lanes * b) for b in range(WIDE))
            return [builder.bitcast(place, vector.as_pointer()) for place in places]

        def spread(value: Any) -> Any:
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
            everywhere = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
            return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), everywhere)

        places = [place for a in range(TALL) for place in vectors(outs, builder.add(i, number(a)))]
        before, loop, after = builder.block, builder.append_basic_block("row"), builder.append_basic_block("done")
        begun = [builder.load(place, align=size) for place in places]
        builder.branch(loop)
        builder.position_at_end(loop)
        row, sums = builder.phi(m.type), [builder.phi(vector) for _ in places]
        across = [builder.load(place, align=size) for place in vectors(rights, row)]
        down = [spread(builder.load(at(lefts, row, i, a))) for a in range(TALL)]
        products = (builder.fmul(a, b, flags=("contract",)) for a in down for b in across)
        added = [builder.fadd(product, sum, flags=("contract",)) for product, sum in zip(products, sums, strict=True)]
        next_row = builder.add(row, number(1))
        for phi, start, end in zip((row, *sums), (number(0), *begun), (next_row, *added), strict=True):
            phi.add_incoming(start, before)
            phi.add_incoming(end, loop)
        builder.cbranch(builder.icmp_signed("<", next_row, m), loop, after)
        builder.position_at_end(after)
        for place, sum in zip(places, added, strict=True):
            builder.store(sum, place, align=size)
        return context.get_dummy_value()

    return types.void(left, right, out, m, i, j), code


def padded(p: int) -> int:
    """Columns of a Gram matrix of p, and of its slabs: tiles may reach over its edge."""
    return p + TALL + WIDE * VECTOR // 4


@compiled
def _add_grams(rows, weights, left, right, grams):  # type: ignore[no-untyped-def]
    """grams[a] += rows' diag(weights[a]) rows, the lower triangle: (m, p), (pairs, m), (pairs, q, q) with q = padded(p).

    left, right: (SLAB, q), of the grams' type, zero beyond p.
    """
    m, p = rows.shape
    width = WIDE * VECTOR // grams.itemsize
    for start in range(0, m, SLAB):
        few = rows[start : start + SLAB]
        for i in range(few.shape[0]):
            row, into = few[i], right[i]
            for j in range(p):
                into[j] = row[j]
        for pair in range(grams.shape[0]):
            gram = grams[pair]
            for i in range(few.shape[0]):
                row, into, share = few[i], left[i], weights[pair, start + i]
                for j in range(p):
                    into[j] = share * row[j]
            for i in range(0, p, TALL):
                for j in range(0, i + TALL, width):
                    _add_tile(left, right, gram, few.shape[0], i, j)  # type: ignore[call-arg]


@compiled
def _slab(grams):  # type: ignore[no-untyped-def]
    """Room for SLAB rows, (SLAB, q), zero."""
    return np.zeros((SLAB, grams.shape[2]), grams.dtype)


@compiled
def _whiten(rows, triangle, turned, out):  # type: ignore[no-untyped-def]
    """rows triangle in place: (m, p), upper (p, q) with q = padded(p); turned: (p, SLAB), out: (SLAB, q), to work in."""
    m, p = rows.shape
    width = WIDE * VECTOR // out.itemsize
    for start in range(0, m, SLAB):
        few = rows[start : start + SLAB]
        for i in range(few.shape[0]):
            for j in range(p):
                turned[j, i] = few[i, j]
        out[:] = 0.0
        for j in range(0, p, width):
            for i in range(0, few.shape[0], TALL):
                _add_tile(turned, triangle, out, min(p, j + width), i, j)  # type: ignore[call-arg]
        for i in range(few.shape[0]):
            row, white = few[i], out[i]
            for j in range(p):
                row[j] = white[j]


@orderly
def _exp(x, out, room):  # type: ignore[no-untyped-def]
    """out = e^x for x <= 0 to a unit in the last place, several numbers at once: (m,), (m,), room (m,) of 64-bit integers.

    x = k log 2 + r with |r| <= (log 2) / 2, and Taylor's series of e^r. Muller, Elementary Functions (2016), 11.
    """
    power = room.view(np.float64)
    for i in range(x.size):
        value = max(x[i], LEAST)
        power[i] = value * (1.0 / LN2) + SHIFT
        k = power[i] - SHIFT
        r = (value - k * LN2) - k * LN2_TAIL
        series = ((((E13 * r + E12) * r + E11) * r + E10) * r + E9) * r + E8
        series = (((((series * r + E7) * r + E6) * r + E5) * r + E4) * r + E3) * r + E2
        out[i] = 1.0 + (r + r * r * series)
    for i in range(x.size):
        room[i] = (room[i] + ONE) << 52
    for i in range(x.size):
        out[i] *= power[i]


@orderly
def _log1p(x, out):  # type: ignore[no-untyped-def]
    """out = log(1 + x) for 0 <= x <= 1, to two units in the last place, several numbers at once: (m,), (m,).

    Twice the series of artanh at x / (2 + x), which is at most a third. Abramowitz & Stegun (1964), 4.1.27.
    """
    for i in range(x.size):
        s = x[i] / (2.0 + x[i])
        q = s * s
        series = (((1 / 33 * q + 1 / 31) * q + 1 / 29) * q + 1 / 27) * q + 1 / 25
        series = ((((series * q + 1 / 23) * q + 1 / 21) * q + 1 / 19) * q + 1 / 17) * q + 1 / 15
        series = (((((series * q + 1 / 13) * q + 1 / 11) * q + 1 / 9) * q + 1 / 7) * q + 1 / 5) * q + 1 / 3
        out[i] = 2.0 * (s + s * q * series)


@compiled
def _rows_at(X, direct, center, start, m, by_column, room):  # type: ignore[no-untyped-def]
    """Some rows of X less the center: where they lie, if they can be read as they are, else written out."""
    if direct.size:
        return direct[start : start + m]
    _load(X, start, m, center, np.ones_like(center), by_column, room)
    return room[:m]


@compiled
def binary_slopes(  # type: ignore[no-untyped-def]
    X, direct, center, by_column, y, weight, offset, fold, without, constants, thetas, judged, room, score
):
    """Gradients of the log-likelihood of several models: added to score, (models, p), at thetas, (models, p).

    direct: X itself where it may be read as it is, else (0, 0); center: (p,). weight, offset, fold: (n,) or (). without: the
    fold whose rows a model does not see, (models,). constants: beside thetas, (models,). room: (rows, p).
    Returns the constants' gradients and, if they are to be judged by it, the log-likelihoods and the sums of |score_i|.
    """
    n, size, models = y.size, room.shape[0], constants.size
    whole, loglik, absolute = np.zeros(models), np.zeros(models), np.zeros(models)
    eta, small, logs, bits = np.empty(size), np.empty(size), np.empty(size), np.empty(size, np.int64)
    share = np.ones(size)
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = _rows_at(X, direct, center, start, m, by_column, room)
        for j in range(models):
            _dot(rows, thetas[j], eta)
            if offset.size:
                for i in range(m):
                    eta[i] += offset[start + i]
            for i in range(m):
                eta[i] += constants[j]
                small[i] = -abs(eta[i])
            _exp(small[:m], small, bits)
            if weight.size or fold.size:
                _seen(weight, fold, without[j], start, share[:m])
            if judged:
                _log1p(small[:m], logs)
                part = 0.0
                for i in range(m):
                    if share[i] > 0.0:  # without weight not even infinity counts
                        part += share[i] * (_aside(y[start + i], eta[i]) - logs[i])
                loglik[j] += part
            part, size_of_part = 0.0, 0.0
            for i in range(m):
                eta[i] = share[i] * _residual(y[start + i], eta[i], small[i]) if share[i] > 0.0 else 0.0
                part += eta[i]
                size_of_part += abs(eta[i])
            whole[j] += part
            absolute[j] += size_of_part
            _add_tdot(rows, eta[:m], score[j])
    return whole, loglik, absolute


@compiled
def _seen(weight, fold, without, start, share):  # type: ignore[no-untyped-def]
    """The weights of some rows from start on, (m,): zero in the fold that is left out."""
    for i in range(share.size):
        share[i] = weight[start + i] if weight.size else 1.0
    if fold.size:
        for i in range(share.size):
            share[i] = share[i] if fold[start + i] != without else 0.0


@compiled
def _aside(outcome, eta):  # type: ignore[no-untyped-def]
    """The log-likelihood of a row, but for -log(1 + e^-|eta|)."""
    return outcome * min(eta, 0.0) - (1.0 - outcome) * max(eta, 0.0)


@compiled
def _residual(outcome, eta, small):  # type: ignore[no-untyped-def]
    """outcome - F(eta), to the rounding of itself in either tail; small: e^-|eta|."""
    odds = 1.0 / (1.0 + small)
    return outcome * odds * (small if eta > 0.0 else 1.0) - (1.0 - outcome) * odds * (small if eta < 0.0 else 1.0)


@compiled
def binary(  # type: ignore[no-untyped-def]
    X, center, inverse, by_column, y, weight, offset, theta, judged, triangle, room, score, grams
):
    """Add to score, (p,), and to grams, (1, q, q), its lower triangle, the gradient and the information at theta, (p,).

    triangle: (p, q) with q = padded(p), by which rows are multiplied once their predictors are known; empty for none. room:
    (rows, p). judged: the log-likelihood, the smallest lead and the largest |x_i|^2 are wanted; else they mean nothing.
    Returns the log-likelihood, the smallest lead of an outcome, the largest |x_i|^2, and the smallest curvature of a row.
    """
    n, size = y.size, room.shape[0]
    left, right = _slab(grams), _slab(grams)
    eta, whole, small, logs = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    curvature, bits = np.empty((1, size)), np.empty(size, np.int64)
    turned, white = np.zeros((theta.size, SLAB)), np.empty((SLAB, triangle.shape[1]))
    loglik, lead, longest, flattest = 0.0, np.inf, -np.inf, np.inf
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = room[:m]
        for low in range(0, m, TILE):
            few = rows[low : low + TILE]
            _load(X, start + low, few.shape[0], center, inverse, by_column, few)
            _dot(few, theta, eta[low:])
        for i in range(m):
            whole[i] = eta[i] + offset[start + i] if offset.size else eta[i]
            small[i] = -abs(whole[i])
        _exp(small[:m], small, bits)
        if judged:
            _log1p(small[:m], logs)
        part = 0.0
        for i in range(m):
            outcome, linear, at, tail = y[start + i], eta[i], whole[i], small[i]
            share = weight[start + i] if weight.size else 1.0
            odds = 1.0 / (1.0 + tail)
            curvature[0, i] = share * (tail * odds * odds)
            eta[i] = share * _residual(outcome, at, tail)
            if not share > 0.0:
                curvature[0, i] = eta[i] = 0.0
                continue
            flattest = min(flattest, curvature[0, i])
            if judged:
                part += share * (_aside(outcome, at) - logs[i])
                one_sided = outcome == 0.0 or outcome == 1.0
                lead = min(lead, (2.0 * outcome - 1.0) * linear if one_sided else -abs(linear))
        loglik += part
        if triangle.size:
            _whiten(rows, triangle, turned, white)
        _add_tdot(rows, eta[:m], score)
        if judged:
            longest = max(longest, _longest(rows, weight, start))
        _add_grams(rows, curvature, left, right, grams)
    return loglik, lead, longest, flattest


@compiled
def _longest(rows, weight, start):  # type: ignore[no-untyped-def]
    """The largest sum of squares of a row with weight."""
    longest = -np.inf
    for i in range(rows.shape[0]):
        if not weight.size or weight[start + i] > 0.0:
            row, total = rows[i], 0.0
            for j in range(row.size):
                total += row[j] * row[j]
            longest = max(longest, total)
    return longest


@compiled
def _odds(eta, base, odds, top, bits):  # type: ignore[no-untyped-def]
    """The odds of each class beside the likeliest, (classes, m), and the predictor of that, (m,); eta: (k, m)."""
    for i in range(top.size):
        top[i] = 0.0 if base else eta[0, i]
    for c in range(1 - base, eta.shape[0]):
        for i in range(top.size):
            top[i] = max(top[i], eta[c, i])
    for c in range(odds.shape[0]):
        row = odds[c]
        for i in range(top.size):
            row[i] = (eta[c - base, i] if c >= base else 0.0) - top[i]
        _exp(row, row, bits)


@compiled
def _shares(odds, i, chances, others):  # type: ignore[no-untyped-def]
    """The chances of a row's classes, (classes,), and of all others than each; the sum of the odds but the likeliest's."""
    classes, rest, likeliest = chances.size, 0.0, False
    for c in range(classes):
        if odds[c, i] == 1.0 and not likeliest:
            likeliest = True
        else:
            rest += odds[c, i]
    before, one = 0.0, 1.0 / (1.0 + rest)
    for c in range(classes):
        chances[c] = odds[c, i] * one
        others[c] = before
        before += chances[c]
    after = 0.0
    for c in range(classes - 1, -1, -1):
        others[c] += after
        after += chances[c]
    return rest


@compiled
def classes_slopes(  # type: ignore[no-untyped-def]
    X, direct, center, by_column, y, weight, offset, fold, without, base, constants, thetas, judged, room, score
):
    """As `binary_slopes`, of k + base classes: score and thetas (models, k, p), constants (models, k); offset (n, k)."""
    n, size, (models, k) = y.size, room.shape[0], constants.shape
    eta, odds, top, share = np.empty((k, size)), np.empty((k + base, size)), np.empty(size), np.ones(size)
    whole, loglik, absolute = np.zeros((models, k)), np.zeros(models), np.zeros(models)
    chances, others, bits = np.empty(k + base), np.empty(k + base), np.empty(size, np.int64)
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = _rows_at(X, direct, center, start, m, by_column, room)
        for j in range(models):
            for c in range(k):
                _dot(rows, thetas[j, c], eta[c])
                for i in range(m):
                    eta[c, i] += constants[j, c]
                    if offset.size:
                        eta[c, i] += offset[start + i, c]
            _odds(eta, base, odds[:, :m], top[:m], bits)
            if weight.size or fold.size:
                _seen(weight, fold, without[j], start, share[:m])
            for i in range(m):
                code = int(y[start + i])
                own = 0.0 if code < base else eta[code - base, i]
                rest = _shares(odds, i, chances, others)
                for c in range(k):
                    eta[c, i] = share[i] * (others[code] if c + base == code else -chances[c + base])
                if judged and share[i] > 0.0:
                    loglik[j] += share[i] * (own - top[i] - log1p(rest))
                    for c in range(k):
                        absolute[j] += abs(eta[c, i])
            for c in range(k):
                whole[j, c] += eta[c, :m].sum()
                _add_tdot(rows, eta[c, :m], score[j, c])
    return whole, loglik, absolute


@compiled
def _lead(eta, y, weight, base):  # type: ignore[no-untyped-def]
    """The smallest lead of an outcome's predictor over another's, of rows with weight; eta: (k, m)."""
    lead = np.inf
    for i in range(eta.shape[1]):
        if not weight.size or weight[i] > 0.0:
            code = int(y[i])
            own = 0.0 if code < base else eta[code - base, i]
            if base and code:
                lead = min(lead, own)
            for c in range(eta.shape[0]):
                if c + base != code:
                    lead = min(lead, own - eta[c, i])
    return lead


@compiled
def _pair_curvatures(near, heavy, far, pairs):  # type: ignore[no-untyped-def]
    """The rows' curvature for the pairs of predictors b <= a, a's in turn, (k (k + 1) / 2, rows).

    near: the classes' chances, (k, m); heavy: times the weight; far: those of all other classes.
    """
    pair = 0
    for a in range(near.shape[0]):
        for b in range(a):
            for i in range(near.shape[1]):
                pairs[pair + b, i] = -heavy[a, i] * near[b, i]
        for i in range(near.shape[1]):
            pairs[pair + a, i] = heavy[a, i] * far[a, i]
        pair += a + 1


@compiled
def classes(  # type: ignore[no-untyped-def]
    X, center, inverse, by_column, y, weight, offset, base, theta, judged, triangle, room, score, grams
):
    """As `binary`, of k + base classes: score (k, p), and grams, (k (k + 1) / 2, q, q), of the pairs b <= a, a's in turn.

    The smallest curvature of a row is zero: there is no one number.
    """
    n, size, k = y.size, room.shape[0], theta.shape[0]
    left, right, pairs = _slab(grams), _slab(grams), np.empty((grams.shape[0], size))
    eta, near, heavy, far = np.empty((k, size)), np.empty((k, size)), np.empty((k, size)), np.empty((k, size))
    turned, white = np.zeros((theta.shape[1], SLAB)), np.empty((SLAB, triangle.shape[1]))
    odds, top, bits = np.empty((k + base, size)), np.empty(size), np.empty(size, np.int64)
    chances, others = np.empty(k + base), np.empty(k + base)
    loglik, lead, longest = 0.0, np.inf, -np.inf
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = room[:m]
        for low in range(0, m, TILE):
            few = rows[low : low + TILE]
            _load(X, start + low, few.shape[0], center, inverse, by_column, few)
            for c in range(k):
                _dot(few, theta[c], eta[c, low:])
        if judged:
            lead = min(lead, _lead(eta[:, :m], y[start:], weight[start:], base))
        if offset.size:
            for i in range(m):
                for c in range(k):
                    eta[c, i] += offset[start + i, c]
        _odds(eta, base, odds[:, :m], top[:m], bits)
        part = 0.0
        for i in range(m):
            share = weight[start + i] if weight.size else 1.0
            code = int(y[start + i])
            own = 0.0 if code < base else eta[code - base, i]
            rest = _shares(odds, i, chances, others)
            for c in range(k):
                eta[c, i] = share * (others[code] if c + base == code else -chances[c + base])
                near[c, i], heavy[c, i], far[c, i] = chances[c + base], share * chances[c + base], others[c + base]
            if judged and share > 0.0:
                part += share * (own - top[i] - log1p(rest))
        loglik += part
        if triangle.size:
            _whiten(rows, triangle, turned, white)
        for c in range(k):
            _add_tdot(rows, eta[c, :m], score[c])
        if judged:
            longest = max(longest, _longest(rows, weight, start))
        _pair_curvatures(near[:, :m], heavy, far, pairs)
        _add_grams(rows, pairs, left, right, grams)
    return loglik, lead, longest, 0.0
