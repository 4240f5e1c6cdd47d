"""Mistakes: what people write in the place of a line, as other lines worked from the same earlier numbers.

What is particular to one operation, listed or made by editing the tree, stands in the table of operations. Here it is
looked for at every place of a line, and with it what the line's surroundings suggest: another quantity of the same
shape, another line's expression, a weight that was already updated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from backprop.errors import ExpressionError
from backprop.evaluate import size_value, sizes_of
from backprop.expressions import Apply, Expression, Name, Number, names, number, rebuild, substitute, walk
from backprop.language import parse_rule
from backprop.model import BACKWARD, ONEHOT, UPDATE, Line, Model, renewed
from backprop.operations import OPERATIONS
from backprop.operations.edits import Edit, turned
from backprop.operations.record import INDEX, MATRIX
from backprop.patterns import filled, match
from backprop.scope import Scope, shape_of
from backprop.writing import text

ONE_COLUMN = {
    "a * onehot(k, n)": "only the column at {k} of {a} was used; every column counts",
    "a * (1 - onehot(k, n))": "the column at {k} of {a} was left out; every column counts",
}
"""What is done to a gradient whose columns are classes, where only one class seems to matter."""


@dataclass(frozen=True)
class Mistake:
    """A known mistake on a line: its kind, the expression that was worked instead, and what to say of it.

    In `says`, formulas of this line's own symbols stand in braces, as in a problem's intro. `of` is the part of the
    line that was taken for `instead`.
    """

    kind: str
    expression: Expression
    says: str
    of: Expression
    instead: Expression


def mistakes(model: Model, line: Line) -> list[Mistake]:
    """The known mistakes on a line, the likeliest first; each has the line's shape and an expression of its own."""
    scope = _before(model, line)
    found: dict[Expression, Mistake] = {}
    editor = _Editor(model, line, scope)
    for mistake in editor.edits():
        expression = mistake.expression
        if expression != line.expression and expression not in found and _fits(expression, line, scope):
            found[expression] = mistake
    return list(found.values())


def _fits(expression: Expression, line: Line, scope: Scope) -> bool:
    """Whether an expression can be worked, and has the line's shape."""
    try:
        return tuple(shape_of(expression, scope)) == tuple(line.shape)
    except ExpressionError:
        return False


LIKELIEST = 12
"""Two mistakes are taken together of this many edits on a line, and of as many other quantities taken for its own."""

RARE = ("order", "entrywise-product", "missing-term", "other-line", "other")
"""The kinds that seldom come with a second mistake."""

Two = tuple[Expression, Mistake, Mistake]


def two_mistakes(model: Model, line: Line, known: Sequence[Mistake]) -> list[Two]:
    """What two of the likeliest mistakes known on a line give together, where that is no single mistake."""
    scope = _before(model, line)
    operands = [mistake for mistake in known if isinstance(mistake.of, Name) and isinstance(mistake.instead, Name)]
    edits = sorted((mistake for mistake in known if mistake not in operands), key=lambda m: m.kind in RARE)
    siblings = [mistake for mistake in operands if _part(model, mistake.of) == _part(model, mistake.instead)]
    seen = {line.expression, *(mistake.expression for mistake in known)}
    found: list[Two] = []
    for first, second in permutations([*edits[:LIKELIEST], *siblings[:LIKELIEST]], 2):
        both = _replaced(first.expression, second.of, second.instead)
        if not isinstance(both, Name) and both not in seen and _fits(both, line, scope):
            seen.add(both)
            found.append((both, first, second))
    return found


def _part(model: Model, quantity: Expression) -> str:
    """The part that a line stands in, or "" of what is given."""
    line = model.by_name.get(getattr(quantity, "id", ""))
    return line.part if line else ""


def _replaced(expression: Expression, of: Expression, by: Expression) -> Expression:
    """The expression with one part replaced wherever it stands, and nothing transposed twice."""
    if expression == of:
        return by
    return turned(turned(rebuild(expression, lambda part: _replaced(part, of, by))))


def _before(model: Model, line: Line) -> Scope:
    """What was known when the line was worked."""
    later = {other.name for other in model.lines[model.lines.index(line) :]}
    scope = model.scope
    return Scope({n: s for n, s in scope.shapes.items() if n not in later}, scope.sizes, scope.indices)


class _Editor:
    """The edits of one line's expression."""

    def __init__(self, model: Model, line: Line, scope: Scope) -> None:
        self.model, self.line, self.scope = model, line, scope
        self.sizes = scope.sizes
        self.is_update, self.is_gradient = line.part == UPDATE, line.part == BACKWARD

    def shape(self, expression: Expression) -> tuple[int, ...]:
        try:
            return shape_of(expression, self.scope)
        except ExpressionError:
            return ()

    def text(self, expression: Expression) -> str:
        return f"{{{text(expression)}}}"

    def edits(self) -> Iterator[Mistake]:
        """Every edit: those of the operations' own first, since they are the likeliest, then those of the tree."""
        whole = self.line.expression
        yield from self._everywhere(whole, lambda e: e, self._listed)
        yield from self._everywhere(whole, lambda e: e, self._edited)
        if not self.is_update:
            says = f"every sign is turned; the line is {self.text(whole)}"
            yield Mistake("sign", -whole, says, whole, -whole)
        shape = self.shape(whole)
        if shape and shape[0] == shape[1] > 1:
            says = f"this is the transpose of {self.text(Name(self.line.name))}"
            yield Mistake("transpose", whole.T, says, whole, whole.T)
        yield from self._everywhere(whole, lambda e: e, self._other_quantity)
        yield from self._other_line()

    def _everywhere(
        self,
        node: Expression,
        put_back: Callable[[Expression], Expression],
        edit: Callable[[Expression], Iterator[Edit]],
    ) -> Iterator[Mistake]:
        """An edit at every place of the tree, each put back into the whole."""
        for kind, expression, says in edit(node):
            yield Mistake(kind, put_back(expression), says, node, expression)
        if isinstance(node, Apply) and not OPERATIONS[node.operation].hides:
            pairs = zip(OPERATIONS[node.operation].takes, node.arguments, strict=True)
            for position, (taken, argument) in enumerate(pairs):
                if taken is MATRIX:
                    yield from self._everywhere(argument, _putting(node, position, put_back), edit)

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
        shape = self.shape(bound["a"]) if "a" in bound else ()
        sizes = sizes_of(shape)
        if any(sizes.get(name, 1) == 1 for name in ("rows", "columns") if name in used):
            return  # there is nothing to add up, or to take the mean of
        chosen: dict[str, Expression] = {name: number(size) for name, size in sizes.items()}
        if "other" not in used:
            yield chosen
            return
        # Where the index runs: over a size that is named, along a row of probabilities, or down a matrix's rows.
        count = size_value(bound["n"], self.scope.sizes) if "n" in bound else 0
        count = count or (self.shape(bound["p"])[1] if "p" in bound else shape[0])
        index = bound.get("k")
        for value in range(count if count > 1 else 0):
            if not (isinstance(index, Number) and index.value % count == value):
                yield {**chosen, "other": number(value)}

    def _edited(self, node: Expression) -> Iterator[Edit]:
        if isinstance(node, Name) and len(self.shape(node)) == 2:
            yield "transpose", node.T, f"the transpose of {self.text(node)} was put in"
        if isinstance(node, Apply) and (edits := OPERATIONS[node.operation].edits):
            yield from edits(self, node, *node.arguments)

    # What the line's surroundings suggest.

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
            if given.rows == ONEHOT and given.shape == shape and given.name != node.id:
                says = f"only the entries where {{{given.name}}} is 1 were used of {{{node.id}}}; every entry counts"
                yield "missing-term", node * Name(given.name), says
        yield from self._too_early(node)
        if (defined := self.model.by_name.get(node.id)) is not None:
            for kind, wrong, says in self._listed(defined.expression):
                if kind == "wrong-row":
                    yield kind, wrong, f"where {{{node.id}}} belongs, {says}"
        if not any(_picks_an_entry(n) for n in walk(self.line.expression)):
            for index, size in self.scope.indices.items():
                if len(shape) == 2 and shape[1].name and shape[1].name == size.name:
                    stand_for: dict[str, Expression] = {"a": node, "k": Name(index), "n": Name(size.name)}
                    for rule, what in ONE_COLUMN.items():
                        yield "missing-term", substitute(parse_rule(rule), stand_for), filled(what, stand_for)

    def _other_line(self) -> Iterator[Mistake]:
        """What another line of the same part is worked by, where this line is not worked from it."""
        of_part = (o for o in self.model.lines if (o.part, o.step) == (self.line.part, self.line.step))
        for other in of_part:
            if other.name not in self.line.uses:
                says = f"{{{other.text}}} was worked, which is {{{other.name}}}; the line is {{{self.line.text}}}"
                yield Mistake("other-line", other.expression, says, self.line.expression, other.expression)

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


def _picks_an_entry(node: Expression) -> bool:
    return isinstance(node, Apply) and OPERATIONS[node.operation].takes == (MATRIX, INDEX, INDEX)
