"""Marks given again: from what was read, by the set, the program and the overrides as they are now."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from classroom import (
    SET,
    again,
    changed,
    contents,
    hand_in,
    handprop,
    lines_of,
    marked,
    records,
    right_answers,
    rows,
    small_course,
    small_set,
)

from course.errors import CourseError
from course.roster import load_roster
from grader import grade_course, regrade, submissions
from worksheets import generate, load_set


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Three students: s1 has all right, s2 one line wrong, of s3 nothing was handed in."""
    course = small_course(tmp_path)
    hand_in(tmp_path, "in/s1.json", right_answers(course, "s1"))
    wrong = right_answers(course, "s2")
    wrong["answers"]["1.dW"] = [[9, 9], [9, 9]]
    hand_in(tmp_path, "in/s2.json", wrong)
    marked(course, tmp_path, tmp_path / "in")
    return course


def overrides(tmp_path: Path, *rows: str) -> None:
    hand_in(tmp_path, "results/overrides.csv", "\n".join(["student,line,score,note", *rows]))


def scores(tmp_path: Path) -> dict[str, str]:
    return {row["id"]: row["score"] for row in rows(tmp_path / "results" / "gradebook.csv")}


def test_nothing_changes_where_nothing_has(course: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "in")  # what was read is enough
    results = tmp_path / "results"
    before = contents(results)
    found = regrade(results)
    assert (found.changes, found.same, found.reworded, found.left) == ([], 2, 0, [])
    assert contents(results) == before
    regrade(results, write=True)
    assert contents(results) == before


def test_other_marks_change_who_had_them(course: Path, tmp_path: Path) -> None:
    results, before = tmp_path / "results", contents(tmp_path / "results")
    again(course, SET.replace("marks = 10", "marks = { total = 10, dW = 4 }"))
    (change,) = regrade(results).changes
    assert (change.student, change.out_of_before, change.out_of) == ("s2", 10, 10)
    assert change.now < change.before
    assert all(" is worth " in reason for reason in change.why)
    assert contents(results) == before
    with pytest.raises(CourseError, match=r"the set has changed since .*; handprop regrade"):
        marked(course, tmp_path, tmp_path / "in")
    assert contents(results) == before

    assert [one.student for one in regrade(results, write=True).changes] == ["s2"]
    assert scores(tmp_path) == {"s1": "10.0", "s2": f"{change.now}", "s3": ""}
    assert f"{change.now:g} of 10 marks" in (results / "feedback" / "s2.md").read_text(encoding="utf-8")
    (row,) = rows(results / "changes.csv")
    assert (row["student"], float(row["before"]), float(row["now"])) == ("s2", change.before, change.now)
    marked(course, tmp_path, tmp_path / "in")  # the set is the one that marks were given by
    assert not regrade(results).changes


def test_a_corrected_problem(course: Path, tmp_path: Path) -> None:
    """The sheet said softmax, and meant softmax of half the numbers: those that worked it so are right."""
    wrong = changed('"softmax(z)"', '"softmax(z / 2)"')
    problem_set = load_set(small_set(tmp_path, problem=wrong))
    generate(problem_set, load_roster(tmp_path / "roster.csv"), course, (), corrected=True)
    found = regrade(tmp_path / "results", write=True)
    assert [one.student for one in found.changes] == ["s1", "s2"]
    first = found.changes[0]
    assert first.before == 10 > first.now
    assert any("1.p correct → wrong" in reason for reason in first.why)
    hand_in(tmp_path, "in/s3.json", right_answers(course, "s3"))
    marked(course, tmp_path, tmp_path / "in" / "s3.json")
    assert scores(tmp_path)["s3"] == "10.0"


def test_overrides_are_kept_by_every_run(course: Path, tmp_path: Path) -> None:
    results, before = tmp_path / "results", scores(tmp_path)
    overrides(tmp_path, "s2,dW,1,=cmd|x", "s3,,4.5,oral exam")
    kept = (results / "overrides.csv").read_bytes()
    one, two = regrade(results).changes
    assert (one.student, one.why) == ("s2", ("1.dW set to 1",))
    assert (two.student, two.before, two.now, two.why) == ("s3", 0, 4.5, ("the sheet set to 4.5",))
    assert scores(tmp_path) == before
    for run in (
        lambda: regrade(results, write=True),
        lambda: marked(course, tmp_path, tmp_path / "in" / "s1.json"),
        lambda: marked(course, tmp_path, tmp_path / "in"),
        lambda: regrade(results, write=True),
    ):
        run()
        assert scores(tmp_path) == {"s1": "10.0", "s2": f"{float(before['s2']) + 1}", "s3": "4.5"}
        notes = {row["id"]: row["note"] for row in rows(results / "gradebook.csv")}
        assert notes == {"s1": "", "s2": "1.dW set to 1: =cmd|x", "s3": "the sheet set to 4.5: oral exam"}
        assert "1.dW was marked by hand: 1 of" in (results / "feedback" / "s2.md").read_text(encoding="utf-8")
        assert "oral exam" in (results / "feedback" / "s3.md").read_text(encoding="utf-8")
        assert (results / "overrides.csv").read_bytes() == kept
    handed_in = {line["student"]: line for line in lines_of(results / "marks.jsonl")}
    assert handed_in["s2"]["overrides"] == [{"line": "1.dW", "was": 0.0, "score": 1.0, "note": "=cmd|x"}]

    hand_in(tmp_path, "late/s3.json", right_answers(course, "s3"))  # a mark by hand outlives what is handed in later
    marked(course, tmp_path, tmp_path / "late")
    assert scores(tmp_path)["s3"] == "4.5"
    (results / "overrides.csv").unlink()
    assert [one.why for one in regrade(results, write=True).changes] == [
        ("the sheet is no longer set by hand",),
        ("1.dW is no longer set by hand",),
    ]
    assert scores(tmp_path) == {**before, "s3": "10.0"}


def test_a_mark_that_was_given_by_hand_alone_goes_with_its_row(course: Path, tmp_path: Path) -> None:
    before = scores(tmp_path)
    overrides(tmp_path, "s3,,4.5,oral exam")
    assert marked(course, tmp_path, tmp_path / "in").missing == ("s3",)
    assert scores(tmp_path)["s3"] == "4.5"
    (tmp_path / "results" / "overrides.csv").unlink()
    marked(course, tmp_path, tmp_path / "in")
    assert scores(tmp_path) == before


BAD_ROWS = {
    "s9,dW,1,": r"line 2: there is no student “s9” in this course; did you mean s[123]",
    "s2,dX,1,": r"line 2: no answer is called “dX”; a name is such as 1\.\w+, empty for the whole sheet",
    "s2,2.dW,1,": r"line 2: no answer is called “2\.dW”",
    "s2,dW,,": r"line 2: “” is no score",
    "s2,dW,all,": r"line 2: “all” is no score",
    "s2,dW,-1,": r"line 2: “-1” is no score; a score is a number from 0 up",
    "s2,dW,nan,": r"line 2: “nan” is no score",
    "s2,dW,inf,": r"line 2: “inf” is no score",
    "s2,dW,1,\ns2,1.dW,2,": r"line 3: s2 has a row for 1\.dW already; keep one",
    "s2,,1,\ns2,,2,": r"line 3: s2 has a row for the whole sheet already",
}


@pytest.mark.parametrize("typed", BAD_ROWS)
def test_a_row_that_cannot_be_applied_is_named_and_nothing_written(typed: str, course: Path, tmp_path: Path) -> None:
    overrides(tmp_path, *typed.split("\n"))
    before = contents(tmp_path / "results")
    for run in (lambda: regrade(tmp_path / "results", write=True), lambda: marked(course, tmp_path, tmp_path / "in")):
        with pytest.raises(CourseError, match=BAD_ROWS[typed]):
            run()
        assert contents(tmp_path / "results") == before


@pytest.mark.parametrize("text", ["id;line;score\ns2;dW;1", "", "student\n", "\x00\x01"])
def test_a_file_that_is_no_table_of_overrides(text: str, course: Path, tmp_path: Path) -> None:
    hand_in(tmp_path, "results/overrides.csv", text)
    with pytest.raises(CourseError, match=r"overrides\.csv: (there is no column (student|line)|this is neither text)"):
        regrade(tmp_path / "results")


@pytest.mark.parametrize(
    "text",
    [
        "Student;Line;Score;Note\ns2;1.dW;0,5;x",
        "note\tscore\tline\tstudent\nx\t0.5\tdW\ts2",
        "student,line,score\ns2,dW,0.5",
    ],
)
def test_tables_as_spreadsheets_save_them(text: str, course: Path, tmp_path: Path) -> None:
    before = float(scores(tmp_path)["s2"])
    hand_in(tmp_path, "results/overrides.csv", "\ufeff" + text)
    regrade(tmp_path / "results", write=True)
    assert float(scores(tmp_path)["s2"]) == before + 0.5


def test_more_than_a_line_is_worth_counts_and_is_said(course: Path, tmp_path: Path) -> None:
    overrides(tmp_path, "s1,dW,50,bonus")
    found = regrade(tmp_path / "results", write=True)
    assert any("50 is more than the" in warning for warning in found.warnings)
    assert float(scores(tmp_path)["s1"]) > 50


def test_results_of_an_earlier_version(course: Path, tmp_path: Path) -> None:
    """Without what was read nothing can be marked again, and it is said of whom."""
    results = tmp_path / "results"
    for name in ("submissions.jsonl", "results.json"):
        (results / name).unlink()
    with pytest.raises(CourseError, match=r"results\.json is missing"):
        regrade(results)
    marked(course, tmp_path, tmp_path / "in" / "s1.json")
    before = contents(results)
    found = regrade(results, write=True)
    assert (found.left, found.same) == (["s2"], 1)
    assert contents(results) == before


def test_a_course_that_moved(course: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    shutil.move(course, tmp_path / "a" / "course")
    with pytest.raises(CourseError, match=r"set\.json is not there"):
        regrade(tmp_path / "results")
    assert regrade(tmp_path / "results", course=tmp_path / "a" / "course").same == 2
    shutil.move(tmp_path / "results", tmp_path / "a" / "results")  # both together: the way between them is kept
    assert regrade(tmp_path / "a" / "results").same == 2
    other = small_course(tmp_path)
    with pytest.raises(CourseError, match="is not one of this course"):
        regrade(tmp_path / "a" / "results", course=other)


def test_what_was_read_is_kept_and_what_did_not_count(course: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    assert [line["source"] for line in lines_of(results / "submissions.jsonl")] == ["s1.json", "s2.json"]
    assert not (results / "not_counted.jsonl").exists()
    late = right_answers(course, "s2")
    hand_in(tmp_path, "late/s2.json", late)
    marked(course, tmp_path, tmp_path / "late")
    assert {line["sheet"]: line["answers"] for line in lines_of(results / "submissions.jsonl")} == {
        records(course)[s]["sheet"]: right_answers(course, s)["answers"] for s in ("s1", "s2")
    }
    (before,) = lines_of(results / "not_counted.jsonl")
    assert before["answers"]["1.dW"] == [[9, 9], [9, 9]]
    twice = contents(results)
    marked(course, tmp_path, tmp_path / "late")
    assert contents(results) == twice


ODD = [
    True,
    None,
    {},
    {"typed": "1", "says": "you have won"},
    [{"typed": "1"}],
    10**300,
    "\\ud800",
    float("nan"),
    [[[1]]],
]


def test_whatever_was_typed_is_marked_again_as_it_was(course: Path, tmp_path: Path) -> None:
    text = [json.dumps({"sheet": records(course)["s3"]["sheet"], "answers": {"1.z": odd}}) for odd in ODD]
    for number, submission in enumerate(text):
        hand_in(tmp_path, "odd/s3.json", submission.replace("\\\\ud", "\\ud"))
        out = tmp_path / f"out{number}"
        (marks,) = grade_course(course, [tmp_path / "odd"], out).marks
        before = contents(out)
        assert not regrade(out, write=True).changes
        assert contents(out) == before
        assert "you have won" not in str(marks)


def test_the_command(course: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    overrides(tmp_path, "s2,dW,1,right by another way")
    ran = handprop("regrade", results)
    assert ran.code == 0
    head, row, *_ = ran.out.splitlines()
    assert head.split() == ["student", "before", "now", "change", "why"]
    assert row.startswith("s2 ")
    assert "+1  1.dW set to 1" in row
    assert ran.out.endswith("1 change, 1 stay as they are\nnothing was written; --write writes the new marks\n")
    assert handprop("regrade", results, "--write").out.endswith(f"written: {results}\n")
    assert handprop("regrade", results).out == "0 change, 2 stay as they are\n"
    for wrong in (tmp_path / "nothing", tmp_path, course, tmp_path / "roster.csv"):
        ran = handprop("regrade", wrong)
        assert (ran.code, ran.out) == (2, "")
        assert "there are no results here" in ran.err


def test_a_run_that_was_stopped_goes_on(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at any step: nothing there has changed, what was read is not read again, and it ends with the same."""
    for student in ("s1", "s2", "s3"):
        hand_in(tmp_path, f"many/{student}.json", right_answers(course, student))
    grade_course(course, [tmp_path / "many"], tmp_path / "whole")
    whole, before = contents(tmp_path / "whole"), contents(tmp_path / "results")
    read: list[str] = []
    reading = submissions.read_file
    monkeypatch.setattr("grader.collecting.FILES", 1)
    monkeypatch.setattr("grader.collecting.read_file", lambda one: read.append(one.source) or reading(one))

    def stopped(after: int) -> Callable[[str, int, int], None]:
        steps = iter(range(after))

        def told(what: str, done: int, of: int) -> None:
            if next(steps, None) is None:
                raise KeyboardInterrupt

        return told

    for after in range(5):  # three files, marking, feedback
        with pytest.raises(KeyboardInterrupt):
            grade_course(course, [tmp_path / "many"], tmp_path / "results", progress=stopped(after))
        now = contents(tmp_path / "results")
        assert {name: data for name, data in now.items() if not name.startswith(".unfinished/")} == before
    assert read == ["s1.json", "s2.json", "s3.json"]
    grade_course(course, [tmp_path / "many"], tmp_path / "results")
    assert read == ["s1.json", "s2.json", "s3.json"]
    now = contents(tmp_path / "results")
    assert {name: now[name] for name in whole if name != "not_counted.jsonl"} == whole
    assert now.keys() - whole.keys() <= {"not_counted.jsonl"}  # of the run before all this


@pytest.mark.parametrize("changed", ["file", "program"])
def test_what_was_read_holds_for_the_same_file_and_program(
    changed: str, course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hand_in(tmp_path, "many/s3.json", right_answers(course, "s3"))

    def stop(what: str, done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_course(course, [path], tmp_path / "results", progress=stop)
    if changed == "file":
        hand_in(tmp_path, "many/s3.json", {**right_answers(course, "s3"), "answers": {"1.z": "7, 7"}})
        os.utime(path, (5e8, 5e8))
        assert grade_course(course, [path], tmp_path / "results").marks[0].line("z").read == ((7.0, 7.0),)
    else:
        kept = tmp_path / "results" / ".unfinished" / "reading.jsonl"
        kept.write_bytes(kept.read_bytes().replace(b'"s3.json"', b'"made up"'))
        monkeypatch.setattr("grader.collecting.program", lambda: "another")
        assert grade_course(course, [path], tmp_path / "results").marks[0].source == "s3.json"
