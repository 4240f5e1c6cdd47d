"""A course marked: every submission found, each student's marks, and what is written for them."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

import msgspec

from course.class_list import class_list
from course.errors import CourseError as CourseError
from course.records import Reveal
from course.stored import Course, load_course
from grader.counted import Counted
from grader.earlier import OtherResults, check_results, keep_marks, remove_pages
from grader.gradebook import write_gradebook
from grader.handed_in import NotRead, Submission
from grader.marking.marks import Marks
from grader.marking.sheets import mark
from grader.results import MarksFile, Written, write_not_marked
from grader.submissions import submissions
from grader.whose import Students, UnknownStudent

Progress = Callable[[str, int, int], None]

PIECE = 2048
"""So many submissions are in memory at a time: more would leave the processor's cache, fewer would wait on NumPy."""


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
    """Marks submissions (files, folders, .jsonl of many) and writes the results folder.

    Of two submissions of one sheet the later file counts; marks of earlier runs into the same folder are kept where a
    sheet is not among what is handed in now. Feedback shows what the set allows, or what `reveal` says in its place.
    All submissions are those of `student`, where one is given. The gradebook goes by `roster`, else by that of the
    last `generate` as its file is now. Raises CourseError where the course cannot be read, or there is no such file or
    student, and AuthoringError where a roster that is named cannot be used.
    """
    course, paths = load_course(folder), list(paths)
    _check_call(paths)
    given_to = _sheet_of(course, student) if student else ""
    students = class_list(folder / "instructor", course.sheets.values(), roster, id_column)
    if reveal is not None:
        marking = msgspec.structs.replace(course.set.marking, reveal=reveal)
        course = replace(course, set=msgspec.structs.replace(course.set, marking=marking))
    try:
        results.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise CourseError(f"{results} is a file; --out names a folder for the results") from None
    path = results / "marks.jsonl"
    try:
        check_results(path, course.sheets, course.set)
    except OtherResults as other:
        raise CourseError(str(other)) from None
    written = Written(path)
    chosen = Counted(course.sheets, written, given_to)
    try:
        _mark(course, submissions(paths, results), chosen, progress)
        kept = keep_marks(path, chosen)
        not_marked = list(chosen.not_marked())
    except BaseException:
        written.give_up()
        raise
    marks = written.finish()
    write_gradebook(results, course.set, students.listed, marks.path)
    write_not_marked(results / "not_marked.csv", not_marked)
    remove_pages(results / "feedback", course.sheets, feedback)
    if feedback:
        from grader.feedback.writing import write_feedback  # pages take a while to load

        write_feedback(course.set, course.sheets, marks, results / "feedback", feedback, progress, jobs)
    there = (one for one in students.listed if not one.note)
    missing = tuple(one.student for one in there if one.sheet not in written.places)
    warnings = (*students.warnings, *chosen.warnings)
    return Results(MarksFile(path, len(marks) - kept), not_marked, missing, warnings, kept)


def _check_call(paths: Sequence[Path]) -> None:
    """Raises CourseError where there is no such file or folder, with what is nearly called so."""
    for path in paths:
        if not os.path.exists(path):
            beside = os.listdir(path.parent) if os.path.isdir(path.parent) else []
            stems = {Path(name).stem.casefold(): name for name in beside}
            near = get_close_matches(path.stem.casefold(), stems, 1)
            advice = f"; did you mean {path.with_name(stems[near[0]])}?" if near else ""
            raise CourseError(f"{path}: there is no such file or folder{advice}")


def _sheet_of(course: Course, student: str) -> str:
    try:
        return Students(course.sheets).sheet_of(student)
    except UnknownStudent as unknown:
        raise CourseError(str(unknown)) from None


def _mark(course: Course, found: Iterator[Submission | NotRead], chosen: Counted, progress: Progress) -> None:
    """Marks what is found, a piece at a time."""
    written = chosen.written
    with _no_search_for_cycles():
        while piece := list(islice(found, PIECE)):
            counted = chosen.of(piece)
            marked = mark(course.set, [(course.sheets[s.sheet], s) for s in counted])
            for submission, its in zip(counted, marked, strict=True):
                written.add(submission.sheet, submission.time, its)
            more = len(piece) == PIECE
            progress("marking", len(written.places), len(course.sheets) if more else len(written.places))


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Answers are millions of lists and numbers without a cycle: looking for one takes longer than marking."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
