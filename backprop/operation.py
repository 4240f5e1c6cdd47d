"""What the table of operations says of each: one entry, and everything that is read from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backprop.intervals import Array, Bounds
from backprop.known_mistakes import Known
from backprop.printed import Notation
from backprop.scalars import EntryReading
from backprop.shapes import Shape


@dataclass(frozen=True)
class Operation:
    """One operation of the language.

    `takes` has a letter an argument: `m` a matrix or scalar, `i` an index, `s` a size, `p` a number (an exponent).
    `adjoint` has a line an argument, in `a`, `b`, … (the arguments), `out` (the result), `g` (the gradient of the
    result) and `rows`, `columns` (the sizes of `a`); None where there is no gradient. `through` names operations with
    which this one is differentiated together: the line is then the gradient of *their* argument, with `a` their result;
    `shares` is the argument whose rows add up to 1, as its given says, or they are not.
    """

    takes: str
    says: str
    shape: Callable[..., Shape]
    numpy: Callable[..., Array]
    entry: EntryReading
    adjoint: tuple[str | None, ...]
    bounds: Bounds
    sympy: Callable[..., Any] | None = None
    notation: Notation | None = None
    matrices: Notation | None = None  # in its place where every argument is a matrix
    spreads: bool = False  # entrywise over several arguments: scalars, rows and columns are spread to fit
    linear: bool = False  # in its first argument: a factor can be taken out
    through: tuple[tuple[str, str], ...] = ()
    shares: int | None = None
    mistakes: tuple[Known, ...] = ()
    hides: bool = False  # what it was done to: numbers hardly tell, so mistakes are not looked for in its arguments
    open_range: tuple[float, float] | None = None  # nearer the ends than this, nothing is left to be practised
    open_at: Callable[[int, int], bool] = lambda i, j: True  # the entries that this is asked of, from 0
    jumps: bool = False  # at 0, or where two arguments are equal: rounding would decide what comes out, or comes back
