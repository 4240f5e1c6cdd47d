"""One answer of all students, read at once; whatever is more or less than plain numbers is read one by one.

Lists of numbers, and text that is a number or such a list in JSON, never reach a grammar. The slow reader makes the
same of them, and has the last word on everything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from grader.reading.answers import Reading, read
from grader.reading.numbers import LONGEST_NUMBER, Entry
from grader.reading.two_ways import Sign

Array = NDArray[np.float64]

TOO_LARGE = 1e300
_MATRIX, _NUMBER = msgspec.json.Decoder(list[list[float]]), msgspec.json.Decoder(float)
_MINUS_NOTHING = re.compile(r"-0(?![.0-9])")
_LONG = re.compile(rf"[-+.0-9eE]{{{LONGEST_NUMBER}}}")


@dataclass(frozen=True)
class Column:
    """One answer of all students: its numbers, `(rows, columns, batch)`, and the readings that are more than that."""

    typed: Sequence[object]
    shape: tuple[int, ...]
    numbers: Array  # nan where there is no number
    odd: Mapping[int, Reading]

    def reading(self, member: int) -> Reading:
        """How one student's answer was read."""
        return self.odd.get(member) or read(self.typed[member], self.shape)

    def numbers_of(self, member: int) -> Reading:
        """The same without what is known of how each number was typed."""
        rows = self.numbers[..., member].tolist()
        return self.odd.get(member) or Reading(tuple(tuple(Entry("number", x) for x in row) for row in rows))


def read_column(typed: Sequence[object], shape: tuple[int, ...], sign: Sign | None = None) -> Column:
    """An answer of all students, as numbers of the shape asked."""
    rows, columns = shape or (1, 1)
    numbers = np.empty((len(typed), rows, columns))
    odd: dict[int, Reading] = {}
    waiting = [(0, len(typed))]
    while waiting:
        start, stop = waiting.pop()
        found = plain_numbers(typed[start:stop], shape)
        if found is not None:
            numbers[start:stop] = found
        elif stop - start > 1:  # halves, so that one odd answer keeps few others from being read at once
            middle = (start + stop) // 2
            waiting += [(start, middle), (middle, stop)]
        else:
            odd[start] = _read_again(typed[start], shape, sign)
            numbers[start] = values_of(odd[start])
    return Column(typed, shape, np.ascontiguousarray(np.moveaxis(numbers, 0, -1)), odd)


def plain_numbers(typed: Sequence[object], shape: tuple[int, ...]) -> Array | None:
    """The numbers of answers that are all plain numbers of the shape asked, batch first; None where one is not."""
    if not typed:
        return None
    rows, columns = shape or (1, 1)
    if set(map(type, typed)) == {str}:
        found = _from_text(typed, shape)  # type: ignore[arg-type]
        if found is None:
            return None
        typed = found
    if shape:
        if set(map(type, typed)) != {list} or set(map(len, typed)) != {rows}:  # type: ignore[arg-type]
            return None
        lines: list[list[object]] = list(chain.from_iterable(typed))  # type: ignore[arg-type]
        if set(map(type, lines)) != {list} or set(map(len, lines)) != {columns}:
            return None
        typed = list(chain.from_iterable(lines))
    if not set(map(type, typed)) <= {float, int}:
        return None
    try:
        numbers = np.array(typed, dtype=float).reshape(-1, rows, columns)
    except OverflowError:  # a whole number of hundreds of digits
        return None
    return numbers if (np.abs(numbers) < TOO_LARGE).all() else None  # false for nan too


def _from_text(typed: Sequence[str], shape: tuple[int, ...]) -> list[object] | None:
    rows, columns = shape or (1, 1)
    if max(map(len, typed)) > LONGEST_NUMBER and any(
        len(text) > 2000 + 100 * rows * columns or _LONG.search(text) for text in typed if len(text) > LONGEST_NUMBER
    ):
        return None
    try:
        # each text on its own, so that none runs into another's
        decode = _MATRIX.decode if shape else _NUMBER.decode
        found: list[object] = [decode(text) for text in typed]
        # of -0 the decoder loses the sign, which the slow reader keeps
        return None if any("-0" in text and _MINUS_NOTHING.search(text) for text in typed) else found
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def values_of(reading: Reading) -> list[list[float]]:
    """The numbers of an answer, nan where there is none."""
    return [[np.nan if entry.value is None else entry.value for entry in row] for row in reading.entries]


def _read_again(answer: object, shape: tuple[int, ...], sign: Sign | None) -> Reading:
    """Read with patience; the same few characters are read once."""
    if isinstance(answer, str) and len(answer) <= 100:
        return _read_text(answer, shape, sign)
    return read(answer, shape, sign)


@lru_cache(maxsize=10_000)
def _read_text(answer: str, shape: tuple[int, ...], sign: Sign | None) -> Reading:
    return read(answer, shape, sign)
