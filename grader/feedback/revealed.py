"""What may be revealed of a line that is not right: the right values, and how they are worked out.

All of it is worked on what the student wrote earlier, as the marking was; the key stands in for what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backprop.evaluate import batched, evaluate, plain, work_lines
from backprop.model import Line
from backprop.rounding import Array
from backprop.work import Numbers, Worked, numbers
from course.numbers import number_text
from course.records import ProblemRecord
from grader.marking.marks import LineMarks
from printing.lines import Lines

RIGHT = "The right answer"
FOLLOWS = "Right for the numbers that you wrote earlier"
KEY = "With every earlier line right"
EXACT = "Without rounding on the way"

LARGEST = 1e6
"""What goes beyond this is no number to work on by hand: the key's numbers are taken instead."""


@dataclass(frozen=True)
class OwnWork:
    """One student's problem: the key's values, what was written, and each line worked from what was written."""

    key: Mapping[str, Any]
    own: Mapping[str, Any]  # with the key's number where none was written
    follows: Mapping[str, Any]
    slipped: frozenset[str]  # the lines whose numbers are not the key's
    written: frozenset[str]  # the lines with a number

    def earlier(self, line: Line) -> bool:
        """Whether a line is worked from numbers that the student wrote, and that can be worked with."""
        numbers = [self.own[name] for name in line.uses if name in self.written]
        return bool(numbers) and all(map(_usable, [*numbers, self.follows[line.name]]))


def own_work(problem: ProblemRecord, given: Mapping[str, Any], marks: Mapping[str, LineMarks]) -> OwnWork:
    """A student's problem worked through again, from the marks on its lines by their own names."""
    model = problem.model()
    key = work_lines(model.lines, batched(given), model.sizes)
    own: dict[str, Array] = batched(given)
    follows: dict[str, Array] = {}
    for line in model.lines:
        value = evaluate(line.expression, own, model.sizes)
        follows[line.name] = np.broadcast_to(value, (*map(int, line.shape), 1)) if line.shape else value
        own[line.name] = key[line.name]
        if line.name in marks:
            wrote = np.asarray([[np.nan if x is None else x for x in row] for row in marks[line.name].read])
            wrote = wrote.reshape(*map(int, line.shape), 1)
            own[line.name] = np.where(np.isnan(wrote), key[line.name], wrote)
    slipped = (n for n, m in marks.items() if any(v in ("wrong", "follows") for row in m.entries for v in row))
    written = (n for n, m in marks.items() if any(x is not None for row in m.read for x in row))
    return OwnWork(_plain(key), _plain(own), _plain(follows), frozenset(slipped), frozenset(written))


def _plain(values: Mapping[str, Array]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items()}


def _usable(value: Any) -> bool:
    with np.errstate(invalid="ignore"):
        return bool((np.abs(np.asarray(value, dtype=float)) <= LARGEST).all())


@dataclass(frozen=True)
class Working:
    """How a line is worked out: on whose numbers, entry by entry, what is said of the rest, and why."""

    on: str
    entries: tuple[Worked, ...]
    more: str
    reason: str


@dataclass(frozen=True)
class Written:
    """The numbers of one student's problem as one would write them down."""

    key: Numbers
    own: Numbers
    follows: Numbers

    def of(self, line: Line) -> Numbers:
        """What a line is worked from, as the student wrote it, and what comes out."""
        return {place: (self.follows if place[0] == line.name else self.own)[place] for place in self.own}


class Revealed:
    """A problem's right values and their working, in one format."""

    def __init__(self, lines: Lines) -> None:
        self.lines, self.problem, self.model = lines, lines.record, lines.model

    def values(self, line: Line, student: OwnWork) -> dict[str, list[list[str]]]:
        """The right values of a line, each under the words that say which they are; a scalar as one row of one."""
        key = self._shown(student.key[line.name])
        follows = self._shown(student.follows[line.name]) if student.earlier(line) else key
        if follows == key:
            return {RIGHT: key}
        return {FOLLOWS: follows, KEY if student.slipped & set(line.uses) else EXACT: key}

    def key(self, line: Line, student: OwnWork) -> dict[str, list[list[str]]]:
        """The key's values of a line that is right for this student as it is."""
        return {KEY: self._shown(student.key[line.name])}

    def _shown(self, value: Any) -> list[list[str]]:
        return [[number_text(x, self.problem.decimals) for x in row] for row in np.atleast_2d(value).tolist()]

    def written(self, student: OwnWork) -> Written:
        """A student's numbers as one would write them down: the key's, those that were written, those that follow."""
        usable = ({n: x for n, x in values.items() if _usable(x)} for values in (student.own, student.follows))
        all_numbers = (numbers(self.model, {**student.key, **x}, self.problem.decimals) for x in ({}, *usable))
        return Written(*all_numbers)

    def working(self, line: Line, student: OwnWork, written: Written, said: set[str]) -> Working:
        """How a line is worked out; `said` holds the reasons that the page has given already, and is added to."""
        earlier = student.earlier(line)
        worked, more = self.lines.worked(line, written.of(line) if earlier else written.key)
        unusable = student.written & set(line.uses) and not earlier
        on = "on the numbers that you wrote earlier" if earlier else "on the key's numbers" if unusable else ""
        return Working(on, tuple(worked), more, self.lines.reason(line, said))
