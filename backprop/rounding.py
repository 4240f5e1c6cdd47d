"""How a pen rounds: every value that an honest student can have, whatever was rounded on the way.

A number that is written, or kept in the head, is kept in full, truncated, or rounded. All three are monotone maps. So
if the exact value lies in [l, h], what is kept lies between the least and the greatest of {v, v truncated, v rounded}
at l and h; a number that is exact at these decimals is kept as it is.

An interval is two arrays of one shape, `(rows, columns, batch)` or `(batch,)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

TOLERANCE = 1e-6
"""Units of the last place that count as nothing: the last bits of a float are no reason to allow for rounding."""


@dataclass(frozen=True)
class Interval:
    """All numbers from `low` to `high`, entry by entry; an end that is not finite bounds nothing."""

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

    def where(self, condition: Array, other: Interval) -> Interval:
        """This interval where a condition holds, the other one elsewhere."""
        return Interval(np.where(condition, self.low, other.low), np.where(condition, self.high, other.high))

    def map(self, function: Callable[[Array], Array]) -> Interval:
        """Both ends changed by a function that rises, or that only moves entries."""
        return Interval(function(self.low), function(self.high))


@dataclass(frozen=True)
class Rounding:
    """Rounding, truncating, or keeping in full, at so many decimals."""

    decimals: int

    @property
    def unit(self) -> float:
        return float(10.0**-self.decimals)

    def kept(self, x: Interval, what: object = "") -> Interval:
        """What may be kept of a number: in full, truncated or rounded; `what` it is, for whoever follows the work."""
        return Interval(-self._greatest(-x.low), self._greatest(x.high))

    def _greatest(self, x: Array) -> Array:
        """The greatest of x, x truncated and x rounded, a tie either way."""
        units = x * 10.0**self.decimals
        # Where x is negative that is x truncated, the next whole number of units; else x, or x rounded.
        up = (units < 0) * (0.5 - 2 * TOLERANCE)
        up += units
        up -= 0.5 - TOLERANCE
        np.ceil(up, out=up)
        return np.asarray(np.maximum(units, up, out=up) / 10.0**self.decimals)

    def behind(self, written: Array) -> Interval:
        """What a written number stands for: ½ unit nearer zero, if rounded, to a unit further out, if truncated."""
        near, far = 0.5 * self.unit, self.unit
        return Interval(written - np.where(written > 0, near, far), written + np.where(written < 0, near, far))

    def known(self, written: Array, exact: Interval) -> Interval:
        """The number that a student works on with: the written one, or what it stands for, within its line's bounds."""
        behind = self.behind(written)
        low, high = np.maximum(behind.low, exact.low), np.minimum(behind.high, exact.high)
        nothing = ~(low <= high)  # the line is wrong, or has no bounds
        low, high = np.where(nothing, behind.low, low), np.where(nothing, behind.high, high)
        return Interval(np.minimum(low, written), np.maximum(high, written))

    def is_exact(self, x: Interval) -> Array:
        """Whether there is one value, and nothing to round at these decimals."""
        with np.errstate(invalid="ignore"):  # infinite where nothing bounds it
            return np.asarray(x.high - x.low <= TOLERANCE * self.unit)

    def holds(self, allowed: Interval, written: Array) -> Array:
        """Whether written numbers lie within bounds; where nothing bounds them, they do not."""
        with np.errstate(invalid="ignore", over="ignore"):
            slack = TOLERANCE * self.unit + 1e-12 * np.abs(written)
            bounded = np.isfinite(allowed.low) | np.isfinite(allowed.high)
            return np.asarray(bounded & (written >= allowed.low - slack) & (written <= allowed.high + slack))
