"""How derived lines are simplified, as a textbook prints them: numbers folded, signs outermost, no transpose of a product.

A rule has the arguments of its operation, simplified already, and `shape`, the shape of any expression. Nothing here
changes a value or a shape.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from backprop.decimals import decimal
from backprop.errors import ExpressionError
from backprop.expressions import Apply, Expression, Number, apply

ONE = Fraction(1)
MOST_DIGITS = 60
"""Of a number that others are folded into: one with more has no place in a line."""

ShapeOf = Callable[[Expression], tuple[int, ...]]


def split(expression: Expression) -> tuple[Fraction, Expression | None]:
    """A simplified expression as a number times the rest; the rest is None for a bare number."""
    match expression:
        case Number(value):
            return value, None
        case Apply("neg", (inner,)):
            factor, rest = split(inner)
            return -factor, rest
        case Apply("*", (Number(value), inner)):
            factor, rest = split(inner)
            return value * factor, rest
        case Apply("/", (above, Number(value))) if value:
            factor, rest = split(above)
            return factor / value, rest
        case Apply("/", (above, Apply("*", (Number(value), below)))) if value:
            factor, rest = split(apply("/", above, below))
            return factor / value, rest
        case Apply("/", (Number(value), below)) if value:
            return value, apply("/", 1, below)
        case Apply("*" | "/" as operation, (left, right)):
            factor, rest = split(left)
            if rest is not None:
                return factor, apply(operation, rest, right)
    return ONE, expression


def join(factor: Fraction, rest: Expression | None) -> Expression:
    """A number times an expression, as one would write it: 2 A, A / 2, −A, A / (2 B), b − a for −(a − b).

    Raises ExpressionError where the number has too many digits for a line.
    """
    if max(abs(factor.numerator), factor.denominator) >= 10**MOST_DIGITS:
        raise ExpressionError("its numbers multiply to one with too many digits")
    if rest is None and decimal(factor):
        return Number(factor)
    if factor < 0:
        if factor == -1 and isinstance(rest, Apply) and rest.operation == "-":
            return apply("-", rest.arguments[1], rest.arguments[0])
        return apply("neg", join(-factor, rest))
    above, below = factor.numerator, factor.denominator
    if rest is None:  # a third, which is no decimal
        return apply("/", above, below)
    if below > 12 and decimal(factor):
        return apply("*", Number(factor), rest)
    match rest:
        case Apply("/", (dividend, divisor)):
            return apply("/", _times(above, dividend), _times(below, divisor))
    return _times(above, rest) if below == 1 else apply("/", _times(above, rest), below)


def _times(count: int, a: Expression) -> Expression:
    match a:
        case Number(value):
            return Number(count * value)
        case Apply("*" | "/" as operation, (left, right)) if count != 1:
            return apply(operation, _times(count, left), right)
    return a if count == 1 else apply("*", count, a)


def scaled(factor: Fraction, a: Expression) -> Expression:
    own, rest = split(a)
    return join(factor * own, rest)


def negate(shape: ShapeOf, a: Expression) -> Expression:
    return scaled(-ONE, a)


def add(shape: ShapeOf, a: Expression, b: Expression) -> Expression:
    match b:
        case Apply("+", (first, last)):
            return add(shape, add(shape, a, first), last)
        case Apply("-", (first, last)):
            return subtract(shape, add(shape, a, first), last)
    match a:
        case Apply("+", (others, last)) if split(last)[1] == split(b)[1]:
            return add(shape, others, add(shape, last, b))
    a, b = _narrowed(shape, a, b), _narrowed(shape, b, a)
    (x, first_rest), (y, second_rest) = split(a), split(b)
    if first_rest == second_rest and (first_rest is None or x + y):
        return join(x + y, first_rest)
    if first_rest is None and x == 0 and shape(b) == shape(apply("+", a, b)):
        return b
    if second_rest is None and y == 0:
        return a
    if y < 0:
        return subtract(shape, a, scaled(-ONE, b))
    if x < 0:
        return subtract(shape, b, scaled(-ONE, a))
    return apply("+", a, b)


def subtract(shape: ShapeOf, a: Expression, b: Expression) -> Expression:
    a, b = _narrowed(shape, a, b), _narrowed(shape, b, a)
    (x, first), (y, second) = split(a), split(b)
    if first is None and second is None:
        return join(x - y, None)
    if second is None and y == 0:
        return a
    if first is None and x == 0:
        return scaled(-ONE, b)
    if y < 0:
        return add(shape, a, scaled(-ONE, b))
    return apply("-", a, b)


def multiply(shape: ShapeOf, a: Expression, b: Expression) -> Expression:
    (x, first), (y, second) = split(a), split(b)
    if first is None or second is None:
        return join(x * y, second if first is None else first)
    for one, other in ((first, second), (second, first)):
        match one:
            case Apply("/", (Number(value), below)) if value == 1:
                return join(x * y, _entrywise(shape, divide, other, below))
    return join(x * y, _entrywise(shape, multiply, first, second))


def divide(shape: ShapeOf, a: Expression, b: Expression) -> Expression:
    (x, first), (y, second) = split(a), split(b)
    if y == 0:
        return apply("/", a, b)
    if second is None:
        return join(x / y, first)
    return join(x / y, _entrywise(shape, divide, Number(ONE) if first is None else first, second))


def _entrywise(shape: ShapeOf, rule: Callable[..., Expression], a: Expression, b: Expression) -> Expression:
    """A product or quotient, simplified again where an argument need not be spread."""
    narrow = _narrowed(shape, a, b), _narrowed(shape, b, a)
    return apply("*" if rule is multiply else "/", a, b) if narrow == (a, b) else rule(shape, *narrow)


def _narrowed(shape: ShapeOf, a: Expression, other: Expression) -> Expression:
    """What `a` was before it was spread, where the other argument has the full shape and spreads it anyway."""
    factor, rest = split(a)
    if isinstance(rest, Apply) and rest.operation == "spread" and shape(rest) == shape(other):
        opposite = split(other)[1]
        if not (isinstance(opposite, Apply) and opposite.operation == "spread"):
            return scaled(factor, rest.arguments[0])
    return a


def matrix_product(shape: ShapeOf, a: Expression, b: Expression) -> Expression:
    (x, first), (y, second) = split(a), split(b)
    if first is None or second is None:
        return apply("@", a, b)
    return scaled(x * y, _unscaled(shape, first, second))


def _unscaled(shape: ShapeOf, a: Expression, b: Expression) -> Expression:
    """A matrix product, with what scales a factor of it put behind: A B / s for (A / s) B."""
    for position, factor in enumerate((a, b)):
        match factor:
            case Apply("*" | "/" as operation, (inner, scale)) if shape(scale) == () != shape(inner):
                product = matrix_product(shape, inner, b) if position == 0 else matrix_product(shape, a, inner)
                return apply(operation, product, scale)
    return apply("@", a, b)


def power(shape: ShapeOf, a: Expression, k: Expression) -> Expression:
    if isinstance(k, Number):
        if k.value == 1:
            return a
        if k.value == 0 and shape(a) == ():
            return Number(ONE)
        if isinstance(a, Number) and k.value.denominator == 1 and (a.value or k.value > 0):
            return join(a.value ** int(k.value), None)
        if k.value == 2 and isinstance(a, Apply) and a.operation == "sqrt":
            return a.arguments[0]
    return apply("**", a, k)


def transpose(shape: ShapeOf, a: Expression) -> Expression:
    factor, rest = split(a)
    if rest is None or shape(rest) == ():
        return a
    match rest:
        case Apply(".T", (inner,)):
            turned = inner
        case Apply("@", (left, right)):
            turned = matrix_product(shape, transpose(shape, right), transpose(shape, left))
        case Apply("*" | "/" as operation, (left, right)) if () in (shape(left), shape(right)):
            turned = apply(operation, transpose(shape, left), transpose(shape, right))
        case _:
            turned = apply(".T", rest)
    return join(factor, turned)
