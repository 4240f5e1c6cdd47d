"""Marks given again: the same submissions, by the course, the program and the overrides as they are now."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path

from course.errors import CourseError
from course.records import decoder
from course.stored import load_course
from course.whole import alone, complete, together
from grader.changes import Change, change
from grader.earlier import earlier_marks
from grader.kept import SUBMISSIONS, lines_in, sheet_of
from grader.marking.marks import Marks
from grader.overrides import OVERRIDES, load_overrides
from grader.pieces import Failed
from grader.results import MARKS, MarksFile, given_by
from grader.tables import write_csv
from grader.whose import Students
from grader.written import PAGES, Asked, Progress, Writer

CHANGES = "changes.csv"
COLUMNS = ("when", "student", "before", "now", "out_of", "why")


@dataclass(frozen=True)
class Regraded:
    """What marking again comes to: who changes, how many stay as they are, and what could not be marked again."""

    changes: Sequence[Change]
    same: int
    reworded: int  # of these, whose feedback says something else
    left: Sequence[str]  # students whose marks stay, since what was read of them was not kept
    warnings: Sequence[str] = ()


def regrade(
    results: Path,
    write: bool = False,
    course: Path | None = None,
    progress: Progress = lambda what, done, of: None,
    jobs: int = 1,
) -> Regraded:
    """Marks the submissions of a results folder again, from what was read of them, and says who changes and why.

    Nothing is written unless `write` says so: then marks, gradebook, feedback and `changes.csv`, all or none. `course`
    is the course's folder, where it has moved. Raises CourseError where the folder holds no results that can be marked
    again, or cannot be written.
    """
    found = given_by(results)
    if found is None:
        raise CourseError(
            f"{results}: there are no results here that can be marked again: results.json is missing. Name the folder "
            "that grade wrote; what an earlier version marked has to be graded from its files once more"
        )
    asked = Asked.before(found, results)
    asked = replace(asked, course=course) if course else asked
    records = load_course(asked.course)
    students = asked.students(records.sheets)
    with _kept_to_this_run(results) if write else nullcontext():
        overrides = load_overrides(results, records.set, Students(records.sheets))
        writer = Writer(records, asked, students, overrides, results, progress, jobs)
        before = _Before(results, records.sheets)
        kept = [sheet_of(line) for line in lines_in(results / SUBMISSIONS)]
        left = {head.sheet for _, head in earlier_marks(results) if head.source != OVERRIDES}.difference(kept)
        by_hand = overrides.alone({*kept, *left})

        def to_mark() -> Iterator[bytes]:
            return chain(lines_in(results / SUBMISSIONS), by_hand)

        marks = before.compared(writer.marks(to_mark, len(kept) + len(by_hand)))
        if write:
            with together(results, keep=[PAGES]) as scratch:
                stay = (line for line in lines_in(results / MARKS) if sheet_of(line) in left)
                failed = writer.write_marks(scratch, marks, stay)
                writer.write_rest(scratch)
                _log(results / CHANGES, scratch / CHANGES, before.changes)
        else:
            failed = [one for one in marks if isinstance(one, Failed)]
    warnings = [*students.warnings, *overrides.warnings]
    warnings += [f"{one.source}: this could not be marked again; it is to be marked by hand" for one in failed]
    not_again = [records.sheets[sheet].student for sheet in sorted(left)]
    return Regraded(before.changes, before.same, before.reworded, not_again, warnings)


@contextmanager
def _kept_to_this_run(results: Path) -> Iterator[None]:
    with alone(results, "these results"):
        complete(results)
        yield


class _Before:
    """The marks that are there, with which new ones are compared as they come."""

    def __init__(self, results: Path, sheets: Iterable[str]) -> None:
        path = results / MARKS
        self._marks = MarksFile(path) if path.exists() else []
        self._places = {sheet_of(line): place for place, line in enumerate(lines_in(path))}
        if unknown := self._places.keys() - set(sheets):
            raise CourseError(
                f"{results}: sheet {min(unknown)} is not one of this course; name its course with --course"
            )
        self.changes: list[Change] = []
        self.same = self.reworded = 0

    def compared(self, marks: Iterable[bytes | Failed]) -> Iterator[bytes | Failed]:
        """The same lines, each compared with what was there."""
        decode = decoder(Marks).decode
        for line in marks:
            if not isinstance(line, Failed):
                now, place = decode(line), self._places.get(sheet_of(line))
                before = None if place is None else self._marks[place]
                if found := change(before, now):
                    self.changes.append(found)
                else:
                    self.same += 1
                    self.reworded += before != now
            yield line


def _log(earlier: Path, path: Path, changes: Sequence[Change]) -> None:
    """changes.csv: what was changed before, and now; nothing where nothing ever was."""
    rows: list[Sequence[object]] = []
    if earlier.exists():
        with earlier.open(encoding="utf-8-sig", newline="") as file:
            rows += list(csv.reader(file))[1:]
    when = datetime.now().isoformat(" ", "minutes")
    rows += [(when, one.student, one.before, one.now, one.out_of, "; ".join(one.why)) for one in changes]
    if rows:
        write_csv(path, COLUMNS, rows)
