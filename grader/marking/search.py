"""What mistakes on a line are looked for with: what students wrote, and the numbers that they worked from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from backprop.model import Line
from backprop.rounding import Array, Interval
from grader.marking.wrote import Wrote

Blanks = Mapping[str, Array]
"""Lines that were left blank, each with the students of a batch who left it so."""


class Search(NamedTuple):
    """A line that is wrong for a batch of students, with the intervals of the numbers that it is worked from.

    `blanks` are the lines behind it that they left blank; `own` has what these are worked from, too.
    """

    line: Line
    own: Mapping[str, Any]
    wrote: Wrote
    blanks: Blanks

    def of(self, members: Array) -> Search:
        """The same of some students."""
        blanks = {name: blank[members] for name, blank in self.blanks.items()}
        return Search(self.line, part_of_all(self.own, members), self.wrote.of(members), blanks)

    @property
    def students(self) -> int:
        """How many students there are."""
        return int(self.wrote.numbers.shape[-1])

    def values(self) -> dict[str, Any]:
        """One value for each interval."""
        with np.errstate(invalid="ignore", over="ignore"):  # a value may be infinite, of a zero that divides
            return {name: (x.low + x.high) / 2 if isinstance(x, Interval) else x for name, x in self.own.items()}


def part_of_all(own: Mapping[str, Any], members: Array) -> dict[str, Any]:
    return {name: part_of(x, members) for name, x in own.items()}


def part_of(x: Any, members: Array) -> Any:
    """The intervals or values of some students."""
    return Interval(x.low[..., members], x.high[..., members]) if isinstance(x, Interval) else x[..., members]
