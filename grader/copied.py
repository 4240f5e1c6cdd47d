"""Answers that are the right ones of another sheet of the course: whose, and on which lines.

What is worked on rightly from a neighbour's numbers follows, and would be paid. So numbers that are wrong, and that no
known mistake explains, are looked for among the keys of all sheets; a sheet is named where at least `LEAST` different
numbers are its key's, and so many together cannot be chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from math import lgamma, log
from typing import Any, NamedTuple

import numpy as np

from backprop.evaluate import work_lines
from backprop.rounding import Array
from course.answer_names import AnswerName
from course.records import ProblemRecord, SetRecord, SheetRecord
from grader.marking.marks import LineMarks, Marks, OtherSheet

LEAST = 6
"""So many different numbers have to be another sheet's."""

CHANCE = 1e-9
"""How likely it may be, at most, that any sheet of the course fits as well by chance."""

SELDOM = 1e-4
"""No number is taken to be less likely than this: in a small class, little is known of how often numbers occur."""

NEAR = 3.0
"""So many units in the last place an honest neighbour's numbers may be from the key: rounding adds up on the way."""

WIDER = 20
"""How often numbers like one occur is counted so many times as far around it."""

CHUNK = 4096
"""Sheets that are worked at a time."""

WRONG = b'"wrong"'


class _Wrong(NamedTuple):
    """A wrong number: on which line, in which place, and within what a key is the same number."""

    line: LineMarks
    problem: int
    name: str
    place: tuple[int, int]
    value: float
    within: float

    @property
    def says_something(self) -> bool:
        """Whether it has two digits, as 0, 1 and 0.5 have not, and no mistake explains it."""
        digits = f"{abs(self.value):.10f}".replace(".", "").strip("0")
        return len(digits) > 1 and (self.line.mistake is None or self.line.mistake.kind == "slip")


class _Keys:
    """The keys of all sheets in one place of one line, in order."""

    def __init__(self, keys: Array) -> None:
        order = np.argsort(keys)
        self._sorted, self._sheets, self._spread = keys[order], order.astype(np.int32), float(np.std(keys))

    def near(self, value: float, within: float) -> tuple[Array, float]:
        """The sheets that have a number there, and how surprising that is by chance, as −log p."""
        ends = value + within * np.array([-WIDER, -1, 1, WIDER], dtype=self._sorted.dtype)
        far_low, low, high, far_high = self._sorted.searchsorted(ends.astype(self._sorted.dtype)).tolist()
        count, around = high - low - 1, (far_high - far_low - 1) / WIDER  # without the sheet itself
        likely = max(SELDOM, within / max(self._spread, within), max(count, around) / len(self._sorted))
        return self._sheets[low:high], -log(min(likely, 1.0))


class OtherSheets:
    """The keys of all sheets of a course, with which wrong answers are compared."""

    def __init__(self, sheet_set: SetRecord, sheets: Mapping[str, SheetRecord]) -> None:
        self._set, self._sheets = sheet_set, sheets

    def whose(self, marks: Marks) -> OtherSheet | None:
        """The other sheet whose right answers stand on lines of this one; None where there is no such sheet."""
        wrong = list(self._wrong(marks))
        # A number that stands in several places is found in several, or in none.
        different = {abs(one.value): one for one in wrong if one.says_something}
        if len(different) < LEAST or len(self._ids) < 2:
            return None
        own = self._places[marks.sheet]
        found = [self._keys_at(one).near(one.value, one.within) for one in different.values()]
        found = [(sheets, says) for sheets, says in found if says and own not in sheets]
        if len(found) < LEAST:
            return None
        fitting = np.concatenate([sheets for sheets, _ in found])
        weights = np.repeat([says for _, says in found], [len(sheets) for sheets, _ in found])
        votes = np.bincount(fitting, weights, len(self._ids))
        best = int(votes.argmax())
        count = sum(best in sheets for sheets, _ in found)
        needed = log(len(self._ids) / CHANCE) + _ways(count, len(found))
        if count < LEAST or votes[best] < needed:
            return None
        return self._named(self._ids[best], wrong)

    def _named(self, sheet: str, wrong: Sequence[_Wrong]) -> OtherSheet:
        """A sheet, with the lines on which most of what is wrong is its key."""
        record = self._sheets[sheet]
        keys = [_key(problem, [given]) for problem, given in zip(self._set.problems, record.given, strict=True)]
        fits: dict[str, list[bool]] = {}
        for one in wrong:
            key = keys[one.problem][one.name][*one.place, 0]
            fits.setdefault(one.line.name, []).append(bool(abs(key - one.value) <= one.within))
        lines = tuple(line for line, of_line in fits.items() if 2 * sum(of_line) >= len(of_line))
        return OtherSheet(sheet, record.student, lines)

    @cached_property
    def _ids(self) -> Sequence[str]:
        return list(self._sheets)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {sheet: place for place, sheet in enumerate(self._ids)}

    @cached_property
    def _keys(self) -> Sequence[dict[str, Array]]:
        """For each problem the key of each asked line, `(rows, columns, sheets)`."""
        parts: list[list[dict[str, Array]]] = [[] for _ in self._set.problems]
        waiting = iter(self._sheets.values())
        while chunk := list(islice(waiting, CHUNK)):
            for number, problem in enumerate(self._set.problems):
                parts[number].append(_key(problem, [sheet.given[number] for sheet in chunk]))
        return [{name: np.concatenate([part[name] for part in of], axis=-1) for name in of[0]} for of in parts]

    @cached_property
    def _in_order(self) -> dict[tuple[int, str, tuple[int, int]], _Keys]:
        return {}

    def _keys_at(self, one: _Wrong) -> _Keys:
        at = (one.problem, one.name, one.place)
        if at not in self._in_order:
            self._in_order[at] = _Keys(self._keys[one.problem][one.name][one.place])
        return self._in_order[at]

    def _wrong(self, marks: Marks) -> Iterator[_Wrong]:
        """All wrong numbers on a sheet."""
        by_name = {line.name: line for line in marks.lines}
        for number, problem in enumerate(self._set.problems):
            for record in problem.lines:
                line = by_name.get(str(AnswerName(number + 1, record.name)))
                if line and record.asked:
                    for place, value in _wrong_places(line):
                        within = _within(value, problem.decimals)
                        yield _Wrong(line, number, record.name, place, value, within)


def _wrong_places(line: LineMarks) -> Iterator[tuple[tuple[int, int], float]]:
    for i, row in enumerate(line.entries):
        for j, verdict in enumerate(row):
            value = line.read[i][j]
            if verdict == "wrong" and value is not None:
                yield (i, j), value


def _within(value: float, decimals: int) -> float:
    """How far a key may be from a number as it was typed: rounded on the way, or to fewer digits."""
    typed = f"{value:.{decimals}f}".rstrip("0").partition(".")[2]
    return max(NEAR * 10.0**-decimals, 1.01 * 10.0 ** -len(typed))


def _ways(some: int, of: int) -> float:
    """log of in how many ways one can choose some of so many."""
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1)


def _key(problem: ProblemRecord, given: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
    model = problem.model()
    stacked = {name: np.stack([np.asarray(g[name]) for g in given], axis=-1) for name in given[0]}
    worked = work_lines(model.lines, stacked, model.sizes)
    shapes = {line.name: (*map(int, line.shape or (1, 1)), len(given)) for line in problem.lines if line.asked}
    kind = np.float32 if problem.decimals <= 4 else np.float64
    return {
        name: np.broadcast_to(worked[name].reshape(*shape[:2], -1), shape).astype(kind)
        for name, shape in shapes.items()
    }
