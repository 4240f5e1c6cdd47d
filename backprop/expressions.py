"""Expressions: the trees that everything else reads. Start here; then operations/__init__.py, then differentiate.py.

A problem is a list of named lines, such as `scores = Q @ K.T`. A line's right-hand side is an expression: a number, a
name, or an operation applied to expressions. Operators are operations like any other, so there are three kinds of
node and no more (language.py has `parse`):

    parse("Q @ K.T")  ==  Apply("@", (Name("Q"), Apply(".T", (Name("K"),))))

Gradients, updates, mistakes and students' formulas are expressions too. The table of operations
defines what each operation means; this file does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

Span = tuple[int, int]
"""Where a node stands in the text that it was read from: the first character, and the one after the last."""


class _Node:
    """Python's operators build trees, so that rules can be written as mathematics: `a.T @ g`."""

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

    @property
    def T(self) -> Apply:
        return apply(".T", self)


@dataclass(frozen=True)
class Number(_Node):
    """An exact number, as it was written."""

    value: Fraction
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Name(_Node):
    """A given (an input or a weight), a line, a size or an index, by its name."""

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
    """Every node, the outermost first; without recursion, so that depth does not matter."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Apply):
            waiting.extend(reversed(node.arguments))


def names(expression: Expression) -> list[str]:
    """The names that an expression uses, in the order of reading, each once."""
    return list(dict.fromkeys(node.id for node in walk(expression) if isinstance(node, Name)))


def rebuild(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The expression with `change` applied to each of its arguments."""
    if not isinstance(expression, Apply):
        return expression
    return Apply(expression.operation, tuple(change(a) for a in expression.arguments), expression.span)


def substitute(expression: Expression, replacements: Mapping[str, Expression]) -> Expression:
    """The expression with names replaced by expressions."""
    if isinstance(expression, Name):
        return replacements.get(expression.id, expression)
    return rebuild(expression, lambda part: substitute(part, replacements))
