"""Feedback: the same words in every format, and no more of the right answers than the set allows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

import msgspec
import pytest
from classroom import TINY
from feedback_pages import (
    ATTENTION,
    EVERY,
    MARKED,
    MARKS,
    READ,
    Words,
    in_decimals,
    printed,
    said,
    squeezed,
    words_of_markdown,
)

from grader import grade
from grader.feedback.formats import FEEDBACK
from grader.feedback.page import LEVELS, SIGNS, lost
from grader.marking.marks import LineMarks, Marks
from worksheets.problem import read_problem


def test_there_is_something_of_everything() -> None:
    assert {line.verdict for line in MARKS.lines} == {"correct", "follows", "wrong", "blank", "unreadable"}
    assert set(READ) == set(FEEDBACK)


# --- what is told -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ending", "level"), MARKED)
def test_every_line_is_told_its_marks_and_what_was_found(ending: str, level: str) -> None:
    page = said(ending, level)
    for line in MARKS.lines:
        sign, marks = SIGNS[line.verdict][0], f"{line.score:g} of {line.out_of:g}"
        assert squeezed(line.message) in page
        assert re.search(rf"{re.escape(line.name)}\S*?{squeezed(sign)}\S*?{squeezed(marks)}", page)
    assert squeezed(f"{MARKS.score:g} of {MARKS.out_of:g} marks") in page
    assert squeezed(lost(MARKS)) in page
    assert squeezed(MARKS.notes[0]) in page


@pytest.mark.parametrize("level", LEVELS)
def test_the_formats_say_the_same(level: str) -> None:
    """Every table, line by line, in the words of the Markdown page."""
    rows = [
        [cell.strip("` ") for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        for row in printed("md", level).decode().splitlines()
        if row.startswith("| 1.")
    ]
    assert len(rows) == len(MARKS.lines)
    for ending in set(FEEDBACK) - {"md"}:
        page = said(ending, level)
        for row in rows:
            for cell in row:
                assert squeezed(words_of_markdown(cell.encode()).replace("`", "")) in page


@pytest.mark.parametrize("ending", FEEDBACK)
def test_before_the_deadline_nothing_is_said_on_right_or_wrong(ending: str) -> None:
    page = said(ending, "nothing")
    right = grade(ATTENTION, in_decimals(ATTENTION))
    assert "✗" not in page + said(ending, "nothing", right)
    assert "✓" not in page
    assert not re.search(r"[Rr]ight(?!\.)|mistake|marks|Notthekey|follows|transpose", page)
    for line in MARKS.lines:
        for note in line.notes:
            assert squeezed(note) in page
    answered = LineMarks("1.Q", "wrong", 0, 4, (("wrong", "correct"), ("wrong", "wrong")), ((1, 2), (3, 4)))
    both = [msgspec.structs.replace(answered, verdict=v, entries=((v, v), (v, v))) for v in ("wrong", "correct")]
    pages = [said(ending, "nothing", msgspec.structs.replace(MARKS, lines=(line,), score=0)) for line in both]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(("ending", "level"), EVERY)
def test_every_number_that_was_read_is_shown(ending: str, level: str) -> None:
    page = said(ending, level)
    for line in MARKS.lines:
        for value in (value for row in line.read for value in row if value is not None):
            assert f"{value:.10g}" in page


# --- where marks went -------------------------------------------------------------------------------------------------


def test_where_the_marks_went() -> None:
    def marks(losses: Mapping[str, tuple[str, float]]) -> Marks:
        lines = tuple(LineMarks(name, verdict, 4 - loss, 4, (), ()) for name, (verdict, loss) in losses.items())
        return Marks("", "", "", 0, 0, lines)

    assert lost(marks({"1.Q": ("correct", 0)})) == "No mark was lost."
    assert lost(marks({"1.Q": ("wrong", 1), "1.K": ("blank", 4)})) == "Marks lost: 4 on 1.K (left blank), 1 on 1.Q."
    many = {f"1.{name}": ("wrong", 1.5) for name in "abcde"} | {"2.f": ("unreadable", 2.25), "2.g": ("follows", 2)}
    assert lost(marks(many)) == (
        "Marks lost: 2.25 on 2.f (not read), 2 on 2.g (follows), 1.5 on 1.a, 6 on 4 other lines."
    )
    assert lost(marks(dict(list(many.items())[:4]))).endswith("1.5 on 1 other line.")


def test_a_share_for_what_follows_is_said() -> None:
    marking = msgspec.structs.replace(ATTENTION.set.marking, follows=0.5)
    page = FEEDBACK["md"](msgspec.structs.replace(ATTENTION.set, marking=marking), ATTENTION.record, MARKS).decode()
    assert "✓ follows: right for the numbers that you wrote earlier, counts 50 % · ✗ not right" in page


# --- pages ------------------------------------------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>", r"\input{/etc/passwd}", "50% & _co_ #1 $x$ ~", "*a* `b` [c](d) {{e}} << f >>", '")#g("'
)  # fmt: skip


@pytest.mark.parametrize("ending", FEEDBACK)
@pytest.mark.parametrize("typed", HOSTILE)
def test_names_titles_and_notes_print_as_typed(ending: str, typed: str) -> None:
    problem = read_problem("tiny", tomllib.loads(TINY), "tiny.toml")
    sheet = problem.variant(seed=1)
    sheet_set = msgspec.structs.replace(
        sheet.set, title=typed, problems=(msgspec.structs.replace(sheet.set.problems[0], title=f"2 {typed}"),)
    )
    record = msgspec.structs.replace(sheet.record, roster={"name": f"3 {typed}"})
    marks = msgspec.structs.replace(grade(sheet, {"z": "", typed: 1}), notes=(f"4 {typed}",))
    page = FEEDBACK[ending](sheet_set, record, marks)
    for part in (typed, f"2. {typed}".replace("2.", "2"), f"3 {typed}", f"4 {typed}"):
        assert squeezed(part) in squeezed(READ[ending](page))
    if ending == "html":
        assert b"<script" not in page


@pytest.mark.parametrize("level", LEVELS)
def test_a_page_of_html_needs_nothing_but_itself(level: str) -> None:
    page = printed("html", level)
    reader = Words()
    reader.feed(page.decode())
    assert all(link.startswith("href=#line-") for link in reader.loads)
    assert set(re.findall(r'href="#(.*?)"', page.decode())) <= set(re.findall(r'id="(.*?)"', page.decode()))
    assert b"<script" not in page
    assert b"url(" not in page
    assert b"@import" not in page
    assert len(page) < 40_000


def test_a_page_of_html_can_be_read_aloud() -> None:
    page = printed("html", "marks").decode()
    assert '<html lang="en">' in page
    assert page.count('scope="row"') == len(MARKS.lines)
    assert page.count('scope="col"') == 4
    for line in MARKS.lines:
        assert f'<span class="unseen">{SIGNS[line.verdict][1]}</span>' in page
    wrong = sum(v == "wrong" for line in MARKS.lines for row in line.entries for v in row)
    assert page.count('aria-label="not right"') == wrong


def test_the_same_marks_give_the_same_bytes() -> None:
    for ending, level in EVERY:
        assert printed.__wrapped__(ending, level) == printed(ending, level)
