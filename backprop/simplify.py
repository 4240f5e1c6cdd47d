"""Settling an expression as a textbook prints it; each operation's own rule stands in the table.

Nothing here changes a value or a shape. Only derived lines are simplified; what an author wrote is printed as it was.
"""

from __future__ import annotations

from backprop.expressions import Apply, Expression, apply
from backprop.operations import OPERATIONS
from backprop.operations.simplification import join, split
from backprop.scope import Scope, shape_of


def simplify(expression: Expression, scope: Scope) -> Expression:
    """The expression with the same value and shape, simplified from the inside out."""
    if not isinstance(expression, Apply):
        return expression
    operation = OPERATIONS[expression.operation]
    arguments = [simplify(a, scope) for a in expression.arguments]
    if operation.simplified is not None:
        return operation.simplified(lambda e: shape_of(e, scope), *arguments)
    if operation.linear:
        factor, rest = split(arguments[0])
        if rest is not None:
            return join(factor, apply(operation.name, rest, *arguments[1:]))
    return apply(operation.name, *arguments)
