"""Notebooks as students leave them: assigned in cells, typed into text, with scratch work, never run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from blank_pages import SHEET_ID
from handing_in import answers, how, one, reason

from grader.handed_in import Submission
from grader.readers.notebook import NO_NOTEBOOK, NO_SHEET

READ = "read as 2×2 [[1, 2], [3, 4]]"
OURS = {"handprop": {"sheet": SHEET_ID}}


def code(*lines: str, answer: str = "") -> dict[str, Any]:
    metadata = {"handprop": {"answer": answer}} if answer else {}
    return {
        "cell_type": "code",
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
        "source": "\n".join(lines),
    }


def text(*lines: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": [f"{line}\n" for line in lines]}


def notebook(*cells: dict[str, Any], metadata: Any = OURS) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": list(cells)})


def found(folder: Path, *cells: dict[str, Any]) -> dict[str, object]:
    return answers(folder, "s.ipynb", notebook(*cells))


@pytest.mark.parametrize(
    "lines",
    [
        ["dQ = [[1, 2],", "      [3, 4]]"],
        ["dQ = np.array([[1, 2], [3, 4]])"],
        ["dQ=torch.tensor([[1., 2.],", "   [3., 4.]], dtype=torch.float64)"],
        ["dQ = np.array(", "    [[1, 2],", "     [3, 4]],", "    dtype=float)"],
        ["dQ: np.ndarray = [[1, 2], [3, 4]]  # as in the lesson: [[9, 9]]"],
        ["dQ =", "1 2", "3 4"],
        ["dQ = [1 2", "      3 4]"],
        ['dQ = "[1 2; 3 4]"'],
        ["dQ = [[1, 2], [3, 4]];"],
        ["dQ = [[1, 2], [3, 4]]; dK = 7"],
        ["dQ = [[1, 2], [3, 4]]", "print(dQ)"],
        ["import numpy as np", "%matplotlib inline", "dQ = [[1, 2], [3, 4]]", "", "# checked twice", "dQ"],
        ["X = [[9, 9], [9, 9]]", "K = X @ W_K", "dQ = [[1, 2], [3, 4]]"],
        ["dQ = ...", "dQ = [[1, 2], [3, 4]]", "dQ = None"],
        ["dQ = [[7, 2], [3, 4]]", "dQ = [[1, 2], [3, 4]]"],
        ["[[1, 2], [3, 4]]"],
        ["grad = [[1, 2], [3, 4]]"],
        ["dQ: [[1, 2], [3, 4]]"],
        ["dQ = [[2/2, 2], [\"3\", sqrt(16)]]"],
        ["if True:", "    dQ = [[1, 2], [3, 4]]"],
    ],
)  # fmt: skip
def test_what_is_assigned_is_read(tmp_path: Path, lines: list[str]) -> None:
    assert how(found(tmp_path, code("# 1.dQ  (2 × 2, 4 marks)", *lines))["1.dQ"], (2, 2)) == READ


@pytest.mark.parametrize(
    "value",
    ["...", "…", "____", "None", "''", '""', "[[..., ...],\n      [..., ...]]", "[[None, ''], [np.nan, ___]]", ""],
)
def test_blanks(tmp_path: Path, value: str) -> None:
    assert how(found(tmp_path, code("# 1.dQ", f"dQ = {value}"))["1.dQ"], (2, 2)) == "blank"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("1.lambda", "lambda"),
        ("1.μ", "μ"),
        ("1.μ", "µ"),  # the key on a keyboard is another letter
        ("2.dW_Q_new", "dW_Q_new"),
        ("1.loss", "loss"),
    ],
)
def test_any_name_is_read(tmp_path: Path, label: str, name: str) -> None:
    assert how(found(tmp_path, code(f"# {label}", f"{name} = 1/4"))[label]) == "read as 0.25"


def test_several_answers_in_one_cell(tmp_path: Path) -> None:
    cell = code("# 1.dQ", "# 1.dK", "dQ = 1", "dK = 2", "# 1.dV (2 marks)", "dV = (1", "# 1.loss", "loss = ½ + )")
    assert found(tmp_path, cell) == {"1.dQ": "1", "1.dK": "2", "1.dV": "(1", "1.loss": "½ + )"}


def test_a_cell_without_its_comment_goes_by_what_it_was_printed_for(tmp_path: Path) -> None:
    assert found(tmp_path, code("dW_Q = 1", "h = 3", answer="1.dW_Q")) == {"1.dW_Q": "1", "h": "3"}
    assert found(tmp_path, code("dW_Q = 1")) == {"dW_Q": "1"}


def test_scratch_work_is_no_answer(tmp_path: Path) -> None:
    scratch = code("import numpy as np", "Q = X @ W_Q", "dQ = dscores @ K", "for i in range(3):", "    print(i)")
    cells = [scratch, code("# 1.dQ", "dQ = ..."), code("# 1.Q", "s = X @ W", "Q = 2"), scratch, code("Q = 3")]
    assert {name: how(value) for name, value in found(tmp_path, *cells).items()} == {
        "1.dQ": "blank",
        "1.Q": "read as 2",
    }


PRINTED = code("# 1.dQ  (2 × 2, 4 marks)", "dQ = [[..., ...],", "      [..., ...]]", answer="1.dQ")
ASSIGNED = "dQ = [[1, 2], [3, 4]]"
ELSEWHERE = {
    "a new cell": code(ASSIGNED),
    "a new cell with scratch work": code("X = [[9]]", ASSIGNED, "print(dQ)"),
    "as an array": code("dQ = np.array([[1, 2],", "               [3, 4]])"),
    "text": text(ASSIGNED),
    "text between fences": text("```python", ASSIGNED, "```"),
    "text in dollars": text("$$dQ = \\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}$$"),
    "raw": {"cell_type": "raw", "metadata": {}, "source": ASSIGNED},
    "the copied comment": code("# 1.dQ", ASSIGNED),
}


@pytest.mark.parametrize("where", ELSEWHERE)
@pytest.mark.parametrize("after", [True, False])
def test_an_answer_in_another_cell_counts_where_the_printed_place_is_blank(
    tmp_path: Path, where: str, after: bool
) -> None:
    cells = [PRINTED, ELSEWHERE[where]] if after else [ELSEWHERE[where], PRINTED]
    assert how(found(tmp_path, *cells, code("# 1.dK", "dK = ..."))["1.dQ"], (2, 2)) == READ


@pytest.mark.parametrize("kind", ["markdown", "raw"])
@pytest.mark.parametrize("answer", ["1.dQ", ""])
@pytest.mark.parametrize("source", [f"# 1.dQ  (2 × 2, 4 marks)\n{ASSIGNED}", f"```\n# 1.dQ\n{ASSIGNED}\n```", ASSIGNED])
def test_a_printed_cell_may_have_become_text(tmp_path: Path, kind: str, answer: str, source: str) -> None:
    cell = code(source, answer=answer) | {"cell_type": kind}
    others = [] if answer or "#" in source else [PRINTED]
    assert how(found(tmp_path, cell, *others)["1.dQ"], (2, 2)) == READ


def test_another_cell_belongs_to_the_problem_above_it(tmp_path: Path) -> None:
    cells = [code("# 1.Q", "Q = ..."), code("Q = 1"), code("# 2.Q", "Q = ..."), code("Q = 2")]
    assert {name: how(value) for name, value in found(tmp_path, *cells).items()} == {
        "1.Q": "read as 1",
        "2.Q": "read as 2",
    }


@pytest.mark.parametrize("typed", ["X.T @ dQ", "softmax(scores)", "dQ.T", "[[a, 2], [3, 4]]", "np.dot(A, B)", "K"])
def test_what_would_have_to_be_run_is_told(tmp_path: Path, typed: str) -> None:
    value = found(tmp_path, code("# 1.dW_Q", f"dW_Q = {typed}"))["1.dW_Q"]
    assert how(value, (2, 2)) == (
        f"“{typed}” is not numbers: the cells of a notebook are read, and never run. "
        "Write the numbers themselves, as in dW_Q = [[0.1, 0.2], [0.3, 0.4]]."
    )


def test_nothing_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    cell = code("# 1.dQ", f"dQ = __import__('pathlib').Path({str(mark)!r}).touch()")
    assert "never run" in how(found(tmp_path, cell)["1.dQ"])
    assert not mark.exists()


@pytest.mark.parametrize(
    ("typed", "formula"),
    [
        ('"X.T @ dQ"', "X.T @ dQ"),
        ("'X.T @ dQ'  # or so", "X.T @ dQ"),
        ("\"X' * dQ'\"", "X' * dQ'"),
        ('"""X.T @ dQ"""', "X.T @ dQ"),
        (r'r"X^\top dQ"', r"X^\top dQ"),
        (r'"X^\\top dQ"', r"X^\top dQ"),
        (r'"X^\top dQ"', r"X^\top dQ"),
        ("X.T @ dQ", "X.T @ dQ"),
        ("...", ""),
        ('""', ""),
        ('"…"', ""),
        ("None", ""),
    ],
)
def test_formulas(tmp_path: Path, typed: str, formula: str) -> None:
    cells = [code("# 1.dW_Q.formula", f"dW_Q_formula = {typed}"), code("# 1.dW_Q", "dW_Q = 1")]
    assert found(tmp_path, *cells) == {"1.dW_Q.formula": formula, "1.dW_Q": "1"}


def test_answers_typed_as_text(tmp_path: Path) -> None:
    cells = [code("# 1.dQ", "dQ = ..."), text("1.dQ =", "", "| 1 | 2 |", "|---|---|", "| 3 | 4 |"), text("1.loss: 0,5")]
    value = found(tmp_path, *cells)
    assert how(value["1.dQ"], (2, 2)) == READ
    assert how(value["1.loss"]) == "read as 0.5"


def test_the_sheets_id(tmp_path: Path) -> None:
    cells = [text(f"**Sheet {SHEET_ID.lower()}** · Ada"), code("# 1.dQ", "dQ = 1")]
    for metadata in ({}, {"handprop": {"sheet": 5}}, {"handprop": "x"}):
        handed_in = one(tmp_path, "s.ipynb", notebook(*cells, metadata=metadata))
        assert isinstance(handed_in, Submission), handed_in
        assert handed_in.sheet == SHEET_ID
    assert reason(tmp_path, "s.ipynb", notebook(cells[1], metadata={})) == NO_SHEET


def test_notebooks_of_version_3(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "heading", "level": 1, "metadata": {}, "source": [f"Sheet {SHEET_ID}"]},
        {"cell_type": "code", "language": "python", "metadata": {}, "outputs": [], "input": ["# 1.dQ\n", "dQ = 0.5"]},
    ]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    assert answers(tmp_path, "s.ipynb", json.dumps(old)) == {"1.dQ": "0.5"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "This file is empty."),
        ("hello", NO_NOTEBOOK),
        ("[]", NO_NOTEBOOK),
        ('{"cells": 5, "nbformat": 4}', NO_NOTEBOOK),
        ('{"cells": [5], "nbformat": 4}', NO_NOTEBOOK),
        ('{"nbformat": 99, "cells": []}', NO_NOTEBOOK),
        (notebook(code("dQ = 1"))[:-9], NO_NOTEBOOK),
        ("[" * 100_000, NO_NOTEBOOK),
        (
            notebook(code("# 1.dQ", "dQ = " + " " * 1_000_000)),
            "These cells hold far more text than the sheet. Hand in the filled-in sheet alone.",
        ),
        (notebook(*[code("1")] * 5001), "This notebook has more than 5000 cells. Hand in the filled-in sheet alone."),
    ],
)
def test_what_is_no_notebook_is_told(tmp_path: Path, content: str, says: str) -> None:
    assert reason(tmp_path, "s.ipynb", content) == says
