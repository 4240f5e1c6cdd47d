"""Simulated students of any problem: every operation of the language by hand, number by number.

Only the trees of the lines are shared with the product: none of its values, bounds or rounding. Arrays are (sheets,
rows, columns), a scalar is 1×1, an index (sheets,). To the habits of students.py come two finer mixtures, in which
every single number goes its own way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backprop.expressions import Apply, Expression, Name, Number
from benchmarks.students import CUT, EVEN, FULL, HABITS, INSIDE_MODE, MIXED, UP, Pen, rounded

ALL_HABITS = (
    *HABITS,
    "another way for every number",
    "every number as far up or down as it may go",
)
ANY, FAR = MIXED + 1, MIXED + 2
Numbers = np.ndarray


class Hand(Pen):
    """How each sheet's student works a line; who keeps numbers inside a line may also work tanh by exponentials."""

    def turn(self) -> None:
        every, self.habit = self.habit, np.minimum(self.habit, MIXED)
        super().turn()
        self.habit, count = every, len(every)
        self.finer = np.where(every > MIXED, every, 0)
        chance = self.rng.random((4, count)) < 0.5
        self.top_first |= (self.finer > 0) & chance[0]
        self.constant |= ((self.finer > 0) | (self.inside != FULL)) & chance[1]
        self.by_exponentials = chance[2]
        holds = np.where(every == MIXED, chance[3], self.in_full)
        self.holds = holds[:, None, None]

    def keep(self, x: Numbers) -> Numbers:
        return self._finely(x, rounded(x, self.decimals, self.inside), (EVEN, UP, CUT, FULL))

    def write(self, x: Numbers) -> Numbers:
        return self._finely(x, rounded(x, self.decimals, self.line), (EVEN, UP, CUT))

    def _finely(self, x: Numbers, found: Numbers, ways: tuple[int, ...]) -> Numbers:
        """Where every number goes its own way: any way, or the one that takes it furthest up or down."""
        for finer in (ANY, FAR):
            rows = np.flatnonzero(self.finer == finer)
            if rows.size:
                part = x[rows]
                kept = np.array([rounded(part, self.decimals, np.full(len(part), way)) for way in ways])
                found[rows] = self._any_of(kept) if finer == ANY else self._furthest(kept)
        return found

    def _any_of(self, kept: Numbers) -> Numbers:
        return np.take_along_axis(kept, self.rng.integers(len(kept), size=kept.shape[1:])[None], 0)[0]

    def _furthest(self, kept: Numbers) -> Numbers:
        return np.where(self.ups(kept.shape[1:]), kept.max(axis=0), kept.min(axis=0))

    def ups(self, shape: tuple[int, ...]) -> Numbers:
        """Which numbers go up: on half of the sheets each its own way, on the others all the same."""
        each = self.rng.random(shape) < 0.5
        alone = self.rng.random(shape[0]) < 0.5
        first = each.reshape(shape[0], -1)[:, 0]
        lanes = (slice(None), *[None] * (len(shape) - 1))
        return np.where(alone[lanes], each, first[lanes])

    def works_on_with(self, written: Numbers, held: Numbers) -> Numbers:
        """The number on paper, or what the calculator still holds."""
        mask = np.broadcast_to(self.holds, written.shape)
        rows = (self.finer > 0)[:, None, None]
        return np.where(np.where(rows, self.rng.random(written.shape) < 0.5, mask), held, written)

    def sheets(self, x: Numbers) -> Numbers:
        """For every sheet, what is the same for all."""
        return np.broadcast_to(x, (len(self.habit), *x.shape[1:]))

    def over(self, a: Numbers, b: Any) -> Numbers:
        direct = self.keep(self.sheets(a / b))
        if b.shape[1:] == a.shape[1:] != (1, 1) or b.size > a.size > 1:
            return direct
        inverse = self.sheets(1 / b)
        constant = np.where((self.finer > 0)[:, None, None], self.keep(inverse), self.write(inverse))
        return np.where(self.constant[:, None, None], self.keep(self.sheets(a * constant)), direct)

    def power(self, a: Numbers, k: float) -> Numbers:
        if k < 0:
            return self.keep(1 / self.power(a, -k))
        if k != int(k):
            return self.keep(a**k)
        found = a if k else np.ones_like(a)
        for _ in range(int(k) - 1):
            found = self.keep(found * a)
        return found

    def tanh(self, a: Numbers) -> Numbers:
        up, down = self.keep(np.exp(a)), self.keep(np.exp(-a))
        by_hand = self.keep(self.keep(up - down) / self.keep(up + down))
        return np.where(self.by_exponentials[:, None, None], by_hand, self.keep(np.tanh(a)))

    def causal(self, a: Numbers) -> Numbers:
        found = np.zeros_like(a)
        found[:, 0, 0] = 1
        for i in range(1, a.shape[1]):
            found[:, i : i + 1, : i + 1] = self.softmax(a[:, i : i + 1, : i + 1])
        return found

    def mean_loss(self, p: Numbers, y: Numbers) -> Numbers:
        logs = np.where(y == 1, self.keep(np.log(p)), 0)
        return self.over(self.keep(-logs.sum((1, 2), keepdims=True)), np.full((1, 1, 1), float(p.shape[1])))


def picked(i: Any, count: int) -> Numbers:
    """Which of `count` places an index names, (sheets, count)."""
    return np.arange(count) == np.reshape(np.mod(i, count), (-1, 1))


def row(a: Numbers, i: Any) -> Numbers:
    return np.where(picked(i, a.shape[1])[:, :, None], a, 0).sum(1, keepdims=True)


def entry(a: Numbers, i: Any, j: Any) -> Numbers:
    return np.where(picked(j, a.shape[2])[:, None], row(a, i), 0).sum(2, keepdims=True)


def diagonal(r: Numbers) -> Numbers:
    return np.where(np.eye(r.shape[2], dtype=bool), np.swapaxes(r, 1, 2), 0)


RULES: dict[str, Callable[..., Numbers]] = {
    "@": lambda p, a, b: p.mm(p.sheets(a), p.sheets(b)),
    "*": lambda p, a, b: p.keep(p.sheets(a * b)),
    "/": lambda p, a, b: p.over(a, b),
    "+": lambda p, a, b: p.keep(p.sheets(a + b)),
    "-": lambda p, a, b: p.keep(p.sheets(a - b)),
    "neg": lambda p, a: -a,
    ".T": lambda p, a: np.swapaxes(a, 1, 2),
    "exp": lambda p, a: p.keep(p.sheets(np.exp(a))),
    "log": lambda p, a: p.keep(p.sheets(np.log(a))),
    "sqrt": lambda p, a: p.keep(p.sheets(np.sqrt(a))),
    "tanh": lambda p, a: p.tanh(p.sheets(a)),
    "sigmoid": lambda p, a: p.keep(1 / p.keep(1 + p.keep(p.sheets(np.exp(-a))))),
    "relu": lambda p, a: np.maximum(a, 0),
    "maximum": lambda p, a, b: np.maximum(a, b),
    "step": lambda p, a: (a > 0).astype(float),
    "softmax": lambda p, a: p.softmax(p.sheets(a)),
    "causal_softmax": lambda p, a: p.causal(p.sheets(a)),
    "rowsum": lambda p, a: p.sum(p.sheets(a)),
    "colsum": lambda p, a: p.sum(p.sheets(a), 1),
    "sum": lambda p, a: p.sum(p.sheets(a), (1, 2)),
    "rowmean": lambda p, a: p.over(p.sum(p.sheets(a)), np.full((1, 1, 1), float(a.shape[2]))),
    "mean": lambda p, a: p.over(p.sum(p.sheets(a), (1, 2)), np.full((1, 1, 1), float(a[0].size))),
    "norm": lambda p, a: p.keep(np.sqrt(p.sum(p.keep(p.sheets(a**2)), (1, 2)))),
    "diag": lambda p, a: diagonal(a),
    "mean_cross_entropy": lambda p, a, b: p.mean_loss(p.sheets(a), p.sheets(b)),
}
BY_INDEX: dict[str, Callable[..., Numbers]] = {
    "**": lambda p, a, k: p.power(p.sheets(a), k),
    "row": lambda p, a, i: row(a, i),
    "place": lambda p, a, i, n: np.where(picked(i, n)[:, :, None], a, 0),
    "entry": lambda p, a, i, j: entry(a, i, j),
    "spread": lambda p, a, rows, columns: np.broadcast_to(a, (len(a), rows, columns)),
    "cross_entropy": lambda p, a, k: p.keep(p.sheets(-np.log(entry(a, 0, k)))),
}
"""The rules whose arguments after the first are plain numbers: indices, sizes, an exponent."""
OF_INDICES: dict[str, Callable[..., Numbers]] = {
    "onehot": lambda p, k, n: picked(k, n)[:, None].astype(float),
    "delta": lambda p, i, j: np.reshape(np.equal(i, j), (-1, 1, 1)).astype(float),
}


@np.errstate(all="ignore")  # what has no logarithm or quotient is left blank
def work(hand: Hand, expression: Expression, values: Mapping[str, Numbers]) -> Numbers:
    """A line's value as each student gets it, before it is written."""

    def number(part: Expression) -> Numbers:
        match part:
            case Apply(name, arguments) if name in RULES:
                return RULES[name](hand, *map(number, arguments))
            case Apply(name, (first, *rest)) if name in BY_INDEX:
                return BY_INDEX[name](hand, number(first), *map(plain, rest))
            case Apply(name, arguments):
                return OF_INDICES[name](hand, *map(plain, arguments))
            case Name(id) if id in values:
                return values[id]
        return np.full((1, 1, 1), float(plain(part)))

    def plain(part: Expression) -> Any:
        match part:
            case Number(value):
                return int(value) if value.denominator == 1 else float(value)
            case Name(id):
                return values[id] if id in values else hand.sizes[id]
        raise ValueError(f"{part} is no index")

    return hand.sheets(number(expression))


def exact_hand(sizes: Mapping[str, int], count: int) -> Hand:
    """Students who round nothing: what they get are the key's values."""
    hand = Hand(sizes, 0, np.full(count, INSIDE_MODE.index(FULL)), np.random.default_rng(0))
    hand.turn()
    hand.inside, hand.constant = np.full(count, FULL), np.zeros(count, dtype=bool)
    return hand
