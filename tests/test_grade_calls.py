"""Courses and calls that cannot be marked, or only in part: one message, and the right exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from classroom import (
    SET,
    hand_in,
    handprop,
    marked,
    records,
    right_answers,
    rows,
    sealed,
    small_course,
)

from grader import grade_course
from grader.course import CourseError


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of three students; tests only read it."""
    return small_course(tmp_path_factory.mktemp("class"))


def copied(course: Path, tmp_path: Path, **changed: str) -> Path:
    """A course's records with some of the files' texts replaced."""
    copy = tmp_path / "copy"
    (copy / "instructor").mkdir(parents=True)
    for name in ("set.json", "records.jsonl"):
        text = changed.get(name.partition(".")[0], (course / "instructor" / name).read_text(encoding="utf-8"))
        (copy / "instructor" / name).write_text(text, encoding="utf-8")
    return sealed(copy)


def test_records_are_all_that_is_needed(course: Path, tmp_path: Path) -> None:
    """Keys and the secret may be kept elsewhere; a record needs no more than CONTRACT's keys."""
    bare = [{k: record[k] for k in ("sheet", "student", "given")} for record in records(course).values()]
    copy = copied(course, tmp_path, records="\n".join(map(json.dumps, bare)))
    path = hand_in(tmp_path, "s1.json", right_answers(course, "s1"))
    assert [m.percent for m in marked(copy, tmp_path, path).marks] == [100.0]
    assert [row["id"] for row in rows(tmp_path / "results" / "gradebook.csv")] == ["s1", "s2", "s3"]
    assert [f.name for f in (tmp_path / "results" / "feedback").iterdir()] == [f"{bare[0]['sheet']}.md"]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("set", "{", "the records cannot be read"),
        ("set", "[]", "the records cannot be read"),
        ("records", '{"sheet": "A"}', "1 of 3 sheets are there"),
    ],
)
def test_records_that_are_not_whole_are_said(course: Path, tmp_path: Path, name: str, text: str, says: str) -> None:
    copy = copied(course, tmp_path, **{name: text})
    with pytest.raises(CourseError, match=says):
        marked(copy, tmp_path)
    assert not (tmp_path / "results").exists()


def test_a_set_whose_lines_cannot_be_read_is_said(course: Path, tmp_path: Path) -> None:
    text = (course / "instructor" / "set.json").read_text(encoding="utf-8").replace("softmax(z)", "softmax(")
    with pytest.raises(CourseError, match="the records cannot be read"):
        marked(copied(course, tmp_path, set=text), tmp_path)


def test_what_is_no_course(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="is this a folder that generate wrote"):
        marked(tmp_path, tmp_path)
    with pytest.raises(CourseError, match="is this a folder that generate wrote"):
        marked(tmp_path / "none", tmp_path)
    file = hand_in(tmp_path, "file", "x")
    with pytest.raises(CourseError, match="is a file; the course is the folder"):
        marked(file, tmp_path)


def test_results_in_the_place_of_a_file(course: Path, tmp_path: Path) -> None:
    hand_in(tmp_path, "results", "x")
    with pytest.raises(CourseError, match="is a file; --out names a folder for the results"):
        marked(course, tmp_path)


def test_exit_codes_and_messages(course: Path, tmp_path: Path) -> None:
    good = hand_in(tmp_path, "s1.json", right_answers(course, "s1"))
    bad = hand_in(tmp_path, "bad.json", "x")
    out = tmp_path / "results"

    ran = handprop("grade", course, good, "--out", out)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == ["1 marked, 0 not marked, 2 missing", f"results: {out}"]
    ran = handprop("grade", course, good, bad, "--out", out)
    assert ran.code == 1
    assert ran.out.splitlines()[0] == "1 marked, 1 not marked, 2 missing"
    assert ran.err == f"handprop: 1 not marked; {out / 'not_marked.csv'} says why\n"
    for wrong in (
        ("grade", tmp_path, good, "--out", out),
        ("grade", course, good, "--out", good),
        ("grade", course, good, "--out", out, "--feedback", "docx"),
        ("grade", course, "--out", out),
        ("grade", course, good),
        ("grade", course, good, tmp_path / "none.json", "--out", out),
        ("grade", course, good, "--out", out, "--as", "s9"),
    ):
        ran = handprop(*wrong)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("handprop: ")
        assert len(ran.err.splitlines()) == 1


def test_progress_is_told(course: Path, tmp_path: Path) -> None:
    told: list[Any] = []
    path = hand_in(tmp_path, "s1.json", right_answers(course, "s1"))
    grade_course(course, [path], tmp_path / "results", progress=lambda *said: told.append(said))
    assert told == [("reading", 1, 3), ("marking", 1, 1), ("writing feedback", 1, 1)]


def test_last_year_s_sheets_are_marked_with_the_numbers_that_were_printed(tmp_path: Path) -> None:
    course = small_course(tmp_path, text=SET + 'ask = ["backward"]\n')
    answers = right_answers(course, "s3")
    (tmp_path / "tiny.toml").unlink()
    (tmp_path / "set.toml").unlink()
    (marks,) = marked(course, tmp_path, hand_in(tmp_path, "s3.json", answers)).marks
    assert marks.percent == 100
