"""An explanation says what marking did: the same verdicts, bounds, marks and mistakes, of every bundled problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from backprop.evaluate import batched, evaluate
from backprop.expressions import Expression
from backprop.model import Line, Model
from backprop.rounding import Array, Interval, Rounding
from course.records import Marking, SheetRecord
from grader.explaining.explain import explanations
from grader.explaining.mistakes import FITS
from grader.explaining.record import Entry, Explanation
from grader.explaining.text import WIDTH, lines_of
from grader.handed_in import Submission
from grader.marking.marks import Marks
from grader.marking.mistakes import known_mistakes
from grader.marking.sheets import asked, grade_all
from worksheets import load_problem
from worksheets.problem import bundled_problems
from worksheets.problem_set import ProblemSet
from worksheets.recorded import Asked
from worksheets.sheet import Sheet

RIGHT = ("correct", "follows")
DECIMALS = 4


@cache
def sheet_of(name: str) -> Sheet:
    """A sheet of a bundled problem: a line is printed, the others asked, as formulas and a way too."""
    problem = load_problem(name)
    lines = [line.name for line in problem.model.lines]
    printed = {lines[1]} if len(lines) > 4 else set()
    last = [line.name for line in problem.model.part("backward")][-1:]
    what = Asked(problem, frozenset(lines) - printed, DECIMALS, None, formulas=True, traces=frozenset(last))
    record = ProblemSet("x", (what,), Marking(follows=0.5)).record()
    return Sheet(record, SheetRecord("AAAA-0001", "s1", problem.variant(seed=3).record.given))


def handed_in(sheet: Sheet, seed: int) -> dict[str, object]:
    """Answers of every kind: most are right for what was written before, some are not, blank, or cannot be read."""
    (problem,), rng = sheet.set.problems, np.random.default_rng(seed)
    model, own = problem.model(), batched(sheet.record.given[0])
    found: dict[str, object] = {}
    for line, record in zip(model.lines, problem.lines, strict=True):
        own[line.name] = right = worked(model, line, own)
        if record.asked:
            how = HOW[int(rng.integers(len(HOW)))]
            known = known_mistakes(model, line)
            wrong = worked(model, line, own, known[int(rng.integers(len(known)))].expression)
            found[f"1.{line.name}"], own[line.name] = how(right, wrong)
        for kind in record.in_words:
            way = ", ".join(gradient.name for gradient in model.part("backward"))
            texts = [line.text, f"{line.text} + 1", "", "what?", way]
            found[f"1.{line.name}.{kind}"] = texts[int(rng.integers(len(texts)))]
    return found


def worked(model: Model, line: Line, own: Mapping[str, Array], expression: Expression | None = None) -> Array:
    value = np.nan_to_num(evaluate(expression or line.expression, own, model.sizes), posinf=9, neginf=-9)
    value = np.round(value, DECIMALS)
    return np.broadcast_to(value, (*map(int, line.shape), 1)) if line.shape else value


def typed(value: Array) -> Any:
    return value[..., 0].tolist()


def half_blank(right: Array, wrong: Array) -> tuple[object, Array]:
    rows = typed(right)
    return ([["____", *rows[0][1:]], *rows[1:]] if right.ndim > 1 else "____"), right


HOW: list[Callable[[Array, Array], tuple[object, Array]]] = [
    *[lambda right, wrong: (typed(right), right)] * 10,
    *[lambda right, wrong: (typed(wrong), wrong)] * 2,
    lambda right, wrong: ("", right),
    lambda right, wrong: ("1 2 ?x", right),
    lambda right, wrong: (typed(10 * right), 10 * right),
    lambda right, wrong: (typed(0 * right), 0 * right),
    lambda right, wrong: (str(typed(right)).replace(".", ","), right),
    lambda right, wrong: (typed(np.swapaxes(right, 0, 1)) if right.ndim > 1 else typed(-right), right),
    lambda right, wrong: (typed(np.round(right, DECIMALS - 1)), np.round(right, DECIMALS - 1)),
    half_blank,
]
"""What is typed for a line, of the right numbers and of those of a mistake, and the numbers that are worked on with."""


class Explained(NamedTuple):
    """A submission as it was marked among others, and its answers explained."""

    marks: Marks
    answers: dict[str, Explanation]


@cache
def explained(name: str, seeds: int, most: int) -> list[Explained]:
    """Submissions of one sheet, with as many answers of each explained."""
    sheet = sheet_of(name)
    all_of = [Submission(f"{seed}.json", sheet.record.sheet, handed_in(sheet, seed)) for seed in range(seeds)]
    marked = grade_all(sheet.set, [(sheet.record, one) for one in all_of])
    found = []
    for seed, (marks, one) in enumerate(zip(marked, all_of, strict=True)):
        answers = list(asked(sheet.set))
        some = answers[seed % 3 :: max(1, len(answers) // most)] if most < len(answers) else answers
        explanations_of = explanations(sheet.set, sheet.record, one, some)
        found.append(Explained(marks, {one.answer: one for one in explanations_of}))
    return found


def check_all(name: str, seeds: int, most: int) -> None:
    for marks, answers in explained(name, seeds, most):
        lines = {line.name: line for line in marks.lines}
        for found in answers.values():
            assert found.marks == lines[found.answer]
            for check in CHECKS:
                check(found)
            check_judged_on(sheet_of(name).set.problems[0].model(), found)


@pytest.mark.parametrize("name", [name for name in bundled_problems() if len(load_problem(name).model.lines) < 14])
def test_some_answers_of_the_smaller_problems(name: str) -> None:
    check_all(name, seeds=1, most=4)


@pytest.mark.slow
@pytest.mark.parametrize("name", bundled_problems())
def test_all_answers_of_every_problem(name: str) -> None:
    check_all(name, seeds=6, most=1000)


# What must hold of each explanation.


def check_bounds(found: Explanation) -> None:
    """An entry is right within the bounds that are shown, and nowhere else."""
    for entry in found.entries:
        assert (entry.verdict in RIGHT) == inside(entry), (found.answer, entry)
        assert entry.verdict == found.marks.entries[entry.row - 1][entry.column - 1]
        assert entry.read == found.marks.read[entry.row - 1][entry.column - 1]


def inside(entry: Entry) -> bool:
    low, high = np.array([entry.own, entry.mended, entry.written_key]).T
    return entry.read is not None and bool(Rounding(DECIMALS).holds(Interval(low, high), np.array(entry.read)).any())


def check_marks(found: Explanation) -> None:
    """What the entries earn adds up to the marks, and what earns nothing though it is right says why."""
    worth = {"correct": 1.0, "follows": found.follows}
    paid = [entry for entry in found.entries if not entry.always_zero]
    if paid:
        earned = sum(worth[entry.verdict] for entry in paid if entry.earns and entry.verdict in RIGHT)
        earned -= sum(entry.verdict == "wrong" for entry in found.entries if entry.always_zero)
        assert found.marks.score == round(found.marks.out_of * max(0.0, earned) / len(paid), 2)
    for entry in paid:
        assert bool(entry.unpaid) == (entry.verdict in RIGHT and not entry.earns)
        assert entry.unpaid in found.marks.message


def check_named(found: Explanation) -> None:
    """The first mistake that fits is the one that is named."""
    fits = [tried for together in found.looked_for for tried in together.fits]
    named = found.marks.mistake
    if fits:
        assert named, found.answer
        assert named.kind == fits[0].kind
    elif found.entries:
        assert named is None or named.kind == "slip"


def check_fits(found: Explanation) -> None:
    """A mistake that is said to give what was written does, and one that is not does not."""
    read = np.array([[np.nan if x is None else x for x in row] for row in found.marks.read])
    for together in found.looked_for:
        for tried in together.tried:
            if tried.value and not np.isnan(apart := np.abs(read - np.array(tried.value))).all():
                if tried.why == FITS:
                    assert np.nanmax(apart) <= 1.01 * 10.0**-DECIMALS
                elif not tried.fits and tried.why.startswith("gives "):
                    assert np.nanmax(apart) > 10.0**-DECIMALS


def check_judged_on(model: Model, found: Explanation) -> None:
    """The exact value shown is what follows from the numbers shown."""
    if not found.used:
        return
    line, values = model.by_name[found.answer.partition(".")[2]], dict[str, Array]()
    for used in found.used:
        own = used.name.partition(".")[2] if used.origin == "answered" else used.name
        numbers = np.array(used.numbers)
        values[own] = numbers[0].astype(int) if own in model.scope.indices else numbers[..., None]
        if own in model.scope.shapes and not model.scope.shapes[own]:
            values[own] = numbers[0]
    exact = np.broadcast_to(evaluate(line.expression, values, model.sizes), (*map(int, line.shape), 1))
    np.testing.assert_allclose(exact.ravel(), [entry.value for entry in found.entries], rtol=1e-9, atol=1e-12)


def check_text(found: Explanation) -> None:
    """It is printed in lines that fit, with all that the student was told, and no number that is none."""
    text = "\n".join(lines_of(found))
    assert max(map(len, text.splitlines())) <= WIDTH + 20
    words = text.split()
    assert set(found.marks.message.split()) <= {*words, *(word.strip("“”") for word in words)}
    assert not {"nan", "inf", "-inf"} & {*words}


CHECKS = (check_bounds, check_marks, check_named, check_fits, check_text)
