"""What students type is read as they meant it, asked about, or refused in plain words; nothing raises."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable

import pytest
from handing_in import calls
from hypothesis import given, settings
from hypothesis import strategies as st
from number_forms import FORMS, Form

from grader.reading.answers import Reading, read

ROWS = [
    pytest.param(form, id=f"{heading}: {str(form.typed)[:30]!r}") for heading, rows in FORMS.items() for form in rows
]


def values(reading: Reading) -> list[list[float | None]]:
    return [[entry.value for entry in row] for row in reading.entries]


def states(reading: Reading) -> set[str]:
    return {entry.state for row in reading.entries for entry in row}


@pytest.mark.parametrize("form", ROWS)
def test_every_form_is_read_as_the_table_says(form: Form) -> None:
    reading = read(form.typed, form.shape)
    assert reading.how == form.how
    assert bool(reading.messages) == bool(form.says)
    assert not form.says or any(form.says in message for message in reading.messages)
    if not form.how and not form.says:
        assert states(reading) == {"blank"}


@pytest.mark.parametrize("form", ROWS)
def test_messages_are_for_students(form: Form) -> None:
    for message in read(form.typed, form.shape).messages:
        assert message[0].isupper() or message[0] in "“123456789"
        assert message[-1] in ".?"
        for word in ("Error", "Token", "lark", "None", "NoneType", "expected", "parse"):
            assert word not in message


def test_what_a_student_reads() -> None:
    accepted = "Accepted: 0.25, 0,25, -1/3, 2e-3 or sqrt(2)/2."
    second = "digits are not joined over a blank, so “0.3” is a second number."
    expected = {
        (): ("x + 1", f"Character 1: “x” is not part of a number. {accepted}"),
        (1, 2): ("[0.1, 0.2 0.3]", f"Row 1, column 2, character 5: {second} {accepted}"),
        (2, 3): ("1 2; 3 4; 5 6", "3 rows and 2 columns were read; 2 rows and 3 columns are asked: is it transposed?"),
        (2, 2): ("[1 2 3; 4 5 6]", "2 rows and 3 columns were read; 2 rows and 2 columns are asked."),
        (3, 1): ("[1 2; 3]", "Rows of 2, 1 entries were read; 3 rows and 1 column are asked."),
    }
    for shape, (typed, message) in expected.items():
        assert read(typed, shape).messages == (message,)


def test_two_readings_that_fit_as_well_are_asked_about() -> None:
    reading = read("[ -  0.2 ]\n[ - 0.1  0.3 ]", (2, 2))
    assert states(reading) == {"unreadable"}
    assert (
        "can be read as 2 rows [[-0.2], [-0.1, 0.3]] or 2 rows [[____, 0.2], [____, 0.1, 0.3]]" in reading.messages[0]
    )


def test_notes_say_what_was_taken_for_what() -> None:
    assert read("1 2 3 4", (2, 2)).notes == ("4 numbers were typed in one list; they were taken row by row.",)
    assert read([1, 2, 3, 4], (2, 2)).notes == ("4 numbers were typed in one list; they were taken row by row.",)
    assert read("1\n2\n3", (1, 3)).notes == ("A column was typed; it was taken as the row that is asked.",)
    assert read("[1, 2, 3]", (3, 1)).notes == ("A row was typed; it was taken as the column that is asked.",)
    assert read("[[1, 2], [3, 4]]", (2, 2)).notes == ()


def test_a_matrix_of_another_shape_is_kept_as_typed() -> None:
    assert read("1 2; 3 4; 5 6", (2, 3)).raw == ((1, 2), (3, 4), (5, 6))
    assert read("[[1, 2], [3]]", (2, 2)).raw == ((1, 2), (3,))
    assert read([[1, None, 3]], (2, 2)).raw == ((1, None, 3),)
    assert read("[[1, 2], [3, 4]]", ()).raw == ((1, 2), (3, 4))
    assert read("[[1, 2], [3, 4]]", (2, 2)).raw is None
    assert read("no idea", (2, 2)).raw is None


def test_decimals_are_counted_where_there_is_a_last_place() -> None:
    decimals = {
        "0.25": 2,
        "5": 0,
        "5.": 0,
        "1,250": None,
        "0,250": 3,
        "−0.50": 2,
        "≈0.333": 3,
        "1/3": None,
        "1e-3": None,
        "50%": None,
    }
    assert {typed: read(typed).entries[0][0].decimals for typed in decimals} == decimals
    assert read(0.5).entries[0][0].decimals is None  # JSON keeps no trailing zeros


def test_one_decimal_comma_settles_the_others() -> None:
    assert values(read(["1,234", "0,5"], (1, 2))) == [[1.234, 0.5]]
    assert states(read(["1,234", "2"], (1, 2))) == {"unreadable", "number"}


# --- there and back again ---------------------------------------------------------------------------------------------

numbers = st.floats(-999, 999).map(lambda x: round(x, 4) + 0.0)

NUMBER_WRITERS: list[Callable[[float], str]] = [
    lambda x: f"{x:.4f}",
    lambda x: f"{x:+.4f}",
    lambda x: f"{x:.4f}".replace("-", "−"),
    lambda x: f"{x:.5f}".replace(".", ","),
    lambda x: f"  $ {x:.4f} $ ",
    lambda x: f"{x:.9e}",
    lambda x: f"{x * 1000:.4f}·10^{{-3}}",
    lambda x: f"{x / 100:.6f} × 10²",
    lambda x: f"\\frac{{{x * 3:.6f}}}{{3}}",
    lambda x: f"({x:.4f})",
    lambda x: f"1.loss ≈ {x:.4f}",
    lambda x: f"**{x * 100:.2f} %**",
]


@given(numbers, st.sampled_from(NUMBER_WRITERS))
def test_numbers_come_back(x: float, write: Callable[[float], str]) -> None:
    entry = read(write(x)).entries[0][0]
    assert entry.state == "number"
    assert entry.value == pytest.approx(x, abs=2e-6)


def joined(cells: str, rows: str, around: str = "{}", row: str = "{}") -> Callable[[list[list[str]]], str]:
    return lambda matrix: around.format(rows.join(row.format(cells.join(line)) for line in matrix))


MATRIX_WRITERS: list[Callable[[list[list[str]]], str]] = [
    joined(", ", ", ", "[{}]", "[{}]"),
    joined(",", "\n", "[{}]", "[{}]"),
    joined(" ", "; ", "[{}]"),
    joined(", ", "; "),
    joined("  ", "\n"),
    joined("\t", "\n"),
    joined("  ", "\n", row="[ {} ]"),
    joined(" & ", " \\\\ ", "\\begin{{bmatrix}} {} \\end{{bmatrix}}"),
    joined(" & ", "\\\\\n", "$$\\left(\\begin{{array}}{{rrr}}\n{}\n\\end{{array}}\\right)$$"),
    joined(", ", ", ", "{{{}}}", "({})"),
    joined(" | ", "\n", row="| {} |"),
    lambda matrix: (
        "|   " * len(matrix[0]) + "|\n" + "|---" * len(matrix[0]) + "|\n" + joined("|", "\n", row="|{}|")(matrix)
    ),
    joined(" ", "\n ", "array([{}])", "[{}]"),
    joined(", ", ",\n", "tensor([{}], dtype=torch.float64, grad_fn=<MmBackward0>)", "[{}]"),
    joined("; ", "\n"),
]


@st.composite
def matrices(draw: st.DrawFn) -> list[list[float]]:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return [[draw(numbers) for _ in range(columns)] for _ in range(rows)]


@given(matrices(), st.sampled_from(MATRIX_WRITERS))
def test_matrices_come_back(matrix: list[list[float]], write: Callable[[list[list[str]]], str]) -> None:
    shape = len(matrix), len(matrix[0])
    typed = write([[f"{x:.4f}" for x in row] for row in matrix])
    assert values(read(typed, shape)) == matrix
    assert values(read(matrix, shape)) == matrix


@given(
    matrices(),
    st.sampled_from([joined(" ", "; "), joined(" ", "\n", row="[{}]"), joined("; ", "\n"), joined(" & ", "\\\\")]),
)
def test_matrices_with_decimal_commas_come_back(
    matrix: list[list[float]], write: Callable[[list[list[str]]], str]
) -> None:
    typed = write([[f"{x:.4f}".replace(".", ",") for x in row] for row in matrix])
    assert values(read(typed, (len(matrix), len(matrix[0])))) == matrix


@given(matrices(), st.data(), st.sampled_from(MATRIX_WRITERS[:12]), st.sampled_from(["____", "?", "…"]))
def test_blanks_stay_in_their_places(
    matrix: list[list[float]], data: st.DataObject, write: Callable[[list[list[str]]], str], blank: str
) -> None:
    left_out = [[data.draw(st.booleans()) for _ in row] for row in matrix]
    typed = write(
        [
            [blank if out else f"{x:.4f}" for x, out in zip(*pair, strict=True)]
            for pair in zip(matrix, left_out, strict=True)
        ]
    )
    expected = [
        [None if out else x for x, out in zip(*pair, strict=True)] for pair in zip(matrix, left_out, strict=True)
    ]
    reading = read(typed, (len(matrix), len(matrix[0])))
    assert values(reading) == expected
    assert "unreadable" not in states(reading)


# --- nothing raises, and nothing takes long ---------------------------------------------------------------------------

shapes = st.one_of(st.just(()), st.tuples(st.integers(1, 4), st.integers(1, 4)))
PIECES = r"""0 1 25 . , ; - − + * / ^ ( ) [ ] { } | & \ \\ \frac \sqrt \begin{pmatrix} \end{pmatrix} e exp ln √ π ½ ⁻¹ ×
x % $ = ≈ _ ? … array( tensor( dtype= |---| [,1] [1,] abc `"""
pieces = st.sampled_from([*PIECES.split(), " ", "\n", "\t"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(pieces).map("".join),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
)


def check(reading: Reading, shape: tuple[int, ...]) -> None:
    rows, columns = shape or (1, 1)
    assert len(reading.entries) == rows
    for row in reading.entries:
        assert len(row) == columns
        for entry in row:
            assert (entry.state == "number") == (entry.value is not None)
            assert entry.value is None or math.isfinite(entry.value)
            assert (entry.state == "unreadable") == bool(entry.message)
            assert len(entry.text) < 1000
            (entry.text + entry.message).encode()
    reading.how.encode()


@given(anything, shapes)
@settings(max_examples=300)
def test_nothing_raises(answer: object, shape: tuple[int, ...]) -> None:
    check(read(answer, shape), shape)


@given(st.lists(pieces, max_size=40).map("".join), shapes)
@settings(max_examples=500)
def test_no_mixture_of_forms_raises(answer: str, shape: tuple[int, ...]) -> None:
    check(read(answer, shape), shape)


def nested(depth: int) -> object:
    answer: object = 1
    for _ in range(depth):
        answer = [answer]
    return answer


HOSTILE: dict[str, object] = {
    "a million digits": "1" * 1_000_000,
    "a million digits in a list": [["1" * 1_000_000] * 2] * 2,
    "a million brackets": "[" * 1_000_000,
    "brackets up to the limit": "(" * 1900,
    "a large whole number": 10**5000,
    "deep lists": nested(100_000),
    "a long list": list(range(1_000_000)),
    "many blanks": " " * 2300 + "x",
    "many tabs": "\t" * 2300 + "x",
    "many lines": "\n" * 2300 + "x",
    "many commas": "," * 2300,
    "many semicolons": ";" * 2300,
    "many bars": "|" * 2300,
    "a long rule": "|" + "-" * 1000 + "x|\n|" + "-" * 1000 + "x|",
    "many dashes": "- " * 1100,
    "many expressions": "1/3 " * 575,
    "many powers": "9**9**9**9**9**9",
    "many exponents": "10" + "⁹" * 150,
    "many LaTeX brackets": "\\[" * 1100,
    "many environments": "\\begin{array}{" * 150,
    "many words": "a " * 1100,
    "half a character": "\ud800 1",
    "control characters": "\x00\x1b[31m1",
}


@pytest.mark.parametrize("shape", [(), (2, 2), (2, 3)])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_are_little_work(name: str, shape: tuple[int, ...]) -> None:
    read("1/3")  # the grammar is made on first use
    answer = HOSTILE[name]
    length = len(answer) if isinstance(answer, (str, list)) else 0
    assert calls(lambda: check(read(answer, shape), shape)) < 100 * (1000 + length)


def test_reading_needs_no_sympy() -> None:
    code = "import grader, sys; grader.read('1/3'); sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
