"""A sheet as a workbook: the blocks of a page placed on tabs, one tab a problem. Same input, same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter as letters
from openpyxl.utils.cell import quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from worksheets.blocks import Block, Tab, size_of
from worksheets.tabs import tabs

DATE = datetime(1980, 1, 1)
"""Of the workbook and every part of the archive: the time of printing would differ from run to run."""

A4, PAPER_WIDTH, PAPER_HEIGHT = 9, 518.0, 722.0
"""Its number in Excel, and the points that the margins leave of it, less a little, since fonts differ."""

_SMALL, _BOLD = {"size": 9, "color": "FF444444"}, {"size": 11, "bold": True}
_RIGHT, _LEFT = Alignment(horizontal="right", vertical="center"), Alignment(horizontal="left", vertical="center")
_ASIDE = Alignment(horizontal="left", vertical="center", indent=1)
_GREY, _LINED = Border(*[Side("hair", "FF888888")] * 4), Border(*[Side("thin")] * 4)

# Each style's font, alignment, borders, and the shade behind it.
_LOOKS: Mapping[str, tuple[Mapping[str, Any], Alignment, Border, str]] = {
    "title": ({"size": 16, "bold": True}, _LEFT, Border(), ""),
    "heading": ({"size": 13, "bold": True}, _LEFT, Border(), ""),
    "part": ({"size": 12, "bold": True}, _LEFT, Border(), ""),
    "label": (_BOLD, _LEFT, Border(), ""),
    "text": ({"size": 11}, _LEFT, Border(), ""),
    "note": (_SMALL, _LEFT, Border(), ""),
    "aside": (_SMALL, _ASIDE, Border(), ""),
    "head": (_SMALL, _RIGHT, Border(), ""),
    "given": ({"size": 11}, _RIGHT, _GREY, "FFF0F0F0"),
    "entry": ({"size": 11}, _RIGHT, _LINED, ""),
}


def _style(name: str) -> NamedStyle:
    """How a kind of cells looks; the program's users find it among their styles."""
    font, alignment, border, shade = _LOOKS[name]
    fill = PatternFill("solid", fgColor=shade) if shade else PatternFill()
    return NamedStyle(f"sheet {name}", font=Font(name="Calibri", **font), alignment=alignment, border=border, fill=fill)


def workbook(strings: Mapping[str, Any], pictures: Sequence[Sequence[bytes]]) -> bytes:
    """The workbook of a page's strings, with the pictures of each problem."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name in _LOOKS:
        book.add_named_style(_style(name))
    captions: list[str] = []
    for tab in tabs(strings, pictures):
        _place(book, _empty(book, tab, strings), tab)
        captions += [str(block.rows[0].cells[1][0]) for block in tab.blocks if block.picture]
    book.properties.creator, book.properties.title = "handprop", strings["title"]
    book.properties.created = book.properties.modified = DATE
    out = io.BytesIO()
    with _Archive(out, captions) as archive:
        ExcelWriter(book, archive).write_data()
    return out.getvalue()


def _empty(book: openpyxl.Workbook, tab: Tab, strings: Mapping[str, Any]) -> Worksheet:
    """A tab without its cells, set up for A4."""
    sheet: Worksheet = book.create_sheet(tab.title)
    for column, width in enumerate(tab.widths, 1):
        sheet.column_dimensions[letters(column)].width = width
    sheet.sheet_view.showGridLines = not tab.widths
    sheet.page_setup.paperSize, sheet.page_setup.orientation = A4, "portrait"
    # Excel passes over breaks between pages where it is to fit a width by itself: what fits is worked out here.
    sheet.page_setup.scale = _scale(tab.widths)
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.page_margins.top, sheet.page_margins.bottom = 0.8, 0.7
    kind = f" — {strings['says']['worked_solution'].lower()}" if strings["solution"] else ""
    # An ampersand begins a code in headers; two are one.
    sheet.oddHeader.left.text = f"{strings['title'][:60]}{kind}".replace("&", "&&")
    sheet.oddHeader.right.text = f"{strings['says']['sheet']} {strings['sheet']}"
    sheet.oddFooter.center.text = "&P of &N"
    return sheet


def _scale(widths: Sequence[float]) -> int:
    """Per cent at which the columns are as wide as the paper; a unit of width is a digit, of 5.25 points."""
    return min(100, int(100 * PAPER_WIDTH / sum(5.25 * width + 3.75 for width in widths))) if widths else 100


def _place(book: openpyxl.Workbook, sheet: Worksheet, tab: Tab) -> None:
    """The blocks below each other, a new page before one that would be cut."""
    page = 100 * PAPER_HEIGHT / sheet.page_setup.scale
    top, used = 0, 0.0
    for block in tab.blocks:
        if used and used + block.height > page:
            sheet.row_breaks.append(Break(id=top))
            used = 0.0
        used = (used + block.height) % page
        _fill(sheet, top, block)
        for name, area in block.areas.items():
            fixed = name == "sheet" or name.startswith("answer_")
            names = book.defined_names if fixed else sheet.defined_names
            if not any(name.lower() == other.lower() for other in names):
                where = f"{quote_sheetname(sheet.title)}!{area.below(top).reference}"
                names[name] = DefinedName(name, attr_text=where)
        top += len(block.rows)
    if tab.widths:
        sheet.print_area = f"A1:{letters(len(tab.widths))}{top}"


def _fill(sheet: Worksheet, above: int, block: Block) -> None:
    """The cells of a block, so many rows down."""
    for number, row in enumerate(block.rows, above + 1):
        sheet.row_dimensions[number].height = row.height
        for column, (value, style) in row.cells.items():
            cell = sheet.cell(number, column)
            cell.style = f"sheet {style}"
            cell.value = value
            if isinstance(value, str):
                # Whatever it begins with, a text is never a formula, and stays none when somebody edits the cell.
                cell.data_type = "s"
                if value[:1] in ("=", "+", "-", "@"):
                    cell.quotePrefix = True
            elif row.decimals:
                cell.number_format = f"0.{'0' * row.decimals}"
    if block.picture:
        shown = Image(io.BytesIO(block.picture))
        shown.width, shown.height = size_of(block.picture)
        sheet.add_image(shown, f"A{above + 2}")


class _Archive(zipfile.ZipFile):
    """An archive in which nothing depends on the time, and each picture says what it shows."""

    def __init__(self, out: io.BytesIO, captions: Sequence[str]) -> None:
        super().__init__(out, "w", zipfile.ZIP_DEFLATED)
        self._captions = iter(captions)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        self.writestr(arcname, Path(filename).read_bytes())

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        name = str(zinfo_or_arcname)
        if re.fullmatch(r"xl/drawings/drawing\d+\.xml", name):
            data = self._described(data)
        packed = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
        super().writestr(zipfile.ZipInfo(name, DATE.timetuple()[:6]), data, packed)

    def _described(self, drawing: bytes) -> bytes:
        """openpyxl calls every picture "Picture"; screen readers read what stands there."""
        return re.sub(rb'descr="Picture"', lambda _: f'descr="{next(self._captions)}"'.encode(), drawing)
