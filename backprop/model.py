"""A model: what is given, and the named lines that are worked from it, in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from backprop.errors import ExpressionError
from backprop.expressions import Expression, names
from backprop.language import parse
from backprop.scope import Scope, shape_of
from backprop.shapes import Shape, Size
from backprop.writing import text

FORWARD, BACKWARD, UPDATE, AGAIN, THEN = PARTS = ("forward", "backward", "update", "again", "then")

ONEHOT, SHARES = "onehot", "shares"
"""What each row of a given may be: zeros but for a 1, or positive numbers; both add up to 1."""


def renewed(name: str) -> str:
    """The name of a quantity one training step later: W, W_new, W_new2, W_new3, …"""
    head, _, count = name.rpartition("_new")
    if not head or not (count == "" or count.isdigit()):
        return f"{name}_new"
    return f"{head}_new{int(count or 1) + 1}"


@dataclass(frozen=True)
class Given:
    """A quantity that the sheet prints: a matrix or scalar, or an index into a size.

    `index` is the size that an index runs over, counted from 0; None for a quantity. `rows` is ONEHOT or SHARES where
    the rows of a matrix add up to 1.
    """

    name: str
    shape: Shape = ()
    index: Size | None = None
    trainable: bool = False
    rows: str | None = None


@dataclass(frozen=True)
class Line:
    """A named line: what is worked out, from what, and in which part of which training step, counted from 1."""

    name: str
    expression: Expression
    shape: Shape
    part: str = FORWARD
    step: int = 1

    @property
    def text(self) -> str:
        return text(self.expression)

    @property
    def uses(self) -> list[str]:
        return names(self.expression)


@dataclass(frozen=True, eq=False)  # told apart by identity, so that a cache can hold what is derived from one
class Model:
    """Givens and lines whose shapes fit; `sizes` are the numbers behind the sizes' names."""

    sizes: Mapping[str, int]
    givens: tuple[Given, ...]
    lines: tuple[Line, ...]

    @cached_property
    def scope(self) -> Scope:
        """What every name means once all lines are worked."""
        shapes = {g.name: g.shape for g in self.givens if g.index is None}
        indices = {g.name: g.index for g in self.givens if g.index is not None}
        return Scope({**shapes, **{line.name: line.shape for line in self.lines}}, self.sizes, indices)

    @cached_property
    def by_name(self) -> Mapping[str, Line]:
        return {line.name: line for line in self.lines}

    @property
    def trainables(self) -> tuple[str, ...]:
        return tuple(g.name for g in self.givens if g.trainable)

    def part(self, part: str) -> tuple[Line, ...]:
        """The lines of a part, in the first training step that has it."""
        lines = [line for line in self.lines if line.part == part]
        return tuple(line for line in lines if line.step == lines[0].step)

    def extended(self, lines: Iterable[tuple[str, str | Expression, str]], step: int = 1) -> Model:
        """The model with more lines of a step, each `(name, right-hand side, part)`, read and fitted in order.

        Raises ExpressionError, naming the line, where one cannot be read, does not fit, or has a name in use.
        """
        scope, known = self.scope, list(self.lines)
        for name, source, part in lines:
            if name in scope.known():
                raise ExpressionError("this name is already in use for something else", line=name)
            try:
                expression = parse(source) if isinstance(source, str) else source
                shape = shape_of(expression, scope)
            except ExpressionError as error:
                error.line = name
                error.text = error.text or (source if isinstance(source, str) else "")
                raise
            known.append(Line(name, expression, shape, part, step))
            scope = scope.with_shape(name, shape)
        return Model(self.sizes, self.givens, tuple(known))

    def depends_on(self, name: str) -> frozenset[str]:
        """Every name that a line is worked from, directly or through other lines."""
        return self._ancestors.get(name, frozenset())

    @cached_property
    def _ancestors(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for line in self.lines:
            own = set(line.uses)
            found[line.name] = frozenset(own.union(*(found.get(n, frozenset()) for n in own)))
        return found

    @cached_property
    def heights(self) -> Mapping[str, int]:
        """The number of lines on the longest way from the givens to each line."""
        found: dict[str, int] = {}
        for line in self.lines:
            found[line.name] = 1 + max((found.get(n, 0) for n in line.uses), default=0)
        return found

    def at(self, sizes: Mapping[str, int]) -> Model:
        """The same lines at other sizes. Raises ExpressionError where one does not fit there."""

        def size(own: Size) -> Size:
            return Size(sizes.get(own.name, own), own.name)

        givens = tuple(
            replace(g, shape=tuple(map(size, g.shape)), index=None if g.index is None else size(g.index))
            for g in self.givens
        )
        model = Model({**self.sizes, **sizes}, givens, ())
        for line in self.lines:
            model = model.extended([(line.name, line.expression, line.part)], line.step)
        return model


LARGE, FEW = 800, 2
"""A model with more numbers, times the values of its indices, is proved where no size is above the second."""


def small(model: Model) -> Model:
    """A model's lines at small sizes, if it is large and they fit there; else the model itself."""
    choices = prod(g.index for g in model.givens if g.index is not None)
    if sum(prod(line.shape) for line in model.lines) * choices <= LARGE:
        return model
    try:
        return model.at({name: min(size, FEW) for name, size in model.sizes.items()})
    except ExpressionError:
        return model
