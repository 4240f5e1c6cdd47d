"""A course: every student's sheet and worked solution, and the records that they are marked from."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from course.class_list import NO_LONGER, Listed, warnings_on
from course.errors import CourseError
from course.processes import spread
from course.records import SetRecord, SheetRecord
from course.roster import Roster, Student, folder_name
from course.stored import course_so_far
from course.versions import program
from course.whole import alone, complete, write_whole
from worksheets.authoring import AuthoringError
from worksheets.formats import FORMATS
from worksheets.frozen import settled
from worksheets.kept import FILE_MODE, FOLDER_MODE, SOLUTIONS, keep_private, keep_records, make_private
from worksheets.problem_set import ProblemSet
from worksheets.secret import kept_secret
from worksheets.sheet import Sheet
from worksheets.variants import VariantChecker

FEW_PAGES = 200  # are printed sooner by one process: starting more costs a second
CHUNK = 10  # students whose pages a process prints at a time
AT_ONCE = 1000  # students whose numbers are drawn at a time


@dataclass(frozen=True)
class Generated:
    """What generate did: sheets that are new, sheets that were there, files printed, and what to be warned of."""

    new: int
    kept: int
    printed: int
    warnings: tuple[str, ...] = ()


Progress = Callable[[str, int, int], None]
"""`progress(what, done, of)`."""


def _quiet(what: str, done: int, of: int) -> None:
    return None


def generate(
    problem_set: ProblemSet,
    roster: Roster,
    folder: Path,
    formats: Sequence[str] = tuple(FORMATS),
    progress: Progress = _quiet,
    jobs: int = 1,
    corrected: bool = False,
) -> Generated:
    """Writes the course folder: numbers for every new student, and a sheet and a solution in each format.

    Sheets that are already there are kept as they are. Where a problem is `corrected`, its lines may be others, with
    the same given. Raises AuthoringError where the set has changed otherwise, or where no numbers are fit; CourseError
    where the records that are there are damaged, or the folder cannot be written. Then no record is changed.
    """
    instructor = folder / "instructor"
    try:
        with alone(instructor, "this course"):
            keep_private(instructor)
            complete(instructor)
            return _generate(problem_set, roster, folder, formats, progress, jobs, corrected)
    except (FileExistsError, NotADirectoryError) as error:
        path = Path(error.filename)
        file = next((p for p in (path, *path.parents) if p.is_file()), path)
        raise CourseError(f"{file} is a file; the course needs a folder there") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CourseError(
            f"{error.filename or folder}: this cannot be written: {reason}. What is there stays; the same command goes "
            "on once it can be"
        ) from None


def _generate(
    problem_set: ProblemSet,
    roster: Roster,
    folder: Path,
    formats: Sequence[str],
    progress: Progress,
    jobs: int,
    corrected: bool,
) -> Generated:
    instructor = folder / "instructor"
    so_far = course_so_far(folder)
    now = settled(problem_set.record(), so_far, folder, corrected)
    sheet_set, there = now.set, now.sheets
    secret = kept_secret(instructor)
    known = {record.student for record in there}
    new = [student for student in roster.students if student.id not in known]
    _check_zeros(roster, known)
    drawn, left = _renamed(there, roster)
    for done, record in enumerate(_new_sheets(problem_set, sheet_set, new, secret, there), 1):
        drawn.append(record)
        progress("drawing numbers", done, len(new))
    # The numbers come first and whole, so that a run that is cut short leaves nothing that cannot be finished.
    sheet_set = msgspec.structs.replace(sheet_set, program=program(), sheets=len(drawn))
    keep_records(instructor, sheet_set, drawn, roster, len(there), now.replaced)
    printed = _print(sheet_set, drawn, folder, formats, progress, jobs) if formats else 0
    return Generated(len(new), len(there), printed, (*now.said, *left, *_hidden(problem_set, sheet_set)))


def _check_zeros(roster: Roster, known: set[str]) -> None:
    """Raises AuthoringError where ids that have sheets have lost the zeros in front, as spreadsheets drop them."""
    now = {student.id for student in roster.students}
    gone = {id.lstrip("0"): id for id in known - now if id.isdigit()}
    pairs = [(gone.get(id.lstrip("0"), ""), id) for id in sorted(now - known)]
    lost = [f"{was} is {id} now" for was, id in pairs if len(was) > len(id)]
    if lost:
        raise AuthoringError(
            f"{roster.path or 'the roster'}: ids have lost the zeros in front of them since their sheets were made: "
            f"{', '.join(lost[:3])}{', …' if len(lost) > 3 else ''}. Nothing was written. "
            "Format that column as text in the spreadsheet, and type the ids again or import them as text."
        )


def _renamed(there: Sequence[SheetRecord], roster: Roster) -> tuple[list[SheetRecord], list[str]]:
    """The sheets with the roster's columns as they are now, and a word on who is no longer on it."""
    now = {student.id: student for student in roster.students}
    sheets = [
        msgspec.structs.replace(
            sheet,
            roster=dict(now[sheet.student].columns) if sheet.student in now else sheet.roster,
            folder=sheet.folder or sheet.sheet,  # a record needs no folder
        )
        for sheet in there
    ]
    return sheets, warnings_on(Listed(s.student, s.roster, s.sheet, NO_LONGER) for s in there if s.student not in now)


def _hidden(problem_set: ProblemSet, sheet_set: SetRecord) -> Iterator[str]:
    """What is hidden by numbers that are the same for everyone, and so cannot be drawn again."""
    for number, (asked, record) in enumerate(zip(problem_set.problems, sheet_set.problems, strict=True), 1):
        checker = VariantChecker(asked.problem, record)
        if not checker.free and checker.never_seen:
            kinds = Counter(f"{line} ({mistake.kind})" for line, mistake in checker.never_seen)
            shown = ", ".join(list(kinds)[:6]) + (", …" if len(kinds) > 6 else "")
            yield (
                f"problem {number}: its numbers are fixed and hide {len(checker.never_seen)} known mistakes, "
                f"on {shown}; handprop check lists them"
            )


def _new_sheets(
    problem_set: ProblemSet,
    sheet_set: SetRecord,
    students: Sequence[Student],
    secret: bytes,
    there: Sequence[SheetRecord],
) -> Iterator[SheetRecord]:
    """A sheet for each student, told apart from those that are there by its id and its folder."""
    ids, folders = {record.sheet for record in there}, {record.folder.casefold(): record.student for record in there}
    for student, given in zip(students, _drawn(problem_set, sheet_set, students, secret), strict=True):
        sheet = sheet_id(secret, student.id, ids)
        folder = student.folder
        if folder.casefold() in folders:  # of a student who has left the roster
            folder = folder_name(student.id, folders)
        ids.add(sheet)
        folders[folder.casefold()] = student.id
        yield SheetRecord(sheet, student.id, given, dict(student.columns), folder)


def _drawn(
    problem_set: ProblemSet, sheet_set: SetRecord, students: Sequence[Student], secret: bytes
) -> Iterator[tuple[dict[str, Any], ...]]:
    """The numbers of each student's problems, many students' at a time."""
    problems = [
        (VariantChecker(asked.problem, record), number, asked.problem.name)
        for number, (asked, record) in enumerate(zip(problem_set.problems, sheet_set.problems, strict=True), 1)
    ]
    for start in range(0, len(students), AT_ONCE):
        some = students[start : start + AT_ONCE]
        drawn = [
            checker.draw(secret, [(student.id, problem_set.title, number, name) for student in some])
            for checker, number, name in problems
        ]
        for of_student in zip(*drawn, strict=True):
            yield tuple(dict(one.given) for one in of_student)


def sheet_id(secret: bytes, student: str, taken: Iterable[str] = ()) -> str:
    """A sheet's id, such as 7KQF-M2PX: it says nothing, and cannot be worked out without the secret."""
    attempt = 0
    while True:
        digest = hmac.new(secret, f"sheet\x1f{student}\x1f{attempt}".encode(), hashlib.sha256).digest()
        # Letters and digits that are hard to tell apart on paper are not used.
        letters = base64.b32encode(digest).decode().translate(str.maketrans("ILOU", "8901"))[:8]
        found = f"{letters[:4]}-{letters[4:]}"
        if found not in taken:
            return found
        attempt += 1


def _print(
    sheet_set: SetRecord,
    records: Sequence[SheetRecord],
    folder: Path,
    formats: Sequence[str],
    progress: Progress,
    jobs: int,
) -> int:
    """Every page that is not there yet, a few students' at a time to each process."""
    folder = folder.absolute()  # a worker elsewhere has another working directory
    missing = [(record, wanted) for record in records if (wanted := _missing(folder, record, formats))]
    many = len(missing) * len(formats) > FEW_PAGES
    size = CHUNK if many and jobs != 1 else 1
    chunks = [missing[start : start + size] for start in range(0, len(missing), size)]
    work = partial(_print_some, sheet_set)
    printed = done = 0
    counts = spread(work, chunks, jobs if many else 1, [folder / "instructor" / "records.jsonl"])
    for chunk, count in zip(chunks, counts, strict=True):
        printed, done = printed + count, done + len(chunk)
        progress("printing", done, len(missing))
    return printed


def _print_some(sheet_set: SetRecord, wanted: Sequence[tuple[SheetRecord, Sequence[Path]]]) -> int:
    # What is the same on every sheet is worked out once for the set that a process is handed.
    return sum(_print_one(sheet_set, record, paths) for record, paths in wanted)


def _missing(folder: Path, record: SheetRecord, formats: Sequence[str]) -> list[Path]:
    handout, solutions = folder / "handout" / record.folder, folder / "instructor" / SOLUTIONS / record.folder
    wanted = [
        handout / "answers.json",
        *(handout / f"sheet.{f}" for f in formats),
        *(solutions / f"solution.{f}" for f in formats),
    ]
    return [path for path in wanted if not path.exists() or not path.stat().st_size]  # empty: the disk was full


def _print_one(sheet_set: SetRecord, record: SheetRecord, wanted: Sequence[Path]) -> int:
    sheet = Sheet(sheet_set, record)
    for path in wanted:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.name == "answers.json":
            page = (json.dumps(sheet.blank_answers(), indent=1, ensure_ascii=False) + "\n").encode("utf-8")
        else:
            page = sheet.print(path.suffix[1:], solution=path.stem == "solution")
        private = path.stem == "solution"
        if private:
            make_private(path.parent.parent, FOLDER_MODE)
            make_private(path.parent, FOLDER_MODE)
        write_whole(path, page, FILE_MODE if private else None)
    return len(wanted)
