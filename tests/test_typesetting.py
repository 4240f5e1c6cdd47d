"""PDF without TeX: the same bytes each time, a field for each entry, and words that print as they were typed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2
import pytest
from classroom import SET, TINY, small_set

from course.records import SheetRecord
from printing.typesetting import pdf, png, svg
from worksheets import load_problem
from worksheets.graph import drawings
from worksheets.preview import preview_sheet
from worksheets.problem import bundled_problems
from worksheets.sheet import Sheet

HOSTILE = [
    r"\input{/etc/passwd}",
    "50% & _co_",
    '#read("/etc/passwd")',
    '"); #panic("x',
    "$x^2$ *bold* _it_ `code` <label> @ref",
    "= Title",
    "// comment /* here */",
    "Ω δοκιμή ñandú — “quoted” ’s",
    "a\\",
    "[x] #[y] #{1+1}",
]


def fields(data: bytes) -> dict[str, Any]:
    with pikepdf.open(io.BytesIO(data)) as file:
        return {
            str(field.T): {
                "tip": str(field.TU),
                "value": str(field.get("/V", "")),
                "read_only": bool(int(field.get("/Ff", 0)) & 1),
                "rect": [float(x) for x in field.Rect],
            }
            for field in file.Root.AcroForm.Fields  # type: ignore[attr-defined]
        }


def words(data: bytes) -> str:
    """The text of a PDF, blanks apart."""
    pages = pypdfium2.PdfDocument(data)
    return "".join("".join(page.get_textpage().get_text_bounded().split()) for page in pages)


@pytest.mark.parametrize("name", bundled_problems())
def test_there_is_a_field_for_each_entry_and_one_for_the_sheet(name: str) -> None:
    sheet = load_problem(name).variant(seed=3)
    found = fields(sheet.print("pdf"))
    identity = found.pop("sheet")
    assert (identity["value"], identity["read_only"]) == ("SEED-3", True)
    places = {
        f"1-{line.name.replace('_', '--')}-{i + 1}-{j + 1}": f"1.{line.name}"
        + (f" row {i + 1} column {j + 1}" if line.shape else "")
        for line in sheet.set.problems[0].lines
        if line.asked
        for i, j in np.ndindex(*(line.shape or (1, 1)))
    }
    assert {field: found[field]["tip"] for field in found} == places
    assert not any(field["read_only"] or field["value"] for field in found.values())
    for field in found.values():
        left, bottom, right, top = field["rect"]
        assert 0 < left < right < 596
        assert 0 < bottom < top < 842
        assert right - left > 28, "room for −0.1234"
        assert top - bottom > 19, "room for a pen"


def test_fields_do_not_lie_over_each_other() -> None:
    sheet = load_problem("attention-backprop").adapted({"n": 4, "d": 4, "d_k": 3, "d_v": 3}, {}).variant(seed=1)
    with pikepdf.open(io.BytesIO(sheet.print("pdf"))) as file:
        for page in file.pages:
            rects = [[float(x) for x in field.Rect] for field in page.get("/Annots", [])]  # type: ignore[attr-defined]
            for k, (left, bottom, right, top) in enumerate(rects):
                for other in rects[k + 1 :]:
                    apart = other[0] >= right or other[2] <= left or other[1] >= top or other[3] <= bottom
                    assert apart


@pytest.mark.parametrize("solution", [False, True])
def test_the_same_sheet_gives_the_same_bytes(solution: bool) -> None:
    sheet = load_problem("attention-backprop").variant(seed=3)
    assert sheet.print("pdf", solution) == sheet.print("pdf", solution)


@pytest.mark.parametrize("typed", HOSTILE)
def test_names_and_titles_print_as_typed(tmp_path: Path, typed: str) -> None:
    problem = TINY.replace('title = "Tiny"', f"title = '''{typed}'''")
    sheet = preview_sheet(small_set(tmp_path, SET.replace('"Practice sheet"', f"'''{typed}'''"), problem))
    named = Sheet(sheet.set, SheetRecord("PREV-1EWS", "s1", sheet.record.given, {"name": typed}))
    for solution in (False, True):
        shown = words(named.print("pdf", solution))
        # The set's title in the heading and at the head of each page, the problem's, and the name.
        assert shown.count("".join(typed.split())) >= 4, shown[:200]


def test_a_matrix_of_twelve_columns_stays_on_the_paper(tmp_path: Path) -> None:
    wide = TINY.replace("n = 2", "n = 12")
    found = fields(preview_sheet(small_set(tmp_path, SET + 'ask = ["z", "dW"]\n', wide)).print("pdf"))
    assert len(found) == 1 + 12 + 144
    assert max(field["rect"][2] for field in found.values()) < 596 - 40


@pytest.mark.parametrize("name", bundled_problems())
def test_every_computation_can_be_drawn(name: str) -> None:
    drawn = drawings(load_problem(name).variant(seed=1).set.problems[0])
    assert drawn
    for source in drawn:
        assert svg(source).startswith("<svg")
        assert png(source, 60).startswith(b"\x89PNG")


def test_a_page_without_fields_is_no_form() -> None:
    with pikepdf.open(io.BytesIO(pdf("Words."))) as file:
        assert "/AcroForm" not in file.Root
