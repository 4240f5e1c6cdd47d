"""The documentation says what the program does: its examples run, and its tables are those of the code."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

import pytest
from mistake_rows import SHEETS, SLIPS, answers_to, slipped
from problem_rows import PROBLEM_SHEETS

from backprop.operations import OPERATIONS
from grader import grade
from grader.forms import FORMS, Form
from grader.marks import KINDS
from grader.reading import read
from worksheets.check import check
from worksheets.problem import read_problem
from worksheets.problem_set import Asked, load_set

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


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


def test_the_problem_in_the_docs_is_fit_to_use() -> None:
    source = blocks(DOCS / "problems.md", "toml")[0]
    problem = read_problem("perceptron", tomllib.loads(source), "docs/problems.md")
    asked = Asked(problem, frozenset(line.name for line in problem.model.lines), 4, None)
    report = check(asked, variants=20)
    assert report.failures == ()
    promised = re.search(r"gradients_of = \"loss\" +# (.*)", source)
    assert promised is not None
    assert [name for name, _ in report.gradients] == promised[1].split(", ")


def test_the_set_in_the_docs_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "set.toml").write_text(blocks(DOCS / "problems.md", "toml")[1], encoding="utf-8")
    assert load_set(tmp_path / "set.toml").record().problems[0].marks == 40


def test_the_python_in_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = blocks(ROOT / "README.md", "python")
    exec(compile(source, "README.md", "exec"), {})
    assert capsys.readouterr().out.rstrip().endswith("4.0 correct")


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
