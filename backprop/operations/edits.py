"""Mistakes that need no list: edits of the tree that people make in arithmetic, each with its kind and a sentence.

A transpose left out or put in, factors in the other order, entrywise for matrix product, a scale left out or turned
over, a sign, a term left out. Formulas in the braces of a sentence are in the line's own symbols.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from backprop.expressions import Apply, Expression, Name, apply

Edit = tuple[str, Expression, str]
"""The kind of a mistake, what was worked instead, and what to say of it."""


class Edited(Protocol):
    """The line that is edited, as far as an edit needs to know of it."""

    @property
    def sizes(self) -> Mapping[str, int]: ...

    @property
    def is_update(self) -> bool: ...

    @property
    def is_gradient(self) -> bool: ...

    def shape(self, expression: Expression) -> tuple[int, ...]: ...

    def text(self, expression: Expression) -> str:
        """An expression in braces, to be said in the line's own symbols."""


def turned(expression: Expression) -> Expression:
    """The transpose, without turning twice."""
    if isinstance(expression, Apply) and expression.operation == ".T":
        return expression.arguments[0]
    return expression.T


def of_matrix_product(line: Edited, node: Apply, a: Expression, b: Expression) -> Iterator[Edit]:
    for left, right in ((turned(a), b), (a, turned(b)), (turned(a), turned(b))):
        yield "transpose", left @ right, _turning(line, a, b, left, right)
    for left, right in ((b, a), (turned(b), a), (b, turned(a)), (turned(b), turned(a))):
        worked = line.text(left @ right)
        if (left, right) == (turned(b), turned(a)):
            yield "transpose", left @ right, f"{worked} was worked, which is the transpose of {line.text(node)}"
        else:
            yield "order", left @ right, f"{worked} was worked; the order is {line.text(node)}"
    for left in (a, turned(a)):
        for right in (b, turned(b)):
            says = f"entries were multiplied in pairs; {line.text(node)} is a matrix product: row times column"
            yield "entrywise-product", left * right, says
    for rest, factor in ((a, b), (b, a)):
        yield "missing-term", rest, f"the factor {line.text(factor)} was left out of {line.text(node)}"


def _turning(line: Edited, a: Expression, b: Expression, left: Expression, right: Expression) -> str:
    done = []
    for before, after in ((a, left), (b, right)):
        if before != after:
            dropped = isinstance(before, Apply) and before.operation == ".T"
            of, how = (after, "left out") if dropped else (before, "put in")
            done.append(f"the transpose of {line.text(of)} was {how}")
    return f"{' and '.join(done)}; the line is {line.text(a @ b)}"


def of_transpose(line: Edited, node: Apply, a: Expression) -> Iterator[Edit]:
    yield "transpose", a, f"the transpose of {line.text(a)} was left out"


def of_product(line: Edited, node: Apply, a: Expression, b: Expression) -> Iterator[Edit]:
    for factor, other in ((a, b), (b, a)):
        left_out = f"the factor {line.text(factor)} was left out of {line.text(node)}"
        if line.shape(factor) == ():
            missing, wrong = ("learning-rate",) * 2 if line.is_update else ("missing-scale", "wrong-scale")
            yield missing, other, left_out
            yield wrong, other / factor, f"the factor {line.text(factor)} divides here; it multiplies"
        else:
            yield "missing-term", other, left_out
    if line.shape(a) and line.shape(b):
        says = f"a matrix product was worked; {line.text(node)} multiplies entries in pairs"
        yield "entrywise-product", a @ b, says


def of_quotient(line: Edited, node: Apply, a: Expression, b: Expression) -> Iterator[Edit]:
    if line.shape(b) != ():
        yield "missing-term", a, f"the division by {line.text(b)} was left out"
        return
    yield "missing-scale", a, f"the division by {line.text(b)} was left out"
    yield "wrong-scale", a * b, f"{line.text(b)} multiplies here; it divides"
    if not (isinstance(b, Apply) and b.operation == "sqrt"):
        yield "wrong-scale", a / (b * b), f"the division by {line.text(b)} was done twice, or by its square"
        return
    (inner,) = b.arguments
    yield "wrong-scale", a / inner, f"this divides by {line.text(inner)}, not by its root {line.text(b)}"
    if (right := line.sizes.get(getattr(inner, "id", ""))) is None:
        return
    for value in sorted(set(line.sizes.values()) - {right}):
        sizes = [Name(size) for size, its in line.sizes.items() if its == value]
        for others in ([apply("sqrt", size) for size in sizes], sizes):
            said = " or ".join(line.text(other) for other in others)
            yield "wrong-scale", a / others[0], f"this divides by {said}; it is {line.text(b)}"


def of_sum(line: Edited, node: Apply, a: Expression, b: Expression) -> Iterator[Edit]:
    for rest, term in ((a, b), (b, a)):
        says = f"the term {line.text(term)} was left out"
        if line.is_gradient:
            says += ": where a quantity is used twice, its gradient has a part for each use"
        yield "missing-term", rest, says
    yield "sign", a - b, f"{line.text(b)} is added here, not subtracted"


def of_difference(line: Edited, node: Apply, a: Expression, b: Expression) -> Iterator[Edit]:
    step = "the step goes against the gradient: it is subtracted"
    yield "sign", a + b, step if line.is_update else f"{line.text(b)} is subtracted here, not added"
    yield "sign", b - a, f"the difference is the other way round: {line.text(node)}"
    yield "missing-term", a, f"{line.text(b)} was not subtracted"
    alone = f"this is the step alone; it is subtracted from {line.text(a)}"
    for rest in (b, -b):
        yield "missing-term", rest, alone if line.is_update else f"the term {line.text(a)} was left out"
