"""Expressions: the trees that every reading reads.

A line's right-hand side is a number, a name, or an operation applied to expressions. Operators are operations
like any other (`A @ B` is `Apply("@", (A, B))`), so there are three kinds of node and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

Span = tuple[int, int]


class ExpressionError(ValueError):
    """A line that cannot be read or does not fit; says why, and shows the place in the text."""

    def __init__(self, reason: str, text: str = "", span: Span | None = None, line: str = "") -> None:
        super().__init__(reason)
        self.reason, self.text, self.span, self.line = reason, text, span, line

    def __str__(self) -> str:
        head = f"line “{self.line}”: {self.reason}" if self.line else self.reason
        if not self.text or self.span is None:
            return head
        start, end = self.span
        # A long line is cut to the neighbourhood of the place, so that the marks stay under it.
        first = max(0, start - 50)
        shown = self.text[first : first + 100].replace("\n", " ").replace("\t", " ")
        marks = "^" * max(1, min(end, first + 100) - start)
        return f"{head}\n    {shown}\n    {' ' * (start - first)}{marks}"


class _Node:
    """Python's operators build trees, so that the table of operations can be written as mathematics."""

    def __add__(self, other: Expression | int) -> Apply:
        return apply("+", self, other)

    def __sub__(self, other: Expression | int) -> Apply:
        return apply("-", self, other)

    def __mul__(self, other: Expression | int) -> Apply:
        return apply("*", self, other)

    def __truediv__(self, other: Expression | int) -> Apply:
        return apply("/", self, other)

    def __pow__(self, other: Expression | int) -> Apply:
        return apply("**", self, other)

    def __matmul__(self, other: Expression) -> Apply:
        return apply("@", self, other)

    def __neg__(self) -> Apply:
        return apply("neg", self)


@dataclass(frozen=True)
class Number(_Node):
    """An exact number, as it was written."""

    value: Fraction
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Name(_Node):
    """A given, a line, a size or an index, by its name."""

    id: str
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Apply(_Node):
    """An operation of the table, applied to its arguments."""

    operation: str
    arguments: tuple[Expression, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


Expression = Number | Name | Apply


def apply(operation: str, *arguments: object) -> Apply:
    """`operation` applied to expressions or whole numbers."""
    return Apply(operation, tuple(number(a) if isinstance(a, int) else a for a in arguments))  # type: ignore[misc]


def number(value: Fraction | int | str) -> Number:
    return Number(Fraction(value))


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node, the outermost first; without recursion, so that its depth does not matter."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Apply):
            waiting.extend(reversed(node.arguments))


def names(expression: Expression) -> list[str]:
    """The names that an expression uses, in the order of reading, each once."""
    return list(dict.fromkeys(node.id for node in walk(expression) if isinstance(node, Name)))


def depth(expression: Expression) -> int:
    """How deeply operations are nested; a number or a name has depth 0."""
    deepest, waiting = 0, [(expression, 0)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        if isinstance(node, Apply):
            waiting.extend((a, level + 1) for a in node.arguments)
    return deepest


def substitute(expression: Expression, replacements: Mapping[str, Expression]) -> Expression:
    """The expression with other expressions in the place of names."""
    if isinstance(expression, Name):
        return replacements.get(expression.id, expression)
    return rebuild(expression, lambda part: substitute(part, replacements))


def rebuild(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The expression with each of its arguments changed."""
    if not isinstance(expression, Apply):
        return expression
    return Apply(expression.operation, tuple(change(a) for a in expression.arguments), expression.span)


# How tightly each operator holds its arguments, Python's own order. `@` and `*` bind alike.
SUM, PRODUCT, NEGATION, POWER, ATOM = range(5)
LEVELS = {"+": SUM, "-": SUM, "@": PRODUCT, "*": PRODUCT, "/": PRODUCT, "neg": NEGATION, "**": POWER, ".T": ATOM}


def level(expression: Expression) -> int:
    """How tightly the outermost operation of an expression binds."""
    if isinstance(expression, Number):
        if expression.value < 0:
            return NEGATION
        return ATOM if decimal(expression.value) else PRODUCT
    if isinstance(expression, Apply):
        return LEVELS.get(expression.operation, ATOM)
    return ATOM


def needs_parentheses(parent: str, position: int, child: Expression) -> bool:
    """Whether an argument of an operator is written in parentheses.

    Where `@` and an entrywise product meet they are always written, since readers disagree on which comes first.
    """
    own, inner = LEVELS[parent], level(child)
    if parent in ("neg", ".T"):
        return inner < own or (parent == "neg" and inner == NEGATION)
    if parent == "**":
        return inner <= POWER
    if inner == NEGATION:
        return position > 0 or own == PRODUCT
    if inner == PRODUCT and own == PRODUCT and isinstance(child, Apply) and "@" in (parent, child.operation):
        return position > 0 or child.operation != parent
    return inner < own or (inner == own and position > 0)


def text(expression: Expression) -> str:
    """The expression in the language itself: what parses back to the same tree."""
    match expression:
        case Number(value):
            return number_text(value)
        case Name(id):
            return id
        case Apply(operation, arguments) if operation in LEVELS:
            parts = [f"({text(a)})" if needs_parentheses(operation, i, a) else text(a) for i, a in enumerate(arguments)]
            if operation == "neg":
                return f"-{parts[0]}"
            return f"{parts[0]}.T" if operation == ".T" else f"{parts[0]} {operation} {parts[1]}"
        case Apply(operation, arguments):
            return f"{operation}({', '.join(text(a) for a in arguments)})"


def decimal(value: Fraction) -> str:
    """A terminating decimal in full, or "" where a fraction does not terminate."""
    places, scaled = 0, value
    while scaled.denominator != 1 and places <= 30:
        places, scaled = places + 1, scaled * 10
    if scaled.denominator != 1:
        return ""
    digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
    whole, part = (digits[:-places], "." + digits[-places:]) if places else (digits, "")
    return ("-" if value < 0 else "") + whole + part


def number_text(value: Fraction) -> str:
    return decimal(value) or f"{value.numerator} / {value.denominator}"
