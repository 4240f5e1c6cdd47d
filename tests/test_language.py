"""Lines are read as they were written, written as they are read, and refused in words that say what to do."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_models import LITERALS, model

from backprop.errors import ExpressionError
from backprop.expressions import Apply, Expression, Name, Number, apply, names, number
from backprop.language import MOST_CHARACTERS, MOST_DEPTH, parse
from backprop.operations import OPERATIONS
from backprop.operations.record import INDEX, SIZE
from backprop.scope import Scope, shape_of
from backprop.shapes import Size
from backprop.writing import depth, text

LEAVES: st.SearchStrategy[Expression] = st.one_of(
    st.sampled_from(["A", "W_Q", "x1", "scores", "eta", "β_2", "T", "exp"]).map(Name),
    st.decimals(-1000, 1000, places=4).map(lambda value: Number(Fraction(value))),
    st.integers(-20, 20).map(number),
)


@st.composite
def applied(draw: st.DrawFn, inner: st.SearchStrategy[Expression]) -> Expression:
    operation = draw(st.sampled_from(sorted(OPERATIONS)))
    takes = OPERATIONS[operation].takes
    arguments = [draw(st.sampled_from(LITERALS[kind]) if kind in (INDEX, SIZE) else inner) for kind in takes]
    # A sign before a number belongs to the number: the grammar has no other reading of it.
    if operation == "neg" and isinstance(arguments[0], Number):
        return Number(-arguments[0].value)
    return apply(operation, *arguments)


TREES = st.recursive(LEAVES, applied, max_leaves=12)


@given(TREES)
def test_text_reads_back_as_the_same_tree(tree: Expression) -> None:
    written = text(tree)
    if depth(tree) <= MOST_DEPTH and len(written) <= MOST_CHARACTERS:
        assert parse(written) == tree
        assert text(parse(written)) == written


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("X@W_Q", "X @ W_Q"),
        ("((A))", "A"),
        ("A+(B+C)", "A + (B + C)"),
        ("(A+B)+C", "A + B + C"),
        ("A-(B-C)", "A - (B - C)"),
        ("A*B@C", "(A * B) @ C"),
        ("A@B*C", "(A @ B) * C"),
        ("A@B@C", "A @ B @ C"),
        ("A@(B@C)", "A @ (B @ C)"),
        ("-A**2", "-A ** 2"),
        ("(-A)**2", "(-A) ** 2"),
        ("A**-2", "A ** (-2)"),
        ("A**B**C", "A ** (B ** C)"),
        ("-(A@B)", "-(A @ B)"),
        ("-A@B", "(-A) @ B"),
        ("A - -B", "A - (-B)"),
        ("+A", "A"),
        ("(A@B).T", "(A @ B).T"),
        ("A.T.T", "A.T.T"),
        ("(2).T", "(2).T"),
        (".50", "0.5"),
        ("1e-3*A", "0.001 * A"),
        ("row( output , -1 )", "row(output, -1)"),
        ("A\n\t+ B", "A + B"),
    ],
)
def test_how_a_line_is_written(typed: str, written: str) -> None:
    assert text(parse(typed)) == written
    assert parse(written) == parse(typed)


def test_products_bind_alike_and_from_the_left() -> None:
    a, b, c = Name("a"), Name("b"), Name("c")
    assert parse("a @ b * c") == apply("*", apply("@", a, b), c)
    assert parse("a * b @ c") == apply("@", apply("*", a, b), c)
    assert parse("a / b * c") == apply("*", apply("/", a, b), c)
    assert parse("-a ** 2 * b") == apply("*", apply("neg", apply("**", a, number(2))), b)
    assert parse("a - b + c") == apply("+", apply("-", a, b), c)
    assert parse("-2 * a") == apply("*", number(-2), a)


def test_names_are_in_the_order_of_reading() -> None:
    assert names(parse("out * (dout - rowsum(dout * a)) + row(a, k)")) == ["out", "dout", "a", "k"]


PRODUCT = ": a product is written * (entrywise) or @ (matrix)"
REFUSED = [
    ("", "the line is empty"),
    (" \n ", "the line is empty"),
    ("A @", "the line ends too early\n    A @\n       ^"),
    ("(A", "the line ends too early\n    (A\n      ^"),
    ("2 A", f"“A” cannot stand here{PRODUCT}\n    2 A\n      ^"),
    ("A scores", f"“scores” cannot stand here{PRODUCT}\n    A scores\n      ^^^^^^"),
    ("sum(A)(B)", f"“(” cannot stand here{PRODUCT}\n    sum(A)(B)\n          ^"),
    ("A + ) B", "“)” cannot stand here\n    A + ) B\n        ^"),
    ("A, B", "“,” cannot stand here\n    A, B\n     ^"),
    ("lambda x: x", f"“x” cannot stand here{PRODUCT}\n    lambda x: x\n           ^"),
    ("__import__('os')", "“_” has no meaning here\n    __import__('os')\n    ^"),
    ("x.__class__", "“.” has no meaning here\n    x.__class__\n     ^"),
    ("A ^ 2", "a power is written **, as in A ** 2\n    A ^ 2\n      ^"),
    ("A'", "a transpose is written .T, as in A.T\n    A'\n     ^"),
    ("A.t", "a transpose is written .T\n    A.t\n     ^"),
    ("Q = A", "a line's right-hand side has no “=”\n    Q = A\n      ^"),
    (
        "A[0]",
        "a row is row(A, i) and an entry is entry(A, i, j); there are no brackets in a line\n    A[0]\n     ^",
    ),
    ("softmx(A)", "no function is called softmx: did you mean softmax?\n    softmx(A)\n    ^^^^^^"),
    ("1 + exp(A, B)", "exp takes 1 argument (e to the power of each entry); 2 given\n    1 + exp(A, B)\n        ^^^"),
    ("exp()", "exp takes 1 argument (e to the power of each entry); 0 given\n    exp()\n    ^^^"),
    ("A * 1e10", "numbers in a line lie between 1e-12 and 1e9\n    A * 1e10\n        ^^^^"),
    ("A * 1e-13", "numbers in a line lie between 1e-12 and 1e9\n    A * 1e-13\n        ^^^^^"),
    ("9" * 31, f"this number has too many digits\n    {'9' * 31}\n    {'^' * 31}"),
    (
        "0.12345678901234567890e-12",
        f"numbers in a line lie between 1e-12 and 1e9\n    0.12345678901234567890e-12\n    {'^' * 26}",
    ),
    (
        "1.2345678901234567890e-12",
        f"this number has too many digits once it is written out\n    1.2345678901234567890e-12\n    {'^' * 25}",
    ),
    ("entry(scores,0,0)+" * 31 + "A", "with its spaces this line has more than 600 characters"),
    ("-" * 41 + "A", "more than 40 operations deep: give the inner parts lines of their own"),
    ("A + " * 150 + "A", "a line has at most 600 characters; this one has 601"),
]


@pytest.mark.parametrize(("typed", "says"), REFUSED, ids=[repr(typed[:20]) for typed, _ in REFUSED])
def test_what_is_not_a_line_is_refused_with_the_place(typed: str, says: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(typed)
    assert str(refused.value) == says


def test_an_unknown_function_lists_those_there_are() -> None:
    with pytest.raises(ExpressionError, match="no function is called neg: there are exp, log, sqrt"):
        parse("neg(A)")


SCOPE = Scope(
    {"A": (Size(2, "n"), Size(3)), "B": (Size(2), Size(2)), "scores": (Size(2), Size(2)), "eta": ()},
    {"n": 2, "d_k": 2},
    {"target": Size(4, "v")},
)
KNOWN = "A, B, scores, eta, target, n, d_k"
AS_INDEX = "is used as an index: a whole number, or a given with { index = … }"
AS_SIZE = "is used as a size: a name from [sizes], or a whole number up to 64"
UNFIT = [
    (
        "A @ B",
        "the sizes do not fit: A is 2×3 (n×3) and B is 2×2; in A @ B, A has as many columns as B has rows"
        "\n    A @ B\n    ^^^^^",
    ),
    (
        "1 - (A + B)",
        "the sizes do not fit: A is 2×3 (n×3) and B is 2×2; entry by entry, they are equal, or one is a scalar, "
        "a row or a column that is spread\n    1 - (A + B)\n         ^^^^^",
    ),
    (
        "A @ eta",
        "@ multiplies matrices, and eta is a scalar: a scalar multiplies with *\n    A @ eta\n    ^^^^^^^",
    ),
    (
        "2 * scors",
        "scors is not given, and no line before this one works it out; did you mean scores?"
        "\n    2 * scors\n        ^^^^^",
    ),
    ("zz", f"zz is not given, and no line before this one works it out; known here: {KNOWN}\n    zz\n    ^^"),
    ("softmax(eta)", "softmax is of a matrix; eta is a scalar\n    softmax(eta)\n    ^^^^^^^^^^^^"),
    ("diag(B)", "diag is of a row (1×n); B is 2×2\n    diag(B)\n    ^^^^^^^"),
    ("row(A, 2)", "there is no row 2: the rows are 0 to 1, or −1 for the last\n    row(A, 2)\n    ^^^^^^^^^"),
    (
        "entry(A, 0, 3)",
        "there is no column 3: the columns are 0 to 2, or −1 for the last\n    entry(A, 0, 3)\n    ^^^^^^^^^^^^^^",
    ),
    ("row(A, target)", "the index runs over v = 4, and there are n = 2 rows\n    row(A, target)\n    ^^^^^^^^^^^^^^"),
    ("row(A, eta)", f"eta {AS_INDEX}\n    row(A, eta)\n           ^^^"),
    ("row(A, 0.5)", f"0.5 {AS_INDEX}\n    row(A, 0.5)\n           ^^^"),
    ("onehot(target, eta)", f"eta {AS_SIZE}\n    onehot(target, eta)\n                   ^^^"),
    ("onehot(target, 65)", f"65 {AS_SIZE}\n    onehot(target, 65)\n                   ^^"),
    (
        "target + 1",
        "target is an index: it picks a row or an entry, and is no quantity to calculate with"
        "\n    target + 1\n    ^^^^^^",
    ),
    ("A ** B", "an exponent is a number from −12 to 12\n    A ** B\n         ^"),
    ("A ** 1000000", "an exponent is a number from −12 to 12\n    A ** 1000000\n         ^^^^^^^"),
    ("spread(A, 3, 3)", "A is 2×3 (n×3) and cannot be spread over 3×3\n    spread(A, 3, 3)\n    ^^^^^^^^^^^^^^^"),
]


@pytest.mark.parametrize(("typed", "says"), UNFIT, ids=[typed for typed, _ in UNFIT])
def test_what_does_not_fit_names_both_sizes(typed: str, says: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        shape_of(parse(typed), SCOPE)
    refused.value.text = typed
    assert str(refused.value) == says


def test_a_model_names_the_line() -> None:
    with pytest.raises(ExpressionError) as refused:
        model({"Q": "X @ W", "K": "Q @ W"}, {"W": (2, 3)}, {"X": (4, 2)})
    assert str(refused.value) == (
        "line “K”: the sizes do not fit: Q is 4×3 and W is 2×3; in A @ B, A has as many columns as B has rows"
        "\n    Q @ W\n    ^^^^^"
    )
    with pytest.raises(ExpressionError) as refused:
        model({"Q": "X @ W", "K": "1 +"}, {"W": (2, 3)}, {"X": (4, 2)})
    assert str(refused.value) == "line “K”: the line ends too early\n    1 +\n       ^"
    with pytest.raises(ExpressionError, match=r"^line “X”: this name is already in use for something else$"):
        model({"X": "W + W"}, {"W": (2, 3)}, {"X": (4, 2)})


def test_a_long_line_is_shown_around_the_place() -> None:
    typed = "A + " * 80 + "$"
    with pytest.raises(ExpressionError) as refused:
        parse(typed)
    says, shown, marks = str(refused.value).splitlines()
    assert says == "“$” has no meaning here"
    assert shown[marks.index("^")] == "$"
    assert len(shown) <= 104


PIECES = [
    "A",
    "scores",
    "exp",
    "softmax",
    "(",
    ")",
    "((",
    ",",
    "+",
    "-",
    "*",
    "**",
    "@",
    "/",
    ".T",
    "1",
    "0.5",
    "1e999",
]
PIECES += ["9e99", " ", "\n", "row", "^", "=", "[", "'", "\\", "λ", "∞", "٣", "½", "\x00", "\ud800", "neg", "#", "_"]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=200).map("".join)))
def test_any_text_is_read_or_refused(typed: str) -> None:
    try:
        tree = parse(typed)
    except ExpressionError:
        return
    assert depth(tree) <= MOST_DEPTH
    assert len(typed) <= MOST_CHARACTERS
    assert parse(text(tree)) == tree


@given(TREES)
def test_any_tree_has_a_shape_or_a_reason(tree: Expression) -> None:
    reason = ""
    try:
        assert len(shape_of(tree, SCOPE)) in (0, 2)
    except ExpressionError as refused:
        reason = refused.reason
    # Every place in the message is filled in.
    assert "{" not in reason.replace("{ index = … }", "")


def test_operators_build_the_same_trees() -> None:
    a, b = Name("a"), Name("b")
    assert -(a @ b + a * 2) / b**2 - b == parse("-(a @ b + a * 2) / b ** 2 - b")
    assert isinstance(a + b, Apply)
