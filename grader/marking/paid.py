"""Which right entries are paid: nothing is earned for nothing.

After a slip, what is worked from it is right where it follows. Where the student's own numbers ask for no work (zeros,
a copy, one number everywhere), or leave room for guesses, a right entry is no proof of work, and earns nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from backprop.model import Line
from backprop.rounding import TOLERANCE, Array, Interval, Rounding

GUESSED = 5
"""An entry is easily guessed whose bounds are not so many times narrower than the entry itself is large."""

ZERO, ONE, SAME = "zero", "one", "one number everywhere"


@dataclass(frozen=True)
class Worked:
    """A line as it is worked from some numbers: its bounds, its exact value, and the numbers themselves."""

    allowed: Interval
    value: Array
    numbers: Mapping[str, Array]


class Judged(NamedTuple):
    """What was written for a line, where it is right, and whose earlier numbers are not the key's."""

    wrote: Array
    from_own: Array
    from_key: Array
    slipped: Array

    @property
    def right(self) -> Array:
        return np.asarray(self.from_own | self.from_key)


class Paid(NamedTuple):
    """Right entries that earn, those that follow for free, and why: see `LineVerdicts`."""

    earns: Array
    free: Array
    vague: Array
    idle: Array


@dataclass(frozen=True)
class Payment:
    """The rules on a line, for a batch; `written` are the lines that students wrote themselves."""

    line: Line
    rounding: Rounding
    own: Worked
    key: Worked
    written: Set[str]

    def of(self, judged: Judged) -> Paid:
        right, slipped = judged.right, judged.slipped
        plain = self._plain()
        free = vague = np.zeros(right.shape, dtype=bool)
        worked = (right & ~plain).any(axis=(0, 1)) | plain.all(axis=(0, 1))
        if slipped.any():
            own, key = self._without_work(self.own), self._without_work(self.key)
            for way in own:  # the whole line without work, where the key's needs some
                free = free | (own[way].all(axis=(0, 1)) & ~key[way].all(axis=(0, 1)))
            vague = own[ZERO] & ~key[ZERO]
            free = judged.from_own & slipped & (free | vague | self._bare() | self._copied(judged.wrote))
            vague = vague & free & (np.abs(self.own.value) > self.rounding.unit / 2)
            # After a slip, what is easily guessed is paid where the whole line is right.
            width = self.own.allowed.high - self.own.allowed.low
            guessed = np.any([*own.values()], axis=0) | ~(np.abs(self.own.value) > GUESSED * width)
            plain = plain | (slipped & guessed)
            whole = judged.from_own.all(axis=(0, 1)) | judged.from_key.all(axis=(0, 1))
            worked = np.where(slipped, whole, worked)
        idle = self._idle(judged.wrote) & ~right.all(axis=(0, 1))
        return Paid(right & ~free & ~idle & (worked | ~plain), free, vague, idle)

    def _without_work(self, way: Worked) -> dict[str, Array]:
        """Entries where an answer that nobody works for would be right: zero, 1, one number everywhere, or a copy.

        Rounding that may be as large as the value leaves room for zero, and for almost anything.
        """
        allowed, shape = way.allowed, way.allowed.low.shape
        with np.errstate(invalid="ignore"):
            wide = ~(allowed.high - allowed.low < 2 * np.abs(way.value))
        found = {ZERO: wide | self.rounding.holds(allowed, np.zeros(shape))}
        found[ONE] = self.rounding.holds(allowed, np.ones(shape))
        if shape[:2] != (1, 1):
            same = allowed.low.max(axis=(0, 1)) <= allowed.high.min(axis=(0, 1)) + TOLERANCE * self.rounding.unit
            found[SAME] = np.broadcast_to(same, shape)
        for name, value in self._alike(way.numbers).items():
            found[name] = self.rounding.holds(allowed, value)
        return found

    def _idle(self, wrote: Array) -> Array:
        """The students who wrote one number everywhere, nearly, or a copy of what the line is worked from."""
        if wrote.shape[:2] == (1, 1):
            return np.zeros(wrote.shape[-1], dtype=bool)
        idle = np.ptp(wrote, axis=(0, 1)) <= 2.01 * self.rounding.unit
        for value in self._alike(self.own.numbers).values():
            idle = idle | (wrote == value).all(axis=(0, 1))
        return np.asarray(idle)

    def _bare(self) -> Array:
        """The students whose numbers for all that a line is worked from look made up, where the key's do not."""
        names = [name for name in self.line.uses if name in self.written]
        own, key = ([self._is_bare(way.numbers[name]) for name in names] for way in (self.own, self.key))
        return np.asarray(np.all(own, axis=0) & ~np.all(key, axis=0)) if names else np.zeros(1, dtype=bool)

    def _is_bare(self, value: Array) -> Array:
        """Whether numbers are zeros and one or two numbers of one digit, or one number in several places, of any sign.

        A number of a few units has one digit however it was worked, so it does not look made up.
        """
        size, unit = np.abs(whole(value)).reshape(-1, value.shape[-1]), self.rounding.unit
        zero = size < unit / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            different = (np.diff(np.sort(np.where(zero, 0, size), axis=0), axis=0) > unit / 2).sum(axis=0)
            different += ~zero.any(axis=0)  # than zero, and than each other
            digit = size / 10.0 ** np.floor(np.log10(size) + 1e-9)
            one_digit = zero | ((np.abs(digit - np.round(digit)) < 1e-6) & (size > 9.5 * unit))
        few = one_digit.all(axis=0) & (different <= 2)
        return np.asarray(few | ((different == 1) & ((~zero).sum(axis=0) > 1)))

    def _copied(self, wrote: Array) -> Array:
        """The students who wrote a copy of something given, where the key is none."""
        copied = np.zeros(wrote.shape[-1], dtype=bool)
        for name in self.own.numbers.keys() - self.written - set(self.line.uses):
            value = whole(self.own.numbers[name])
            if value.shape[:2] == wrote.shape[:2] != (1, 1):
                of_key = (np.abs(self.key.value - value) <= self.rounding.unit).all(axis=(0, 1))
                copied |= (np.abs(wrote - value) < self.rounding.unit / 2).all(axis=(0, 1)) & ~of_key
        return copied

    def _plain(self) -> Array:
        """Entries that this sheet's numbers make zero, or a copy of what they are worked from.

        A unit that is off makes many: they earn only beside an entry that had to be worked, and is right.
        """
        plain = np.abs(self.key.value) < 1e-12
        for value in self._alike(self.key.numbers).values():
            plain = plain | (np.abs(self.key.value - value) < 1e-12)
        return np.asarray(plain)

    def _alike(self, numbers: Mapping[str, Array]) -> dict[str, Array]:
        """What the line is worked from that has its own shape."""
        values = {name: whole(numbers[name]) for name in self.line.uses if name in numbers}
        return {name: value for name, value in values.items() if value.shape[:2] == self.key.value.shape[:2]}


def whole(value: Array) -> Array:
    """A scalar as 1×1."""
    return value if value.ndim > 1 else value[None, None]
