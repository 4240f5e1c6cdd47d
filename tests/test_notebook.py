"""Sheets as notebooks: what each cell holds, whatever the names, and the same bytes every time."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import numpy as np
import pytest
from classroom import SET, TINY, small_set

from course.answer_names import variable
from printing.styles.notebook import Notebook
from worksheets import load_problem
from worksheets.notebook import notebook
from worksheets.preview import preview_sheet
from worksheets.problem import bundled_problems
from worksheets.sheet import Sheet


def read(sheet: Sheet, solution: bool = False) -> Any:
    """The notebook, once its schema has passed it."""
    data = sheet.print("ipynb", solution)
    assert data == sheet.print("ipynb", solution), "the same sheet is the same bytes"
    found = nbformat.reads(data.decode(), as_version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
    nbformat.validate(found)
    return found


def words(found: Any) -> str:
    return "\n\n".join(cell.source for cell in found.cells if cell.cell_type == "markdown")


def asked(sheet: Sheet) -> dict[str, tuple[int, ...]]:
    """Each answer's name and shape."""
    return {
        f"{number}.{line.name}": line.shape
        for number, problem in enumerate(sheet.set.problems, 1)
        for line in problem.lines
        if line.asked
    }


def two_problems(folder: Path) -> Sheet:
    return preview_sheet(small_set(folder, SET + '[[problem]]\nuse = "tiny.toml"\nask = ["backward"]\n'))


SHEETS = {name: load_problem(name).variant(seed=3) for name in bundled_problems()}


@pytest.mark.parametrize("name", SHEETS)
def test_an_answer_is_a_cell_with_a_blank_for_each_entry(name: str) -> None:
    check_answers(SHEETS[name])


def test_two_problems(tmp_path: Path) -> None:
    check_answers(two_problems(tmp_path))


def check_answers(sheet: Sheet) -> None:
    found = read(sheet)
    assert found.metadata.handprop == {"sheet": sheet.record.sheet}
    assert found.metadata.kernelspec.name == "python3"
    cells = {cell.metadata.handprop.answer: cell for cell in found.cells if cell.cell_type == "code"}
    assert list(cells) == list(asked(sheet))
    for name, shape in asked(sheet).items():
        comment, _, assignment = cells[name].source.partition("\n")
        size = f"{shape[0]} × {shape[1]}" if shape else "a number"
        assert re.fullmatch(rf"# {re.escape(name)}  \({size}, [0-9.]+ marks?\)", comment)
        (assigned,) = ast.parse(assignment).body
        assert isinstance(assigned, ast.Assign)
        assert ast.unparse(assigned.targets[0]) == name.partition(".")[2]
        assert (
            np.shape(ast.literal_eval(assigned.value)) == shape
        )  # nothing but lists and blanks: it runs without an error
        assert set(np.ravel(np.array(ast.literal_eval(assigned.value), dtype=object))) == {...}


@pytest.mark.parametrize("solution", [False, True])
@pytest.mark.parametrize("name", SHEETS)
def test_the_words_of_a_notebook(name: str, solution: bool) -> None:
    sheet = SHEETS[name]
    found = read(sheet, solution)
    text = words(found)
    assert text.startswith(f"# {sheet.set.title}")
    assert f"**Sheet {sheet.record.sheet}**" in text
    assert ("never run" in text) is not solution
    for given in sheet.record.given[0].values():
        for x in np.ravel(np.asarray(given, dtype=float)):
            assert f"{x:g}" in text or x == int(x)
    assert len({cell.id for cell in found.cells}) == len(found.cells)


@pytest.mark.parametrize("name", SHEETS)
def test_a_solution_has_all_values_and_a_sheet_none(name: str) -> None:
    sheet = SHEETS[name]
    blank, solved = json.dumps([cell.source for cell in read(sheet).cells]), words(read(sheet, solution=True))
    assert not [cell for cell in read(sheet, solution=True).cells if cell.cell_type == "code"]
    for value in sheet.key.values():
        for x in np.ravel(value):
            shown = f"{abs(x):.4f}"
            assert shown in solved
            assert len(shown.rstrip("0")) < 6 or shown not in blank


@pytest.mark.parametrize("name", SHEETS)
def test_pictures_are_attached_and_small(name: str) -> None:
    (cell,) = (cell for cell in read(SHEETS[name]).cells if cell.get("attachments"))
    shown = re.findall(r"!\[(.+?)\]\(attachment:(.+?)\)", cell.source)
    assert [alt for alt, _ in shown] == ["The computation, forward", "Backward: the same edges, reversed"]
    assert [file for _, file in shown] == list(cell.attachments)
    assert all(len(picture["image/png"]) < 60_000 for picture in cell.attachments.values())


@pytest.mark.parametrize("name", SHEETS)
@pytest.mark.parametrize("solution", [False, True])
def test_mathematics_stands_as_every_program_wants_it(name: str, solution: bool) -> None:
    for cell in read(SHEETS[name], solution).cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"`[^`]*`", "", cell.source)
            blocks = re.findall(r"^\$\$\n([^$]+)\n\$\$$", text, re.MULTILINE)
            assert text.count("$$") == 2 * len(blocks)
            inline = re.sub(r"\$\$[^$]+\$\$", "", text)
            formulas = re.findall(r"\$([^$]+)\$(?!\d)", inline)
            assert inline.count("$") == 2 * len(formulas)
            for formula in formulas:
                assert formula == formula.strip(), "a dollar sign beside a blank opens no mathematics in VS Code"
            for formula in blocks + formulas:
                assert "\n\n" not in formula
                assert "bordermatrix" not in formula
                assert formula.count("{") == formula.count("}")


HOSTILE = (
    (r"\input{/etc/passwd}", r"<span>&#92;</span>input\{/etc/passwd\}"),
    ("50% & _co_", r"50% &amp; \_co\_"),
    ("$x$", "<span>&#36;</span>x<span>&#36;</span>"),
    ("<b>", "&lt;b&gt;"),
    ("[a](javascript:x)", r"\[a\](javascript:x)"),
    ("# %% [markdown]", r"\# %% \[markdown\]"),
    ("`c`\x00\x1b\n# %% answer 1.z", r"\`c\` \# %% answer 1.z"),
)


@pytest.mark.parametrize(("typed", "printed"), HOSTILE)
def test_names_and_titles_print_as_they_were_typed(tmp_path: Path, typed: str, printed: str) -> None:
    assert Notebook().text(typed) == printed
    drawn = two_problems(tmp_path)
    problems = tuple(msgspec.structs.replace(problem, title=typed) for problem in drawn.set.problems)
    hostile = Sheet(
        msgspec.structs.replace(drawn.set, title=typed, problems=problems),
        msgspec.structs.replace(drawn.record, roster={"name": typed}),
    )
    for solution in (False, True):
        found = read(hostile, solution)
        assert len(found.cells) == len(read(drawn, solution).cells)
        assert found.cells[0].source.splitlines()[0].removesuffix(" — worked solution") == f"# {printed}"
        assert f"· {printed} ·" in found.cells[0].source
        assert words(found).count(printed) == 4
    check_answers(hostile)


def test_labels_of_rows_and_columns_print_as_they_were_typed() -> None:
    rows = [["1", "2"]]
    assert Notebook().matrix(rows, ["50% & _co_"]) == (
        r"\left(\begin{array}{rr} 1 & 2 \end{array}\right)"
        r"\begin{array}{l} \text{50}\%\text{ }\&\text{ }\_\text{co}\_ \end{array}"
    )
    assert Notebook().matrix(rows, ["A"], ["$x$", r"\b"]) == (
        r"\begin{array}{rr|l} \text{＄x＄} & \backslash \text{b} \\ \hline 1 & 2 & \text{A} \end{array}"
    )


def test_a_word_of_python_gets_an_underscore(tmp_path: Path) -> None:
    assert (variable("1.lambda"), variable("1.Q")) == ("lambda_", "Q")
    odd = TINY.replace('z = "x @ W"', 'lambda = "x @ W"').replace("softmax(z)", "softmax(lambda)")
    found = read(preview_sheet(small_set(tmp_path, SET, odd)))
    (cell,) = (cell for cell in found.cells if cell.metadata.get("handprop", {}).get("answer") == "1.lambda")
    assert re.fullmatch(r"# 1\.lambda  \(1 × 2, .* marks\)\nlambda_ = \[\[\.\.\., \.\.\.\]\]", cell.source)
    assert r"`lambda_` is $\lambda$" in words(found)


def test_a_page_is_cut_at_its_markers() -> None:
    text = "# %% [markdown]\n# Title\n\n![x](attachment:a.png)\n\n# %% answer 1.z\n# 1.z\nz = ...\n"
    cells = json.loads(notebook(text, "7KQF-M2PX", {"a.png": b"x", "b.png": b"y"}))["cells"]
    assert [(cell["cell_type"], "".join(cell["source"]), cell["id"]) for cell in cells] == [
        ("markdown", "# Title\n\n![x](attachment:a.png)", "cell-1"),
        ("code", "# 1.z\nz = ...", "cell-2"),
    ]
    assert cells[0]["attachments"] == {"a.png": {"image/png": "eA=="}}
