"""The command line: each verb, each exit code, and never a traceback."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from classroom import (
    ROSTER,
    TINY,
    contents,
    handprop,
    records,
    roster_file,
    small_set,
)

from worksheets.formats import FORMATS

ALL_FILES = 3 * (1 + 2 * len(FORMATS))  # of three students: answers.json, sheets, solutions

COMMANDS = {
    "demo": ["--out"],
    "init": ["DIR"],
    "problems": ["NAME"],
    "check": ["NAME|FILE.toml"],
    "derive": ["NAME|FILE.toml", "--wrt", "--format"],
    "generate": ["SET.toml", "--roster", "--out", "--id-column", "--format"],
    "preview": ["SET.toml", "--solution"],
    "grade": ["COURSE", "SUBMISSION...", "--out", "--feedback", "--reveal", "--roster", "--id-column"],
}


def test_every_command_of_the_contract_has_help() -> None:
    ran = handprop("--help")
    assert ran.code == 0
    assert all(f"  {command} " in ran.out for command in COMMANDS)
    assert handprop().out == ran.out
    for command, words in COMMANDS.items():
        ran = handprop(command, "--help")
        assert (ran.code, ran.err) == (0, "")
        assert all(word in ran.out for word in words), ran.out


# --- the round --------------------------------------------------------------------------------------------------------


def test_from_nothing_to_marks(tmp_path: Path) -> None:
    course = tmp_path / "my course"
    ran = handprop("init", course)
    assert ran.code == 0
    assert set(contents(course)) == {"set.toml", "problem.toml", "roster.csv", "instructor/secret"}
    assert (course / "instructor" / "secret").stat().st_mode & 0o777 == 0o600
    assert "#" in (course / "set.toml").read_text(encoding="utf-8")
    assert "Next: handprop generate " in ran.out

    ran = handprop("generate", course / "set.toml", "--roster", course / "roster.csv", "--out", course)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"3 new sheets, 0 kept, {ALL_FILES} files written",
        f"to hand out: {course / 'handout'}",
        f"keep to yourself: {course / 'instructor'}",
    ]
    ran = handprop("generate", course / "set.toml", "--roster", course / "roster.csv", "--out", course)
    assert ran.out.startswith("0 new sheets, 3 kept, 0 files written\n")

    results = tmp_path / "results"
    ran = handprop("grade", course, course / "handout" / "s001" / "answers.json", "--out", results)
    assert (ran.code, ran.err) == (0, "")
    assert set(contents(results)) == {
        *("marks.jsonl", "gradebook.csv", "gradebook.xlsx", "not_marked.csv", "feedback/s001.md"),
        *("submissions.jsonl", "results.json"),
    }


def test_the_command_that_init_names_can_be_typed_as_it_is(tmp_path: Path) -> None:

    course = tmp_path / "my course"
    next_line = handprop("init", course).out.splitlines()[-1]
    program, *arguments = shlex.split(next_line.removeprefix("Next: "))
    assert program == "handprop"
    assert handprop(*arguments, "--format", "none").code == 0


def test_init_never_writes_over_anything(tmp_path: Path) -> None:
    handprop("init", tmp_path)
    before = contents(tmp_path)
    ran = handprop("init", tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "is already there; nothing was written" in ran.err
    assert contents(tmp_path) == before
    (tmp_path / "instructor" / "secret").unlink()
    assert handprop("init", tmp_path).code == 2
    assert not (tmp_path / "instructor" / "secret").exists()
    ran = handprop("init", tmp_path / "set.toml")
    assert (ran.code, ran.err.startswith("handprop: ")) == (2, True)


def test_preview_shows_a_sheet_or_its_solution(tmp_path: Path) -> None:
    path = small_set(tmp_path)
    sheet, solution = handprop("preview", path), handprop("preview", path, "--solution")
    assert (sheet.code, solution.code) == (0, 0)
    assert "# Practice sheet\n" in sheet.out
    assert "____" in sheet.out
    assert "worked solution" in solution.out
    assert "____" not in solution.out
    assert list(contents(tmp_path)) == ["set.toml", "tiny.toml"]


def test_problems() -> None:
    ran = handprop("problems")
    assert (ran.code, ran.err) == (0, "")
    assert re.search(r"^attention-backprop +Full backpropagation through attention$", ran.out, re.MULTILINE)
    assert re.search(r"^full-backpropagation +Full backpropagation$", ran.out, re.MULTILINE)
    ran = handprop("problems", "attention-backprop")
    assert ran.code == 0
    for line in ("W_O: 2×4 (d_v×v), trainable", "dQ          = dscores @ K", "W_Q_new     = W_Q - eta * dW_Q"):
        assert f"  {line}\n" in ran.out
    ran = handprop("problems", "full-backpropagation")
    assert (ran.code, ran.err) == (0, "")
    assert re.search(
        r"^  6  attention-backprop +30 marks  39 lines  Full backpropagation through attention$", ran.out, re.M
    )
    ran = handprop("problems", "attention")
    assert (ran.code, ran.out) == (2, "")
    assert re.search(r"no problem is called “attention”; did you mean “[a-z-]*attention[a-z-]*”\?", ran.err)


def test_a_bundled_set_is_a_set(tmp_path: Path) -> None:
    assert "## 4. The Jacobian of softmax (5 marks)" in handprop("preview", "full-backpropagation").out
    ran = handprop("check", "full-backpropagation")
    assert (ran.code, ran.out.count("  fit to use\n")) == (0, 10)
    roster = roster_file(tmp_path)
    ran = handprop("generate", "full-backpropagation", "--roster", roster, "--out", tmp_path / "c", "--format", "none")
    assert ran.code == 0
    assert len(records(tmp_path / "c")) == 3


# --- derive and check -------------------------------------------------------------------------------------------------


def test_derive_as_text_and_as_latex(tmp_path: Path) -> None:
    small_set(tmp_path)
    path = tmp_path / "tiny.toml"
    text, latex = handprop("derive", path, "--wrt", "W"), handprop("derive", path, "--wrt", "W", "--format", "latex")
    assert (text.code, latex.code) == (0, 0)
    assert len(text.out.splitlines()) == len(latex.out.splitlines()) == 5
    assert text.out.splitlines()[0].startswith("∂L/∂W = xᵀ")
    assert r"\frac{\partial" in latex.out or r"\partial" in latex.out
    assert "\\" not in text.out
    ran = handprop("derive", path, "--wrt", "w")
    assert (ran.code, ran.out) == (2, "")
    ran = handprop("derive", "attention-backprop", "--wrt", "W_P")
    assert (ran.code, ran.err) == (
        2,
        "handprop: attention-backprop has no gradient with respect to W_P; did you mean “W_V”?\n",
    )
    ran = handprop("derive", path, "--wrt", "W", "--format", "word")
    assert (ran.code, ran.err) == (2, "handprop: --format word: there are text and latex\n")


def test_derive_of_a_forward_only_problem(tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_text(TINY.partition("[derive]")[0], encoding="utf-8")
    ran = handprop("derive", tmp_path / "f.toml", "--wrt", "W")
    assert (ran.code, ran.err) == (2, "handprop: f has no gradient with respect to W; there are: none\n")


def test_check_of_a_problem_and_of_a_set(tmp_path: Path) -> None:
    path = small_set(tmp_path)
    for what in (tmp_path / "tiny.toml", path):
        ran = handprop("check", what)
        assert (ran.code, ran.err) == (0, "")
        assert "dz = p - onehot(target, n)   (proved, 2 entries)" in ran.out
        assert "200 variants drawn" in ran.out
        assert ran.out.endswith("  fit to use\n")


UNFIT = TINY.replace(
    'x = { shape = [1, "n"] }\nW = { shape = ["n", "n"], trainable = true }',
    'x = { shape = [1, "n"], draw = { range = [90, 99] } }\n'
    'W = { shape = ["n", "n"], trainable = true, values = [[1, -1], [1, -1]] }',
)


def test_check_tells_what_is_unfit_from_a_wrong_call(tmp_path: Path) -> None:
    small_set(tmp_path, problem=UNFIT)
    ran = handprop("check", tmp_path / "tiny.toml")
    assert ran.code == 1
    assert "FAILED: " in ran.out
    assert "p is saturated" in ran.out
    assert ran.err.startswith("handprop: ")
    for text in (TINY.replace("x @ W", "W @ x"), "title = ", "", TINY + "more = 1"):
        (tmp_path / "tiny.toml").write_text(text, encoding="utf-8")
        for path in (tmp_path / "tiny.toml", tmp_path / "set.toml"):
            ran = handprop("check", path)
            assert (ran.code, ran.out) == (1, "")
            assert ran.err.startswith(f"handprop: {path}: ")
    for wrong in (tmp_path / "none.toml", tmp_path, "attention"):
        ran = handprop("check", wrong)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("handprop: ")


# --- calls that are wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (["nothing"], "No such command 'nothing'"),
        (["--nothing"], "No such option: --nothing"),
        (["check"], "Missing argument 'NAME|FILE.toml'"),
        (["generate", "SET"], "Missing option '--roster'"),
        (["generate", "SET", "--roster", "ROSTER"], "Missing option '--out'"),
        (["generate", "none.toml", "--roster", "ROSTER", "--out", "OUT"], "none.toml: there is no such file"),
        (["generate", "SET", "--roster", "none.csv", "--out", "OUT"], "none.csv: there is no such file"),
        (["generate", "SET", "--roster", "ROSTER", "--out", "SET"], "set.toml is a file"),
        (
            ["generate", "SET", "--roster", "ROSTER", "--out", "OUT", "--format", "docx"],
            "--format “docx”: there are md, t",
        ),
        (["generate", "SET", "--roster", "ROSTER", "--out", "OUT", "--format", "md,"], "--format “”: there are"),
        (["generate", "ROSTER", "--roster", "ROSTER", "--out", "OUT"], "roster.csv: not valid TOML"),
        (["generate", "SET", "--roster", "SET", "--out", "OUT"], "no column is called id or name"),
        (["preview", "none.toml"], "none.toml: there is no such file"),
        (["preview", "ROSTER"], "not valid TOML"),
        (["demo", "--out", "SET"], "set.toml"),
        (["init"], "Missing argument 'DIR'"),
        (["problems", "a", "b"], "unexpected extra argument"),
    ],
)
def test_a_wrong_call_is_one_message(tmp_path: Path, call: list[str], says: str) -> None:
    places = {"SET": small_set(tmp_path), "ROSTER": roster_file(tmp_path), "OUT": tmp_path / "course"}
    before = contents(tmp_path)
    ran = handprop(*(places.get(word, word) for word in call))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("handprop: ")
    assert says in ran.err
    assert ran.err.count("\n") == 1
    assert contents(tmp_path) == before


def test_a_line_that_cannot_be_read_is_shown_with_its_place(tmp_path: Path) -> None:
    path = small_set(tmp_path, problem=TINY.replace("x @ W", "x @ Wq"))
    ran = handprop("preview", path)
    assert ran.code == 2
    assert "line “z”" in ran.err
    assert "    x @ Wq\n        ^^\n" in ran.err


def test_rows_left_out_of_a_roster_are_said_and_the_rest_is_done(tmp_path: Path) -> None:
    roster = roster_file(tmp_path, ROSTER + "s1,Again,\n../x,Odd,\n")
    out = tmp_path / "course"
    ran = handprop("generate", small_set(tmp_path), "--roster", roster, "--out", out, "--format", "none")
    assert ran.code == 1
    assert ran.out.startswith("4 new sheets")
    first, second = ran.err.splitlines()
    assert first.endswith("the id “s1” is already that of line 2; this row was left out")
    assert "the id “../x” cannot name a folder" in second
    assert not (tmp_path / "x").exists()


def test_an_interrupted_run_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("worksheets.course._print_one", stop)
    ran = handprop("generate", small_set(tmp_path), "--roster", roster_file(tmp_path), "--out", tmp_path / "course")
    assert ran.code == 130
    assert ran.err == "handprop: stopped; the same command again goes on\n"
    monkeypatch.undo()
    ran = handprop("generate", small_set(tmp_path), "--roster", roster_file(tmp_path), "--out", tmp_path / "course")
    assert ran.out.startswith(f"0 new sheets, 3 kept, {ALL_FILES} files written")
