"""The gradebook: a row for everyone on the roster as it is now and for who has left, as CSV and as a workbook."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from classroom import (
    ROSTER,
    SET,
    again,
    contents,
    hand_in,
    handprop,
    lines_of,
    marked,
    records,
    right_answers,
    roster_file,
    rows,
    small_course,
)

from course.errors import AuthoringError
from grader import grade_course
from grader.tables import write_csv, write_workbook

TWICE = SET + '[[problem]]\nuse = "tiny.toml"\nmarks = 5\n'
TOLD = ["sheet", "score", "out_of", "percent", "1. tiny", "blank", "unreadable", "source", "note"]


def book(results: Path) -> list[dict[str, object]]:
    """The workbook's rows; an empty cell is ""."""
    sheet = openpyxl.load_workbook(results / "gradebook.xlsx").active
    head, *found = sheet.iter_rows(values_only=True)
    return [dict(zip(head, ("" if cell is None else cell for cell in row), strict=True)) for row in found]


def test_a_column_a_problem_and_what_was_blank_or_not_read(tmp_path: Path) -> None:
    course = small_course(tmp_path, text=TWICE)
    first, second = right_answers(course, "s1"), right_answers(course, "s2")
    first["answers"] |= {"1.dW": "", "2.z": "", "2.p": "abc", "2.loss": "two", "2.dW": [[9, 9], [9, 9]]}
    marked(course, tmp_path, hand_in(tmp_path, "in/s1.json", first), hand_in(tmp_path, "in/s2.json", second))
    s1, s2, s3 = rows(tmp_path / "results" / "gradebook.csv")
    lines = lines_of(tmp_path / "results" / "marks.jsonl")[0]["lines"]
    for number in ("1", "2"):
        assert float(s1[f"{number}. tiny"]) == sum(x["score"] for x in lines if x["name"].startswith(number))
    assert float(s1["1. tiny"]) + float(s1["2. tiny"]) == float(s1["score"]) < 15
    assert (s1["blank"], s1["unreadable"], s1["source"]) == ("2", "2", "s1.json")
    assert [s2[name] for name in ("1. tiny", "2. tiny", "score", "blank", "unreadable")] == [
        *("10.0", "5.0", "15.0", "0", "0")
    ]
    assert [s3[name] for name in ("1. tiny", "2. tiny", "score", "blank", "source", "note")] == [""] * 6


# --- the roster as it is now ------------------------------------------------------------------------------------------

CHANGED: dict[str, tuple[str, list[tuple[str, str, str]], str]] = {
    "names": (
        ROSTER.replace("Ada,ada@", "Ada King,king@"),
        [("s1", "Ada King", ""), ("s2", "Emmy", ""), ("s3", "Sofia", "")],
        "",
    ),
    "order and columns": (
        "section,name,id\nB,Sofia,s3\nA,Emmy,s2\nA,Ada,s1\n",
        [("s3", "Sofia", ""), ("s2", "Emmy", ""), ("s1", "Ada", "")],
        "",
    ),
    "one has left": (
        ROSTER.replace("s2,Emmy,emmy@example.org\n", ""),
        [("s1", "Ada", ""), ("s3", "Sofia", ""), ("s2", "Emmy", "no longer on the roster")],
        "no longer on the roster: s2 (Emmy)",
    ),
    "one is new": (
        ROSTER.replace("s1,", "s0,Alan,\ns1,"),
        [("s0", "Alan", "no sheet yet"), ("s1", "Ada", ""), ("s2", "Emmy", ""), ("s3", "Sofia", "")],
        "on the roster, but without a sheet yet: s0 (Alan)",
    ),
    "headers": (
        "Student,SIS User ID\n    Points Possible,\nAda,s1\nEmmy,s2\nSofia,s3\n",
        [("s1", "Ada", ""), ("s2", "Emmy", ""), ("s3", "Sofia", "")],
        "",
    ),
}


@pytest.mark.parametrize("what", CHANGED)
@pytest.mark.parametrize("how", ["file", "generate", "option"])
def test_the_roster_is_the_one_that_holds_now(tmp_path: Path, what: str, how: str) -> None:
    course = small_course(tmp_path)
    path = hand_in(tmp_path, "s2.json", right_answers(course, "s2"))
    text, expected, says = CHANGED[what]
    arguments: list[object] = []
    if how == "generate":
        done = again(course, roster=text)
        assert any(says in said for said in done.warnings) or "without a sheet" in says or not says
        expected = [(id, name, note.replace("no sheet yet", "")) for id, name, note in expected]
        says = says if "longer" in says else ""
    elif how == "option":
        (tmp_path / "now.csv").write_text(text, encoding="utf-8")
        arguments = ["--roster", tmp_path / "now.csv"]
    else:
        roster_file(tmp_path, text)
    ran = handprop("grade", course, path, "--out", tmp_path / "results", *arguments)
    assert ran.code == 0
    found = rows(tmp_path / "results" / "gradebook.csv")
    assert [(row["id"], row["name"], row["note"]) for row in found] == expected
    assert {row["id"]: row["score"] for row in found if row["score"]} == {"s2": "10.0"}
    assert ran.err.startswith(f"handprop: {says}") if says else ran.err == ""


def test_who_is_new_is_not_missing_nor_who_has_left(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    roster_file(tmp_path, "id,name\ns1,Ada\ns4,New\n")
    (tmp_path / "empty").mkdir()
    found = marked(course, tmp_path, tmp_path / "empty")
    assert found.missing == ("s1",)
    assert len(found.warnings) == 2


def gone(path: Path) -> None:
    path.unlink()


def broken(path: Path) -> None:
    path.write_text("nothing,of,use\n1,2,3\n", encoding="utf-8")


def others(path: Path) -> None:
    path.write_text("id,name\nx1,Someone\nx2,Else\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("happens", "says"),
    [(gone, ""), (broken, "no column is called id or name"), (others, "nobody on it has a sheet of this course")],
)
def test_without_its_file_the_roster_is_as_it_was(tmp_path: Path, happens: Callable[[Path], None], says: str) -> None:
    course = small_course(tmp_path)
    again(course, roster=ROSTER.replace("s2,Emmy,emmy@example.org\n", "").replace("Sofia", "Sonya"))
    happens(tmp_path / "roster.csv")
    found = marked(course, tmp_path, hand_in(tmp_path, "s3.json", right_answers(course, "s3")))
    assert [(row["id"], row["name"]) for row in rows(tmp_path / "results" / "gradebook.csv")] == [
        *(("s1", "Ada"), ("s3", "Sonya"), ("s2", "Emmy"))
    ]
    assert any(says in said for said in found.warnings)
    assert len(found.warnings) == 1 + bool(says)


def test_a_course_of_an_earlier_version_has_the_roster_of_its_records(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    (course / "instructor" / "roster.json").unlink()
    roster_file(tmp_path, "id,name\ns1,Another\n")
    found = marked(course, tmp_path, hand_in(tmp_path, "s3.json", right_answers(course, "s3")))
    assert [row["name"] for row in rows(tmp_path / "results" / "gradebook.csv")] == ["Ada", "Emmy", "Sofia"]
    assert not found.warnings


def test_a_course_may_be_moved_with_its_roster(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    course = small_course(tmp_path / "here")
    path = hand_in(tmp_path, "s1.json", right_answers(course, "s1"))
    (tmp_path / "here").rename(tmp_path / "there")
    roster_file(tmp_path / "there", ROSTER.replace("Ada", "Moved"))
    grade_course(tmp_path / "there" / "course", [path], tmp_path / "results")
    assert rows(tmp_path / "results" / "gradebook.csv")[0]["name"] == "Moved"


def test_a_roster_that_is_named_must_be_of_use(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    path = hand_in(tmp_path, "s1.json", right_answers(course, "s1"))
    for roster in ("none.csv", "course"):
        ran = handprop("grade", course, path, "--out", tmp_path / "results", "--roster", tmp_path / roster)
        assert (ran.code, ran.out) == (2, "")
        assert not (tmp_path / "results").exists()


def test_pages_made_later_have_the_names_of_now(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    drawn = records(course)
    again(course, roster=ROSTER.replace("Ada", "Ada King"), formats=("md", "tex"))
    now = records(course)
    assert {s: (r["sheet"], r["given"], r["folder"]) for s, r in now.items()} == {
        s: (r["sheet"], r["given"], r["folder"]) for s, r in drawn.items()
    }
    assert "Ada King" in (course / "handout" / "s1" / "sheet.tex").read_text(encoding="utf-8")


@pytest.mark.parametrize("lost", ["7", "07"])
def test_ids_that_lost_their_zeros_do_not_get_a_second_sheet(tmp_path: Path, lost: str) -> None:
    course = small_course(tmp_path, "id,name\n007,Ada\n008,Emmy\n")
    before = contents(course)
    with pytest.raises(AuthoringError, match=f"lost the zeros in front of them .* 007 is {lost} now"):
        again(course, roster=f"id,name\n{lost},Ada\n008,Emmy\n")
    assert contents(course) == before
    assert again(course, roster="id,name\n007,Ada\n7,Another\n008,Emmy\n").new == 1


def test_the_column_of_ids_is_remembered(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("Code,Student ID,Name\nx1,7,Ada\n", encoding="utf-8")
    (tmp_path / "of the set").mkdir()
    small = small_course(tmp_path / "of the set")
    call = ["generate", small.parent / "set.toml", "--roster", roster, "--out", tmp_path / "course", "--format", "none"]
    assert handprop(*call, "--id-column", "Code").code == 0
    assert handprop(*call).out.startswith("0 new sheets, 1 kept")
    (tmp_path / "empty").mkdir()
    assert handprop("grade", tmp_path / "course", tmp_path / "empty", "--out", tmp_path / "results").code == 0
    (row,) = rows(tmp_path / "results" / "gradebook.csv")
    assert (row["id"], row["name"], row["Student ID"]) == ("x1", "Ada", "7")
    ran = handprop(*call, "--id-column", "Cod")
    assert (ran.code, "did you mean “Code”?" in ran.err) == (2, True)


# --- as spreadsheets open it ------------------------------------------------------------------------------------------

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=HYPERLINK(“x”)", "a\x0bb", "<b>&amp;</b>", "李雷", "x" * 40_000]


def test_both_files_say_the_same_with_names_right(tmp_path: Path) -> None:
    course = small_course(tmp_path, "id,name,group\n007,Zoë Ünal,=1+1\n-2,李雷,+a\n3e5,Ada,1\n")
    answers = right_answers(course, "3e5")
    answers["answers"]["1.dz"] = ""
    marked(course, tmp_path, hand_in(tmp_path, "in/=x.json", answers))
    data = (tmp_path / "results" / "gradebook.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    table, sheet = rows(tmp_path / "results" / "gradebook.csv"), book(tmp_path / "results")
    assert list(table[0]) == list(sheet[0]) == ["id", "name", "group", *TOLD]
    for in_csv, in_book in zip(table, sheet, strict=True):
        assert {n: cell.removeprefix("'") for n, cell in in_csv.items()} == {
            n: str(float(cell)) if isinstance(cell, int) and n not in ("blank", "unreadable") else str(cell)
            for n, cell in in_book.items()
        }
    assert [row["id"] for row in sheet] == ["007", "-2", "3e5"]
    assert [row["name"] for row in sheet] == ["Zoë Ünal", "李雷", "Ada"]
    assert isinstance(sheet[2]["score"], float)
    assert (table[0]["group"], sheet[0]["group"]) == ("'=1+1", "=1+1")


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_text_is_it_stays_a_text(tmp_path: Path, text: str) -> None:
    write_workbook(tmp_path / "x.xlsx", ["id", text[:100]], [[text, 1.5], ["", 2]])
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    cell = sheet["A2"]
    assert (cell.data_type, cell.number_format, cell.quotePrefix) == ("s", "@", True)
    assert cell.value == text.replace("\x0b", "\ufffd")[:32_767]
    assert (sheet["B2"].value, sheet["A3"].value, sheet["B3"].value) == (1.5, None, 2)
    write_csv(tmp_path / "x.csv", ["name"], [[text]])
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        _, (shown,) = csv.reader(io.StringIO(file.read(), newline=""))
    assert shown == (f"'{text}" if text[0] in "=+-@\t" else text)


def test_a_workbook_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    for write in (write_csv, write_workbook):
        with pytest.raises(IsADirectoryError):
            write(tmp_path, ["id"], [["s1"]])


def test_columns_of_the_roster_that_are_called_as_the_gradebook_s_are_told_apart(tmp_path: Path) -> None:
    course = small_course(tmp_path, "id,name,score,source,note\ns1,Ada,17,web,likes tea\n")
    marked(course, tmp_path, hand_in(tmp_path, "s1.json", right_answers(course, "s1")))
    (row,) = rows(tmp_path / "results" / "gradebook.csv")
    assert [row[f"{name} (roster)"] for name in ("score", "source", "note")] == ["17", "web", "likes tea"]
    assert (row["score"], row["source"], row["note"]) == ("10.0", "s1.json", "")


def test_the_same_marks_give_the_same_bytes(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    path = hand_in(tmp_path, "s1.json", right_answers(course, "s1"))
    for results in ("one", "two"):
        os.utime(path, (1_000_000, 1_000_000))
        grade_course(course, [path], tmp_path / results)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert json.loads((course / "instructor" / "roster.json").read_text(encoding="utf-8"))["file"] == (
        "../../roster.csv"
    )
