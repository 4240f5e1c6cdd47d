"""What a student may type, how it is read, and what is asked about or refused: the table for tests and for readers."""

from __future__ import annotations

from dataclasses import dataclass

ONE: tuple[int, ...] = ()
SQUARE = (2, 2)


@dataclass(frozen=True)
class Form:
    """One way of typing an answer. Neither `how` nor `says` means that it is read as blank."""

    typed: object  # text, or a value from an answers.json
    shape: tuple[int, ...]
    how: str = ""  # what the student is told, where numbers are read
    says: str = ""  # what the message says, where something can't be read
    note: str = ""


THIRD = "read as 0.3333333333"
READ = "read as 2×2 [[1, 2], [3, 4]]"
HALF = "read as 2×2 [[0.1, ____], [____, 0.4]]"
COMMAS = "read as 2×2 [[0.5, 0.25], [0.1, 0.2]]"

FORMS: dict[str, tuple[Form, ...]] = {
    "Numbers": (
        Form("0.25", ONE, "read as 0.25"),
        Form(".5", ONE, "read as 0.5"),
        Form("5.", ONE, "read as 5"),
        Form("+3", ONE, "read as 3"),
        Form("-0.5", ONE, "read as -0.5"),
        Form("−0.5", ONE, "read as -0.5", note="Dashes of every kind are minus."),
        Form("–0.5", ONE, "read as -0.5"),
        Form("- 0.5", ONE, "read as -0.5"),
        Form("1,25", ONE, "read as 1.25", note="A decimal comma, where the comma can be nothing else."),
        Form("0,234", ONE, "read as 0.234"),
        Form("-1,2345", ONE, "read as -1.2345"),
        Form("0.25,", ONE, "read as 0.25"),
        Form("=0.5", ONE, "read as 0.5"),
        Form("≈0.333", ONE, "read as 0.333"),
        Form("~0.333", ONE, "read as 0.333"),
        Form(r"\approx 0.333", ONE, "read as 0.333"),
        Form("$0.5$", ONE, "read as 0.5"),
        Form("`0.5`", ONE, "read as 0.5"),
        Form("**0.5**", ONE, "read as 0.5"),
        Form("1.481,5", ONE, "read as 1481.5", note="Points or apostrophes between thousands."),
        Form("1'234.5", ONE, "read as 1234.5"),
        Form("0.333…", ONE, "read as 0.333"),
        Form(r"\num{-0.5}", ONE, "read as -0.5", note="What changes only the looks of a number in LaTeX is dropped."),
        Form(r"{-}0{,}5", ONE, "read as -0.5"),
        Form(r"\textcolor{red}{\mathbf{-0.5}}", ONE, "read as -0.5"),
        Form(r"\-0.5", ONE, "read as -0.5", note="An editor of Markdown puts a backslash before signs."),
        Form("1.loss = 0.5", ONE, "read as 0.5", note="A name before the value is dropped."),
        Form("L ≈ 0.5", ONE, "read as 0.5"),
        Form("[[0.5]]", ONE, "read as 0.5"),
        Form("tensor(0.5, grad_fn=<MeanBackward0>)", ONE, "read as 0.5"),
        Form("0\u202f", ONE, "read as 0", note="Thin and no-break spaces are blanks."),
        Form("０．２５", ONE, "read as 0.25", note="Full-width digits."),
        Form(0.25, ONE, "read as 0.25", note="A number in an answers.json."),
    ),
    "Powers of ten": (
        Form("1e-3", ONE, "read as 0.001"),
        Form("1E-3", ONE, "read as 0.001"),
        Form("1,5e−3", ONE, "read as 0.0015"),
        Form("3*10^-2", ONE, "read as 0.03"),
        Form("3*10**-2", ONE, "read as 0.03"),
        Form("3·10^{-2}", ONE, "read as 0.03"),
        Form("1.2×10⁻³", ONE, "read as 0.0012"),
        Form("1.2 x 10^-3", ONE, "read as 0.0012"),
        Form(r"1.2 \times 10^{-3}", ONE, "read as 0.0012"),
        Form("50%", ONE, "read as 0.5"),
    ),
    "Arithmetic": (
        Form("1/3", ONE, THIRD),
        Form("-1/3", ONE, "read as -0.3333333333"),
        Form("½", ONE, "read as 0.5"),
        Form("1½", ONE, "read as 1.5"),
        Form(r"\frac{1}{3}", ONE, THIRD),
        Form(r"\dfrac{1}{3}", ONE, THIRD),
        Form(r"\tfrac13", ONE, THIRD),
        Form("\x0crac{1}{3}", ONE, THIRD, note=r"What JSON makes of \frac with a single backslash."),
        Form(r"\sqrt{2}/2", ONE, "read as 0.7071067812"),
        Form("√2/2", ONE, "read as 0.7071067812"),
        Form("sqrt(2)/2", ONE, "read as 0.7071067812"),
        Form("2√2", ONE, "read as 2.828427125"),
        Form("e^-1/(1+e^-1)", ONE, "read as 0.2689414214"),
        Form("e^{-1}", ONE, "read as 0.3678794412"),
        Form("e⁻¹", ONE, "read as 0.3678794412"),
        Form("exp(-1)", ONE, "read as 0.3678794412"),
        Form("ln(2)", ONE, "read as 0.6931471806"),
        Form("log(2)", ONE, "read as 0.6931471806", note="The natural logarithm; log10(2) is the other."),
        Form("π/2", ONE, "read as 1.570796327"),
        Form("pi/2", ONE, "read as 1.570796327"),
        Form("0.5 * (1 - 0.5)", ONE, "read as 0.25"),
        Form(r"\left( 0.5 \right)^2 \cdot 2", ONE, "read as 0.5"),
        Form("-2^2", ONE, "read as -4", note="A power binds before a sign, as in any textbook."),
        Form("2**3", ONE, "read as 8"),
    ),
    "Blank": (
        Form("", ONE),
        Form(None, ONE),
        Form("______", ONE, note="The place as it is printed."),
        Form("?", ONE),
        Form("-", ONE),
        Form(".", ONE),
        Form("…", ONE),
        Form("dQ =", SQUARE),
        Form([], SQUARE),
        Form("[ ____  ____ ]\n[ ____  ____ ]", SQUARE),
    ),
    "Numbers that are asked about": (
        Form(
            "1,234",
            ONE,
            says="is it 1.234 or 1234?",
            note="Where nothing else on the sheet tells.",
        ),
        Form("1 000", ONE, says="digits are not joined over a blank"),
        Form("1 1/2", ONE, says="digits are not joined over a blank"),
        Form("1.2×10-3", ONE, says="was 10^-3 meant", note="An exponent loses its place when it is copied."),
        Form("0·25", ONE, says="a decimal, as in 0.25, or a product"),
        Form("1/2√2", ONE, says="a sign such as * is missing before “√”"),
        Form("2e^-3", ONE, says="a sign such as * is missing before “e”"),
        Form("0.(3)", ONE, says="a sign such as * is missing before “(”"),
        Form("0.12(4)", ONE, says="a sign such as * is missing before “(”"),
        Form("1/3 = 0.333", ONE, says="Character 5: “=” is not part of a number."),
    ),
    "No numbers": (
        Form("abc", ONE, says="Character 1: “abc” is not part of a number. Accepted: 0.25"),
        Form("1.204 nats", ONE, says="Character 7: “nats” is not part of a number."),
        Form("nan", ONE, says="“nan” is not part of a number"),
        Form("inf", ONE, says="“inf” is not part of a number"),
        Form("1_000", ONE, says="“_” is not part of a number"),
        Form("1.2.3", ONE, says="“.3” is not part of a number"),
        Form("__import__('os')", ONE, says="“import” is not part of a number", note="Nothing that is typed is run."),
        Form("1/", ONE, says="Character 2: something is missing after this."),
        Form("(1+2", ONE, says="Character 1: the bracket “(” is never closed."),
        Form("1+2)", ONE, says="Character 4: “)” closes no bracket that was opened."),
        Form("1/0", ONE, says="This divides by zero."),
        Form("sqrt(-1)", ONE, says="no real number"),
        Form("ln(0)", ONE, says="no real number"),
        Form("1e999", ONE, says="too large"),
        Form("9^9^9^9", ONE, says="too large"),
        Form("(" * 41 + "1" + ")" * 41, ONE, says="more than 40 brackets"),
        Form("1+" * 150 + "1", ONE, says="more than 200 characters"),
        Form(True, ONE, says="Expected a number, got true/false."),
        Form({"a": 1}, ONE, says="Expected a number, got an object."),
        Form(float("nan"), ONE, says="not a finite number"),
        Form("[[1, 2], [3, 4]]", ONE, READ, "2 rows and 2 columns were read; one number is asked."),
    ),
    "Matrices": (
        Form("[[1,2],[3,4]]", SQUARE, READ),
        Form("[1 2; 3 4]", SQUARE, READ),
        Form("[1, 2; 3, 4]", SQUARE, READ),
        Form("1 2; 3 4", SQUARE, READ),
        Form("1 2\n3 4", SQUARE, READ, note="One row on each line, with blanks, commas or tabs."),
        Form("1, 2\n3, 4", SQUARE, READ),
        Form("1\t2\n3\t4", SQUARE, READ),
        Form("[ 1 2 ]\n[ 3 4 ]", SQUARE, READ, note="As the sheet prints it."),
        Form("| 1 2 |\n| 3 4 |", SQUARE, READ),
        Form("{{1,2},{3,4}}", SQUARE, READ),
        Form("[(1,2),(3,4)]", SQUARE, READ),
        Form("((1,2),(3,4))", SQUARE, READ),
        Form("dQ = [[1, 2], [3, 4]]", SQUARE, READ),
        Form("1.dQ =\n[1 2]\n[3 4]", SQUARE, READ),
        Form("Q := 1 2; 3 4", SQUARE, READ),
        Form("$$\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}$$", SQUARE, READ),
        Form("\\begin{bmatrix}\n1 & 2 \\\\\n3 & 4 \\\\\n\\end{bmatrix}", SQUARE, READ),
        Form("\\left[\\begin{array}{cc} 1 & 2 \\\\ 3 & 4 \\end{array}\\right]", SQUARE, READ),
        Form(
            "| 1 | 2 |\n|---|---|\n| 3 | 4 |", SQUARE, READ, note="A Markdown table, with or without a head and labels."
        ),
        Form("|  |  |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", SQUARE, READ),
        Form("|   | A | B |\n|---|:-:|---|\n| A | 1 | 2 |\n| B | 3 | 4 |", SQUARE, READ),
        Form("[[1. 2.]\n [3. 4.]]", SQUARE, READ, note="What NumPy, PyTorch, SymPy and R print."),
        Form("array([[1., 2.],\n       [3., 4.]])", SQUARE, READ),
        Form("np.array([[1, 2], [3, 4]], dtype=float)", SQUARE, READ),
        Form("[[np.float64(1.0), np.float64(2.0)], [np.float64(3.0), np.float64(4.0)]]", SQUARE, READ),
        Form("tensor([[1., 2.], [3., 4.]], dtype=torch.float64, grad_fn=<MmBackward0>)", SQUARE, READ),
        Form("⎡1  2⎤\n⎢    ⎥\n⎣3  4⎦", SQUARE, READ),
        Form("     [,1] [,2]\n[1,]    1    2\n[2,]    3    4", SQUARE, READ),
        Form("matrix(c(1, 3, 2, 4), nrow=2)", SQUARE, READ),
        Form("2×2 Matrix{Float64}:\n 1.0  2.0\n 3.0  4.0", SQUARE, READ),
        Form([["[[1, 2], [3, 4]]", ""], ["", ""]], SQUARE, READ, note="A whole matrix in the first place of its grid."),
        Form([[1, 2], ["3", "8/2"]], SQUARE, READ, note="Lists in an answers.json."),
    ),
    "Signs, commas and sums in matrices": (
        Form(
            "[1 -4; 2 -3]",
            SQUARE,
            "read as 2×2 [[1, -4], [2, -3]]",
            note="A blank before a signed number parts entries.",
        ),
        Form("1 - 4\n2 - 3", SQUARE, "read as 2×2 [[1, -4], [2, -3]]"),
        Form("[1 - 4, 2; 3, 4]", SQUARE, "read as 2×2 [[-3, 2], [3, 4]]"),
        Form("[1 -4, 2; 3, 4]", SQUARE, "read as 2×2 [[?, 2], [3, 4]]", "Row 1, column 1: “1 -4” is not clear"),
        Form("[1/3 1/2; 1/4 0.2]", SQUARE, "read as 2×2 [[0.3333333333, 0.5], [0.25, 0.2]]"),
        Form("[0,5 0,25; 0,1 0,2]", SQUARE, COMMAS, note="Decimal commas, where blanks or ; part the entries."),
        Form("0,5; 0,25\n0,1; 0,2", SQUARE, COMMAS),
        Form("[[0,5; 0,25]; [0,1; 0,2]]", SQUARE, COMMAS),
        Form("[[0,5, 0,25], [0,1, 0,2]]", SQUARE, COMMAS),
        Form("[0,5; 0,25]", SQUARE, "read as 2×2 [[0, 5], [0, 25]]", note="Two ways to read it: the shape decides."),
        Form("[0,5; 0,25]", (2, 1), "read as 2×1 [[0.5], [0.25]]"),
        Form("[0,5 1,234; 0,1 0,2]", SQUARE, "read as 2×2 [[0.5, 1.234], [0.1, 0.2]]"),
        Form("[1,234 1,5; 1 2]", SQUARE, "read as 2×2 [[1.234, 1.5], [1, 2]]"),
        Form("[1,234 1; 1 2]", SQUARE, "read as 2×2 [[?, 1], [1, 2]]", "is it 1.234 or 1234?"),
    ),
    "Half-filled matrices": (
        Form("[[0.1, ], [ , 0.4]]", SQUARE, HALF),
        Form("[ 0.1 ____ ]\n[ ____ 0.4 ]", SQUARE, HALF),
        Form("[0.1 _; ? 0.4]", SQUARE, HALF),
        Form("[0.1 …; - 0.4]", SQUARE, HALF),
        Form([[0.1, None], ["", 0.4]], SQUARE, HALF),
        Form("[ ____ ]\n[ 3 4 ]", SQUARE, "read as 2 rows [[____], [3, 4]]"),
        Form("[[1, 2], []]", SQUARE, "read as 2×2 [[1, 2], [____, ____]]"),
        Form(
            "[[0.1, abc], [3, 4]]",
            SQUARE,
            "read as 2×2 [[0.1, ?], [3, 4]]",
            "Row 1, column 2, character 1: “abc” is not",
        ),
        Form(
            "[[1 000, 2], [3, 4]]",
            SQUARE,
            "read as 2×2 [[?, 2], [3, 4]]",
            "Row 1, column 1, character 3: digits are not",
        ),
        Form("[1/0 2; 3 4]", SQUARE, "read as 2×2 [[?, 2], [3, 4]]", "Row 1, column 1: This divides by zero."),
        Form(
            "[0.1]\n[3 4]", SQUARE, "read as 2 rows [[0.1], [3, 4]]", "Row 1 has 1 number, 2 are asked. Put ____ where"
        ),
    ),
    "Shapes": (
        Form(
            "1, 2, 3, 4", SQUARE, READ, note="As many numbers as are asked, in one list: taken row by row, and said so."
        ),
        Form("1 2 3", (3, 1), "read as 3×1 [[1], [2], [3]]", note="A row for a column, and a column for a row."),
        Form("[[1], [2], [3]]", (1, 3), "read as 1×3 [[1, 2, 3]]"),
        Form(
            "1 2 3; 4 5 6",
            (3, 2),
            "read as 2×3 [[1, 2, 3], [4, 5, 6]]",
            "3 rows and 2 columns are asked: is it transposed?",
        ),
        Form(
            "1 2 3; 4 5 6", SQUARE, "read as 2×3 [[1, 2, 3], [4, 5, 6]]", "2 rows and 3 columns were read; 2 rows and 2"
        ),
        Form(
            "[[1, 2, 3], [4, 5], [6]]",
            SQUARE,
            "read as 3 rows [[1, 2, 3], [4, 5], [6]]",
            "Rows of 3, 2, 1 entries were",
        ),
        Form("0.5", SQUARE, "read as 0.5", "One number was read; 2 rows and 2 columns are asked."),
        Form("I don't know", SQUARE, says="No numbers were found in this answer. Accepted: [[0.1, 0.2]"),
        Form(
            "0.5*[[1, 2], [3, 4]]", SQUARE, says="“0.5*” stands beside the brackets. Work it in, and write the numbers"
        ),
        Form("[[[1, 2], [3, 4]], [[1, 2], [3, 4]]]", SQUARE, says="More than one matrix was read."),
        Form("[[1, 2], [3, 4]]^T", SQUARE, says="“^T” stands beside the brackets."),
        Form("[[1, 2], [3, 4]", SQUARE, says="Character 1: the bracket “[” is never closed."),
        Form("[1 2\n3 4)", SQUARE, says="Line 2, character 4: “)” closes no bracket that was opened."),
    ),
}
