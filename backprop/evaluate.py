"""The NumPy reading: values of lines, for one sheet or a whole class in the same pass.

Arrays have the batch last: a matrix is `(rows, columns, batch)`, a scalar or an index `(batch,)`. A batch of one
broadcasts, so numbers that are the same for everyone are written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from backprop.expressions import Apply, Expression, Name, Number
from backprop.intervals import Array, Interval, Keep
from backprop.model import Line, Model
from backprop.operation import Operation
from backprop.operations import OPERATIONS

Values = Mapping[str, Array]
Plain = float | int | list[list[float]]


def evaluate(expression: Expression, values: Values, sizes: Mapping[str, int]) -> Array:
    """The value of an expression, batch last; what is undefined is nan or infinite, never an exception."""
    with np.errstate(all="ignore"):
        return np.asarray(_read(expression, values, sizes, lambda operation, *a: operation.numpy(*a)))


def bounds(
    expression: Expression, intervals: Mapping[str, Interval], sizes: Mapping[str, int], decimals: int
) -> Interval:
    """How far an honest student may be: every value that rounding on the way, at these decimals, can give.

    Indices are given as arrays among the intervals. An end that is not finite bounds nothing.
    """
    keep = Keep(decimals)

    def work(operation: Operation, *arguments: Any) -> Interval:
        widened = [
            Interval.exact(a) if kind in "mp" and not isinstance(a, Interval) else a
            for kind, a in zip(operation.takes, arguments, strict=True)
        ]
        return operation.bounds(keep, *widened)

    with np.errstate(all="ignore"):
        found = _read(expression, intervals, sizes, work)
        return keep.written(found if isinstance(found, Interval) else Interval.exact(np.asarray(found)))


def _read(expression: Expression, values: Mapping[str, Any], sizes: Mapping[str, int], work: Callable[..., Any]) -> Any:
    match expression:
        case Number(value):
            return np.array([float(value)])
        case Name(id):
            return values[id] if id in values else np.array([float(sizes[id])])
        case Apply(name, arguments):
            operation = OPERATIONS[name]
            read = [
                size_value(a, sizes) if kind == "s" else _read(a, values, sizes, work)
                for kind, a in zip(operation.takes, arguments, strict=True)
            ]
            return work(operation, *read)


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
