"""Which mistakes a sheet's numbers would hide: those whose result lies within the bounds of the right one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from backprop.evaluate import bounds, evaluate
from backprop.expressions import Expression, number, substitute
from backprop.mistakes import Mistake, mistakes
from backprop.model import Line, Model
from backprop.rounding import Array, Interval, Rounding


@dataclass(frozen=True)
class Hiding:
    """A mistake on a line, and on which sheets of a batch it could not be told from right work."""

    line: str
    mistake: Mistake
    hidden: Array


class MistakeVisibility:
    """The known mistakes of a model's lines, to be looked for in many batches of numbers."""

    def __init__(self, model: Model, lines: Collection[str], decimals: int) -> None:
        self.model, self.rounding = model, Rounding(decimals)
        self.known = {line.name: mistakes(model, line) for line in model.lines if line.name in lines}
        self._same: dict[tuple[str, Expression], list[dict[str, int]]] = {}

    def over(self, worked: Mapping[str, Array]) -> Iterator[Hiding]:
        """Every known mistake with the sheets that hide it; `worked` are the exact values, batch last."""
        rounding, unit = self.rounding, self.rounding.unit
        known: dict[str, Any] = {}
        for given in self.model.givens:
            exact = given.index is None
            known[given.name] = Interval.exact(worked[given.name]) if exact else worked[given.name]
        batch = max(value.shape[-1] for value in worked.values())
        for line in self.model.lines:
            right = rounding.kept(bounds(line.expression, known, self.model.sizes, rounding))
            for mistake in self.known.get(line.name, ()):
                wrong = evaluate(mistake.expression, worked, self.model.sizes)
                with np.errstate(invalid="ignore"):
                    # One unit more on both sides: what is written of a wrong value is rounded as well.
                    near = (wrong >= right.low - unit) & (wrong <= right.high + unit)
                hidden = np.broadcast_to(near.all(axis=(0, 1)) if line.shape else near, (batch,))
                yield Hiding(line.name, mistake, hidden & ~self._no_mistake(line, mistake, worked, batch))
            known[line.name] = Interval.around(worked[line.name], np.where(rounding.is_exact(right), 0.0, unit))

    def _no_mistake(self, line: Line, mistake: Mistake, worked: Mapping[str, Array], batch: int) -> Array:
        """The sheets on which the mistake is none: another class than the target, where the target is that class."""
        found = np.zeros(batch, dtype=bool)
        for known in self._coinciding(line, mistake):
            here = np.ones(batch, dtype=bool)
            for index, value in known.items():
                here &= np.asarray(worked[index]) == value
            found |= here
        return found

    def _coinciding(self, line: Line, mistake: Mistake) -> list[dict[str, int]]:
        """The values of the indices with which the mistake's line and the right one are the same."""
        key = line.name, mistake.expression
        if key not in self._same:
            indices = {i: int(n) for i, n in self.model.scope.indices.items() if i in line.uses}
            choices = [dict(zip(indices, values, strict=True)) for values in product(*map(range, indices.values()))]
            self._same[key] = [
                known
                for known in choices
                if known
                and substitute(mistake.expression, {i: number(v) for i, v in known.items()})
                == substitute(line.expression, {i: number(v) for i, v in known.items()})
            ]
        return self._same[key]
