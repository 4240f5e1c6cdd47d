"""A sheet: one student's numbers for a set, which can be printed and worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from backprop.evaluate import work_lines, work_model
from backprop.work import Numbers, numbers
from course.records import KeyRecord, SetRecord, SheetRecord, answers_of
from worksheets.drawing import stacked
from worksheets.formats import FORMATS


@dataclass(frozen=True)
class Sheet:
    """One student's sheet: the set as it was derived, and the numbers that were drawn."""

    set: SetRecord
    record: SheetRecord

    @cached_property
    def keys(self) -> tuple[Mapping[str, Any], ...]:
        """The exact value of every line, a dictionary a problem."""
        pairs = zip(self.set.problems, self.record.given, strict=True)
        return tuple(work_model(problem.model(), given) for problem, given in pairs)

    @cached_property
    def numbers(self) -> tuple[Numbers, ...]:
        """Every number as it is written down, problem by problem."""
        worked = zip(self.set.problems, self.record.given, self.keys, strict=True)
        return tuple(numbers(p.model(), {**given, **key}, p.decimals) for p, given, key in worked)

    @property
    def key(self) -> Mapping[str, Any]:
        """The exact value of every line of the first problem."""
        return self.keys[0]

    def print(self, ending: str, solution: bool = False) -> bytes:
        """The sheet, or its worked solution, as a page in the format of a file's ending."""
        return FORMATS[ending](self, solution)

    def markdown(self) -> str:
        """The sheet in Markdown."""
        return self.print("md").decode()

    def latex(self) -> str:
        """The sheet in LaTeX."""
        return self.print("tex").decode()

    def solution(self) -> str:
        """The worked solution in Markdown."""
        return self.print("md", solution=True).decode()

    def blank_answers(self) -> dict[str, Any]:
        """answers.json: a submission with every answer still empty."""
        names = [
            str(answer)
            for number, problem in enumerate(self.set.problems, 1)
            for line in problem.lines
            for answer in answers_of(number, line)
        ]
        return {"sheet": self.record.sheet, "answers": dict.fromkeys(names, "")}


def key_records(sheet_set: SetRecord, sheets: Sequence[SheetRecord]) -> list[KeyRecord]:
    """The exact value of every line on each of many sheets, the whole class worked at once."""
    of_problems = []
    for number, problem in enumerate(sheet_set.problems if sheets else ()):
        model = problem.model()
        worked = work_lines(model.lines, stacked([sheet.given[number] for sheet in sheets]), model.sizes)
        columns = {
            line.name: np.moveaxis(np.broadcast_to(worked[line.name], (*line.shape, len(sheets))), -1, 0).tolist()
            for line in model.lines
        }
        of_problems.append([dict(zip(columns, key, strict=True)) for key in zip(*columns.values(), strict=True)])
    keys = zip(*of_problems, strict=True)
    return [KeyRecord(sheet.sheet, key) for sheet, key in zip(sheets, keys, strict=True)]
