"""The entry reading: one entry of a matrix expression, as an expression of scalars.

`Q @ K.T` at row 1, column 2 is `entry(Q, 0, 0) * entry(K, 1, 0) + entry(Q, 0, 1) * entry(K, 1, 1)`. What is left are
about a dozen functions of scalars. SymPy reads entries, and the worked arithmetic is printed from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backprop.evaluate import size_value, written_out
from backprop.expressions import Apply, Expression, Name, apply, number, rebuild
from backprop.operations import OPERATIONS
from backprop.operations.entry import Entries
from backprop.operations.picking import leaf
from backprop.operations.record import MATRIX, SIZE, Argument
from backprop.scope import Scope, shape_of


def entry_of(
    expression: Expression, i: int, j: int, scope: Scope, known: Mapping[str, int] | None = None
) -> Expression:
    """Entry i, j (from 0) of an expression; a scalar's only entry is 0, 0.

    `known` are indices whose value is known; others stay symbols, under Kronecker's delta.
    """
    if known:
        expression = _with_indices(expression, known)
    return _Expansion(scope).entries(expression)(i, j)


def cells(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """The places of a matrix, row by row; a scalar has one."""
    rows, columns = shape or (1, 1)
    return ((i, j) for i in range(rows) for j in range(columns))


class _Expansion:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def entries(self, expression: Expression) -> Entries:
        shape = shape_of(expression, self.scope)
        rows, columns = (int(s) for s in shape) if shape else (1, 1)

        def at(i: Expression, j: Expression) -> Expression:
            # A row, a column or a scalar that is spread has one place along that axis.
            return self._at(expression, number(0) if rows == 1 else i, number(0) if columns == 1 else j, shape)

        return Entries(at, rows, columns)

    def _at(self, expression: Expression, i: Expression, j: Expression, shape: tuple[int, ...]) -> Expression:
        match expression:
            case Name(id) if id in self.scope.shapes:
                return leaf(id, shape, i, j)
            case Apply(name, arguments):
                operation = OPERATIONS[name]
                if operation.entry is None and not operation.is_entrywise:
                    first = shape_of(arguments[0], self.scope)
                    return self.entries(written_out(operation, arguments, first)).at(i, j)
                read = [self._argument(kind, a) for kind, a in zip(operation.takes, arguments, strict=True)]
                if operation.entry is None:
                    return apply(name, *(a(i, j) for a in read))  # type: ignore[operator]
                return operation.entry(i, j, *read)
        return expression

    def _argument(self, kind: Argument, argument: Expression) -> Entries | int:
        if kind == MATRIX:
            return self.entries(argument)
        if kind == SIZE:
            return size_value(argument, self.scope.sizes)
        return Entries(lambda i, j: argument, 1, 1)


def _with_indices(expression: Expression, known: Mapping[str, int]) -> Expression:
    if isinstance(expression, Name) and expression.id in known:
        return number(known[expression.id])
    return rebuild(expression, lambda part: _with_indices(part, known))
