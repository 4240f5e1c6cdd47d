"""What entry readings are built from: matrices as entries, each an expression of scalars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

from backprop.expressions import Expression, Number, apply, number

EntryReading = Callable[..., Expression]
"""`entry(i, j, *arguments)`: entry i, j of an operation's result, from the entries of its arguments."""


@dataclass(frozen=True)
class Entries:
    """A matrix as its entries: `a(i, j)` is an expression for entry i, j, counted from 0; a scalar's is `a(0, 0)`."""

    at: Callable[[Expression, Expression], Expression]
    rows: int
    columns: int

    def __call__(self, i: Expression | int, j: Expression | int) -> Expression:
        return self.at(number(i) if isinstance(i, int) else i, number(j) if isinstance(j, int) else j)

    def row(self, i: Expression | int) -> list[Expression]:
        return [self(i, k) for k in range(self.columns)]

    def column(self, j: Expression | int) -> list[Expression]:
        return [self(k, j) for k in range(self.rows)]

    def all(self) -> list[Expression]:
        return [entry for i in range(self.rows) for entry in self.row(i)]

    def counted(self, count: int) -> Expression:
        """An argument that is an index, counted from the start."""
        i = self(0, 0)
        return number(i.value + count) if isinstance(i, Number) and i.value < 0 else i


def total(terms: Sequence[Expression]) -> Expression:
    return reduce(lambda a, b: a + b, terms)


def delta(i: Expression, j: Expression) -> Expression:
    """Kronecker's delta of two indices; a number where both are known."""
    if isinstance(i, Number) and isinstance(j, Number):
        return number(int(i.value == j.value))
    return apply("delta", i, j)


def masked(delta: Expression, value: Expression) -> Expression:
    """A value where a delta is 1, else 0."""
    if isinstance(delta, Number):
        return value if delta.value else delta
    return delta * value


def by_cases(i: Expression, count: int, of: Callable[[int], Expression]) -> Expression:
    """What depends on an index: where its value is not known, a sum over all that it can have."""
    if isinstance(i, Number):
        return of(int(i.value))
    return total([masked(delta(i, number(value)), of(value)) for value in range(count)])
