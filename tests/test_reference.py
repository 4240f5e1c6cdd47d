"""The reference is written from the tables of the code, and the page for students promises nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from doc_pages import DOCS, is_up_to_date, table
from formula_forms import FORMULA_FORMS, GIVEN, FormulaForm
from formula_problems import attention
from mistake_rows import SHEETS, SLIPS, answers_to, slipped
from number_forms import FORMS, Form
from problem_rows import PROBLEM_SHEETS

from grader import grade
from grader.marking.marks import KINDS
from grader.marking.traces import Traces
from grader.reading.answers import read

LONGEST = 160
"""Characters of what was typed: longer examples are of limits, and no help to a reader."""


def cell(typed: object) -> str:
    """A cell of a table: what was typed, on one line; a value of an answers.json as it stands there."""
    text = typed if isinstance(typed, str) else json.dumps(typed, ensure_ascii=False)
    shown = text.replace("\n", " ⏎ ").replace("\t", " ⇥ ").replace("|", "\\|")
    return f"`` {shown} ``" if "`" in shown or not shown.strip() else f"`{shown}`"


def number_forms(forms: Iterable[Form]) -> Iterator[tuple[str, ...]]:
    for form in forms:
        found = read(form.typed, form.shape)
        outcome = found.how or " ".join(found.messages) or "blank"
        if len(str(form.typed)) <= LONGEST:
            yield cell(form.typed), "×".join(map(str, form.shape)) or "a number", outcome.replace("|", "\\|")


def formula_forms(forms: Iterable[FormulaForm]) -> Iterator[tuple[str, ...]]:
    for form in forms:
        if len(str(form.typed)) <= LONGEST:
            says = attention().judge(form.line, form.typed, GIVEN).message
            yield form.line, cell(form.typed), says.replace("|", "\\|")


def named_mistakes() -> list[tuple[str, ...]]:
    rows = []
    for sheet, known in (*SHEETS, *PROBLEM_SHEETS):
        for line, worked, *_ in known:
            asked = next(x.expression for x in sheet.set.problems[0].lines if x.name == line)
            found = grade(sheet, answers_to(sheet, {line: worked})).line(line).mistake
            assert found is not None
            rows.append((found.kind, f"`{line} = {asked}`", f"`{worked}`", found.says))
    for slip in SLIPS:
        found = grade(SHEETS[0][0], slipped(SHEETS[0][0], slip)).line(slip.line).mistake
        assert found is not None
        rows.append((found.kind, f"`{slip.line}`", slip.what, found.says))
    return sorted(dict.fromkeys(rows), key=lambda row: KINDS.index(row[0]))


def traced_ways() -> Iterator[tuple[str, ...]]:
    for typed in (
        "dlogits, dcontext, doutput",
        "logits → context → output",
        "dlogits, doutput, dcontext",
        "dcontext",
        "X",
    ):
        yield cell(typed), Traces(attention().problem).judge("doutput", typed)[1]


def reference() -> str:
    """The whole page."""
    parts = [
        "# Reference: what is read, and what is said",
        "Written by `make pages` from the tables that the tests run. In short: [the page for students](students.md).",
        "## Numbers and matrices",
        "⏎ is the end of a line, ⇥ a tab.",
    ]
    for heading, forms in FORMS.items():
        parts += [f"### {heading}", table("typed | asked | what is made of it", number_forms(forms))]
    parts += ["## Mistakes", table("kind | line | what was worked | what is said", named_mistakes())]
    parts += [
        "## Formulas",
        "Of `attention-backprop` with n = 2, d = 3, d_k = 4, d_v = 5, v = 4, η = 0.5 and target C.",
    ]
    for heading, formulas in FORMULA_FORMS.items():
        parts += [f"### {heading}", table("line | typed | what is made of it", formula_forms(formulas))]
    parts += [
        "## Traces",
        "The way to ∂L/∂output in `attention-backprop`.",
        table("typed | what is said", traced_ways()),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def test_the_reference_is_what_the_grader_says() -> None:
    assert is_up_to_date(DOCS / "reference.md", reference()), "docs/reference.md is out of date: run `make pages`"


def examples(bullet: str) -> list[str]:
    """What stands in code on one of the page's bullets."""
    page = (DOCS / "students.md").read_text(encoding="utf-8")
    found = re.search(rf"^- {re.escape(bullet)}.*(?:\n  .*)*", page, re.MULTILINE)
    assert found, f"students.md has no bullet “{bullet}”"
    return re.findall(r"`([^`]+)`", found[0])


def test_what_the_page_for_students_promises_is_read() -> None:
    *numbers, unclear = examples("**Numbers:**")
    assert len(numbers) >= 10
    assert [n for n in numbers if read(n, ()).entries[0][0].state != "number"] == []
    assert read(unclear, ()).entries[0][0].state == "unreadable"
    for matrix in examples("**Matrices:**"):
        assert [[e.value for e in row] for row in read(matrix, (2, 2)).entries] == [[1, 2], [3, 4]]
    apart, together = examples("**Signs:**")
    assert [e.value for e in read(f"[{apart}]", (1, 2)).entries[0]] == [1, -4]
    assert [e.value for e in read(f"[{together}, 2]", (1, 2)).entries[0]] == [-3, 2]
    assert {attention().judge("dW_Q", formula, GIVEN).verdict for formula in examples("Type it as in NumPy")} == {
        "correct"
    }
