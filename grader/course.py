"""A course marked: every submission found, each student's marks, and what is written for them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from course.errors import CourseError
from course.records import Reveal
from course.stored import Course, load_course
from course.whole import alone, complete, take_away, together
from grader.collecting import READING, collected
from grader.counted import Counted
from grader.earlier import check_results, kept_marks, old_pages
from grader.gradebook import all_answers_of_another
from grader.handed_in import NotRead
from grader.kept import NOT_COUNTED, READ, SUBMISSIONS, Kept, lines_in, sheet_of
from grader.marking.marks import Marks
from grader.overrides import load_overrides
from grader.results import ERRORS, MARKS, MarksFile, write_not_marked
from grader.whose import Students, UnknownStudent
from grader.written import PAGES, Asked, Progress, Writer

FAILED = "These answers brought marking to a halt, so they are to be marked by hand; errors.log says where it was."


@dataclass(frozen=True)
class Results:
    """What marking a course came to, without what is kept of earlier runs; marks are read when they are asked for."""

    marks: Sequence[Marks]
    not_marked: Sequence[NotRead]
    missing: Sequence[str] = ()  # students on the roster, with a sheet, of whom nothing was read
    warnings: Sequence[str] = ()
    kept: int = 0  # students whose marks are of an earlier run into this folder


def grade_course(
    folder: Path,
    paths: Iterable[Path],
    results: Path,
    feedback: Sequence[str] = ("md",),
    progress: Progress = lambda what, done, of: None,
    reveal: Reveal | None = None,
    jobs: int = 1,
    student: str = "",
    roster: Path | None = None,
    id_column: str | None = None,
) -> Results:
    """Marks submissions (files, folders, .jsonl of many) and writes the results folder: all of it, or nothing.

    Of two submissions of one sheet the later file counts; marks of earlier runs into the same folder are kept where a
    sheet is not among what is handed in now, and overrides.csv is applied to all. Feedback shows what the set allows,
    or what `reveal` says in its place. All submissions are those of `student`, where one is given. The gradebook goes
    by `roster`, else by that of the last `generate` as its file is now. A run that was stopped is continued by the
    next. Raises CourseError where the course cannot be read, the results cannot be written, or there is no such file
    or student, and AuthoringError where a roster that is named cannot be used.
    """
    course, paths = load_course(folder), list(paths)
    _check_call(paths, results)
    given_to = student_sheet(course, student) if student else ""
    asked = Asked(folder, tuple(feedback), reveal, roster, id_column)
    students = asked.students(course.sheets)
    with alone(results, "these results"):
        complete(results)
        check_results(results, course.sheets, course.set)
        overrides = load_overrides(results, course.set, Students(course.sheets))
        writer = Writer(course, asked, students, overrides, results, progress, jobs)
        with together(results, keep=(READING, PAGES)) as scratch:
            handed_in = _read(course, paths, results, scratch, given_to, progress, jobs)
            new, stay = handed_in.new, handed_in.stay
            by_hand = overrides.alone(new | stay)

            def to_mark() -> Iterator[bytes]:
                return chain(islice(lines_in(scratch / SUBMISSIONS), len(new)), by_hand)

            earlier = (line for line in lines_in(results / MARKS) if sheet_of(line) in stay)
            failed = writer.write_marks(scratch, writer.marks(to_mark, len(new) + len(by_hand)), earlier)
            not_marked = [*handed_in.others, *(NotRead(one.source, FAILED, log=one.where) for one in failed)]
            write_not_marked(scratch, not_marked)
            writer.write_rest(scratch)
            logged = any(one.log for one in not_marked)
            take_away(scratch, [*old_pages(results, course.sheets, feedback), *[ERRORS] * (not logged)])
    there = (one for one in students.listed if not one.note)
    missing = tuple(one.student for one in there if one.sheet not in new and one.sheet not in stay)
    copied = all_answers_of_another(results / MARKS)
    warnings = (*students.warnings, *overrides.warnings, *handed_in.warnings, *copied)
    return Results(MarksFile(results / MARKS, len(new) - len(failed)), not_marked, missing, warnings, len(stay))


class _HandedIn(NamedTuple):
    """What was handed in: the sheets whose submissions were read, those whose earlier marks stay, and all the rest."""

    new: Set[str]
    stay: Set[str]
    others: Sequence[NotRead]
    warnings: Sequence[str]


def _read(
    course: Course, paths: Sequence[Path], results: Path, scratch: Path, given_to: str, progress: Progress, jobs: int
) -> _HandedIn:
    """Reads everything, and writes submissions.jsonl: what counts of it, then what counts of earlier runs."""

    def told(files: int) -> None:
        progress("reading", files, max(files, len(course.sheets)))  # about as many as there are sheets

    with Kept(scratch / READ) as kept:
        chosen = Counted(course.sheets, kept, given_to)
        for found in collected(paths, scratch, jobs, told):
            chosen.add(found)
        stay = kept_marks(results, chosen)
        others = list(chosen.not_marked())
        kept.write(scratch, lines_in(results / SUBMISSIONS), lines_in(results / NOT_COUNTED))
    return _HandedIn(set(kept), stay, others, chosen.warnings)


def _check_call(paths: Sequence[Path], results: Path) -> None:
    """Raises CourseError where a file stands in the place of the results, or what is to be marked is not there."""
    if results.exists() and not results.is_dir():
        raise CourseError(f"{results} is a file; --out names a folder for the results")
    check_paths(paths)


def check_paths(paths: Sequence[Path]) -> None:
    """Raises CourseError where there is no such file or folder, with what is nearly called so."""
    for path in paths:
        if not os.path.exists(path):
            beside = os.listdir(path.parent) if os.path.isdir(path.parent) else []
            stems = {Path(name).stem.casefold(): name for name in beside}
            near = get_close_matches(path.stem.casefold(), stems, 1)
            advice = f"; did you mean {path.with_name(stems[near[0]])}?" if near else ""
            raise CourseError(f"{path}: there is no such file or folder{advice}")


def student_sheet(course: Course, student: str) -> str:
    """The sheet of a student. Raises CourseError where there is none, with who is nearly called so."""
    try:
        return Students(course.sheets).sheet_of(student)
    except UnknownStudent as unknown:
        raise CourseError(str(unknown)) from None
