"""Intervals: every value that an honest student could have, whatever was rounded on the way.

An interval is two arrays of one shape, `(rows, columns, batch)` or `(batch,)`. `Keep` is what happens to a number
that is written or kept in the head: it may be off by one unit in the last place asked, unless it is exact there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Interval:
    """All numbers from `low` to `high`, entry by entry."""

    low: Array
    high: Array

    @staticmethod
    def exact(value: Array) -> Interval:
        return Interval(value, value)

    @staticmethod
    def around(value: Array, distance: Array | float) -> Interval:
        return Interval(value - distance, value + distance)

    def hull(self, other: Interval) -> Interval:
        # Where one way of working overflows, the other still bounds.
        return Interval(np.fmin(self.low, other.low), np.fmax(self.high, other.high))


@dataclass(frozen=True)
class Keep:
    """Rounding, cutting off, or keeping in full: a kept number is within one unit of the last decimal.

    A number that is exact at these decimals is written as it is, so it widens nothing.
    """

    decimals: int

    @property
    def unit(self) -> float:
        return float(10.0**-self.decimals)

    def is_exact(self, x: Interval) -> Array:
        # Products of decimals are off by the last bits of a float; those are not a reason to allow for rounding.
        slack = 1e-7 * self.unit + 1e-13 * np.abs(x.low)
        near = np.abs(x.low - np.round(x.low, self.decimals)) <= slack
        return np.asarray(near & (x.high - x.low <= 2 * slack))

    def written(self, x: Interval) -> Interval:
        """A result as it is put on paper: what was only copied is rounded there for the first time."""
        kept, copied = self(x), x.high == x.low
        return Interval(np.where(copied, kept.low, x.low), np.where(copied, kept.high, x.high))

    def __call__(self, x: Interval) -> Interval:
        exact, value = self.is_exact(x), np.round(x.low, self.decimals)
        return Interval(np.where(exact, value, x.low - self.unit), np.where(exact, value, x.high + self.unit))


Bounds = Callable[..., Interval]
"""`bounds(keep, *arguments)`: the interval of an operation's result, with all that is kept inside it."""


def rising(function: Callable[..., Array], kept: int = 1) -> Bounds:
    """An operation that grows with each argument; `kept` numbers in a row are kept on the way to the result."""

    def bounds(keep: Keep, *x: Any) -> Interval:
        return _kept(keep, Interval(function(*_side(x, "low")), function(*_side(x, "high"))), kept)

    return bounds


def falling(function: Callable[..., Array], kept: int = 1) -> Bounds:
    """An operation that falls as its argument grows."""

    def bounds(keep: Keep, *x: Any) -> Interval:
        return _kept(keep, Interval(function(*_side(x, "high")), function(*_side(x, "low"))), kept)

    return bounds


def exactly(function: Callable[..., Array]) -> Bounds:
    """An operation on indices, which nobody rounds."""
    return lambda keep, *x: Interval.exact(function(*x))


def _side(arguments: tuple[Any, ...], side: str) -> list[Any]:
    return [getattr(a, side) if isinstance(a, Interval) else a for a in arguments]


def _kept(keep: Keep, x: Interval, times: int) -> Interval:
    for _ in range(times):
        x = keep(x)
    return x


def add(keep: Keep, a: Interval, b: Interval) -> Interval:
    return keep(Interval(a.low + b.low, a.high + b.high))


def subtract(keep: Keep, a: Interval, b: Interval) -> Interval:
    return keep(Interval(a.low - b.high, a.high - b.low))


def _product(a: Interval, b: Interval) -> Interval:
    ends = np.broadcast_arrays(a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high)
    return Interval(np.minimum.reduce(ends), np.maximum.reduce(ends))


def multiply(keep: Keep, a: Interval, b: Interval) -> Interval:
    return keep(_product(a, b))


def _inverse(b: Interval) -> Interval:
    across = (b.low <= 0) & (b.high >= 0)
    return Interval(np.where(across, -np.inf, 1 / b.high), np.where(across, np.inf, 1 / b.low))


def divide(keep: Keep, a: Interval, b: Interval) -> Interval:
    """a / b; of what divides many entries (√d_k, a row's σ) some keep the reciprocal: both ways are covered."""
    direct = multiply(keep, a, _inverse(b))
    one_by_one = a.low.ndim == b.low.ndim > 1 and a.low.shape[:-1] == b.low.shape[:-1]
    return direct if one_by_one else direct.hull(multiply(keep, a, keep(_inverse(b))))


def power(keep: Keep, a: Interval, exponent: Interval) -> Interval:
    """a ** k for a number k: whole powers by repeated products, others where a is positive."""
    k = float(exponent.low.flat[0])
    if k < 0:
        return keep(_inverse(power(keep, a, Interval.exact(-exponent.low))))
    if k != int(k):
        return rising(lambda x: np.maximum(x, 0) ** k)(keep, a)
    result = Interval.exact(np.ones_like(a.low))
    for step in range(int(k) // 2):
        square = _square(keep, a)
        result = square if step == 0 else multiply(keep, result, square)
    return result if k % 2 == 0 else (a if k == 1 else multiply(keep, result, a))


def _square(keep: Keep, a: Interval) -> Interval:
    ends = a.low**2, a.high**2
    across = (a.low <= 0) & (a.high >= 0)
    return keep(Interval(np.where(across, 0, np.minimum(*ends)), np.maximum(*ends)))


def matmul(keep: Keep, a: Interval, b: Interval) -> Interval:
    """a @ b: each product is kept, then their sum."""
    low, high = np.zeros(()), np.zeros(())
    for k in range(a.low.shape[1]):
        product = multiply(
            keep, Interval(a.low[:, k, None], a.high[:, k, None]), Interval(b.low[None, k], b.high[None, k])
        )
        low, high = low + product.low, high + product.high
    return keep(Interval(low, high))


def mean(axis: int | tuple[int, ...]) -> Bounds:
    """A mean: the sum is kept, then divided."""

    def bounds(keep: Keep, a: Interval) -> Interval:
        count = np.prod([a.low.shape[k] for k in np.atleast_1d(axis)])
        keepdims = isinstance(axis, int)
        total = keep(Interval(a.low.sum(axis, keepdims=keepdims), a.high.sum(axis, keepdims=keepdims)))
        return divide(keep, total, Interval.exact(np.array([float(count)])))

    return bounds


def norm(keep: Keep, a: Interval) -> Interval:
    """√(Σ a²): the squares, their sum and its root are kept."""
    squares = _square(keep, a)
    total = keep(Interval(squares.low.sum((0, 1)), squares.high.sum((0, 1))))
    return keep(Interval(np.sqrt(np.maximum(total.low, 0)), np.sqrt(np.maximum(total.high, 0))))


def softmax(keep: Keep, a: Interval) -> Interval:
    """exp(a) over its row's sum: each exponential and the sum are kept, with the row's maximum taken off or not."""
    top = ((a.low + a.high) / 2).max(axis=1, keepdims=True)
    return _softmax(keep, a).hull(_softmax(keep, Interval(a.low - top, a.high - top)))


def _softmax(keep: Keep, a: Interval) -> Interval:
    e = keep(Interval(np.exp(a.low), np.exp(a.high)))
    e = Interval(np.maximum(e.low, 0), e.high)
    others_low = e.low.sum(axis=1, keepdims=True) - e.low
    others_high = e.high.sum(axis=1, keepdims=True) - e.high
    # The result grows with its own exponential and falls with the others'; the sum is kept, so off by a unit too.
    low = e.low / (e.low + others_high + keep.unit)
    high = e.high / np.maximum(e.high + others_low - keep.unit, 1e-300)
    return keep(Interval(low, np.minimum(high, 1)))


def seen(tokens: int) -> Array:
    """What each token of a causal model may look at, itself and those before it, for any batch."""
    return np.tril(np.ones((tokens, tokens), dtype=bool))[:, :, None]


def causal_softmax(keep: Keep, a: Interval) -> Interval:
    """Softmax up to the diagonal: what is masked is 0, and alone in its row an entry is 1, for everyone."""
    shown = seen(a.low.shape[0])
    found = softmax(keep, Interval(np.where(shown, a.low, -np.inf), np.where(shown, a.high, -np.inf)))
    sure = ~shown | (shown.sum(axis=1, keepdims=True) == 1)
    return Interval(np.where(sure, shown, found.low), np.where(sure, shown, found.high))


def logarithm(keep: Keep, a: Interval) -> Interval:
    """ln a. What is written as 0 may be as large as one unit; below zero nothing bounds a logarithm."""
    low = np.where(a.low > 0, np.log(np.maximum(a.low, 1e-300)), -np.inf)
    return keep(Interval(low, np.log(np.maximum(a.high, keep.unit))))


def minus_logarithm(pick: Callable[[Array, Array], Array]) -> Bounds:
    """−ln of what is picked from a row by an index."""

    def bounds(keep: Keep, p: Interval, k: Array) -> Interval:
        log = logarithm(keep, Interval(pick(p.low, k), pick(p.high, k)))
        return Interval(-log.high, -log.low)

    return bounds


def mean_cross_entropy(keep: Keep, p: Interval, y: Interval) -> Interval:
    """The mean of −ln at the targets: each logarithm is kept, their sum, and the sum over the rows."""
    log = logarithm(keep, p)
    product = multiply(keep, y, log)
    # Nobody multiplies by 1, or takes the logarithm of what counts nothing.
    one, zero = ((y.low == at) & (y.high == at) for at in (1, 0))
    low, high = (
        np.where(zero, 0, np.where(one, taken, times))
        for taken, times in ((log.low, product.low), (log.high, product.high))
    )
    total = keep(Interval(-high.sum(axis=(0, 1)), -low.sum(axis=(0, 1))))
    return divide(keep, total, Interval.exact(np.array([float(p.low.shape[0])])))
