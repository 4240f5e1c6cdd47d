"""Where formulas are told apart by their values: a problem's lines, worked on random draws at certain sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from backprop import mistakes as known
from backprop.errors import ExpressionError
from backprop.evaluate import evaluate, work_lines
from backprop.expressions import Expression
from backprop.model import Model
from backprop.notation import PLAIN, Printer
from backprop.rounding import Array
from backprop.shapes import Shape, describe
from course.records import ProblemRecord
from course.records import given as as_given
from grader.formulas.readings import Tries, readings

DRAWS = 8
RELATIVE, ABSOLUTE = 1e-9, 1e-13


@dataclass(frozen=True, eq=False)
class Ground:
    """A problem's lines worked on random draws at certain sizes: where formulas are told apart by their values."""

    model: Model
    printer: Printer
    describe: Callable[[Shape], str] = describe
    _mistakes: dict[str, list[tuple[known.Mistake, Array]]] = field(default_factory=dict)

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """Half of the draws are positive throughout, so that a logarithm of a given has values too."""
        rng = np.random.default_rng(0)
        sign = np.where(np.arange(DRAWS) < DRAWS // 2, -1, 1)
        drawn: dict[str, Array] = {}
        for g in self.model.givens:
            shape = (*map(int, g.shape), DRAWS)
            signs = np.where(rng.random(shape) < 0.5, sign, 1)
            drawn[g.name] = rng.uniform(0.2, 1.2, shape) * signs
            if g.index is not None:
                drawn[g.name] = rng.permutation(np.arange(DRAWS) % int(g.index))
        worked = work_lines(self.model.lines, drawn, self.model.sizes)
        # A line that is worked from no given has the same value on every draw.
        return {name: np.broadcast_to(value, (*value.shape[:-1], DRAWS)) for name, value in worked.items()}

    def read(self, typed: Expression, name: str, tries: Tries) -> list[Expression]:
        """What a formula can mean here. Raises Misfit where its sizes do not fit."""
        return readings(typed, self.model.scope, self.model.by_name[name], self.printer, tries, self.describe)

    def is_right(self, expression: Expression, name: str) -> bool:
        """Whether a formula gives the line's value on every draw."""
        return self._same(self._value(expression, self.values[name]), self.values[name])

    def mistake(self, expression: Expression, name: str) -> known.Mistake | None:
        """The known mistake that gives this formula's value on every draw."""
        if name not in self._mistakes:
            found = known.mistakes(self.model, self.model.by_name[name])
            self._mistakes[name] = [(m, self._value(m.expression, self.values[name])) for m in found]
        value = self._value(expression, self.values[name])
        if self._same(value, self.values[name]):
            return None
        same = [mistake for mistake, its in self._mistakes[name] if self._same(value, its)]
        return next((m for m in same if m.expression == expression), same[0] if same else None)

    def _value(self, expression: Expression, like: Array) -> Array:
        value = evaluate(expression, self.values, self.model.sizes)
        if like.ndim == 1:
            return np.broadcast_to(value.reshape(-1), (DRAWS,))
        return np.broadcast_to(value, (*like.shape[:-1], DRAWS))

    def _same(self, value: Array, right: Array) -> bool:
        value, right = value.reshape(-1, DRAWS), right.reshape(-1, DRAWS)
        finite = np.isfinite(right).all(axis=0)
        with np.errstate(invalid="ignore", over="ignore"):
            near = np.abs(value - right) <= RELATIVE * np.abs(right).max(axis=0) + ABSOLUTE
        return bool(finite.any() and near[:, finite].all())


def at_sizes(problem: ProblemRecord, sizes: dict[str, int], describe: Callable[[Shape], str]) -> Ground | None:
    """The problem at other sizes; None where its lines fit only at its own."""
    try:
        givens = tuple(as_given(g, sizes) for g in problem.given)
        lines = ((line.name, line.expression, line.part) for line in problem.lines)
        model = Model(sizes, givens, ()).extended(lines)
    except ExpressionError:
        return None
    return Ground(model, Printer.of(model, PLAIN, problem.loss), describe)


def named(shape: Shape) -> str:
    """A shape by the names of its sizes."""
    return "×".join(map(str, shape)) or "a scalar"
