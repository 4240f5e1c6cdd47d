"""Differentiation, from lines to lines: reverse mode. Read it third, after expressions.py and the table of operations.

The gradient of the loss with respect to X is one more line, `dX`, of the same language. By the chain rule

    dX  =  Σ, over every use of X, of that use's contribution.

So the lines of the model are visited from the loss down. At each, its own gradient `g` is pushed through the
operations of its right-hand side by their adjoints, until it reaches a name: there it is one part of that name's
gradient. Once no remaining line uses a name, its parts are summed: that is the line of its gradient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from backprop.errors import ExpressionError, naming
from backprop.evaluate import LETTERS
from backprop.expressions import Apply, Expression, Name, number, substitute, walk
from backprop.language import is_readable, is_too_long, parse_rule
from backprop.model import Model
from backprop.operations import OPERATIONS
from backprop.scope import shape_of
from backprop.shapes import Shape
from backprop.simplify import simplify

SPLIT = "give the inner parts lines of their own"


def gradients(model: Model, loss: str) -> Iterator[tuple[str, Expression]]:
    """The backward pass: a line `dX` for each quantity that the gradient passes on its way to the trainables.

    A softmax fused with its loss has none. Raises ExpressionError where one cannot be written as a line.
    """
    return _Backward(model, loss).lines()


class _Backward:
    """The lines from the loss down, with the parts of each gradient that are still to be added up."""

    def __init__(self, model: Model, loss: str) -> None:
        self.model, self.loss, self.scope = model, loss, model.scope
        self.needed = {loss, *model.depends_on(loss)}
        self.varying = set(model.trainables)  # what a trainable changes, through differentiable operations
        for line in model.lines:  # in order: a line uses only those before it
            self.varying |= {line.name} if self._varies(line.expression) else set()
        self.parts: dict[str, list[Expression]] = {}
        self.needed_whole = self._needed_whole()

    def lines(self) -> Iterator[tuple[str, Expression]]:
        lines = [line for line in self.model.lines if line.name in self.needed & self.varying]
        lines.sort(key=lambda line: -self.model.heights[line.name])
        written: set[str] = set()
        for position, line in enumerate(lines):
            # A line without a part was fused with its user, or is used only where there is no gradient.
            if line.name == self.loss or line.name in self.parts:
                g = number(1) if line.name == self.loss else Name(f"d{line.name}")
                with naming(line.name):
                    for name, part in self._pushed(g, line.expression, Name(line.name)):
                        self.parts.setdefault(name, []).append(part)
            used_later = {name for later in lines[position + 1 :] for name in later.uses}
            complete = [name for name in self.parts if name not in written | used_later]
            # Trainables first: no other gradient is computed from theirs.
            for name in sorted(complete, key=lambda name: name in self.model.by_name):
                written.add(name)
                with naming(f"d{name}"):
                    yield f"d{name}", self._added_up(name)

    def _pushed(self, g: Expression, node: Expression, out: Expression) -> Iterator[tuple[str, Expression]]:
        """What the gradient `g` of an expression adds to the gradient of each name in it; `out` is its value."""
        if isinstance(node, Name):
            yield node.id, g
        if not isinstance(node, Apply):
            return
        for adjoint, argument in zip(OPERATIONS[node.operation].adjoint, node.arguments, strict=True):
            if adjoint is None or not self._varies(argument):
                continue
            for inner, rule in self._fused_with(node):
                if (beneath := self._beneath(argument, inner)) is not None:
                    adjoint, argument = rule, beneath
            yield from self._pushed(self._adjoint(adjoint, node, g, out, argument), argument, argument)

    def _adjoint(self, adjoint: str, node: Apply, g: Expression, out: Expression, argument: Expression) -> Expression:
        """The adjoint with its names filled in; what was spread (broadcast) to fit is summed again."""
        letters = dict(zip(LETTERS, node.arguments, strict=False))
        g = self._line(adjoint, shape_of(node.arguments[0], self.scope), g=g, out=out, **letters)
        if is_too_long(g):  # an adjoint that uses `g` twice doubles it at every level
            raise ExpressionError(f"its gradient is too long for a line: {SPLIT}")
        here, there = shape_of(g, self.scope), shape_of(argument, self.scope)
        if here and not there:
            return self._line("sum(g)", here, g=g)
        for axis, added_up in enumerate(("colsum(g)", "rowsum(g)")):
            if here and here[axis] != 1 and there[axis] == 1:
                g = self._line(added_up, here, g=g)
        return g

    def _added_up(self, name: str) -> Expression:
        """A gradient's line: its parts added up, in the shape of what it is the gradient of."""
        if f"d{name}" in self.model.scope.known():
            raise ExpressionError(f"this name is reserved for the gradient of {name}")
        total, *rest = self.parts[name]
        for part in rest:
            total = total + part
        shape, line = self.scope.shapes[name], simplify(total, self.scope)
        if shape_of(line, self.scope) != shape:
            line = self._line("spread(g, rows, columns)", shape, g=line)
        self.scope = self.scope.with_shape(f"d{name}", shape)
        if not is_readable(line):
            raise ExpressionError(f"this gradient cannot be written as a line: {SPLIT}")
        return line

    def _line(self, rule: str, shape: Shape, **stand_for: Expression) -> Expression:
        """A rule with its names filled in; `rows` and `columns` come from a shape."""
        sizes = dict(zip(("rows", "columns"), (size.expression for size in shape), strict=False))
        return simplify(substitute(parse_rule(rule), {**sizes, **stand_for}), self.scope)

    def _varies(self, node: Expression) -> bool:
        """Whether a trainable changes an expression's value, through differentiable operations."""
        if isinstance(node, Apply):
            pairs = zip(OPERATIONS[node.operation].adjoint, node.arguments, strict=True)
            return any(adjoint is not None and self._varies(argument) for adjoint, argument in pairs)
        return isinstance(node, Name) and node.id in self.varying

    # Two operations fused: softmax and cross-entropy together leave probs − onehot(target).

    def _fused_with(self, node: Apply) -> tuple[tuple[str, str], ...]:
        """The operations that this one is fused with, and the rule for each, if its arguments allow it."""
        operation = OPERATIONS[node.operation]
        sum_to_one = {Name(g.name) for g in self.model.givens if g.rows and not g.trainable}  # after updates too
        fits = operation.shares is None or node.arguments[operation.shares] in sum_to_one
        return operation.fused if fits else ()

    def _beneath(self, argument: Expression, operation: str) -> Expression | None:
        """If an expression, or the line that it names, is `operation`: its argument."""
        if isinstance(argument, Name) and argument.id in self.model.by_name:
            if argument.id in self.needed_whole:
                return None
            argument = self.model.by_name[argument.id].expression
        return argument.arguments[0] if isinstance(argument, Apply) and argument.operation == operation else None

    def _needed_whole(self) -> set[str]:
        """The names that are also used where nothing is fused, so that their full gradient is needed."""
        uses, fused = Counter[str](), Counter[str]()
        for line in self.model.lines:
            for node in walk(line.expression) if line.name in self.needed else ():
                if isinstance(node, Name):
                    uses[node.id] += 1
                if isinstance(node, Apply) and self._fused_with(node):
                    fused.update(a.id for a in node.arguments[:1] if isinstance(a, Name))
        return set(uses - fused)
