"""The Python calls that other people's scripts rely on."""

from __future__ import annotations

import numpy as np

from grader import grade, read
from worksheets import generate, load_problem, load_set


def test_the_calls_of_the_contract() -> None:
    problem = load_problem("attention-backprop")
    sheet = problem.variant(seed=7)
    assert sheet.markdown().startswith("# ")
    assert "worked solution" in sheet.solution()
    assert [len(row) for row in sheet.key["dW_Q"]] == [2, 2]
    marks = grade(sheet, {"Q": "[[0.1, 0.2], [0.3, 0.4]]"})
    assert marks.line("Q").verdict == marks.line("1.Q").verdict == "wrong"
    assert marks.line("K").verdict == "blank"
    assert grade(sheet, {"1.Q": sheet.key["Q"]}).line("Q").verdict == "correct"


def test_what_is_imported_is_what_is_meant() -> None:
    assert callable(generate)
    assert callable(load_set)
    assert read("[[1, 2], [3, 4]]", (2, 2)).entries[1][0].value == 3


def test_a_seed_gives_the_same_sheet_each_time() -> None:
    problem = load_problem("attention-backprop")
    assert problem.variant(seed=7).record == problem.variant(seed=7).record
    assert problem.variant(seed=7).record.given != problem.variant(seed=8).record.given


def test_arrays_are_answers_too() -> None:
    sheet = load_problem("matmul-gradient").variant(seed=1)
    marks = grade(sheet, {name: np.asarray(value) for name, value in sheet.key.items()})
    assert {line.verdict for line in marks.lines} == {"correct"}
