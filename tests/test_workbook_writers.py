"""Workbooks as many programs write them: whatever a program makes of looks and properties, the numbers are read."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blank_pages import SHEET_ID
from handing_in import answers, how
from openpyxl.workbook.defined_name import DefinedName
from test_workbooks import READ, changed, typed


def rewritten(data: bytes, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> bytes:
    """The workbook with its parts as another program writes them; None leaves a part out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in parts.namelist():
            if (part := change(name, parts.read(name))) is not None:
                copy.writestr(*part)
    return out.getvalue()


def replacing(part: str, old: bytes, new: bytes) -> Callable[[str, bytes], tuple[str, bytes]]:
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        if not re.search(part, name):
            return name, data
        return name, re.sub(old, new, data)

    return change


MAIN = rb"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = rb"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = rb"http://purl.oclc.org/ooxml/spreadsheetml/main"
WRITTEN: dict[str, Callable[[str, bytes], tuple[str, bytes] | None]] = {
    "no properties": lambda name, data: None if name.startswith("docProps") else (name, data),
    "properties of no meaning": replacing("docProps/", rb"<[^?/][^>]*>[^<]*", rb"<x>"),
    "no styles": lambda name, data: None if name.endswith("styles.xml") else (name, data),
    "styles of no meaning": replacing("styles.xml", rb'(rgb|theme|patternType|val|horizontal)="[^"]*"', rb'\1="?"'),
    "broken styles": replacing("styles.xml", rb"</styleSheet>", b""),
    "no size": replacing("sheet1.xml", rb"<dimension[^>]*/>", b""),
    "a wrong size": replacing("sheet1.xml", rb"<dimension[^>]*/>", b'<dimension ref="A1"/>'),
    "views of no meaning": replacing("sheet1.xml", rb"<sheetViews>.*</sheetViews>", b'<sheetViews pane="?"/>'),
    "a drawing that is not there": replacing("sheet1.xml", rb"</worksheet>", b'<drawing id="rId99"/></worksheet>'),
    "strict": lambda name, data: (name, data.replace(MAIN, STRICT).replace(RELATIONS, b"http://purl.oclc.org/r")),
    "strict relations": replacing(".rels", RELATIONS, rb"http://purl.oclc.org/ooxml/officeDocument/relationships"),
    "prefixes": replacing("sheet1.xml", rb"<(/?)(?=[a-zA-Z])", rb"<\1x:"),
    "absolute targets": replacing("xl/_rels", rb'Target="/?(?:xl/)?(?=[a-z])', rb'Target="/xl/'),
    "relative targets": replacing("xl/_rels", rb'Target="/?(?:xl/)?(?=[a-z])', rb'Target="'),
    "backslashes": lambda name, data: (name.replace("/", "\\"), data),
    "cells without places": replacing("sheet1.xml", rb'<(c|row) r="[^"]*"', rb"<\1"),
    "another name": lambda name, data: (name.replace("workbook.xml", "workbook2.xml"), data),
}  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN)
def test_how_a_program_writes_the_rest_does_not_matter(tmp_path: Path, written: str) -> None:
    cells = {"B3": 1, "C3": "2", "B4": "6/2", "C4": 4, "B6": "−0,5"}
    whole = typed(**cells)
    if written == "prefixes":
        whole = rewritten(whole, replacing("sheet1.xml", rb" xmlns=", rb" xmlns:x="))
    if written == "cells without places":  # where empty rows and cells are written too
        empty = {f"{letter}{row}": "" for row in range(1, 9) for letter in "BC"} | {
            "A2": "",
            "A4": "",
            "A5": "",
            "A7": "",
        }
        whole = typed(**empty | {"B1": SHEET_ID} | cells)
    data = rewritten(whole, WRITTEN[written])
    assert data != whole
    for name in ("s.xlsx", "s.xlsm"):
        found = answers(tmp_path, name, data)
        assert [how(found["1.dW_Q"], (2, 2)), how(found["1.loss"])] == [READ, "read as -0.5"]


def test_texts_as_programs_store_them(tmp_path: Path) -> None:
    for cell in (
        '<c r="B6" t="inlineStr"><is><t>−0.5</t></is></c>',
        '<c r="B6" t="inlineStr"><is><r><t>−0</t></r><r><t>.5</t></r><rPh sb="0" eb="1"><t>5</t></rPh></is></c>',
        '<c r="B6" t="str"><f>"-0.5"</f><v>-0.5</v></c>',
        '<c r="B6" t="n" s="99"><v>-0.5</v></c>',
        '<c r="B6" t="str"><v>-0.5_x000A_</v></c>',
    ):  # fmt: skip
        data = rewritten(typed(B6=7), replacing("sheet1.xml", rb'<c r="B6".*?</c>', cell.encode()))
        assert how(answers(tmp_path, "s.xlsx", data)["1.loss"]) == "read as -0.5"


@pytest.mark.parametrize(
    "code", ["yyyy-mm-dd", "d. mmm", "[h]:mm", '0.0"d"', "[Red]0.00", "0.00E+00", "General", "_-* #,##0.00_-"]
)
def test_only_dates_are_called_dates(tmp_path: Path, code: str) -> None:
    def change(book: Any) -> None:
        book.active["B6"] = 46082.5
        book.active["B6"].number_format = code

    told = "made a date" in how(answers(tmp_path, "s.xlsx", changed(change))["1.loss"])
    assert told == (code in ("yyyy-mm-dd", "d. mmm", "[h]:mm"))


def copied(first: dict[str, Any], second: dict[str, Any], names: bool, before: bool) -> bytes:
    """A workbook with a tab that was copied, its names with it or not, and what was typed into each."""

    def change(book: Any) -> None:
        tab = book.active
        other = book.copy_worksheet(tab)
        other.title = "Problem 1's (2)"
        for which, cells in ((tab, first), (other, second)):
            for cell, value in cells.items():
                which[cell] = value
        if names:
            for name, definition in book.defined_names.items():
                cells = definition.attr_text.rpartition("!")[2]
                other.defined_names[name] = DefinedName(name, attr_text=f"'Problem 1''s (2)'!{cells}")
        if before:
            book.move_sheet(other, -1)

    return changed(change)


FILLED = {"B3": 1, "C3": 2, "B4": 3, "C4": 4}


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("before", [True, False])
def test_a_copied_tab_never_displaces_the_one_that_is_filled_in(tmp_path: Path, names: bool, before: bool) -> None:
    tabs: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
        (FILLED, {}),
        ({}, FILLED),
        ({"B3": 7, "B6": 0.5}, FILLED),
        (FILLED, {"C4": 9}),
    )
    for first, second in tabs:
        found = answers(tmp_path, "s.xlsx", copied(first, second, names, before))
        assert how(found["1.dW_Q"], (2, 2)) == READ
        assert how(found["1.loss"]) == ("read as 0.5" if "B6" in first else "blank")
