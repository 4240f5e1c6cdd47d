"""All students' answers at once are what each one's answer is alone: read, marked, and of several that which counts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from classroom import contents, lines_of, records, right_answers, small_course
from hypothesis import example, given
from hypothesis import strategies as st
from test_arrows import GRADE, loaded

from grader import grade_course
from grader.reading.answers import read
from grader.reading.columns import plain_numbers, read_column

SHAPES = st.sampled_from([(), (1, 1), (1, 2), (2, 1), (2, 2)])
LIKE_JSON = st.text("[[[]]],,,  0123456789.-+eE\n", max_size=40)
NUMBERS = st.floats() | st.integers() | st.booleans() | st.none() | st.text("0123456789.,-e", max_size=6)
LISTS = st.lists(st.lists(NUMBERS, max_size=3), max_size=3)
TYPED = LIKE_JSON | NUMBERS | LISTS | LISTS.map(json.dumps) | NUMBERS.map(json.dumps) | st.text(max_size=10)


@given(TYPED, SHAPES)
@example("[[1,234]]", (1, 2))
@example("[[0.5, -0]]", (1, 2))
@example("-0", ())
@example("1e305", ())
@example("0." + "1" * 250, ())
@example("[[0." + "1" * 250 + ", 1]]", (1, 2))
@example(10**400, ())
@example(True, ())
def test_plain_numbers_are_what_the_slow_reader_makes_of_them(typed: object, shape: tuple[int, ...]) -> None:
    found = plain_numbers([typed], shape)
    if found is not None:
        slowly = read(typed, shape)
        assert [entry.state for row in slowly.entries for entry in row] == ["number"] * found[0].size
        assert repr([[entry.value for entry in row] for row in slowly.entries]) == repr(found[0].tolist())
        assert (slowly.messages, slowly.notes, slowly.raw) == ((), (), None)


@given(st.lists(TYPED, min_size=1, max_size=8), SHAPES)
def test_a_column_is_each_answer_read_alone(typed: list[object], shape: tuple[int, ...]) -> None:
    column = read_column(typed, shape)
    for member, one in enumerate(typed):
        slowly = read(one, shape)
        assert column.reading(member) == slowly
        values = [[np.nan if entry.value is None else entry.value for entry in row] for row in slowly.entries]
        assert np.array_equal(column.numbers[..., member], values, equal_nan=True)


@pytest.mark.parametrize("text", ["[[0.1, 0.2], [0.3, 0.4]]", "[[1,2],[3,4]]", " [[1e-3, -2.5E1],\n[0, 7]] "])
def test_a_list_as_text_needs_no_grammar(text: str) -> None:
    assert plain_numbers([text], (2, 2)) is not None


def test_which_submission_counts_does_not_depend_on_the_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = small_course(tmp_path)
    for number, (student, time) in enumerate([("s1", 30), ("s2", 10), ("s1", 10), ("s3", 10), ("s2", 20)]):
        path = tmp_path / "in" / f"{number}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(right_answers(course, student)))
        os.utime(path, (time, time))
    whole = grade_course(course, [tmp_path / "in"], tmp_path / "whole", feedback=())
    monkeypatch.setattr("grader.pieces.PIECE", 1)
    pieces = grade_course(course, [tmp_path / "in"], tmp_path / "pieces", feedback=())
    assert [m.source for m in whole.marks] == ["0.json", "4.json", "3.json"]
    assert list(pieces.marks) == list(whole.marks)
    assert pieces.not_marked == whole.not_marked
    for name in ("marks.jsonl", "gradebook.csv", "gradebook.xlsx", "not_marked.csv"):
        assert (tmp_path / "pieces" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert contents(tmp_path / "pieces").keys() == {
        *("gradebook.csv", "gradebook.xlsx", "marks.jsonl", "not_marked.csv"),
        *("submissions.jsonl", "not_counted.jsonl", "results.json"),
    }


def test_marks_are_read_back_one_by_one(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    (tmp_path / "all.jsonl").write_text("".join(json.dumps(right_answers(course, s)) + "\n" for s in records(course)))
    marks = grade_course(course, [tmp_path / "all.jsonl"], tmp_path / "results", feedback=()).marks
    assert len(marks) == len(lines_of(tmp_path / "results" / "marks.jsonl")) == 3
    assert [marks[0], *marks[1:]] == list(marks)
    assert marks[-1].student == "s3"
    with pytest.raises(IndexError):
        marks[3]


def test_one_sheet_is_marked_without_what_it_does_not_need(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    answers = tmp_path / "s1.json"
    answers.write_text(json.dumps(right_answers(course, "s1")))
    run = GRADE.format(course=str(course), answers=str(answers), out=str(tmp_path / "results"))
    run = run.replace('"--out"', '"--feedback", "none", "--out"')
    assert not {"sympy", "jinja2", "printing", "lark", "joblib"} & loaded(run)
