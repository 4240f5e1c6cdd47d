"""The numbers kept on the way to a line's result, each with the interval that rounding leaves it.

They are taken from the bounds reading itself, while it is at work. Which entries of the result a number reaches is
found by trying: the number is given more room, and the bounds that move depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backprop.evaluate import bounds, written_out
from backprop.expressions import Apply, Expression, Name, names, rebuild
from backprop.operations import OPERATIONS
from backprop.rounding import Array, Interval, Rounding
from backprop.scope import Scope, shape_of


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


@dataclass(frozen=True)
class _Watched(Rounding):
    """A rounding that remembers all that is kept; the numbers of the step `moved` get more room, one in each member."""

    steps: list[tuple[Any, Interval, Interval]] = field(default_factory=list)
    moved: int = -1

    def kept(self, x: Interval, what: object = "") -> Interval:
        found = super().kept(x)
        self.steps.append((what, x, found))
        return _each_wider(found) if len(self.steps) - 1 == self.moved else found


def kept_on_the_way(
    expression: Expression, known: Mapping[str, Any], scope: Scope, rounding: Rounding, shape: tuple[int, ...]
) -> list[Kept]:
    """The numbers that a line of some shape is worked from, and all that are kept between; for a batch of one."""
    expression = spelled_out(expression, scope)

    def ends(known: Mapping[str, Any], moved: int = -1) -> tuple[_Watched, Interval]:
        watched = _Watched(rounding.decimals, moved=moved)
        return watched, bounds(expression, known, scope.sizes, watched)

    def reached(wider: Interval) -> Array:
        """The entries whose bounds have moved, for each member of the batch."""
        moved = (wider.low != right.low) | (wider.high != right.high)
        return np.broadcast_to(moved, (*shape, moved.shape[-1])).reshape(*(shape or (1, 1)), -1)

    watched, right = ends(known)
    found: list[Kept] = []
    for name in names(expression):
        if isinstance(known.get(name), Interval):
            spread = _spread(known, int(np.prod(known[name].low.shape[:-1])))
            _, wider = ends({**spread, name: _each_wider(known[name])})
            found += _numbers(Name(name), known[name], known[name], reached(wider))
    for step, (what, before, kept) in enumerate(watched.steps):
        _, wider = ends(_spread(known, int(np.prod(before.low.shape[:-1]))), step)
        found += _numbers(what, before, kept, reached(wider))
    return found


def spelled_out(expression: Expression, scope: Scope) -> Expression:
    """An expression with operations that are bounded by their definitions written out in these."""
    if isinstance(expression, Apply):
        operation = OPERATIONS[expression.operation]
        if operation.bounds is None and (operation.values is None or operation.definition):
            shape = tuple(map(int, shape_of(expression.arguments[0], scope)))
            return spelled_out(written_out(operation, expression.arguments, shape), scope)
    return rebuild(expression, lambda part: spelled_out(part, scope))


def _each_wider(x: Interval) -> Interval:
    """An interval in as many copies as it has numbers, in each of which one number has more room."""
    shape, low, high = x.low.shape[:-1], x.low[..., :1], x.high[..., :1]
    count = int(np.prod(shape))
    with np.errstate(invalid="ignore"):
        room = np.eye(count).reshape(*shape, count) * (1 + np.maximum(np.abs(low), np.abs(high)))
    return Interval(low - room, high + room)


def _spread(known: Mapping[str, Any], count: int) -> dict[str, Any]:
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
