"""The demo: the whole round, with students of whom it is known what they did."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from classroom import Ran, contents, hand_in, handprop, lines_of

from grader.readers import FILLERS
from handprop.demo import STUDENTS

Demo = tuple[Ran, Path]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    out = tmp_path_factory.mktemp("demo") / "out"
    # The same numbers each time: on some sheets what follows from a mistake is easily guessed, and is not paid.
    hand_in(out, "course/instructor/secret", "5eed" * 16)
    return handprop("demo", "--out", out), out


def marks(demo: Demo) -> dict[str, dict[str, Any]]:
    return {line["student"]: line for line in lines_of(demo[1] / "results" / "marks.jsonl")}


def verdicts(line: dict[str, Any], verdict: str) -> set[str]:
    return {one["name"].partition(".")[2] for one in line["lines"] if one["verdict"] == verdict}


def test_it_needs_no_input_and_says_where_everything_lies(demo: Demo) -> None:
    ran, out = demo
    assert (ran.code, ran.err) == (0, "")
    said = [line.partition(":")[2].partition(", the same as ") for line in ran.out.splitlines()[-4:]]
    named = [Path(path.strip()) for path, _, _ in said]
    named += [
        Path(path.strip()).with_suffix(f".{ending}") for path, _, rest in said for ending in rest.split(", ") if rest
    ]
    assert all(path.is_file() for path in named)
    assert {path.name for path in out.iterdir()} == {"course", "submissions", "results"}


@pytest.mark.parametrize("student", STUDENTS)
def test_everyone_gets_what_they_deserve(demo: Demo, student: str) -> None:
    made_up, found = STUDENTS[student], marks(demo)[student]
    wrong = set(made_up.mistakes or ())
    assert verdicts(found, "wrong") == wrong
    assert verdicts(found, "unreadable") == set()
    if not made_up.blank:
        assert verdicts(found, "blank") == set()
    lost = sum(one["out_of"] for one in found["lines"] if one["verdict"] in ("wrong", "blank"))
    assert found["score"] >= found["out_of"] - lost - 1e-6
    assert (found["score"] < found["out_of"]) == bool(wrong or made_up.blank)
    assert f"{found['score']:.2f} of {found['out_of']:g}" in demo[0].out


def test_every_way_is_shown(demo: Demo) -> None:
    made_up = STUDENTS.values()
    assert {student.rounding.__name__ for student in made_up} == {"rounded", "truncated", "in_full"}
    assert {student.ending for student in made_up} == set(FILLERS)
    assert any(student.blank for student in made_up)
    assert any(student.mistakes for student in made_up)
    assert verdicts(marks(demo)["s004"], "follows")


def test_the_broken_file_and_the_absent_student_are_named(demo: Demo) -> None:
    results = demo[1] / "results"
    with (results / "not_marked.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["file"] == "broken.json"
    assert row["reason"].startswith("This is not JSON")
    with (results / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        absent = [row["id"] for row in csv.DictReader(file) if not row["score"]]
    assert absent == ["s007"]


def test_running_it_again_gives_the_same(demo: Demo) -> None:
    ran, out = demo
    before = contents(out)
    assert handprop("demo", "--out", out) == ran
    assert contents(out) == before


def test_what_is_handed_in_is_what_the_sheets_ask_for(demo: Demo) -> None:
    for path in (demo[1] / "submissions").glob("s*.json"):
        handed_in = json.loads(path.read_text(encoding="utf-8"))
        form = json.loads((demo[1] / "course" / "handout" / path.stem / "answers.json").read_text(encoding="utf-8"))
        assert handed_in["sheet"] == form["sheet"]
        assert list(handed_in["answers"]) == list(form["answers"])
