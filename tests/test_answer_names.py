"""An answer's name goes into every notation and comes back the same."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.answer_names import IN_WORDS, AnswerName, Entry, answer_name, entry_of, variable
from course.records import LineRecord, answers_of
from grader.readers.latex import BEGIN
from grader.readers.markdown import labelled
from grader.readers.notebook import LABEL
from grader.readers.workbook import CELL_LABEL

LETTERS = "abzABZ_09αωΑΩ"
LINES = st.builds(str.__add__, st.sampled_from("aZdαΩ"), st.text(LETTERS, max_size=12))
NAMES = st.builds(AnswerName, st.integers(1, 9999), LINES, st.sampled_from(("", *IN_WORDS)))
PLACES = st.integers(1, 999)


@given(NAMES)
def test_its_text(name: AnswerName) -> None:
    assert answer_name(str(name)) == name
    assert str(name) == f"{name.problem}.{name.within}"


@given(NAMES, PLACES, PLACES)
def test_a_form_s_field(name: AnswerName, row: int, column: int) -> None:
    entry = Entry(name) if name.kind else Entry(name, row, column)
    assert entry_of(entry.field) == entry
    assert entry.field.replace("-", "").isalnum()


@given(st.lists(NAMES, unique=True))
def test_no_two_answers_share_a_field_or_an_anchor(names: list[AnswerName]) -> None:
    assert len({(Entry(n) if n.kind else Entry(n, 1, 1)).field for n in names}) == len(names)
    assert len({n.anchor for n in names}) == len(names)


@given(NAMES)
def test_what_readers_look_for(name: AnswerName) -> None:
    for pattern, page in (
        (LABEL, f"# {name}  (2 × 2, 4 marks)"),
        (CELL_LABEL, f"{name} ="),
        (BEGIN, f"% answer {name}\n"),
    ):
        found = pattern.match(page)
        assert found, pattern.pattern
        assert answer_name(found[1]) == name
    ((label, _),) = labelled(f"{name} = 0.5")
    assert answer_name(label) == name


@given(NAMES)
def test_a_variable_of_python(name: AnswerName) -> None:
    assert name.variable.isidentifier()
    assert not keyword.iskeyword(name.variable)
    assert variable(str(name)) == name.variable


def test_what_is_asked_of_a_line() -> None:
    asked = LineRecord("dQ", "dscores @ K", (2, 2), "backward", True, 1.0, in_words={"formula": 1.0})
    assert list(map(str, answers_of(2, asked))) == ["2.dQ", "2.dQ.formula"]


@pytest.mark.parametrize("typed", ["dQ", "1.", ".dQ", "1.dQ.working", "1.a.b", "", "9" * 5000 + ".dQ"])
def test_what_is_no_name(typed: str) -> None:
    assert answer_name(typed) is None
    assert variable(typed) == typed


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("1-dW--Q-2-3", ("1.dW_Q", 2, 3)),
        ("1-loss-1-1", ("1.loss", 1, 1)),
        ("12-W----1-1", None),
        ("1-x---1-1", ("1.x_", 1, 1)),
        ("1-a--1-1-1", ("1.a_1", 1, 1)),
        ("1-W1-1-1", ("1.W1", 1, 1)),
        ("1-----x-1-1", ("1.__x", 1, 1)),
        ("1-μ-3-1", ("1.μ", 3, 1)),
        ("1-sheet-1-1", ("1.sheet", 1, 1)),
        ("1-dW--Q-formula", ("1.dW_Q.formula", 0, 0)),
        ("1-formula-1-1", ("1.formula", 1, 1)),
        ("sheet", None),
        ("1-dQ-0-1", None),
        ("Text1", None),
        ("", None),
    ],
)
def test_fields_of_pages_printed_before(field: str, place: tuple[str, int, int] | None) -> None:
    found = entry_of(field)
    assert (found and (str(found.answer), found.row, found.column)) == place
