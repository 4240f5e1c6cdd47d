"""The roster: who gets a sheet, from a table as people and learning systems write it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course.errors import AuthoringError
from course.headers import Columns, columns_of
from course.rows import Row, load_tables

FIRST_ROWS = 10
"""The headers are in one of them."""

SHORTENED = re.compile(r"[0-9][.,]?[0-9]*E\+[0-9]{2}")
"""How a spreadsheet shows a long number, and then saves it."""

FOLDER = (
    r"\A(?!(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z))"
    r"[A-Za-z0-9@+-](?:[A-Za-z0-9._@+-]{0,67}[A-Za-z0-9@+-])?\Z"
)
"""The name of a folder that is safe on every system, as a pattern."""


@dataclass(frozen=True)
class Student:
    """A row of the roster; `folder` is the id made safe for a file name."""

    id: str
    name: str
    columns: Mapping[str, str]
    folder: str


@dataclass(frozen=True)
class Roster:
    """The students; the rows that had to be left out and those to look at, in words for the instructor."""

    students: Sequence[Student]
    left_out: Sequence[str] = ()
    warnings: Sequence[str] = ()
    path: Path | None = None
    id_column: str = "id"


def load_roster(path: Path, id_column: str | None = None, earlier: str | None = None) -> Roster:
    """A roster from a CSV file or a workbook. Raises AuthoringError where ids or names are not found, or nobody is.

    Ids are in the column `id_column`, else in the one that they were in `earlier`, else in the one whose header means
    that. A row without an id, or with one that an earlier row has, is left out with a warning; the others are kept.
    """
    tables = load_tables(path)
    if not tables.tabs:
        raise AuthoringError(f"{path}: the roster is empty; its first line names the columns: id,name")
    columns, rows = _headed(path, tables.tabs, id_column, earlier)
    collected = _Collected(path)
    for row in rows:
        collected.add(columns, row)
    if not collected.students:
        raise AuthoringError(f"{path}: there is nobody in this roster; a row is an id and a name")
    warnings = (*tables.notes, *columns.warnings, *collected.warnings)
    return Roster(tuple(collected.students), tuple(collected.left_out), warnings, path, columns.id_header)


def _headed(
    path: Path, tabs: Sequence[Sequence[Row]], id_column: str | None, earlier: str | None
) -> tuple[Columns, Sequence[Row]]:
    """The columns by the first row that names them, and the rows below it: a title may stand above, or a tab before."""
    errors = []
    for rows in tabs:
        for number, row in enumerate(rows[:FIRST_ROWS], 1):
            below = rows[number:]
            try:
                return columns_of(path, row.cells, [other.cells for other in below], id_column, earlier), below
            except AuthoringError as error:
                errors.append(error)
    raise errors[0] from None


class _Collected:
    """The students of a roster, row by row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.students: list[Student] = []
        self.left_out: list[str] = []
        self.warnings: list[str] = []
        self._places: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._alike: dict[str, str] = {}

    def add(self, columns: Columns, row: Row) -> None:
        """A student from a row, or a word on why it is none."""
        where = f"{self.path} {row.place}"
        if (not_one := columns.not_a_student(row.cells)) is not None:
            self.warnings += [f"{where}: {not_one}"] * bool(not_one)
            return
        values = columns.values(row.cells)
        id = values["id"]
        if not id:
            self.left_out.append(f"{where}: there is no id; this row was left out")
            return
        if SHORTENED.fullmatch(id):
            raise AuthoringError(
                f"{where}: the id “{id}” was shortened by the spreadsheet; import that column again, as text"
            )
        if id in self._places:
            self.left_out.append(f"{where}: the id “{id}” is already that of {self._places[id]}; this row was left out")
            return
        if any(row.cells[columns.count :]):
            self.warnings.append(f"{where}: more cells than columns; a cell with a comma in it stands in quotes")
        folder = folder_name(id, self._folders)
        self.warnings += (f"{where}: {said}" for said in self._odd(id, folder))
        self._places[id], self._folders[folder.casefold()] = row.place, id
        self.students.append(Student(id, values["name"], values, folder))

    def _odd(self, id: str, folder: str) -> Iterator[str]:
        other = self._alike.setdefault(unicodedata.normalize("NFKC", id).casefold(), id)
        if other != id:
            yield (
                f"the id “{id}” differs from “{other}” of {self._places[other]} only in capital letters or the like: "
                f"look whether they are two students; its folder is called “{folder}”"
            )
        elif folder != id:
            yield f"the id “{id}” cannot name a folder; it is called “{folder}” there"


def folder_name(id: str, taken: Mapping[str, str]) -> str:
    """An id as the name of a folder: as it is where that is safe on every system, else changed and told apart."""
    safe = re.sub(r"[^A-Za-z0-9._@+-]+", "_", id).strip("._")[:60]
    if safe == id and re.match(FOLDER, safe) and safe.casefold() not in taken:
        return id
    if not re.match(FOLDER, safe):
        safe = safe.replace(".", "_")  # con.txt is as reserved as con
    return f"{safe or 'id'}-{hashlib.sha256(id.encode()).hexdigest()[:8]}"
