"""Right answers of a neighbour's sheet: found, not paid for, told to the instructor alone; nobody else is accused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from classroom import hand_in, handprop, lines_of, records, right_answers, rows, small_course

from benchmarks.copied import COPYING, first_lines, handed_in, key, rounded
from benchmarks.mistaken import WAYS, Alone, Room
from course.records import Reveal, SheetRecord
from grader import grade_course
from grader.copied import LEAST, OtherSheets
from grader.course import Results
from grader.handed_in import Submission
from grader.marking.marks import Marks
from grader.marking.sheets import grade_all, mark
from worksheets.problem import bundled_problems

USED = "batch-average"
FEW_OF_THE_KEY = ("the first lines", "all, two decimals fewer", "of one with slips", "of one with mistakes")
SET = f'title = "Copied"\n[[problem]]\nuse = "{USED}"\nmarks = 20\n'
NEIGHBOUR, COPIER, ALONE = "neighbour", "copier", "alone"
ROSTER = f"id,name\n{NEIGHBOUR},Ada Lovelace\n{COPIER},Emmy Noether\n{ALONE},Sofia Kovalevskaya\n"


QUICK = ("scores-gradient", "batch-average", "softmax-jacobian")
ALL = [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in bundled_problems()]


@pytest.fixture(scope="module", params=ALL)
def room(request: pytest.FixtureRequest) -> Room:
    return Room.of(request.param, 4, 6, seed=3)


def judged(room: Room, sheets: Sequence[tuple[SheetRecord, Submission]]) -> list[tuple[Marks, Any]]:
    others = OtherSheets(room.set, room.sheets)
    return [(marks, others.whose(marks)) for marks in grade_all(room.set, sheets)]


def test_who_takes_all_of_a_neighbours_is_paid_for_nothing_that_follows(room: Room) -> None:
    neighbours = rounded(key(room, np.array([4])), 4)
    (one,) = handed_in(room, np.array([1]), neighbours)
    ((marks, whose),) = judged(room, [one])
    wrong = {n for line in marks.lines for row in line.entries for n in row if n == "wrong"}
    assert wrong
    assert whose is not None
    assert (whose.sheet, whose.student) == ("4", "s4")
    assert set(whose.lines) <= {line.name for line in marks.lines if line.verdict == "wrong"}
    (again,) = mark(room.set, [one], set(whose.lines))
    assert again.score <= marks.score
    own = sum(
        line.out_of * sum(v == "correct" for row in line.entries for v in row) / sum(map(len, line.entries))
        for line in marks.lines
    )
    assert again.score <= own + 0.05 * marks.out_of


WILDEST = ("mistakes, slips and typos", "half of the given numbers misread")


def accused(room: Room, ways: Iterable[str], count: int) -> list[Any]:
    """Whom students are said to have copied from who worked alone in these ways."""
    who, rng = np.arange(count), np.random.default_rng(5)
    sheets = [one for way in ways for one in handed_in(room, who, WAYS[way](Alone(room, who, rng)))]
    return [whose for _, whose in judged(room, sheets) if whose]


def test_nobody_who_works_alone_is_accused(room: Room) -> None:
    assert accused(room, WILDEST, 2) == []


def test_nobody_is_accused_however_wrong(every_way: Room) -> None:
    assert accused(every_way, WAYS, 2) == []


@pytest.mark.slow
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("decimals", [2, 4])
@pytest.mark.parametrize("name", bundled_problems())
def test_nobody_is_accused_in_larger_classes(name: str, decimals: int, shared: bool) -> None:
    assert accused(Room.of(name, decimals, 300, seed=4, shared=shared), WAYS, 20) == []


@pytest.fixture(scope="module")
def every_way() -> Room:
    return Room.of(USED, 4, 6, seed=3)


@pytest.mark.parametrize("way", COPYING)
def test_no_way_of_copying_earns_more_once_it_is_found(every_way: Room, way: str) -> None:
    room, rng, who = every_way, np.random.default_rng(1), np.array([0, 3])
    sheets = handed_in(room, who, COPYING[way](Alone(room, who, rng), room, who + 1))
    found = judged(room, sheets)
    # Of a neighbour with mistakes, often too few numbers are the key's.
    assert all(whose for _, whose in found) or way in FEW_OF_THE_KEY
    for one, (marks, whose) in zip(sheets, found, strict=True):
        if whose:
            (again,) = mark(room.set, [one], set(whose.lines))
            assert again.score <= marks.score
            assert whose.sheet in ("1", "4") if "two" in way else whose.sheet == str(int(marks.sheet) + 1)


def test_fewer_numbers_than_it_takes_accuse_nobody() -> None:
    room = Room.of("scores-gradient", 4, 6, seed=3)
    who, rng = np.array([0]), np.random.default_rng(1)
    taken = rounded(key(room, who + 1), 4)
    first = first_lines(room)
    written = Alone(room, who, rng).written(lambda line, paper, _: taken[line.name] if line.name in first else paper)
    ((marks, whose),) = judged(room, list(handed_in(room, who, written)))
    assert 0 < sum(v == "wrong" for line in marks.lines for row in line.entries for v in row) < LEAST
    assert whose is None


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of three, one of whom copies from another; tests only read it."""
    folder = tmp_path_factory.mktemp("copied")
    course = small_course(folder, ROSTER, SET, formats=())
    for student in (NEIGHBOUR, ALONE):
        hand_in(folder, f"in/{student}.json", right_answers(course, student))
    copied = {**right_answers(course, NEIGHBOUR), "sheet": records(course)[COPIER]["sheet"]}
    hand_in(folder, f"in/{COPIER}.json", copied)
    return course


def graded(course: Path, results: Path, **asked: Any) -> Results:
    return grade_course(course, [course.parent / "in"], results, **{"feedback": (), **asked})


@pytest.fixture(scope="module")
def results(course: Path) -> Path:
    graded(course, course.parent / "results")
    return course.parent / "results"


def of(results: Path, student: str) -> dict[str, Any]:
    return next(line for line in lines_of(results / "marks.jsonl") if line["student"] == student)


def test_the_instructor_is_told_whose_they_are(course: Path, tmp_path: Path) -> None:
    found = graded(course, tmp_path)
    sheet = records(course)[NEIGHBOUR]["sheet"]
    copied = of(tmp_path, COPIER)["copied"]
    assert (copied["sheet"], copied["student"]) == (sheet, NEIGHBOUR)
    (warning,) = found.warnings
    (row,) = [row for row in rows(tmp_path / "gradebook.csv") if row["id"] == COPIER]
    for says in (warning, row["note"]):
        assert f"right answers of {NEIGHBOUR}'s sheet, {sheet}" in says
    assert warning.startswith(COPIER)
    assert [row["note"] for row in rows(tmp_path / "gradebook.csv") if row["id"] != COPIER] == ["", ""]


def test_nobody_elses_marks_change(course: Path, results: Path, tmp_path: Path) -> None:
    without = [course.parent / "in" / f"{student}.json" for student in (NEIGHBOUR, ALONE)]
    grade_course(course, without, tmp_path, feedback=())
    for student in (NEIGHBOUR, ALONE):
        assert of(tmp_path, student) == of(results, student)
        assert "copied" not in of(results, student)
        assert of(results, student)["score"] == of(results, student)["out_of"]


def test_the_student_is_not_told_whose(course: Path, tmp_path: Path) -> None:
    names = (NEIGHBOUR, "Ada", "Lovelace", records(course)[NEIGHBOUR]["sheet"])
    for reveal in get_args(Reveal):
        graded(course, tmp_path / reveal, feedback=("md", *["html"] * (reveal == "solution")), reveal=reveal)
        pages = sorted((tmp_path / reveal / "feedback").glob(f"{COPIER}*"))
        assert pages
        for page in pages:
            text = page.read_text(encoding="utf-8")
            assert ("right answers of another sheet" in text) == (reveal != "nothing")
            assert [name for name in names if name in text] == []


def test_it_holds_when_marked_again_by_hand_and_in_processes(course: Path, results: Path, tmp_path: Path) -> None:
    graded(course, tmp_path, jobs=2)
    assert lines_of(tmp_path / "marks.jsonl") == lines_of(results / "marks.jsonl")
    before = of(tmp_path, COPIER)
    ran = handprop("regrade", tmp_path, "--write")
    assert ran.code == 0, ran.err
    assert of(tmp_path, COPIER) == before
    (tmp_path / "overrides.csv").write_text(f"student,line,score,note\n{COPIER},,7,We spoke\n", encoding="utf-8")
    graded(course, tmp_path)
    after = of(tmp_path, COPIER)
    assert (after["score"], after["copied"]) == (7, before["copied"])


def test_explain_agrees_with_grade(course: Path, results: Path) -> None:
    marks = of(results, COPIER)
    submission = course.parent / "in" / f"{COPIER}.json"
    unpaid = next(line for line in marks["lines"] if "No marks for what follows" in line["message"])
    for line in (unpaid, next(line for line in marks["lines"] if line["name"] in marks["copied"]["lines"])):
        ran = handprop("grade", course, submission, "--explain", line["name"])
        assert ran.code == 0
        assert line["message"] in " ".join(ran.out.split())
        assert f"{COPIER} (Emmy Noether) has on " in ran.err
        assert f"right answers of {NEIGHBOUR}'s sheet" in ran.err
