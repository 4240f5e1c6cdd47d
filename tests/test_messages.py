"""What is said of a line: true of every entry, in few words, each sentence with one stop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from mistake_rows import SHEETS, answers_to

from backprop.mistakes import mistakes
from backprop.rounding import Array
from grader import grade
from grader.formulas.marking import formulas_of
from grader.handed_in import Submission
from grader.marking.marks import LineMarks
from grader.marking.messages import IN_PART, RIGHT
from grader.marking.mistakes import in_words
from grader.marking.places import ALL_BUT, EVERY, ONLY, places
from grader.marking.sheets import grade_all
from grader.reading.answers import read
from worksheets import load_problem
from worksheets.problem import bundled_problems

SHEET = SHEETS[0][0]
TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)|[!?:;…]\.(?!\w)|\.\s+\.(?=\s|$)")
MASKS = array_shapes(min_dims=2, max_dims=2, max_side=6).flatmap(lambda shape: arrays(bool, shape))

LIST = r"\d+(?:(?:, | and | to )\d+)*"
GROUP = re.compile(rf"(row|column)s? ({LIST})(?:, (?:row|column)s? ({LIST}))?")


def placed(said: str, rows: int, columns: int) -> Array:
    """The entries that `places` named in these words."""
    if said in (ONLY, EVERY):
        return np.ones((rows, columns), dtype=bool)
    if said.startswith(ALL_BUT):
        return np.asarray(~placed(said.removeprefix(ALL_BUT), rows, columns))
    where = np.zeros((rows, columns), dtype=bool)
    for group in said.split("; "):
        found = GROUP.fullmatch(group)
        assert found, group
        turned = where if found[1] == "row" else where.T
        inner = _numbers(found[3]) if found[3] else list(range(turned.shape[1]))
        for i, j in product(_numbers(found[2]), inner):
            turned[i, j] = True
    return where


def _numbers(said: str) -> list[int]:
    first, to, last = said.partition(" to ")
    if to:
        return list(range(int(first) - 1, int(last)))
    return [int(n) - 1 for n in re.findall(r"\d+", said)]


@given(MASKS.filter(lambda where: where.any()))
def test_places_read_back_are_the_entries(where: Array) -> None:
    assert (placed(places(where), *where.shape) == where).all()


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ([[1]], ONLY),
        ([[1, 1], [1, 1]], "every entry"),
        ([[0, 1], [0, 0]], "row 1, column 2"),
        ([[0, 0], [1, 1]], "row 2"),
        ([[0, 1, 0, 1]], "columns 2 and 4"),
        ([[1], [0], [1]], "rows 1 and 3"),
        ([[1, 1, 1], [0, 0, 0], [1, 1, 1], [1, 1, 1]], "all but row 2"),
        ([[1, 1, 1], [1, 0, 1], [1, 1, 1]], "all but row 2, column 2"),
        ([[0, 1, 0], [0, 1, 0], [0, 1, 0]], "column 2"),
        ([[1, 0, 1], [0, 0, 0], [1, 0, 1]], "rows 1 and 3, columns 1 and 3"),
        ([[1, 1, 1, 1, 0, 1]], "all but column 5"),
        ([[0, 1, 1, 1, 1, 0]], "columns 2 to 5"),
    ],
)
def test_places_are_said_in_few_words(where: list[list[int]], said: str) -> None:
    assert places(np.array(where, dtype=bool)) == said


# --- every entry ------------------------------------------------------------------------------------------------------

TYPED = {"right": lambda x: x, "wrong": lambda x: x + 3.21, "blank": lambda x: "", "unreadable": lambda x: "x+"}


def lines() -> Iterator[LineMarks]:
    """V with every choice of what becomes of four of its entries; and W_O_new, which is worked from others' numbers."""
    answers = answers_to(SHEET)
    made = []
    for name in ("V", "W_O_new"):
        for of in product(TYPED, repeat=4):
            typed: list[list[Any]] = [list(row) for row in answers[name]]
            for (i, j), what in zip(((0, 0), (0, 1), (1, 0), (2, 2)), of, strict=True):
                typed[i][j] = TYPED[what](typed[i][j])
            handed_in = Submission("", SHEET.record.sheet, answers | {name: typed})
            made.append((name, (SHEET.record, handed_in)))
    for (name, _), marks in zip(made, grade_all(SHEET.set, [one for _, one in made]), strict=True):
        yield marks.line(name)


LINES = list(lines())


def test_every_entry_that_is_not_right_is_named_as_what_it_is() -> None:
    for line in LINES:
        verdicts = np.array(line.entries)
        kinds = {verdict for verdict in IN_PART if (verdicts == verdict).any()}
        for verdict in kinds:
            begins = re.escape(IN_PART[verdict].partition("{")[0].strip())
            said = re.search(rf"{begins}[^:.]*: ([^.]*)\.", line.message)
            assert said, line
            assert (placed(said[1], *verdicts.shape) == (verdicts == verdict)).all(), line
        assert ("The rest of the line is right." in line.message) == (kinds == {"wrong"})
        assert re.search(r"The other numbers? (is|are) right\.|The rest|^Right", line.message), line
        assert line.mistake is None or line.mistake.says in line.message


def test_what_has_no_right_entry_says_nothing_of_the_rest() -> None:
    answers = answers_to(SHEET)
    for rows in ([["", "", ""]], [["x+", "x+", "x+"]]):
        wrong = [[9.0, 8.0, 7.5], [6.25, 5.5, 4.75]]
        line = grade(SHEET, answers | {"V": [*wrong, *rows]}).line("V")
        assert "Not right for the numbers given: rows 1 and 2." in line.message
        assert not re.search(r"[Tt]he (rest|other)", line.message)
        assert not set(RIGHT) & {verdict for row in line.entries for verdict in row}


# --- one stop ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", bundled_problems())
def test_a_sentence_has_one_stop(name: str) -> None:
    sheet = load_problem(name).variant(seed=1)
    record, numbers = sheet.set.problems[0], sheet.record.given[0]
    model, formulas = record.model(), formulas_of(record)
    said = [sheet.markdown(), sheet.solution()]
    for line in model.lines:
        said += [found.says for known in mistakes(model, line) if (found := in_words(record, (known,)))]
        for typed in ("X @", "Q @ K + + 3", "foo @ bar", "sin(X)", f"{line.text} + 1", f"({line.text}).T"):
            said.append(formulas.judge(line.name, typed, numbers).message)
    for text in said:
        assert not TWO_STOPS.search(text), text


@pytest.mark.parametrize(
    "typed", ["3.5.", "1..2", "[[1,2],[3]]", "1,234", "nan", "etc.", "see page 2.", "1?", {}, True]
)
def test_what_could_not_be_read_is_said_with_one_stop(typed: object) -> None:
    for shape in ((), (2, 2), (1, 3)):
        found = read(typed, shape)
        assert not TWO_STOPS.search(" ".join([*found.messages, *found.notes]).replace(str(typed), "")), found


def test_messages_have_one_stop_a_sentence() -> None:
    for line in LINES:
        assert not TWO_STOPS.search(line.message), line.message
