"""Training steps, from lines to lines: gradients, updates at a learning rate, and lines worked again."""

from __future__ import annotations

from collections.abc import Sequence

from backprop.differentiate import gradients
from backprop.errors import ExpressionError
from backprop.expressions import Expression, Name, substitute
from backprop.model import AGAIN, BACKWARD, FORWARD, UPDATE, Model, renewed


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
    once more with the last values. Raises ExpressionError where this cannot be done, with what stands in the way.
    """
    if gradients_of is None:
        if update or again or steps > 1:
            raise ExpressionError("[derive] update, again and steps need gradients_of: the line to be made smaller")
        return model
    model = model.extended((name, line, BACKWARD) for name, line in backward(model, gradients_of))
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


def backward(model: Model, loss: str) -> list[tuple[str, Expression]]:
    """The gradient lines of a loss, down to every trainable.

    Raises ExpressionError where the loss is no scalar line, or does not depend on a trainable.
    """
    if loss not in model.by_name:
        raise ExpressionError(f"[derive] gradients_of = “{loss}”: no line has this name")
    if model.by_name[loss].shape != ():
        raise ExpressionError(f"[derive] gradients_of = “{loss}”: a gradient is of a scalar, and {loss} is a matrix")
    if not model.trainables:
        raise ExpressionError(
            "[derive] gradients_of: no given is trainable, so there is nothing to differentiate with respect to"
        )
    for weight in model.trainables:
        if weight not in model.depends_on(loss):
            raise ExpressionError(f"{weight} is trainable, but {loss} does not depend on it")
    lines = list(gradients(model, loss))
    for weight in model.trainables:
        if f"d{weight}" not in dict(lines):
            raise ExpressionError(f"{weight} is trainable, but {loss} depends on it only through what has no gradient")
    return lines


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
