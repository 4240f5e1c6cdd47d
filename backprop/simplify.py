"""Settling an expression as a textbook prints it: numbers folded, signs outermost, no transpose of a product.

Nothing here changes a value or a shape. Only derived lines are settled; what an author wrote is printed as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from backprop.expressions import Apply, Expression, Number, apply, decimal
from backprop.operations import OPERATIONS
from backprop.scope import Scope, shape_of

ONE = Fraction(1)


def simplify(expression: Expression, scope: Scope) -> Expression:
    """The expression with the same value and shape, settled."""
    return _Settler(scope).settle(expression)


def split(expression: Expression) -> tuple[Fraction, Expression | None]:
    """A settled expression as a number times the rest; the rest is None for a bare number."""
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
    """A number times an expression, as one would write it: 2 A, A / 2, −A, A / (2 B), b − a for −(a − b)."""
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


class _Settler:
    """One rule an operation; arguments are settled before their operation is."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.rules: dict[str, Callable[..., Expression]] = {
            "+": self.add,
            "-": self.subtract,
            "*": self.multiply,
            "/": self.divide,
            "@": self.matmul,
            "**": self.power,
            "neg": lambda a: self.scaled(-ONE, a),
            ".T": self.transpose,
        }

    def settle(self, expression: Expression) -> Expression:
        if not isinstance(expression, Apply):
            return expression
        arguments = [self.settle(a) for a in expression.arguments]
        if rule := self.rules.get(expression.operation):
            return rule(*arguments)
        if OPERATIONS[expression.operation].linear:
            factor, rest = split(arguments[0])
            if rest is not None:
                return join(factor, apply(expression.operation, rest, *arguments[1:]))
        return apply(expression.operation, *arguments)

    def shape(self, expression: Expression) -> tuple[int, ...]:
        return shape_of(expression, self.scope)

    def scaled(self, factor: Fraction, a: Expression) -> Expression:
        own, rest = split(a)
        return join(factor * own, rest)

    def add(self, a: Expression, b: Expression) -> Expression:
        match b:
            case Apply("+" | "-" as operation, (first_of_b, rest_of_b)):
                return self.rules[operation](self.add(a, first_of_b), rest_of_b)
        match a:
            case Apply("+", (others, last)) if split(last)[1] == split(b)[1]:
                return self.add(others, self.add(last, b))
        a, b = self._narrowed(a, b), self._narrowed(b, a)
        (x, first), (y, second) = split(a), split(b)
        if first == second and (first is None or x + y):
            return join(x + y, first)
        if first is None and x == 0 and self.shape(b) == self.shape(apply("+", a, b)):
            return b
        if second is None and y == 0:
            return a
        if y < 0:
            return self.subtract(a, self.scaled(-ONE, b))
        if x < 0:
            return self.subtract(b, self.scaled(-ONE, a))
        return apply("+", a, b)

    def subtract(self, a: Expression, b: Expression) -> Expression:
        a, b = self._narrowed(a, b), self._narrowed(b, a)
        (x, first), (y, second) = split(a), split(b)
        if first is None and second is None:
            return join(x - y, None)
        if second is None and y == 0:
            return a
        if first is None and x == 0:
            return self.scaled(-ONE, b)
        if y < 0:
            return self.add(a, self.scaled(-ONE, b))
        return apply("-", a, b)

    def multiply(self, a: Expression, b: Expression) -> Expression:
        (x, first), (y, second) = split(a), split(b)
        if first is None or second is None:
            return join(x * y, second if first is None else first)
        for one, other in ((first, second), (second, first)):
            match one:
                case Apply("/", (Number(value), below)) if value == 1:
                    return join(x * y, self._entrywise("/", other, below))
        return join(x * y, self._entrywise("*", first, second))

    def divide(self, a: Expression, b: Expression) -> Expression:
        (x, first), (y, second) = split(a), split(b)
        if y == 0:
            return apply("/", a, b)
        if second is None:
            return join(x / y, first)
        return join(x / y, self._entrywise("/", Number(ONE) if first is None else first, second))

    def _entrywise(self, operation: str, a: Expression, b: Expression) -> Expression:
        narrow = self._narrowed(a, b), self._narrowed(b, a)
        return apply(operation, a, b) if narrow == (a, b) else self.rules[operation](*narrow)

    def _narrowed(self, a: Expression, other: Expression) -> Expression:
        """What `a` was before it was spread, where the other argument has the full shape and spreads it anyway."""
        factor, rest = split(a)
        if isinstance(rest, Apply) and rest.operation == "spread" and self.shape(rest) == self.shape(other):
            opposite = split(other)[1]
            if not (isinstance(opposite, Apply) and opposite.operation == "spread"):
                return self.scaled(factor, rest.arguments[0])
        return a

    def matmul(self, a: Expression, b: Expression) -> Expression:
        (x, first), (y, second) = split(a), split(b)
        if first is None or second is None:
            return apply("@", a, b)
        return self.scaled(x * y, self._unscaled(first, second))

    def _unscaled(self, a: Expression, b: Expression) -> Expression:
        """A matrix product, with what scales a factor of it put behind: A B / s for (A / s) B."""
        for position, factor in enumerate((a, b)):
            match factor:
                case Apply("*" | "/" as operation, (inner, scale)) if self.shape(scale) == () != self.shape(inner):
                    product = self.matmul(inner, b) if position == 0 else self.matmul(a, inner)
                    return apply(operation, product, scale)
        return apply("@", a, b)

    def power(self, a: Expression, k: Expression) -> Expression:
        if isinstance(k, Number):
            if k.value == 1:
                return a
            if k.value == 0 and self.shape(a) == ():
                return Number(ONE)
            if isinstance(a, Number) and k.value.denominator == 1 and (a.value or k.value > 0):
                return join(a.value ** int(k.value), None)
            if k.value == 2 and isinstance(a, Apply) and a.operation == "sqrt":
                return a.arguments[0]
        return apply("**", a, k)

    def transpose(self, a: Expression) -> Expression:
        factor, rest = split(a)
        if rest is None or self.shape(rest) == ():
            return a
        match rest:
            case Apply(".T", (inner,)):
                turned = inner
            case Apply("@", (left, right)):
                turned = self.matmul(self.transpose(right), self.transpose(left))
            case Apply("*" | "/" as operation, (left, right)) if () in (self.shape(left), self.shape(right)):
                turned = apply(operation, self.transpose(left), self.transpose(right))
            case _:
                turned = apply(".T", rest)
        return join(factor, turned)
