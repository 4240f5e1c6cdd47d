"""Rows and entries picked by an index, and put back; quantities spread to fill a matrix."""

from __future__ import annotations

import numpy as np

from backprop.errors import ExpressionError
from backprop.expressions import Apply, Expression, Name, apply
from backprop.operations.entry import delta, masked
from backprop.operations.printed import Notation, called, quoted
from backprop.operations.record import INDEX, MATRIX, SIZE, Known, Operation
from backprop.rounding import Array
from backprop.shapes import ONE, Shape, Size, check_index, describe, matrix
from backprop.shapes import row as row_shape


def leaf(name: str, shape: tuple[int, ...], i: Expression | int, j: Expression | int) -> Expression:
    """An entry of a named quantity, which entry readings are worked from; a scalar's is its name."""
    return apply("entry", Name(name), i, j) if shape else Name(name)


def as_leaf(expression: Expression) -> tuple[str, Expression, Expression] | None:
    """The name, row and column where an expression is an entry of a named matrix."""
    match expression:
        case Apply("entry", (Name(id), i, j)):
            return id, i, j
    return None


# Shapes.


def shape_of_spread(a: Shape, rows: Size, columns: Size) -> Shape:
    for own, asked in zip(a, (rows, columns), strict=False):
        if own not in (1, asked):
            raise ExpressionError(f"{{0}} is {describe(a)} and cannot be spread over {describe((rows, columns))}")
    return (rows, columns)


def shape_of_row(a: Shape, i: int) -> Shape:
    check_index(i, matrix(a)[0], "rows")
    return (ONE, a[1])


def shape_of_placed(r: Shape, i: int, n: Size) -> Shape:
    columns = row_shape(r)[1]
    check_index(i, n, "rows")
    return (n, columns)


def shape_of_entry(a: Shape, i: int, j: int) -> Shape:
    check_index(i, matrix(a)[0], "rows")
    check_index(j, a[1], "columns")
    return ()


def shape_of_diagonal(r: Shape) -> Shape:
    return (row_shape(r)[1],) * 2


def shape_of_onehot(k: int, n: Size) -> Shape:
    check_index(k, n, "entries")
    return (ONE, n)


# Values. What is not picked does not count, not even where it is infinite: so nothing is multiplied by 0.


def _hits(i: Array, count: int) -> Array:
    """Which of `count` places an index names, as `(count, batch)`; a negative one counts from the end."""
    return np.asarray(np.arange(count)[:, None] == np.where(i < 0, i + count, i))


def row(a: Array, i: Array) -> Array:
    return np.asarray(np.where(_hits(i, a.shape[0])[:, None], a, 0).sum(axis=0, keepdims=True))


def entry(a: Array, i: Array, j: Array) -> Array:
    return np.asarray(np.where(_hits(j, a.shape[1]), row(a, i)[0], 0).sum(axis=0))


def diagonal(r: Array) -> Array:
    return np.where(np.eye(r.shape[1], dtype=bool)[:, :, None], r, 0)


# Notation.


def _row_in_words(i: str) -> str:
    return "last row" if i == "last" else f"row {i}"


def _placed_latex(r: str, i: str, n: str) -> str:
    """A row among zeros, drawn as a column of blocks where its place is an end."""
    stacked = {"last": rf"0 \\ {r}", "1": rf"{r} \\ 0"}.get(i)
    return rf"\begin{{pmatrix}} {stacked} \end{{pmatrix}}" if stacked else rf"{r} \text{{ in row {i}, 0 elsewhere}}"


def _placed_typst(r: str, i: str, n: str) -> str:
    stacked = {"last": f"0; {r}", "1": f"{r}; 0"}.get(i)
    return f"mat({stacked})" if stacked else f"{r} {quoted(f' in row {i}, 0 elsewhere')}"


# fmt: off
ROW_MISTAKES = (Known("wrong-row", "row(a, k)", "row(a, other)", "this is {row(a, other)}, not {row(a, k)}"),)
PLACE_MISTAKES = (Known("wrong-row", "place(a, k, n)", "place(a, other, n)", "the row {a} was put in another place: each row's gradient goes where the row was taken from"),)

OPERATIONS = (
    Operation("spread", "a scalar, a row or a column repeated to fill rows × columns",
        takes=(MATRIX, SIZE, SIZE), shape=shape_of_spread,
        values=lambda a, rows, columns: np.broadcast_to(a, (rows, columns, a.shape[-1])),
        entry=lambda i, j, a, rows, columns: a(i, j), adjoint=("g", None, None), aliases=("broadcast_to",), linear=True,
        moves=True),
    Operation("row", "one row of a matrix; a negative number counts from the end",
        takes=(MATRIX, INDEX), shape=shape_of_row, values=row, entry=lambda i, j, a, k: a(k.counted(a.rows), j),
        adjoint=("place(g, b, rows)", None), says_itself=True,
        notation=Notation(lambda a, i: rf"\text{{{_row_in_words(i)} of }}\,{a}", lambda a, i: f"{_row_in_words(i)} of {a}", lambda a, i: f"{quoted(_row_in_words(i) + ' of')} {a}", words=True),
        linear=True, mistakes=ROW_MISTAKES, moves=True),
    Operation("place", "a matrix of zeros but for one row",
        takes=(MATRIX, INDEX, SIZE), shape=shape_of_placed, values=lambda r, i, n: np.where(_hits(i, n)[:, None], r, 0),
        entry=lambda i, j, r, k, n: masked(delta(k.counted(n), i), r(0, j)), adjoint=("row(g, b)", None, None),
        says_itself=True,
        notation=Notation(_placed_latex, lambda r, i, n: f"{r} in the {_row_in_words(i)}, 0 elsewhere", _placed_typst),
        linear=True, mistakes=PLACE_MISTAKES, moves=True),
    Operation("entry", "one entry of a matrix",
        takes=(MATRIX, INDEX, INDEX), shape=shape_of_entry, values=entry,
        entry=lambda i, j, a, k, m: a(k.counted(a.rows), m.counted(a.columns)),
        adjoint=("place(g * onehot(c, columns), b, rows)", None, None), says_itself=True,
        notation=Notation("{#1}_{#2, #3}", "#1[#2, #3]", "#1_(#2, #3)"), linear=True, moves=True,
    ),
    Operation("diag", "the square matrix with a row's entries on its diagonal, zero elsewhere",
        shape=shape_of_diagonal, values=diagonal, entry=lambda i, j, r: masked(delta(i, j), r(0, j)),
        adjoint=("colsum(g * diag(spread(1, rows, columns)))",), aliases=("diagflat",), linear=True, moves=True),
    Operation("onehot", "a row of zeros with a 1 at an index",
        takes=(INDEX, SIZE), shape=shape_of_onehot, values=lambda k, n: np.where(_hits(k, n)[None], 1.0, 0.0),
        entry=lambda i, j, k, n: delta(k.counted(n), j), adjoint=(None, None), notation=called("onehot"),
        aliases=("one_hot",)),
    Operation("delta", "Kronecker's delta: 1 where the two indices are the same, else 0",
        takes=(INDEX, INDEX), shape=lambda i, j: (), values=lambda i, j: np.where(i == j, 1.0, 0.0),
        entry=lambda i, j, k, m: delta(k(0, 0), m(0, 0)), adjoint=(None, None), sympy="KroneckerDelta",
        notation=Notation(r"\delta_{#1, #2}", "δ(#1, #2)", "δ_(#1, #2)"), aliases=("δ",),
    ),
)
# fmt: on
