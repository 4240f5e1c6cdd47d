"""Mistakes: each is named at its own line and costs nothing later; nothing is for nothing."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from mistake_rows import ATTENTION, SHEETS, SLIPS, Row, Slip, answers_to, attention_sheet, perceptron, slipped
from problem_rows import PROBLEM_SHEETS

from backprop.expressions import names
from backprop.language import parse
from backprop.mistakes import mistakes
from backprop.operations import OPERATIONS
from backprop.operations.record import Known
from grader import grade
from grader.handed_in import Submission
from grader.marking import slips
from grader.marking.marks import KINDS, Marks
from grader.marking.sheets import grade_all
from worksheets import load_problem
from worksheets.problem import Problem, bundled_problems
from worksheets.sheet import Sheet

SHEET = SHEETS[0][0]
KNOWN = [known for operation in OPERATIONS.values() for known in operation.mistakes]
ALL_SHEETS = [*SHEETS, *PROBLEM_SHEETS]
ROWS = [(sheet, row) for sheet, rows in ALL_SHEETS for row in rows]


# --- the lists --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: f"{known.right}: {known.wrong}")
def test_what_is_known_of_operations_can_be_worked(known: Known) -> None:
    bound = {*names(parse(known.right)), "other", "rows", "columns"}
    assert set(names(parse(known.wrong))) <= bound
    for formula in re.findall(r"\{(.*?)\}", known.says):
        assert set(names(parse(formula))) <= bound
    assert known.kind in KINDS


@pytest.mark.parametrize("sheet", [sheet for sheet, _ in ALL_SHEETS], ids=lambda sheet: sheet.set.problems[0].name)
def test_every_edit_has_a_kind_and_a_sentence(sheet: Sheet) -> None:
    model = sheet.set.problems[0].model()
    for line in model.lines:
        found = mistakes(model, line)
        assert line.expression not in [mistake.expression for mistake in found]
        for mistake in found:
            assert mistake.kind in KINDS
            assert len(mistake.says) < 260
            for formula in re.findall(r"\{(.*?)\}", mistake.says):
                parse(formula)


def test_every_kind_is_tested_in_words() -> None:
    assert set(re.findall(r'Mistake\(\s*"([a-z-]+)"', inspect.getsource(slips))) <= set(KINDS)
    assert {row.kind for _, row in ROWS} | {slip.kind for slip in SLIPS} == set(KINDS)


# --- named at their own line ------------------------------------------------------------------------------------------


def only(marks: Marks, name: str) -> None:
    """Only this line loses marks, but for later ones that its numbers make zero; nothing right is called a mistake."""
    assert marks.line(name).verdict == "wrong"
    for line in marks.lines:
        if line.name != f"1.{name}":
            assert line.verdict in ("correct", "follows"), line
            assert line.mistake is None, line
            unpaid = any(x == 0 for row in line.read for x in row) or "0 would be right too" in line.message
            assert line.score == line.out_of or unpaid, line


@pytest.mark.parametrize(("sheet", "row"), ROWS, ids=[f"{row.line} = {row.worked}" for _, row in ROWS])
def test_a_mistake_is_named(sheet: Sheet, row: Row) -> None:
    marks = grade(sheet, answers_to(sheet, {row.line: row.worked}))
    only(marks, row.line)
    line = marks.line(row.line)
    assert line.mistake is not None
    assert line.mistake.kind == row.kind
    assert row.says in line.mistake.says
    assert line.mistake.says in line.message


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.line}: {slip.what}")
def test_a_slip_of_the_pen_is_named(slip: Slip) -> None:
    marks = grade(SHEET, slipped(SHEET, slip))
    only(marks, slip.line)
    mistake = marks.line(slip.line).mistake
    assert mistake is not None
    assert mistake.kind == slip.kind
    assert slip.says in mistake.says


def test_an_answer_of_the_transposed_shape_is_named() -> None:
    sheet = SHEETS[1][0]
    answers = answers_to(sheet)
    answers["dW_Q"] = np.transpose(answers["dW_Q"]).tolist()
    line = grade(sheet, answers).line("dW_Q")
    assert (line.verdict, line.score) == ("unreadable", 0)
    assert line.mistake is not None
    assert line.mistake.kind == "transpose"
    assert "rows stand where columns belong" in line.message


def test_a_mistake_is_worked_on_the_student_s_own_numbers() -> None:
    """Two mistakes on one sheet: the second is named on the numbers that the first gave."""
    marks = grade(SHEET, answers_to(SHEET, {"Q": "X @ W_K", "dQ": "dscores.T @ K"}))
    kinds = {line.name: line.mistake.kind for line in marks.lines if line.mistake}
    assert kinds == {"1.Q": "wrong-operand", "1.dQ": "transpose"}


# --- no mistakes ------------------------------------------------------------------------------------------------------


def test_the_maximum_subtracted_before_exp_is_right() -> None:
    answers = answers_to(SHEET)
    scaled = np.round(answers["scaled"], 4)
    e = np.round(np.exp(scaled - scaled.max(axis=1, keepdims=True)), 4)
    answers["weights"] = np.round(e / np.round(e.sum(axis=1, keepdims=True), 4), 4).tolist()
    line = grade(SHEET, answers).line("weights")
    assert (line.verdict, line.mistake) == ("correct", None)


def test_a_scale_taken_into_q_costs_q_alone() -> None:
    answers = answers_to(SHEET)
    answers["Q"] = (np.asarray(answers["Q"]) / np.sqrt(3)).round(4).tolist()
    answers["scores"] = answers["scaled"]
    marks = grade(SHEET, answers)
    only(marks, "Q")
    assert marks.line("scores").verdict == "follows"
    for name in ("scaled", "dscaled", "dscores", "dQ", "dK", "dW_Q"):
        assert marks.line(name).verdict == "correct"


def test_a_right_value_after_a_wrong_one_is_no_mistake() -> None:
    marks = grade(SHEET, answers_to(SHEET) | {"Q": [[9, 8, 7], [6, 5, 4], [3, 2, 1]]})
    only(marks, "Q")
    assert {line.verdict for line in marks.lines} == {"wrong", "correct"}
    assert marks.line("Q").mistake is None


def test_one_that_further_rounding_explains_gets_a_word() -> None:
    answers, told = answers_to(SHEET), 0
    for name in ("output", "logits", "dweights", "dscaled", "dQ", "dW_Q", "probs_new", "dW_K", "dW_V"):
        for off, drift in ((0.9e-4, False), (1.5e-4, True)):
            changed = np.asarray(SHEET.key[name], dtype=float)
            changed[0, 0] += off
            line = grade(SHEET, answers | {name: changed.tolist()}).line(name)
            if line.entries[0][0] == "correct":
                says = "Exact work on your numbers gives" in line.message
                told += says
                if drift:
                    assert line.mistake is None
                    assert f"gives {SHEET.key[name][0][0]:.3f}"[:-1] in line.message
                    assert "what rounding on the way can do" in line.message
    assert told >= 3


# --- nothing for nothing ----------------------------------------------------------------------------------------------

Fill = Callable[[tuple[int, ...]], Any]


def copied(sheet: Sheet) -> dict[str, Fill]:
    """Each given copied into every place of its shape, and ones elsewhere."""
    givens = {name: np.atleast_2d(value) for name, value in sheet.record.given[0].items()}
    return {
        name: lambda shape, value=value: value if value.shape == shape else np.zeros(shape)
        for name, value in givens.items()
        if value.size > 1
    }


def filled(sheet: Sheet) -> Mapping[str, Marks]:
    """The marks for every line filled alike, by what it is filled with; "work": for the right answers."""
    lines = sheet.set.problems[0].lines
    fills: dict[str, Fill] = {"zeros": lambda s: np.zeros(s), "ones": lambda s: np.ones(s), "I": lambda s: np.eye(*s)}
    answers: dict[str, Any] = {
        what: {line.name: fill(line.shape).tolist() if line.shape else float(fill((1, 1))[0, 0]) for line in lines}
        for what, fill in (fills | copied(sheet)).items()
    }
    answers["work"] = answers_to(sheet)
    handed_in = [(sheet.record, Submission(what, sheet.record.sheet, typed)) for what, typed in answers.items()]
    return dict(zip(answers, grade_all(sheet.set, handed_in), strict=True))


@pytest.mark.parametrize("decimals", [3, 4])
@pytest.mark.parametrize(
    "problem",
    [load_problem("attention-backprop").adapted(s, {}) for s in ({}, {"n": 3, "d": 3, "d_k": 3, "d_v": 3}, {"n": 3})]
    + [perceptron()],
    ids=["2", "3", "3×2", "perceptron"],
)
def test_nothing_is_for_nothing(problem: Problem, decimals: int) -> None:
    for seed in range(2):
        for what, marks in filled(problem.variant(seed=seed, decimals=decimals)).items():
            if what == "work":
                assert marks.percent == 100
            else:
                assert marks.percent <= 3, (what, seed, [(x.name, x.score) for x in marks.lines if x.score])


@pytest.mark.parametrize("name", bundled_problems())
def test_nothing_is_for_nothing_in_any_bundled_problem(name: str) -> None:
    sheet = load_problem(name).variant(seed=1)
    # Whoever hands a gradient on as it is, where a sum does, has done what is asked of that line.
    passed_on = {f"1.{line.name}" for line in sheet.set.problems[0].lines if line.expression.isidentifier()}
    for what, marks in filled(sheet).items():
        if what == "work":
            assert marks.percent == 100
        else:
            assert sum(line.score for line in marks.lines if line.name not in passed_on) <= 0.04 * marks.out_of, what


def test_a_zero_of_this_sheet_earns_beside_work() -> None:
    """Of a unit that is off whole rows are 0: nobody earns them alone, and nobody who works the rest loses them."""
    sheet = next(sheet for sheet, _ in PROBLEM_SHEETS if sheet.set.problems[0].name == "relu-classifier")
    answers = answers_to(sheet)
    assert answers["dW_2"][1] == [0, 0, 0]
    alone = grade(sheet, {"dW_2": np.zeros((3, 3)).tolist()}).line("dW_2")
    assert (alone.entries[1], alone.score) == (("correct",) * 3, 0)
    beside = [answers["dW_2"][0], [0, 0, 0], [9, 9, 9]]
    assert grade(sheet, answers | {"dW_2": beside}).line("dW_2").score == 6


@pytest.mark.parametrize("decimals", [2, 3, 5])
def test_rows_are_named_at_other_decimals_or_not_at_all(decimals: int) -> None:
    """With fewer decimals some mistakes give the numbers of others; what is right stays right."""
    sheet = attention_sheet(decimals=decimals)
    for row in ATTENTION[:: 4 if decimals == 2 else 2]:
        marks = grade(sheet, answers_to(sheet, {row.line: row.worked}))
        for line in marks.lines:
            if line.verdict in ("correct", "follows"):
                assert line.mistake is None
            if line.name != f"1.{row.line}":
                assert line.verdict != "wrong"
