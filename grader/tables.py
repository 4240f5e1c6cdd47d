"""Tables for people: as CSV and as a workbook, both of which spreadsheet programs open with names right."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path

from xlsxwriter import Workbook

Row = Sequence[object]

FORMULAS = re.compile(r"[\s\x00-\x1f]*[=+\-@＝＋－＠]|[\t\r\n]")
"""What begins a formula to a spreadsheet program, blanks before it or not."""
IDS = ("id", "student")
PLAIN_NUMBER = re.compile(r"[+-]\d+(?:[ .]?\d+)*")
"""An id such as -2, or a telephone's number: a spreadsheet may take it for a number, and runs nothing."""


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Row]) -> None:
    """CSV: what a spreadsheet would take for a formula has an apostrophe before it; numbers stay as they are.

    An id that begins as a number does, such as -2 or +49 30 901820, stays as it is: programs look for it.
    """
    # Excel takes a file without a byte order mark for one in the system's old encoding.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(map(_guarded, head))
        for row in rows:
            writer.writerow([_guarded(cell, column in IDS) for column, cell in zip(head, row, strict=True)])


def _guarded(cell: object, is_id: bool = False) -> object:
    """A cell that is no formula; a NUL, which no program reads, is left out."""
    if not isinstance(cell, str):
        return cell
    if not FORMULAS.match(cell) or (is_id and PLAIN_NUMBER.fullmatch(cell)):
        return cell.replace("\x00", "")
    return "'" + cell.replace("\x00", "")


MOST_ROWS, LONGEST_CELL = 1_048_576, 32_767  # of a worksheet
NO_TEXT = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML has no characters for
MADE = datetime(2000, 1, 1)  # the same for all, so that the same marks give the same bytes


def write_workbook(path: Path, head: Sequence[str], rows: Iterable[Row]) -> None:
    """A workbook of one table, text as text and numbers as numbers; rows beyond the most that one can have are not."""
    # XlsxWriter writes a row as it comes; openpyxl takes half a second to load, and longer for a row than marking does.
    made = BytesIO()  # written whole, or not at all
    with Workbook(made, {"constant_memory": True}) as book:
        book.set_properties({"created": MADE})
        sheet = book.add_worksheet("gradebook")
        sheet.freeze_panes(1, 0)
        # An id keeps its zeros, and no edit makes a formula of it.
        text, bold = book.add_format({"num_format": "@", "quote_prefix": True}), book.add_format({"bold": True})
        for column, name in enumerate(head):
            sheet.write_string(0, column, _shown(name), bold)
        for place, row in zip(range(1, MOST_ROWS), rows, strict=False):
            for column, cell in enumerate(row):
                if isinstance(cell, int | float):
                    sheet.write_number(place, column, cell)
                elif cell != "":
                    sheet.write_string(place, column, _shown(cell), text)
    path.write_bytes(made.getvalue())


def _shown(cell: object) -> str:
    return NO_TEXT.sub("\ufffd", str(cell))[:LONGEST_CELL]
