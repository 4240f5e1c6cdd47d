"""Mistakes: what people write in the place of a line, as other lines worked from the same earlier numbers.

Most are edits of the line's own expression, and need no list: a transpose left out or put in, factors in the other
order, entrywise for matrix product, a scale left out or turned over, a sign, a term left out, another quantity of
the same shape. What is particular to one operation stands in the table of operations.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from backprop.evaluate import size_value
from backprop.expressions import (
    Apply,
    Expression,
    ExpressionError,
    Name,
    Number,
    apply,
    names,
    number,
    substitute,
    text,
    walk,
)
from backprop.language import parse_rule
from backprop.model import BACKWARD, UPDATE, Line, Model, renewed
from backprop.operations import OPERATIONS
from backprop.patterns import filled, match
from backprop.scope import Scope, shape_of


@dataclass(frozen=True)
class Mistake:
    """A known mistake on a line: its kind, the expression that was worked instead, and what to say of it.

    In `says`, formulas of this line's own symbols stand in braces, as in a problem's intro.
    """

    kind: str
    expression: Expression
    says: str


Edit = tuple[str, Expression, str]


def mistakes(model: Model, line: Line) -> list[Mistake]:
    """The known mistakes on a line, the likeliest first; each has the line's shape and an expression of its own."""
    scope = _before(model, line)
    found: dict[Expression, Mistake] = {}
    editor = _Editor(model, line, scope)
    for kind, expression, says in editor.edits():
        if expression == line.expression or expression in found:
            continue
        try:
            fits = tuple(shape_of(expression, scope)) == tuple(line.shape)
        except ExpressionError:
            continue
        if fits:
            found[expression] = Mistake(kind, expression, says)
    return list(found.values())


def _before(model: Model, line: Line) -> Scope:
    """What was known when the line was worked."""
    later = {other.name for other in model.lines[model.lines.index(line) :]}
    scope = model.scope
    return Scope({n: s for n, s in scope.shapes.items() if n not in later}, scope.sizes, scope.indices)


class _Editor:
    """The edits of one line's expression."""

    def __init__(self, model: Model, line: Line, scope: Scope) -> None:
        self.model, self.line, self.scope = model, line, scope
        self.by_operation: Mapping[str, Callable[..., Iterator[Edit]]] = {
            "@": self._product,
            "*": self._entrywise,
            "/": self._quotient,
            "+": self._sum,
            "-": self._difference,
            ".T": self._transpose,
        }

    def edits(self) -> Iterator[Edit]:
        """Every edit: those of the operations' own first, since they are the likeliest, then those of the tree."""
        whole = self.line.expression
        yield from self._everywhere(whole, lambda e: e, self._listed)
        yield from self._everywhere(whole, lambda e: e, self._edited)
        if self.line.part != UPDATE:
            yield "sign", apply("neg", whole), f"every sign is turned; the line is {{{self.line.text}}}"
        shape = self._shape(whole)
        if shape and shape[0] == shape[1] > 1:
            yield "transpose", apply(".T", whole), f"this is the transpose of {{{self.line.name}}}"
        yield from self._everywhere(whole, lambda e: e, self._other_quantity)
        yield from self._other_line()

    def _everywhere(
        self,
        node: Expression,
        put_back: Callable[[Expression], Expression],
        edit: Callable[[Expression], Iterator[Edit]],
    ) -> Iterator[Edit]:
        """An edit at every place of the tree, each put back into the whole."""
        for kind, expression, says in edit(node):
            yield kind, put_back(expression), says
        if isinstance(node, Apply) and not OPERATIONS[node.operation].hides:
            for position, (letter, argument) in enumerate(
                zip(OPERATIONS[node.operation].takes, node.arguments, strict=True)
            ):
                if letter == "m":
                    yield from self._everywhere(argument, _putting(node, position, put_back), edit)

    def _shape(self, expression: Expression) -> tuple[int, ...]:
        try:
            return shape_of(expression, self.scope)
        except ExpressionError:
            return ()

    # What stands in the table of operations.

    def _listed(self, node: Expression) -> Iterator[Edit]:
        for operation in OPERATIONS.values():
            for known in operation.mistakes:
                bound = match(parse_rule(known.right), node)
                if bound is not None:
                    for choice in self._choices(names(parse_rule(known.wrong)), bound):
                        stand_for = {**bound, **choice}
                        yield known.kind, substitute(parse_rule(known.wrong), stand_for), filled(known.says, stand_for)

    def _choices(self, used: Collection[str], bound: Mapping[str, Expression]) -> Iterator[dict[str, Expression]]:
        """What the names in a mistake's line stand for that the right one has not: sizes, and each other index."""
        shape = self._shape(bound["a"]) if "a" in bound else ()
        sizes = dict(zip(("rows", "columns"), map(int, shape), strict=False))
        if any(sizes.get(name, 1) == 1 for name in ("rows", "columns") if name in used):
            return  # there is nothing to add up, or to take the mean of
        chosen: dict[str, Expression] = {name: number(size) for name, size in sizes.items()}
        if "other" not in used:
            yield chosen
            return
        # Where the index runs: over a size that is named, along a row of probabilities, or down a matrix's rows.
        count = size_value(bound["n"], self.scope.sizes) if "n" in bound else 0
        count = count or (self._shape(bound["p"])[1] if "p" in bound else shape[0])
        index = bound.get("k")
        for value in range(count if count > 1 else 0):
            if not (isinstance(index, Number) and index.value % count == value):
                yield {**chosen, "other": number(value)}

    # What can be done to any expression.

    def _edited(self, node: Expression) -> Iterator[Edit]:
        if isinstance(node, Name) and len(self._shape(node)) == 2:
            yield "transpose", apply(".T", node), f"the transpose of {{{node.id}}} was put in"
        if isinstance(node, Apply) and (edit := self.by_operation.get(node.operation)):
            yield from edit(node, *node.arguments)

    def _product(self, node: Apply, a: Expression, b: Expression) -> Iterator[Edit]:
        for left, right in ((_turned(a), b), (a, _turned(b)), (_turned(a), _turned(b))):
            yield "transpose", left @ right, self._turning(a, b, left, right)
        for left, right in ((b, a), (_turned(b), a), (b, _turned(a)), (_turned(b), _turned(a))):
            if (left, right) == (_turned(b), _turned(a)):
                says = f"{{{text(left @ right)}}} was worked, which is the transpose of {{{text(node)}}}"
                yield "transpose", left @ right, says
            else:
                yield "order", left @ right, f"{{{text(left @ right)}}} was worked; the order is {{{text(node)}}}"
        for left in (a, _turned(a)):
            for right in (b, _turned(b)):
                says = f"entries were multiplied in pairs; {{{text(node)}}} is a matrix product: row times column"
                yield "entrywise-product", left * right, says
        for kept, factor in ((a, b), (b, a)):
            yield "missing-term", kept, f"the factor {{{text(factor)}}} was left out of {{{text(node)}}}"

    def _turning(self, a: Expression, b: Expression, left: Expression, right: Expression) -> str:
        done = []
        for before, after in ((a, left), (b, right)):
            if before != after:
                dropped = isinstance(before, Apply) and before.operation == ".T"
                turned, how = (after, "left out") if dropped else (before, "put in")
                done.append(f"the transpose of {{{text(turned)}}} was {how}")
        return f"{' and '.join(done)}; the line is {{{text(a @ b)}}}"

    def _entrywise(self, node: Apply, a: Expression, b: Expression) -> Iterator[Edit]:
        for factor, other in ((a, b), (b, a)):
            if self._shape(factor) == ():
                missing, wrong = (
                    ("learning-rate",) * 2 if self.line.part == UPDATE else ("missing-scale", "wrong-scale")
                )
                yield missing, other, f"the factor {{{text(factor)}}} was left out of {{{text(node)}}}"
                yield wrong, other / factor, f"the factor {{{text(factor)}}} divides here; it multiplies"
            else:
                yield "missing-term", other, f"the factor {{{text(factor)}}} was left out of {{{text(node)}}}"
        if self._shape(a) and self._shape(b):
            says = f"a matrix product was worked; {{{text(node)}}} multiplies entries in pairs"
            yield "entrywise-product", a @ b, says

    def _quotient(self, node: Apply, a: Expression, b: Expression) -> Iterator[Edit]:
        if self._shape(b) != ():
            yield "missing-term", a, f"the division by {{{text(b)}}} was left out"
            return
        yield "missing-scale", a, f"the division by {{{text(b)}}} was left out"
        yield "wrong-scale", a * b, f"{{{text(b)}}} multiplies here; it divides"
        if not (isinstance(b, Apply) and b.operation == "sqrt"):
            yield "wrong-scale", a / (b * b), f"the division by {{{text(b)}}} was done twice, or by its square"
            return
        inner = b.arguments[0]
        yield "wrong-scale", a / inner, f"this divides by {{{text(inner)}}}, not by its root {{{text(b)}}}"
        if (right := self.scope.sizes.get(getattr(inner, "id", ""))) is None:
            return
        for value in sorted(set(self.scope.sizes.values()) - {right}):
            sizes = [Name(size) for size, its in self.scope.sizes.items() if its == value]
            for others in ([apply("sqrt", size) for size in sizes], sizes):
                said = " or ".join(f"{{{text(other)}}}" for other in others)
                yield "wrong-scale", a / others[0], f"this divides by {said}; it is {{{text(b)}}}"

    def _sum(self, node: Apply, a: Expression, b: Expression) -> Iterator[Edit]:
        for kept, term in ((a, b), (b, a)):
            says = f"the term {{{text(term)}}} was left out"
            if self.line.part == BACKWARD:
                says += ": where a quantity is used twice, its gradient has a part for each use"
            yield "missing-term", kept, says
        yield "sign", a - b, f"{{{text(b)}}} is added here, not taken off"

    def _difference(self, node: Apply, a: Expression, b: Expression) -> Iterator[Edit]:
        says = f"{{{text(b)}}} is taken off here, not added"
        if self.line.part == UPDATE:
            says = "the step goes against the gradient: it is taken off"
        yield "sign", a + b, says
        yield "sign", b - a, f"the difference is the other way round: {{{text(node)}}}"
        yield "missing-term", a, f"{{{text(b)}}} was not taken off"
        says = f"the term {{{text(a)}}} was left out"
        if self.line.part == UPDATE:
            says = f"this is the step alone; it is taken off {{{text(a)}}}"
        yield "missing-term", b, says

    def _transpose(self, node: Apply, a: Expression) -> Iterator[Edit]:
        yield "transpose", a, f"the transpose of {{{text(a)}}} was left out"

    def _other_quantity(self, node: Expression) -> Iterator[Edit]:
        """Another quantity of the same shape in the place of one: K for Q, a new weight for the old one."""
        if not isinstance(node, Name) or node.id not in self.scope.shapes:
            return
        shape = self.scope.shapes[node.id]
        for other, its in self.scope.shapes.items():
            if other == node.id or its != shape or (self.line.part == UPDATE and other in self.line.uses):
                continue
            changed = other == renewed(node.id) or node.id == renewed(other)
            kind = "updated-weights" if changed else "wrong-operand"
            yield (
                kind,
                Name(other),
                f"{{{other}}} was used where {{{node.id}}} belongs; the line is {{{self.line.text}}}",
            )
        for given in self.model.givens:
            if given.rows == "onehot" and given.shape == shape and given.name != node.id:
                says = f"only the entries where {{{given.name}}} is 1 were used of {{{node.id}}}; every entry counts"
                yield "missing-term", node * Name(given.name), says
        yield from self._too_early(node)
        if (defined := self.model.by_name.get(node.id)) is not None:
            for kind, wrong, says in self._listed(defined.expression):
                if kind == "wrong-row":
                    yield kind, wrong, f"where {{{node.id}}} belongs, {says}"
        picked = any(isinstance(n, Apply) and n.operation == "entry" for n in walk(self.line.expression))
        for index, size in self.scope.indices.items() if not picked else ():
            if len(shape) == 2 and shape[1].name and shape[1].name == size.name:
                only = apply("onehot", Name(index), Name(size.name))
                yield (
                    "missing-term",
                    node * only,
                    f"only the column at {{{index}}} of {{{node.id}}} was used; every column counts",
                )
                yield (
                    "missing-term",
                    node * (number(1) - only),
                    f"the column at {{{index}}} of {{{node.id}}} was left out; every column counts",
                )

    def _other_line(self) -> Iterator[Edit]:
        """What another line of the same part is worked by, where this line is not worked from it."""
        of_part = (o for o in self.model.lines if (o.part, o.step) == (self.line.part, self.line.step))
        for other in of_part:
            if other.name not in self.line.uses:
                says = f"{{{other.text}}} was worked, which is {{{other.name}}}; the line is {{{self.line.text}}}"
                yield "other-line", other.expression, says

    def _too_early(self, node: Name) -> Iterator[Edit]:
        """A weight that was already updated where the backward pass needs the old one."""
        step = self.model.by_name.get(renewed(node.id))
        if step is not None and step.part == UPDATE and self.line.part == BACKWARD:
            says = f"the new {{{node.id}}} was used; the backward pass uses the old one throughout"
            yield "updated-weights", step.expression, says


PutBack = Callable[[Expression], Expression]


def _putting(node: Apply, position: int, put_back: PutBack) -> PutBack:
    def put(expression: Expression) -> Expression:
        arguments = list(node.arguments)
        arguments[position] = expression
        return put_back(Apply(node.operation, tuple(arguments)))

    return put


def _turned(expression: Expression) -> Expression:
    """The transpose, without turning twice."""
    if isinstance(expression, Apply) and expression.operation == ".T":
        return expression.arguments[0]
    return apply(".T", expression)
