"""Feedback: the same words in every format, and no more of the right answers than the set allows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pypdfium2
import pytest
from classroom import SET, TINY, contents, handprop, records, right_answers, small_course
from test_grade_course import hand_in

from backprop.notation import PLAIN, Printer
from course.records import SetRecord
from grader import grade
from grader.feedback.formats import FEEDBACK
from grader.feedback.page import LEVELS, SIGNS, lost
from grader.marking.marks import LineMarks, Marks
from worksheets import load_problem
from worksheets.problem import Problem, bundled_problems, read_problem
from worksheets.sheet import Sheet

FORMULAS = read_problem("tiny", tomllib.loads(TINY), "tiny.toml")
ATTENTION = load_problem("attention-backprop").variant(seed=11)
SAID = "How it is worked out"


def in_decimals(sheet: Sheet) -> dict[str, Any]:
    """The key as a student would write it down."""
    return {name: np.round(value, 4).tolist() for name, value in sheet.key.items()}


def something_of_everything() -> dict[str, Any]:
    """A slip in Q that is followed to weights; a transpose left out; blanks; what cannot be read."""
    own = {name: np.asarray(value) for name, value in in_decimals(ATTENTION).items()}
    own["Q"] = own["Q"] + [[0.5, 0], [0, 0]]
    own["scores"] = (own["Q"] @ own["K"].T).round(4)
    own["scaled"] = (own["scores"] / np.sqrt(2)).round(4)
    own["weights"] = (np.exp(own["scaled"]) / np.exp(own["scaled"]).sum(axis=1, keepdims=True)).round(4)
    own["dK"] = (own["dscores"] @ own["Q"]).round(4)
    answers: dict[str, Any] = {name: value.tolist() for name, value in own.items()}
    (a, b), (_, d) = answers["dW_V"]
    answers |= {"loss": "", "dW_V": [[a, b], ["", d]], "dcontext": "0.5 1.2.3", "dlogits": [[1, 2, 3, 4]]}
    return answers | {"zz": 1}


MARKS = grade(ATTENTION, something_of_everything())


def revealing(sheet_set: SetRecord, level: str) -> SetRecord:
    return msgspec.structs.replace(sheet_set, marking=msgspec.structs.replace(sheet_set.marking, reveal=level))


@cache
def printed(ending: str, level: str, marks: Marks = MARKS) -> bytes:
    return FEEDBACK[ending](revealing(ATTENTION.set, level), ATTENTION.record, marks)


class Words(HTMLParser):
    """What a page of HTML says: its text, without its style; what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.loads: list[str] = []
        self.style = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.style = tag == "style"
        self.loads += [f"{key}={value}" for key, value in attributes if key in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        self.style = False

    def handle_data(self, data: str) -> None:
        if not self.style:
            self.said.append(data)


def words_of_html(page: bytes) -> str:
    reader = Words()
    reader.feed(page.decode())
    return " ".join(reader.said)


def words_of_pdf(page: bytes) -> str:
    document = pypdfium2.PdfDocument(page)
    return " ".join(document[i].get_textpage().get_text_bounded() for i in range(len(document)))


def words_of_markdown(page: bytes) -> str:
    return re.sub(r"\\([\\`*_{}\[\]<>#|~$&])", r"\1", page.decode())


READ = {"md": words_of_markdown, "html": words_of_html, "pdf": words_of_pdf}


def squeezed(words: str) -> str:
    """Without the blanks, which a line's end in a PDF may be or hide, and with one sign for minus."""
    return re.sub(r"\s", "", words).replace("−", "-")


@cache
def said(ending: str, level: str, marks: Marks = MARKS) -> str:
    return squeezed(READ[ending](printed(ending, level, marks)))


EVERY = [(ending, level) for ending in FEEDBACK for level in LEVELS]
MARKED = [(ending, level) for ending, level in EVERY if level != "nothing"]


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


# --- what is revealed -------------------------------------------------------------------------------------------------


def values_of(value: Any) -> set[str]:
    return {f"{x:.4f}" for x in np.ravel(np.asarray(value, dtype=float))}


def numbers_on(ending: str, level: str, marks: Marks = MARKS) -> set[str]:
    """The numbers with four decimals on a page, as right values are printed."""
    words = READ[ending](printed(ending, level, marks)).replace("−", "-")
    return set(re.findall(r"-?\d+\.\d{4}(?!\d)", words))


def not_right() -> Iterator[LineMarks]:
    return (line for line in MARKS.lines if line.verdict != "correct")


def telling(line: LineMarks) -> set[str]:
    """The key's values of a line that no right answer of the student shows, nor what was read."""
    shown = {f"{x:.4f}" for other in MARKS.lines for row in other.read for x in row if x is not None}
    return {x for x in values_of(ATTENTION.key[line.name[2:]]) if not x.endswith("0")} - shown


@pytest.mark.parametrize("ending", FEEDBACK)
def test_the_right_values_are_told_from_answers_on_and_not_before(ending: str) -> None:
    assert sum(bool(telling(line)) for line in not_right()) > 5
    for level in LEVELS:
        shown = numbers_on(ending, level)
        for line in not_right():
            if level in ("answers", "solution"):
                assert values_of(ATTENTION.key[line.name[2:]]) <= shown
            else:
                assert not telling(line) & shown


@pytest.mark.parametrize("ending", FEEDBACK)
def test_values_are_those_that_follow_and_where_they_differ_the_key_s(ending: str) -> None:
    page = said(ending, "answers")
    own = {line.name[2:]: np.asarray(line.read, dtype=float) for line in MARKS.lines if None not in np.ravel(line.read)}
    follows = own["dscores"].T @ own["Q"]
    assert values_of(follows) <= numbers_on(ending, "answers")
    assert not values_of(follows) <= numbers_on(ending, "marks")
    for says in ("Right for the numbers that you wrote earlier", "With every earlier line right", "The right answer"):
        assert squeezed(says).lower() in page.lower()
    assert squeezed(SAID) not in page


@pytest.mark.parametrize("ending", FEEDBACK)
def test_the_solution_works_out_what_is_not_right_on_the_student_s_numbers(ending: str) -> None:
    page = READ[ending](printed(ending, "solution"))
    wrong = [line for line in not_right() if line.verdict != "follows"]
    assert page.count(SAID) == len(wrong)
    assert squeezed(f"{SAID}, on the numbers that you wrote earlier") in squeezed(page)
    assert squeezed("enters its product transposed, so the gradient") in squeezed(page)
    if ending != "pdf":  # where formulas are text
        printer = Printer.of(ATTENTION.set.problems[0].model(), PLAIN, "loss")
        for line in wrong:
            asked = ATTENTION.set.problems[0].model().by_name[line.name[2:]]
            formula = f"{printer.name(asked.name)} = {printer.expression(asked.expression)}"
            assert squeezed(formula) in squeezed(page)
        q = np.asarray(MARKS.line("Q").read, dtype=float)
        assert f"× {q[0, 0]:.10g}" in page.replace("−", "-").replace("(", "").replace(")", "")


def test_numbers_that_nobody_can_work_with_give_way_to_the_key_s() -> None:
    answers = in_decimals(ATTENTION) | {"Q": [[1e299, -1e299], [1e12, 5]], "scores": [[1, 2], [3, 4]]}
    marks = grade(ATTENTION, answers)
    for ending in FEEDBACK:
        page = said(ending, "solution", marks)
        assert squeezed(f"{SAID}, on the key's numbers") in page
        assert "1e+299" in page
        assert not re.search(r"nan|inf\b", page)
        assert values_of(ATTENTION.key["scores"]) <= numbers_on(ending, "solution", marks)


def test_an_answer_that_is_a_formula_is_shown_the_right_one() -> None:
    """Its marks have no numbers, and its name ends in “.formula”."""
    sheet = FORMULAS.variant(seed=1)
    lines = tuple(
        msgspec.structs.replace(line, in_words={"formula": 1.0, "trace": 1.0}) if line.part == "backward" else line
        for line in sheet.set.problems[0].lines
    )
    problem = msgspec.structs.replace(sheet.set.problems[0], lines=lines)
    sheet = Sheet(msgspec.structs.replace(sheet.set, problems=(problem,)), sheet.record)
    marks = grade(sheet, {"dW.formula": "x @ dz", "dz.formula": "p +", "dW.trace": "dW"})
    wrong, unread = marks.line("dW.formula"), marks.line("dz.formula")
    assert (wrong.verdict, unread.verdict) == ("wrong", "unreadable")
    pages = {
        (ending, level): squeezed(READ[ending](FEEDBACK[ending](revealing(sheet.set, level), sheet.record, marks)))
        for ending, level in EVERY
    }
    for (_, level), page in pages.items():
        assert (squeezed(wrong.message) in page) is (level != "nothing")
        assert squeezed(unread.message) in page
        assert ("therightformula" in page.lower()) is (level in ("answers", "solution"))
        assert ("arightorder" in page.lower()) is (level in ("answers", "solution"))
    assert squeezed("∂L/∂W = xᵀ · ∂L/∂z") in pages["md", "answers"]
    assert squeezed("`∂L/∂z` → `∂L/∂W`").replace("`", "") in pages["md", "answers"].replace("`", "")


LARGE = load_problem("attention-backprop").adapted({"n": 4, "v": 8}, {})


@pytest.mark.parametrize("problem", [*map(load_problem, bundled_problems()), LARGE], ids=[*bundled_problems(), "large"])
def test_every_problem_s_lines_can_be_worked_out_for_a_student(problem: Problem) -> None:
    sheet = problem.variant(seed=2)
    sheet_set = revealing(sheet.set, "solution")
    full = {line: np.add(value, 1).tolist() for line, value in sheet.key.items()}
    for answers in ({}, full):
        marks = grade(sheet, answers)
        for ending in FEEDBACK:
            page = READ[ending](FEEDBACK[ending](sheet_set, sheet.record, marks))
            wrong = [line for line in marks.lines if line.verdict not in ("correct", "follows")]
            assert page.count(SAID) == len(wrong) > 0


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


# --- a course ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return small_course(tmp_path, text=SET.replace("[[problem]]", '[marking]\nreveal = "answers"\n\n[[problem]]', 1))


def test_the_set_says_what_is_revealed_and_the_call_may_say_other(course: Path, tmp_path: Path) -> None:
    answers = right_answers(course, "s1")
    answers["answers"]["1.z"] = [[9, 9]]
    path = hand_in(tmp_path, "s1.json", answers)
    out = tmp_path / "out"
    expected = {
        (): ("The right answer", True),
        ("--reveal", "nothing"): ("how your answers were read", False),
        ("--reveal", "marks"): ("No entry is right", True),
        ("--reveal", "solution"): (SAID, True),
    }
    for option, (says, marked) in expected.items():
        assert handprop("grade", course, path, "--out", out, *option).code == 0
        page = (out / "feedback" / "s1.md").read_text(encoding="utf-8")
        assert says.lower() in page.lower()
        assert ("marks" in page) is marked
        assert (SAID in page) is ("solution" in option)
    ran = handprop("grade", course, path, "--out", out, "--reveal", "all")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "handprop: --reveal “all”: there are nothing, marks, answers, solution\n"


def test_every_format_for_everyone(course: Path, tmp_path: Path) -> None:
    for student in records(course):
        hand_in(tmp_path, f"in/{student}.json", right_answers(course, student))
    ran = handprop("grade", course, tmp_path / "in", "--out", tmp_path / "out", "--feedback", ",".join(FEEDBACK))
    assert (ran.code, ran.err) == (0, "")
    pages = {name for name in contents(tmp_path / "out") if name.startswith("feedback/")}
    assert pages == {f"feedback/{student}.{ending}" for student in ("s1", "s2", "s3") for ending in FEEDBACK}


def test_pages_by_several_processes_are_the_same(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from grader import grade_course

    for student in records(course):
        hand_in(tmp_path, f"in/{student}.json", right_answers(course, student))
    monkeypatch.setattr("grader.feedback.writing.CHUNK", 1)
    monkeypatch.setattr("grader.feedback.writing.MANY", 2)
    told: list[Any] = []
    for jobs in (1, 2):
        out = tmp_path / f"out{jobs}"
        grade_course(course, [tmp_path / "in"], out, ["pdf"], lambda *said: told.append(said), jobs=jobs)
    assert contents(tmp_path / "out1") == contents(tmp_path / "out2")
    assert told[1:4] == [("writing feedback", done, 3) for done in (1, 2, 3)]
    assert told[4:] == told[:4]
