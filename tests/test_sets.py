"""Sets: what is asked, for how many marks; what is wrong with one is said in words."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from classroom import FULL, SET, TINY, USE, keys, roster_file, small_set
from hypothesis import given
from hypothesis import strategies as st

from course.roster import load_roster
from course.versions import VERSION
from worksheets import generate, load_problem, load_set
from worksheets.authoring import AuthoringError, NotThere
from worksheets.check import check
from worksheets.problem_set import bundled_sets
from worksheets.recorded import Asked, problem_record
from worksheets.sharing import share_out


def refused(folder: Path, text: str) -> str:
    path = small_set(folder, text)
    with pytest.raises(AuthoringError) as found:
        load_set(path)
    message = str(found.value)
    assert message.startswith(str(path)), message
    assert "`" not in message
    return message.removeprefix(f"{path}: ")


UNFIT = {
    "unknown problem": (FULL.replace("backprop", "backdrop"), "[[problem]] 1: no problem is called “attention-back"),
    "nearest problem": (FULL.replace("backprop", "backdrop"), "did you mean “attention-backprop”?"),
    "problem not there": (USE.replace("tiny", "none"), "none.toml: there is no such file"),
    "no problem": ('title = "x"\nproblem = []', "a set has at least one [[problem]]"),
    "problem left out": ('title = "x"', "the key “problem” is missing"),
    "problem a table": ('title = "x"\n[problem]\nuse = "tiny.toml"', "problem: expected a list, got a table"),
    "no title": (USE.replace('title = "x"', ""), "the key “title” is missing"),
    "unknown key": ("decimal = 3\n" + USE, "unknown key “decimal”; did you mean “decimals”?"),
    "unknown key of a problem": (USE + "mark = 3", "[[problem]] 1: unknown key “mark”; did you mean “marks”?"),
    "unknown key of marking": (USE + "[marking]\nfollow = 1", "marking: unknown key “follow”"),
    "nothing used": ('title = "x"\n[[problem]]\nmarks = 3', "[[problem]] 1: the key “use” is missing"),
    "decimals 0": (USE + "decimals = 0", "[[problem]] 1: decimals are from 1 to 8, not 0"),
    "decimals of the set": ("decimals = 12\n" + USE, "decimals are from 1 to 8, not 12"),
    "decimals not whole": (USE + "decimals = 2.5", "[[problem]] 1: decimals: expected a whole number"),
    "marks -1": (USE + "marks = -1", "[[problem]] 1: marks are a number above 0, not -1"),
    "marks 0": (USE + "marks = 0", "marks are a number above 0"),
    "marks of a line that is not there": (USE + "marks = { dw = 2 }", "marks: dw is not asked; did you mean “dW”?"),
    "marks of a line that is not asked": (
        USE + 'marks = { dW = 2 }\nask = ["loss"]',
        "[[problem]] 1: marks: dW is not asked; asked are: loss",
    ),
    "marks of a formula that is not asked": (USE + 'marks = { "dW.formula" = 2 }', "marks: dW.formula is not asked"),
    "marks of a line -1": (USE + "marks = { dW = -1 }", "marks: dW = -1: marks are a number, not below 0"),
    "marks of a line true": (
        USE + "marks = { dW = true }",
        "marks: expected a number, got true or false",
    ),
    "more marks than in all": (USE + "marks = { total = 3, dW = 2, dz = 2 }", "that are named have 4 of 3"),
    "fewer marks than in all": (USE + 'ask = ["dW"]\nmarks = { total = 3, dW = 2 }', "that are named have 2 of 3"),
    "no marks": (USE + 'ask = ["dW"]\nmarks = { dW = 0 }', "marks: every line has 0"),
    "marks of nothing": (USE + "marks = { total = 0 }", "marks are a number above 0, not 0"),
    "marks nan": (USE + "marks = nan", "marks are a number above 0"),
    "marks text": (USE + 'marks = "ten"', "[[problem]] 1: marks: expected a number"),
    "follows 2": (USE + "[marking]\nfollows = 2", "[marking] follows is a share, from 0 to 1"),
    "follows nan": (USE + "[marking]\nfollows = nan", "[marking] follows is a share"),
    "unknown reveal": (
        USE + '[marking]\nreveal = "all"',
        "marking.reveal: “all” is not one of nothing, marks, answers, solution",
    ),
    "unknown fade": (USE + 'fade = "all"', "[[problem]] 1: fade: “all” is not one of worked, hints, bare"),
    "formulas not a bool": (USE + "formulas = 3", "[[problem]] 1: formulas: expected"),
    "formulas that are printed": (
        USE + 'formulas = true\nask = ["forward"]',
        "[[problem]] 1: formulas = true: no line of the backward pass or the updates is asked",
    ),
    "unknown ask": (USE + 'ask = ["backwards"]', "ask = “backwards”: no such line; did you mean “backward”?"),
    "ask a line nearly": (USE + 'ask = ["los"]', "ask = “los”: no such line; did you mean “loss”?"),
    "ask a given": (USE + 'ask = ["x"]', "ask = “x”: no such line"),
    "ask nothing": (USE + "ask = []", "nothing is asked"),
    "ask what is not derived": (USE + 'ask = ["again"]', "ask = “again”: this problem derives no such lines"),
    "unknown size": (USE + "sizes = { m = 2 }", "no size is called m; sizes: n"),
    "size 0": (USE + "sizes = { n = 0 }", "n = 0: a size to work by hand"),
    "unknown given": (USE + "given = { y = { value = 2 } }", "nothing given is called y; given: x, W, target, eta"),
    "given with a shape": (USE + "given = { x = { shape = [1, 1] } }", "given x: unknown key “shape”"),
    "given of another shape": (
        USE + "given = { x = { values = [[1]] } }",
        "values are rows of 1 numbers; the shape is",
    ),
    "index out of range": (USE + "given = { target = { value = 2 } }", "a whole number from 0 to 1"),
    "given twice over": (USE + "given = { x = { values = [[1, 2]], draw = {} } }", "exclude each other"),
    "a problem that is broken": ('title = "x"\n[[problem]]\nuse = "set.toml"', "[[problem]] 1: "),
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_is_wrong_is_said(tmp_path: Path, what: str) -> None:
    text, says = UNFIT[what]
    assert says in refused(tmp_path, text)


def test_a_set_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="there is no such file"):
        load_set(tmp_path / "none.toml")
    with pytest.raises(NotThere, match="is a folder"):
        load_set(tmp_path)


def test_what_is_asked(tmp_path: Path) -> None:
    def asked(ask: str) -> list[str]:
        record = load_set(small_set(tmp_path, USE + ask)).record()
        return [line.name for line in record.problems[0].lines if line.asked]

    assert asked("") == ["z", "p", "loss", "dz", "dW", "W_new"]
    assert asked('ask = ["backward"]') == ["dz", "dW"]
    assert asked('ask = ["update", "loss"]') == ["loss", "W_new"]
    assert asked('ask = ["dW", "dW", "backward"]') == ["dz", "dW"]


def test_marks_are_shared_out_exactly(tmp_path: Path) -> None:
    problem = load_set(small_set(tmp_path, FULL)).record().problems[0]
    marks = {line.name: line.marks for line in problem.lines}
    assert sum(round(100 * m) for m in marks.values()) == 4000
    assert all(4 * m == round(4 * m) for m in marks.values())
    assert (marks["loss"], marks["context"], marks["dW_O"]) == (0.25, 0.5, 2.25)
    assert problem.marks == 40
    assert load_set(small_set(tmp_path, USE + "marks = 1\n" + 'ask = ["loss"]')).record().problems[0].marks == 1


SAID = {
    "marks = { dW = 2 }": {"z": 2, "p": 2, "loss": 1, "dz": 2, "dW": 2, "W_new": 4},
    "marks = { total = 10, dW = 5 }": {"z": 1, "p": 1, "loss": 0.5, "dz": 0.75, "dW": 5, "W_new": 1.75},
    "marks = { total = 5, dW = 5 }": {"z": 0, "p": 0, "loss": 0, "dz": 0, "dW": 5, "W_new": 0},
    "marks = { dW = 0, loss = 0.5 }": {"z": 2, "p": 2, "loss": 0.5, "dz": 2, "dW": 0, "W_new": 4},
    "formulas = true\nmarks = { total = 12, 'dW.formula' = 3 }": {"z": 1, "p": 1, "loss": 0.5, "dz": 1, "dW": 2.25},
}


@pytest.mark.parametrize("said", SAID)
def test_lines_may_have_marks_of_their_own(tmp_path: Path, said: str) -> None:
    problem = load_set(small_set(tmp_path, USE + said)).record().problems[0]
    marks = {line.name: line.marks for line in problem.lines}
    assert {name: marks[name] for name in SAID[said]} == SAID[said]
    if "formula" in said:
        assert {line.name: line.in_words for line in problem.lines}["dW"] == {"formula": 3}
        assert problem.marks == 12


def test_a_line_that_is_zero_on_every_sheet_has_no_marks_of_its_own(tmp_path: Path) -> None:
    text = USE + "marks = { zero = 2 }"
    problem = TINY.replace('z = "x @ W"', 'zero = "x - x"\nz = "x @ W"')
    with pytest.raises(AuthoringError, match="marks: zero is zero on every sheet, and earns nothing"):
        load_set(small_set(tmp_path, text, problem)).record()


def test_without_marks_an_entry_is_a_mark(tmp_path: Path) -> None:
    problem = load_set(small_set(tmp_path, USE)).record().problems[0]
    assert {line.name: line.marks for line in problem.lines} == {
        "z": 2,
        "p": 2,
        "loss": 1,
        "dz": 2,
        "dW": 4,
        "W_new": 4,
    }


COUNTS = st.dictionaries(st.text(max_size=3), st.integers(0, 30), min_size=1, max_size=40)


@given(st.floats(0.01, 1e4), COUNTS)
def test_shares_add_up_to_the_total(total: float, counts: dict[str, int]) -> None:
    shares = share_out(total, counts)
    if any(counts.values()):
        assert sum(round(100 * share) for share in shares.values()) == round(100 * total)
    assert all(shares[name] == 0 for name, count in counts.items() if not count)
    assert all(share >= 0 for share in shares.values())


@given(st.integers(1, 40_000), COUNTS)
def test_shares_are_quarters_where_there_are_enough(quarters: int, counts: dict[str, int]) -> None:
    shares = share_out(quarters / 4, counts)
    paid = {name: count for name, count in counts.items() if count}
    if len(paid) <= quarters:
        assert all(4 * share == round(4 * share) for share in shares.values())
        assert all(shares[name] > 0 for name in paid)
    ranked = sorted(paid, key=lambda name: paid[name])
    assert all(shares[a] <= shares[b] + 0.25 for a, b in pairwise(ranked))
    if quarters % sum(paid.values() or [1]) == 0:
        assert all(
            shares[name] == pytest.approx(count * quarters / 4 / sum(paid.values())) for name, count in paid.items()
        )


@pytest.mark.parametrize(
    ("total", "count", "unit"),
    [(10, 40, 0.25), (10, 41, 0.1), (10.1, 5, 0.1), (1, 15, 0.05), (1, 50, 0.01), (33.33, 9, 0.01)],
)
def test_the_unit_of_marks_fits_the_total(total: float, count: int, unit: float) -> None:
    shares = share_out(total, {str(number): 1 + number % 3 for number in range(count)})
    units = [share / unit for share in shares.values()]
    assert units == pytest.approx([round(number) for number in units])
    assert min(units) > 0.99


def test_what_is_zero_on_every_sheet_is_not_paid_for() -> None:
    problem = load_problem("attention-backprop").adapted({"n": 3}, {})
    asked = frozenset(line.name for line in problem.model.lines)
    lines = {line.name: line for line in problem_record(Asked(problem, asked, 4, None)).lines}
    assert lines["doutput"].always_zero == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert lines["doutput"].marks == 2
    assert lines["dscores"].always_zero == tuple((i, j) for i in (0, 1) for j in range(3))
    assert lines["dW_Q"].always_zero == ()
    assert not any(line.always_zero for line in lines.values() if line.part == "forward")


def test_sizes_and_numbers_of_a_set_take_the_place_of_the_problem_s(tmp_path: Path) -> None:
    text = USE + "sizes = { n = 3 }\ngiven = { eta = { value = 0.2 }, x = { values = [[1, 2, 3]] } }\ndecimals = 3"
    problem_set = load_set(small_set(tmp_path, text))
    problem = problem_set.record().problems[0]
    assert problem.sizes == {"n": 3}
    assert problem.decimals == 3
    assert problem_set.problems[0].problem.givens["eta"].value == 0.2
    assert [line.shape for line in problem.lines[:2]] == [(1, 3), (1, 3)]


def test_two_problems_are_two_problems(tmp_path: Path) -> None:
    text = SET + '[[problem]]\nuse = "attention-backprop"\nmarks = 5\nask = ["loss"]\n'
    record = load_set(small_set(tmp_path, text)).record()
    assert [(p.name, p.marks) for p in record.problems] == [("tiny", 10), ("attention-backprop", 5)]
    assert record.version == VERSION


LESSON = (
    FULL
    + """\
[problem.given]
X = { values = [[1, 0], [0, 1]] }
W_Q = { values = [[0.1, 0], [0, 0.1]] }
W_K = { values = [[0.1, 0], [0, 0.1]] }
W_V = { values = [[0.1, 0], [0, 0.1]] }
W_O = { values = [[0.1, 0, 0, 0], [0, 0, 0.1, 0]] }
target = { value = 2 }
eta = { value = 0.1 }
"""
)


def test_the_lesson_s_own_numbers(tmp_path: Path) -> None:
    course = tmp_path / "course"
    generate(load_set(small_set(tmp_path, LESSON)), load_roster(roster_file(tmp_path)), course, ["md"])
    for (key,) in keys(course).values():
        assert key["loss"] == pytest.approx(1.3838, abs=5e-5)
        assert np.allclose(key["dcontext"], [[0.0251, -0.0749]], atol=5e-5)
        assert np.allclose(key["output"][1], [0.0498, 0.0502], atol=5e-5)
        assert key["loss_new"] < key["loss"]
    sheet = (course / "handout" / "s1" / "sheet.md").read_text(encoding="utf-8")
    assert "C" in sheet


@pytest.mark.parametrize("name", bundled_sets())
def test_a_bundled_set_is_found_by_its_name_and_fit_to_use(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    found = [load_set(call) for call in (name, f"{name}.toml", f"sets/{name}.toml")]
    assert len({one.title for one in found}) == 1
    assert all(check(asked).failures == () for asked in found[0].problems)
    (tmp_path / f"{name}.toml").write_text(SET, encoding="utf-8")
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    assert load_set(f"{name}.toml").title == "Practice sheet"  # a file that is there comes first
    with pytest.raises(NotThere, match="there is no such file"):
        load_set(tmp_path / "elsewhere" / f"{name}.toml")


def test_the_lesson_is_covered_from_top_to_bottom() -> None:
    problems = [asked.problem for asked in load_set("full-backpropagation").problems]
    warm_ups = ["matmul-gradient", "attention-output-gradient", "scores-gradient", "softmax-jacobian"]
    exercises = ["attention-backprop", "gradient-check", "compare-training", "training-loop"]
    assert [problem.name for problem in problems] == [
        *warm_ups,
        "output-layer-step",
        "attention-backprop",
        *exercises,
    ]
    lines = {
        line.name: line.text
        for asked in load_set("full-backpropagation").problems
        for line in asked.problem.model.lines
    }
    for name, text in {
        "dA": "dC @ B.T",
        "dB": "A.T @ dC",
        "dweights": "doutput @ V.T",
        "dV": "weights.T @ doutput",
        "dQ": "dscores @ K",
        "dK": "dscores.T @ Q",
        "J_ij": "entry(p, 0, i) * (delta(i, j) - entry(p, 0, j))",
        "J": "diag(p) - p.T @ p",
        "dx": "p * (dp - rowsum(dp * p))",
    }.items():
        assert lines[name] == text


def test_a_set_that_is_nearly_a_bundled_one() -> None:
    with pytest.raises(NotThere, match="no set is called “full-backprop”; did you mean “full-backpropagation”"):
        load_set("full-backprop")


def test_a_problem_beside_the_set_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = small_set(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert load_set(path).problems[0].problem.title == "Tiny"
    (tmp_path / "tiny.toml").write_text(TINY.replace("Tiny", "Changed"), encoding="utf-8")
    assert load_set(path).problems[0].problem.title == "Changed"
