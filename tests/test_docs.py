"""The documentation says what the program does: its examples run, and show what is printed."""

from __future__ import annotations

import io
import re
import tomllib
from contextlib import redirect_stdout
from doctest import DocTestParser
from functools import cache
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
from classroom import handprop
from doc_pages import DOCS, ROOT, between, blocks, is_up_to_date, table

from backprop.operations import FUNCTIONS, OPERATIONS
from backprop.operations.record import EXPONENT, INDEX, MATRIX, SIZE
from grader import explain, grade
from grader.explaining.text import lines_of
from grader.feedback.formats import FEEDBACK
from worksheets import load_problem
from worksheets.problem import read_problem
from worksheets.problem_set import load_set
from worksheets.sheet import Sheet

# How it works: every block of code runs, with the output that stands below it.


def run_again(page: str) -> str:
    """A page whose sessions were run from its top to its end, with what they print now."""
    names: dict[str, object] = {}

    def session(block: re.Match[str]) -> str:
        lines = []
        for example in DocTestParser().get_examples(block[1]):
            first, *rest = example.source.splitlines()
            with redirect_stdout(io.StringIO()) as printed:
                exec(compile(example.source, "how-it-works.md", "single"), names)
            lines += [f">>> {first}", *(f"... {line}" for line in rest), *printed.getvalue().splitlines()]
        return "```python\n" + "\n".join(lines) + "\n```"

    return re.sub(r"^```python\n(.*?)^```", session, page, flags=re.DOTALL | re.MULTILINE)


def test_how_it_works_prints_what_it_says() -> None:
    page = DOCS / "how-it-works.md"
    assert is_up_to_date(page, run_again(page.read_text(encoding="utf-8"))), "look at it, then run `make pages`"


def test_a_wrong_output_in_it_is_noticed() -> None:
    page = "```python\n>>> for i in (1, 2):\n...     print(i)\n1\n3\n```\n"
    assert run_again(page) == page.replace("3", "2")


def test_how_it_works_quotes_the_problem_as_it_is() -> None:
    problem = (ROOT / "worksheets" / "problems" / "attention-backprop.toml").read_text(encoding="utf-8")
    (quoted,) = blocks(DOCS / "how-it-works.md", "toml")
    assert all(line in problem.splitlines() for line in quoted.splitlines())


# The README.

README = ROOT / "README.md"


@cache
def shown() -> Sheet:
    """The sheet that the README shows."""
    return load_problem("attention-backprop").variant(seed=7)


def test_the_pages_in_the_readme_are_as_they_are_printed() -> None:
    printed = {line.replace("`", "") for line in (shown().markdown() + shown().solution()).splitlines()}
    pages = [block for block in blocks(README, "") if "∂L/∂scaled =" in block or "X = [" in block]
    assert len(pages) == 2
    assert {line for page in pages for line in page.splitlines()} - {"…"} <= printed


def handed_in() -> dict[str, object]:
    """The answers of a student who left out a transpose in dK and then worked on rightly."""
    sheet = shown()
    answers = {name: np.round(sheet.key[name], 4) for name in ("Q", "K", "scaled", "weights", "dscores", "dQ")}
    answers["dK"] = np.round(answers["dscores"] @ answers["Q"], 4)
    answers["dW_K"] = np.round(np.array(sheet.record.given[0]["X"]).T @ answers["dK"], 4)
    return {**answers}


def feedback() -> str:
    """What that student reads."""
    sheet = shown()
    page = FEEDBACK["md"](sheet.set, sheet.record, grade(sheet, handed_in())).decode()
    return "".join(re.findall(r"^(?:\| line .*\n|\| --- .*\n|\| 1\.(?:dQ|dK|dW\\_K) .*\n)", page, re.MULTILINE))


def test_the_feedback_in_the_readme_is_what_is_said() -> None:
    assert "✓ follows" in feedback()
    assert between(README, "feedback", feedback()), "README.md is out of date: run `make pages`"


# When a student appeals.

APPEALS = DOCS / "appeals.md"


def explained(name: str, section: str, ends: str) -> str:
    """An explanation from a section up to a line, as a block."""
    lines = list(lines_of(explain(shown(), handed_in(), name)))
    begin = lines.index(section)
    found = list(takewhile(lambda line: line != ends, lines[begin:]))
    return "\n".join(["```", *found, "  …", "```", ""])


def test_the_explanations_in_the_docs_are_what_is_printed() -> None:
    bounds = explained("weights", "Entry by entry", "  [1,2]")
    assert between(APPEALS, "bounds", bounds), "docs/appeals.md is out of date: run `make pages`"
    mistakes = explained("dK", "Mistakes", "     missing term")
    assert between(APPEALS, "mistakes", mistakes), "docs/appeals.md is out of date: run `make pages`"
    assert is_up_to_date(APPEALS, run_again(APPEALS.read_text(encoding="utf-8"))), "run `make pages`"


# Writing a problem.


def functions() -> str:
    """The functions of the language, as rows of a table."""
    rows = []
    for name in FUNCTIONS:
        letters = {MATRIX: iter("ABC"), INDEX: iter("ijk"), SIZE: iter("nm"), EXPONENT: iter("x")}
        arguments = ", ".join(next(letters[kind]) for kind in OPERATIONS[name].takes)
        rows.append((f"`{name}({arguments})`", OPERATIONS[name].says))
    return table("function | is", rows)


def test_every_function_is_in_the_docs() -> None:
    assert between(PROBLEM, "functions", functions()), "docs/problems.md is out of date: run `make pages`"


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
    (source,) = blocks(README, "python")
    exec(compile(source, "README.md", "exec"), {})
    assert capsys.readouterr().out.rstrip().endswith("4.0 correct")


def anchors(page: Path) -> set[str]:
    """What a link can lead to on a page: its headings, as GitHub names them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_links_lead_somewhere() -> None:
    for page in [README, ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]:
        for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                path, _, anchor = target.partition("#")
                leads_to = page.parent / path if path else page
                assert leads_to.exists(), f"{page.name} links to {target}"
                assert not anchor or anchor in anchors(leads_to), f"{page.name} links to {target}"


def test_the_tests_that_security_names_are_there() -> None:
    named = set(re.findall(r"tests/\w+\.py", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    assert len(named) > 15
    assert not [name for name in named if not (ROOT / name).is_file()]
