"""Patterns: lines whose names stand for any expression, and sentences with such lines in braces."""

from __future__ import annotations

import re
from collections.abc import Mapping

from backprop.expressions import Apply, Expression, Name, substitute
from backprop.language import parse_rule
from backprop.writing import text


def match(pattern: Expression, expression: Expression) -> dict[str, Expression] | None:
    """What the names of a pattern stand for in an expression, or None where it is not of this form."""
    bound: dict[str, Expression] = {}
    return bound if _match(pattern, expression, bound) else None


def _match(pattern: Expression, expression: Expression, bound: dict[str, Expression]) -> bool:
    if isinstance(pattern, Name):
        return bound.setdefault(pattern.id, expression) == expression
    if isinstance(pattern, Apply):
        return (
            isinstance(expression, Apply)
            and expression.operation == pattern.operation
            and all(_match(p, e, bound) for p, e in zip(pattern.arguments, expression.arguments, strict=True))
        )
    return pattern == expression


def filled(says: str, stand_for: Mapping[str, Expression]) -> str:
    """A sentence with what the names in its braces stand for."""
    return re.sub(r"\{([^{}]*)\}", lambda f: f"{{{text(substitute(parse_rule(f[1]), stand_for))}}}", says)
