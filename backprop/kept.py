"""The numbers kept on the way to a line's result, each with the interval that rounding leaves it.

They are taken from the bounds reading itself, while it is at work. Which entries of the result a number reaches is
found by trying: it is given more room, or none, and the bounds that move depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backprop.evaluate import bounds, written_out
from backprop.expressions import Apply, Expression, Name, names, rebuild
from backprop.operations import OPERATIONS
from backprop.rounding import Array, Interval, Rounding
from backprop.scope import Scope, shape_of

Change = Callable[[Interval], Interval]


@dataclass(frozen=True)
class Kept:
    """A number on the way: a part of the line, or in words what is kept inside an operation, and one of its places.

    It lies between `low` and `high`, and once it is kept between the ends of `kept`; a number that the line is worked
    from is kept before. `reaches` has the entries of the line that depend on it.
    """

    of: Expression | str
    place: tuple[int, ...]
    low: float
    high: float
    kept: tuple[float, float]
    reaches: Array

    @property
    def named(self) -> bool:
        """Whether it is an entry of what the line is worked from."""
        return isinstance(self.of, Name)


@dataclass(frozen=True)
class _Watched(Rounding):
    """A rounding that remembers all that is kept; the numbers of the step `moved` are changed, one in each member."""

    change: Change
    moved: int = -1
    steps: list[tuple[Any, Interval, Interval]] = field(default_factory=list)

    def kept(self, x: Interval, what: object = "") -> Interval:
        found = super().kept(x)
        self.steps.append((what, x, found))
        return _each_changed(found, self.change) if len(self.steps) - 1 == self.moved else found


def kept_on_the_way(
    expression: Expression, known: Mapping[str, Any], scope: Scope, rounding: Rounding, shape: tuple[int, ...]
) -> list[Kept]:
    """The numbers that a line of some shape is worked from, and all that are kept between; for a batch of one."""
    expression = spelled_out(expression, scope)

    watched = _Watched(rounding.decimals, more_room)
    right = bounds(expression, known, scope.sizes, watched)

    def reached(of: Interval, name: str = "", step: int = -1) -> Array:
        """The entries whose bounds move with each of the numbers of a name or a step."""
        count, moves = int(np.prod(of.low.shape[:-1])), np.zeros((), dtype=bool)
        for change in (more_room, no_room):
            changed = {name: _each_changed(of, change)} if name else {}
            watch = _Watched(rounding.decimals, change, step)
            found = bounds(expression, {**_copies(known, count), **changed}, scope.sizes, watch)
            moves = moves | (found.low != right.low) | (found.high != right.high)
        return np.broadcast_to(moves, (*shape, count)).reshape(*(shape or (1, 1)), count)

    found: list[Kept] = []
    for name in names(expression):
        if isinstance(of := known.get(name), Interval):
            found += _numbers(Name(name), of, of, reached(of, name=name))
    for step, (what, before, kept) in enumerate(watched.steps):
        found += _numbers(what, before, kept, reached(before, step=step))
    return found


def spelled_out(expression: Expression, scope: Scope) -> Expression:
    """An expression with operations that are bounded by their definitions written out in these."""
    if isinstance(expression, Apply):
        operation = OPERATIONS[expression.operation]
        if operation.bounds is None and (operation.values is None or operation.definition):
            shape = tuple(map(int, shape_of(expression.arguments[0], scope)))
            return spelled_out(written_out(operation, expression.arguments, shape), scope)
    return rebuild(expression, lambda part: spelled_out(part, scope))


def more_room(x: Interval) -> Interval:
    """The same with so much more room on both sides that it cannot go unnoticed."""
    return Interval(x.low - 1 - np.abs(x.low), x.high + 1 + np.abs(x.high))


def no_room(x: Interval) -> Interval:
    """One number in its place."""
    middle = (x.low + x.high) / 2
    return Interval.exact(np.where(np.isfinite(middle), middle, 0))


def _each_changed(x: Interval, change: Change) -> Interval:
    """An interval in as many copies as it has numbers, in each of which one number is changed."""
    shape, one = x.low.shape[:-1], x.map(lambda end: end[..., :1])
    count = int(np.prod(shape))
    with np.errstate(invalid="ignore"):
        return change(one).where(np.eye(count, dtype=bool).reshape(*shape, count), one)


def _copies(known: Mapping[str, Any], count: int) -> dict[str, Any]:
    """The same numbers in so many copies."""

    def copies(x: Array) -> Array:
        return np.broadcast_to(x[..., :1], (*x.shape[:-1], count))

    return {name: x.map(copies) if isinstance(x, Interval) else copies(x) for name, x in known.items()}


def _numbers(of: Expression | str, before: Interval, kept: Interval, reached: Array) -> list[Kept]:
    """Each number of a step, with the entries that it reaches."""
    places = np.ndindex(before.low.shape[:-1])
    flat = (x.reshape(-1, x.shape[-1])[:, 0].tolist() for x in (before.low, before.high, kept.low, kept.high))
    return [
        # Each end may be of another way of working: then the lower one need not come first.
        Kept(of, place, min(ends[:2]), max(ends[:2]), (min(ends[2:]), max(ends[2:])), reached[..., number])
        for number, (place, *ends) in enumerate(zip(places, *flat, strict=True))
    ]
