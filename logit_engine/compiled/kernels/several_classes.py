"""Passes over a block of several classes: light ones, and those with the information."""

from math import log1p

import numpy as np

from logit_engine.compiled.kernels.binary import NEAR_CACHE_ROWS
from logit_engine.compiled.kernels.machine_code import compiled_loop
from logit_engine.compiled.kernels.rows import (
    add_weighted_rows,
    largest_square,
    model_weights,
    row_dots,
    rows_at,
    write_out,
)
from logit_engine.compiled.kernels.tiles import SLAB_ROWS, add_grams, slab_room, whiten_rows
from logit_engine.compiled.kernels.vector_math import exp_of_negatives


@compiled_loop
def class_odds(eta, base, odds, top, bits):  # type: ignore[no-untyped-def]
    """The odds of each class against the likeliest, (classes, m), and its predictor, (m,).

    eta: (k, m).
    """
    for i in range(top.size):
        top[i] = 0.0 if base else eta[0, i]
    for c in range(1 - base, eta.shape[0]):
        for i in range(top.size):
            top[i] = max(top[i], eta[c, i])
    for c in range(odds.shape[0]):
        row = odds[c]
        for i in range(top.size):
            row[i] = (eta[c - base, i] if c >= base else 0.0) - top[i]
        exp_of_negatives(row, row, bits)


@compiled_loop
def class_chances(odds, i, chances, others):  # type: ignore[no-untyped-def]
    """The chances of a row's classes, (classes,), and of all others than each.

    The odds against the likeliest.
    """
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


@compiled_loop
def smallest_lead(eta, y, weight, base):  # type: ignore[no-untyped-def]
    """The smallest lead of an outcome's predictor over another's, of rows with weight.

    eta: (k, m).
    """
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


@compiled_loop
def pair_curvatures(near, heavy, far, pairs):  # type: ignore[no-untyped-def]
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


@compiled_loop
def class_light_sums(  # type: ignore[no-untyped-def]
    X,
    direct,
    center,
    by_column,
    y,
    weight,
    offset,
    fold,
    without,
    base,
    constants,
    thetas,
    with_value,
    room,
    score,
):
    """As `binary.binary_light_sums`, of k + base classes.

    score, thetas: (models, k, p); constants: (models, k); offset: (n, k).
    """
    n, size, (models, k) = y.size, room.shape[0], constants.shape
    eta, odds, top, share = (
        np.empty((k, size)),
        np.empty((k + base, size)),
        np.empty(size),
        np.ones(size),
    )
    whole, loglik, absolute = np.zeros((models, k)), np.zeros(models), np.zeros(models)
    chances, others, bits = np.empty(k + base), np.empty(k + base), np.empty(size, np.int64)
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = rows_at(X, direct, center, start, m, by_column, room)
        for j in range(models):
            for c in range(k):
                row_dots(rows, thetas[j, c], eta[c])
                for i in range(m):
                    eta[c, i] += constants[j, c]
                    if offset.size:
                        eta[c, i] += offset[start + i, c]
            class_odds(eta, base, odds[:, :m], top[:m], bits)
            if weight.size or fold.size:
                model_weights(weight, fold, without[j], start, share[:m])
            for i in range(m):
                code = int(y[start + i])
                own = 0.0 if code < base else eta[code - base, i]
                rest = class_chances(odds, i, chances, others)
                for c in range(k):
                    eta[c, i] = share[i] * (
                        others[code] if c + base == code else -chances[c + base]
                    )
                if with_value and share[i] > 0.0:
                    loglik[j] += share[i] * (own - top[i] - log1p(rest))
                    for c in range(k):
                        absolute[j] += abs(eta[c, i])
            for c in range(k):
                whole[j, c] += eta[c, :m].sum()
                add_weighted_rows(rows, eta[c, :m], score[j, c])
    return whole, loglik, absolute


@compiled_loop
def class_sums(  # type: ignore[no-untyped-def]
    X,
    center,
    inverse,
    by_column,
    y,
    weight,
    offset,
    base,
    theta,
    with_value,
    triangle,
    room,
    score,
    grams,
):
    """As `binary.binary_sums`, of k + base classes.

    score: (k, p); grams: (k (k + 1) / 2, q, q), of the pairs of predictors b <= a, a's in turn. The
    smallest curvature of a row is given as zero: several predictors have no one number.
    """
    n, size, k = y.size, room.shape[0], theta.shape[0]
    left, right, pairs = slab_room(grams), slab_room(grams), np.empty((grams.shape[0], size))
    eta, near, heavy, far = (
        np.empty((k, size)),
        np.empty((k, size)),
        np.empty((k, size)),
        np.empty((k, size)),
    )
    turned, white = np.zeros((theta.shape[1], SLAB_ROWS)), np.empty((SLAB_ROWS, triangle.shape[1]))
    odds, top, bits = np.empty((k + base, size)), np.empty(size), np.empty(size, np.int64)
    chances, others = np.empty(k + base), np.empty(k + base)
    loglik, lead, longest = 0.0, np.inf, -np.inf
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = room[:m]
        for low in range(0, m, NEAR_CACHE_ROWS):
            few = rows[low : low + NEAR_CACHE_ROWS]
            write_out(X, start + low, few.shape[0], center, inverse, by_column, few)
            for c in range(k):
                row_dots(few, theta[c], eta[c, low:])
        if with_value:
            lead = min(lead, smallest_lead(eta[:, :m], y[start:], weight[start:], base))
        if offset.size:
            for i in range(m):
                for c in range(k):
                    eta[c, i] += offset[start + i, c]
        class_odds(eta, base, odds[:, :m], top[:m], bits)
        part = 0.0
        for i in range(m):
            share = weight[start + i] if weight.size else 1.0
            code = int(y[start + i])
            own = 0.0 if code < base else eta[code - base, i]
            rest = class_chances(odds, i, chances, others)
            for c in range(k):
                eta[c, i] = share * (others[code] if c + base == code else -chances[c + base])
                near[c, i], heavy[c, i], far[c, i] = (
                    chances[c + base],
                    share * chances[c + base],
                    others[c + base],
                )
            if with_value and share > 0.0:
                part += share * (own - top[i] - log1p(rest))
        loglik += part
        if triangle.size:
            whiten_rows(rows, triangle, turned, white)
        for c in range(k):
            add_weighted_rows(rows, eta[c, :m], score[c])
        if with_value:
            longest = max(longest, largest_square(rows, weight, start))
        pair_curvatures(near[:, :m], heavy, far, pairs)
        add_grams(rows, pairs, left, right, grams)
    return loglik, lead, longest, 0.0
