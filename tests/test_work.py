"""The arithmetic of worked solutions: what is written out comes to what is written down."""

from __future__ import annotations

import numpy as np
import pytest

from backprop.decimals import number_text
from backprop.entries import cells, entry_of
from backprop.evaluate import evaluate
from backprop.notation import LATEX, PLAIN, Printer, with_numbers
from backprop.operations.printed import STYLES
from backprop.work import MOST_NUMBERS, Work, numbers
from worksheets import load_problem
from worksheets.problem import bundled_problems
from worksheets.sheet import Sheet


def everything(sheet: Sheet) -> dict[str, object]:
    return {**sheet.record.given[0], **sheet.key}


@pytest.mark.parametrize("name", bundled_problems())
def test_the_arithmetic_of_every_entry_comes_to_its_number(name: str) -> None:
    sheet = load_problem(name).variant(seed=2)
    record = sheet.set.problems[0]
    model = record.model()
    written = numbers(model, everything(sheet), record.decimals)
    known = {index: int(sheet.record.given[0][index]) for index in model.scope.indices}
    for line in model.lines:
        value = np.asarray(sheet.key[line.name]).reshape(line.shape or (1, 1))
        for i, j in cells(line.shape):
            arithmetic = with_numbers(entry_of(line.expression, i, j, model.scope, known), written)
            came_to = evaluate(arithmetic, {}, {}).item()
            # The numbers that it is worked from are rounded: a few units, more where the line magnifies.
            assert came_to == pytest.approx(value[i, j], abs=0.02 * max(1, abs(value[i, j]))), (line.name, i, j)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", bundled_problems())
def test_every_entry_is_worked_or_counted(name: str, style: str) -> None:
    sheet = load_problem(name).variant(seed=2)
    record = sheet.set.problems[0]
    model = record.model()
    work = Work(model, Printer.of(model, style, record.loss), record.decimals)
    written = numbers(model, everything(sheet), record.decimals)
    for line, asked in zip(model.lines, record.lines, strict=True):
        found, more = work.entries(line, written, asked.always_zero)
        assert len(found) + more <= len(list(cells(line.shape))) - len(asked.always_zero)
        assert not more or found, "where there are too many, the first is worked all the same"
        for worked in found:
            assert worked.place
            assert worked.steps[-1].startswith(("=", "≈", r"\approx"))
            assert all(step.startswith("= ") for step in worked.steps[:-1])


def test_the_first_entry_is_in_symbols_too() -> None:
    sheet = load_problem("attention-backprop").variant(seed=7)
    record = sheet.set.problems[0]
    model = record.model()
    work = Work(model, Printer.of(model, PLAIN, "loss"), 4)
    written = numbers(model, everything(sheet), 4)
    (first, second, *_), more = work.entries(model.by_name["Q"], written)
    assert more == 0
    assert first.place == "Q[1,1]"
    assert first.steps == ("= X[1,1] × W_Q[1,1] + X[1,2] × W_Q[2,1]", "= (−0.9) × (−0.9) + 0.1 × 0.6", "= 0.87")
    assert second.steps == ("= (−0.9) × 0.3 + 0.1 × (−0.5)", "= −0.32")
    (loss,), _ = work.entries(model.by_name["loss"], written)
    assert loss.steps == ("= −ln(probs[1,3])", "= −ln(0.1252)", "≈ 2.0782")
    assert work.entries(model.by_name["context"], written) == ([], 0)
    assert work.in_symbols(model.by_name["context"], written) == ""
    assert work.in_symbols(model.by_name["Q"], written) == "Q[1,1] = X[1,1] × W_Q[1,1] + X[1,2] × W_Q[2,1]"


def test_where_there_are_too_many_numbers_the_first_entries_are_worked() -> None:
    problem = load_problem("attention-backprop").adapted({"n": 4, "d": 4, "d_k": 4}, {})
    sheet = problem.variant(seed=1)
    model = sheet.set.problems[0].model()
    work = Work(model, Printer.of(model, LATEX, "loss"), 4)
    found, more = work.entries(model.by_name["Q"], numbers(model, everything(sheet), 4))
    assert (len(found), more) == (MOST_NUMBERS // 8, 16 - MOST_NUMBERS // 8)
    page = sheet.solution()
    assert "The other 8 entries are worked in the same way." in page


def test_a_number_is_never_minus_zero() -> None:
    assert number_text(-0.00001, 4) == "0.0000"
    assert number_text(-0.00005001, 4) == "-0.0001"
