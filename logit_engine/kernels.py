"""Compiled loops over the rows of a block: each value of X is read once, and all is done with a row while it is in a cache.

For dense columns, a constant before them or not, under the logit or several classes. A few hundred rows at a time are
written out in inner coordinates, whatever X's type and memory order, so neither changes a bit. Symmetric and triangular
products are SciPy's own BLAS, called by its address; the interpreter's lock is released throughout. Numba keeps the machine
code beside this file, as Python keeps its own.
"""

from collections.abc import Callable
from math import exp, log1p, sqrt
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import get_cython_function_address, intrinsic
from scipy.linalg import cython_blas

from logit_engine.errors import UsageError

TILE = 64  # rows whose products are taken while they are in the nearest cache


def compiled(loop: Callable[..., Any]) -> Any:
    """The loop as machine code, which is kept where there is a place for it.

    Sums may be taken in another order and products fused; infinities and NaNs stay what they are.
    """
    how: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz"}}
    try:
        return njit(cache=True, **how)(loop)
    except RuntimeError:  # neither the package's folder nor the user's can be written to
        return njit(**how)(loop)


UPPER, LOWER, LEFT, PLAIN = (np.frombuffer(letter, dtype=np.uint8) for letter in (b"U", b"L", b"L", b"N"))


def blas(name: str) -> int:
    """The address of a BLAS routine of SciPy's. Raises UsageError if its integers are not of 32 bits, as they are here."""
    if " int *" not in repr(vars(cython_blas)["__pyx_capi__"][name]):
        raise UsageError(
            "SciPy's BLAS takes integers that compiled loops do not give; uninstall numba, or change scipy."
        )
    return int(get_cython_function_address("scipy.linalg.cython_blas", name))


@intrinsic
def _call(typing_context: Any, address: Any, pointers: Any) -> Any:
    """The routine at an address, called with pointers, as Fortran wants them."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        target, values = arguments
        pointer = ir.IntType(8).as_pointer()
        unpacked = cgutils.unpack_tuple(builder, values, len(signature.args[1]))  # type: ignore[no-untyped-call]
        kind = ir.FunctionType(ir.VoidType(), [pointer] * len(unpacked))
        builder.call(builder.inttoptr(target, kind.as_pointer()), [builder.inttoptr(v, pointer) for v in unpacked])
        return context.get_dummy_value()

    return types.void(address, pointers), code


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


@compiled
def _add_gram(rows, root, room, syrk, gram):  # type: ignore[no-untyped-def]
    """gram += rows' diag(root^2) rows, its lower triangle: (m, p), (m,), room (m, p) and gram (p, p) of the syrk's type."""
    m, p = rows.shape
    for i in range(m):
        row, into, share = rows[i], room[i], root[i]
        for j in range(p):
            into[j] = share * row[j]
    sizes, one = np.array([p, m]).astype(np.int32), np.ones(1, dtype=room.dtype)
    unit, order = one.ctypes.data, sizes.ctypes.data
    _call(  # type: ignore[call-arg]
        syrk,
        (
            UPPER.ctypes.data,
            PLAIN.ctypes.data,
            order,
            sizes[1:].ctypes.data,
            unit,
            room.ctypes.data,
            order,
            unit,
            gram.ctypes.data,
            order,
        ),
    )


@compiled
def _whiten(rows, triangle, trmm):  # type: ignore[no-untyped-def]
    """rows triangle in place: (m, p), upper (p, p)."""
    m, p = rows.shape
    sizes, one = np.array([p, m]).astype(np.int32), np.ones(1)
    order = sizes.ctypes.data
    _call(  # type: ignore[call-arg]
        trmm,
        (
            LEFT.ctypes.data,
            LOWER.ctypes.data,
            PLAIN.ctypes.data,
            PLAIN.ctypes.data,
            order,
            sizes[1:].ctypes.data,
            one.ctypes.data,
            triangle.ctypes.data,
            order,
            rows.ctypes.data,
            order,
        ),
    )


@compiled
def _rows_at(X, direct, center, start, m, by_column, room):  # type: ignore[no-untyped-def]
    """Some rows of X less the center: where they lie, if they can be read as they are, else written out."""
    if direct.size:
        return direct[start : start + m]
    _load(X, start, m, center, np.ones_like(center), by_column, room)
    return room[:m]


@compiled
def binary_score(  # type: ignore[no-untyped-def]
    X, direct, center, by_column, y, weight, offset, constant, theta, room, score
):
    """Add to score, (p,), the gradient of the log-likelihood at theta, (p,), beside a constant, whose own is returned.

    direct: X itself where it may be read as it is, else (0, 0); center: (p,). weight, offset: (n,) or (). room: (rows, p).
    """
    n, size, whole = y.size, room.shape[0], 0.0
    eta = np.empty(size)
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = _rows_at(X, direct, center, start, m, by_column, room)
        _dot(rows, theta, eta)
        part = 0.0
        for i in range(m):
            shift = offset[start + i] if offset.size else 0.0
            share = weight[start + i] if weight.size else 1.0
            eta[i] = share * (y[start + i] - 1.0 / (1.0 + exp(-(eta[i] + constant + shift))))
            part += eta[i]
        whole += part
        _add_tdot(rows, eta[:m], score)
    return whole


@compiled
def binary(  # type: ignore[no-untyped-def]
    X, center, inverse, by_column, y, weight, offset, theta, judged, triangle, trmm, syrk, room, scaled, score, gram
):
    """Add to score, (p,), and to gram's lower triangle, (p, p), the gradient and the information at theta, (p,).

    triangle: rows are multiplied by it once their predictors are known; () for none. gram: () if none is wanted. judged:
    the log-likelihood and the largest |x_i|^2 are wanted as well; else they mean nothing.
    Returns the log-likelihood, the sum of |score_i|, the smallest lead of an outcome, the largest |x_i|^2, and the smallest
    curvature of a row.
    """
    n, size = y.size, room.shape[0]
    eta, root = np.empty(size), np.empty(size)
    loglik, absolute, lead, longest, flattest = 0.0, 0.0, np.inf, -np.inf, np.inf
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = room[:m]
        for low in range(0, m, TILE):
            few = rows[low : low + TILE]
            _load(X, start + low, few.shape[0], center, inverse, by_column, few)
            _dot(few, theta, eta[low:])
        part, large = 0.0, 0.0
        for i in range(m):
            outcome, linear = y[start + i], eta[i]
            whole = linear + offset[start + i] if offset.size else linear
            share = weight[start + i] if weight.size else 1.0
            far = abs(whole)
            small = exp(-far)
            odds = 1.0 / (1.0 + small)
            yes, no = odds * (small if whole > 0.0 else 1.0), odds * (small if whole < 0.0 else 1.0)
            curvature = share * (small * odds * odds)
            value = 0.0
            if judged:
                value = outcome * (0.5 * (whole - far)) - (1.0 - outcome) * (0.5 * (whole + far)) - log1p(small)
            eta[i] = share * (outcome * yes - (1.0 - outcome) * no)
            root[i] = sqrt(curvature)
            if share > 0.0:
                part += share * value
                large += abs(eta[i])
                one_sided = outcome == 0.0 or outcome == 1.0
                lead = min(lead, (2.0 * outcome - 1.0) * linear if one_sided else -abs(linear))
                flattest = min(flattest, curvature)
            else:
                eta[i] = root[i] = 0.0
        loglik += part
        absolute += large
        if triangle.size:
            _whiten(rows, triangle, trmm)
        _add_tdot(rows, eta[:m], score)
        if gram.size:
            if judged:
                longest = max(longest, _longest(rows, weight, start))
            _add_gram(rows, root, scaled, syrk, gram)
    return loglik, absolute, lead, longest, flattest


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
def _shares(eta, i, base, chances, others):  # type: ignore[no-untyped-def]
    """The chances of a row's classes, (classes,), and of all others than each; its largest predictor and log sum of odds."""
    classes = chances.size
    top, at = (0.0, 0) if base else (-np.inf, 0)
    for c in range(base, classes):
        if eta[c - base, i] > top:
            top, at = eta[c - base, i], c
    rest = 0.0
    for c in range(classes):
        chances[c] = exp((0.0 if c < base else eta[c - base, i]) - top)
        if c != at:
            rest += chances[c]
    before = 0.0
    for c in range(classes):
        chances[c] /= 1.0 + rest
        others[c] = before
        before += chances[c]
    after = 0.0
    for c in range(classes - 1, -1, -1):
        others[c] += after
        after += chances[c]
    return top, log1p(rest)


@compiled
def classes_score(  # type: ignore[no-untyped-def]
    X, direct, center, by_column, y, weight, offset, base, constants, theta, room, score
):
    """As `binary_score`, of k + base classes: score and theta (k, p), constants (k,); offset: (n, k), or (0, 0)."""
    n, size, k = y.size, room.shape[0], theta.shape[0]
    eta, whole = np.empty((k, size)), np.zeros(k)
    chances, others = np.empty(k + base), np.empty(k + base)
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = _rows_at(X, direct, center, start, m, by_column, room)
        for c in range(k):
            _dot(rows, theta[c], eta[c])
        for i in range(m):
            share = weight[start + i] if weight.size else 1.0
            for c in range(k):
                eta[c, i] += constants[c]
                if offset.size:
                    eta[c, i] += offset[start + i, c]
            _shares(eta, i, base, chances, others)
            code = int(y[start + i])
            for c in range(k):
                eta[c, i] = share * (others[code] if c + base == code else -chances[c + base])
        for c in range(k):
            whole[c] += eta[c, :m].sum()
            _add_tdot(rows, eta[c, :m], score[c])
    return whole


@compiled
def classes(  # type: ignore[no-untyped-def]
    X,
    center,
    inverse,
    by_column,
    y,
    weight,
    offset,
    base,
    theta,
    judged,
    triangle,
    trmm,
    syrk,
    room,
    scaled,
    score,
    grams,
):
    """As `binary`, of k + base classes: score (k, p), and grams, (k (k + 1) / 2, p, p), of the pairs b <= a, a's in turn.

    Off the diagonal they are to be taken away. The smallest curvature of a row is zero: there is no one number.
    """
    n, size, k = y.size, room.shape[0], theta.shape[0]
    eta, linear = np.empty((k, size)), np.empty(k + base)
    near, far, root = np.empty((k, size)), np.empty((k, size)), np.empty(size)
    chances, others = np.empty(k + base), np.empty(k + base)
    loglik, absolute, lead, longest = 0.0, 0.0, np.inf, -np.inf
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = room[:m]
        for low in range(0, m, TILE):
            few = rows[low : low + TILE]
            _load(X, start + low, few.shape[0], center, inverse, by_column, few)
            for c in range(k):
                _dot(few, theta[c], eta[c, low:])
        part, large = 0.0, 0.0
        for i in range(m):
            share = weight[start + i] if weight.size else 1.0
            code = int(y[start + i])
            if base:
                linear[0] = 0.0
            for c in range(k):
                linear[c + base] = eta[c, i]
                if offset.size:
                    eta[c, i] += offset[start + i, c]
            own = 0.0 if code < base else eta[code - base, i]
            top, spread = _shares(eta, i, base, chances, others)
            for c in range(k):
                eta[c, i] = share * (others[code] if c + base == code else -chances[c + base])
                near[c, i], far[c, i] = chances[c + base], share * others[c + base]
            root[i] = share
            if share > 0.0:
                part += share * (own - top - spread)
                for c in range(k):
                    large += abs(eta[c, i])
                for c in range(k + base):
                    if c != code:
                        lead = min(lead, linear[code] - linear[c])
        loglik += part
        absolute += large
        if triangle.size:
            _whiten(rows, triangle, trmm)
        for c in range(k):
            _add_tdot(rows, eta[c, :m], score[c])
        if grams.size:
            if judged:
                longest = max(longest, _longest(rows, weight, start))
            pair = 0
            for a in range(k):
                for b in range(a + 1):
                    for i in range(m):
                        both = far[a, i] * near[a, i] if a == b else root[i] * near[a, i] * near[b, i]
                        eta[0, i] = sqrt(both)
                    _add_gram(rows, eta[0], scaled, syrk, grams[pair])
                    pair += 1
    return loglik, absolute, lead, longest, 0.0
