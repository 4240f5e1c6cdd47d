"""The roster: who gets a sheet."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from worksheets.authoring import AuthoringError

LARGEST = 50_000_000


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


def load_roster(path: Path) -> Roster:
    """A roster from its CSV file. Raises AuthoringError where it has no columns `id` and `name`, or nobody in it.

    A row without an id, or with one that an earlier row has, is left out with a warning; the others are kept.
    """
    rows = list(_rows(path))
    header = _header(path, rows[0][1] if rows else [])
    students: list[Student] = []
    lines: dict[str, int] = {}
    folders: dict[str, str] = {}
    left_out: list[str] = []
    warnings: list[str] = []
    for number, row in rows[1:]:
        if not any(cell.strip() for cell in row):
            continue
        where = f"{path} line {number}"
        columns = {name: cell.strip() for name, cell in zip(header, [*row, *[""] * len(header)], strict=False) if name}
        id = columns["id"]
        if not id:
            left_out.append(f"{where}: there is no id; this row was left out")
            continue
        if id in lines:
            left_out.append(f"{where}: the id “{id}” is already that of line {lines[id]}; this row was left out")
            continue
        if any(cell.strip() for cell in row[len(header) :]):
            warnings.append(f"{where}: more cells than columns; a cell with a comma in it stands in quotes")
        folder = folder_name(id, folders)
        if folder != id:
            warnings.append(f"{where}: the id “{id}” cannot name a folder; it is called “{folder}” there")
        lines[id], folders[folder.casefold()] = number, id
        students.append(Student(id, columns["name"], columns, folder))
    if not students:
        raise AuthoringError(f"{path}: there is nobody in this roster; a row is an id and a name")
    return Roster(tuple(students), tuple(left_out), tuple(warnings))


def _header(path: Path, cells: Sequence[str]) -> list[str]:
    """The columns' names; those that mean something here in small letters."""
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise AuthoringError(f"{path}: the roster is empty; its first line names the columns: id,name")
    names = [name.lower() if name.lower() in ("id", "name", "email") else name for name in names]
    missing = [column for column in ("id", "name") if column not in names]
    if missing:
        raise AuthoringError(
            f"{path}: no column is called {' or '.join(missing)}; there are: {', '.join(filter(None, names))}"
        )
    for name in names:
        if name and names.count(name) > 1:
            raise AuthoringError(f"{path}: the column “{name}” stands twice; each needs its own name")
    return names


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        if path.stat().st_size > LARGEST:
            raise AuthoringError(f"{path}: this file is too large for a roster")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise AuthoringError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise AuthoringError(f"{path}: this is a folder, not a roster") from None
    except UnicodeDecodeError:
        raise AuthoringError(f"{path}: this is not UTF-8 text; save it from the spreadsheet as “CSV UTF-8”") from None
    except OSError as error:
        raise AuthoringError(f"{path}: cannot be read: {error.strerror}") from None
    first = text.partition("\n")[0]
    # Spreadsheets of many countries write semicolons, and copy tabs.
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise AuthoringError(f"{path} line {reader.line_num}: not readable as CSV: {error}") from None


def folder_name(id: str, taken: Mapping[str, str]) -> str:
    """An id as the name of a folder: as it is where that is safe on every system, else changed and told apart."""
    safe = re.sub(r"[^A-Za-z0-9._@+-]+", "_", id).strip("._")[:60]
    reserved = re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", safe)
    if safe == id and not reserved and safe.casefold() not in taken:
        return id
    return f"{safe or 'id'}-{hashlib.sha256(id.encode()).hexdigest()[:8]}"
