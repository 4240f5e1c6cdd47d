"""Slips of the pen: an answer that is the right one but for how it was written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from backprop.notation import Printer
from backprop.rounding import Array, Interval, Rounding
from grader.marking.marks import Mistake
from grader.reading.answers import Reading


@dataclass(frozen=True)
class Wrong:
    """A line that is wrong: what was written (nan where nothing was), where it is right, and what would be right."""

    name: str
    wrote: Array
    right: Array
    value: Array
    low: Array
    high: Array
    reading: Reading
    decimals: int

    @property
    def wrong(self) -> Array:
        return np.asarray(~self.right & ~np.isnan(self.wrote))

    def inside(self, values: Array) -> Array:
        """Whether values would be right for this student, entry by entry."""
        return Rounding(self.decimals).holds(Interval(self.low, self.high), values)


def slip(line: Wrong, named: Mistake | None, others: Mapping[str, Array], printer: Printer) -> Mistake | None:
    """What explains every wrong entry: a slip of the pen, or the mistake that was `named`.

    A slip in how the right numbers were written down is likelier than a mistake that happens to give them.
    """
    for explain in (_power_of_ten, _signs, _digits_exchanged):
        if line.right.any() and (found := explain(line)):
            return found
    if named is not None:
        return named
    for explain in (_too_few_digits, _power_of_ten, _digits_exchanged):
        if found := explain(line):
            return found
    if found := _other_line(line, others, printer):
        return found
    if line.right.any():
        return Mistake("slip", "The rest of the line is right.")
    return None


def transposed(reading: Reading, low: Array, high: Array, decimals: int) -> Mistake | None:
    """Whether an answer of the transposed shape is the transpose of the right one."""
    raw = reading.raw or ()
    if (len(raw), *{len(row) for row in raw}) != (low.shape[1], low.shape[0]):
        return None
    turned = np.asarray([[np.nan if x is None else x for x in row] for row in raw], dtype=float).T
    if Rounding(decimals).holds(Interval(low, high), turned).all():
        return Mistake("transpose", "These are the right numbers, transposed: rows stand where columns belong.")
    return None


def _explained(line: Wrong, mended: Array) -> bool:
    """Whether every wrong entry becomes right once it is mended."""
    return bool(line.inside(np.where(line.wrong, mended, line.wrote))[line.wrong].all())


def _too_few_digits(line: Wrong) -> Mistake | None:
    fewest = _decimals(line.wrote[line.wrong], line.decimals)  # of numbers that were not typed as text
    for (i, j), value in np.ndenumerate(line.value):
        if not line.wrong[i, j]:
            continue
        decimals = line.reading.entries[i][j].decimals
        decimals = fewest if decimals is None else decimals
        if not decimals or decimals >= line.decimals or abs(line.wrote[i, j] - value) > 1.01 * 10.0**-decimals:
            return None
    return Mistake("too-few-digits", f"Right as far as it goes, but {line.decimals} decimals are asked for.")


def _decimals(numbers: Array, most: int) -> int:
    """How many decimals numbers have, or the most that count."""
    return next((d for d in range(most) if (np.abs(numbers - np.round(numbers, d)) < 1e-12).all()), most)


def _power_of_ten(line: Wrong) -> Mistake | None:
    for power in (1, -1, 2, -2, 3, -3):
        if _explained(line, line.wrote * 10.0**power):
            return Mistake("power-of-ten", f"The digits are right; the decimal point is not ({places(line.wrong)}).")
    return None


def _signs(line: Wrong) -> Mistake | None:
    if _explained(line, -line.wrote):
        return Mistake("sign", f"Right but for the sign: {places(line.wrong)}.")
    return None


def _digits_exchanged(line: Wrong) -> Mistake | None:
    for i, j in np.argwhere(line.wrong):
        digits = f"{abs(line.wrote[i, j]):.{line.decimals}f}"
        sign = -1 if line.wrote[i, j] < 0 else 1
        for swapped in _exchanges(digits):
            trial = line.wrote.copy()
            trial[i, j] = sign * float(swapped)
            if line.inside(trial)[i, j]:
                break
        else:
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


def _other_line(line: Wrong, others: Mapping[str, Array], printer: Printer) -> Mistake | None:
    """Another line's numbers, or the first row in every row."""
    written = line.wrote[~np.isnan(line.wrote)]
    for name, value in others.items():
        if value.shape == line.wrote.shape and written.size and written.any():
            apart = np.abs(line.wrote - value)[~np.isnan(line.wrote)]
            if (apart <= 1.01 * 10.0**-line.decimals).all():
                return Mistake("other-line", f"These are the numbers of {printer.name(name)}.")
    return _copied_row(line)


def _copied_row(line: Wrong) -> Mistake | None:
    """Whether every wrong row is a copy of a right one."""
    wrong = np.flatnonzero(line.wrong.any(axis=1))
    right = np.flatnonzero(line.right.all(axis=1))
    if right.size and all(any((line.wrote[i] == line.wrote[k]).all() for k in right) for i in wrong):
        return Mistake("wrong-row", f"Row {wrong[0] + 1} is a copy of another row.")
    return None


def places(where: Array) -> str:
    """Entries in words."""
    if where.shape == (1, 1):
        return "this number"
    found: Sequence[str] = [f"row {i + 1}, column {j + 1}" for i, j in np.argwhere(where)]
    return "; ".join(found)
