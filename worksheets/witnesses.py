"""Three witnesses for a gradient's numbers: NumPy's values, SymPy's derivatives, and central differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from backprop.entries import cells
from backprop.evaluate import batched, work_lines
from backprop.model import BACKWARD, FORWARD, Given, Model, small
from backprop.rounding import Array
from backprop.symbolic import Symbolic

STEP = 1e-5  # of a central difference; its own error is about the step squared


def furthest_from_sympy(model: Model, loss: str, given: Mapping[str, Any]) -> float:
    """The largest difference of NumPy's gradients to SymPy's derivatives, relative to values above 1."""
    model, given, worked = _small(model, given)
    known = {name: int(given[name]) for name in model.scope.indices}
    reading, furthest = Symbolic(model, loss, known), 0.0
    for line in model.part(BACKWARD):
        value = worked[line.name].reshape(*(line.shape or (1, 1)), -1)[..., 0]
        for i, j in cells(line.shape):
            furthest = _further(furthest, reading.derivative_at(line.name[1:], i, j, worked), float(value[i, j]))
    return furthest


def _small(model: Model, given: Mapping[str, Any]) -> tuple[Model, Mapping[str, Any], dict[str, Array]]:
    """A large model at small sizes, with a part of each matrix given, and what is worked from them.

    The model itself where it is small, or where a part of its numbers leaves something undefined.
    """
    for other in (small(model), model):
        of_it = {g.name: _part(g, given[g.name]) for g in other.givens}
        worked = work_lines(other.lines, batched(of_it), other.sizes)
        if all(np.isfinite(value).all() for value in worked.values()):
            break
    return other, of_it, worked


def _part(given: Given, numbers: Any) -> Any:
    """As much of what is given as its shape has room for; rows that add up to 1 do so again."""
    if given.index is not None:
        return min(int(numbers), int(given.index) - 1)
    if not given.shape:
        return numbers
    part = np.array(numbers, dtype=float)[: given.shape[0], : given.shape[1]]
    if given.rows:
        part[:, -1] += 1 - part.sum(axis=1)
    return part


def furthest_from_differences(model: Model, loss: str, given: Mapping[str, Any]) -> float:
    """The largest difference of the trainables' gradients to central differences of the loss."""
    worked, furthest = work_lines(model.lines, batched(given), model.sizes), 0.0
    forward = model.part(FORWARD)
    for weight in model.trainables:
        base = np.asarray(given[weight], dtype=float)
        gradient = worked[f"d{weight}"][..., 0]
        for place in np.ndindex(base.shape):
            ends: list[float] = []
            for step in (STEP, -STEP):
                moved = base.copy()
                moved[place] += step
                ends.append(float(work_lines(forward, batched({**given, weight: moved}), model.sizes)[loss][0]))
            furthest = _further(furthest, (ends[0] - ends[1]) / (2 * STEP), float(gradient[place]))
    return furthest


def _further(furthest: float, a: float, b: float) -> float:
    """The larger of a distance and that of two numbers; what is undefined is infinitely far."""
    distance = abs(a - b) / max(1.0, abs(a), abs(b))
    return max(furthest, distance) if np.isfinite(distance) else float("inf")
