"""Shapes, and the rule that each operation has for them.

A shape is `()` for a scalar, `(rows, columns)` for a matrix; a row vector has one row.
"""

from __future__ import annotations

from collections.abc import Callable

from backprop.expressions import Expression, ExpressionError, Name, number


class Size(int):
    """A number of rows or columns that remembers the name it was given, so that derived lines can print it."""

    name: str

    def __new__(cls, value: int, name: str = "") -> Size:
        size = super().__new__(cls, value)
        size.name = name
        return size

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]
        return int(self), self.name

    def __str__(self) -> str:
        return self.name or str(int(self))

    @property
    def expression(self) -> Expression:
        return Name(self.name) if self.name else number(int(self))


Shape = tuple[Size, ...]
ONE = Size(1)
SINGULAR = {"rows": "row", "columns": "column", "entries": "entry"}


def describe(shape: tuple[int, ...]) -> str:
    """A shape for a reader: "2×3 (n×d)", "a scalar"."""
    if not shape:
        return "a scalar"
    sizes = "×".join(str(int(s)) for s in shape)
    named = "×".join(str(s) for s in shape)
    return sizes if named == sizes else f"{sizes} ({named})"


# The rules of the operations. Each raises ExpressionError with {0}, {1} for its arguments.


def same(a: Shape) -> Shape:
    return a


def _matrix(a: Shape, position: int = 0) -> Shape:
    if not a:
        raise ExpressionError(f"{{operation}} is of a matrix; {{{position}}} is a scalar")
    return a


def matrix_product(a: Shape, b: Shape) -> Shape:
    for position, shape in enumerate((a, b)):
        if not shape:
            raise ExpressionError(f"@ multiplies matrices, and {{{position}}} is a scalar: a scalar multiplies with *")
    if a[1] != b[0]:
        raise ExpressionError(
            f"the sizes do not fit: {{0}} is {describe(a)} and {{1}} is {describe(b)}; "
            f"in A @ B, A has as many columns as B has rows"
        )
    return (a[0], b[1])


def spread_together(a: Shape, b: Shape) -> Shape:
    if not a or not b:
        return a or b
    sizes = []
    for x, y in zip(a, b, strict=True):
        if x != y and 1 not in (x, y):
            raise ExpressionError(
                f"the sizes do not fit: {{0}} is {describe(a)} and {{1}} is {describe(b)}; entry by entry, they are "
                f"equal, or one is a scalar, a row or a column that is spread"
            )
        sizes.append(x if (x > y or (x == y and x.name)) else y)
    return tuple(sizes)


def transposed(a: Shape) -> Shape:
    return tuple(reversed(a))


def per_row(keeps_columns: bool = False) -> Callable[[Shape], Shape]:
    def shape(a: Shape) -> Shape:
        return _matrix(a) if keeps_columns else (_matrix(a)[0], ONE)

    return shape


def per_column(a: Shape) -> Shape:
    return (ONE, _matrix(a)[1])


def as_scalar(a: Shape) -> Shape:
    _matrix(a)
    return ()


def square(a: Shape) -> Shape:
    if _matrix(a)[0] != a[1]:
        raise ExpressionError(f"{{operation}} is of a square matrix; {{0}} is {describe(a)}")
    return a


def as_scalar_of_alike(a: Shape, b: Shape) -> Shape:
    if _matrix(a) != _matrix(b, 1):
        raise ExpressionError(
            f"{{operation}} is of two matrices of the same size; {{0}} is {describe(a)} and {{1}} is {describe(b)}"
        )
    return ()


def spread_over(a: Shape, rows: Size, columns: Size) -> Shape:
    for own, asked in zip(a, (rows, columns), strict=False):
        if own not in (1, asked):
            raise ExpressionError(f"{{0}} is {describe(a)} and cannot be spread over {describe((rows, columns))}")
    return (rows, columns)


def _within(index: int, count: Size, what: str) -> None:
    """An index fits where each of its values names a row (or an entry) that is there."""
    if isinstance(index, Size):
        if index > count:
            raise ExpressionError(
                f"the index runs over {describe_count(index)}, and there are {describe_count(count)} {what}"
            )
    elif not -count <= index < count:
        raise ExpressionError(
            f"there is no {SINGULAR[what]} {index}: the {what} are 0 to {int(count) - 1}, or −1 for the last"
        )


def describe_count(count: Size) -> str:
    return f"{count.name} = {int(count)}" if count.name else str(int(count))


def picked_row(a: Shape, i: int) -> Shape:
    _within(i, _matrix(a)[0], "rows")
    return (ONE, a[1])


def placed_row(r: Shape, i: int, n: Size) -> Shape:
    _only_row(r)
    _within(i, n, "rows")
    return (n, r[1])


def picked_entry(a: Shape, i: int, j: int) -> Shape:
    _within(i, _matrix(a)[0], "rows")
    _within(j, a[1], "columns")
    return ()


def entry_of_row(p: Shape, k: int) -> Shape:
    _only_row(p)
    _within(k, p[1], "entries")
    return ()


def _only_row(r: Shape) -> None:
    if _matrix(r)[0] != 1:
        raise ExpressionError(f"{{operation}} is of a row (1×n); {{0}} is {describe(r)}")


def as_square_of_row(r: Shape) -> Shape:
    _only_row(r)
    return (r[1], r[1])


def one_hot(k: int, n: Size) -> Shape:
    _within(k, n, "entries")
    return (ONE, n)


def index_equals(i: int, j: int) -> Shape:
    return ()
