"""LaTeX: every page compiles as it is, under pdflatex on plain TeX Live, with nothing beyond the edge of the paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from classroom import SET, TINY, compiled, small_set

from worksheets import load_problem
from worksheets.preview import preview_sheet
from worksheets.problem import bundled_problems
from worksheets.sheet import Sheet


def widest_overfull(folder: Path) -> float:
    """How far the widest line sticks out, in points."""
    log = (folder / "page.log").read_text(encoding="latin-1")
    return max((float(x) for x in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)), default=0.0)


@pytest.mark.parametrize("solution", [False, True], ids=["sheet", "solution"])
@pytest.mark.parametrize("name", bundled_problems())
def test_every_bundled_problem_compiles(tmp_path: Path, name: str, solution: bool) -> None:
    sheet: Sheet = load_problem(name).variant(seed=3)
    compiled(sheet.print("tex", solution), tmp_path / "page")
    # The margin is 62 points wide: a formula that cannot be broken may reach into it, not beyond.
    assert widest_overfull(tmp_path / "page") < 40


@pytest.mark.parametrize("solution", [False, True], ids=["sheet", "solution"])
def test_a_sheet_of_many_columns_and_of_much_help_compiles(tmp_path: Path, solution: bool) -> None:
    text = SET + 'fade = "worked"\n[[problem]]\nuse = "attention-backprop"\nfade = "hints"\nsizes = { v = 7 }\n'
    sheet = preview_sheet(small_set(tmp_path, text, TINY.replace("n = 2", "n = 8")))
    compiled(sheet.print("tex", solution), tmp_path / "page")
    assert solution or widest_overfull(tmp_path / "page") < 40
