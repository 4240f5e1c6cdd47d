"""Tables for people: as CSV and as a workbook, both of which spreadsheet programs open with names right."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

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


# --- workbooks: written by hand, since openpyxl takes half a second to load and longer for a row than marking does ----

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE = "http://schemas.openxmlformats.org"
MAIN = f"{OFFICE}/spreadsheetml/2006/main"
LINKS = f"{OFFICE}/officeDocument/2006/relationships"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{OFFICE}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    + "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        f'spreadsheetml.{kind}+xml"/>'
        for part, kind in (("workbook", "sheet.main"), ("table", "worksheet"), ("styles", "styles"))
    )
    + "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{OFFICE}/package/2006/relationships">'
    f'<Relationship Id="a" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{OFFICE}/package/2006/relationships">'
    f'<Relationship Id="a" Type="{LINKS}/worksheet" Target="table.xml"/>'
    f'<Relationship Id="b" Type="{LINKS}/styles" Target="styles.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><bookViews><workbookView/></bookViews>'
    '<sheets><sheet name="gradebook" sheetId="1" r:id="a"/></sheets></workbook>',
    # Three formats: numbers, text (an id keeps its zeros, and no edit makes a formula of it), the head in bold.
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1">'
    '<border/></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3">'
    + "".join(
        f'<xf numFmtId="{number}" fontId="{font}" fillId="0" borderId="0" xfId="0"{more}/>'
        for number, font, more in (
            (0, 0, ""),
            (49, 0, ' applyNumberFormat="1" quotePrefix="1"'),
            (0, 1, ' applyFont="1"'),
        )
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
BEGIN = (
    f'<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MOST_ROWS, LONGEST_CELL = 1_048_576, 32_767  # of a worksheet


def write_workbook(path: Path, head: Sequence[str], rows: Iterable[Row]) -> None:
    """A workbook of one table, text as text and numbers as numbers; rows beyond the most that one can have are not."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, part in PARTS.items():
            book.writestr(zipfile.ZipInfo(name), XML + part)
        with book.open(zipfile.ZipInfo("xl/table.xml"), "w") as sheet:
            sheet.write(f"{XML}{BEGIN}<row>{''.join(_cell(name, 2) for name in head)}</row>".encode())
            for row, _ in zip(rows, range(MOST_ROWS - 1), strict=False):
                sheet.write(f"<row>{''.join(map(_cell, row))}</row>".encode())
            sheet.write(b"</sheetData></worksheet>")


def _cell(value: object, style: int = 1) -> str:
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    if value == "":
        return "<c/>"
    text = str(value)[:LONGEST_CELL]
    text = escape(text if text.isprintable() else NO_XML.sub("\ufffd", text), quote=False)
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{text}</t></is></c>'
