"""Some rows of a block: written out in inner coordinates, and their products with vectors."""

import numpy as np

from logit_engine.compiled.kernels.machine_code import compiled_loop


@compiled_loop
def write_out(X, start, rows, center, inverse, by_column, out):  # type: ignore[no-untyped-def]
    """(X - center) * inverse of some rows from start on, into out.

    Ones before them if out is wider.
    """
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


@compiled_loop
def rows_at(X, direct, center, start, m, by_column, room):  # type: ignore[no-untyped-def]
    """Some rows of X less the center: where they lie if they can be read as they are, else written
    out.
    """
    if direct.size:
        return direct[start : start + m]
    write_out(X, start, m, center, np.ones_like(center), by_column, room)
    return room[:m]


@compiled_loop
def row_dots(rows, theta, out):  # type: ignore[no-untyped-def]
    """rows theta: (m, p), (p,), (m,)."""
    for i in range(rows.shape[0]):
        row, total = rows[i], 0.0
        for j in range(theta.size):
            total += row[j] * theta[j]
        out[i] = total


@compiled_loop
def add_weighted_rows(rows, r, out):  # type: ignore[no-untyped-def]
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


@compiled_loop
def largest_square(rows, weight, start):  # type: ignore[no-untyped-def]
    """The largest sum of squares of a row with weight."""
    longest = -np.inf
    for i in range(rows.shape[0]):
        if not weight.size or weight[start + i] > 0.0:
            row, total = rows[i], 0.0
            for j in range(row.size):
                total += row[j] * row[j]
            longest = max(longest, total)
    return longest


@compiled_loop
def model_weights(weight, fold, without, start, share):  # type: ignore[no-untyped-def]
    """The weights of some rows in a model, (m,): zero in the fold that it leaves out."""
    for i in range(share.size):
        share[i] = weight[start + i] if weight.size else 1.0
    if fold.size:
        for i in range(share.size):
            share[i] = share[i] if fold[start + i] != without else 0.0
