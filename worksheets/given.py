"""Givens as an author writes them: shapes, indices, how numbers are drawn; and whether they can be used."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from backprop.rounding import Array
from course.records import LARGEST_NUMBER, LARGEST_SIZE
from worksheets.authoring import AuthoringError, nearest

MOST_CHOICES = 1_000_000

FIXED = "always "
"""How the words for a given's numbers begin, where they are the same for everyone."""


class Draw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a given is drawn: in a range, with so many decimals, whole numbers or not; never zero unless allowed."""

    range: tuple[float, float] | None = None
    decimals: int = 1
    whole: bool = False
    zero: bool = False

    @property
    def places(self) -> int:
        return 0 if self.whole else self.decimals

    def choices(self, low: float, high: float) -> Array:
        """The numbers from low to high to choose from, in units of the last decimal."""
        unit = 10.0**-self.places
        # A hair of slack, so that 0.3 / 0.1 counts as 3.
        steps = np.arange(math.ceil(low / unit - 1e-6), math.floor(high / unit + 1e-6) + 1)
        return steps if self.zero else steps[steps != 0]


class GivenSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A given as its author writes it: a shape or an index, and numbers that are drawn or the same for everyone."""

    shape: tuple[str | int, ...] = ()
    index: str | int | None = None
    trainable: bool = False
    rows: Literal["onehot", "shares"] | None = None
    value: float | None = None
    values: list[list[float]] | None = None
    draw: Draw | None = None

    @property
    def fixed(self) -> float | list[list[float]] | None:
        return self.value if self.value is not None else self.values

    @property
    def numbers(self) -> str:
        """Where its numbers come from, in words; nothing where they are drawn as usual."""
        if self.fixed is not None:
            return f"{FIXED}{json.dumps(self.fixed)}"
        if self.draw is None:
            return ""
        span = "from {} to {}".format(*self.draw.range) if self.draw.range else "in the usual range"
        return f"drawn {span}, {self.draw.places} decimals{', or zero' * self.draw.zero}"


class Override(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a set puts in the place of a problem's own numbers."""

    value: float | None = None
    values: list[list[float]] | None = None
    draw: Draw | None = None


def check_size(name: str, value: int, where: str) -> None:
    """Raises AuthoringError where a size is not one to work by hand."""
    if not 1 <= value <= LARGEST_SIZE:
        raise AuthoringError(f"{where}: [sizes] {name} = {value}: a size to work by hand is from 1 to {LARGEST_SIZE}")


def check_given(name: str, g: GivenSource, sizes: Mapping[str, int], where: str) -> None:
    """Raises AuthoringError where a given cannot be used at these sizes."""
    where = f"{where}: [given] {name}"
    wanted: Sequence[str | int] = [*g.shape, *([] if g.index is None else [g.index])]
    for s in wanted:
        if isinstance(s, str) and s not in sizes:
            raise AuthoringError(f"{where}: {s} is no size; {nearest(s, list(sizes), 'sizes')}")
        if isinstance(s, int):
            check_size(name, s, where)
    if len(g.shape) not in (0, 2):
        raise AuthoringError(f"{where}: a shape has two sizes, rows and columns; a row vector is [1, …]")
    if sum(source is not None for source in (g.value, g.values, g.draw)) > 1:
        raise AuthoringError(f"{where}: value, values and draw exclude each other")
    if g.index is not None:
        _check_index(g, sizes, where)
    _check_numbers(g, tuple(sizes[s] if isinstance(s, str) else s for s in g.shape), where)
    if g.draw is not None:
        _check_draw(g.draw, where)
    if g.rows is not None:
        _check_rows(g, where)


def _check_rows(g: GivenSource, where: str) -> None:
    if not g.shape or g.draw is not None:
        raise AuthoringError(f"{where}: rows says how the rows of a matrix are drawn; it needs a shape, and no draw")
    for row in g.values or ():
        if g.rows == "onehot" and sorted(row) != [0.0] * (len(row) - 1) + [1.0]:
            raise AuthoringError(f"{where}: a row of values is not one-hot: zeros but for a 1")
        if g.rows == "shares" and not (min(row) > 0 and abs(sum(row) - 1) < 1e-9):
            raise AuthoringError(f"{where}: a row of values is no shares: positive numbers that add up to 1")


def _check_index(g: GivenSource, sizes: Mapping[str, int], where: str) -> None:
    if g.shape or g.trainable:
        raise AuthoringError(f"{where}: an index has no shape and cannot be trained")
    if g.draw is not None:
        raise AuthoringError(f"{where}: an index has no draw; it may have a value, the same for everyone")
    count = sizes[g.index] if isinstance(g.index, str) else int(g.index or 0)
    if g.value is not None and g.value not in range(count):
        raise AuthoringError(f"{where}: an index into {count} is a whole number from 0 to {count - 1}")


def _check_numbers(g: GivenSource, shape: tuple[int, ...], where: str) -> None:
    if g.value is not None and shape:
        raise AuthoringError(f"{where}: value is for a scalar; a matrix has values = [[…]]")
    if g.values is not None and (not shape or [len(row) for row in g.values] != [shape[1]] * shape[0]):
        asked = f"the shape is {shape[0]}×{shape[1]}" if shape else "a scalar has value = …"
        lengths = " and ".join(str(len(row)) for row in g.values or ())
        raise AuthoringError(f"{where}: values are rows of {lengths} numbers; {asked}")
    numbers = [g.value] if g.value is not None else [x for row in g.values or [] for x in row]
    if any(not abs(x) <= LARGEST_NUMBER for x in numbers):
        raise AuthoringError(f"{where}: numbers to work by hand lie between −{LARGEST_NUMBER} and {LARGEST_NUMBER}")


def _check_draw(draw: Draw, where: str) -> None:
    low, high = draw.range or (-1, 1)
    if not (-LARGEST_NUMBER <= low < high <= LARGEST_NUMBER) or not 0 <= draw.decimals <= 6:
        raise AuthoringError(f"{where}: draw needs range = [low, high] with low below high, and decimals from 0 to 6")
    if (high - low) * 10**draw.places > MOST_CHOICES:
        raise AuthoringError(f"{where}: draw has more than {MOST_CHOICES} numbers to choose from: use fewer decimals")
    if not draw.choices(low, high).size:
        raise AuthoringError(
            f"{where}: draw leaves no number to choose: no other than 0 with these decimals is in range"
        )
