"""The class as it stands now: who is on the roster, who has left it, and which sheet is whose."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from course.errors import AuthoringError
from course.records import RosterRecord, SheetRecord
from course.roster import Roster, Student, load_roster
from course.stored import roster_record

MOST_NAMED = 10
NO_LONGER = "no longer on the roster"
NO_SHEET = "no sheet yet"
AS_IT_WAS = "The roster was taken as it was when sheets were last generated; grade --roster names another one"


@dataclass(frozen=True)
class Listed:
    """A student with the roster's columns as they are now, the sheet if there is one, and what is out of order."""

    student: str
    columns: Mapping[str, str]
    sheet: str
    note: str = ""


@dataclass(frozen=True)
class ClassList:
    """Everyone on the roster in its order, then those who have left; `warnings` names these and who lacks a sheet."""

    listed: Sequence[Listed]
    warnings: Sequence[str] = ()


def record_of(roster: Roster, instructor: Path) -> RosterRecord:
    """A roster for the next run to find, where it lies and who is on it."""
    try:
        file = os.path.relpath(roster.path, instructor) if roster.path else ""
    except ValueError:  # on another drive
        file = str(roster.path)
    return RosterRecord(Path(file).as_posix(), roster.id_column, tuple(student.id for student in roster.students))


def class_list(
    instructor: Path, sheets: Iterable[SheetRecord], roster: Path | None = None, id_column: str | None = None
) -> ClassList:
    """The class by the roster that is named, else by that of the last `generate`, as its file is now.

    Where that file is gone, it is the class as it was then. Raises AuthoringError where a roster that is named cannot
    be used.
    """
    known = {s.student: Listed(s.student, s.roster or {"id": s.student}, s.sheet) for s in sheets}
    earlier = roster_record(instructor)
    now, said = _roster_now(instructor, earlier, known, roster, id_column)
    if now is None:
        ids = set(known if earlier is None else earlier.students)
        on_it = [one for id, one in known.items() if id in ids]
    else:
        ids = {student.id for student in now.students}
        on_it = [_listed(student, known.get(student.id)) for student in now.students]
    left = [replace(one, note=NO_LONGER) for id, one in known.items() if id not in ids]
    return ClassList([*on_it, *left], [*said, *warnings_on([*on_it, *left])])


def _listed(student: Student, there: Listed | None) -> Listed:
    if there is None:
        return Listed(student.id, student.columns, "", NO_SHEET)
    return replace(there, columns=student.columns)


def _roster_now(
    instructor: Path,
    earlier: RosterRecord | None,
    known: Collection[str],
    roster: Path | None,
    id_column: str | None,
) -> tuple[Roster | None, Sequence[str]]:
    if roster is not None:
        found = load_roster(roster, id_column, earlier.id_column if earlier else None)
        return found, found.left_out
    path = instructor / earlier.file if earlier and earlier.file else None
    if path is None or not path.is_file():
        return None, ()
    try:
        found = load_roster(Path(os.path.normpath(path)), id_column, earlier.id_column if earlier else None)
    except AuthoringError as error:
        return None, (f"{error}. {AS_IT_WAS}",)
    if known and not any(student.id in known for student in found.students):
        return None, (f"{found.path}: nobody on it has a sheet of this course. {AS_IT_WAS}",)
    return found, found.left_out


def warnings_on(listed: Iterable[Listed]) -> list[str]:
    """Who has left the roster, and who has no sheet yet."""
    named: dict[str, list[str]] = {}
    for one in listed:
        if one.note:
            name = " ".join(one.columns.get("name", "").split())
            named.setdefault(one.note, []).append(f"{one.student} ({name})" if name else one.student)
    says = {
        NO_LONGER: "no longer on the roster: {}; their sheets and marks are kept",
        NO_SHEET: "on the roster, but without a sheet yet: {}; generate makes them one",
    }
    return [says[note].format(_names(names)) for note, names in sorted(named.items())]


def _names(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
