"""Help that fades: worked lines, then hints, then none, and nothing that is asked given away."""

from __future__ import annotations

from pathlib import Path

import pytest
from classroom import SET, small_set

from grader import grade
from worksheets import load_problem, load_set
from worksheets.asking import help_with, kind, told_lines
from worksheets.authoring import AuthoringError
from worksheets.formats import FORMATS
from worksheets.preview import preview_sheet
from worksheets.problem import bundled_problems

BACKWARD = 'title = "x"\n[[problem]]\nuse = "attention-backprop"\nask = ["backward"]\n'


def levels(name: str, asked: str, fade: str) -> dict[str, str]:
    model = load_problem(name).model
    return dict(help_with(model, frozenset(line.name for line in model.lines if line.part == asked), fade, "set"))  # type: ignore[arg-type]


def test_the_first_of_each_kind_is_worked_and_the_last_is_bare() -> None:
    found = levels("attention-backprop", "backward", "worked")
    assert found == {
        "dlogits": "worked",
        "dW_O": "worked",
        "dcontext": "worked",
        "doutput": "worked",
        "dweights": "bare",
        "dV": "hints",
        "dscaled": "hints",
        "dscores": "hints",
        "dQ": "hints",
        "dK": "hints",
        "dW_Q": "hints",
        "dW_K": "hints",
        "dW_V": "bare",
    }
    assert levels("attention-backprop", "backward", "hints") == {
        name: "bare" if level == "bare" else "hints" for name, level in found.items()
    }
    assert set(levels("attention-backprop", "backward", "bare").values()) == {"bare"}


@pytest.mark.parametrize("name", bundled_problems())
def test_a_worked_line_gives_no_answer_away(name: str) -> None:
    model = load_problem(name).model
    everything = frozenset(line.name for line in model.lines)
    help = help_with(model, everything, "worked", "set")
    blank = {line for line, level in help.items() if level != "worked"}
    for line in model.lines:
        if help[line.name] == "worked":
            assert not set(line.uses) & blank, line.name
    assert not {line.name for line in told_lines(model, frozenset(blank))} & blank


def test_where_all_would_be_worked_there_are_hints(tmp_path: Path) -> None:
    (problem,) = load_set(small_set(tmp_path, SET + 'fade = "worked"\n')).problems
    assert set(problem.help.values()) == {"hints"}


def test_lines_are_of_a_kind_where_the_same_is_done() -> None:
    model = load_problem("attention-backprop").model
    assert kind(model.by_name["dV"]) == kind(model.by_name["dW_K"]) == "x.T @ x"
    assert kind(model.by_name["scores"]) == "x @ x.T"


@pytest.mark.parametrize(
    ("fade", "says"),
    [
        ('"some"', "fade"),
        ('{ dQ = "some" }', "fade"),
        ('{ dX = "hints" }', "set.toml: [[problem]] 1: fade: dX is not asked; asked are: dK, dQ, dV,"),
        (
            '{ dQ = "worked" }',
            "fade: dQ cannot be worked on the sheet: that would give dscores away, which is asked",
        ),
    ],
)
def test_a_fade_that_cannot_be_says_why(tmp_path: Path, fade: str, says: str) -> None:
    path = small_set(tmp_path, BACKWARD + f"fade = {fade}\n")
    with pytest.raises(AuthoringError) as refused:
        load_set(path)
    assert says in str(refused.value)


def test_a_set_in_which_all_is_worked_asks_nothing(tmp_path: Path) -> None:
    path = small_set(tmp_path, SET + 'ask = ["z"]\nfade = { z = "worked" }\n')
    with pytest.raises(AuthoringError, match="every line is worked on the sheet, so nothing is asked"):
        load_set(path)


def test_the_sheet_shows_what_is_worked_and_asks_the_rest(tmp_path: Path) -> None:
    sheet = preview_sheet(small_set(tmp_path, BACKWARD + 'fade = "worked"\nmarks = 20\n'))
    page = sheet.markdown()
    assert "**1.dlogits** (worked for you)" in page
    assert "1.dweights = [ ________" in page
    assert "Hint: `∂L/∂dV`" not in page
    assert "Hint: `∂L/∂V = weightsᵀ · ∂L/∂output`; `∂L/∂V[1,1] = weights[1,1] × " in page
    asked = sheet.blank_answers()["answers"]
    assert "1.dlogits" not in asked
    assert "1.dweights" in asked
    assert sum(line.marks for line in sheet.set.problems[0].lines) == 20
    assert {line.name for line in sheet.set.problems[0].lines if line.worked and line.marks} == set()
    marks = grade(sheet, {name: sheet.key[name[2:]] for name in asked})
    assert marks.score == marks.out_of == 20
    for ending in FORMATS:
        assert sheet.print(ending)
        assert sheet.print(ending, solution=True)
