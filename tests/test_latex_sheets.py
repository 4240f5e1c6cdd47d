"""LaTeX sheets as students leave them: edited by hand, read by their comments, never compiled."""

from __future__ import annotations

from pathlib import Path

import pytest
from blank_pages import SHEET_ID, blank_latex
from handing_in import answers, how, one, reason

from grader.handed_in import Submission
from grader.readers.latex import NO_ANSWERS
from grader.readers.markdown import NO_SHEET

READ = "read as 2×2 [[1, 2], [3, 4]]"
SHEET = blank_latex({"1.dQ": (2, 2), "1.loss": (), "1.dQ.formula": ()}).decode()
BLANK = "\\blank & \\blank \\\\\n\\blank & \\blank\n"


def filled(typed: str, blank: str = BLANK) -> str:
    assert blank in SHEET
    return SHEET.replace(blank, typed, 1)


@pytest.mark.parametrize(
    "typed",
    [
        "1 & 2 \\\\\n3 & 4\n",
        "1&2\\\\3&4",
        "1 & 2 \\\\[2pt] % the first row & so on\n3 & 4 \\\\\n",
        "$1$ & $\\frac{4}{2}$ \\\\ $3{,}0$ & $2\\cdot 2$",
        "\\num{1} & \\textbf{2} \\\\ \\textcolor{red}{3} & \\mathbf{\\num{4}}",
        "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
        "[[1, 2], [3, 4]]",
        "{1} & 2 \\\\ \\sqrt{9} & 400\\%",
    ],
)
def test_entries_are_read(tmp_path: Path, typed: str) -> None:
    found = answers(tmp_path, "s.tex", filled(typed))
    assert how(found["1.dQ"], (2, 2)) == READ
    assert how(found["1.loss"]) == "blank"
    assert found["1.dQ.formula"] == ""


def test_some_entries_may_stay_blank(tmp_path: Path) -> None:
    found = answers(tmp_path, "s.tex", filled("1 & \\blank{} \\\\\n & -\\tfrac13\n"))
    assert how(found["1.dQ"], (2, 2)) == "read as 2×2 [[1, ____], [____, -0.3333333333]]"
    found = answers(tmp_path, "s.tex", filled("1 & two \\\\ 3 & 4"))
    assert "Row 1, column 2, character 1: “two” is not part of a number." in how(found["1.dQ"], (2, 2))


def test_formulas_are_text(tmp_path: Path) -> None:
    _, before, after = SHEET.partition("% answer 1.dQ.formula\n")
    typed = r"X^\top \frac{\partial L}{\partial Q} % I think"
    sheet = SHEET.replace(before + after, before + after.replace(r"\blank", typed, 1))
    assert answers(tmp_path, "s.tex", sheet)["1.dQ.formula"] == r"X^\top \frac{\partial L}{\partial Q}"


@pytest.mark.parametrize(
    "sheet",
    [
        SHEET.replace("\n", "\r\n"),
        SHEET.replace(f"% sheet {SHEET_ID}\n", "\\textbf{Sheet \\texttt{7kqf-m2px}}\n"),
        SHEET.replace("% answer 1.dQ\n", "%answer 1.dQ  (do not edit this line)\n"),
        SHEET.replace("}% end of answer", "}%end of answer: "),
        SHEET.replace("}% end of answer", "}"),
        "\ufeff" + SHEET,
    ],
)
def test_a_sheet_that_an_editor_has_touched(tmp_path: Path, sheet: str) -> None:
    found = one(tmp_path, "s.tex", sheet.replace("\\blank & \\blank", "1 & 2", 1))
    assert isinstance(found, Submission), found
    assert found.sheet == SHEET_ID
    assert how(found.answers["1.dQ"], (2, 2)) == "read as 2×2 [[1, 2], [____, ____]]"
    assert how(found.answers["1.loss"]) == "blank"


def test_names_with_escapes(tmp_path: Path) -> None:
    assert "1.dW_Q" in answers(tmp_path, "s.tex", SHEET.replace("% answer 1.dQ\n", "% answer 1.dW\\_Q\n"))


def test_what_is_gone_is_told(tmp_path: Path) -> None:
    assert reason(tmp_path, "a.tex", SHEET.replace(f"% sheet {SHEET_ID}", "")) == NO_SHEET
    assert reason(tmp_path, "b.tex", SHEET.replace("% answer", "% ")) == NO_ANSWERS
    assert reason(tmp_path, "c.tex", "½".encode("cp1252") + SHEET.encode()).endswith("Save it again as UTF-8.")
