"""Differentiation, from lines to lines: reverse mode, each gradient a line that can be printed, asked and marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from backprop.expressions import Apply, Expression, ExpressionError, Name, apply, number, substitute, walk
from backprop.language import MOST_CHARACTERS, is_readable, parse_rule
from backprop.model import AGAIN, BACKWARD, FORWARD, UPDATE, Model, renewed
from backprop.operation import Operation
from backprop.operations import OPERATIONS
from backprop.scope import Scope, shape_of
from backprop.simplify import simplify

ARGUMENTS = "abc"
SPLIT = "give the inner parts lines of their own"


def derive(
    model: Model,
    gradients_of: str | None = None,
    update: str | None = None,
    again: Sequence[str] = (),
    steps: int = 1,
) -> Model:
    """The model with its training steps: gradients of a scalar line, updates at a learning rate, lines worked again.

    Gradients go down to every trainable; `dX` is ∂loss/∂X. Updates are `W_new = W - eta * dW`. Each further step is
    the same lines with the new values, as `…_new`, then `…_new2`, …. Lines of `again`, and what they need, are worked
    once more with the last values.
    """
    if gradients_of is None:
        if update or again or steps > 1:
            raise ExpressionError("[derive] update, again and steps need gradients_of: the line to be made smaller")
        return model
    model = model.extended((name, line, BACKWARD) for name, line in gradients(model, gradients_of))
    if update is None:
        if again or steps > 1:
            raise ExpressionError("[derive] again and steps need update: without it nothing has changed")
        return model
    if model.scope.shapes.get(update) != ():
        raise ExpressionError(f"[derive] update = “{update}”: the learning rate is a scalar that is given")
    updates = [(renewed(w), Name(w) - Name(update) * Name(f"d{w}"), UPDATE) for w in model.trainables]
    first = model.extended(updates)
    for line in again:
        _check_again(first, line)
    model, last = first, {w: renewed(w) for w in first.trainables}
    for step in range(2, steps + 1):
        model, last = _stepped(first, model, last, gradients_of, step)
    return model.extended(_again(first, again, last)[0], step=steps + 1)


def gradients(model: Model, loss: str) -> list[tuple[str, Expression]]:
    """The backward pass: a line `dX` for every quantity between the loss and the trainables.

    Lines are in an order that can be worked, deepest in the model first. Raises ExpressionError where the loss is no
    scalar line, or does not depend on a trainable.
    """
    if loss not in model.by_name:
        raise ExpressionError(f"[derive] gradients_of = “{loss}”: no line has this name")
    if model.by_name[loss].shape != ():
        raise ExpressionError(f"[derive] gradients_of = “{loss}”: a gradient is of a scalar, and {loss} is a matrix")
    if not model.trainables:
        raise ExpressionError("[derive] gradients_of: no given is trainable, so there is nothing to differentiate by")
    for weight in model.trainables:
        if weight not in model.depends_on(loss):
            raise ExpressionError(f"{weight} is trainable, but {loss} does not depend on it")
    lines = list(_Backward(model, loss).lines())
    for weight in model.trainables:
        if f"d{weight}" not in dict(lines):
            raise ExpressionError(f"{weight} is trainable, but {loss} depends on it only through what has no gradient")
    return lines


class _Backward:
    """The lines from the loss down, with the parts of each gradient that are still to be added."""

    def __init__(self, model: Model, loss: str) -> None:
        self.model, self.loss = model, loss
        self.moving = set(model.trainables)
        self.moving.update(line.name for line in model.lines if self._moves(line.expression))
        self.scope: Scope = model.scope
        self.parts: dict[str, list[Expression]] = {}
        self.needed = {loss, *model.depends_on(loss)}
        self.needed_whole = self._needed_whole()

    def _moves(self, expression: Expression) -> bool:
        """Whether a trainable changes its value, by way of what has a gradient."""
        match expression:
            case Name(id):
                return id in self.moving
            case Apply(operation, arguments):
                rules = zip(OPERATIONS[operation].adjoint, arguments, strict=True)
                return any(rule is not None and self._moves(argument) for rule, argument in rules)
        return False

    def _needed_whole(self) -> set[str]:
        """The names with a use in which they are not differentiated together with what they are used by."""
        uses, together = Counter[str](), Counter[str]()
        for line in (self.model.by_name[n] for n in self.needed if n in self.model.by_name):
            for node in walk(line.expression):
                if isinstance(node, Name):
                    uses[node.id] += 1
                if isinstance(node, Apply) and self._through(node):
                    together.update(a.id for a in node.arguments[:1] if isinstance(a, Name))
        return set(uses - together)

    def lines(self) -> Iterator[tuple[str, Expression]]:
        order = sorted(
            (n for n in self.model.by_name if n in self.needed & self.moving), key=lambda n: -self.model.heights[n]
        )
        given: set[str] = set()
        for position, name in enumerate(order):
            # A line without a part was differentiated together with its consumer: nothing flows through it.
            if name == self.loss or name in self.parts:
                above = number(1) if name == self.loss else Name(f"d{name}")
                with _naming(name):
                    for target, part in self._pull(self.model.by_name[name].expression, above, Name(name)):
                        self.parts.setdefault(target, []).append(part)
            waiting = {n for later in order[position + 1 :] for n in self.model.by_name[later].uses}
            done = [n for n in self.parts if n not in given and n not in waiting]
            # Weights first: their gradient is what the step is for, and nothing else waits for it.
            for target in sorted(done, key=lambda n: n in self.model.by_name):
                given.add(target)
                with _naming(f"d{target}"):
                    yield f"d{target}", self._gradient(target)

    def _gradient(self, name: str) -> Expression:
        """The parts of a gradient, added up in the shape of what it is the gradient of."""
        if f"d{name}" in self.model.scope.known():
            raise ExpressionError(f"this name is kept for the gradient of {name}")
        total = self.parts[name][0]
        for part in self.parts[name][1:]:
            total = apply("+", total, part)
        shape = self.model.scope.shapes[name]
        line = simplify(total, self.scope)
        if shape_of(line, self.scope) != shape:
            line = simplify(apply("spread", line, *(s.expression for s in shape)), self.scope)
        self.scope = self.scope.with_shape(f"d{name}", shape)
        if not is_readable(line):
            raise ExpressionError(f"this gradient cannot be written as a line: {SPLIT}")
        return line

    def _pull(self, expression: Expression, g: Expression, out: Expression) -> Iterator[tuple[str, Expression]]:
        """What the gradient `g` of an expression adds to the gradient of each name in it."""
        if isinstance(expression, Name):
            yield expression.id, g
        if not isinstance(expression, Apply):
            return
        operation = OPERATIONS[expression.operation]
        for rule, argument in zip(operation.adjoint, expression.arguments, strict=True):
            if rule is None or not self._moves(argument):
                continue
            for inner, together in self._through(expression):
                if (beneath := self._beneath(argument, inner)) is not None:
                    rule, argument = together, beneath
            yield from self._pull(argument, self._adjoint(rule, operation, expression, argument, g, out), argument)

    def _through(self, expression: Apply) -> tuple[tuple[str, str], ...]:
        """The operations with which this one is differentiated together, where its arguments are as that needs."""
        operation = OPERATIONS[expression.operation]
        if operation.shares is None:
            return operation.through
        shares = {Name(given.name) for given in self.model.givens if given.rows}
        return operation.through if expression.arguments[operation.shares] in shares else ()

    def _beneath(self, argument: Expression, operation: str) -> Expression | None:
        """The argument of `operation` where that is what an expression is, or what the line of its name says.

        A line that the loss needs in other ways too keeps its own gradient, which is then the whole of it.
        """
        if isinstance(argument, Name) and argument.id in self.model.by_name:
            if argument.id in self.needed_whole:
                return None
            argument = self.model.by_name[argument.id].expression
        match argument:
            case Apply(found, (inner,)) if found == operation:
                return inner
        return None

    def _adjoint(
        self, rule: str, operation: Operation, expression: Apply, argument: Expression, g: Expression, out: Expression
    ) -> Expression:
        first = shape_of(expression.arguments[0], self.scope)
        given: dict[str, Expression] = {"g": g, "out": out, **dict(zip(ARGUMENTS, expression.arguments, strict=False))}
        if first:
            given |= {"rows": first[0].expression, "columns": first[1].expression}
        return self._gathered(_short(simplify(substitute(parse_rule(rule), given), self.scope)), argument, operation)

    def _gathered(self, g: Expression, argument: Expression, operation: Operation) -> Expression:
        """What was spread to fit is added up again."""
        if not operation.spreads:
            return g
        here, there = shape_of(g, self.scope), shape_of(argument, self.scope)
        if not here or here == there:
            return g
        if not there:
            return simplify(apply("sum", g), self.scope)
        for axis, adding in enumerate(("colsum", "rowsum")):
            if there[axis] == 1 and here[axis] != 1:
                g = simplify(apply(adding, g), self.scope)
        return g


@contextmanager
def _naming(line: str) -> Iterator[None]:
    """An error says in which line it is."""
    try:
        yield
    except ExpressionError as error:
        error.line = line
        raise


def _short(line: Expression) -> Expression:
    """The line where it is short enough to be one; adjoints that use `g` twice would double it at every level."""
    if sum(1 for _ in islice(walk(line), MOST_CHARACTERS)) == MOST_CHARACTERS:
        raise ExpressionError(f"its gradient is too long for a line: {SPLIT}")
    return line


Names = dict[str, str]
"""What quantities are called in a later step."""


def _stepped(first: Model, model: Model, weights: Names, loss: str, step: int) -> tuple[Model, Names]:
    """The model with one more training step, which is the first one's lines with the weights called otherwise."""
    forward, names = _again(first, [loss], weights)
    suffix = _suffix(weights)
    names |= {line.name: line.name + suffix for line in first.part(BACKWARD)}
    later: dict[str, Expression] = {old: Name(new) for old, new in names.items()}
    backward = [(names[line.name], substitute(line.expression, later), BACKWARD) for line in first.part(BACKWARD)]
    last = {w: renewed(name) for w, name in weights.items()}
    update = [
        (last[w], substitute(line.expression, later), UPDATE)
        for w, line in zip(first.trainables, first.part(UPDATE), strict=True)
    ]
    return model.extended([*forward, *backward, *update], step), last


def _suffix(weights: Names) -> str:
    """What the names of a step's quantities end in."""
    weight, name = next(iter(weights.items()))
    return name.removeprefix(weight)


def _check_again(model: Model, name: str) -> None:
    if name not in model.by_name:
        raise ExpressionError(f"[derive] again: no line is called {name}")
    if model.by_name[name].part != FORWARD or not model.depends_on(name) & set(model.trainables):
        raise ExpressionError(f"[derive] again: {name} is no line of the forward pass that the new weights change")


def _again(model: Model, wanted: Sequence[str], weights: Names) -> tuple[list[tuple[str, Expression, str]], Names]:
    """The lines that the wanted ones need and that other weights change, and what everything is called there."""
    names, suffix = dict(weights), _suffix(weights)
    needed = {*wanted}.union(*(model.depends_on(n) for n in wanted))
    lines = []
    for line in model.part(FORWARD):
        if line.name in needed and any(n in names for n in line.uses):
            later: dict[str, Expression] = {old: Name(new) for old, new in names.items()}
            names[line.name] = line.name + suffix
            lines.append((names[line.name], substitute(line.expression, later), AGAIN))
    return lines, names
