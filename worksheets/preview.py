"""One sheet of a set, to look at before a class gets theirs."""

from __future__ import annotations

from pathlib import Path

from course.records import SheetRecord
from worksheets.problem_set import load_set
from worksheets.sheet import Sheet
from worksheets.variants import public_given


def preview_sheet(path: Path) -> Sheet:
    """A sheet with numbers that no student gets. Raises AuthoringError where the set cannot be used."""
    problem_set = load_set(path)
    record = problem_set.record()
    given = tuple(
        public_given(asked.problem, problem, "preview", number)
        for number, (asked, problem) in enumerate(zip(problem_set.problems, record.problems, strict=True), 1)
    )
    return Sheet(record, SheetRecord("PREV-1EWS", "preview", given))
