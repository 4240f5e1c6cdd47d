"""Sets that change once their sheets were made: what must stay, what may change, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from classroom import (
    ONE_MORE,
    ROSTER,
    SET,
    TINY,
    changed,
    contents,
    hand_in,
    keys,
    lines_of,
    of_version_1,
    records,
    right_answers,
    roster_file,
    rows,
    small_course,
    small_set,
)

import worksheets.authored
import worksheets.sharing
from backprop.model import Model
from course.roster import Roster, load_roster
from course.stored import load_course
from grader import grade_course
from worksheets import generate, load_set
from worksheets.authoring import AuthoringError
from worksheets.course import Generated
from worksheets.problem_set import ProblemSet

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


def made(course: Path, text: str, problem: str, roster: str = ONE_MORE) -> tuple[ProblemSet, Roster]:
    """What a course is made from, changed."""
    folder = course.parent
    return load_set(small_set(folder, text, problem)), load_roster(roster_file(folder, roster))


def generated(course: Path, text: str = SET, problem: str = TINY) -> Generated:
    """The course generated again, with its set changed."""
    return generate(*made(course, text, problem), course, ["md"])


def corrected(course: Path, problem: str, text: str = SET) -> Generated:
    """The course generated again, with its set corrected."""
    return generate(*made(course, text, problem), course, ["md"], corrected=True)


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


# --- how numbers come about -------------------------------------------------------------------------------------------


DRAWN = {
    "a range": changed("W = { shape", "W = { draw = { range = [1, 3] }, shape"),
    "decimals": changed("W = { shape", "W = { draw = { decimals = 2 }, shape"),
    "whole numbers": changed("W = { shape", "W = { draw = { range = [-3, 3], whole = true }, shape"),
}


@pytest.mark.parametrize("what", DRAWN)
def test_another_way_to_draw_is_said_and_new_sheets_follow_it(tmp_path: Path, what: str) -> None:
    course = small_course(tmp_path, formats=())
    drawn = records(course)
    said = "changed in the set: how W is drawn of problem 1"
    assert generated(course, problem=DRAWN[what]).warnings[0].startswith(said)
    assert {student: record for student, record in records(course).items() if student in drawn} == drawn
    given = [record["given"][0]["W"] for record in records(course).values()]
    if what == "a range":
        assert [min(map(min, value)) >= 1 for value in given] == [False, False, False, True]
    assert generated(course, problem=DRAWN[what]).warnings == ()


FIXED = {
    "another value": (changed("value = 0.5", "value = 0.2"), "given eta was always 0.5"),
    "a value that was drawn": (changed("x = { shape", "x = { values = [[1, 2]], shape"), "given x was drawn"),
    "drawn where it had a value": (changed("eta = { value = 0.5 }", "eta = { }"), "given eta was always 0.5"),
}


@pytest.mark.parametrize("what", FIXED)
def test_what_is_the_same_for_everyone_stays_so(tmp_path: Path, what: str) -> None:
    course = small_course(tmp_path)
    before = contents(course)
    with pytest.raises(AuthoringError, match=f"{WHERE}{FIXED[what][1]}"):
        generated(course, problem=FIXED[what][0])
    assert contents(course) == before


@pytest.mark.parametrize("what", ["another value", "a value that was drawn"])
def test_sheets_of_version_1_tell_it_too(tmp_path: Path, what: str) -> None:
    course = of_version_1(small_course(tmp_path, formats=()))
    before = contents(course)
    with pytest.raises(AuthoringError, match=rf"{WHERE}given {'eta was 0.5' if what == 'another value' else 'x was '}"):
        generated(course, problem=FIXED[what][0])
    assert contents(course) == before


# --- where only the program changed -----------------------------------------------------------------------------------


Derived = list[tuple[str, str, str]]


def derived_otherwise(monkeypatch: pytest.MonkeyPatch, change: Callable[[Derived], Derived]) -> None:
    """The program, as it derives lines in another version."""
    derive = worksheets.authored.derive

    def otherwise(model: Model, *wanted: Any) -> Model:
        lines = [(line.name, line.text, line.part) for line in derive(model, *wanted).lines]
        return Model(model.sizes, model.givens, ()).extended(change(lines))

    monkeypatch.setattr(worksheets.authored, "derive", otherwise)


def written(name: str, expression: str) -> Callable[[Derived], Derived]:
    return lambda lines: [(known, expression if known == name else text, part) for known, text, part in lines]


OTHERWISE: dict[str, Callable[[Derived], Derived]] = {
    "a gradient written otherwise": written("dW", "x.T @ (1 * dz)"),
    "an update written otherwise": written("W_new", "-(dW * eta) + W"),
    "a gradient more": lambda lines: [*lines[:4], ("dp", "onehot(target, n) / -p", "backward"), *lines[4:]],
    "a gradient less": lambda lines: written("dW", "x.T @ (p - onehot(target, n))")([*lines[:3], *lines[4:]]),
}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("what", OTHERWISE)
def test_a_line_that_only_the_program_derives_otherwise_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, version: int
) -> None:
    course = small_course(tmp_path)
    if version == 1:
        of_version_1(course)
    before = load_course(course)
    derived_otherwise(monkeypatch, OTHERWISE[what])
    done = generated(course)
    assert (done.new, done.kept, done.warnings) == (1, 3, ())
    after = load_course(course)
    assert after.set.problems[0].lines == before.set.problems[0].lines
    assert {id: after.sheets[id] for id in before.sheets} == dict(before.sheets)
    assert generated(course, SET.replace("10", "20")).warnings[0].startswith("changed in the set: marks of problem 1")
    assert load_course(course).set.problems[0].marks == 20
    with pytest.raises(AuthoringError, match="line p was softmax"):
        generated(course, problem=TINY.replace("softmax(z)", "softmax(2 * z)"))


@pytest.mark.parametrize("version", [1, 2])
def test_another_program_shares_marks_out_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    course = small_course(tmp_path, formats=())
    if version == 1:
        of_version_1(course)
    before = load_course(course).set.problems[0].lines
    monkeypatch.setattr(worksheets.sharing, "UNITS", (100, 50, 1))
    assert generated(course).warnings == ()
    assert load_course(course).set.problems[0].lines == before


# --- a corrected problem ----------------------------------------------------------------------------------------------


CORRECTED = TINY.replace("softmax(z)", "softmax(2 * z)")


def test_a_corrected_problem_keeps_the_sheets(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    before, drawn, old = contents(course / "handout"), records(course), keys(course)
    was = (course / "instructor" / "set.json").read_bytes()
    with pytest.raises(AuthoringError, match="--corrected keeps the sheets' numbers and grades by the lines"):
        generated(course, problem=CORRECTED)
    done = corrected(course, CORRECTED)
    assert (done.new, done.kept) == (1, 3)
    assert done.warnings[0].startswith(f"corrected: {WHERE}line p was softmax(z)")
    assert before.items() <= contents(course / "handout").items()
    assert {student: record for student, record in records(course).items() if student in drawn} == drawn
    assert (course / "instructor" / "set.1.json").read_bytes() == was
    assert all(keys(course)[student] != key for student, key in old.items())
    (marks,) = grade_course(
        course, [hand_in(tmp_path, "s1.json", right_answers(course, "s1"))], tmp_path / "results"
    ).marks
    assert (marks.score, marks.out_of) == (10.0, 10.0)
    # From now on it is the set; and what is corrected once more is kept under the next number.
    assert generated(course, problem=CORRECTED).warnings == ()
    corrected(course, TINY)
    assert json.loads((course / "instructor" / "set.2.json").read_bytes())["problems"][0]["lines"][1]["expression"] == (
        "softmax(2 * z)"
    )
    assert keys(course).items() >= old.items()


def test_corrected_where_nothing_is(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    before = contents(course)
    assert generate(*made(course, SET, TINY, ROSTER), course, ["md"], corrected=True).warnings == ()
    assert contents(course) == before


GIVEN = ("other sizes", "something else given", "one problem more", "another problem")


@pytest.mark.parametrize("what", GIVEN)
def test_what_is_given_is_not_corrected(tmp_path: Path, what: str) -> None:
    text, problem, says = FROZEN[what]
    course = small_course(tmp_path)
    before = contents(course)
    with pytest.raises(AuthoringError, match="a corrected problem keeps what is given") as found:
        corrected(course, problem, text)
    assert says in str(found.value)
    assert contents(course) == before


@pytest.mark.parametrize("what", sorted(FROZEN.keys() - set(GIVEN)))
def test_all_else_may_be_corrected(tmp_path: Path, what: str) -> None:
    text, problem, _ = FROZEN[what]
    course = small_course(tmp_path, formats=())
    drawn = records(course)
    assert corrected(course, problem, text).new == 1
    assert {student: record for student, record in records(course).items() if student in drawn} == drawn
    assert generated(course, text, problem).warnings == ()


def test_only_the_problem_that_was_corrected_is_another(tmp_path: Path) -> None:
    two = SET + '[[problem]]\nuse = "tiny.toml"\nask = ["loss"]\n'
    course = small_course(tmp_path, text=two, formats=())
    before = load_course(course).set.problems
    corrected(course, TINY, two.replace('["loss"]', '["p", "loss"]'))
    after = load_course(course).set.problems
    assert after[0] == before[0]
    assert [line.name for line in after[1].lines if line.asked] == ["p", "loss"]
