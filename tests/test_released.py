"""Courses of every version of the records that there was: read, printed, marked and added to as when they were made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from classroom import contents, lines_of

from course.errors import CourseError
from course.roster import load_roster
from course.stored import load_course
from course.versions import VERSION
from grader import grade_course
from worksheets import generate, load_set
from worksheets.sheet import Sheet

FOLDERS = sorted(Path(__file__).with_name("released").glob("[0-9]*"))
KEPT = ("name", "verdict", "score", "out_of", "entries")


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of a version, in a copy."""
    return Path(shutil.copytree(request.param, tmp_path / "released"))


def test_there_is_one_of_every_version() -> None:
    assert [folder.name for folder in FOLDERS] == [str(number) for number in range(1, VERSION + 1)]
    assert sum(path.stat().st_size for folder in FOLDERS for path in folder.rglob("*") if path.is_file()) < 150_000


def test_its_submissions_are_marked_as_they_were(released: Path) -> None:
    grade_course(released / "course", [released / "submissions"], released / "results", ())
    now, then = (lines_of(path) for path in (released / "results" / "marks.jsonl", released / "marks.jsonl"))
    assert len(now) == len(then) == 2
    for found, was in zip(now, then, strict=True):
        assert [found[key] for key in ("sheet", "student", "score", "out_of")] == [
            was[key] for key in ("sheet", "student", "score", "out_of")
        ]
        assert [[line[key] for key in KEPT] for line in found["lines"]] == [
            [line[key] for key in KEPT] for line in was["lines"]
        ]
    assert {line["verdict"] for one in then for line in one["lines"]} == {"correct", "follows", "wrong", "blank"}


def test_its_sheets_print(released: Path) -> None:
    course = load_course(released / "course")
    for record in course.sheets.values():
        page = Sheet(course.set, record).print("md").decode()
        assert record.sheet in page
        assert page.split("### Given")[1].split("Trainable")[0] in (
            (released / "course" / "handout" / record.folder / "sheet.md").read_text(encoding="utf-8")
        )


def test_it_is_added_to_and_what_is_there_stays(released: Path) -> None:
    course = released / "course"
    handout, before = contents(course / "handout"), load_course(course)
    keys = (course / "instructor" / "keys.jsonl").read_text(encoding="utf-8")
    with (released / "roster.csv").open("a", encoding="utf-8") as roster:
        roster.write("s3,Sofia Kowalewskaja,sofia@example.org\n")
    made = load_set(released / "set.toml"), load_roster(released / "roster.csv")
    done = generate(*made, course, ["md"])
    assert (done.new, done.kept) == (1, 2)
    after = load_course(course)
    assert after.set.version == VERSION
    assert after.set.problems[0].lines == before.set.problems[0].lines
    assert {id: after.sheets[id] for id in before.sheets} == dict(before.sheets)
    assert handout.items() <= contents(course / "handout").items()
    assert (course / "instructor" / "keys.jsonl").read_text(encoding="utf-8").startswith(keys)
    whole = contents(course)
    assert generate(*made, course, ["md"]).printed == 0
    assert contents(course) == whole


def test_formula_marks_of_before_version_1_are_never_left_out(tmp_path: Path) -> None:
    """A version that was never released kept them under a key of their own: 40 marks became 35.75."""
    course = Path(shutil.copytree(FOLDERS[0] / "course", tmp_path / "course"))
    path = course / "instructor" / "set.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    for problem in written["problems"]:
        for line in problem["lines"]:
            line["formula_marks"] = line.pop("in_words").get("formula")
    path.write_text(json.dumps(written), encoding="utf-8")
    with pytest.raises(CourseError, match=r"unknown key .*formula_marks.*another version of handprop") as found:
        load_course(course)
    assert "Mark it with the version that made it" in str(found.value)
