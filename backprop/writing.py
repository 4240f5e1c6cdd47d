"""Expressions written in the language itself: text that reads back as the same tree."""

from __future__ import annotations

import re

from backprop.decimals import decimal
from backprop.expressions import Apply, Expression, Name, Number
from backprop.operations import OPERATIONS
from backprop.operations.record import ATOM, NEGATION, POWER, PRODUCT


def text(expression: Expression) -> str:
    """The expression in the language: what parses back to the same tree."""
    match expression:
        case Number(value):
            return decimal(value) or f"{value.numerator} / {value.denominator}"
        case Name(id):
            return id
        case Apply(name, arguments):
            operator = OPERATIONS[name].operator
            if operator is None:
                return f"{name}({', '.join(map(text, arguments))})"
            parts = [f"({text(a)})" if needs_parentheses(name, i, a) else text(a) for i, a in enumerate(arguments)]
            return re.sub(r"#(\d)", lambda place: parts[int(place[1]) - 1], operator.written)


def level(expression: Expression) -> int:
    """How tightly the outermost operation of an expression binds."""
    if isinstance(expression, Number):
        if expression.value < 0:
            return NEGATION
        return ATOM if decimal(expression.value) else PRODUCT
    if isinstance(expression, Apply) and (operator := OPERATIONS[expression.operation].operator):
        return operator.level
    return ATOM


def needs_parentheses(parent: str, position: int, child: Expression) -> bool:
    """Whether an argument of an operator is written in parentheses.

    Where a matrix product and an entrywise one meet they are always written, since readers disagree on which comes
    first.
    """
    operation = OPERATIONS[parent]
    assert operation.operator is not None
    own, inner = operation.operator.level, level(child)
    if len(operation.takes) == 1:
        return inner < own or (own == NEGATION and inner == NEGATION) or (own == ATOM and isinstance(child, Number))
    if own == POWER:
        return inner <= POWER
    if inner == NEGATION:
        return position > 0 or own == PRODUCT
    if inner == own == PRODUCT and isinstance(child, Apply):
        both_entrywise = operation.is_entrywise and OPERATIONS[child.operation].is_entrywise
        return position > 0 or not (both_entrywise or child.operation == parent)
    return inner < own or (inner == own and position > 0)


def depth(expression: Expression) -> int:
    """How deeply operations are nested; a number or a name has depth 0."""
    deepest, waiting = 0, [(expression, 0)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        if isinstance(node, Apply):
            waiting.extend((a, level + 1) for a in node.arguments)
    return deepest
