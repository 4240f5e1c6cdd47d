"""Workbooks as spreadsheet programs leave them: values, formulas, dates, errors, moved rows, bombs."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from blank_pages import SHEET_ID, blank_workbook
from handing_in import answers, how, one, reason
from openpyxl.workbook.defined_name import DefinedName

from grader.handed_in import Submission
from grader.readers.spreadsheet import DAMAGED, LOCKED
from grader.readers.workbook import FAR_LARGER, NO_NAMES, NO_SHEET, NONE_STORED

SHAPES = {"1.dW_Q": (2, 2), "1.loss": (), "1.dW_Q.formula": ()}
READ = "read as 2×2 [[1, 2], [3, 4]]"
FIRST, LOSS, FORMULA = "B3", "B6", "B8"  # where their entries begin


def changed(change: Callable[[Any], Any]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(blank_workbook(SHAPES)))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def typed(**cells: Any) -> bytes:
    def fill(book: Any) -> None:
        for name, value in cells.items():
            book.active[name] = value

    return changed(fill)


def stored(data: bytes, cell: str, formula: str, value: str, kind: str = "") -> bytes:
    """A formula with its result, as a program that calculates stores it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for part in parts.namelist():
            text = parts.read(part)
            if part == "xl/worksheets/sheet1.xml":
                put = f'<c r="{cell}"{kind}><f>{formula}</f><v>{value}</v></c>'.encode()
                text, count = re.subn(rb'<c r="%s"[^>]*?(?:/>|>.*?</c>)' % cell.encode(), put, text)
                assert count == 1
            copy.writestr(part, text)
    return out.getvalue()


def test_numbers_and_text_are_read_as_they_stand(tmp_path: Path) -> None:
    data = typed(B3=0.125, C3="−0.5", B4="1/3", C4=" 0,25 ", B6=7, B8="X.T @ dQ")
    found = one(tmp_path, "s.xlsx", data)
    assert isinstance(found, Submission)
    assert found.sheet == SHEET_ID
    assert how(found.answers["1.dW_Q"], (2, 2)) == "read as 2×2 [[0.125, -0.5], [0.3333333333, 0.25]]"
    assert found.answers["1.loss"] == [[7]]
    assert found.answers["1.dW_Q.formula"] == "X.T @ dQ"


def test_formulas_are_read_by_their_results(tmp_path: Path) -> None:
    data = stored(typed(B6=0, B3=1), LOSS, "SUM(B3:C4)/4", "0.25")
    assert answers(tmp_path, "s.xlsx", data)["1.loss"] == [[0.25]]


def test_formulas_without_results_are_told(tmp_path: Path) -> None:
    assert reason(tmp_path, "s.xlsx", typed(B3="=1/3", C3="=B3*2")) == NONE_STORED
    found = answers(tmp_path, "s.xlsx", typed(B3="=1/3", C3=2, B4=3, C4=4))
    assert how(found["1.dW_Q"], (2, 2)) == (
        "read as 2×2 [[?, 2], [3, 4]] Row 1, column 1: This formula has no stored result, as the program that wrote "
        "the file does not calculate: open the workbook in your spreadsheet program, save it there as .xlsx, and hand "
        "in that file."
    )


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (
            datetime.datetime(2026, 3, 1),
            "The spreadsheet made a date of what was typed. Type it again with an apostrophe in front, as in '1/3",
        ),
        (datetime.time(1, 30), "The spreadsheet made a date of what was typed."),
        (True, "Expected a number, got true/false."),
        (
            "#DIV/0!",
            "The spreadsheet shows the error #DIV/0!. Mend the formula in this cell, or type the number.",
        ),
        ("#NAME?", "The spreadsheet shows the error #NAME?."),
        ("abc", "Character 1: “abc” is not part of a number."),
    ],
)
def test_what_is_no_number_is_told(tmp_path: Path, value: Any, says: str) -> None:
    assert says in how(answers(tmp_path, "a.xlsx", typed(B6=value))["1.loss"])
    found = how(answers(tmp_path, "b.xlsx", typed(B3=1, C3=value))["1.dW_Q"], (2, 2))
    assert found.startswith("read as 2×2 [[1, ?], [____, ____]] Row 1, column 2")
    assert says.partition(": ")[2] in found


def test_errors_that_a_program_stored(tmp_path: Path) -> None:
    data = stored(typed(B6=0), LOSS, "1/0", "#DIV/0!", ' t="e"')
    assert "the error #DIV/0!" in how(answers(tmp_path, "s.xlsx", data)["1.loss"])
    # a formula of the sheet that was taken for one of the spreadsheet's
    data = stored(typed(B8="x"), FORMULA, "-dQ", "#NAME?", ' t="e"')
    assert answers(tmp_path, "s.xlsx", data)["1.dW_Q.formula"] == "#NAME?"


def moved(book: Any) -> None:
    """What a program does to the names when a row is put in inside an answer, and a column before it."""
    tab = book.active
    tab.insert_rows(4)
    tab.insert_cols(1)
    tab["C3"], tab["D3"], tab["C5"], tab["D5"], tab["C7"] = 1, 2, 3, 4, 5
    for name, cells in {"sheet": "$C$1", "answer_1": "$B$3:$D$5", "answer_2": "$B$7:$C$7"}.items():
        book.defined_names[name] = DefinedName(name, attr_text=f"'Problem 1''s'!{cells}")
    del book.defined_names["answer_3"]


def test_rows_and_columns_may_be_put_in(tmp_path: Path) -> None:
    found = answers(tmp_path, "s.xlsx", changed(moved))
    assert how(found["1.dW_Q"], (2, 2)) == "read as 2×2 [[1, 2], [3, 4]]"
    assert found["1.loss"] == [[5]]


def test_names_as_other_programs_write_them(tmp_path: Path) -> None:
    def libreoffice(book: Any) -> None:
        tab = book.active
        tab.title, tab["B6"] = "Sheet", 0.5
        book.defined_names.clear()
        for name, cells in {"sheet": "$Sheet.$B$1", "answer_1": "$Sheet.$A$3:$C$4"}.items():
            book.defined_names[name] = DefinedName(name, attr_text=cells)
        tab.defined_names["ANSWER_2"] = DefinedName("ANSWER_2", attr_text="Sheet!$A$6:$B$6")

    assert answers(tmp_path, "s.xlsx", changed(libreoffice))["1.loss"] == [[0.5]]


def nameless(book: Any) -> None:
    book.defined_names.clear()


def pointing_nowhere(book: Any) -> None:
    for name in book.defined_names:
        book.defined_names[name] = DefinedName(name, attr_text="#REF!")


@pytest.mark.parametrize("lose", [nameless, pointing_nowhere])
def test_answers_whose_names_are_gone_are_found_by_their_labels(tmp_path: Path, lose: Callable[[Any], None]) -> None:
    def change(book: Any) -> None:
        tab = book.active
        tab["G3"], tab["B3"], tab["C3"], tab["B4"], tab["C4"] = "x   (2 × 2, 3 marks)", 1, 2, 3, 4
        tab["B6"], tab["B8"] = "0,5", "X.T @ dQ"
        lose(book)

    found = answers(tmp_path, "s.xlsx", changed(change))
    assert [how(found["1.dW_Q"], (2, 2)), how(found["1.loss"])] == [READ, "read as 0.5"]
    assert found["1.dW_Q.formula"] == "X.T @ dQ"


def test_places_that_are_gone_are_told(tmp_path: Path) -> None:
    def emptied(book: Any) -> None:
        nameless(book)
        for row in book.active["A1:A9"]:
            row[0].value = None

    def empty_id(book: Any) -> None:
        book.active["B1"] = None

    def huge(book: Any) -> None:
        book.defined_names["answer_1"] = DefinedName("answer_1", attr_text="'Problem 1''s'!$A$1:$XFD$1048576")

    def huge_size(book: Any) -> None:
        nameless(book)
        book.active["G3"] = "(999 × 999, 2 marks)"

    assert reason(tmp_path, "a.xlsx", changed(emptied)) == NO_NAMES
    assert reason(tmp_path, "c.xlsx", changed(empty_id)) == NO_SHEET
    for name, change in {"d.xlsx": huge, "e.xlsx": huge_size}.items():
        assert reason(tmp_path, name, changed(change)) == FAR_LARGER


def test_a_label_that_was_changed_is_told_by_its_name(tmp_path: Path) -> None:
    assert set(answers(tmp_path, "a.xlsx", typed(A3="my answer", B3=1))) == {"my answer", "1.loss", "1.dW_Q.formula"}
    assert set(answers(tmp_path, "b.xlsx", typed(A3=None, B3=1))) == {"answer_1", "1.loss", "1.dW_Q.formula"}
    assert set(answers(tmp_path, "c.xlsx", typed(A3=None))) == {"1.loss", "1.dW_Q.formula"}


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_what_is_no_workbook_is_told(tmp_path: Path) -> None:
    assert reason(tmp_path, "a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)) == LOCKED
    assert reason(tmp_path, "b.xlsx", "1.dQ,0.5") == DAMAGED
    assert reason(tmp_path, "c.xlsx", zipped({"a.txt": b"hello"})) == DAMAGED
    assert reason(tmp_path, "d.xls", "x") == (
        "This is a workbook of another kind. In your spreadsheet program, save it as .xlsx, and hand that in."
    )


def test_bombs_are_not_unpacked(tmp_path: Path) -> None:
    bomb = zipped({"xl/workbook.xml": b" " * 40_000_000})
    assert reason(tmp_path, "a.xlsx", bomb) == (
        "This workbook unpacks to more than 30 MB. Hand in the sheet.xlsx alone."
    )
    whole = blank_workbook(SHAPES)
    with zipfile.ZipFile(io.BytesIO(whole)) as parts:
        inside = {name: parts.read(name) for name in parts.namelist()}
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    text = inside["xl/workbook.xml"]
    inside["xl/workbook.xml"] = b'<!DOCTYPE w [<!ENTITY l0 "ha">' + laughs + b"]>" + text.replace(b"1''s", b"&l11;")
    assert reason(tmp_path, "b.xlsx", zipped(inside))
