"""Shapes: `()` for a scalar, `(rows, columns)` for a matrix; a row vector has one row."""

from __future__ import annotations

from backprop.errors import ExpressionError
from backprop.expressions import Expression, Name, number


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


def describe(shape: tuple[int, ...]) -> str:
    """A shape for a reader: "2×3 (n×d)", "a scalar"."""
    if not shape:
        return "a scalar"
    sizes = "×".join(str(int(s)) for s in shape)
    named = "×".join(str(s) for s in shape)
    return sizes if named == sizes else f"{sizes} ({named})"


# What the operations' own rules are built from. An error speaks of {operation}, and of its arguments as {0}, {1}.


def spread_together(*shapes: Shape) -> Shape:
    """Entry by entry: equal shapes, or one is a scalar, a row or a column that is spread to fit."""
    whole: Shape = ()
    for shape in shapes:
        if not whole or not shape:
            whole = whole or shape
            continue
        if any(x != y and 1 not in (x, y) for x, y in zip(whole, shape, strict=True)):
            raise ExpressionError(
                f"the sizes do not fit: {{0}} is {describe(shapes[0])} and {{1}} is {describe(shapes[1])}; entry by "
                "entry, they are equal, or one is a scalar, a row or a column that is spread"
            )
        whole = tuple(x if (x > y or (x == y and x.name)) else y for x, y in zip(whole, shape, strict=True))
    return whole


def matrix(a: Shape, position: int = 0) -> Shape:
    """A shape that is no scalar's."""
    if not a:
        raise ExpressionError(f"{{operation}} is of a matrix; {{{position}}} is a scalar")
    return a


def row(a: Shape) -> Shape:
    """A row's shape, 1×n."""
    if matrix(a)[0] != 1:
        raise ExpressionError(f"{{operation}} is of a row (1×n); {{0}} is {describe(a)}")
    return a


def check_index(index: int, count: Size, what: str) -> None:
    """An index fits where each of its values names a row (or an entry) that is there; `what` is what it picks."""
    if isinstance(index, Size):
        if index > count:
            raise ExpressionError(f"the index runs over {_counted(index)}, and there are {_counted(count)} {what}")
    elif not -count <= index < count:
        one = {"rows": "row", "columns": "column", "entries": "entry"}[what]
        raise ExpressionError(f"there is no {one} {index}: the {what} are 0 to {int(count) - 1}, or −1 for the last")


def _counted(count: Size) -> str:
    return f"{count.name} = {int(count)}" if count.name else str(int(count))
