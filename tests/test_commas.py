"""A comma before three digits: the rest of the sheet says what it means, or the right reading; else it is asked."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from test_reading import states, values

from grader import grade
from grader.marking.marks import LineMarks
from grader.reading.answers import read
from worksheets import load_problem
from worksheets.problem import read_problem
from worksheets.sheet import Sheet

GRID = [["1,491", "1,077", "-1,575"], ["1,540", "1,104", "-1,568"]]
LINES = "1,491 1,077 -1,575\n1,540 1,104 -1,568"
LATEX = r"\begin{pmatrix}1{,}491 & 1{,}077 & -1{,}575 \\ 1{,}540 & 1{,}104 & -1{,}568\end{pmatrix}"
D_A = [[1.491, 1.077, -1.575], [1.54, 1.104, -1.568]]


def products(decimals: int) -> Sheet:
    """C = A · B, its loss 2.66265, and the gradients of both."""
    return load_problem("matmul-gradient").variant(seed=3, decimals=decimals)


def large(decimals: int) -> Sheet:
    """A sheet whose numbers are thousands: y = 1481, z = 2962."""
    table = tomllib.loads('title = "Large"\n[given]\nx = { value = 1481 }\n[lines]\ny = "x * 1"\nz = "2 * y"\n')
    return read_problem("large", table, "large.toml").variant(seed=1, decimals=decimals)


def marked(sheet: Sheet, line: str, **answers: Any) -> LineMarks:
    return next(its for its in grade(sheet, answers).lines if its.name == f"1.{line}")


@pytest.mark.parametrize("decimals", [3, 4])
@pytest.mark.parametrize("typed", [GRID, LINES, LATEX, [["\n".join(LINES.split("\n")), "", ""], ["", "", ""]]])
@pytest.mark.parametrize("others", [{}, {"C": "[[0.05, -0.32], [0.08, 0.4]]"}, {"C": "0,05 -0,32; 0,08 0,4"}])
def test_the_right_reading_counts(decimals: int, typed: object, others: dict[str, str]) -> None:
    found = marked(products(decimals), "dA", dA=typed, **others)
    assert (found.verdict, [list(row) for row in found.read]) == ("correct", D_A)


@pytest.mark.parametrize("decimals", [2, 3, 4])
@pytest.mark.parametrize("others", [{}, {"z": "2,962"}, {"z": "2,962.0"}])
def test_it_may_be_a_thousand(decimals: int, others: dict[str, str]) -> None:
    for typed in ("1,481", [["1,481"]]):
        assert marked(large(decimals), "y", y=typed, **others).verdict == "correct"


@pytest.mark.parametrize(
    ("decimals", "others", "value"),
    [
        (3, {}, 9.999),  # three decimals are asked
        (4, {"C": "0,05 -0,32; 0,08 0,4"}, 9.999),  # commas are decimal elsewhere
        (4, {"C": [["0,05", "-0,32"], ["0,08", "0,4"]]}, 9.999),
        (4, {"dC": "[[0,55; -1,52]; [0,68; -1,5]]"}, 9.999),
        (4, {"C": "[[0.05, -0.32], [0.08, 0.4]]"}, 9999),  # points are
        (3, {"C": [["0.05", "-0.32"], ["0.08", "0.4"]]}, 9999),
        (4, {"C": "[[0.05, -0.32], [0.08, 0.4]]", "dC": "0,55 -1,52; 0,68 -1,5"}, None),  # both
        (4, {"C": [[0.05, -0.32], [0.08, 0.4]]}, None),  # numbers in a cell have neither
        (4, {"C": "[[1, 2], [3, 4]]"}, None),
        (4, {}, None),
    ],
)
def test_the_rest_of_the_sheet_says_what_a_wrong_one_is(decimals: int, others: Any, value: float | None) -> None:
    found = marked(products(decimals), "loss", loss="9,999", **others)
    assert (found.verdict, found.read) == ("unreadable" if value is None else "wrong", ((value,),))
    assert ("is it 9.999 or 9999?" in found.message) == (value is None)


def test_students_are_settled_one_by_one() -> None:
    sheet = products(4)
    assert marked(sheet, "loss", loss="9,999", C="0,05 -0,32; 0,08 0,4").read == ((9.999,),)
    assert marked(sheet, "loss", loss="9,999").read == ((None,),)
    found = marked(sheet, "dA", dA=[["1,491", "0.5", "x"], ["1,540", "", "-1,568"]])
    assert [list(row) for row in found.read] == [[1.491, 0.5, None], [1.54, None, -1.568]]


SURE: dict[str, tuple[tuple[int, ...], list[list[float]]]] = {
    "1,5; 2,5": ((1, 2), [[1.5, 2.5]]),
    "0,148 0,2": ((1, 2), [[0.148, 0.2]]),
    "(1,2)": ((1, 2), [[1, 2]]),
    "(1,25)": ((), [[1.25]]),
    "1.481,5": ((), [[1481.5]]),
    "-1.481,5": ((), [[-1481.5]]),
    "1,481.5": ((), [[1481.5]]),
    "1'234.5": ((), [[1234.5]]),
    "1’234,5": ((), [[1234.5]]),
    "1'234'567": ((), [[1234567]]),
    "1,234,567": ((), [[1234567]]),
    "1.234.567": ((), [[1234567]]),
    "1.234.567,8": ((), [[1234567.8]]),
    "12\u202f345,6": ((), [[12345.6]]),
    "12\u2009345.6": ((), [[12345.6]]),
    "1.481,5 0,2": ((1, 2), [[1481.5, 0.2]]),
    "1,481.5 0.2": ((1, 2), [[1481.5, 0.2]]),
    "1,481.5, 0.2": ((1, 2), [[1481.5, 0.2]]),
    "[1,481, 2,5]": ((1, 2), [[1.481, 2.5]]),
    "1,481; 0,5": ((1, 2), [[1.481, 0.5]]),
    "0,1481": ((), [[0.1481]]),
    "0,148": ((), [[0.148]]),
    ",148": ((), [[0.148]]),
    "1.481": ((), [[1.481]]),
}


@pytest.mark.parametrize("typed", SURE)
def test_what_can_be_read_in_one_way_only(typed: str) -> None:
    shape, wanted = SURE[typed]
    assert values(read(typed, shape)) == wanted


@pytest.mark.parametrize("typed", ["12 345,6", "1,481", "1,5,2", "1.5.2", "1,48,1", "1'23.4", "12,34.5"])
def test_what_is_asked_or_refused(typed: str) -> None:
    assert states(read(typed)) == {"unreadable"}


ELSEWHERE: dict[str, dict[str, Any]] = {
    "points": {"C": "[[0.05, -0.32], [0.08, 0.4]]"},
    "commas": {"C": "0,05 -0,32; 0,08 0,4"},
    "raised": {"C": "0·05 -0·32; 0·08 0·4"},
    "nothing": {"C": "[[1, 2], [3, 4]]"},
}


@pytest.mark.parametrize(
    ("typed", "elsewhere", "value"),
    [
        ("9·999", "points", 9 * 999),
        ("9·999", "commas", 9 * 999),
        ("9·999", "raised", 9.999),
        ("9·999", "nothing", None),
        ("2.10^-3", "commas", 0.002),
        ("2.10^-3", "points", None),
        ("2.10^-3", "nothing", None),
        ("2·6627", "nothing", 2.6627),  # which is right
    ],
)
def test_the_sheet_says_what_a_point_is(typed: str, elsewhere: str, value: float | None) -> None:
    found = marked(products(4), "loss", loss=typed, **ELSEWHERE[elsewhere])
    assert found.read == ((value,),)
    assert ("is not clear" in found.message) == (value is None)


@pytest.mark.parametrize("typed", ["0,8", "-1,5", "0,8; 0,2", "1,0\n0,1"])
def test_a_bare_pair_is_one_decimal_or_two_numbers(typed: str) -> None:
    rows = len(typed.replace("\n", ";").split(";"))
    assert states(read(typed, (rows, 2))) == {"unreadable"}
    assert read(typed, (rows, 2)).asks == {"pair"}
    assert states(read(typed, (rows, 2), ".")) == {"number"}
    assert "asked" in read(typed, (rows, 2), ",").messages[0]


def test_lists_without_end_beside_a_comma_that_is_asked_about() -> None:
    deep: object = "0,5"
    for _ in range(5000):
        deep = [deep]
    sheet = load_problem("matmul-gradient").variant(seed=1)
    first, second, *_ = (line.name for line in sheet.set.problems[0].lines if line.asked)
    marks = grade(sheet, {first: deep, second: "1,234"})
    assert marks.line(first).verdict == "unreadable"
