"""All formats of a sheet, and of its solution, say the same sentences."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import openpyxl
import pypdfium2
import pytest

from backprop.model import AGAIN, BACKWARD, FORWARD, UPDATE
from printing import phrases
from printing.styles.html import Html
from printing.styles.latex import Latex
from printing.styles.markdown import Markdown
from printing.styles.notebook import Notebook
from printing.styles.spreadsheet import Spreadsheet
from printing.styles.style import Style
from printing.styles.typst import Typst
from worksheets.formats import FORMATS
from worksheets.preview import preview_sheet
from worksheets.sheet import Sheet

SET = """
title = "All that can be asked"
formulas = true
[[problem]]
use = "attention-backprop"
fade = "hints"
sizes = { n = 4, d = 3 }
trace = ["W_Q"]
[[problem]]
use = "training-loop"
ask = ["update"]
"""

STYLES: Mapping[str, type[Style]] = {
    "md": Markdown,
    "tex": Latex,
    "pdf": Typst,
    "html": Html,
    "ipynb": Notebook,
    "xlsx": Spreadsheet,
}


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    path = tmp_path_factory.mktemp("set") / "set.toml"
    path.write_text(SET, encoding="utf-8")
    return preview_sheet(path)


def of_pdf(page: bytes) -> str:
    return "\n".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(page))


def of_html(page: bytes) -> str:
    body = re.sub(r"<(script|style)\b.*?</\1>", "", page.decode(), flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "", body))


def of_notebook(page: bytes) -> str:
    return "\n".join(cell.source for cell in nbformat.reads(page.decode(), as_version=4).cells)


def of_workbook(page: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(page))
    return "\n".join(str(c.value) for tab in book for row in tab.iter_rows() for c in row if c.value is not None)


TEXT: Mapping[str, Callable[[bytes], str]] = {
    "md": bytes.decode,
    "tex": bytes.decode,
    "pdf": of_pdf,
    "html": of_html,
    "ipynb": of_notebook,
    "xlsx": of_workbook,
}


def letters(text: str) -> str:
    """Words without what formats set differently: blanks, the ends of lines, quotation marks, escapes."""
    return re.sub(r"[^\w]|_", "", re.sub(r"\\(?:verb|textbf|texttt|ensuremath|textquotesingle)", "", text))


def said_in(sheet: Sheet, ending: str, solution: bool) -> str:
    return letters(TEXT[ending](FORMATS[ending](sheet, solution)))


def missing(page: str, phrase: str) -> list[str]:
    """What of a phrase a page lacks, between the places that are filled in."""
    pieces = (letters(piece) for piece in re.split(r"\{\w+\}", phrase))
    return [piece for piece in pieces if piece not in page]


ON_BOTH = [*(phrases.FIXED[key] for key in ("sheet", "given", "model", "trace")), phrases.TRAINABLE, phrases.TRACE_TASK]
ON_BOTH += [text for part in (FORWARD, BACKWARD, UPDATE, AGAIN) for text in phrases.PARTS[part]]
ON_BOTH += [phrases.OF_STEPS, phrases.INDEX]
ON_SHEETS = [phrases.DECIMALS, *(phrases.FIXED[key] for key in ("told", "hint", "a_formula"))]
ON_SOLUTIONS = [phrases.WORKED_SOLUTION.lower(), phrases.MORE, *(phrases.FIXED[k] for k in ("other_orders", "losses"))]


def test_every_format_is_asked() -> None:
    assert set(STYLES) == set(TEXT) == set(FORMATS)
    used = {*ON_BOTH, *ON_SHEETS, *ON_SOLUTIONS, *map(str.capitalize, ON_SOLUTIONS)}
    only_there = {phrases.FIXED["how"], phrases.FIXED["names_in_order"]}
    assert set(phrases.FIXED.values()) - used == only_there


@pytest.mark.parametrize("ending", FORMATS)
def test_a_sheet_says_every_phrase(sheet: Sheet, ending: str) -> None:
    page = said_in(sheet, ending, False)
    rules = phrases.rules(STYLES[ending], slips=True, formulas=True)
    for phrase in (*ON_BOTH, *ON_SHEETS, *rules):
        assert not missing(page, phrase), phrase


@pytest.mark.parametrize("ending", FORMATS)
def test_a_solution_says_every_phrase(sheet: Sheet, ending: str) -> None:
    page = said_in(sheet, ending, True)
    for phrase in (*ON_BOTH, *ON_SOLUTIONS):
        assert not missing(page, phrase), phrase
    assert missing(page, phrases.ROUNDING)


@pytest.mark.parametrize("ending", FORMATS)
def test_rules_that_are_not_for_this_sheet_are_left_out(ending: str) -> None:
    few = phrases.rules(STYLES[ending], slips=False, formulas=False)
    assert phrases.SLIPS not in few
    assert not any(rule.startswith("Where a formula") for rule in few)


def test_no_template_has_sentences_of_its_own() -> None:
    for template in Path(__file__).parent.parent.glob("templates/sheet.*.jinja"):
        text = letters(re.sub(r"\{\{.*?\}\}|<<.*?>>", "", template.read_text(encoding="utf-8")))
        for phrase in (*ON_BOTH, *ON_SHEETS, *ON_SOLUTIONS):
            longest = max(map(letters, re.split(r"\{\w+\}", phrase)), key=len)
            assert len(longest) < 12 or longest not in text, phrase
