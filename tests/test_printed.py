"""Whatever a sheet or its solution prints as a number, or as arithmetic with numbers in it, can be typed back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from test_reading import values

from backprop.entries import cells, entry_of
from backprop.evaluate import evaluate
from backprop.model import Line
from backprop.notation import LATEX, PLAIN, Printer, with_numbers
from backprop.work import Work, numbers
from grader.reading.answers import read
from printing.lines import Lines
from printing.styles.html import Html
from printing.styles.latex import Latex
from printing.styles.markdown import Markdown
from printing.styles.notebook import Notebook
from printing.styles.spreadsheet import Spreadsheet
from printing.styles.style import Style
from worksheets import load_problem
from worksheets.problem import bundled_problems
from worksheets.sheet import Sheet

STYLES: tuple[Style, ...] = (Markdown(), Latex(), Notebook(), Spreadsheet(), Html())
MATRIX = {PLAIN: ("[[{}]]", ", ", "], ["), LATEX: (r"\begin{{pmatrix}}{}\end{{pmatrix}}", " & ", r" \\ ")}


def drawn(name: str) -> Sheet:
    return load_problem(name).variant(seed=2)


def copied(page: str) -> str:
    """What a browser puts on the clipboard for a table."""
    text = re.sub("<[^>]*>", "", re.sub(r"</t[dh]>(?=<t[dh])", "\t", page).replace("</tr>", "\n"))
    return text.strip()


@pytest.mark.parametrize("style", STYLES, ids=lambda style: type(style).__name__)
@pytest.mark.parametrize("name", bundled_problems())
def test_values(name: str, style: Style) -> None:
    sheet = drawn(name)
    record = sheet.set.problems[0]
    lines = Lines(record, style)
    shown = {**sheet.record.given[0], **sheet.key}
    for quantity, shape in lines.model.scope.shapes.items():
        if quantity in lines.model.scope.indices or quantity not in shown:
            continue
        exact = np.asarray(shown[quantity], dtype=float).reshape(shape or (1, 1))
        for named in (True, False):
            text = lines.value(quantity, shown[quantity], record.decimals, named)
            text = copied(text) if isinstance(style, Html) else text
            found = np.array(values(read(text, tuple(map(int, shape)))), dtype=float)
            assert np.abs(found - exact).max() <= 0.51 * 10**-record.decimals, text


def arithmetic(sheet: Sheet, line: Line, style: str) -> Iterator[tuple[str, float]]:
    """Each entry of a line as it is worked, and what that comes to."""
    record = sheet.set.problems[0]
    model = record.model()
    written = numbers(model, {**sheet.record.given[0], **sheet.key}, record.decimals)
    known = {index: int(sheet.record.given[0][index]) for index in model.scope.indices}
    printer = Printer.of(model, style, record.loss)
    for i, j in cells(line.shape):
        worked = with_numbers(entry_of(line.expression, i, j, model.scope, known), written)
        yield printer.expression(worked), evaluate(worked, {}, {}).item()


@pytest.mark.parametrize("style", MATRIX)
@pytest.mark.parametrize("name", bundled_problems())
def test_arithmetic(name: str, style: str) -> None:
    sheet = drawn(name)
    for line in sheet.set.problems[0].model().lines:
        worked = list(arithmetic(sheet, line, style))
        for text, comes_to in worked:
            for typed in (text, f"= {text}", [[text]]):
                assert values(read(typed, (1, 1) if isinstance(typed, list) else ()))[0][0] == pytest.approx(comes_to)
        rows, columns = line.shape or (1, 1)
        around, between, row_ends = MATRIX[style]
        grid = [worked[i * int(columns) : (i + 1) * int(columns)] for i in range(int(rows))]
        whole = around.format(row_ends.join(between.join(text for text, _ in row) for row in grid))
        found = np.array(values(read(whole, (int(rows), int(columns)))), dtype=float)
        assert np.allclose(found, [[comes_to for _, comes_to in row] for row in grid], rtol=1e-9), whole


@pytest.mark.parametrize("style", MATRIX)
@pytest.mark.parametrize("name", bundled_problems())
def test_results(name: str, style: str) -> None:
    sheet = drawn(name)
    record = sheet.set.problems[0]
    model = record.model()
    written = numbers(model, {**sheet.record.given[0], **sheet.key}, record.decimals)
    work = Work(model, Printer.of(model, style, record.loss), record.decimals)
    for line in model.lines:
        written_down = {float(value) for (name, _, _), value in written.items() if name == line.name}
        for entry in work.entries(line, written)[0]:
            assert values(read(entry.steps[-1]))[0][0] in written_down
