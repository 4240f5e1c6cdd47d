"""A course marked: the results folder, and whatever else is handed in."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from classroom import (
    contents,
    hand_in,
    lines_of,
    marked,
    reasons,
    records,
    right_answers,
    rows,
    small_course,
)

from grader import grade_course


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of three students; tests only read it."""
    return small_course(tmp_path_factory.mktemp("class"))


# --- the results folder -----------------------------------------------------------------------------------------------


def test_the_folder_is_what_the_contract_says(course: Path, tmp_path: Path) -> None:
    answers = right_answers(course, "s1")
    answers["answers"]["1.dW"] = [[9, 9], [9, 9]]
    path = hand_in(tmp_path, "in/s1.json", answers)
    found = marked(course, tmp_path, path)
    results = tmp_path / "results"
    assert set(contents(results)) == {
        *("marks.jsonl", "gradebook.csv", "gradebook.xlsx", "not_marked.csv", "feedback/s1.md"),
        *("submissions.jsonl", "results.json"),
    }
    assert found.missing == ("s2", "s3")

    (line,) = lines_of(results / "marks.jsonl")
    assert {key: line[key] for key in ("sheet", "student", "source", "out_of")} == {
        "sheet": answers["sheet"],
        "student": "s1",
        "source": "s1.json",
        "out_of": 10.0,
    }
    assert [one["name"] for one in line["lines"]] == ["1.z", "1.p", "1.loss", "1.dz", "1.dW", "1.W_new"]
    dw = line["lines"][4]
    assert set(dw) >= {"name", "verdict", "score", "out_of", "entries", "read", "mistake", "message"}
    assert (dw["verdict"], dw["score"], dw["entries"]) == ("wrong", 0.0, [["wrong", "wrong"], ["wrong", "wrong"]])
    assert dw["read"] == [[9.0, 9.0], [9.0, 9.0]]
    assert line["score"] == pytest.approx(sum(one["score"] for one in line["lines"]))
    feedback = (results / "feedback" / "s1.md").read_text(encoding="utf-8")
    assert f"{line['score']:g} of 10 marks" in feedback
    assert "9✗" in feedback


def test_the_gradebook_has_a_row_a_student(course: Path, tmp_path: Path) -> None:
    marked(course, tmp_path, hand_in(tmp_path, "s2.json", right_answers(course, "s2")))
    text = (tmp_path / "results" / "gradebook.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == "id,name,email,sheet,score,out_of,percent,1. tiny,blank,unreadable,source,note"
    first, second, third = rows(tmp_path / "results" / "gradebook.csv")
    sheets = {student: record["sheet"] for student, record in records(course).items()}
    assert second == {
        "id": "s2",
        "name": "Emmy",
        "email": "emmy@example.org",
        "sheet": sheets["s2"],
        "score": "10.0",
        "out_of": "10.0",
        "percent": "100.0",
        "1. tiny": "10.0",
        "blank": "0",
        "unreadable": "0",
        "source": "s2.json",
        "note": "",
    }
    for absent, student in ((first, "s1"), (third, "s3")):
        assert absent["id"] == student
        assert absent["sheet"] == sheets[student]
        assert (absent["score"], absent["out_of"], absent["percent"]) == ("", "10.0", "")
        assert {absent[last] for last in ("1. tiny", "blank", "unreadable", "source", "note")} == {""}


def test_nothing_handed_in_is_a_gradebook_of_missing_students(course: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = marked(course, tmp_path, tmp_path / "empty")
    assert (list(found.marks), found.not_marked, found.missing) == ([], [], ("s1", "s2", "s3"))
    assert len(rows(tmp_path / "results" / "gradebook.csv")) == 3
    assert (tmp_path / "results" / "not_marked.csv").read_text(encoding="utf-8-sig") == "file,reason\n"
    assert (tmp_path / "results" / "marks.jsonl").read_bytes() == b""


def test_what_a_spreadsheet_would_run_is_kept_as_text(tmp_path: Path) -> None:
    roster = "name,id,group\n=HYPERLINK(“x”),s1,+1\n@SUM(A1),-s2,a\nPlus,s3,-1\n"
    course = small_course(tmp_path, roster)
    paths = [hand_in(tmp_path, f"in/{name}", "x") for name in ("=cmd.json", "+a.txt")]
    marked(course, tmp_path, *paths)
    first, second, third = rows(tmp_path / "results" / "gradebook.csv")
    assert (first["name"], first["group"], first["id"]) == ("'=HYPERLINK(“x”)", "'+1", "s1")
    assert (second["name"], second["id"]) == ("'@SUM(A1)", "'-s2")
    assert third["group"] == "'-1"
    assert list(reasons(tmp_path)) == ["'=cmd.json", "'+a.txt"]


def test_feedback_may_be_left_out(course: Path, tmp_path: Path) -> None:
    path = hand_in(tmp_path, "s1.json", right_answers(course, "s1"))
    grade_course(course, [path], tmp_path / "results", feedback=())
    assert not (tmp_path / "results" / "feedback").exists()


def test_marking_again_gives_the_same_results(course: Path, tmp_path: Path) -> None:
    path = hand_in(tmp_path, "in/s1.json", right_answers(course, "s1"))
    marked(course, tmp_path, path)
    before = contents(tmp_path / "results")
    marked(course, tmp_path, path)
    assert contents(tmp_path / "results") == before


# --- what is handed in ------------------------------------------------------------------------------------------------


def test_of_two_submissions_the_later_file_counts(course: Path, tmp_path: Path) -> None:
    right, wrong = right_answers(course, "s1"), {**right_answers(course, "s1"), "answers": {"1.z": 77}}
    early, late = hand_in(tmp_path, "in/b.json", wrong), hand_in(tmp_path, "in/a.json", right)
    os.utime(early, (1000, 1000))
    os.utime(late, (2000, 2000))
    found = marked(course, tmp_path, tmp_path / "in")
    assert [(m.source, m.percent) for m in found.marks] == [("a.json", 100.0)]
    assert list(reasons(tmp_path)) == ["b.json"]
    assert "a.json is the later one and counts" in reasons(tmp_path)["b.json"]
    os.utime(early, (3000, 3000))
    assert [(m.source, m.percent) for m in marked(course, tmp_path, tmp_path / "in").marks] == [("b.json", 0.0)]


def test_one_file_of_many_submissions(course: Path, tmp_path: Path) -> None:
    lines = [json.dumps(right_answers(course, s)) for s in ("s1", "s2")]
    path = hand_in(tmp_path, "all.jsonl", "\n".join([lines[0], "not json", "", lines[1], lines[0]]))
    found = marked(course, tmp_path, path)
    assert [(m.student, m.source, m.percent) for m in found.marks] == [
        ("s1", "all.jsonl line 5", 100.0),
        ("s2", "all.jsonl line 4", 100.0),
    ]
    assert list(reasons(tmp_path)) == ["all.jsonl line 2", "all.jsonl line 1"]


def test_folders_within_folders(course: Path, tmp_path: Path) -> None:
    hand_in(tmp_path, "in/group a/s1.json", right_answers(course, "s1"))
    hand_in(tmp_path, "in/group b/deep/s2.json", right_answers(course, "s2"))
    hand_in(tmp_path, "in/.DS_Store", "x")
    found = marked(course, tmp_path, tmp_path / "in")
    assert {m.student: m.source for m in found.marks} == {"s1": "group a/s1.json", "s2": "group b/deep/s2.json"}
    assert found.not_marked == []


def test_the_blank_form_is_a_submission_of_blanks(course: Path, tmp_path: Path) -> None:
    (marks,) = marked(course, tmp_path, course / "handout" / "s1" / "answers.json").marks
    assert {line.verdict for line in marks.lines} == {"blank"}
    (marks,) = marked(course, tmp_path, course / "handout" / "s2" / "sheet.md").marks
    assert (marks.student, {line.verdict for line in marks.lines}) == ("s2", {"blank"})


def test_what_cannot_be_marked_is_named_and_the_rest_goes_on(course: Path, tmp_path: Path) -> None:
    good = right_answers(course, "s1")
    for name, submission in {
        "0 empty.json": "",
        "1 cut off.json": '{"sheet": "7KQF',
        "2 other.json": {**good, "sheet": "AAAA-AAAA"},
        "3 no sheet.json": {"answers": {}},
        "4 list.json": [1, 2],
        "5 photo.jpg": "x",
        "6 hostile.json": {**good, "sheet": "__import__('os').system('touch ran')"},
        "7 path.json": {**good, "sheet": "../../s1"},
        "8 good.json": good,
    }.items():
        hand_in(tmp_path, f"in/{name}", submission)
    with (tmp_path / "in" / "9 large.json").open("wb") as file:
        file.truncate(100_000_000)
    found = marked(course, tmp_path, tmp_path / "in")
    assert [m.source for m in found.marks] == ["8 good.json"]
    said = reasons(tmp_path)
    assert len(said) == 9
    assert said["0 empty.json"] == "This file is empty."
    assert said["1 cut off.json"].startswith("This is not JSON")
    assert said["2 other.json"] == "Sheet “AAAA-AAAA” is not a sheet of this course."
    assert said["9 large.json"] == "This file has 100 MB, and a submission has at most 5 MB."
    assert not (tmp_path / "ran").exists()


def test_nothing_that_is_typed_is_run(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    marker = tmp_path / "ran"
    attacks = [
        f"__import__('os').system('touch {marker}')",
        f"[[__import__('os').system('touch {marker}'), 1], [2, 3]]",
        f"exp(__import__('os').system('touch {marker}'))",
        f"{{{{ ''.__class__.__mro__[1].__subclasses__() }}}} $(touch {marker}) `touch {marker}`",
        "9" * 1_000_000,
        "9**9**9**9**9",
    ]
    good = right_answers(course, "s1")
    names = list(good["answers"])
    good["answers"] |= dict(zip(names, attacks, strict=True))
    (marks,) = marked(course, tmp_path, hand_in(tmp_path, "in/s1.json", good)).marks
    assert {line.verdict for line in marks.lines} == {"unreadable"}
    assert marks.score == 0
    assert not marker.exists()
    feedback = (tmp_path / "results" / "feedback" / "s1.md").read_text(encoding="utf-8")
    assert len(feedback) < 10_000
    assert "could not be read" in feedback


def test_a_hostile_name_of_an_answer_stays_text(course: Path, tmp_path: Path) -> None:
    good = right_answers(course, "s1")
    good["answers"] |= {"<script>alert(1)</script>": 1, "| x | y |\n# title": 1, "{{7919*7907}}": 1}
    (marks,) = marked(course, tmp_path, hand_in(tmp_path, "in/s1.json", good)).marks
    assert (marks.percent, len(marks.notes)) == (100.0, 3)
    feedback = (tmp_path / "results" / "feedback" / "s1.md").read_text(encoding="utf-8")
    assert "<script" not in feedback.replace("\\<script", "")
    assert "\n# title" not in feedback
    assert "62615533" not in feedback
