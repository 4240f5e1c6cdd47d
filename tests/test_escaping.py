"""What instructors and students typed is printed as it was typed; it is never markup, code, a formula or a command."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from pathlib import Path

import hostile
import msgspec
import nbformat
import openpyxl
import pytest
from classroom import TINY, handprop, small_set
from test_typesetting import words

from course.records import SheetRecord
from grader import grade
from grader.feedback.formats import FEEDBACK
from grader.tables import write_csv, write_workbook
from handprop.terminal import UNSEEN, visible
from worksheets.problem import read_problem
from worksheets.sheet import Sheet

HARMLESS = "Words"
LABELLED = TINY.replace("[lines]", '[labels]\nn = ["A", "B"]\n\n[lines]')
DRAWN = read_problem("tiny", tomllib.loads(LABELLED), "tiny.toml").variant(seed=1)
COUNTED = {
    "md": r"```|^#|^\||[<\[]",
    "tex": r"\\(?:input|immediate|write|end|begin|include)\b",
    "html": r"<(?:script|img|b|title|/?h\d|iframe|a )|onerror=[^&]*>",
    "ipynb": r'"cell_type"',
}
"""What there is as much of on a page whatever is printed on it."""


def named(word: str) -> Sheet:
    """A sheet that has a word in every place that an instructor or a roster can fill."""
    (problem,) = DRAWN.set.problems
    intro = re.sub(r"[{}]", "", word)
    problem = msgspec.structs.replace(problem, title=word, intro=intro, labels={"n": (f"1 {word}", word)})
    sheet_set = msgspec.structs.replace(DRAWN.set, title=word, problems=(problem,))
    return Sheet(sheet_set, SheetRecord("PREV-1EWS", "s1", DRAWN.record.given, {"name": word}))


def count(page: str, ending: str) -> int:
    if ending == "md":  # within a fence nothing is markup, and what is behind a backslash is none
        fences = re.findall(r"^```", page, re.MULTILINE)
        page = "```" * len(fences) + re.sub(r"\\.", "", re.sub(r"(?ms)^```.*?^```$", "", page))
    return len(re.findall(COUNTED[ending], page, re.MULTILINE))


@pytest.mark.parametrize("ending", COUNTED)
def test_no_word_changes_what_a_page_is_made_of(ending: str) -> None:
    usual = named(HARMLESS).print(ending).decode()
    for word in hostile.ALL:
        page = named(word).print(ending).decode()
        assert not UNSEEN.search(page), word
        assert count(page, ending) == count(usual, ending), word
        if ending == "ipynb":
            nbformat.validate(nbformat.reads(page, as_version=4))


def test_a_pdf_prints_every_word() -> None:
    printed = words(named(" ".join(hostile.MARKUP[:-2])).print("pdf"))
    for word in hostile.MARKUP[:-2]:
        assert "".join(word.split()) in printed, word


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    for word in (*hostile.FORMULAS, " ".join(hostile.UNSEEN)):
        book = openpyxl.load_workbook(io.BytesIO(named(word).print("xlsx")))
        cells = [cell for tab in book for row in tab.iter_rows() for cell in row]
        assert all(cell.data_type in "sn" for cell in cells), word
        assert not any(UNSEEN.search(str(cell.value)) for cell in cells), word
    rows = [[word, word, 1.5] for word in hostile.ALL]
    write_csv(tmp_path / "x.csv", ["id", "name", "score"], rows)
    write_workbook(tmp_path / "x.xlsx", ["id", "name", "score"], rows)
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        read = list(csv.reader(file))[1:]
    for (word, _, _), (id, name, score) in zip(rows, read, strict=True):
        assert not re.match(r"\s*[=+\-@＝\t\r]", id), word
        assert not re.match(r"\s*[=+\-@＝\t\r]", name), word
        assert id.removeprefix("'") == word.replace("\x00", "")
        assert score == "1.5"
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "x.xlsx").active.iter_rows() for cell in row]
    assert all(cell.data_type in "sn" for cell in cells)


@pytest.mark.parametrize("id", ["007", "-2", "+49 30 901820", "+4930901820", "3e5", "-12.5", "s-1", "a=b"])
def test_an_id_that_is_plain_stays_as_it_is(tmp_path: Path, id: str) -> None:
    write_csv(tmp_path / "x.csv", ["id"], [[id]])
    assert (tmp_path / "x.csv").read_text(encoding="utf-8-sig") == f"id\n{id}\n"


@pytest.mark.parametrize("ending", ["md", "html"])
def test_what_a_student_typed_is_printed_in_feedback_and_runs_nowhere(ending: str) -> None:
    def page(word: str) -> str:
        marks = grade(DRAWN, {"z": word, "p": [[word, "1"]], word: "1"})
        marks = msgspec.structs.replace(marks, notes=(word,))
        record = msgspec.structs.replace(DRAWN.record, roster={"name": word})
        return FEEDBACK[ending](DRAWN.set, record, marks).decode()

    assert HARMLESS in page(HARMLESS)
    for word in hostile.ALL:
        made = page(word)
        assert not UNSEEN.search(made), word
        if ending == "html":
            assert not re.search(r"<(?:script|img|iframe)|onerror=[^&]*>", made), word
        else:
            bare = re.sub(r"\\.", "", made)
            assert not re.search(r"<(?:script|img|https)|```|\]\(", re.sub(r"`[^`\n]*`", "", bare)), word


# --- the terminal -----------------------------------------------------------------------------------------------------


def test_nothing_is_hidden_on_a_terminal() -> None:
    assert visible("a\x1bc\u202eb\x9b\x00") == "a<U+001B>c<U+202E>b<U+009B><U+0000>"
    usual = "Zoë 李雷 × − “x”\n\tα 🙂 مرحبا"
    assert visible(usual) == usual


BAD = r"\u001b[31mx\u202e\u0007"
SAID = {
    "title": TINY.replace("Tiny", f"a{BAD}"),
    "key": TINY.replace("[sizes]", f'"{BAD}" = 1\n[sizes]'),
    "size": TINY.replace("n = 2", f'n = 2\n"{BAD}" = 2'),
    "given": TINY.replace("eta =", f'"{BAD}" ='),
    "line": TINY.replace("z = ", f'"{BAD}" = '),
    "expression": TINY.replace("x @ W", f"x @ {BAD}"),
    "label": TINY.replace("[lines]", f'[labels]\n"{BAD}" = ["a"]\n\n[lines]'),
    "derive": TINY.replace('"loss"\nupdate', f'"{BAD}"\nupdate'),
    "intro": TINY.replace("[sizes]", f'intro = "{{{BAD}}}"\n[sizes]', 1),
    "rows": TINY.replace('[1, "n"]', f'[1, "n"], rows = "{BAD}"'),
    "index": TINY.replace('index = "n"', f'index = "{BAD}"'),
}


@pytest.mark.parametrize("where", SAID)
def test_what_a_file_says_does_not_command_the_terminal(tmp_path: Path, where: str) -> None:
    path = small_set(tmp_path, problem=SAID[where])
    for call in (("problems", path.with_name("tiny.toml")), ("preview", path)):
        ran = handprop(*call)
        assert not UNSEEN.search(ran.out + ran.err)
        assert ran.err or where in ("title",)


def test_neither_does_a_set_a_roster_or_a_call(tmp_path: Path) -> None:
    small_set(tmp_path)
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\ns\x1b[31m1,Ada\n,Bob\u202e\ns2,x\ns2,\x1bc\n", encoding="utf-8")
    tiny = 'use = "tiny.toml"'
    for number, use in enumerate(
        (
            f'use = "{BAD}"',
            f'{tiny}\nask = ["{BAD}"]',
            f'{tiny}\nmarks = {{ "{BAD}" = 1 }}',
            f'{tiny}\nsizes = {{ "{BAD}" = 1 }}',
            f'{tiny}\ngiven = {{ "{BAD}" = {{}} }}',
        )
    ):
        path = tmp_path / f"{number}.toml"
        path.write_text(f'title = "{BAD}"\n[[problem]]\n{use}\n', encoding="utf-8")
        ran = handprop("preview", path)
        assert (ran.code, ran.out) == (2, "")
        assert "<U+001B>" in ran.err
        assert not UNSEEN.search(ran.err)
    made = ("--roster", roster, "--out", tmp_path / "c\x1b", "--format", "none")
    for call in (
        ("generate", tmp_path / "set.toml", *made),
        ("check", "\x1bc"),
        ("problems", "a\u202eb"),
        ("\x1bc",),
        ("grade", tmp_path / "c\x1b", tmp_path / "no\x1bfile", "--out", tmp_path / "results\x1b"),
    ):
        ran = handprop(*call)
        assert "U+" in ran.out + ran.err or "x1b" in ran.err
        assert not UNSEEN.search(ran.out + ran.err)


def test_all_that_is_said_goes_through_one_place() -> None:
    written = re.compile(r"typer\.echo|\bprint\(|secho|sys\.std(?:out|err)\.write")
    for path in Path(__file__).parent.parent.glob("handprop/*.py"):
        if path.name != "terminal.py":
            assert not written.search(path.read_text(encoding="utf-8")), path
