"""Passes over a block under the logit link: light ones, and those with the information."""

import numpy as np

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
from logit_engine.compiled.kernels.vector_math import exp_of_negatives, log1p_of_fractions

NEAR_CACHE_ROWS = 64  # whose products are taken while they are in the nearest cache


@compiled_loop
def binary_light_sums(  # type: ignore[no-untyped-def]
    X,
    direct,
    center,
    by_column,
    y,
    weight,
    offset,
    fold,
    without,
    constants,
    thetas,
    with_value,
    room,
    score,
):
    """Add to score, (models, p), the gradients of the log-likelihood of several models at thetas,
    (models, p).

    direct: X itself if it may be read as it is, else (0, 0); center: (p,). weight, offset, fold:
    (n,) or (). without: the fold whose rows a model leaves out, (models,). constants: beside
    thetas, (models,). room: (rows, p). Returns the constants' gradients and, with_value, the
    log-likelihoods and the sums of |score_i|; else these mean nothing.
    """
    n, size, models = y.size, room.shape[0], constants.size
    whole, loglik, absolute = np.zeros(models), np.zeros(models), np.zeros(models)
    eta, small, logs, bits = (
        np.empty(size),
        np.empty(size),
        np.empty(size),
        np.empty(size, np.int64),
    )
    share = np.ones(size)
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = rows_at(X, direct, center, start, m, by_column, room)
        for j in range(models):
            row_dots(rows, thetas[j], eta)
            if offset.size:
                for i in range(m):
                    eta[i] += offset[start + i]
            for i in range(m):
                eta[i] += constants[j]
                small[i] = -abs(eta[i])
            exp_of_negatives(small[:m], small, bits)
            if weight.size or fold.size:
                model_weights(weight, fold, without[j], start, share[:m])
            if with_value:
                log1p_of_fractions(small[:m], logs)
                part = 0.0
                for i in range(m):
                    if share[i] > 0.0:  # without weight not even infinity counts
                        part += share[i] * (loglik_but_log(y[start + i], eta[i]) - logs[i])
                loglik[j] += part
            part, size_of_part = 0.0, 0.0
            for i in range(m):
                eta[i] = (
                    share[i] * binary_score(y[start + i], eta[i], small[i])
                    if share[i] > 0.0
                    else 0.0
                )
                part += eta[i]
                size_of_part += abs(eta[i])
            whole[j] += part
            absolute[j] += size_of_part
            add_weighted_rows(rows, eta[:m], score[j])
    return whole, loglik, absolute


@compiled_loop
def loglik_but_log(outcome, eta):  # type: ignore[no-untyped-def]
    """The log-likelihood of a row, but for -log(1 + e^-|eta|)."""
    return outcome * min(eta, 0.0) - (1.0 - outcome) * max(eta, 0.0)


@compiled_loop
def binary_score(outcome, eta, small):  # type: ignore[no-untyped-def]
    """outcome - F(eta), to the rounding of itself in either tail; small: e^-|eta|."""
    odds = 1.0 / (1.0 + small)
    return outcome * odds * (small if eta > 0.0 else 1.0) - (1.0 - outcome) * odds * (
        small if eta < 0.0 else 1.0
    )


@compiled_loop
def binary_sums(  # type: ignore[no-untyped-def]
    X,
    center,
    inverse,
    by_column,
    y,
    weight,
    offset,
    theta,
    with_value,
    triangle,
    room,
    score,
    grams,
):
    """Add to score, (p,), and to grams, (1, q, q), its lower triangle, the gradient and the
    information at theta, (p,).

    triangle: (p, q) with q = padded_columns(p), by which rows are multiplied once their predictors
    are known; empty for none. room: (rows, p). Returns the log-likelihood, the smallest lead of an
    outcome, the largest |x_i|^2, and the smallest curvature of a row; the first three mean nothing
    unless with_value.
    """
    n, size = y.size, room.shape[0]
    left, right = slab_room(grams), slab_room(grams)
    eta, whole, small, logs = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    curvature, bits = np.empty((1, size)), np.empty(size, np.int64)
    turned, white = np.zeros((theta.size, SLAB_ROWS)), np.empty((SLAB_ROWS, triangle.shape[1]))
    loglik, lead, longest, flattest = 0.0, np.inf, -np.inf, np.inf
    for start in range(0, n, size):
        m = min(size, n - start)
        rows = room[:m]
        for low in range(0, m, NEAR_CACHE_ROWS):
            few = rows[low : low + NEAR_CACHE_ROWS]
            write_out(X, start + low, few.shape[0], center, inverse, by_column, few)
            row_dots(few, theta, eta[low:])
        for i in range(m):
            whole[i] = eta[i] + offset[start + i] if offset.size else eta[i]
            small[i] = -abs(whole[i])
        exp_of_negatives(small[:m], small, bits)
        if with_value:
            log1p_of_fractions(small[:m], logs)
        part = 0.0
        for i in range(m):
            outcome, linear, at, tail = y[start + i], eta[i], whole[i], small[i]
            share = weight[start + i] if weight.size else 1.0
            odds = 1.0 / (1.0 + tail)
            curvature[0, i] = share * (tail * odds * odds)
            eta[i] = share * binary_score(outcome, at, tail)
            if not share > 0.0:
                curvature[0, i] = eta[i] = 0.0
                continue
            flattest = min(flattest, curvature[0, i])
            if with_value:
                part += share * (loglik_but_log(outcome, at) - logs[i])
                one_sided = outcome == 0.0 or outcome == 1.0
                lead = min(lead, (2.0 * outcome - 1.0) * linear if one_sided else -abs(linear))
        loglik += part
        if triangle.size:
            whiten_rows(rows, triangle, turned, white)
        add_weighted_rows(rows, eta[:m], score)
        if with_value:
            longest = max(longest, largest_square(rows, weight, start))
        add_grams(rows, curvature, left, right, grams)
    return loglik, lead, longest, flattest
