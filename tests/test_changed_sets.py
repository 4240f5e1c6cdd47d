"""Sets that change once their sheets were made: what must stay, what may change, and what follows from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from classroom import (
    ONE_MORE,
    SET,
    TINY,
    contents,
    hand_in,
    lines_of,
    of_version_1,
    records,
    right_answers,
    roster_file,
    rows,
    small_course,
    small_set,
)

from course.roster import load_roster
from grader import grade_course
from worksheets import generate, load_set
from worksheets.authoring import AuthoringError
from worksheets.course import Generated

WHERE = "problem 1, tiny: "
FROZEN = {
    "one problem more": (SET + '[[problem]]\nuse = "tiny.toml"\n', TINY, "it had 1 problems and has 2"),
    "another problem": (
        SET.replace("tiny.toml", "perceptron"),
        TINY,
        "problem 1, perceptron: it was tiny",
    ),
    "other decimals": ("decimals = 3\n" + SET, TINY, f"{WHERE}its decimals were 4. Nothing was written"),
    "another line": (SET, TINY.replace("softmax(z)", "softmax(2 * z)"), f"{WHERE}line p was softmax(z)"),
    "a line more": (SET, TINY.replace('loss = "', 'y = "x + x"\nloss = "'), f"{WHERE}line y is new"),
    "a line less": (SET, TINY.replace('update = "eta"', ""), f"{WHERE}line W_new is gone"),
    "less asked": (SET + 'ask = ["loss", "z"]\n', TINY, f"{WHERE}what is asked of p, dz, dW, W_new"),
    "formulas asked": ("formulas = true\n" + SET, TINY, f"{WHERE}what is asked of dz, dW, W_new"),
    "a line worked": (SET + 'fade = { z = "worked" }\n', TINY, f"{WHERE}what is asked of z"),
    "other sizes": (SET + "sizes = { n = 3 }\n", TINY, f"{WHERE}its sizes were n = 2"),
    "something else given": (SET, TINY.replace("eta = { value", "x2 = { value = 1 }\neta = { value"), "is given, x2"),
}


def generated(course: Path, text: str = SET, problem: str = TINY, roster: str = ONE_MORE) -> Generated:
    """The course generated again, with its set changed."""
    folder = course.parent
    return generate(
        load_set(small_set(folder, text, problem)), load_roster(roster_file(folder, roster)), course, ["md"]
    )


@pytest.mark.parametrize("what", FROZEN)
def test_what_the_numbers_depend_on_is_refused_and_nothing_is_written(tmp_path: Path, what: str) -> None:
    text, problem, says = FROZEN[what]
    course = small_course(tmp_path)
    before = contents(course)
    with pytest.raises(AuthoringError, match="the set has changed since its sheets were made: ") as found:
        generated(course, text, problem)
    assert says in str(found.value)
    assert contents(course) == before


LABELLED = TINY.replace("[lines]", '[labels]\nn = ["A", "B"]\n\n[lines]')
FREE = {
    "the set's title": (SET.replace("Practice", "Other"), TINY, "the title"),
    "the title": (SET, TINY.replace("Tiny", "Small"), "title of problem 1"),
    "the intro": (SET, TINY.replace('"Tiny"', '"Tiny"\nintro = "See {x}."'), "intro of problem 1"),
    "labels": (SET, LABELLED, "labels of problem 1"),
    "marks": (SET.replace("10", "20"), TINY, "marks of problem 1"),
    "marks of a line": (SET.replace("10", "{ total = 10, dW = 5 }"), TINY, "marks of problem 1"),
    "hints": (SET + 'fade = "hints"\n', TINY, "hints of problem 1"),
    "follows": (SET + "[marking]\nfollows = 0.5\n", TINY, "follows (1.0 before, 0.5 now)"),
    "reveal": (SET + '[marking]\nreveal = "answers"\n', TINY, "reveal (marks before, answers now)"),
    "two at once": (
        SET.replace("Practice", "Other").replace("10", "20"),
        LABELLED,
        "the title, labels, marks of problem 1",
    ),
}


@pytest.mark.parametrize("what", FREE)
def test_what_they_do_not_depend_on_may_change_and_is_said(tmp_path: Path, what: str) -> None:
    text, problem, says = FREE[what]
    course = small_course(tmp_path)
    before, drawn = contents(course / "handout"), records(course)
    done = generated(course, text, problem)
    assert done.warnings == (
        f"changed in the set: {says}. New pages and grading follow the set as it is now; "
        "pages that were already made (3 sheets) stay as they are",
    )
    assert (done.new, done.kept) == (1, 3)
    assert {path: data for path, data in contents(course / "handout").items() if path in before} == before
    assert {student: record for student, record in records(course).items() if student in drawn} == drawn
    assert generated(course, text, problem).warnings == ()


def test_grading_follows_the_set_as_it_stands_now(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    answers = right_answers(course, "s1")
    answers["answers"]["1.dW"] = ""
    path = hand_in(tmp_path, "s1.json", answers)
    generated(course, SET.replace("10", "{ total = 20, dW = 15 }"))
    (marks,) = grade_course(course, [path], tmp_path / "results").marks
    assert (marks.score, marks.out_of) == (5.0, 20.0)
    assert next(row["out_of"] for row in rows(tmp_path / "results" / "gradebook.csv")) == "20.0"
    assert "20 marks" in (course / "handout" / "s4" / "sheet.md").read_text(encoding="utf-8")


def older(course: Path, hundredths: dict[str, float]) -> None:
    """The records as an earlier version wrote them: marks in hundredths, without what came later."""
    of_version_1(course)
    path = course / "instructor" / "set.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    (problem,) = written["problems"]
    for later in ("own_marks", "loss", "labels"):
        del problem[later]
    for line in problem["lines"]:
        line["marks"] = hundredths[line["name"]]
    path.write_text(json.dumps(written), encoding="utf-8")
    (course / "instructor" / "roster.json").unlink(missing_ok=True)


PRINTED = {"z": 1.34, "p": 1.33, "loss": 0.67, "dz": 1.33, "dW": 2.67, "W_new": 2.66}


def test_sheets_of_an_earlier_version_are_marked_with_the_marks_that_were_printed(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    older(course, PRINTED)
    path = hand_in(tmp_path, "s1.json", right_answers(course, "s1"))
    for generate_again in (False, True):
        if generate_again:
            assert generated(course).warnings == ()
        results = tmp_path / f"results {generate_again}"
        (marks,) = grade_course(course, [path], results).marks
        assert {line.name[2:]: line.out_of for line in marks.lines} == PRINTED
        assert (marks.score, marks.out_of) == (10.0, 10.0)
        (written,) = lines_of(results / "marks.jsonl")
        assert sum(round(100 * line["score"]) for line in written["lines"]) == 1000
    generated(course, SET.replace("10", "12"))
    (marks,) = grade_course(course, [path], tmp_path / "results").marks
    assert [line.out_of for line in marks.lines] == [1.75, 1.5, 0.75, 1.5, 3.25, 3.25]
