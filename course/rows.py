"""The rows of a table that somebody made: CSV in any of the usual encodings, or a workbook."""

from __future__ import annotations

import csv
import datetime
import io
import re
import statistics
import unicodedata
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from course.errors import AuthoringError
from course.regular import read_regular

LARGEST, UNPACKED = 50_000_000, 500_000_000
SEPARATORS = ",;\t"
SAVE_AS = "save it from the spreadsheet as .xlsx or as “CSV UTF-8”"


class Row(NamedTuple):
    """A row of text, and what to call its place: “line 3”."""

    place: str
    cells: list[str]


@dataclass(frozen=True)
class Tables:
    """The rows of the tables in a file that are not empty, a list a tab; `notes` is what to look at."""

    tabs: list[list[Row]]
    notes: tuple[str, ...] = ()


def load_tables(path: Path) -> Tables:
    """The tables of a file, by what is in it rather than by its name. Raises AuthoringError where it cannot be read."""
    data = read_regular(path, LARGEST)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise AuthoringError(f"{path}: this is an old workbook (.xls), or one with a password; {SAVE_AS}")
    notes: tuple[str, ...] = ()
    if data.startswith(b"PK\x03\x04"):
        found = _workbook_tabs(path, data)
    else:
        text, notes = _decoded(path, data)
        found = [list(_csv_rows(path, text))]
    cleaned = ([Row(place, list(map(_clean, cells))) for place, cells in rows] for rows in found)
    tabs = [[row for row in rows if any(row.cells)] for rows in cleaned]
    return Tables([rows for rows in tabs if rows], notes)


def _clean(cell: str) -> str:
    """What a cell says, without what cannot be seen, each letter in its one form; Excel's `="007"` says 007."""
    text = unicodedata.normalize("NFC", cell).strip().strip("\ufeff\u200b\u200e\u200f\u2060").strip()
    as_text = re.fullmatch(r'="([^"]*)"', text)
    return as_text[1].strip() if as_text else text


def _decoded(path: Path, data: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        return data.decode(_encoding(data)), ()
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = "\x00"
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise AuthoringError(f"{path}: this is neither text nor a workbook; {SAVE_AS}")
    example = next(iter(re.findall(r"[^,;\t\r\n\"]*[^\x00-\x7f][^,;\t\r\n\"]*", text)), "").strip()[:40]
    return text, (f"{path}: read as Windows-1252, since it is not UTF-8; look whether “{example}” is as it should be",)


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    even, odd, quarter = data[:4000:2].count(0), data[1:4000:2].count(0), len(data[:4000]) / 4
    if odd > quarter and not even:
        return "utf-16-le"
    if even > quarter and not odd:
        return "utf-16-be"
    return "utf-8-sig"


def _csv_rows(path: Path, text: str) -> Iterator[tuple[str, list[str]]]:
    if text.lstrip()[:1] == "<":
        raise AuthoringError(f"{path}: this is a web page or XML, not a table; {SAVE_AS}")
    skipped = 0
    if said := re.match(r'"?sep=(.)"?[^\S\r\n]*(\r\n|\r|\n|$)', text, re.IGNORECASE):
        delimiter, text, skipped = said[1], text[said.end() :], 1
    else:
        delimiter = max(SEPARATORS, key=lambda separator: _columns(text, separator))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = 0
    try:
        for cells in reader:
            yield f"line {skipped + before + 1}", cells
            before = reader.line_num
    except csv.Error as error:
        place = f"line {skipped + reader.line_num}"
        raise AuthoringError(f"{path} {place}: not readable as CSV: {error}") from None


def _columns(text: str, separator: str) -> tuple[int, int, int]:
    """How many columns the first rows have, if cells are separated so: most of them, all of them, the very first."""
    try:
        rows = filter(any, csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        counts = [len(row) for row in islice(rows, 20)] or [0]
    except csv.Error:
        return 0, 0, 0
    return statistics.median_low(counts), min(counts), counts[0]


def _workbook_tabs(path: Path, data: bytes) -> list[list[tuple[str, list[str]]]]:
    import openpyxl  # takes a while to load

    tabs: list[list[tuple[str, list[str]]]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > UNPACKED:
                raise AuthoringError(f"{path}: this file is too large for a roster")
        with warnings.catch_warnings(action="ignore"):  # of looks and properties that openpyxl does not know
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # some programs write wrong ones
                rows = [[_shown(cell) for cell in row] for row in sheet.iter_rows()]
                tabs.append([(f"row {number}", row) for number, row in enumerate(rows, 1)])
    except AuthoringError:
        raise
    except Exception as error:  # of many kinds: openpyxl raises whatever a damaged file brings about
        raise AuthoringError(f"{path}: this workbook cannot be opened ({type(error).__name__}); {SAVE_AS}") from None
    return tabs


def _shown(cell: Any) -> str:
    """What a cell of a workbook shows: a number that is shown with zeros in front keeps them."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and re.fullmatch("0+", str(cell.number_format)):
        return f"{value:0{len(cell.number_format)}d}"
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)
