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
    """The students, and what had to be left out or changed, in words for the instructor."""

    students: Sequence[Student]
    warnings: Sequence[str] = ()


def load_roster(path: Path) -> Roster:
    """A roster from its CSV file. Raises AuthoringError where it has no columns `id` and `name`, or nobody in it.

    A row without an id, or with one that an earlier row has, is left out with a warning; the others are kept.
    """
    rows = list(_rows(path))
    if not rows:
        raise AuthoringError(f"{path}: the roster is empty; its first line names the columns: id,name")
    header = [cell.strip() for cell in rows[0][1]]
    lower = [cell.lower() for cell in header]
    missing = [c for c in ("id", "name") if c not in lower]
    if missing:
        raise AuthoringError(
            f"{path}: the column “{'” and “'.join(missing)}” is missing; there are: {', '.join(header) or 'none'}"
        )
    header = [cell.lower() if cell.lower() in ("id", "name", "email") else cell for cell in header]
    students: list[Student] = []
    lines: dict[str, int] = {}
    folders: dict[str, str] = {}
    warnings: list[str] = []
    for number, row in rows[1:]:
        if not any(cell.strip() for cell in row):
            continue
        columns = {name: cell.strip() for name, cell in zip(header, [*row, *[""] * len(header)], strict=False) if name}
        id = columns["id"]
        if not id:
            warnings.append(f"{path} line {number}: there is no id; this row was left out")
        elif id in lines:
            warnings.append(
                f"{path} line {number}: the id “{id}” is already that of line {lines[id]}; this row was left out"
            )
        else:
            folder = folder_name(id, folders)
            if folder != id:
                warnings.append(
                    f"{path} line {number}: the id “{id}” cannot name a folder; it is called “{folder}” there"
                )
            lines[id], folders[folder.casefold()] = number, id
            students.append(Student(id, columns["name"], columns, folder))
    if not students:
        raise AuthoringError(f"{path}: there is nobody in this roster; a row is an id and a name")
    return Roster(tuple(students), tuple(warnings))


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
