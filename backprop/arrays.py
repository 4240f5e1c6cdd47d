"""The NumPy reading's functions: operations that NumPy doesn't have in one call, with the batch last.

A matrix is `(rows, columns, batch)`, a scalar or an index `(batch,)`. A batch of one broadcasts against any other.
"""

from __future__ import annotations

import numpy as np

from backprop.intervals import Array, seen


def matmul(a: Array, b: Array) -> Array:
    # A loop over the short inner axis keeps the long batch axis last, where NumPy runs through memory in order.
    return np.asarray(sum(a[:, k, None] * b[None, k] for k in range(a.shape[1])))


def transpose(a: Array) -> Array:
    return np.swapaxes(a, 0, 1) if a.ndim > 1 else a


def root(a: Array) -> Array:
    """The square root; what an interval reaches below zero counts as zero."""
    return np.sqrt(np.maximum(a, 0))


def sigmoid(a: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-a)))


def relu(a: Array) -> Array:
    return np.maximum(a, 0)


def step(a: Array) -> Array:
    return np.where(a > 0, 1.0, 0.0)


def softmax(a: Array) -> Array:
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def causal_softmax(a: Array) -> Array:
    return softmax(np.where(seen(a.shape[0]), a, -np.inf))


def row_sum(a: Array) -> Array:
    return np.asarray(a.sum(axis=1, keepdims=True))


def column_sum(a: Array) -> Array:
    return np.asarray(a.sum(axis=0, keepdims=True))


def total(a: Array) -> Array:
    return np.asarray(a.sum(axis=(0, 1)))


def spread(a: Array, rows: int, columns: int) -> Array:
    return np.broadcast_to(a, (rows, columns, a.shape[-1]))


def _hits(i: Array, count: int) -> Array:
    """Which of `count` places an index names, as `(count, batch)`; a negative one counts from the end."""
    return np.asarray(np.arange(count)[:, None] == np.where(i < 0, i + count, i))


def row(a: Array, i: Array) -> Array:
    return np.asarray(np.where(_hits(i, a.shape[0])[:, None], a, 0).sum(axis=0, keepdims=True))


def place(r: Array, i: Array, n: int) -> Array:
    return np.where(_hits(i, n)[:, None], r, 0)


def entry(a: Array, i: Array, j: Array) -> Array:
    return entry_of_row(row(a, i), j)


def entry_of_row(p: Array, k: Array) -> Array:
    return np.asarray(np.where(_hits(k, p.shape[1]), p[0], 0).sum(axis=0))


def mean_cross_entropy(p: Array, y: Array) -> Array:
    # What is not the target does not count, not even the logarithm of zero.
    return np.asarray(-np.where(y == 0, 0, y * np.log(p)).sum(axis=(0, 1)) / p.shape[0])


def diagonal(r: Array) -> Array:
    # A product with zero would make nan of an infinite entry.
    return np.where(np.eye(r.shape[1], dtype=bool)[:, :, None], r, 0)


def one_hot(k: Array, n: int) -> Array:
    return np.where(_hits(k, n)[None], 1.0, 0.0)


def delta(i: Array, j: Array) -> Array:
    return np.where(i == j, 1.0, 0.0)
