"""The NumPy reading: values of lines, for one sheet or a whole class in the same pass, and their bounds.

Arrays have the batch last: a matrix is `(rows, columns, batch)`, a scalar or an index `(batch,)`. A batch of one
broadcasts, so numbers that are the same for everyone are written once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from backprop.expressions import Apply, Expression, Name, Number, number, substitute
from backprop.language import parse_rule
from backprop.model import Line, Model
from backprop.operations import OPERATIONS, Operation
from backprop.operations.record import MATRIX, SIZE
from backprop.rounding import Array, Interval, Rounding

Values = Mapping[str, Array]
Plain = float | int | list[list[float]]
LETTERS = "abc"
"""What the arguments of an operation are called in its definition, its adjoint and its mistakes."""


def evaluate(expression: Expression, values: Values, sizes: Mapping[str, int]) -> Array:
    """The value of an expression, batch last; what is undefined is nan or infinite, never an exception."""
    with np.errstate(all="ignore"):
        return np.asarray(_value(expression, values, sizes))


def _value(expression: Expression, values: Mapping[str, Any], sizes: Mapping[str, int]) -> Array:
    match expression:
        case Number(value):
            return np.array([float(value)])
        case Name(id):
            return values[id] if id in values else np.array([float(sizes[id])])
        case Apply(name, arguments):
            operation = OPERATIONS[name]
            read: list[Any] = [
                size_value(a, sizes) if kind is SIZE else _value(a, values, sizes)
                for kind, a in zip(operation.takes, arguments, strict=True)
            ]
            if operation.values is not None:
                return operation.values(*read)
            return _value(*_defined(operation, read, read[0]))


def bounds(
    expression: Expression, known: Mapping[str, Interval | Array], sizes: Mapping[str, int], rounding: Rounding
) -> Interval:
    """How far an honest student may be before the result is written: all that rounding on the way can give.

    `known` are the numbers that it is worked from, indices as arrays. Each number between is kept once, here; what an
    operation keeps inside it is in its own bounds. `rounding.kept` of the result is what may be written.
    """
    with np.errstate(all="ignore"):
        return _interval(_bounds(expression, known, sizes, rounding))


def _bounds(expression: Expression, known: Mapping[str, Any], sizes: Mapping[str, int], rounding: Rounding) -> Any:
    if not isinstance(expression, Apply):
        return _value(expression, known, sizes)
    operation = OPERATIONS[expression.operation]
    read: list[Any] = []
    for kind, argument in zip(operation.takes, expression.arguments, strict=True):
        if kind is SIZE:
            read.append(size_value(argument, sizes))
            continue
        found = _bounds(argument, known, sizes, rounding)
        if kind is MATRIX:
            worked = isinstance(argument, Apply) and not OPERATIONS[argument.operation].moves
            found = rounding.kept(_interval(found), argument) if worked else _interval(found)
        read.append(found)
    if operation.bounds is not None:
        return operation.bounds(rounding, *read)
    if operation.values is None or operation.definition:
        return _bounds(*_defined(operation, read, read[0].low), rounding)
    low = [_end(a, "high" if i in operation.falls else "low") for i, a in enumerate(read)]
    high = [_end(a, "low" if i in operation.falls else "high") for i, a in enumerate(read)]
    return Interval(operation.values(*low), operation.values(*high))


def _interval(found: Any) -> Interval:
    return found if isinstance(found, Interval) else Interval.exact(np.asarray(found))


def _end(argument: Any, end: str) -> Any:
    return getattr(argument, end) if isinstance(argument, Interval) else argument


def _defined(
    operation: Operation, read: Sequence[Any], first: Array
) -> tuple[Expression, dict[str, Any], dict[str, int]]:
    """An operation's definition, what its letters stand for, and the sizes of its first argument."""
    shape = first.shape[:-1]
    return parse_rule(operation.definition), dict(zip(LETTERS, read, strict=False)), sizes_of(shape)


def sizes_of(shape: tuple[int, ...]) -> dict[str, int]:
    """The sizes of an argument by the names that definitions and mistakes have for them."""
    return {"rows": int(shape[0]), "columns": int(shape[1]), "count": int(shape[0] * shape[1])} if shape else {}


def written_out(operation: Operation, arguments: Sequence[Expression], shape: tuple[int, ...]) -> Expression:
    """An operation by its definition; `shape` is its first argument's."""
    stand_for: dict[str, Expression] = dict(zip(LETTERS, arguments, strict=False))
    stand_for |= {name: number(size) for name, size in sizes_of(shape).items()}
    return substitute(parse_rule(operation.definition), stand_for)


def size_value(argument: Expression, sizes: Mapping[str, int]) -> int:
    """The whole number that an argument used as a size stands for."""
    return sizes[argument.id] if isinstance(argument, Name) else int(argument.value)  # type: ignore[union-attr]


def work_lines(lines: Iterable[Line], values: Values, sizes: Mapping[str, int]) -> dict[str, Array]:
    """The values given, and those of all lines, worked in order."""
    found = dict(values)
    for line in lines:
        value = evaluate(line.expression, found, sizes)
        # A matrix that is the same in every row of the batch, or spread from a scalar, still has the line's shape.
        found[line.name] = np.broadcast_to(value, (*map(int, line.shape), value.shape[-1])) if line.shape else value
    return found


def batched(plain: Mapping[str, Any]) -> dict[str, Array]:
    """Plain numbers and lists of rows as arrays with a batch of one."""
    return {name: np.asarray(value)[..., None] for name, value in plain.items()}


def plain(value: Array, member: int = 0) -> Plain:
    """One member of a batch as a plain number or list of rows."""
    return value[..., min(member, value.shape[-1] - 1)].tolist()  # type: ignore[no-any-return]


def work_model(model: Model, given: Mapping[str, Any]) -> dict[str, Plain]:
    """Every line of a model worked for one sheet's plain numbers."""
    worked = work_lines(model.lines, batched(given), model.sizes)
    return {line.name: plain(worked[line.name]) for line in model.lines}
