"""`grade --explain`: whose answer it is, what is printed, what is said where there is nothing to explain."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classroom import ONE_MORE, SET, Ran, contents, hand_in, handprop, marked, right_answers, small_course

from backprop.evaluate import batched, evaluate
from course.errors import CourseError
from grader import explain
from grader.explaining.text import lines_of
from grader.handed_in import Submission
from grader.marking.mistakes import known_mistakes
from grader.marking.sheets import grade, grade_all
from worksheets import load_problem
from worksheets.sheet import Sheet

ASKS = SET + 'formulas = true\ntrace = ["W"]\n'


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_course(tmp_path_factory.mktemp("explaining"), ONE_MORE, ASKS, formats=())


def answers(course: Path, student: str, **changed: object) -> dict[str, Any]:
    found = right_answers(course, student)
    return {**found, "answers": {**found["answers"], **{f"1.{name}": value for name, value in changed.items()}}}


def explained(course: Path, *more: object) -> Ran:
    ran = handprop("grade", course, *more)
    assert (ran.code, ran.err) == (0, ""), ran.err
    return ran


def test_nothing_is_written(course: Path, tmp_path: Path) -> None:
    path = hand_in(tmp_path, "s1.json", answers(course, "s1", z=[[7, 8]]))
    before = contents(tmp_path), contents(course)
    ran = explained(course, path, "--explain", "1.z", "--out", tmp_path / "results")
    assert (contents(tmp_path), contents(course)) == before
    assert ran.out.splitlines()[:2] == [
        f"1.z of s1 (Ada), sheet {answers(course, 's1')['sheet']}, in s1.json",
        "  z = x · W",
    ]


def test_a_line_s_own_name_is_enough_where_there_is_one_problem(course: Path, tmp_path: Path) -> None:
    path = hand_in(tmp_path, "s1.json", answers(course, "s1"))
    assert explained(course, path, "--explain", "dW").out == explained(course, path, "--explain", "1.dW").out


def test_what_was_kept_in_the_results_is_explained_as_the_files_are(course: Path, tmp_path: Path) -> None:
    files = [hand_in(tmp_path, f"in/{s}.json", answers(course, s, z=[["7", "8?"]], p="")) for s in ("s1", "s2")]
    marked(course, tmp_path, *files)
    for name in ("1.z", "1.p", "1.dz"):
        of_file = explained(course, files[1], "--explain", name).out
        for kept in (tmp_path / "results", tmp_path / "results" / "submissions.jsonl"):
            assert explained(course, kept, "--explain", name, "--as", "s2").out == of_file


def test_of_several_submissions_the_one_that_counts_is_explained(course: Path, tmp_path: Path) -> None:
    late, blank = answers(course, "s1", z=[[1, 2]]), answers(course, "s1")
    blank["answers"] = dict.fromkeys(blank["answers"], "")
    lines = [answers(course, "s1"), late, blank]
    path = hand_in(tmp_path, "all.jsonl", "\n".join(map(json.dumps, lines)))
    assert "[[1, 2]]" in explained(course, path, "--explain", "1.z").out


def test_a_zip_and_a_folder_are_looked_through(course: Path, tmp_path: Path) -> None:
    for student in ("s1", "s2", "s3"):
        hand_in(tmp_path, f"in/{student}.json", answers(course, student))
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as packed:
        for path in (tmp_path / "in").iterdir():
            packed.write(path, path.name)
    call = ("--explain", "1.z", "--as", "s2")
    folder, archive = (explained(course, tmp_path / name, *call).out for name in ("in", "in.zip"))
    assert folder.splitlines()[1:] == archive.splitlines()[1:]


def said(course: Path, *call: object) -> str:
    ran = handprop("grade", course, *call)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("handprop: ")
    assert len(ran.err.splitlines()) == 1
    return ran.err


def test_what_is_said_where_there_is_nothing_to_explain(course: Path, tmp_path: Path) -> None:
    one = hand_in(tmp_path, "s1.json", answers(course, "s1"))
    hand_in(tmp_path, "s2.json", answers(course, "s2"))
    nameless = hand_in(tmp_path, "other/nameless.json", {"answers": {"1.z": "[[1, 2]]"}})
    unknown = hand_in(tmp_path, "other/unknown.json", {"sheet": "AAAA-BBBB", "answers": {}})
    broken = hand_in(tmp_path, "other/broken.json", "x")
    assert "did you mean 1.dz?" in said(course, one, "--explain", "1.DZ")
    assert "did you mean 1.dz?" in said(course, one, "--explain", "2.dz")
    assert "did you mean 1.W_new or" in said(course, one, "--explain", "W_neu")
    assert "there are 1.z, 1.p" in said(course, one, "--explain", "???")
    assert "several students' answers lie there (s1 (Ada), s2 (Emmy))" in said(course, tmp_path, "--explain", "1.z")
    assert "nothing of s3 (Sofia) was found there" in said(course, tmp_path, "--explain", "1.z", "--as", "s3")
    assert "did you mean s1" in said(course, one, "--explain", "1.z", "--as", "s11")
    assert "such as --as" not in said(course, nameless, "--explain", "1.z")
    assert "say so with --as" in said(course, nameless, "--explain", "1.z")
    assert "AAAA-BBBB, which is not a sheet of this course" in said(course, unknown, "--explain", "1.z")
    assert "broken.json: This is not JSON" in said(course, broken, "--explain", "1.z")
    assert "there is no such file" in said(course, tmp_path / "none.json", "--explain", "1.z")
    assert "--out is missing" in said(course, one)


def test_as_says_whose_an_answer_without_a_sheet_is(course: Path, tmp_path: Path) -> None:
    path = hand_in(tmp_path, "nameless.json", {"answers": {"1.z": "[[1, 2]]"}})
    assert explained(course, path, "--explain", "1.z", "--as", "s2").out.startswith("1.z of s2 (Emmy)")


def test_a_sheet_that_is_another_s_is_explained_with_a_word_on_it(course: Path, tmp_path: Path) -> None:
    path = hand_in(tmp_path, "s1.json", answers(course, "s1"))
    ran = handprop("grade", course, path, "--explain", "1.z", "--as", "s2")
    assert ran.out.startswith("1.z of s2 (Emmy)")
    assert "is explained on the numbers of s2 (Emmy), as --as says" in ran.err
    under_another_name = hand_in(tmp_path, "Emmy/s2.json", answers(course, "s1"))
    ran = handprop("grade", course, under_another_name, "--explain", "1.z")
    assert "lies under the name of s2 (Emmy): grade marks it only with --as" in ran.err or ran.err == ""


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("dW.formula", "x.T @ dz", "Right. Read as xᵀ · ∂L/∂z."),
        ("dW.formula", "x @ dz", "Not right."),
        ("dW.formula", "", "Left blank."),
        ("dW.formula", "x.T @@@ ((", "This could not be read."),
        ("dW.trace", "dz, dW", "Right. Read as ∂L/∂z, ∂L/∂W."),
        ("dW.trace", "dW, dz", "Not right. ∂L/∂W cannot be worked yet"),
        ("dW.trace", "", "Left blank."),
    ],
)
def test_an_answer_in_words_is_explained(course: Path, tmp_path: Path, name: str, typed: str, said: str) -> None:
    path = hand_in(tmp_path, "s1.json", answers(course, "s1", **{name: typed}))
    lines = explained(course, path, "--explain", name).out.splitlines()
    assert lines[lines.index("What was typed") + 1] == f"  {typed or 'nothing'}"
    (told,) = (line for line in lines if line.startswith("  The student was told"))
    assert said in told
    compared = " ".join(lines[lines.index("What it was compared with") :])
    assert ("∂L/∂W = xᵀ · ∂L/∂z" if name.endswith("formula") else "One right way is ∂L/∂z, ∂L/∂W.") in compared


# In Python.


def test_the_python_call_has_the_same_parts() -> None:
    sheet = load_problem("matmul-gradient").variant(seed=3)
    typed = {"C": sheet.key["C"], "dC": "1 2; 3", "dA": "x" * 9, "dB": [[0.1] * len(row) for row in sheet.key["dB"]]}
    marks = grade(sheet, typed)
    for name in ("C", "dC", "dA", "dB", "loss"):
        found = explain(sheet, typed, name, source="letter")
        assert (found.marks, found.source) == (marks.line(name), "letter")
    assert explain(sheet, typed, "C").entry(1, 2).key == sheet.key["C"][0][1]
    assert explain(sheet, typed, "dB").looked_for
    with pytest.raises(CourseError, match=r"“dX” is not the name of an answer on these sheets; did you mean"):
        explain(sheet, typed, "dX")


ODD = [None, 10**5000, float("nan"), {"a": 1}, [[[[[[[[1]]]]]]]], True, "\x1b[31m1", ["x", None]]


def test_whatever_is_typed_is_explained_on_lines_of_print() -> None:
    sheet = load_problem("matmul-gradient").variant(seed=3)
    for odd in ODD:
        for name in ("C", "loss"):
            assert all(line.isprintable() for line in lines_of(explain(sheet, {name: odd}, name)))


def test_a_mistake_is_named_alike_whoever_else_is_marked() -> None:
    """Who else left a line blank has no say in what is behind a student's own blanks."""
    sheet, rng = load_problem("layer-norm").variant(seed=3), np.random.default_rng(3)
    handed_in = [Submission("", sheet.record.sheet, half_filled_in(sheet, rng)) for _ in range(12)]
    together = grade_all(sheet.set, [(sheet.record, one) for one in handed_in])
    for one, marks in zip(handed_in, together, strict=True):
        assert grade(sheet, one.answers).lines == marks.lines


def half_filled_in(sheet: Sheet, rng: np.random.Generator) -> dict[str, Any]:
    """Every second line, with a mistake on some lines that is worked on from."""
    model, own, typed = sheet.set.problems[0].model(), batched(sheet.record.given[0]), dict[str, Any]()
    for line in model.lines:
        worked = known_mistakes(model, line)[0].expression if rng.random() < 0.35 else line.expression
        value = np.round(np.nan_to_num(evaluate(worked, own, model.sizes)), 4)
        own[line.name] = np.broadcast_to(value, (*map(int, line.shape), 1)) if line.shape else value
        typed[line.name] = own[line.name][..., 0].tolist() if rng.random() < 0.5 else ""
    return typed
