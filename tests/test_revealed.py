"""What feedback reveals of the right answers: no more than the set allows, worked on the student's own numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from feedback_pages import (
    ATTENTION,
    EVERY,
    FORMULAS,
    MARKS,
    READ,
    SAID,
    in_decimals,
    printed,
    revealing,
    said,
    squeezed,
)

from backprop.notation import PLAIN, Printer
from grader import grade
from grader.feedback.formats import FEEDBACK
from grader.feedback.page import LEVELS
from grader.marking.marks import LineMarks, Marks
from worksheets import load_problem
from worksheets.problem import Problem, bundled_problems
from worksheets.sheet import Sheet


def values_of(value: Any) -> set[str]:
    return {f"{x:.4f}" for x in np.ravel(np.asarray(value, dtype=float))}


def numbers_on(ending: str, level: str, marks: Marks = MARKS) -> set[str]:
    """The numbers with four decimals on a page, as right values are printed."""
    words = READ[ending](printed(ending, level, marks)).replace("−", "-")
    return set(re.findall(r"-?\d+\.\d{4}(?!\d)", words))


def not_right() -> Iterator[LineMarks]:
    return (line for line in MARKS.lines if line.verdict != "correct")


def telling(line: LineMarks) -> set[str]:
    """The key's values of a line that no right answer of the student shows, nor what was read."""
    shown = {f"{x:.4f}" for other in MARKS.lines for row in other.read for x in row if x is not None}
    return {x for x in values_of(ATTENTION.key[line.name[2:]]) if not x.endswith("0")} - shown


@pytest.mark.parametrize("ending", FEEDBACK)
def test_the_right_values_are_told_from_answers_on_and_not_before(ending: str) -> None:
    assert sum(bool(telling(line)) for line in not_right()) > 5
    for level in LEVELS:
        shown = numbers_on(ending, level)
        for line in not_right():
            if level in ("answers", "solution"):
                assert values_of(ATTENTION.key[line.name[2:]]) <= shown
            else:
                assert not telling(line) & shown


@pytest.mark.parametrize("ending", FEEDBACK)
def test_values_are_those_that_follow_and_where_they_differ_the_key_s(ending: str) -> None:
    page = said(ending, "answers")
    own = {line.name[2:]: np.asarray(line.read, dtype=float) for line in MARKS.lines if None not in np.ravel(line.read)}
    follows = own["dscores"].T @ own["Q"]
    assert values_of(follows) <= numbers_on(ending, "answers")
    assert not values_of(follows) <= numbers_on(ending, "marks")
    for says in ("Right for the numbers that you wrote earlier", "With every earlier line right", "The right answer"):
        assert squeezed(says).lower() in page.lower()
    assert squeezed(SAID) not in page


@pytest.mark.parametrize("ending", FEEDBACK)
def test_the_solution_works_out_what_is_not_right_on_the_student_s_numbers(ending: str) -> None:
    page = READ[ending](printed(ending, "solution"))
    wrong = [line for line in not_right() if line.verdict != "follows"]
    assert page.count(SAID) == len(wrong)
    assert squeezed(f"{SAID}, on the numbers that you wrote earlier") in squeezed(page)
    assert squeezed("enters its product transposed, so the gradient") in squeezed(page)
    if ending != "pdf":  # where formulas are text
        printer = Printer.of(ATTENTION.set.problems[0].model(), PLAIN, "loss")
        for line in wrong:
            asked = ATTENTION.set.problems[0].model().by_name[line.name[2:]]
            formula = f"{printer.name(asked.name)} = {printer.expression(asked.expression)}"
            assert squeezed(formula) in squeezed(page)
        q = np.asarray(MARKS.line("Q").read, dtype=float)
        assert f"× {q[0, 0]:.10g}" in page.replace("−", "-").replace("(", "").replace(")", "")


def test_numbers_that_nobody_can_work_with_give_way_to_the_key_s() -> None:
    answers = in_decimals(ATTENTION) | {"Q": [[1e299, -1e299], [1e12, 5]], "scores": [[1, 2], [3, 4]]}
    marks = grade(ATTENTION, answers)
    for ending in FEEDBACK:
        page = said(ending, "solution", marks)
        assert squeezed(f"{SAID}, on the key's numbers") in page
        assert "1e+299" in page
        assert not re.search(r"nan|inf\b", page)
        assert values_of(ATTENTION.key["scores"]) <= numbers_on(ending, "solution", marks)


def test_an_answer_that_is_a_formula_is_shown_the_right_one() -> None:
    """Its marks have no numbers, and its name ends in “.formula”."""
    sheet = FORMULAS.variant(seed=1)
    lines = tuple(
        msgspec.structs.replace(line, in_words={"formula": 1.0, "trace": 1.0}) if line.part == "backward" else line
        for line in sheet.set.problems[0].lines
    )
    problem = msgspec.structs.replace(sheet.set.problems[0], lines=lines)
    sheet = Sheet(msgspec.structs.replace(sheet.set, problems=(problem,)), sheet.record)
    marks = grade(sheet, {"dW.formula": "x @ dz", "dz.formula": "p +", "dW.trace": "dW"})
    wrong, unread = marks.line("dW.formula"), marks.line("dz.formula")
    assert (wrong.verdict, unread.verdict) == ("wrong", "unreadable")
    pages = {
        (ending, level): squeezed(READ[ending](FEEDBACK[ending](revealing(sheet.set, level), sheet.record, marks)))
        for ending, level in EVERY
    }
    for (_, level), page in pages.items():
        assert (squeezed(wrong.message) in page) is (level != "nothing")
        assert squeezed(unread.message) in page
        assert ("therightformula" in page.lower()) is (level in ("answers", "solution"))
        assert ("arightorder" in page.lower()) is (level in ("answers", "solution"))
    assert squeezed("∂L/∂W = xᵀ · ∂L/∂z") in pages["md", "answers"]
    assert squeezed("`∂L/∂z` → `∂L/∂W`").replace("`", "") in pages["md", "answers"].replace("`", "")


LARGE = load_problem("attention-backprop").adapted({"n": 4, "v": 8}, {})


@pytest.mark.parametrize("problem", [*map(load_problem, bundled_problems()), LARGE], ids=[*bundled_problems(), "large"])
def test_every_problem_s_lines_can_be_worked_out_for_a_student(problem: Problem) -> None:
    sheet = problem.variant(seed=2)
    sheet_set = revealing(sheet.set, "solution")
    full = {line: np.add(value, 1).tolist() for line, value in sheet.key.items()}
    for answers in ({}, full):
        marks = grade(sheet, answers)
        for ending in FEEDBACK:
            page = READ[ending](FEEDBACK[ending](sheet_set, sheet.record, marks))
            wrong = [line for line in marks.lines if line.verdict not in ("correct", "follows")]
            assert page.count(SAID) == len(wrong) > 0
