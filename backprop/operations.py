"""The table of operations: one entry each, and everything that is read from it.

An entry says what an operation is in five ways: its shape, its NumPy reading, its entries one by one (which is
what SymPy reads and what the worked arithmetic is printed from), its adjoint, and its bounds. The adjoint is a
line of the language, as a textbook prints it. `handprop check` and the tests prove each against the others.

Arrays have the batch last: a matrix is `(rows, columns, batch)`, a scalar `(batch,)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from backprop import intervals
from backprop.expressions import Expression, Number, apply, number
from backprop.intervals import Array, Bounds, Interval, Keep, falling, rising
from backprop.shapes import (
    Shape,
    as_scalar,
    as_square_of_row,
    entry_of_row,
    index_equals,
    one_hot,
    picked_entry,
    picked_row,
    placed_row,
    per_column,
    per_row,
    same,
    spread_over,
    spread_together,
    matrix_product,
    transposed,
)


@dataclass(frozen=True)
class Entries:
    """A matrix as its entries: `a(i, j)` is an expression for entry i, j, counted from 0."""

    at: Callable[[Expression, Expression], Expression]
    rows: int
    columns: int

    def __call__(self, i: Expression | int, j: Expression | int) -> Expression:
        return self.at(number(i) if isinstance(i, int) else i, number(j) if isinstance(j, int) else j)


@dataclass(frozen=True)
class Notation:
    """How an operation is printed, from its printed arguments; `bar`: in LaTeX the arguments stand over a bar."""

    latex: Callable[..., str]
    plain: Callable[..., str]
    bar: bool = False


@dataclass(frozen=True)
class Operation:
    """One operation of the language.

    `takes` has a letter an argument: `m` a matrix or scalar, `i` an index, `s` a size, `p` a number (an exponent).
    `adjoint` has a line an argument, in `a`, `b`, … (the arguments), `out` (the result), `g` (the gradient of the
    result) and `rows`, `columns` (the sizes of `a`); None where there is no gradient. `through` names operations with which
    this one is differentiated together: the line is then the gradient of *their* argument, with `a` their result.
    """

    takes: str
    says: str
    shape: Callable[..., Shape]
    numpy: Callable[..., Array]
    entry: Callable[..., Expression]
    adjoint: tuple[str | None, ...]
    bounds: Bounds
    sympy: Callable[..., Any] | None = None
    notation: Notation | None = None
    matrices: Notation | None = None  # in its place where every argument is a matrix
    spreads: bool = False  # entrywise over several arguments: scalars, rows and columns are spread to fit
    linear: bool = False  # in its first argument: a factor can be taken out
    through: tuple[tuple[str, str], ...] = ()


def _infix(latex: str, plain: str) -> Notation:
    return Notation(lambda a, b: f"{a} {latex} {b}".replace("  ", " "), lambda a, b: f"{a} {plain} {b}")


def _total(terms: Sequence[Expression]) -> Expression:
    return reduce(lambda a, b: a + b, terms)


def _all(a: Entries) -> list[Expression]:
    return [a(i, j) for i in range(a.rows) for j in range(a.columns)]


def _entrywise(function: Callable[..., Expression]) -> Callable[..., Expression]:
    return lambda i, j, *arguments: function(*(a(i, j) for a in arguments))


def _numpy_matmul(a: Array, b: Array) -> Array:
    # A loop over the short inner axis keeps the long batch axis last, where NumPy runs through memory in order.
    return np.asarray(sum(a[:, k, None] * b[None, k] for k in range(a.shape[1])))


def _numpy_softmax(a: Array) -> Array:
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _picked(a: Array, i: Array, axis: int) -> Array:
    """The entries of `a` at index `i` along an axis, which is kept with length 1; negative counts from the end."""
    count = a.shape[axis]
    at = np.where(i < 0, i + count, i)
    places = np.arange(count).reshape([-1 if k == axis else 1 for k in range(a.ndim)])
    return np.asarray(np.where(places == at, a, 0).sum(axis=axis, keepdims=True))


def _placed(r: Array, i: Array, n: int) -> Array:
    places = np.arange(n)[:, None, None]
    return np.where(places == np.where(i < 0, i + n, i), r, 0)


def _counted(i: Expression, n: int) -> Expression:
    """An index counted from the start."""
    return number(i.value + n) if isinstance(i, Number) and i.value < 0 else i


def _delta(i: Expression, j: Expression) -> Expression:
    """Kronecker's delta of two indices; a number where both are known."""
    if isinstance(i, Number) and isinstance(j, Number):
        return number(int(i.value == j.value))
    return apply("delta", i, j)


def _masked(delta: Expression, value: Expression) -> Expression:
    if isinstance(delta, Number):
        return value if delta.value else delta
    return delta * value


def _softmax_entry(i: Expression, j: Expression, a: Entries) -> Expression:
    return apply("exp", a(i, j)) / _total([apply("exp", a(i, k)) for k in range(a.columns)])


def _only(p: Array, k: Array) -> Array:
    """Entry k of a row."""
    return np.asarray(_picked(p, k, 1)[0, 0])


def _minus_log_of_entry(keep: Keep, p: Interval, k: Array) -> Interval:
    log = intervals.logarithm(keep, Interval(_only(p.low, k), _only(p.high, k)))
    return Interval(-log.high, -log.low)


def _function(name: str) -> Callable[..., Expression]:
    return _entrywise(lambda *x: apply(name, *x))


def _called(latex: str, plain: str) -> Notation:
    return Notation(lambda *a: rf"{latex}({', '.join(a)})", lambda *a: f"{plain}({', '.join(a)})")


def _indexed(a: str, *indices: str) -> str:
    return f"{{{a}}}_{{{', '.join(indices)}}}"


def _which(i: str) -> str:
    return "last row" if i == "last" else f"row {i}"


def _placed_latex(r: str, i: str, n: str) -> str:
    if i == "last":
        return rf"\begin{{pmatrix}} 0 \\ {r} \end{{pmatrix}}"
    if i == "1":
        return rf"\begin{{pmatrix}} {r} \\ 0 \end{{pmatrix}}"
    return rf"{r} \text{{ in row {i}, 0 elsewhere}}"


OPERATIONS: dict[str, Operation] = {
    "@": Operation(
        "mm",
        "the matrix product: row times column, added up",
        shape=matrix_product,
        numpy=_numpy_matmul,
        entry=lambda i, j, a, b: _total([a(i, k) * b(k, j) for k in range(a.columns)]),
        adjoint=("g @ b.T", "a.T @ g"),
        bounds=intervals.matmul,
        notation=Notation(lambda a, b: rf"{a} \, {b}", lambda a, b: f"{a} · {b}"),
    ),
    "*": Operation(
        "mm",
        "the product entry by entry; a scalar, a row or a column is spread to fit",
        shape=spread_together,
        numpy=np.multiply,
        entry=_entrywise(lambda a, b: a * b),
        adjoint=("g * b", "g * a"),
        bounds=intervals.multiply,
        sympy=lambda sp, a, b: a * b,
        notation=Notation(lambda a, b: rf"{a} \cdot {b}", lambda a, b: f"{a} {b}"),
        matrices=_infix(r"\odot", "⊙"),
        spreads=True,
    ),
    "/": Operation(
        "mm",
        "the quotient entry by entry; a scalar, a row or a column is spread to fit",
        shape=spread_together,
        numpy=np.divide,
        entry=_entrywise(lambda a, b: a / b),
        adjoint=("g / b", "-(g * a) / b ** 2"),
        bounds=intervals.divide,
        sympy=lambda sp, a, b: a / b,
        notation=Notation(lambda a, b: rf"\frac{{{a}}}{{{b}}}", lambda a, b: f"{a} / {b}", bar=True),
        matrices=_infix(r"\oslash", "⊘"),
        spreads=True,
    ),
    "+": Operation(
        "mm",
        "the sum entry by entry; a scalar, a row or a column is spread to fit",
        shape=spread_together,
        numpy=np.add,
        entry=_entrywise(lambda a, b: a + b),
        adjoint=("g", "g"),
        bounds=intervals.add,
        sympy=lambda sp, a, b: a + b,
        notation=_infix("+", "+"),
        spreads=True,
    ),
    "-": Operation(
        "mm",
        "the difference entry by entry; a scalar, a row or a column is spread to fit",
        shape=spread_together,
        numpy=np.subtract,
        entry=_entrywise(lambda a, b: a - b),
        adjoint=("g", "-g"),
        bounds=intervals.subtract,
        sympy=lambda sp, a, b: a - b,
        notation=_infix("-", "−"),
        spreads=True,
    ),
    "neg": Operation(
        "m",
        "every sign turned",
        shape=same,
        numpy=np.negative,
        entry=_entrywise(lambda a: -a),
        adjoint=("-g",),
        bounds=falling(np.negative, kept=0),
        sympy=lambda sp, a: -a,
        notation=Notation(lambda a: f"-{a}", lambda a: f"−{a}"),
        linear=True,
    ),
    "**": Operation(
        "mp",
        "every entry to a power",
        shape=lambda a, k: a,
        numpy=np.power,
        entry=lambda i, j, a, k: a(i, j) ** k(0, 0),
        adjoint=("g * b * a ** (b - 1)", None),
        bounds=intervals.power,
        sympy=lambda sp, a, k: a**k,
        notation=Notation(lambda a, k: f"{{{a}}}^{{{k}}}", lambda a, k: f"{a}^{k}"),
    ),
    ".T": Operation(
        "m",
        "the transpose: rows become columns",
        shape=transposed,
        numpy=lambda a: np.swapaxes(a, 0, 1),
        entry=lambda i, j, a: a(j, i),
        adjoint=("g.T",),
        bounds=rising(lambda a: np.swapaxes(a, 0, 1), kept=0),
        notation=Notation(lambda a: rf"{a}^{{\top}}", lambda a: f"{a}ᵀ"),
    ),
    "exp": Operation(
        "m",
        "e to the power of each entry",
        shape=same,
        numpy=np.exp,
        entry=_function("exp"),
        adjoint=("g * out",),
        bounds=rising(np.exp),
        sympy=lambda sp, a: sp.exp(a),
        notation=_called(r"\exp", "exp"),
    ),
    "log": Operation(
        "m",
        "the natural logarithm of each entry",
        shape=same,
        numpy=np.log,
        entry=_function("log"),
        adjoint=("g / a",),
        bounds=intervals.logarithm,
        sympy=lambda sp, a: sp.log(a),
        notation=_called(r"\ln", "ln"),
    ),
    "sqrt": Operation(
        "m",
        "the square root of each entry",
        shape=same,
        numpy=np.sqrt,
        entry=_function("sqrt"),
        adjoint=("g / (2 * out)",),
        bounds=rising(lambda a: np.sqrt(np.maximum(a, 0))),
        sympy=lambda sp, a: sp.sqrt(a),
        notation=Notation(lambda a: rf"\sqrt{{{a}}}", lambda a: f"√({a})" if " " in a else f"√{a}"),
    ),
    "tanh": Operation(
        "m",
        "the hyperbolic tangent of each entry",
        shape=same,
        numpy=np.tanh,
        entry=_function("tanh"),
        adjoint=("g * (1 - out ** 2)",),
        bounds=rising(np.tanh, kept=3),  # (e^x − e^−x) / (e^x + e^−x): the rounded exponentials move it by two units
        sympy=lambda sp, a: sp.tanh(a),
        notation=_called(r"\tanh", "tanh"),
    ),
    "sigmoid": Operation(
        "m",
        "1 / (1 + exp(−x)) of each entry",
        shape=same,
        numpy=lambda a: 1 / (1 + np.exp(-a)),
        entry=_function("sigmoid"),
        adjoint=("g * out * (1 - out)",),
        bounds=rising(lambda a: 1 / (1 + np.exp(-a)), kept=2),  # the rounded exponential moves it by one unit
        sympy=lambda sp, a: 1 / (1 + sp.exp(-a)),
        notation=_called(r"\sigma", "sigmoid"),
    ),
    "relu": Operation(
        "m",
        "each entry where it is positive, else 0",
        shape=same,
        numpy=lambda a: np.maximum(a, 0),
        entry=_function("relu"),
        adjoint=("g * step(a)",),
        bounds=rising(lambda a: np.maximum(a, 0), kept=0),
        sympy=lambda sp, a: sp.Max(a, 0),
    ),
    "step": Operation(
        "m",
        "1 where an entry is positive, else 0",
        shape=same,
        numpy=lambda a: np.where(a > 0, 1.0, 0.0),
        entry=_function("step"),
        adjoint=(None,),
        bounds=rising(lambda a: np.where(a > 0, 1.0, 0.0), kept=0),
        sympy=lambda sp, a: sp.Heaviside(a),
    ),
    "softmax": Operation(
        "m",
        "of each row: exp of every entry over the row's sum of them",
        shape=per_row(keeps_columns=True),
        numpy=_numpy_softmax,
        entry=_softmax_entry,
        adjoint=("out * (g - rowsum(g * out))",),
        bounds=intervals.softmax,
    ),
    "rowsum": Operation(
        "m",
        "the sum of each row, as a column",
        shape=per_row(),
        numpy=lambda a: a.sum(axis=1, keepdims=True),
        entry=lambda i, j, a: _total([a(i, k) for k in range(a.columns)]),
        adjoint=("spread(g, rows, columns)",),
        bounds=rising(lambda a: a.sum(axis=1, keepdims=True)),
        linear=True,
    ),
    "rowmean": Operation(
        "m",
        "the mean of each row, as a column",
        shape=per_row(),
        numpy=lambda a: a.mean(axis=1, keepdims=True),
        entry=lambda i, j, a: _total([a(i, k) for k in range(a.columns)]) / a.columns,
        adjoint=("spread(g / columns, rows, columns)",),
        bounds=intervals.mean(1),
        linear=True,
    ),
    "colsum": Operation(
        "m",
        "the sum of each column, as a row",
        shape=per_column,
        numpy=lambda a: a.sum(axis=0, keepdims=True),
        entry=lambda i, j, a: _total([a(k, j) for k in range(a.rows)]),
        adjoint=("spread(g, rows, columns)",),
        bounds=rising(lambda a: a.sum(axis=0, keepdims=True)),
        linear=True,
    ),
    "sum": Operation(
        "m",
        "the sum of all entries",
        shape=as_scalar,
        numpy=lambda a: a.sum(axis=(0, 1)),
        entry=lambda i, j, a: _total(_all(a)),
        adjoint=("spread(g, rows, columns)",),
        bounds=rising(lambda a: a.sum(axis=(0, 1))),
        linear=True,
    ),
    "mean": Operation(
        "m",
        "the mean of all entries",
        shape=as_scalar,
        numpy=lambda a: a.mean(axis=(0, 1)),
        entry=lambda i, j, a: _total(_all(a)) / (a.rows * a.columns),
        adjoint=("spread(g / (rows * columns), rows, columns)",),
        bounds=intervals.mean((0, 1)),
        linear=True,
    ),
    "norm": Operation(
        "m",
        "the Frobenius norm: the root of the sum of squares",
        shape=as_scalar,
        numpy=lambda a: np.sqrt((a * a).sum(axis=(0, 1))),
        entry=lambda i, j, a: apply("sqrt", _total([x**2 for x in _all(a)])),
        adjoint=("g * a / out",),
        bounds=intervals.norm,
        notation=Notation(lambda a: rf"\lVert {a} \rVert", lambda a: f"‖{a}‖"),
    ),
    "spread": Operation(
        "mss",
        "a scalar, a row or a column repeated to fill rows × columns",
        shape=spread_over,
        numpy=lambda a, rows, columns: np.broadcast_to(a, (rows, columns, a.shape[-1])),
        entry=lambda i, j, a, rows, columns: a(i, j),
        adjoint=("g", None, None),
        bounds=rising(lambda a, rows, columns: np.broadcast_to(a, (rows, columns, a.shape[-1])), kept=0),
        spreads=True,
        linear=True,
    ),
    "row": Operation(
        "mi",
        "one row of a matrix; a negative number counts from the end",
        shape=picked_row,
        numpy=lambda a, i: _picked(a, i, 0),
        entry=lambda i, j, a, k: a(_counted(k(0, 0), a.rows), j),
        adjoint=("place(g, b, rows)", None),
        bounds=rising(lambda a, i: _picked(a, i, 0), kept=0),
        notation=Notation(
            lambda a, i: rf"\text{{{_which(i)} of }}\,{a}", lambda a, i: f"{_which(i)} of {a}"
        ),
        linear=True,
    ),
    "place": Operation(
        "mis",
        "a matrix of zeros but for one row",
        shape=placed_row,
        numpy=_placed,
        entry=lambda i, j, r, k, n: _masked(_delta(_counted(k(0, 0), n), i), r(0, j)),
        adjoint=("row(g, b)", None, None),
        bounds=rising(_placed, kept=0),
        notation=Notation(_placed_latex, lambda r, i, n: f"{r} in the {_which(i)}, 0 elsewhere"),
        linear=True,
    ),
    "entry": Operation(
        "mii",
        "one entry of a matrix",
        shape=picked_entry,
        numpy=lambda a, i, j: _picked(_picked(a, i, 0), j, 1)[0, 0],
        entry=lambda i, j, a, k, m: a(_counted(k(0, 0), a.rows), _counted(m(0, 0), a.columns)),
        adjoint=("place(g * onehot(c, columns), b, rows)", None, None),
        bounds=rising(lambda a, i, j: _picked(_picked(a, i, 0), j, 1)[0, 0], kept=0),
        notation=Notation(_indexed, lambda a, i, j: f"{a}[{i}, {j}]"),
        linear=True,
    ),
    "diag": Operation(
        "m",
        "the square matrix with a row's entries on its diagonal, zero elsewhere",
        shape=as_square_of_row,
        numpy=lambda r: r * np.eye(r.shape[1])[:, :, None],
        entry=lambda i, j, r: _masked(_delta(i, j), r(0, j)),
        adjoint=("colsum(g * diag(spread(1, rows, columns)))",),
        bounds=rising(lambda r: r * np.eye(r.shape[1])[:, :, None], kept=0),
        linear=True,
    ),
    "onehot": Operation(
        "is",
        "a row of zeros with a 1 at an index",
        shape=one_hot,
        numpy=lambda k, n: np.where(np.arange(n)[None, :, None] == np.where(k < 0, k + n, k), 1.0, 0.0),
        entry=lambda i, j, k, n: _delta(_counted(k(0, 0), n), j),
        adjoint=(None, None),
        bounds=lambda keep, k, n: Interval.exact(
            np.where(np.arange(n)[None, :, None] == np.where(k < 0, k + n, k), 1.0, 0.0)
        ),
        notation=Notation(lambda k, n: rf"\mathrm{{onehot}}({k})", lambda k, n: f"onehot({k})"),
    ),
    "delta": Operation(
        "ii",
        "Kronecker's delta: 1 where the two indices are the same, else 0",
        shape=index_equals,
        numpy=lambda i, j: np.where(i == j, 1.0, 0.0),
        entry=lambda i, j, k, m: _delta(k(0, 0), m(0, 0)),
        adjoint=(None, None),
        bounds=lambda keep, i, j: Interval.exact(np.where(i == j, 1.0, 0.0)),
        sympy=lambda sp, i, j: sp.KroneckerDelta(i, j),
        notation=Notation(lambda i, j: rf"\delta_{{{i}, {j}}}", lambda i, j: f"δ({i}, {j})"),
    ),
    "cross_entropy": Operation(
        "mi",
        "−log of one entry of a row of probabilities",
        shape=entry_of_row,
        numpy=lambda p, k: -np.log(_only(p, k)),
        entry=lambda i, j, p, k: -apply("log", p(0, _counted(k(0, 0), p.columns))),
        adjoint=("-(g * onehot(b, columns)) / a", None),
        bounds=_minus_log_of_entry,
        through=(("softmax", "g * (a - onehot(b, columns))"),),
        notation=Notation(
            lambda p, k: rf"-\ln {{{p}}}_{{{k}}}", lambda p, k: f"−ln {p}[{k}]"
        ),
    ),
}
