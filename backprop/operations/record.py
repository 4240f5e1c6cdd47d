"""What the table says of an operation. Anything that can be derived is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from backprop.expressions import Expression
from backprop.operations.entry import EntryReading
from backprop.operations.printed import Notation
from backprop.rounding import Array, Interval
from backprop.shapes import Shape, spread_together

SUM, PRODUCT, NEGATION, POWER, ATOM = range(5)
"""How tightly an operator holds its arguments, in Python's own order; `@` and `*` alike."""


class Argument(Enum):
    """What an argument of an operation is."""

    MATRIX = "a matrix or scalar"
    INDEX = "an index: it picks a row or an entry"
    SIZE = "a size: a number of rows or columns"
    EXPONENT = "a number"


MATRIX, INDEX, SIZE, EXPONENT = Argument


@dataclass(frozen=True)
class Operator:
    """How an operator is written in the language, how tightly it binds, and Python's name for it in a syntax tree."""

    written: str
    level: int
    syntax: str


@dataclass(frozen=True)
class Known:
    """One way to get an operation, or its adjoint, wrong: the right formula, the wrong one, and what to say of it.

    In `right` and `wrong`, names stand for any expression; `other` runs over the indices that `k` is not; `rows` and
    `columns` are the sizes of `a`. Formulas in the braces of `says` are in the same names. Mistakes that any
    expression allows (a transpose, a sign, a factor) are not listed: mistakes.py finds them in the tree.
    """

    kind: str
    right: str
    wrong: str
    says: str


@dataclass(frozen=True)
class Operation:
    """One operation of the language.

    `adjoint` has one rule per argument, in `a`, `b`, … (the arguments), `out` (the result), `g` (the gradient of the
    result) and `rows`, `columns` (the sizes of `a`, in a definition `count` as well); None where there is no gradient. `definition` is the operation
    written out in simpler ones, in the same names; whatever is not declared is read from it.

    `fused` has pairs of an inner operation and a rule: where the first argument is that operation's result, the rule
    gives the gradient of the inner operation's argument; `a` is still the first argument. `shares`: fuse only if this
    argument is a given whose rows sum to 1.
    """

    name: str
    says: str
    adjoint: tuple[str | None, ...]
    takes: tuple[Argument, ...] = (MATRIX,)
    definition: str = ""
    shape: Callable[..., Shape] = spread_together  # of one argument: the same
    values: Callable[..., Array] | None = None  # NumPy's, batch last; else the definition's
    entry: EntryReading | None = None  # else itself on scalars, where it is entrywise, or the definition's
    falls: tuple[int, ...] = ()  # the arguments in which it falls, for bounds at the ends; it rises in the others
    bounds: Callable[..., Interval] | None = None  # `bounds(rounding, *arguments)`, where they are not at the ends
    sympy: Callable[..., Any] | str | None = None  # of scalars: `sympy(sp, *arguments)`, or SymPy's name for it
    operator: Operator | None = None  # else it is written as a call
    notation: Notation | None = None  # else it is printed as a call
    matrices: Notation | None = None  # in its place where every argument is a matrix
    says_itself: bool = False  # whoever sees it printed knows what it is: no legend is needed
    aliases: tuple[str, ...] = ()  # other names that students have for it
    along: tuple[str, ...] = ()  # where students give it an axis, as NumPy does: its line for axis 0, and for axis 1
    simplified: Callable[..., Expression] | None = None  # `simplified(shape, *arguments)`: as a textbook prints it
    edits: Callable[..., Iterator[tuple[str, Expression, str]]] | None = None  # mistakes made by editing the tree
    mistakes: tuple[Known, ...] = ()
    linear: bool = False  # in its first argument: a factor can be taken out
    moves: bool = False  # only moves entries, so nothing is rounded
    hides: bool = False  # what it was done to: numbers hardly tell, so mistakes are not looked for in its arguments
    jumps: bool = False  # at 0, or where two arguments are equal: rounding would decide what comes out, or comes back
    open_range: tuple[float, float] | None = None  # nearer the ends than this, nothing is left to be practised
    open_at: Callable[[int, int], bool] = lambda i, j: True  # the entries that this is asked of, from 0
    fused: tuple[tuple[str, str], ...] = ()
    shares: int | None = None

    @property
    def is_entrywise(self) -> bool:
        """Whether its shape rule is the entrywise one, that of all arguments spread (broadcast) together."""
        return self.shape is spread_together
