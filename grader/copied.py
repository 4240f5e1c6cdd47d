"""Answers that are the right ones of another sheet of the course: whose, and on which lines.

What is worked on rightly from a neighbour's numbers follows, and would be paid. A line counts as another sheet's where
every entry of it that is wrong, and that no known mistake explains, is that sheet's key; and a sheet is named where at
least `LEAST` such entries together cannot be chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from math import log
from typing import Any, NamedTuple

import numpy as np

from backprop.evaluate import work_lines
from backprop.rounding import Array
from course.answer_names import AnswerName
from course.records import ProblemRecord, SetRecord
from course.stored import Records
from grader.marking.marks import LineMarks, Marks, OtherSheet

LEAST = 6
"""So many entries have to be another sheet's."""

CHANCE = 1e-7
"""How likely it may be, at most, that some sheet of the course fits as well by chance."""

CHUNK = 4096
"""Sheets that are worked at a time."""

WRONG = b'"wrong"'


class _Of(NamedTuple):
    """A line that may be another sheet's: where that is so, and how surprising it would be by chance, as −log p."""

    name: str
    entries: int
    fits: Array
    surprise: float


class OtherSheets:
    """The keys of all sheets of a course, with which wrong answers are compared."""

    def __init__(self, sheet_set: SetRecord, sheets: Records) -> None:
        self._set, self._sheets = sheet_set, sheets

    def whose(self, marks: Marks) -> OtherSheet | None:
        """The other sheet whose right answers stand on lines of this one; None where there is no such sheet."""
        problems = enumerate(self._set.problems, 1)
        lines = [found for number, problem in problems for found in self._lines(marks, number, problem)]
        if sum(line.entries for line in lines) < LEAST:
            return None
        votes = sum(line.fits * line.surprise for line in lines) + np.zeros(len(self._ids))
        best = int(votes.argmax())
        fitting = [line for line in lines if line.fits[best]]
        enough = sum(line.entries for line in fitting) >= LEAST
        if not enough or votes[best] < log(len(self._ids) / CHANCE) or self._ids[best] == marks.sheet:
            return None
        sheet = self._ids[best]
        return OtherSheet(sheet, self._sheets[sheet].student, tuple(line.name for line in fitting))

    @cached_property
    def _ids(self) -> Sequence[str]:
        return list(self._sheets)

    @cached_property
    def _keys(self) -> Sequence[Mapping[str, Array]]:
        """For each problem the key of each asked line, `(rows, columns, sheets)`."""
        parts: list[list[Mapping[str, Array]]] = [[] for _ in self._set.problems]
        waiting = iter(self._sheets.values())
        while chunk := list(islice(waiting, CHUNK)):
            for number, problem in enumerate(self._set.problems):
                parts[number].append(_key(problem, [sheet.given[number] for sheet in chunk]))
        return [{name: np.concatenate([part[name] for part in of], axis=-1) for name in of[0]} for of in parts]

    def _lines(self, marks: Marks, number: int, problem: ProblemRecord) -> Iterator[_Of]:
        by_name = {line.name: line for line in marks.lines}
        for record in problem.lines:
            line = by_name.get(str(AnswerName(number, record.name)))
            if line and record.asked and _unexplained(line):
                yield from self._compared(line, self._keys[number - 1][record.name], problem.decimals)

    def _compared(self, line: LineMarks, key: Array, decimals: int) -> Iterator[_Of]:
        """A line beside all keys; nothing where no sheet has its numbers, or they say nothing."""
        fits, surprise, entries = np.ones(key.shape[-1], dtype=bool), 0.0, 0
        for i, row in enumerate(line.entries):
            for j, verdict in enumerate(row):
                value = line.read[i][j]
                if verdict != "wrong" or value is None:
                    continue
                near = np.abs(key[i, j] - value) <= 1.01 * 10.0**-decimals
                fits &= near
                if not fits.any():
                    return
                if says := _surprise(value, key[i, j], near, decimals):
                    surprise, entries = surprise + says, entries + 1
        if entries:
            yield _Of(line.name, entries, fits, surprise)


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


def _unexplained(line: LineMarks) -> bool:
    """Whether a line has wrong entries that no mistake explains."""
    wrong = any(verdict == "wrong" for row in line.entries for verdict in row)
    return wrong and (line.mistake is None or line.mistake.kind == "slip")


def _surprise(value: float, key: Array, near: Array, decimals: int) -> float:
    """−log of how likely a number is on any sheet; 0 for numbers of one digit, such as 0 and 1, which say little."""
    typed = f"{abs(value):.{decimals}f}".rstrip("0").rstrip(".")
    if len(typed.replace(".", "").strip("0")) < 2:
        return 0.0
    behind = len(typed.partition(".")[2])
    spread = float(key.std()) or 1.0
    likely = max(1e-4, 10.0**-behind / spread, (int(near.sum()) - 1) / len(key))
    return -log(min(likely, 1.0))
