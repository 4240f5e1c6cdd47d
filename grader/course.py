"""A course marked: every submission found, each student's marks, and what is written for them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np

from course.records import Reveal, SetRecord, SheetRecord, decoder, read_lines
from grader.feedback.formats import FEEDBACK
from grader.handed_in import NotRead, Submission
from grader.marking.marks import Marks
from grader.marking.sheets import grade_all
from grader.submissions import submissions

Progress = Callable[[str, int, int], None]
Page = tuple[SheetRecord, Marks]

CHUNK, MANY = 25, 60
"""The pages of this many students are a piece of work; those of this many are shared out among processes."""

TYPESET = {"pdf"}
"""The formats that take long enough to be shared out."""


class CourseError(ValueError):
    """A course or results folder that cannot be used; says which file and why."""


@dataclass(frozen=True)
class Course:
    """The records of a course: the set, and every sheet by its id."""

    set: SetRecord
    sheets: Mapping[str, SheetRecord]


@dataclass(frozen=True)
class Results:
    """What marking a course came to."""

    marks: Sequence[Marks]
    not_marked: Sequence[NotRead]
    missing: Sequence[str] = field(default_factory=tuple)  # students of whom nothing was read


def load_course(folder: Path) -> Course:
    """The records that generate wrote. Raises CourseError where they are not there or not whole."""
    instructor = folder / "instructor"
    try:
        sheet_set: SetRecord = decoder(SetRecord).decode((instructor / "set.json").read_bytes())
        sheets: Sequence[SheetRecord] = read_lines((instructor / "records.jsonl").read_bytes(), SheetRecord)
        for sheet in sheets:
            _check(sheet_set, sheet)
    except FileNotFoundError as error:
        raise CourseError(f"{folder}: {error.filename} is not there; is this a folder that generate wrote?") from None
    except NotADirectoryError:
        raise CourseError(f"{folder} is a file; the course is the folder that generate wrote") from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise CourseError(f"{folder}: the records cannot be read: {error}") from None
    return Course(sheet_set, {sheet.sheet: sheet for sheet in sheets})


def _check(sheet_set: SetRecord, sheet: SheetRecord) -> None:
    """Whether a sheet's numbers are those that the set asks for. Raises ValueError where they are not."""
    if len(sheet.given) != len(sheet_set.problems):
        raise ValueError(f"sheet {sheet.sheet} has {len(sheet.given)} problems, the set {len(sheet_set.problems)}")
    for problem, given in zip(sheet_set.problems, sheet.given, strict=True):
        for asked in problem.model().givens:
            if asked.name not in given or np.shape(given[asked.name]) != tuple(map(int, asked.shape)):
                raise ValueError(f"sheet {sheet.sheet} lacks {asked.name}, or has it in another shape")


def grade_course(
    folder: Path,
    paths: Iterable[Path],
    results: Path,
    feedback: Sequence[str] = ("md",),
    progress: Progress = lambda what, done, of: None,
    reveal: Reveal | None = None,
    jobs: int = 1,
) -> Results:
    """Marks submissions (files, folders, .jsonl of many) and writes the results folder.

    Of two submissions of one sheet the later file counts. Feedback shows what the set allows, or what `reveal` says in
    its place. Raises CourseError where the course cannot be read.
    """
    course = load_course(folder)
    if reveal is not None:
        marking = msgspec.structs.replace(course.set.marking, reveal=reveal)
        course = replace(course, set=msgspec.structs.replace(course.set, marking=marking))
    counted, not_marked = _collect(course, paths)
    marks = []
    batch = 2000  # readings of this many submissions are in memory at a time
    for start in range(0, len(counted), batch):
        part = counted[start : start + batch]
        marks += grade_all(course.set, [(course.sheets[s.sheet], s) for s in part])
        progress("marking", len(marks), len(counted))
    handed_in = {m.student for m in marks}
    missing = tuple(sheet.student for sheet in course.sheets.values() if sheet.student not in handed_in)
    found = Results(marks, not_marked, missing)
    _write(course, found, results)
    if feedback:
        _write_feedback(course, marks, results / "feedback", feedback, progress, jobs)
    return found


def _collect(course: Course, paths: Iterable[Path]) -> tuple[list[Submission], list[NotRead]]:
    """The submissions that count, one a sheet, and everything that was not marked with its reason."""
    counted: dict[str, Submission] = {}
    not_marked: list[NotRead] = []
    for found in submissions(paths):
        if isinstance(found, NotRead):
            not_marked.append(found)
        elif found.sheet not in course.sheets:
            not_marked.append(NotRead(found.source, f"Sheet “{found.sheet[:40]}” is not a sheet of this course."))
        else:
            earlier = counted.get(found.sheet)
            later = found
            if earlier is not None:
                if earlier.time > found.time:
                    earlier, later = found, earlier
                why = f"An earlier submission of sheet {found.sheet}; {later.source} is the later one and counts."
                not_marked.append(NotRead(earlier.source, why))
            counted[found.sheet] = later
    return list(counted.values()), not_marked


def _write(course: Course, found: Results, results: Path) -> None:
    try:
        results.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise CourseError(f"{results} is a file; --out names a folder for the results") from None
    encode = msgspec.json.Encoder().encode
    not_marked = _csv([["file", "reason"], *([n.source, n.reason] for n in found.not_marked)])
    (results / "marks.jsonl").write_bytes(b"".join(encode(m) + b"\n" for m in found.marks))
    (results / "gradebook.csv").write_bytes(gradebook(course, found.marks).encode("utf-8"))
    (results / "not_marked.csv").write_bytes(not_marked.encode("utf-8"))


def _write_feedback(
    course: Course, marks: Sequence[Marks], folder: Path, endings: Sequence[str], progress: Progress, jobs: int
) -> None:
    """A page a student in each format, a few students' at a time; where they are many, to each process."""
    folder.mkdir(exist_ok=True)
    pages = [(course.sheets[m.sheet], m) for m in marks]
    chunks = [pages[start : start + CHUNK] for start in range(0, len(pages), CHUNK)]
    done = 0
    for count in _spread(course.set, chunks, folder, endings, jobs):
        done += count
        progress("writing feedback", done, len(pages))


def _spread(
    sheet_set: SetRecord, chunks: Sequence[Sequence[Page]], folder: Path, endings: Sequence[str], jobs: int
) -> Iterable[int]:
    if jobs == 1 or sum(map(len, chunks)) < MANY or not TYPESET.intersection(endings):
        return (_write_pages(sheet_set, chunk, folder, endings) for chunk in chunks)
    import joblib  # takes a while to load, and few pages do without

    work = (joblib.delayed(_write_pages)(sheet_set, chunk, folder, endings) for chunk in chunks)
    return joblib.Parallel(n_jobs=jobs, return_as="generator")(work)  # type: ignore[no-any-return]


def _write_pages(sheet_set: SetRecord, pages: Sequence[Page], folder: Path, endings: Sequence[str]) -> int:
    for sheet, marks in pages:
        for ending in endings:
            path = folder / f"{sheet.folder or sheet.sheet}.{ending}"
            path.write_bytes(FEEDBACK[ending](sheet_set, sheet, marks))
    return len(pages)


def gradebook(course: Course, marks: Sequence[Marks]) -> str:
    """The roster's columns, then sheet, score, out_of, percent; one row a student, the missing ones too."""
    columns = list(dict.fromkeys(c for sheet in course.sheets.values() for c in sheet.roster)) or ["id"]
    by_sheet = {m.sheet: m for m in marks}
    out_of = round(sum(p.marks for p in course.set.problems), 4)
    rows: list[list[object]] = [[*columns, "sheet", "score", "out_of", "percent"]]
    for sheet in course.sheets.values():
        own = [sheet.roster.get(c, sheet.student if c == "id" else "") for c in columns]
        m = by_sheet.get(sheet.sheet)
        rows.append([*own, sheet.sheet, *(["", out_of, ""] if m is None else [m.score, m.out_of, m.percent])])
    return _csv(rows)


def _csv(rows: Sequence[Sequence[object]]) -> str:
    """CSV for people: what a spreadsheet would take for a formula is kept as text (ids and numbers are left alone)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow([cell if column == "id" else _guarded(cell) for column, cell in zip(rows[0], row, strict=True)])
    return out.getvalue()


def _guarded(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
