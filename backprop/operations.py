"""The table of operations: one entry each, and everything that is read from it.

An entry says what an operation is in five ways: its shape, its NumPy reading, its entries one by one (which is
what SymPy reads and what the worked arithmetic is printed from), its adjoint, and its bounds. The adjoint is a
line of the language, as a textbook prints it. `handprop check` and the tests prove each against the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from backprop import arrays, intervals, known_mistakes, scalars, shapes
from backprop.expressions import apply
from backprop.intervals import Array, Bounds, exactly, falling, rising
from backprop.known_mistakes import Known
from backprop.printed import Notation, called, infix, placed_latex, placed_typst, quoted, row_of
from backprop.scalars import EntryReading, entrywise
from backprop.shapes import Shape


@dataclass(frozen=True)
class Operation:
    """One operation of the language.

    `takes` has a letter an argument: `m` a matrix or scalar, `i` an index, `s` a size, `p` a number (an exponent).
    `adjoint` has a line an argument, in `a`, `b`, … (the arguments), `out` (the result), `g` (the gradient of the
    result) and `rows`, `columns` (the sizes of `a`); None where there is no gradient. `through` names operations with
    which this one is differentiated together: the line is then the gradient of *their* argument, with `a` their result;
    `shares` is the argument whose rows add up to 1, as its given says, or they are not.
    """

    takes: str
    says: str
    shape: Callable[..., Shape]
    numpy: Callable[..., Array]
    entry: EntryReading
    adjoint: tuple[str | None, ...]
    bounds: Bounds
    sympy: Callable[..., Any] | None = None
    notation: Notation | None = None
    matrices: Notation | None = None  # in its place where every argument is a matrix
    spreads: bool = False  # entrywise over several arguments: scalars, rows and columns are spread to fit
    linear: bool = False  # in its first argument: a factor can be taken out
    through: tuple[tuple[str, str], ...] = ()
    shares: int | None = None
    mistakes: tuple[Known, ...] = ()
    hides: bool = False  # what it was done to: numbers hardly tell, so mistakes are not looked for in its arguments
    open_range: tuple[float, float] | None = None  # nearer the ends than this, nothing is left to be practised
    open_at: Callable[[int, int], bool] = lambda i, j: True  # the entries that this is asked of, from 0
    jumps: bool = False  # at 0, or where two arguments are equal: rounding would decide what comes out, or comes back


OPERATIONS: dict[str, Operation] = {
    "@": Operation(
        "mm",
        "the matrix product: row times column, added up",
        shape=shapes.matrix_product,
        numpy=arrays.matmul,
        entry=lambda i, j, a, b: scalars.total([x * y for x, y in zip(a.row(i), b.column(j), strict=True)]),
        adjoint=("g @ b.T", "a.T @ g"),
        bounds=intervals.matmul,
        notation=Notation(r"#1 \, #2", "#1 · #2", "#1 thin #2"),
    ),
    "*": Operation(
        "mm",
        "the product entry by entry; a scalar, a row or a column is spread to fit",
        shape=shapes.spread_together,
        numpy=np.multiply,
        entry=entrywise(lambda a, b: a * b),
        adjoint=("g * b", "g * a"),
        bounds=intervals.multiply,
        sympy=lambda sp, a, b: a * b,
        notation=Notation(r"#1 \cdot #2", "#1 × #2", "#1 ⋅ #2"),
        matrices=infix(r"\odot", "⊙"),
        spreads=True,
    ),
    "/": Operation(
        "mm",
        "the quotient entry by entry; a scalar, a row or a column is spread to fit",
        shape=shapes.spread_together,
        numpy=np.divide,
        entry=entrywise(lambda a, b: a / b),
        adjoint=("g / b", "-(g * a) / b ** 2"),
        bounds=intervals.divide,
        sympy=lambda sp, a, b: a / b,
        notation=Notation(r"\frac{#1}{#2}", "#1 / #2", "frac(#1, #2)", bar=True),
        matrices=infix(r"\oslash", "⊘"),
        spreads=True,
    ),
    "+": Operation(
        "mm",
        "the sum entry by entry; a scalar, a row or a column is spread to fit",
        shape=shapes.spread_together,
        numpy=np.add,
        entry=entrywise(lambda a, b: a + b),
        adjoint=("g", "g"),
        bounds=intervals.add,
        sympy=lambda sp, a, b: a + b,
        notation=infix("+", "+"),
        spreads=True,
    ),
    "-": Operation(
        "mm",
        "the difference entry by entry; a scalar, a row or a column is spread to fit",
        shape=shapes.spread_together,
        numpy=np.subtract,
        entry=entrywise(lambda a, b: a - b),
        adjoint=("g", "-g"),
        bounds=intervals.subtract,
        sympy=lambda sp, a, b: a - b,
        notation=infix("-", "−"),
        spreads=True,
    ),
    "neg": Operation(
        "m",
        "every sign turned",
        shape=shapes.same,
        numpy=np.negative,
        entry=entrywise(lambda a: -a),
        adjoint=("-g",),
        bounds=falling(np.negative, kept=0),
        sympy=lambda sp, a: -a,
        notation=Notation("-#1", "−#1", "-#1"),
        linear=True,
    ),
    "**": Operation(
        "mp",
        "every entry to a power",
        shape=lambda a, k: a,
        numpy=np.power,
        entry=lambda i, j, a, k: a(i, j) ** k(0, 0),
        adjoint=("b * a ** (b - 1) * g", None),
        bounds=intervals.power,
        sympy=lambda sp, a, k: a**k,
        notation=Notation("{#1}^{#2}", "#1^#2", "#1^(#2)"),
    ),
    ".T": Operation(
        "m",
        "the transpose: rows become columns",
        shape=shapes.transposed,
        numpy=arrays.transpose,
        entry=lambda i, j, a: a(j, i),
        adjoint=("g.T",),
        bounds=rising(arrays.transpose, kept=0),
        notation=Notation(r"#1^{\top}", "#1ᵀ", "#1^⊤"),
    ),
    "exp": Operation(
        "m",
        "e to the power of each entry",
        shape=shapes.same,
        numpy=np.exp,
        entry=scalars.function("exp"),
        adjoint=("g * out",),
        bounds=rising(np.exp),
        sympy=lambda sp, a: sp.exp(a),
        notation=called("exp", r"\exp", "exp"),
    ),
    "log": Operation(
        "m",
        "the natural logarithm of each entry",
        shape=shapes.same,
        numpy=np.log,
        entry=scalars.function("log"),
        adjoint=("g / a",),
        bounds=intervals.logarithm,
        sympy=lambda sp, a: sp.log(a),
        notation=called("ln", r"\ln", "ln"),
        mistakes=known_mistakes.LOG,
    ),
    "sqrt": Operation(
        "m",
        "the square root of each entry",
        shape=shapes.same,
        numpy=np.sqrt,
        entry=scalars.function("sqrt"),
        adjoint=("g / (2 * out)",),
        bounds=rising(arrays.root),
        sympy=lambda sp, a: sp.sqrt(a),
        notation=Notation(r"\sqrt{#1}", lambda a: f"√({a})" if " " in a else f"√{a}", "sqrt(#1)"),
    ),
    "tanh": Operation(
        "m",
        "the hyperbolic tangent of each entry",
        shape=shapes.same,
        numpy=np.tanh,
        entry=scalars.function("tanh"),
        adjoint=("g * (1 - out ** 2)",),
        bounds=rising(np.tanh, kept=3),  # (e^x − e^−x) / (e^x + e^−x): the rounded exponentials move it by two units
        sympy=lambda sp, a: sp.tanh(a),
        notation=called("tanh", r"\tanh", "tanh"),
        mistakes=known_mistakes.TANH,
    ),
    "sigmoid": Operation(
        "m",
        "1 / (1 + exp(−x)) of each entry",
        shape=shapes.same,
        numpy=arrays.sigmoid,
        entry=scalars.function("sigmoid"),
        adjoint=("g * out * (1 - out)",),
        bounds=rising(arrays.sigmoid, kept=2),  # the rounded exponential moves it by one unit
        sympy=lambda sp, a: 1 / (1 + sp.exp(-a)),
        notation=called("sigmoid", r"\sigma", "σ"),
        mistakes=known_mistakes.SIGMOID,
    ),
    "relu": Operation(
        "m",
        "each entry where it is positive, else 0",
        shape=shapes.same,
        numpy=arrays.relu,
        entry=scalars.function("relu"),
        adjoint=("g * step(a)",),
        bounds=rising(arrays.relu, kept=0),
        sympy=lambda sp, a: sp.Max(a, 0),
        jumps=True,
        mistakes=known_mistakes.RELU,
    ),
    "maximum": Operation(
        "mm",
        "the larger of two, entry by entry; a scalar, a row or a column is spread to fit",
        shape=shapes.spread_together,
        numpy=np.maximum,
        entry=scalars.function("maximum"),
        adjoint=("g * step(a - b)", "g * step(b - a)"),
        bounds=rising(np.maximum, kept=0),
        sympy=lambda sp, a, b: sp.Max(a, b),
        notation=Notation(r"\max\left(#1, #2\right)", "max(#1, #2)", "max(#1, #2)"),
        spreads=True,
        jumps=True,
        hides=True,
        mistakes=known_mistakes.MAXIMUM,
    ),
    "step": Operation(
        "m",
        "1 where an entry is positive, else 0",
        shape=shapes.same,
        numpy=arrays.step,
        entry=scalars.function("step"),
        adjoint=(None,),
        bounds=rising(arrays.step, kept=0),
        sympy=lambda sp, a: sp.Heaviside(a),
        jumps=True,
        hides=True,
    ),
    "softmax": Operation(
        "m",
        "of each row: exp of every entry over the row's sum of them",
        shape=shapes.per_row(keeps_columns=True),
        numpy=arrays.softmax,
        entry=scalars.softmax,
        adjoint=("out * (g - rowsum(g * out))",),
        bounds=intervals.softmax,
        open_range=(0.02, 0.95),
        mistakes=known_mistakes.SOFTMAX,
    ),
    "causal_softmax": Operation(
        "m",
        "softmax of each row up to the diagonal; 0 to the right of it",
        shape=shapes.square,
        numpy=arrays.causal_softmax,
        entry=scalars.causal_softmax,
        adjoint=("out * (g - rowsum(g * out))",),
        bounds=intervals.causal_softmax,
        notation=called("causal_softmax", r"\mathrm{softmax}_{\text{causal}}", 'op("softmax")_"causal"'),
        open_range=(0.02, 0.95),
        open_at=lambda i, j: j <= i > 0,  # the first row is 1 and zeros whatever the numbers
        mistakes=known_mistakes.CAUSAL_SOFTMAX,
    ),
    "rowsum": Operation(
        "m",
        "the sum of each row, as a column",
        shape=shapes.per_row(),
        numpy=arrays.row_sum,
        entry=lambda i, j, a: scalars.total(a.row(i)),
        adjoint=("spread(g, rows, columns)",),
        bounds=rising(arrays.row_sum),
        linear=True,
    ),
    "rowmean": Operation(
        "m",
        "the mean of each row, as a column",
        shape=shapes.per_row(),
        numpy=lambda a: a.mean(axis=1, keepdims=True),
        entry=lambda i, j, a: scalars.total(a.row(i)) / a.columns,
        adjoint=("spread(g / columns, rows, columns)",),
        bounds=intervals.mean(1),
        linear=True,
        mistakes=known_mistakes.ROWMEAN,
    ),
    "colsum": Operation(
        "m",
        "the sum of each column, as a row",
        shape=shapes.per_column,
        numpy=arrays.column_sum,
        entry=lambda i, j, a: scalars.total(a.column(j)),
        adjoint=("spread(g, rows, columns)",),
        bounds=rising(arrays.column_sum),
        linear=True,
        mistakes=known_mistakes.COLSUM,
    ),
    "sum": Operation(
        "m",
        "the sum of all entries",
        shape=shapes.as_scalar,
        numpy=arrays.total,
        entry=lambda i, j, a: scalars.total(a.all()),
        adjoint=("spread(g, rows, columns)",),
        bounds=rising(arrays.total),
        linear=True,
        mistakes=known_mistakes.SUM,
    ),
    "mean": Operation(
        "m",
        "the mean of all entries",
        shape=shapes.as_scalar,
        numpy=lambda a: a.mean(axis=(0, 1)),
        entry=lambda i, j, a: scalars.total(a.all()) / (a.rows * a.columns),
        adjoint=("spread(g / (rows * columns), rows, columns)",),
        bounds=intervals.mean((0, 1)),
        linear=True,
        mistakes=known_mistakes.MEAN,
    ),
    "norm": Operation(
        "m",
        "the Frobenius norm: the root of the sum of squares",
        shape=shapes.as_scalar,
        numpy=lambda a: np.sqrt(arrays.total(a * a)),
        entry=lambda i, j, a: apply("sqrt", scalars.total([x**2 for x in a.all()])),
        adjoint=("g * a / out",),
        bounds=intervals.norm,
        notation=Notation(r"\left\lVert #1 \right\rVert", "‖#1‖", "norm(#1)"),
    ),
    "spread": Operation(
        "mss",
        "a scalar, a row or a column repeated to fill rows × columns",
        shape=shapes.spread_over,
        numpy=arrays.spread,
        entry=lambda i, j, a, rows, columns: a(i, j),
        adjoint=("g", None, None),
        bounds=rising(arrays.spread, kept=0),
        spreads=True,
        linear=True,
    ),
    "row": Operation(
        "mi",
        "one row of a matrix; a negative number counts from the end",
        shape=shapes.picked_row,
        numpy=arrays.row,
        entry=lambda i, j, a, k: a(k.counted(a.rows), j),
        adjoint=("place(g, b, rows)", None),
        bounds=rising(arrays.row, kept=0),
        notation=Notation(
            lambda a, i: rf"\text{{{row_of(i)} of }}\,{a}",
            lambda a, i: f"{row_of(i)} of {a}",
            lambda a, i: f"{quoted(row_of(i) + ' of')} {a}",
        ),
        linear=True,
        mistakes=known_mistakes.ROW,
    ),
    "place": Operation(
        "mis",
        "a matrix of zeros but for one row",
        shape=shapes.placed_row,
        numpy=arrays.place,
        entry=lambda i, j, r, k, n: scalars.masked(scalars.delta(k.counted(n), i), r(0, j)),
        adjoint=("row(g, b)", None, None),
        bounds=rising(arrays.place, kept=0),
        notation=Notation(placed_latex, lambda r, i, n: f"{r} in the {row_of(i)}, 0 elsewhere", placed_typst),
        linear=True,
        mistakes=known_mistakes.PLACE,
    ),
    "entry": Operation(
        "mii",
        "one entry of a matrix",
        shape=shapes.picked_entry,
        numpy=arrays.entry,
        entry=lambda i, j, a, k, m: a(k.counted(a.rows), m.counted(a.columns)),
        adjoint=("place(g * onehot(c, columns), b, rows)", None, None),
        bounds=rising(arrays.entry, kept=0),
        notation=Notation("{#1}_{#2, #3}", "#1[#2, #3]", "#1_(#2, #3)"),
        linear=True,
    ),
    "diag": Operation(
        "m",
        "the square matrix with a row's entries on its diagonal, zero elsewhere",
        shape=shapes.as_square_of_row,
        numpy=arrays.diagonal,
        entry=lambda i, j, r: scalars.masked(scalars.delta(i, j), r(0, j)),
        adjoint=("colsum(g * diag(spread(1, rows, columns)))",),
        bounds=rising(arrays.diagonal, kept=0),
        linear=True,
    ),
    "onehot": Operation(
        "is",
        "a row of zeros with a 1 at an index",
        shape=shapes.one_hot,
        numpy=arrays.one_hot,
        entry=lambda i, j, k, n: scalars.delta(k.counted(n), j),
        adjoint=(None, None),
        bounds=exactly(arrays.one_hot),
        notation=called("onehot"),
    ),
    "delta": Operation(
        "ii",
        "Kronecker's delta: 1 where the two indices are the same, else 0",
        shape=shapes.index_equals,
        numpy=arrays.delta,
        entry=lambda i, j, k, m: scalars.delta(k(0, 0), m(0, 0)),
        adjoint=(None, None),
        bounds=exactly(arrays.delta),
        sympy=lambda sp, i, j: sp.KroneckerDelta(i, j),
        notation=Notation(r"\delta_{#1, #2}", "δ(#1, #2)", "δ_(#1, #2)"),
    ),
    "cross_entropy": Operation(
        "mi",
        "−log of one entry of a row of probabilities",
        shape=shapes.entry_of_row,
        numpy=lambda p, k: -np.log(arrays.entry_of_row(p, k)),
        entry=lambda i, j, p, k: -apply("log", p(0, k.counted(p.columns))),
        adjoint=("-(g * onehot(b, columns)) / a", None),
        bounds=intervals.minus_logarithm(arrays.entry_of_row),
        through=(("softmax", "g * (a - onehot(b, columns))"),),
        notation=Notation(r"-\ln {#1}_{#2}", "−ln #1[#2]", "-ln #1_(#2)"),
        mistakes=known_mistakes.CROSS_ENTROPY,
    ),
    "mean_cross_entropy": Operation(
        "mm",
        "the mean over the rows of −log of the probability where the second matrix, one-hot, has its 1",
        shape=shapes.as_scalar_of_alike,
        numpy=arrays.mean_cross_entropy,
        entry=scalars.mean_cross_entropy,
        adjoint=("-(g * b) / (rows * a)", "-(g * log(a)) / rows"),
        bounds=intervals.mean_cross_entropy,
        through=(("softmax", "g * (a - b) / rows"),),
        shares=1,
        notation=Notation(
            r"\text{mean over the rows of } -\ln {#1} \text{ where } #2 = 1",
            "mean over the rows of −ln #1 where #2 = 1",
            '"mean over the rows of " -ln #1 " where " #2 = 1',
        ),
        mistakes=known_mistakes.MEAN_CROSS_ENTROPY,
    ),
}
