"""The shape reading: the size of each line, and an error that names both sizes where they do not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from backprop.errors import ExpressionError
from backprop.expressions import Apply, Expression, Name, Number
from backprop.operations import OPERATIONS
from backprop.operations.record import EXPONENT, INDEX, MATRIX, SIZE, Argument
from backprop.shapes import Shape, Size
from backprop.writing import text

MOST_POWER = 12


@dataclass(frozen=True)
class Scope:
    """What names mean where a line is read: shapes of quantities, values of sizes, ranges of indices."""

    shapes: Mapping[str, Shape] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    indices: Mapping[str, Size] = field(default_factory=dict)

    def with_shape(self, name: str, shape: Shape) -> Scope:
        return Scope({**self.shapes, name: shape}, self.sizes, self.indices)

    def known(self) -> list[str]:
        return [*self.shapes, *self.indices, *self.sizes]


def shape_of(expression: Expression, scope: Scope) -> Shape:
    """The shape of an expression's value.

    Raises ExpressionError, with the place, where a name is unknown or two shapes do not fit.
    """
    match expression:
        case Number():
            return ()
        case Name(id, span):
            if id in scope.shapes:
                return scope.shapes[id]
            if id in scope.sizes:
                return ()
            if id in scope.indices:
                raise ExpressionError(
                    f"{id} is an index: it picks a row or an entry, and is no quantity to calculate with", span=span
                )
            raise ExpressionError(_unknown(id, scope), span=span)
        case Apply(operation, arguments, span):
            entry = OPERATIONS[operation]
            read = [_READ[kind](a, scope) for kind, a in zip(entry.takes, arguments, strict=True)]
            try:
                return entry.shape(*read)
            except ExpressionError as error:
                raise ExpressionError(_fill(error.reason, arguments, operation), span=error.span or span) from None


def _fill(reason: str, arguments: tuple[Expression, ...], operation: str) -> str:
    """Shape rules speak of their arguments as {0}, {1}; this puts in what was written there."""
    for i, argument in enumerate(arguments):
        reason = reason.replace(f"{{{i}}}", text(argument))
    return reason.replace("{operation}", operation)


def _unknown(name: str, scope: Scope) -> str:
    near = get_close_matches(name, scope.known(), 1)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(scope.known()) or 'nothing yet'}"
    return f"{name} is not given, and no line before this one works it out; {hint}"


def _read_index(argument: Expression, scope: Scope) -> int:
    """A whole number for a literal index, a Size (its range) for a given one."""
    match argument:
        case Number(value) if value.denominator == 1:
            return int(value)
        case Name(id) if id in scope.indices:
            return scope.indices[id]
        case Name(id, span) if id not in scope.shapes and id not in scope.sizes:
            raise ExpressionError(_unknown(id, scope), span=span)
    raise ExpressionError(
        f"{text(argument)} is used as an index: a whole number, or a given with {{ index = … }}",
        span=argument.span,
    )


def _read_size(argument: Expression, scope: Scope) -> Size:
    match argument:
        case Number(value) if value.denominator == 1 and 1 <= value <= 64:
            return Size(int(value))
        case Name(id) if id in scope.sizes:
            return Size(scope.sizes[id], id)
    raise ExpressionError(
        f"{text(argument)} is used as a size: a name from [sizes], or a whole number up to 64", span=argument.span
    )


def _read_exponent(argument: Expression, scope: Scope) -> float:
    match argument:
        case Number(value) if abs(value) <= MOST_POWER:
            return float(value)
    raise ExpressionError(f"an exponent is a number from −{MOST_POWER} to {MOST_POWER}", span=argument.span)


_READ: dict[Argument, Callable[[Expression, Scope], Any]] = {
    MATRIX: shape_of,
    INDEX: _read_index,
    SIZE: _read_size,
    EXPONENT: _read_exponent,
}
