"""Whose a file is: by its code, by its name, or because somebody says so; and what is there already is kept."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from classroom import contents, hand_in, handprop, lines_of, marked, reasons, records, right_answers, rows, small_course

from course.stored import load_course
from grader import grade_course
from grader.course import CourseError
from grader.readers import FILLERS
from grader.whose import Students

ROSTER = (
    "id,name,email\ns1,Ada Lovelace,ada@example.org\ns2,Zoë O'Hara,zoe@example.org\n10023,Emmy Noether,e@example.org\n"
)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of three students; tests only read it."""
    return small_course(tmp_path_factory.mktemp("class"), ROSTER)


OF_ZOE = (
    "Zoë O'Hara_48211_assignsubmission_file_/answers.json",
    "O'Hara Zoe_48211_assignsubmission_file_/answers.json",
    "s2/answers.json",
    "s2.json",
    "week 1/S2_answers.json",
    "oharazoe_48211_77_answers.json",
)
OF_NOBODY = ("answers.json", "group 2/answers.json", "Attempt 9/answers (1).json", "zoe/answers.json", "1002/2.json")


@pytest.mark.parametrize("name", OF_ZOE)
def test_a_sheet_under_anothers_name_is_listed(course: Path, tmp_path: Path, name: str) -> None:
    hand_in(tmp_path, "in/mine.json", {**right_answers(course, "s1"), "answers": {"1.z": 1}})
    hand_in(tmp_path, f"in/{name}", right_answers(course, "s1"))
    (marks,) = marked(course, tmp_path, tmp_path / "in").marks
    assert marks.source == "mine.json"
    says = reasons(tmp_path)[name]
    assert "Ada Lovelace" in says
    assert "Zoë O'Hara" in says


@pytest.mark.parametrize("name", OF_NOBODY)
def test_names_that_say_nothing(course: Path, tmp_path: Path, name: str) -> None:
    hand_in(tmp_path, f"in/{name}", right_answers(course, "s1"))
    assert len(marked(course, tmp_path, tmp_path / "in").marks) == 1


def test_a_pair_may_hand_in_together(course: Path, tmp_path: Path) -> None:
    hand_in(tmp_path, "in/Ada Lovelace and Zoë O'Hara/answers.json", right_answers(course, "s1"))
    assert [m.student for m in marked(course, tmp_path, tmp_path / "in").marks] == ["s1"]


def test_the_student_is_named_where_the_code_is_lost(course: Path, tmp_path: Path) -> None:
    right = right_answers(course, "s2")
    sheet = (course / "handout" / "s2" / "sheet.md").read_text(encoding="utf-8")
    values = "\n\n".join(f"{name} = {json.dumps(value)}" for name, value in right["answers"].items())
    for name, page in {
        "a.json": json.dumps({"answers": right["answers"]}),
        "b.json": json.dumps({"sheet": "smudged!", "answers": right["answers"]}),
        "c.json": json.dumps({"sheet": "ABCD-EFGH", "answers": right["answers"]}),
        "d.md": values,
        "e.json": json.dumps(right),
    }.items():
        out = tmp_path / name.replace(".", "-")
        path = hand_in(tmp_path, name, page)
        ran = handprop("grade", course, path, "--out", out, "--as", "s2")
        assert (ran.code, ran.err) == (0, "")
        (line,) = lines_of(out / "marks.jsonl")
        assert (line["student"], line["score"], line["source"]) == ("s2", 10.0, name)
    assert right["sheet"] in sheet


def without_its_code(ending: str, page: bytes, sheet: str) -> bytes:
    """A form from which its sheet's code was lost."""
    if ending == "pdf":
        with pikepdf.open(io.BytesIO(page)) as pdf:
            for field in pdf.acroform.fields:
                if field.fully_qualified_name == "sheet":
                    field.obj.V = pikepdf.String("")
            written = io.BytesIO()
            pdf.save(written)
        return written.getvalue()
    if ending == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(page))
        tab, cell = next(book.defined_names["sheet"].destinations)
        book[tab][cell.replace("$", "")].value = None
        written = io.BytesIO()
        book.save(written)
        return written.getvalue()
    return page.replace(sheet.encode(), b"")


@pytest.mark.parametrize("ending", ["md", "tex", "ipynb", "xlsx", "pdf", "json"])
def test_a_lost_code_in_every_format(tmp_path: Path, ending: str) -> None:
    course = small_course(tmp_path, ROSTER, formats=("md" if ending == "json" else ending,))
    handout, right = course / "handout" / "s2", right_answers(course, "s2")
    blank = (handout / ("answers.json" if ending == "json" else f"sheet.{ending}")).read_bytes()
    page = without_its_code(ending, FILLERS[ending](blank, right["answers"]), right["sheet"])
    path = tmp_path / f"lost.{ending}"
    path.write_bytes(page)
    assert list(marked(course, tmp_path, path).marks) == []
    assert "--as" in reasons(tmp_path)[path.name]
    (marks,) = grade_course(course, [path], tmp_path / "results", student="s2").marks
    assert (marks.student, marks.percent) == ("s2", 100.0)
    with pytest.raises(CourseError, match="there is no student"):
        grade_course(course, [path], tmp_path / "results", student="nobody at all")


def test_anothers_code_is_said(course: Path, tmp_path: Path) -> None:
    path = hand_in(tmp_path, "a.json", right_answers(course, "s1"))
    ran = handprop("grade", course, path, "--out", tmp_path / "out", "--as", "s2")
    assert "Ada Lovelace" in ran.err
    assert records(course)["s1"]["sheet"] in ran.err
    assert [line["student"] for line in lines_of(tmp_path / "out" / "marks.jsonl")] == ["s2"]


@pytest.mark.parametrize(("typed", "near"), [("s3", "s1"), ("Ada", "Ada Lovelace"), ("10032", "10023"), ("qqqqq", "")])
def test_an_unknown_student_is_a_wrong_call(course: Path, tmp_path: Path, typed: str, near: str) -> None:
    path = hand_in(tmp_path, "a.json", right_answers(course, "s1"))
    ran = handprop("grade", course, path, "--out", tmp_path / "out", "--as", typed)
    assert ran.code == 2
    assert near in ran.err
    assert not (tmp_path / "out").exists()


def test_a_student_is_called_by_id_and_name(course: Path) -> None:
    students = Students(load_course(course).sheets)
    assert students.called(students.sheet_of("s2")) == "s2 (Zoë O'Hara)"


@pytest.mark.parametrize("typed", ["submisions", "submissions/ada.jsn"])
def test_a_mistyped_path_is_a_wrong_call(course: Path, tmp_path: Path, typed: str) -> None:
    hand_in(tmp_path, "submissions/ada.json", right_answers(course, "s1"))
    ran = handprop("grade", course, tmp_path / typed, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "did you mean" in ran.err
    assert not (tmp_path / "out").exists()


# --- a results folder that is there already ---------------------------------------------------------------------------


def test_a_second_run_keeps_the_marks_of_the_first(course: Path, tmp_path: Path) -> None:
    first, second = (hand_in(tmp_path, f"{s}.json", right_answers(course, s)) for s in ("s1", "s2"))
    marked(course, tmp_path, first)
    ran = handprop("grade", course, second, "--out", tmp_path / "results")
    assert ran.out.splitlines()[:2] == [
        "1 marked, 0 not marked, 1 missing",
        f"marks kept from an earlier run: 1; remove {tmp_path / 'results'} to begin anew",
    ]
    assert {line["student"] for line in lines_of(tmp_path / "results" / "marks.jsonl")} == {"s1", "s2"}
    scores = {row["id"]: row["score"] for row in rows(tmp_path / "results" / "gradebook.csv")}
    assert scores == {"s1": "10.0", "s2": "10.0", "10023": ""}
    before = contents(tmp_path / "results")
    marked(course, tmp_path, second)
    assert contents(tmp_path / "results") == before


def test_a_blank_form_in_a_later_run_displaces_no_answers(course: Path, tmp_path: Path) -> None:
    marked(course, tmp_path, hand_in(tmp_path, "s1.json", right_answers(course, "s1")))
    blank = hand_in(tmp_path, "again.json", {**right_answers(course, "s1"), "answers": {}})
    marked(course, tmp_path, blank)
    assert [line["score"] for line in lines_of(tmp_path / "results" / "marks.jsonl")] == [10.0]
    assert "s1.json" in reasons(tmp_path)["again.json"]


def test_no_page_shows_more_than_is_shown_now(course: Path, tmp_path: Path) -> None:
    paths = [hand_in(tmp_path, f"{s}.json", {**right_answers(course, s), "answers": {"1.z": 5}}) for s in ("s1", "s2")]
    results = tmp_path / "results"
    grade_course(course, paths, results, ("md", "html"), reveal="solution")
    assert len(list((results / "feedback").iterdir())) == 4
    grade_course(course, paths[:1], results, ("md",), reveal="nothing")
    pages = {page.name: page.read_text(encoding="utf-8") for page in (results / "feedback").iterdir()}
    assert set(pages) == {"s1.md", "s2.md"}
    assert all("The right answer" not in page and "✗" not in page for page in pages.values())


def test_results_of_another_course_are_left_alone(course: Path, tmp_path: Path) -> None:
    marked(course, tmp_path, hand_in(tmp_path, "s1.json", right_answers(course, "s1")))
    (tmp_path / "other").mkdir()
    other, before = small_course(tmp_path / "other"), contents(tmp_path / "results")
    with pytest.raises(CourseError, match="holds the marks of another course"):
        marked(other, tmp_path, hand_in(tmp_path, "s2.json", right_answers(other, "s2")))
    assert contents(tmp_path / "results") == before
    hand_in(tmp_path, "results/marks.jsonl", "hello\n")
    with pytest.raises(CourseError, match="holds no marks"):
        marked(course, tmp_path, tmp_path / "s1.json")
