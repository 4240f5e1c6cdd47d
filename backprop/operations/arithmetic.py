"""Arithmetic: products, quotients, sums, powers, the transpose."""

from __future__ import annotations

import operator as python

import numpy as np

from backprop.errors import ExpressionError
from backprop.expressions import Expression
from backprop.operations import edits, simplification
from backprop.operations.entry import Entries, total
from backprop.operations.printed import Notation, infix
from backprop.operations.record import (
    ATOM,
    EXPONENT,
    MATRIX,
    NEGATION,
    POWER,
    PRODUCT,
    SUM,
    Operation,
    Operator,
)
from backprop.rounding import Array, Interval, Rounding
from backprop.shapes import Shape, describe

# The matrix product.


def shape_of_product(a: Shape, b: Shape) -> Shape:
    for position, shape in enumerate((a, b)):
        if not shape:
            raise ExpressionError(f"@ multiplies matrices, and {{{position}}} is a scalar: a scalar multiplies with *")
    if a[1] != b[0]:
        raise ExpressionError(
            f"the sizes do not fit: {{0}} is {describe(a)} and {{1}} is {describe(b)}; "
            f"in A @ B, A has as many columns as B has rows"
        )
    return (a[0], b[1])


def matrix_product(a: Array, b: Array) -> Array:
    # A loop over the short inner axis keeps the long batch axis last, where NumPy runs through memory in order.
    return np.asarray(sum(a[:, k, None] * b[None, k] for k in range(a.shape[1])))


def bounds_of_product(rounding: Rounding, a: Interval, b: Interval) -> Interval:
    """Each product is kept, then added up."""
    columns, rows = a.map(lambda x: x[:, :, None]), b.map(lambda x: x[None])
    return rounding.kept(multiply(rounding, columns, rows), "product").map(lambda x: x.sum(axis=1))


def entry_of_product(i: Expression, j: Expression, a: Entries, b: Entries) -> Expression:
    return total([x * y for x, y in zip(a.row(i), b.column(j), strict=True)])


# Bounds of what neither rises nor falls throughout.


def multiply(rounding: Rounding, a: Interval, b: Interval) -> Interval:
    lows, highs = (a.low * b.low, a.low * b.high), (a.high * b.low, a.high * b.high)
    low, high = (pick(pick(*lows), pick(*highs)) for pick in (np.minimum, np.maximum))
    return Interval(low, high)


def _inverse(b: Interval) -> Interval:
    across = (b.low <= 0) & (b.high >= 0)
    return Interval(np.where(across, -np.inf, 1 / b.high), np.where(across, np.inf, 1 / b.low))


def divide(rounding: Rounding, a: Interval, b: Interval) -> Interval:
    """a / b; of what divides many entries (√d_k, a row's σ) some keep the reciprocal: both ways are covered."""
    inverse = _inverse(b)
    direct = multiply(rounding, a, inverse)
    one_by_one = a.low.ndim == b.low.ndim > 1 and a.low.shape[:-1] == b.low.shape[:-1]
    return direct if one_by_one else direct.hull(multiply(rounding, a, rounding.kept(inverse, "reciprocal")))


def power(rounding: Rounding, a: Interval, exponent: Array) -> Interval:
    """a ** k for a number k: whole powers by products, each kept, or by squares; others where a is positive."""
    k = float(exponent.flat[0])
    if k < 0:
        return _inverse(rounding.kept(power(rounding, a, -exponent), "lower power"))
    if k != int(k):
        return a.map(lambda x: np.maximum(x, 0) ** k)
    if k < 2:
        return a if k else Interval.exact(np.ones_like(a.low))
    if k == 2:
        ends, across = (a.low**2, a.high**2), (a.low <= 0) & (a.high >= 0)
        return Interval(np.where(across, 0, np.minimum(*ends)), np.maximum(*ends))
    found = multiply(rounding, a, rounding.kept(power(rounding, a, exponent - 1), "lower power"))
    if k % 2:
        return found
    return found.hull(power(rounding, rounding.kept(power(rounding, a, exponent / 2), "lower power"), np.array([2.0])))


SPREAD = "; a scalar, a row or a column is spread to fit"

# fmt: off
OPERATIONS = (
    Operation("@", "the matrix product: row times column, added up",
        takes=(MATRIX, MATRIX), shape=shape_of_product, values=matrix_product, entry=entry_of_product,
        adjoint=("g @ b.T", "a.T @ g"), bounds=bounds_of_product, operator=Operator("#1 @ #2", PRODUCT, "MatMult"),
        notation=Notation(r"#1 \, #2", "#1 · #2", "#1 thin #2"), simplified=simplification.matrix_product,
        edits=edits.of_matrix_product),
    Operation("*", f"the product entry by entry{SPREAD}",
        takes=(MATRIX, MATRIX), values=python.mul, adjoint=("g * b", "g * a"), bounds=multiply,
        sympy=lambda sp, a, b: a * b, operator=Operator("#1 * #2", PRODUCT, "Mult"), says_itself=True,
        notation=Notation(r"#1 \cdot #2", "#1 × #2", "#1 ⋅ #2"), matrices=infix(r"\odot", "⊙"), simplified=simplification.multiply,
        edits=edits.of_product),
    Operation("/", f"the quotient entry by entry{SPREAD}",
        takes=(MATRIX, MATRIX), values=python.truediv, adjoint=("g / b", "-(g * a) / b ** 2"), bounds=divide,
        sympy=lambda sp, a, b: a / b, operator=Operator("#1 / #2", PRODUCT, "Div"), says_itself=True,
        notation=Notation(r"\frac{#1}{#2}", "#1 / #2", "frac(#1, #2)", bar=True), matrices=infix(r"\oslash", "⊘"),
        simplified=simplification.divide, edits=edits.of_quotient),
    Operation("+", f"the sum entry by entry{SPREAD}",
        takes=(MATRIX, MATRIX), values=python.add, adjoint=("g", "g"), sympy=lambda sp, a, b: a + b,
        operator=Operator("#1 + #2", SUM, "Add"), says_itself=True, notation=infix("+", "+"), simplified=simplification.add,
        edits=edits.of_sum),
    Operation("-", f"the difference entry by entry{SPREAD}",
        takes=(MATRIX, MATRIX), values=python.sub, adjoint=("g", "-g"), falls=(1,), sympy=lambda sp, a, b: a - b,
        operator=Operator("#1 - #2", SUM, "Sub"), says_itself=True, notation=infix("-", "−"), simplified=simplification.subtract,
        edits=edits.of_difference),
    Operation("neg", "every sign turned",
        values=python.neg, adjoint=("-g",), falls=(0,), sympy=lambda sp, a: -a, operator=Operator("-#1", NEGATION, "USub"),
        says_itself=True, notation=Notation("-#1", "−#1", "-#1"), simplified=simplification.negate, moves=True,
    ),
    Operation("**", "every entry to a power",
        takes=(MATRIX, EXPONENT), shape=lambda a, k: a, values=np.power, entry=lambda i, j, a, k: a(i, j) ** k(0, 0),
        adjoint=("b * a ** (b - 1) * g", None), bounds=power, sympy=lambda sp, a, k: a**k,
        operator=Operator("#1 ** #2", POWER, "Pow"), says_itself=True,
        notation=Notation("{#1}^{#2}", "#1^#2", "#1^(#2)", superscript=True), simplified=simplification.power,
    ),
    Operation(".T", "the transpose: rows become columns",
        shape=lambda a: tuple(reversed(a)), values=lambda a: np.swapaxes(a, 0, 1) if a.ndim > 1 else a,
        entry=lambda i, j, a: a(j, i), adjoint=("g.T",), operator=Operator("#1.T", ATOM, "T"), says_itself=True,
        notation=Notation(r"#1^{\top}", "#1ᵀ", "#1^⊤", superscript=True), simplified=simplification.transpose,
        edits=edits.of_transpose, moves=True),
)
# fmt: on
