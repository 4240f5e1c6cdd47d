"""What students wrote on a line that is wrong, and how well a mistake explains it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprop.rounding import Array, Interval, Rounding

UNITS_NEAR, SHARE_NEAR = 4, 0.02
"""A number is near a mistaken one within so many units, or so much of itself."""


@dataclass(frozen=True)
class Wrote:
    """What students of a batch wrote, nan where nothing was; what exact work gives; which entries are wrong."""

    numbers: Array
    value: Array
    wrong: Array
    unit: float

    def of(self, members: Array) -> Wrote:
        """The same of some students."""
        return Wrote(self.numbers[..., members], self.value[..., members], self.wrong[..., members], self.unit)

    def apart(self, value: Array) -> Array:
        """How far what was written is from a value, by entry; 0 where nothing was written."""
        value = value if value.ndim > 1 else value[None, None]
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.abs(self.numbers - value)
        return np.asarray(np.where(np.isnan(self.numbers), 0.0, np.where(np.isnan(apart), np.inf, apart)))

    def close(self, apart: Array) -> Array:
        """Whose numbers are all rounded or truncated from that value."""
        return np.asarray((apart <= 1.01 * self.unit).all(axis=(0, 1)))

    def near(self, apart: Array) -> Array:
        """Whose numbers are all so near that rounding on the way may be the difference."""
        with np.errstate(invalid="ignore"):
            far = apart > np.maximum(UNITS_NEAR * self.unit, SHARE_NEAR * np.abs(self.numbers))
        return np.asarray(~far.any(axis=(0, 1)))

    def told_by_chance(self, apart: Array) -> Array:
        """What share of all numbers as wrong as a student's would be as near a value as these are."""
        with np.errstate(invalid="ignore"):
            shares = np.maximum(apart, self.unit / 2) / np.maximum(self.apart(self.value), self.unit / 2)
        return np.asarray(np.where(self.wrong, np.fmin(shares, 1.0), 1.0).prod(axis=(0, 1)))

    def within(self, bounds: Interval, rounding: Rounding, members: Array) -> Array:
        """For each of some students, whether bounds hold every number that was written."""
        wrote = self.numbers[..., members]
        low, high = (end if end.ndim > 1 else end[None, None] for end in (bounds.low, bounds.high))
        finite = np.isfinite(low) & np.isfinite(high)
        holds = rounding.holds(Interval(low, high), wrote)
        return np.asarray(((finite & holds) | np.isnan(wrote)).all(axis=(0, 1)))
