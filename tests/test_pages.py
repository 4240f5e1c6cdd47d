"""The pages: kept as golden files, so that a change is seen; and what every page must hold to.

`make pages` writes the golden files anew after a change that was meant.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classroom import SET, TINY, small_set

from grader import grade
from grader.feedback.formats import FEEDBACK
from grader.handed_in import Submission
from grader.readers.markdown import fill_markdown
from grader.submissions import submissions
from worksheets import load_problem
from worksheets.formats import FORMATS
from worksheets.preview import preview_sheet
from worksheets.problem import bundled_problems
from worksheets.sheet import Sheet

TEXTS = [ending for ending in FORMATS if ending in ("md", "tex")]

GOLDEN = Path(__file__).parent.parent / "examples"
SHEET = load_problem("attention-backprop").variant(seed=7)


def rounded(sheet: Sheet) -> dict[str, Any]:
    """The key as a student would write it down, problem by problem."""
    return {
        f"{number}.{name}": np.round(value, problem.decimals).tolist()
        for number, (problem, key) in enumerate(zip(sheet.set.problems, sheet.keys, strict=True), 1)
        for name, value in key.items()
    }


def feedback(ending: str = "md") -> str:
    """What is told of a sheet with something of everything."""
    answers = rounded(SHEET)
    answers |= {
        "1.K": "[[1, 2], [3, 4]]",
        "1.scores": "",
        "1.weights": "[[0.5, 0.5], [0.5]]",
        "1.loss": "1 234",
        "1.dlogits": [["", 0.1, "", 0.2]],
        "1.dR": "1",
        "1.dQ": (-np.asarray(answers["1.dQ"])).tolist(),
    }
    return FEEDBACK[ending](SHEET.set, SHEET.record, grade(SHEET, answers)).decode()


PAGES = {
    "sheet.md": lambda: SHEET.print("md").decode(),
    "sheet.tex": lambda: SHEET.print("tex").decode(),
    "solution.md": lambda: SHEET.print("md", solution=True).decode(),
    "solution.tex": lambda: SHEET.print("tex", solution=True).decode(),
    "feedback.md": feedback,
    "feedback.html": lambda: feedback("html"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_it_was(name: str) -> None:
    page, golden = PAGES[name](), GOLDEN / name
    if os.environ.get("HANDPROP_REWRITE") == "1":
        GOLDEN.mkdir(exist_ok=True)
        golden.write_bytes(page.encode("utf-8"))
    kept = golden.read_text(encoding="utf-8") if golden.exists() else ""
    if page.splitlines() != kept.splitlines():
        here = next(
            (i for i, (a, b) in enumerate(zip(page.splitlines(), kept.splitlines(), strict=False), 1) if a != b),
            1 + min(len(page.splitlines()), len(kept.splitlines())),
        )
        pytest.fail(f"{name} has changed, from line {here} on. If this is meant: make pages, and look at git diff.")


# --- sheet and solution -----------------------------------------------------------------------------------------------


def test_both_sheet_and_solution_are_one_template() -> None:
    folder = Path(__file__).parent.parent / "templates"
    assert {path.name for path in folder.glob("*.jinja")} >= {f"sheet.{ending}.jinja" for ending in TEXTS}
    assert not list(folder.glob("*solution*"))


def before_the_answers(page: str) -> str:
    """From what is given to the first task: what a sheet and its solution share."""
    start, end = page.index("Given"), page.index("Forward pass")
    return page[start:end]


@pytest.mark.parametrize("ending", TEXTS)
@pytest.mark.parametrize("name", bundled_problems())
def test_sheet_and_solution_share_all_but_the_answers(name: str, ending: str) -> None:
    sheet = load_problem(name).variant(seed=3)
    blank, solved = sheet.print(ending).decode(), sheet.print(ending, solution=True).decode()
    assert before_the_answers(blank) == before_the_answers(solved)
    blanks = len(re.findall(r"_{4,}|(?<!newcommand\{)\\blank\b", blank.partition(r"\begin{document}")[2] or blank))
    entries = sum(int(np.prod(line.shape or (1,))) for line in sheet.set.problems[0].lines if line.asked)
    assert blanks == entries
    assert not re.search(r"_{4,}|\\blank\b", solved.partition(r"\begin{document}")[2] or solved)
    for line in sheet.set.problems[0].lines:
        label = f"{1}.{line.name}".replace("_", r"\_" if ending == "tex" else "_")
        assert label in blank
        assert label in solved


@pytest.mark.parametrize("name", bundled_problems())
def test_a_sheet_shows_no_answer_and_a_solution_all(name: str) -> None:
    sheet = load_problem(name).variant(seed=5)
    blank, solved = sheet.markdown(), sheet.solution()
    given = {f"{abs(x):.4f}" for v in sheet.record.given[0].values() for x in np.ravel(np.asarray(v, dtype=float))}
    for value in sheet.key.values():
        for x in np.ravel(value):
            shown = f"{abs(x):.4f}"
            assert shown.rstrip("0").rstrip(".") in solved  # a number that stands at the end of its arithmetic alone
            if shown not in given and len(shown.rstrip("0")) == 6:
                assert shown not in blank


def test_the_solution_shows_formula_symbols_arithmetic_and_result() -> None:
    page = SHEET.solution()
    section = page[page.index("1.dscaled") :]
    section = section[: section.index("1.dscores")]
    assert "weights" in section
    assert "=" in section
    assert f"{SHEET.key['dscaled'][1][0]:.4f}".lstrip("-") in section


# --- a sheet that is filled in ----------------------------------------------------------------------------------------


def handed_in(folder: Path, page: str) -> Submission:
    path = folder / "sheet.md"
    path.write_text(page, encoding="utf-8")
    (found,) = submissions([path])
    assert isinstance(found, Submission), found
    return found


def course_sheet(folder: Path, text: str, problem: str = TINY) -> Sheet:
    return preview_sheet(small_set(folder, text, problem))


ATTENTION = 'title = "x"\n[[problem]]\nuse = "attention-backprop"\nsizes = { n = 3, d_k = 1 }\n'


@pytest.mark.parametrize(
    "text",
    [SET, ATTENTION, ATTENTION + 'ask = ["backward"]\n', SET + '[[problem]]\nuse = "attention-backprop"\n'],
    ids=["small", "attention", "backward only", "two problems"],
)
def test_a_filled_in_sheet_gives_the_marks_of_the_same_answers_in_json(tmp_path: Path, text: str) -> None:
    sheet = course_sheet(tmp_path, text)
    asked = set(sheet.blank_answers()["answers"])
    answers = {name: value for name, value in rounded(sheet).items() if name in asked}
    answers[min(asked)] = ""
    found = handed_in(tmp_path, fill_markdown(sheet.markdown().encode(), answers).decode())
    assert found.sheet == sheet.record.sheet
    assert set(found.answers) == asked
    typed, sent = grade(sheet, found.answers), grade(sheet, answers)
    assert [(line.name, line.entries, line.score, line.read) for line in typed.lines] == [
        (line.name, line.entries, line.score, line.read) for line in sent.lines
    ]
    assert {line.name: line.verdict for line in typed.lines if line.verdict != "correct"} == {min(asked): "blank"}


def test_an_empty_sheet_is_all_blank(tmp_path: Path) -> None:
    sheet = course_sheet(tmp_path, ATTENTION)
    marks = grade(sheet, handed_in(tmp_path, sheet.markdown()).answers)
    assert {line.verdict for line in marks.lines} == {"blank"}
    assert marks.notes == ()


@pytest.mark.parametrize(
    "name", ["s", "end", "alpha_1", "sigma", "Loss", "x1y", "a_b_c", "graph", "given", "np", "sheet"]
)
def test_any_name_prints(tmp_path: Path, name: str) -> None:
    odd = TINY.replace('z = "x @ W"', f'{name} = "x @ W"').replace("softmax(z)", f"softmax({name})")
    sheet = course_sheet(tmp_path, SET, odd)
    for ending in TEXTS:
        assert sheet.print(ending)
        assert sheet.print(ending, solution=True)
    answers = rounded(sheet)
    found = handed_in(tmp_path, fill_markdown(sheet.markdown().encode(), answers).decode())
    assert set(found.answers) == set(answers)


def test_a_given_with_many_decimals_prints_as_it_is(tmp_path: Path) -> None:
    text = SET + "given = { eta = { value = 0.125 }, x = { values = [[1.25, -3]] } }\n"
    page = course_sheet(tmp_path, text).markdown()
    assert "0.125" in page
    assert re.search(r"1\.25\s+-3\.00|1\.25\s+-3\b", page)


def test_feedback_shows_how_an_answer_was_read_where_it_was() -> None:
    page = feedback()
    assert "**1.dQ** was read as\n\n```\n[       0 " in page
    assert "**1.loss** was read as" not in page
    assert "digits are not joined over a blank, so “234” is a second number" in page
    assert "“1.dR” is not the name of an answer on this sheet" in page
