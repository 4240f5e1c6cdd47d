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

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What begins a formula to a spreadsheet program."""


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Row]) -> None:
    """CSV: what a spreadsheet would take for a formula is kept as text (ids and numbers are left alone)."""
    # Excel takes a file without a byte order mark for one in the system's old encoding.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(map(_guarded, head))
        for row in rows:
            writer.writerow(
                [cell if column == "id" else _guarded(cell) for column, cell in zip(head, row, strict=True)]
            )


def _guarded(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in FORMULAS else cell


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
