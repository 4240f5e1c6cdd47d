"""The documentation says what the program does: its examples run, and its tables are those of the code."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

import pytest
from classroom import handprop
from formula_problems import attention
from mistake_rows import SHEETS, SLIPS, answers_to, slipped
from number_forms import FORMS, Form
from problem_rows import PROBLEM_SHEETS

from backprop.operations import OPERATIONS
from grader import grade
from grader.formulas.forms import FORMULA_FORMS, GIVEN
from grader.marking.marks import KINDS
from grader.reading.answers import read
from worksheets.problem import read_problem
from worksheets.problem_set import load_set

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def blocks(page: Path, language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [block for of, block in fenced if of == language]


def cell(typed: object) -> str:
    """A cell of a table: what was typed, on one line; a value of an answers.json as it stands there."""
    text = typed if isinstance(typed, str) else json.dumps(typed, ensure_ascii=False)
    shown = text.replace("\n", " ⏎ ").replace("\t", " ⇥ ").replace("|", "\\|")
    return f"`` {shown} ``" if "`" in shown or not shown.strip() else f"`{shown}`"


def row(form: Form) -> str:
    size = "×".join(map(str, form.shape)) if form.shape else "a number"
    found = read(form.typed, form.shape)
    outcome = found.how or (" ".join(found.messages) if found.messages else "blank")
    return f"| {cell(form.typed)} | {size} | {outcome.replace('|', chr(92) + '|')} |"


def forms_page() -> str:
    tables = []
    for heading, forms in FORMS.items():
        rows = "\n".join(row(form) for form in forms if len(str(form.typed)) <= 160)
        tables.append(f"### {heading}\n\n| typed | asked | what is made of it |\n| --- | --- | --- |\n{rows}\n")
    return "\n" + "\n".join(tables) + "\n"


def written(what: str, table: str) -> None:
    """A table of docs/marking.md between its markers is the one made here; HANDPROP_REWRITE writes it."""
    page, begin, end = DOCS / "marking.md", f"<!-- {what}: written by `make pages` -->\n", f"<!-- end of {what} -->\n"
    before, rest = page.read_text(encoding="utf-8").split(begin)
    fresh = before + begin + table + end + rest.split(end)[1]
    if os.environ.get("HANDPROP_REWRITE"):
        page.write_text(fresh, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == fresh, "docs/marking.md is out of date: run `make pages`"


def test_the_table_of_forms_is_what_the_reader_does() -> None:
    written("forms", forms_page())


def formulas_page() -> str:
    tables = []
    for heading, forms in FORMULA_FORMS.items():
        rows = []
        for form in forms:
            if len(str(form.typed)) <= 160:
                judged = attention().judge(form.line, form.typed, GIVEN)
                rows.append(f"| {form.line} | {cell(form.typed)} | {judged.message.replace('|', chr(92) + '|')} |")
        table = "\n".join(rows)
        tables.append(f"#### {heading}\n\n| line | typed | what is made of it |\n| --- | --- | --- |\n{table}\n")
    return "\n" + "\n".join(tables) + "\n"


def test_the_table_of_formulas_is_what_the_grader_says() -> None:
    written("formulas", formulas_page())


def mistakes_page() -> str:
    rows = []
    for sheet, table in (*SHEETS, *PROBLEM_SHEETS):
        for line, worked, *_ in table:
            asked = next(x.expression for x in sheet.set.problems[0].lines if x.name == line)
            found = grade(sheet, answers_to(sheet, {line: worked})).line(line).mistake
            assert found is not None
            rows.append((found.kind, f"`{line} = {asked}`", f"`{worked}`", found.says))
    for slip in SLIPS:
        found = grade(SHEETS[0][0], slipped(SHEETS[0][0], slip)).line(slip.line).mistake
        assert found is not None
        rows.append((found.kind, f"`{slip.line}`", slip.what, found.says))
    rows.sort(key=lambda row: KINDS.index(row[0]))
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    return f"\n| kind | line | what was done | what is said |\n| --- | --- | --- | --- |\n{table}\n\n"


def test_the_table_of_mistakes_is_what_the_grader_says() -> None:
    written("mistakes", mistakes_page())


@pytest.mark.parametrize("name", [n for n in OPERATIONS if n.isidentifier() and n != "neg"])
def test_every_function_is_in_the_docs(name: str) -> None:
    page = (DOCS / "problems.md").read_text(encoding="utf-8")
    assert re.search(rf"\| `{name}\([^)]*\)` \| {re.escape(OPERATIONS[name].says)} \|", page)


PROBLEM = DOCS / "problems.md"
STEPS = blocks(PROBLEM, "toml")[:4]  # each adds to the file of the step before


@pytest.mark.parametrize("steps", range(1, len(STEPS) + 1))
def test_the_problem_in_the_docs_is_fit_to_use_at_every_step(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "regression.toml"
    path.write_text("".join(STEPS[:steps]), encoding="utf-8")
    ran = handprop("check", path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("  fit to use\n")
    if steps > 1:
        shown = next(block for block in blocks(PROBLEM, "") if "proved" in block)
        checked = re.sub(r" +=", " =", ran.out)
        assert all(f"    {line}\n" in checked for line in shown.splitlines())


def test_the_error_in_the_docs_is_what_is_said(tmp_path: Path) -> None:
    path = tmp_path / "regression.toml"
    path.write_text(STEPS[0].replace("x @ W + b", "W @ x + b"), encoding="utf-8")
    shown = next(block for block in blocks(PROBLEM, "") if "do not fit" in block)
    assert handprop("check", path).err.replace(f"{tmp_path}/", "") == shown


def test_the_names_in_the_docs_are_those_that_are_derived() -> None:
    model = read_problem("regression", tomllib.loads("".join(STEPS)), "docs/problems.md").model
    promised = ["dz", "dW", "db", "W_new", "b_new", "z_new", "p_new", "loss_new", "fell", "size"]
    assert [line.name for line in model.lines][3:] == promised
    assert [model.by_name[n].text for n in ("W_new", "b_new")] == ["W - eta * dW", "b - eta * db"]


def test_the_sets_in_the_docs_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "regression.toml").write_text("".join(STEPS), encoding="utf-8")
    for source, marks in zip(blocks(PROBLEM, "toml")[4:], (20, 40), strict=True):
        (tmp_path / "set.toml").write_text(source, encoding="utf-8")
        assert load_set(tmp_path / "set.toml").record().problems[0].marks == marks
    ran = handprop("preview", tmp_path / "set.toml")
    assert ran.code == 0


def test_the_python_in_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = blocks(ROOT / "README.md", "python")
    exec(compile(source, "README.md", "exec"), {})
    assert capsys.readouterr().out.rstrip().endswith("4.0 correct")


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
