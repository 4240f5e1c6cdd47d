"""Marks that an instructor set by hand: overrides.csv beside the results, applied by every run and never written."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import msgspec

from course.errors import AuthoringError, CourseError
from course.records import SetRecord, answers_of, decoder
from course.rows import Row, load_tables
from grader.handed_in import Submission
from grader.kept import as_kept
from grader.marking.marks import LineMarks, Marks, Overridden
from grader.whose import Students, UnknownStudent

OVERRIDES = "overrides.csv"
COLUMNS = ("student", "line", "score", "note")
EXAMPLE = f"{','.join(COLUMNS)} in the first line, then rows such as s001,1.dQ,2,“right by another way”"


@dataclass(frozen=True)
class Override:
    """A score that the instructor gives: of one line of a sheet, or of the whole sheet where `line` is empty."""

    line: str
    score: float
    note: str


class Overrides:
    """The overrides of a class by its sheets."""

    def __init__(self, by_sheet: Mapping[str, Sequence[Override]], warnings: Sequence[str] = ()) -> None:
        self._by_sheet, self.warnings = by_sheet, warnings

    def alone(self, others: Container[str]) -> list[bytes]:
        """What is marked of those who handed in nothing, and have a score by hand: lines of submissions.jsonl."""
        return [as_kept(Submission(OVERRIDES, sheet, {})) for sheet in self._by_sheet if sheet not in others]

    def on(self, sheet: str, line: bytes) -> bytes:
        """A line of marks.jsonl with the overrides of its sheet, and without those that it had."""
        overrides = self._by_sheet.get(sheet, ())
        if not overrides and NONE in line:
            return line
        return msgspec.json.encode(overridden(decoder(Marks).decode(line), overrides)) + b"\n"

    def notes(self, sheet: str) -> str:
        """What the gradebook says of them."""
        return "; ".join(
            f"{one.line or 'the sheet'} set to {one.score:g}{f': {one.note}' * bool(one.note)}"
            for one in self._by_sheet.get(sheet, ())
        )


NONE = b'"overrides":[]'
"""In a line of marks.jsonl without overrides; within a string these quotes would be escaped."""


def overridden(marks: Marks, overrides: Sequence[Override]) -> Marks:
    """Marks with these overrides, in place of those that they had."""
    before = {one.line: one.was for one in marks.overrides}
    lines = {line.name: _scored(line, before.get(line.name, line.score)) for line in marks.lines}
    # Lines that were not overridden add up to the score; to add them up anew would only move its last digit.
    score = before.get("", marks.score) - sum(marks.line(name).score - before[name] for name in before if name)
    applied = []
    for one in sorted(overrides, key=lambda one: not one.line):  # the whole sheet comes last
        if not one.line:
            applied.append(Overridden("", round(score, 4), one.score, one.note))
            score = one.score
        elif one.line in lines:
            was = lines[one.line].score
            applied.append(Overridden(one.line, was, one.score, one.note))
            lines[one.line] = _scored(lines[one.line], one.score)
            score += one.score - was
    rescored = tuple(lines[line.name] for line in marks.lines)
    return msgspec.structs.replace(marks, score=round(score, 4), lines=rescored, overrides=tuple(applied))


def _scored(line: LineMarks, score: float) -> LineMarks:
    return msgspec.structs.replace(line, score=score)


def load_overrides(results: Path, sheet_set: SetRecord, students: Students) -> Overrides:
    """What overrides.csv says, where there is one. Raises CourseError where a row of it cannot be applied."""
    path = results / OVERRIDES
    if not path.exists():
        return Overrides({})
    try:
        rows = [row for tab in load_tables(path).tabs for row in tab]
    except AuthoringError as error:
        raise CourseError(str(error)) from None
    worth = dict(_worth(sheet_set))
    found: dict[str, dict[str, Override]] = {}
    warnings = []
    for row, cells in _by_column(path, rows):
        where = f"{path} {row.place}"
        try:
            sheet = students.sheet_of(cells["student"])
        except UnknownStudent as unknown:
            raise CourseError(f"{where}: {unknown}") from None
        line, score = _line(where, cells["line"], worth), _score(where, cells["score"])
        if score > worth[line]:
            of = f"{line} is" if line else "the sheet is"
            warnings.append(f"{where}: {score:g} is more than the {worth[line]:g} that {of} worth; it counts as it is")
        of_sheet = found.setdefault(sheet, {})
        if line in of_sheet:
            raise CourseError(
                f"{where}: {cells['student']} has a row for {line or 'the whole sheet'} already; keep one"
            )
        of_sheet[line] = Override(line, score, cells["note"])
    return Overrides({sheet: list(of_sheet.values()) for sheet, of_sheet in found.items()}, warnings)


def _worth(sheet_set: SetRecord) -> Iterator[tuple[str, float]]:
    """What each answer is worth, and under "" the whole sheet."""
    total = 0.0
    for number, problem in enumerate(sheet_set.problems, 1):
        total += problem.marks
        for line in problem.lines:
            for name in answers_of(number, line):
                yield str(name), line.in_words[name.kind] if name.kind else line.marks
    yield "", round(total, 4)


def _by_column(path: Path, rows: Sequence[Row]) -> Iterator[tuple[Row, Mapping[str, str]]]:
    head = [cell.strip().casefold() for cell in rows[0].cells] if rows else []
    if missing := [name for name in COLUMNS[:3] if name not in head]:
        raise CourseError(f"{path}: there is no column {', '.join(missing)}; it has {EXAMPLE}")
    for row in rows[1:]:
        cells = dict(zip(head, map(str.strip, row.cells), strict=False))
        yield row, {name: cells.get(name, "") for name in COLUMNS}


def _line(where: str, typed: str, worth: Mapping[str, float]) -> str:
    """An answer by its name, with the problem's number or, where there is one problem, without."""
    if typed in worth:
        return typed
    if (name := f"1.{typed}") in worth and all(known.startswith("1.") for known in worth if known):
        return name
    near = get_close_matches(typed, filter(None, worth), 1) or [next(filter(None, worth), "")]
    raise CourseError(f"{where}: no answer is called “{typed}”; a name is such as {near[0]}, empty for the whole sheet")


def _score(where: str, typed: str) -> float:
    try:
        score = float(typed.replace(",", ".").replace("−", "-"))
    except ValueError:
        score = math.nan
    if not 0 <= score < math.inf:
        raise CourseError(f"{where}: “{typed}” is no score; a score is a number from 0 up, such as 1.5")
    return score
