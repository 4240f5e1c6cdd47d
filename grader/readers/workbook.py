"""The sheet as a workbook: the values that the spreadsheet program stored, in the ranges that are named for answers."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from course.answer_names import PATTERN, is_in_words
from grader.handed_in import MOST_SHEETS, NoNumber, NoSheet, Read, Refused, is_blank, printable, sheet_id, under
from grader.readers.files import LARGEST_DOCUMENT, File, bytes_of
from grader.readers.filling import Answers, rows_of
from grader.readers.spreadsheet import FURTHEST, NOT_STORED, SAVE, Cells, Workbook, column_number, opened

MOST_ENTRIES = 20_000

NO_NAMES = (
    "The answers' places are no longer in this workbook: their labels (1.dQ, …) are gone, as when cells "
    "are copied into a new file. Fill in the sheet.xlsx that you were given, or hand in answers.json."
)
FAR_LARGER = "The answers' places in this workbook are far larger than the sheet's. Hand in the sheet.xlsx alone."
NO_SHEET = (
    "The sheet's id is missing: the cell that holds it was emptied or removed. "
    "Fill in the sheet.xlsx that you were given, or hand in answers.json."
)
NONE_STORED = (
    f"The formulas in this workbook have no stored results, as the program that wrote it does not calculate: {SAVE}"
)

CELL_LABEL = re.compile(rf"\s*({PATTERN})\s*[=≈:]?\s*")
ANSWER = re.compile(r"answer_[0-9]{1,4}", re.IGNORECASE)
# 'Problem 1'!$A$3:$C$4; LibreOffice may write $Sheet.$A$3:$C$4
_RANGE = re.compile(
    r"\$?(?:'((?:[^']|'')+)'|([^'!]+))[!.]\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?"
)
_SHEET = re.compile(r"\s*(?:Sheet\s+)?([A-Z0-9]{4}-[A-Z0-9]{4})\s*")
_SIZE = re.compile(r"\(([0-9]{1,3}) × ([0-9]{1,3})\b")


@dataclass(frozen=True)
class Area:
    """A range of one tab, its corners counted from 1."""

    name: str
    tab: str
    top: int
    left: int
    bottom: int
    right: int


def read_workbook(file: File, source: str) -> Read:
    """The workbook with the answers' cells filled in, by hand or by formulas."""
    book = opened(bytes_of(file, LARGEST_DOCUMENT))
    areas = areas_of(book.names, book.tabs)
    answers = [area for area in areas if ANSWER.fullmatch(area.name)]
    answers += _labelled(book, answers)
    if not answers:
        raise Refused(NO_NAMES)
    found = _fullest(_answer(area, book.cells) for area in answers)
    filled = [entry for value in found.values() for entry in _entries(value) if not is_blank(entry)]
    if filled and all(isinstance(entry, NoNumber) and entry.says == NOT_STORED for entry in filled):
        raise Refused(NONE_STORED)
    sheets = [*islice(_sheets(book, areas), MOST_SHEETS)]
    if not sheets:
        raise NoSheet(NO_SHEET, found)
    yield under(source, sheets, found)


def _sheets(book: Workbook, areas: Iterable[Area]) -> Iterator[str]:
    """The sheet's id: in the cell that is named for it, or wherever one stands, as in a copied tab."""
    named = (book.cells.get((area.tab, area.top, area.left)) for area in areas if area.name.lower() == "sheet")
    anywhere = (
        found[1] for value in book.cells.values() if isinstance(value, str) and (found := _SHEET.fullmatch(value))
    )
    yield from filter(None, map(sheet_id, (*named, *anywhere)))


def _labelled(book: Workbook, named: list[Area]) -> Iterator[Area]:
    """The answers on tabs without names, such as a copy, or where a program lost them: found by their labels."""
    sizes = {
        _label(book.cells, area): (area.bottom - area.top, area.right - area.left)
        for area in named
        if _label(book.cells, area)
    }
    tabs = {area.tab for area in named}
    printed = {
        (tab, row): (int(size[1]) - 1, int(size[2]))
        for (tab, row, _), value in book.cells.items()
        if tab not in tabs and isinstance(value, str) and (size := _SIZE.search(value))
    }
    entries = 0
    for (tab, row, column), value in book.cells.items():
        if tab not in tabs and isinstance(value, str) and (label := CELL_LABEL.fullmatch(value)):
            down, across = sizes.get(label[1]) or printed.get((tab, row), (0, 1))
            entries += (down + 1) * across
            if entries > MOST_ENTRIES:
                raise Refused(FAR_LARGER)
            yield Area("", tab, row, column, row + down, column + across)


def _fullest(answers: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Of an answer that stands on several tabs the one with most entries; of two alike the last."""
    found: dict[str, object] = {}
    filled: dict[str, int] = {}
    for name, value in answers:
        count = sum(not is_blank(entry) for entry in _entries(value))
        if name and count >= filled.get(name, 0):
            found[name], filled[name] = value, count
    return found


def _label(cells: Cells, area: Area) -> str:
    """The answer whose label stands at the head of an area."""
    label = cells.get((area.tab, area.top, area.left))
    found = CELL_LABEL.fullmatch(label) if isinstance(label, str) else None
    return found[1] if found else ""


def _answer(area: Area, cells: Cells) -> tuple[str, object]:
    """An answer's name, and its entries; a formula as its text."""
    rows = [
        [cells.get((area.tab, row, column), "") for column in range(area.left + 1, area.right + 1)]
        for row in range(area.top, area.bottom + 1)
    ]
    name = _label(cells, area)
    if name and is_in_words(name):
        first = rows[0][0] if rows and rows[0] else ""
        return name, first.typed if isinstance(first, NoNumber) else str(first)
    if name:
        return name, rows
    # a label that was changed is told to the student by the name that stands there now
    label = cells.get((area.tab, area.top, area.left))
    name = printable(label.strip())[:80] if isinstance(label, str) and label.strip() else area.name
    return ("" if is_blank(rows) else name), rows


def _entries(value: object) -> Iterator[object]:
    if isinstance(value, list):
        for item in value:
            yield from _entries(item)
    else:
        yield value


def areas_of(names: Iterable[tuple[str, str]], tabs: Iterable[str]) -> list[Area]:
    """The ranges that are named for the sheet's id and the answers, wherever rows were put in since."""
    known = set(tabs)
    areas: list[Area] = []
    entries = 0
    for name, where in names:
        if not (ANSWER.fullmatch(name) or name.lower() == "sheet"):
            continue
        place = _RANGE.fullmatch(where.strip())
        tab = (place[1] or place[2]).replace("''", "'") if place else ""
        if place and tab in known:
            left, right = column_number(place[3]), column_number(place[5] or place[3])
            top, bottom = int(place[4]), int(place[6] or place[4])
            entries += (bottom - top + 1) * (right - left + 1)
            if entries > MOST_ENTRIES or bottom > FURTHEST[0] or right > FURTHEST[1]:
                raise Refused(FAR_LARGER)
            areas.append(Area(name, tab, top, left, bottom, right))
    return areas


def fill_workbook(page: bytes, answers: Answers) -> bytes:
    """The workbook with numbers in its bordered cells."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that openpyxl passes over
        book = openpyxl.load_workbook(io.BytesIO(page))
    names = [(name, definition.attr_text) for name, definition in book.defined_names.items()]
    for area in areas_of(names, book.sheetnames):
        label = CELL_LABEL.fullmatch(str(book[area.tab].cell(area.top, area.left).value))
        if label and ANSWER.fullmatch(area.name):
            for i, row in enumerate(rows_of(answers.get(label[1], ""))):
                for j, entry in enumerate(row, 1):
                    if entry != "":
                        book[area.tab].cell(area.top + i, area.left + j).value = entry
    return _saved(book, page)


def _saved(book: Any, page: bytes) -> bytes:
    """The workbook's bytes, with the times of the blank one: the same answers give the same file."""
    changed = book.properties.modified
    written, dated = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(dated, "w", zipfile.ZIP_DEFLATED) as copy:
        for part in parts.infolist():
            data = parts.read(part)
            if part.filename == "docProps/core.xml" and changed:
                stamp = rb"\g<1>" + f"{changed:%Y-%m-%dT%H:%M:%SZ}".encode()
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", stamp, data)
            copy.writestr(zipfile.ZipInfo(part.filename), data, zipfile.ZIP_DEFLATED)
    return dated.getvalue()
