"""What a page says of a number while it is typed is what the grader says of it once it is handed in."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

import pytest
from number_forms import FORMS, ONE
from playwright.sync_api import Browser, Page

from grader.reading.answers import Reading, read

NUMBER_FORMS = tuple(form.typed for rows in FORMS.values() for form in rows if isinstance(form.typed, str))
MATRIX_FORMS = tuple(
    form.typed for rows in FORMS.values() for form in rows if isinstance(form.typed, str) and form.shape != ONE
)
LEFT_TO_THE_GRADER = (
    *("\x0crac{1}{3}", "[[0.5]]", "[0,8]", r"\num{-0.5}", "{-}0{,}5", r"\textcolor{red}{\mathbf{-0.5}}", r"\-0.5"),
)
"""What the grader reads as one number and a page does not judge."""

SHAPES = ((2, 2), (1, 2), (2, 1), (2, 3), (3, 1), (1, 4))


@pytest.fixture(scope="module")
def scripts(chrome: Browser) -> Iterator[Page]:
    """The two scripts of a page that read, and nothing else."""
    page = chrome.new_page()
    for name in ("numbers.js", "matrices.js"):
        page.add_script_tag(content=(resources.files("templates") / name).read_text(encoding="utf-8"))
    yield page
    page.close()


def numbers(scripts: Page, texts: Sequence[str], options: str = "{}") -> list[dict[str, Any]]:
    read_as = f"texts => texts.map((text) => numbers.read(text, {options}))"
    found: list[dict[str, Any]] = scripts.evaluate(read_as, texts)
    return found


def matrices(scripts: Page, texts: Sequence[str], shape: tuple[int, int]) -> list[list[list[str]] | None]:
    read_as = f"texts => texts.map((text) => matrices.read(text, {shape[0]}, {shape[1]}))"
    found: list[list[list[str]] | None] = scripts.evaluate(read_as, texts)
    return found


def values(reading: Reading) -> list[list[float | None]]:
    return [[entry.value for entry in row] for row in reading.entries]


def agree(scripts: Page, texts: Sequence[str]) -> None:
    """Of one number, and of an entry of a matrix: what the page reads the grader reads, what it refuses it refuses."""
    for options in ("{}", "{ matrix: true, beside: true }"):
        for text, said in zip(texts, numbers(scripts, texts, options), strict=True):
            entry = read(text if options == "{}" else [[text, "0"]], ONE if options == "{}" else (1, 2)).entries[0][0]
            if "value" in said:
                assert entry.value == pytest.approx(said["value"], rel=1e-12), (text, options, entry)
            elif "trouble" in said:
                assert entry.state == "unreadable", (text, options, entry, said)


def agree_on_matrices(scripts: Page, texts: Sequence[str]) -> int:
    """What the page fills in from a matrix is what the grader reads in it, if it does; how many it filled in."""
    spread = 0
    for shape in SHAPES:
        for text, rows in zip(texts, matrices(scripts, texts, shape), strict=True):
            reading = read(text, shape)
            if rows is not None and not reading.messages:
                spread += 1
                assert values(read(rows, shape)) == values(reading), (text, rows)
    return spread


def test_every_form_is_read_as_the_grader_reads_it(scripts: Page) -> None:
    agree(scripts, NUMBER_FORMS)
    for text, said in zip(NUMBER_FORMS, numbers(scripts, NUMBER_FORMS), strict=True):
        if read(text).entries[0][0].state == "number" and text not in LEFT_TO_THE_GRADER:
            assert "value" in said, text


SEEN_AT_ONCE = {
    "abc": "not a number",
    "2 kg": "“kg” is not part of a number",
    "12,345": "is it 12.345 or 12345? Write one of these",
    "-1,234": "is it 1.234 or 1234? Write one of these",
    "1 000": "a blank between digits",
    "1.2.3": "“.3” is not part of a number",
    "1.2×10-3": "was 10^-3 meant?",
    "0·25": "write 0.25, or 0*25",
    "3·14": "write 3.14, or 3*14",
    "2.10^-3": "is it 2*10^-3, or (2.10)^-3?",
    "5e10-3": "was 5e-3 meant?",
    "e-3": "is it e^-3, 2e-3, or (e)-3?",
    "10-3": "is it 10^-3, or (10)-3?",
    "1/4%": "write it without %",
    "2^1/2": "is it 2^(1/2), or (2^1)/2?",
    "(1+2": "not finished",
    "1/0": "divides by zero",
    "ln(0)": "no real number",
    "sqrt(-1)": "no real number",
    "nan": "not a number",
    "I don't know": "“I” is not part of a number",
    "0.5 m/s": "“m” is not part of a number",
    "0.5!": "“!” is not part of a number",
}


def test_what_is_no_number_is_seen(scripts: Page) -> None:
    said = numbers(scripts, list(SEEN_AT_ONCE))
    assert {text: found["trouble"] for text, found in zip(SEEN_AT_ONCE, said, strict=True)} == SEEN_AT_ONCE
    agree(scripts, list(SEEN_AT_ONCE))


GROUPS = {"1.234,5": 1234.5, "1,234.5": 1234.5, "1'234.5": 1234.5, "1,234,567": 1234567, "12\u202f345": 12345}


def test_digits_in_groups_are_read(scripts: Page) -> None:
    assert [said["value"] for said in numbers(scripts, list(GROUPS))] == list(GROUPS.values())
    agree(scripts, list(GROUPS))


def test_what_is_half_typed_is_not_complained_of(scripts: Page) -> None:
    for whole in ("-0.25", "1/3", "1/0.5", "2e-3", "sqrt(2)/2", "exp(-1)", "3*10^-2", "1,25", "np.sigmoid(0.5)"):
        for text, said in zip(starts := [whole[:i] for i in range(len(whole))], numbers(scripts, starts), strict=True):
            assert "trouble" not in said or said["unfinished"], (text, said)


def test_a_comma_is_decimal_where_another_is(scripts: Page) -> None:
    assert scripts.evaluate("numbers.decimalCommas(['1', '0,5'])") is True
    assert scripts.evaluate("numbers.decimalCommas(['1', '1,234', '1.5'])") is False
    assert numbers(scripts, ["12,345"], "{ decimalComma: true }")[0]["value"] == 12.345
    agree(scripts, ["0,5/-11,234"])


PIECES = (
    *"00112345.,+-−*/^()  exX×·½√π²%$'=_[];|&\\{}≈~:é?…\u3000１\u200b!\n\t",
    *(
        "pi",
        "sqrt(",
        "exp(",
        "ln(",
        "log10(",
        "10^-",
        ".10^-3",
        ".10",
        "e10-",
        "/4%",
        "^1/2",
        "⁻¹",
        "np.exp(",
        "tanh(",
        "e-3",
        "**",
        "nan",
        "abc",
        "kg",
        "dQ",
        "L =",
    ),
    *("\\frac{1}", "{2}", "\\sqrt", "\\cdot", "\\pi", "\\left(", "\\\\ ", " & ", "\\begin{pmatrix}", "array("),
    *("…", "...", "ca. ", "about ", "c(", "list(", "float(", ".round(4)", ".item()", "<-", "row 1:", "- ", "1) ", "• "),
    *("relu(", "step(", "max(0, ", "σ(", "ς(", ") A", "1.234,5", "1'234", "12\u202f345"),
    *("1,234", "0,5", "1/3", "0.5", "-2", "- ", "[[", "], [", "; ", ", ", "____"),
)


def made(rng: random.Random, forms: Sequence[str]) -> str:
    """Pieces in a row, or a form with a piece put in or a character left out."""
    if rng.random() < 0.5:
        return "".join(rng.choices(PIECES, k=rng.choice((1, 2, 2, 3, 3, 4, 6, 8))))
    text = rng.choice(forms)
    at = rng.randrange(len(text) + 1)
    return text[:at] + (rng.choice(PIECES) + text[at:] if rng.random() < 0.6 else text[at + 1 :])


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_typed_the_page_and_the_grader_agree(scripts: Page, seed: int) -> None:
    rng = random.Random(seed)
    agree(scripts, [made(rng, [form for form in NUMBER_FORMS if len(form) < 40]) for _ in range(1500)])
    assert agree_on_matrices(scripts, [made(rng, MATRIX_FORMS) for _ in range(400)]) > 10


# --- whole matrices ---------------------------------------------------------------------------------------------------

WHOLE = (
    "[[0.5, -0.25], [1/3, 2]]",
    "[(0.5, -0.25), (1/3, 2)]",
    "{{0.5, -0.25}, {1/3, 2}}",
    "[0.5 -0.25; 1/3 2]",
    "[0.5, -0.25; 1/3, 2]",
    "0.5 -0.25; 1/3 2",
    "0.5\t-0.25\n1/3\t2",
    "0.5\t-0.25\r\n1/3\t2\r\n",
    "0.5 -0.25\n1/3 2",
    "0.5, -0.25\n1/3, 2",
    "[[ 0.5 -0.25]\n [ 1/3  2. ]]",
    "[[ 0.5 -0.25] [ 1/3  2. ]]",
    "array([[ 0.5, -0.25],\n       [ 1/3,  2. ]])",
    "np.array([[0.5, -0.25], [1/3, 2]], dtype=float)",
    "tensor([[0.5, -0.25], [1/3, 2]], grad_fn=<MmBackward0>)",
    "dQ = [[0.5, -0.25], [1/3, 2]]",
    r"\begin{pmatrix} 0.5 & -0.25 \\ 1/3 & 2 \end{pmatrix}",
    r"$$\begin{bmatrix}0.5&-0.25\\\frac{1}{3}&2\end{bmatrix}$$",
    r"\left[\begin{array}{cc} 0.5 & -0.25 \\ 1/3 & 2 \end{array}\right]",
    "⎡0.5  −0.25⎤\n⎢          ⎥\n⎣1/3   2   ⎦",
    "[0,5 −0,25; 1/3 2]",
    "0.5, -0.25, 1/3, 2",
)


@pytest.mark.parametrize("text", WHOLE)
def test_a_whole_matrix_is_taken_apart(scripts: Page, text: str) -> None:
    (rows,) = matrices(scripts, [text], (2, 2))
    assert rows is not None
    assert values(read(rows, (2, 2))) == values(read(text, (2, 2))) == [[0.5, -0.25], [pytest.approx(1 / 3), 2]]


def test_matrices_in_every_form_are_read_as_the_grader_reads_them(scripts: Page) -> None:
    assert agree_on_matrices(scripts, MATRIX_FORMS) > 40


@pytest.mark.parametrize("text", ["1,5", "-1,234", "1/3", "1 -4", "- 0,25", "abc", "[1 2; 3 4", "[[1, abc]]", "1 2 3"])
def test_one_number_or_another_size_is_no_whole_matrix(scripts: Page, text: str) -> None:
    assert matrices(scripts, [text], (1, 2)) == matrices(scripts, [text], (2, 1)) == [None]
