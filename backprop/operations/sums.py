"""Sums, means and the norm."""

from __future__ import annotations

import numpy as np

from backprop.operations.entry import total
from backprop.operations.printed import Notation
from backprop.operations.record import Known, Operation
from backprop.shapes import ONE, Shape, matrix


def scalar(*shapes: Shape) -> Shape:
    """A scalar, of a matrix."""
    for shape in shapes:
        matrix(shape)
    return ()


def column(a: Shape) -> Shape:
    return (matrix(a)[0], ONE)


# fmt: off
COLSUM_MISTAKES = (
    Known("missing-term", "colsum(a)", "row(a, other)", "one row of {a} was taken; the rows are added up"),
    Known("wrong-scale", "colsum(a)", "colsum(a) / rows", "the mean of the rows of {a} was taken; they are added up"),
)
ROWMEAN_MISTAKES = (
    Known("missing-scale", "rowmean(a)", "rowsum(a)", "the entries of each row were added up; their mean is asked"),
    Known("wrong-scale", "rowmean(a)", "rowsum(a) / (columns - 1)", "each row was divided by one less than its number of entries; here it is the number itself"),
)
SUM_MISTAKES = (Known("wrong-scale", "sum(a)", "mean(a)", "the mean was taken; the entries are added up"),)
MEAN_MISTAKES = (Known("missing-scale", "mean(a)", "sum(a)", "the entries were added up; their mean is asked"),)

OPERATIONS = (
    Operation("rowsum", "the sum of each row, as a column",
        shape=column, values=lambda a: a.sum(axis=1, keepdims=True), entry=lambda i, j, a: total(a.row(i)),
        adjoint=("spread(g, rows, columns)",), aliases=("row_sum",), linear=True),
    Operation("rowmean", "the mean of each row, as a column",
        definition="rowsum(a) / columns", shape=column, adjoint=("spread(g / columns, rows, columns)",),
        aliases=("row_mean",), linear=True, mistakes=ROWMEAN_MISTAKES),
    Operation("colsum", "the sum of each column, as a row",
        shape=lambda a: (ONE, matrix(a)[1]), values=lambda a: a.sum(axis=0, keepdims=True),
        entry=lambda i, j, a: total(a.column(j)), adjoint=("spread(g, rows, columns)",), aliases=("col_sum", "columnsum"),
        linear=True, mistakes=COLSUM_MISTAKES),
    Operation("sum", "the sum of all entries",
        shape=scalar, values=lambda a: np.asarray(a.sum(axis=(0, 1))), entry=lambda i, j, a: total(a.all()),
        along=("colsum(a)", "rowsum(a)"), adjoint=("spread(g, rows, columns)",), linear=True, mistakes=SUM_MISTAKES),
    Operation("mean", "the mean of all entries",
        definition="sum(a) / count", shape=scalar, along=("colsum(a) / rows", "rowmean(a)"),
        adjoint=("spread(g / (rows * columns), rows, columns)",), aliases=("average",), linear=True, mistakes=MEAN_MISTAKES),
    Operation("norm", "the Frobenius norm: the root of the sum of squares",
        definition="sqrt(sum(a ** 2))", shape=scalar, adjoint=("g * a / out",),
        notation=Notation(r"\left\lVert #1 \right\rVert", "‖#1‖", "norm(#1)"),
    ),
)
# fmt: on
