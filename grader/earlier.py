"""A results folder that is there already: marks of the same course are kept, those of another are never overwritten."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec

from course.errors import CourseError
from course.records import SetRecord, SheetRecord, decoder
from grader.counted import Counted
from grader.kept import lines_in
from grader.marking.marks import Marks
from grader.overrides import OVERRIDES
from grader.results import FEEDBACK, MARKS, given_by, marked_by

PAGES = ("md", "html", "pdf")
"""The endings of pages of feedback."""


class Head(msgspec.Struct, frozen=True):
    """Of a line of marks.jsonl, what it takes to keep it."""

    sheet: str
    source: str
    out_of: float


def earlier_marks(results: Path) -> Iterator[tuple[bytes, Head]]:
    """The lines of marks.jsonl that are there. Raises CourseError where they are no marks."""
    path, decode = results / MARKS, decoder(Head).decode
    try:
        for line in lines_in(path):
            yield line, decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise CourseError(f"{path} is there, and holds no marks; name another folder with --out") from None


def check_results(results: Path, sheets: Container[str], sheet_set: SetRecord) -> None:
    """Raises CourseError where marks are there that cannot be kept beside those of this course."""
    out_of = round(sum(problem.marks for problem in sheet_set.problems), 4)
    earlier = given_by(results)
    changed = earlier is not None and earlier.marked_by != marked_by(sheet_set)
    for _, marks in earlier_marks(results):
        if marks.sheet not in sheets:
            raise CourseError(f"{results} holds the marks of another course; name another folder with --out")
        if changed or abs(marks.out_of - out_of) > 0.01:
            now = f" holds marks out of {marks.out_of:g}, and the set has {out_of:g} now"
            raise CourseError(
                f"{results}{now if marks.out_of != out_of else ': the set has changed since these marks were given'}; "
                f"handprop regrade {results} shows who changes, or name another folder with --out"
            )


def kept_marks(results: Path, chosen: Counted) -> set[str]:
    """The sheets whose marks of an earlier run are kept: they were not handed in now, or only blank.

    Those that were given by hand alone are not: they are given again, as overrides.csv has them now.
    """
    return {
        marks.sheet
        for line, marks in earlier_marks(results)
        if marks.source != OVERRIDES and chosen.keeps(marks.sheet, marks.source, partial(_answered, line))
    }


def _answered(line: bytes) -> bool:
    return any(marks.verdict != "blank" for marks in decoder(Marks).decode(line).lines)


def old_pages(results: Path, sheets: Mapping[str, SheetRecord], endings: Sequence[str]) -> list[str]:
    """The pages of feedback in formats that this run does not write: they may show more than is shown now."""
    folder = results / FEEDBACK
    old = [page for page in folder.iterdir() if page.suffix[1:] in set(PAGES) - set(endings)] if folder.is_dir() else []
    names = {sheet.folder or sheet.sheet for sheet in sheets.values()} if old else set()
    return [f"{FEEDBACK}/{page.name}" for page in old if page.stem in names]
