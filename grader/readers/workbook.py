"""The sheet as a workbook: the values that the spreadsheet program stored, in the ranges that are named for answers."""

from __future__ import annotations

import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from course.answer_names import PATTERN, is_in_words
from grader.handed_in import NoNumber, NoSheet, Read, Refused, Submission, is_blank, printable, sheet_id
from grader.readers.files import LARGEST_DOCUMENT, File, bytes_of
from grader.readers.filling import Answers, rows_of

UNPACKED, MOST_PARTS, MOST_ENTRIES, FURTHEST = 30_000_000, 2000, 20_000, (100_000, 1000)

SAVE = "open the workbook in your spreadsheet program, save it there as .xlsx, and hand in that file."
DAMAGED = f"This is no workbook, or a damaged one: {SAVE}"
LOCKED = "This workbook has a password, or is of an older kind (.xls). Save it as .xlsx without a password."
NO_NAMES = (
    "The answers' places are no longer in this workbook: their names (answer_1, answer_2, …) are gone, as when cells "
    "are copied into a new file. Fill in the sheet.xlsx that you were given, or hand in answers.json."
)
NO_SHEET = (
    "The sheet's id is missing: the cell that holds it was emptied or removed. "
    "Fill in the sheet.xlsx that you were given, or hand in answers.json."
)
NOT_STORED = (
    f"The formulas in this workbook have no stored results, as the program that wrote it does not calculate: {SAVE}"
)
_NOT_STORED = f"This formula has no stored result, as the program that wrote the file does not calculate: {SAVE}"
_ERROR = "The spreadsheet shows the error {}. Mend the formula in this cell, or type the number."
_DATE = "The spreadsheet made a date of what was typed. Type a fraction as =1/3, or as a decimal such as 0.3333."
_TRUTH = "Expected a number, got true or false."

CELL_LABEL = re.compile(rf"\s*({PATTERN})\s*[=≈:]?\s*")
ANSWER = re.compile(r"answer_[0-9]{1,4}", re.IGNORECASE)
# 'Problem 1'!$A$3:$C$4; LibreOffice may write $Sheet.$A$3:$C$4
_RANGE = re.compile(
    r"\$?(?:'((?:[^']|'')+)'|([^'!]+))[!.]\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?"
)


@dataclass(frozen=True)
class Area:
    """A range of one tab, its corners counted from 1."""

    name: str
    tab: str
    top: int
    left: int
    bottom: int
    right: int


Cells = Mapping[tuple[str, int, int], Any]


def read_workbook(file: File, source: str) -> Read:
    """The workbook with the answers' cells filled in, by hand or by formulas."""
    data = bytes_of(file, LARGEST_DOCUMENT)
    _check(data)
    areas, values = _opened(data, stored=True)
    answers = [area for area in areas if ANSWER.fullmatch(area.name)]
    if not answers:
        raise Refused(NO_NAMES)
    ids = [sheet_id(values.get((area.tab, area.top, area.left))) for area in areas if area.name.lower() == "sheet"]
    _, formulas = _opened(data, stored=False)
    found = dict(_answer(area, values, formulas) for area in answers)
    filled = [entry for value in found.values() for entry in _entries(value) if not is_blank(entry)]
    if filled and all(isinstance(entry, NoNumber) and entry.says == _NOT_STORED for entry in filled):
        raise Refused(NOT_STORED)
    named = {name: value for name, value in found.items() if name}
    if not any(ids):
        raise NoSheet(NO_SHEET, named)
    yield Submission(source, next(filter(None, ids)), named)


def _answer(area: Area, values: Cells, formulas: Cells) -> tuple[str, object]:
    """An answer's name, and its entries; a formula as its text."""
    label = values.get((area.tab, area.top, area.left))
    found = CELL_LABEL.fullmatch(label) if isinstance(label, str) else None
    rows: list[list[object]] = []
    for row in range(area.top, area.bottom + 1):
        places = [(area.tab, row, column) for column in range(area.left + 1, area.right + 1)]
        rows.append([_entry(values.get(place), formulas.get(place)) for place in places])
    if found and is_in_words(found[1]):
        first = rows[0][0] if rows and rows[0] else ""
        return found[1], first.typed if isinstance(first, NoNumber) else str(first)
    if found:
        return found[1], rows
    # a label that was changed is told to the student by the name that stands there now
    name = printable(label.strip())[:80] if isinstance(label, str) and label.strip() else area.name
    return ("" if is_blank(rows) else name), rows


def _entries(value: object) -> Iterator[object]:
    if isinstance(value, list):
        for item in value:
            yield from _entries(item)
    else:
        yield value


def _entry(value: Any, formula: Any) -> object:
    """What a cell holds: a number, text as it was typed, or a word on why it is neither."""
    typed = str(value)[:60]
    if value is None:
        calculates = (isinstance(formula, str) and formula.startswith("=")) or type(formula).__name__ == "ArrayFormula"
        return NoNumber(str(formula)[:60], _NOT_STORED) if calculates else ""
    if isinstance(value, bool):
        return NoNumber(typed, _TRUTH)
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return NoNumber(typed, _DATE)
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        error = re.fullmatch(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|[A-Z_/!?]+)", value)
        return NoNumber(typed, _ERROR.format(typed)) if error else value
    return NoNumber(typed, _ERROR.format(typed))


# --- the parts of a workbook ------------------------------------------------------------------------------------------


def _check(data: bytes) -> None:
    """Raises Refused for what only looks like a workbook, or would unpack to more than any answer needs."""
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise Refused(LOCKED)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            infos = parts.infolist()
    except Exception:  # a damaged archive makes zipfile raise anything at all
        raise Refused(DAMAGED) from None
    # zipfile reads no more of a part than it says that it has
    if len(infos) > MOST_PARTS or sum(part.file_size for part in infos) > UNPACKED:
        raise Refused(f"This workbook unpacks to more than {UNPACKED // 1_000_000} MB. Hand in the sheet.xlsx alone.")


def _opened(data: bytes, stored: bool) -> tuple[list[Area], Cells]:
    """The named areas, and the cells in them: their stored values, or what was typed."""
    import openpyxl  # where a workbook is handed in, and not before: it takes a while to load

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that openpyxl passes over
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=stored, keep_links=False)
            areas = areas_of(book)
            return areas, _cells(book, areas)
    except Refused:
        raise
    except Exception:  # a damaged workbook makes openpyxl raise anything at all
        raise Refused(DAMAGED) from None


def areas_of(book: Any) -> list[Area]:
    """The ranges that are named for the sheet's id and the answers, wherever rows were put in since."""
    names = [*book.defined_names.items(), *(item for tab in book.worksheets for item in tab.defined_names.items())]
    areas: list[Area] = []
    entries = 0
    for name, definition in names:
        if not (ANSWER.fullmatch(name) or name.lower() == "sheet"):
            continue
        place = _RANGE.fullmatch((definition.attr_text or "").strip())
        tab = (place[1] or place[2]).replace("''", "'") if place else ""
        if place and tab in book.sheetnames:
            left, right = _column(place[3]), _column(place[5] or place[3])
            top, bottom = int(place[4]), int(place[6] or place[4])
            entries += (bottom - top + 1) * (right - left + 1)
            if entries > MOST_ENTRIES or bottom > FURTHEST[0] or right > FURTHEST[1]:
                raise Refused("The answers' places in this workbook are far larger than the sheet's. " + NO_NAMES)
            areas.append(Area(name, tab, top, left, bottom, right))
    return areas


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _cells(book: Any, areas: list[Area]) -> Cells:
    """The cells of all areas, each tab read once."""
    wanted = {area.tab: [other for other in areas if other.tab == area.tab] for area in areas}
    found: dict[tuple[str, int, int], Any] = {}
    for tab, inside in wanted.items():
        last, right = max(area.bottom for area in inside), max(area.right for area in inside)
        rows = {row for area in inside for row in range(area.top, area.bottom + 1)}
        for number, cells in enumerate(book[tab].iter_rows(min_row=1, max_row=last, max_col=right), 1):
            if number in rows:
                found |= {(tab, number, column): cell.value for column, cell in enumerate(cells, 1)}
    return found


def fill_workbook(page: bytes, answers: Answers) -> bytes:
    """The workbook with numbers in its bordered cells."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that openpyxl passes over
        book = openpyxl.load_workbook(io.BytesIO(page))
    for area in areas_of(book):
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
