"""Sheets as workbooks: what each cell holds and is called, whatever the names, and the same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import openpyxl
import pytest
from classroom import SET, TINY, small_set

from worksheets import load_problem
from worksheets.blocks import legal
from worksheets.preview import preview_sheet
from worksheets.problem import bundled_problems
from worksheets.sheet import Sheet
from worksheets.tabs import tab_title

SHEETS = {name: load_problem(name).variant(seed=3) for name in bundled_problems()}


def read(sheet: Sheet, solution: bool = False) -> Any:
    data = sheet.print("xlsx", solution)
    assert data == sheet.print("xlsx", solution), "the same sheet is the same bytes"
    return openpyxl.load_workbook(io.BytesIO(data))


def cells(book: Any, definition: Any) -> Any:
    """The rows of a named area."""
    ((tab, place),) = definition.destinations
    found = book[tab][place.replace("$", "")]
    return found if isinstance(found, tuple) else ((found,),)


def answers(book: Any) -> dict[str, np.ndarray[Any, Any]]:
    """The entries of each answer by its label, in the order of the names answer_1, answer_2, …"""
    names = [name for name in book.defined_names if name != "sheet"]
    assert names == [f"answer_{i}" for i in range(1, len(names) + 1)]
    areas = [cells(book, book.defined_names[name]) for name in names]
    return {area[0][0].value: np.array([[cell.value for cell in row[1:]] for row in area]) for area in areas}


def texts(book: Any) -> list[str]:
    return [cell.value for tab in book for row in tab.iter_rows() for cell in row if isinstance(cell.value, str)]


def asked(sheet: Sheet) -> dict[str, tuple[int, ...]]:
    """Each answer's name and the shape of its entries."""
    return {
        f"{number}.{line.name}": line.shape or (1, 1)
        for number, problem in enumerate(sheet.set.problems, 1)
        for line in problem.lines
        if line.asked
    }


def two_problems(folder: Path, text: str = SET, problem: str = TINY) -> Sheet:
    return preview_sheet(small_set(folder, text + '[[problem]]\nuse = "tiny.toml"\nask = ["backward"]\n', problem))


def check_answers(sheet: Sheet) -> None:
    """A blank for each entry in the sheet, and its value in the solution."""
    blank, solved = read(sheet), read(sheet, solution=True)
    ((cell,),) = cells(blank, blank.defined_names["sheet"])
    assert cell.value == sheet.record.sheet
    assert {name: area.shape for name, area in answers(blank).items()} == asked(sheet)
    assert not any(value is not None for area in answers(blank).values() for value in area.flat)
    for name, area in answers(solved).items():
        number, _, line = name.partition(".")
        decimals = sheet.set.problems[int(number) - 1].decimals
        exact = np.reshape(sheet.keys[int(number) - 1][line], area.shape)
        assert np.allclose(area.astype(float), exact, atol=0.5000001 * 10.0**-decimals, rtol=0)


@pytest.mark.parametrize("name", SHEETS)
def test_an_answer_is_a_named_area_with_a_cell_for_each_entry(name: str) -> None:
    check_answers(SHEETS[name])


def test_two_problems(tmp_path: Path) -> None:
    sheet = two_problems(tmp_path)
    check_answers(sheet)
    assert read(sheet).sheetnames == ["1 Tiny", "2 Tiny", "Notes"]
    assert read(sheet, solution=True).sheetnames == ["1 Tiny", "2 Tiny"]
    told = read(sheet)["2 Tiny"]
    for line in ("z", "p"):
        shown = [[cell.value for cell in row] for row in cells(read(sheet), told.defined_names[line])]
        assert np.allclose(shown, np.round(sheet.keys[1][line], 4), atol=1e-12)


@pytest.mark.parametrize("name", SHEETS)
def test_givens_are_numbers_with_names(name: str) -> None:
    sheet = SHEETS[name]
    book = read(sheet)
    tab = book.worksheets[0]
    for given in sheet.set.problems[0].given:
        if given.index is None and legal(given.name):
            area = cells(book, tab.defined_names[given.name])
            value = np.atleast_2d(np.asarray(sheet.record.given[0][given.name], dtype=float))
            assert [[cell.value for cell in row] for row in area] == value.tolist()
            assert tab.cell(area[0][0].row, 1).value == given.name
            assert all(re.fullmatch(r"0(\.0+)?|General", cell.number_format) for row in area for cell in row)


@pytest.mark.parametrize("name", SHEETS)
def test_entries_can_be_written_in(name: str) -> None:
    book = read(SHEETS[name])
    for definition in book.defined_names.values():
        for row in cells(book, definition):
            for cell in row[1:]:
                assert cell.number_format == "0.0000"
                assert cell.border.left.style == cell.border.bottom.style == "thin"
                assert cell.alignment.horizontal == "right"


@pytest.mark.parametrize("name", SHEETS)
@pytest.mark.parametrize("solution", [False, True])
def test_no_page_break_parts_a_matrix(name: str, solution: bool) -> None:
    book = read(SHEETS[name], solution)
    for tab in book:
        assert (tab.page_setup.paperSize, tab.page_setup.orientation) == (9, "portrait")
        assert not tab.print_options.gridLines
    tab = book.worksheets[0]
    assert tab.oddHeader.right.text == f"Sheet {SHEETS[name].record.sheet}"
    assert tab.oddFooter.center.text == "&P of &N"
    breaks = [0, *(found.id for found in tab.row_breaks.brk), tab.max_row]
    for definition in (*book.defined_names.values(), *tab.defined_names.values()):
        rows = {row[0].row for row in cells(book, definition)}
        assert not any(found in rows and found + 1 in rows for found in breaks)
    heights = [
        sum(tab.row_dimensions[row].height for row in range(above + 1, below + 1)) for above, below in pairwise(breaks)
    ]
    assert all(height * tab.page_setup.scale / 100 < 842 - 72 * 1.5 for height in heights)


@pytest.mark.parametrize("name", SHEETS)
def test_the_pictures_say_what_they_show(name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(SHEETS[name].print("xlsx"))) as parts:
        drawing = parts.read("xl/drawings/drawing1.xml").decode()
        assert re.findall(r'descr="(.*?)"', drawing) == [
            "The computation, forward",
            "Backward: the same edges, reversed",
        ]
        assert [part.date_time[:3] for part in parts.infolist() if part.date_time[:3] != (1980, 1, 1)] == []
        assert all(part.file_size < 60_000 for part in parts.infolist() if part.filename.endswith(".png"))


@pytest.mark.parametrize("name", SHEETS)
def test_a_solution_has_the_arithmetic_and_a_sheet_does_not(name: str) -> None:
    blank, solved = texts(read(SHEETS[name])), texts(read(SHEETS[name], solution=True))
    strings = SHEETS[name].solution()
    steps = [line for line in re.findall(r"^ {3,}(= .*)$", strings, re.MULTILINE) if len(line) < 60]
    assert steps
    assert set(steps) <= set(solved)
    assert not {step for step in steps if re.search(r"\.\d{3}", step)} & set(blank)
    assert any("never" not in text and "Type a number into each bordered cell" in text for text in blank)
    assert not any("bordered" in text for text in solved)


HOSTILE = (
    r"\input{/etc/passwd}",
    "50% & _co_",
    "$x$ <b> [a](javascript:x)",
    "=HYPERLINK(1)",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "#N/A",
    "TRUE",
    "12",
    "&P&D&&",
    "'quoted'",
    "a:b*c?d/e[f]g",
    "",
)


@pytest.mark.parametrize("typed", HOSTILE)
def test_names_and_titles_are_texts_and_never_formulas(tmp_path: Path, typed: str) -> None:
    drawn = two_problems(tmp_path)
    problems = tuple(
        msgspec.structs.replace(problem, title=typed, intro=re.sub(r"[{}]", "", typed))
        for problem in drawn.set.problems
    )
    sheet = Sheet(
        msgspec.structs.replace(drawn.set, title=typed, problems=problems),
        msgspec.structs.replace(drawn.record, roster={"name": f"{typed}\x00\x1b\x0b"}),
    )
    check_answers(sheet)
    for book in (read(sheet), read(sheet, solution=True)):
        assert all(cell.data_type in "sn" for tab in book for row in tab.iter_rows() for cell in row)
        found = texts(book)
        assert not any(re.search(r"[\x00-\x08\x0b-\x1f]", text) for text in found)
        assert (typed or "2. ") in "\n".join(found)
        assert all(cell.quotePrefix for tab in book for row in tab for cell in row if str(cell.value)[:1] in "=+@")
        assert len(set(book.sheetnames)) == len(book.sheetnames)
        assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]|^'|'$", name) for name in book.sheetnames)


def test_the_names_of_tabs() -> None:
    assert tab_title("1 Attention") == "1 Attention"
    assert tab_title("1 Full backpropagation through attention") == "1 Full backpropagation through"
    assert tab_title(r"2 a[b]:c*d?e/f\g'") == "2 a b c d e f g’"
    assert tab_title(f"3 {'x' * 40}") == f"3 {'x' * 29}"
    assert tab_title("4 ") == "4"


def test_names_that_a_spreadsheet_takes_for_places_are_not_given(tmp_path: Path) -> None:
    assert all(map(legal, ("X", "W_Q", "loss", "dW", "Q_new", "α", "eta", "abcd1", "answer", "row")))
    assert not any(map(legal, ("W1", "R", "c", "r1c1", "RC", "XFD1048576", "dW1", "true", "Sheet", "answer_12")))
    odd = TINY.replace("W", "w").replace('z = "x @ w"', 'W = "x @ w"\nR1 = "W"\nsheet = "R1"').replace("(z)", "(sheet)")
    sheet = two_problems(tmp_path, problem=odd)
    check_answers(sheet)
    names = [name for name in read(sheet).worksheets[0].defined_names if not name.startswith("_xlnm")]
    assert {"x", "w", "eta", "p", "loss", "dsheet", "w_new"} <= set(names)
    assert len({name.casefold() for name in names}) == len(names), "names differ by more than capitals"
    assert not {"R1", "sheet", "W"} & set(names)
