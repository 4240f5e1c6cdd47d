"""Slips of the pen: an answer that is the right one but for how it was written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from backprop.notation import Printer
from backprop.rounding import Array, Interval, Rounding
from grader.marking.marks import Mistake
from grader.marking.naming import Named
from grader.marking.places import places
from grader.reading.answers import Reading

FURTHEST = 8
"""So many places at most a decimal point is looked for."""


@dataclass(frozen=True)
class Wrong:
    """A line that is wrong: what was written (nan where nothing was), where it is right, and what would be right."""

    wrote: Array
    right: Array
    value: Array
    low: Array
    high: Array
    reading: Reading
    decimals: int
    others: Callable[[], Iterable[tuple[str, Array]]]  # the student's answers that are not worked from this one
    printer: Printer

    @cached_property
    def wrong(self) -> Array:
        return np.asarray(~self.right & ~np.isnan(self.wrote))

    @cached_property
    def near(self) -> Interval:
        """The numbers that would be right, and are no further from the value than a unit of the last place."""
        unit = 1.01 * 10.0**-self.decimals
        return Interval(np.maximum(self.low, self.value - unit), np.minimum(self.high, self.value + unit))

    def is_right(self, numbers: Array, decimals: int | None = None) -> Array:
        """Which numbers are the right ones, rounded or truncated, entry by entry."""
        rounding = Rounding(self.decimals if decimals is None else decimals)
        if rounding not in self._allowed:
            self._allowed[rounding] = rounding.kept(self.near)
        return rounding.holds(self._allowed[rounding], numbers)

    @cached_property
    def _allowed(self) -> dict[Rounding, Interval]:
        """What may be written at some decimals, once it was asked for."""
        return {}

    def powers(self) -> list[int]:
        """By how many places the decimal point may have moved, judged by how large the wrong numbers are."""
        with np.errstate(all="ignore"):
            ratio = np.log10(np.abs(self.value / self.wrote))[self.wrong]
        ratio = ratio[np.abs(ratio) <= FURTHEST]
        found = {int(power) for power in (*np.floor(ratio + 1e-9), *np.ceil(ratio - 1e-9)) if power}
        return sorted(found, key=lambda power: (abs(power), -power))

    def digits(self) -> Array:
        """How many digits the right numbers have from the first that is not zero."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.floor(np.log10(np.abs(self.value)) + 1e-9) + 1 + self.decimals
        return np.asarray(np.where(np.isfinite(found), np.maximum(found, 0), 0))


def slip(line: Wrong, named: Named | None, rest: str) -> Mistake | None:
    """What explains every wrong entry: a slip of the pen, or the mistake that was `named`.

    A slip in how the right numbers were written down is likelier than a mistake that happens to give them. `rest` is
    what is said of the entries that are right.
    """
    if found := _first(LIKELIER, line):
        return found
    if named and named.alone:
        return named.mistake
    if found := _first(LESS_LIKELY, line):
        return found
    if named:
        return named.mistake
    return Mistake("slip", rest) if rest else None


def _first(slips: Slips, line: Wrong) -> Mistake | None:
    return next((found for explains in slips.values() if (found := explains(line))), None)


def transposed(reading: Reading, low: Array, high: Array, decimals: int) -> Mistake | None:
    """Whether an answer of the transposed shape is the transpose of the right one."""
    raw = reading.raw or ()
    if (len(raw), *{len(row) for row in raw}) != (low.shape[1], low.shape[0]):
        return None
    turned = np.asarray([[np.nan if x is None else x for x in row] for row in raw], dtype=float).T
    if Rounding(decimals).holds(Interval(low, high), turned).all():
        return Mistake("transpose", "These are the right numbers, transposed: rows stand where columns belong.")
    return None


def _too_few_digits(line: Wrong) -> Mistake | None:
    fewest = _decimals(line.wrote[line.wrong], line.decimals)  # of numbers that were not typed as text
    for i, j in np.argwhere(line.wrong):
        decimals = line.reading.entries[i][j].decimals
        decimals = fewest if decimals is None else decimals
        if not decimals or decimals >= line.decimals or not line.is_right(line.wrote, decimals)[i, j]:
            return None
    return Mistake("too-few-digits", f"Right as far as it goes, but {line.decimals} decimals are asked for.")


def _decimals(numbers: Array, most: int) -> int:
    """How many decimals numbers have, or the most that count."""
    return next((d for d in range(most) if (np.abs(numbers - np.round(numbers, d)) < 1e-12).all()), most)


def _power_of_ten(line: Wrong) -> Mistake | None:
    """Whether the digits are right and the decimal point is not: in all wrong entries alike, or in each its own way."""
    moved = {power: _moved(line, power) | ~line.wrong for power in line.powers()}
    alike = next((power for power, right in moved.items() if right.all()), None)
    if not moved:
        return None
    digits = line.digits()[line.wrong]
    if alike is None and not (digits.min() >= 3 and np.any(list(moved.values()), axis=0).all()):
        return None
    if alike is not None and abs(alike) > 1 and digits.sum() < 2:
        return None  # one digit is right by chance
    lost = "is missing" if (np.abs(line.wrote[line.wrong]) % 1 == 0).all() else "is not"
    return Mistake("power-of-ten", f"The digits are right; the decimal point {lost} ({places(line.wrong)}).")


def _moved(line: Wrong, power: int) -> Array:
    """Which entries are right once the decimal point moves by so many places, as far as they were written."""
    return line.is_right(line.wrote * 10.0**power, line.decimals - power if 0 < power < line.decimals else None)


def _signs(line: Wrong) -> Mistake | None:
    if line.right.any() and (line.is_right(-line.wrote) | ~line.wrong).all():
        return Mistake("sign", f"Right but for the sign: {places(line.wrong)}.")
    return None


def _digits_exchanged(line: Wrong) -> Mistake | None:
    for i, j in np.argwhere(line.wrong):
        exchanges = _exchanges(f"{abs(line.wrote[i, j]):.{line.decimals}f}")
        swapped = [np.copysign(float(digits), line.wrote[i, j]) for digits in exchanges]
        if not any(line.is_right(np.full_like(line.wrote, number))[i, j] for number in swapped):
            return None
    return Mistake("digits-exchanged", f"Two digits stand in each other's place: {places(line.wrong)}.")


def _exchanges(digits: str) -> Iterator[str]:
    """Every number that exchanging two neighbouring digits makes."""
    spots = [k for k, c in enumerate(digits) if c != "."]
    for a, b in pairwise(spots):
        if digits[a] != digits[b]:
            swapped = list(digits)
            swapped[a], swapped[b] = swapped[b], swapped[a]
            yield "".join(swapped)


def _other_line(line: Wrong) -> Mistake | None:
    """Another line's numbers."""
    there = ~np.isnan(line.wrote)
    if not line.wrote[there].any():
        return None
    for name, value in line.others():
        if value.shape == line.wrote.shape and (np.abs(line.wrote - value)[there] <= 0.01 * 10.0**-line.decimals).all():
            return Mistake("other-line", f"These are the numbers of {line.printer.name(name)}.")
    return None


def _copied_row(line: Wrong) -> Mistake | None:
    """Whether every wrong row is a copy of a right one."""
    wrong = np.flatnonzero(line.wrong.any(axis=1))
    right = np.flatnonzero(line.right.all(axis=1))
    if right.size and all(any((line.wrote[i] == line.wrote[k]).all() for k in right) for i in wrong):
        return Mistake("wrong-row", f"Row {wrong[0] + 1} is a copy of another row.")
    return None


Slips = Mapping[str, Callable[[Wrong], Mistake | None]]
LIKELIER: Slips = {
    "the decimal point moved": _power_of_ten,
    "signs turned on some entries": _signs,
    "two digits exchanged": _digits_exchanged,
}
"""Slips in how the right numbers were written down: likelier than a mistake that gives the same."""
LESS_LIKELY: Slips = {
    "too few decimals": _too_few_digits,
    "the numbers of another line": _other_line,
    "a row copied": _copied_row,
}
