"""The work reading: the arithmetic of a line written out, entry by entry, with the numbers of one sheet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from backprop.decimals import number_text
from backprop.entries import cells, entry_of
from backprop.evaluate import evaluate
from backprop.expressions import Apply, Expression, Number, walk
from backprop.model import Line, Model
from backprop.notation import LATEX, Printer, with_numbers

MOST_NUMBERS = 64
"""How many numbers the arithmetic of one line may have; entries beyond are worked in the same way."""

Place = tuple[str, int, int]
"""An entry of a quantity, counted from 0."""


Numbers = Mapping[Place, Fraction]
"""Every number of a sheet as one would write it down: givens in full, lines at the decimals asked for."""


def numbers(model: Model, values: Mapping[str, Any], decimals: int) -> Numbers:
    """The numbers of a sheet, from the exact values of its givens and lines."""
    written: dict[Place, Fraction] = {(size, 0, 0): Fraction(n) for size, n in model.sizes.items()}
    written |= {(index, 0, 0): Fraction(int(values[index])) for index in model.scope.indices}
    for name, shape in model.scope.shapes.items():
        places = decimals if name in model.by_name else 12
        value = np.asarray(values[name], dtype=float).reshape(shape or (1, 1))
        written |= {(name, i, j): Fraction(number_text(float(value[i, j]), places)) for i, j in cells(shape)}
    return written


@dataclass(frozen=True)
class Worked:
    """The arithmetic of one entry: where it is, and what it is equal to, step by step."""

    place: str
    steps: tuple[str, ...]


class Work:
    """A model's lines worked out in one style; what does not depend on a sheet's numbers is found once."""

    def __init__(self, model: Model, printer: Printer, decimals: int) -> None:
        self.model, self.printer, self.decimals = model, printer, decimals
        self._entries: dict[tuple[Any, ...], Expression] = {}
        self._symbolic: dict[int, str] = {}
        self._sheet: Numbers = {}
        self._worked: dict[tuple[Any, ...], tuple[list[Worked], int]] = {}  # of this sheet, for the next style

    def entries(
        self, line: Line, sheet: Numbers, without: Collection[tuple[int, int]] = ()
    ) -> tuple[list[Worked], int]:
        """The arithmetic of a line's entries, those `without` apart, and how many more are worked in the same way.

        All of them, or the first ones where they have too many numbers; an entry that is one number needs no working.
        """
        if sheet is not self._sheet:
            self._sheet, self._worked = sheet, {}
        key = line.name, tuple(without)
        if key not in self._worked:
            self._worked[key] = self._written_out(line, sheet, without)
        return self._worked[key]

    def _written_out(
        self, line: Line, sheet: Numbers, without: Collection[tuple[int, int]]
    ) -> tuple[list[Worked], int]:
        known = {name: int(sheet[name, 0, 0]) for name in self.model.scope.indices}
        found: list[Worked] = []
        size = more = 0
        for i, j in cells(line.shape):
            entry = self._entry(line, i, j, known)
            arithmetic = with_numbers(entry, sheet)
            if (i, j) in without or isinstance(arithmetic, Number):
                continue
            size += sum(not isinstance(node, Apply) for node in walk(arithmetic))
            if found and size > MOST_NUMBERS:
                more += 1
            else:
                found.append(self._entry_worked(line, (line.name, i, j), entry, arithmetic, sheet, symbols=not found))
        return found, more

    def in_symbols(self, line: Line, sheet: Numbers, without: Collection[tuple[int, int]] = ()) -> str:
        """The first entry that is not `without` in symbols; "" where it is one number or copied."""
        known = {name: int(sheet[name, 0, 0]) for name in self.model.scope.indices}
        i, j = next((place for place in cells(line.shape) if place not in without), (0, 0))
        entry = self._entry(line, i, j, known)
        if isinstance(with_numbers(entry, sheet), Number):
            return ""
        return f"{self._where(line, i, j)} = {self._in_symbols(entry)}"

    def _where(self, line: Line, i: int, j: int) -> str:
        return self.printer.entry_name(line.name, i, j) if line.shape else self.printer.name(line.name)

    def _entry_worked(
        self, line: Line, place: Place, entry: Expression, arithmetic: Expression, sheet: Numbers, symbols: bool
    ) -> Worked:
        """One entry: in symbols where it is the first, with the numbers in, and what comes out."""
        with_the_numbers = self.printer.expression(arithmetic)
        steps = [self._in_symbols(entry), with_the_numbers] if symbols else [with_the_numbers]
        equals = [f"= {step}" for step in dict.fromkeys(steps)]
        exact = abs(evaluate(arithmetic, {}, {}).item() - float(sheet[place])) < 1e-12
        about = "=" if exact else r"\approx" if self.printer.style == LATEX else "≈"
        result = self.printer.number(sheet[place])
        if not exact:  # what was rounded shows all its decimals
            whole, _, part = result.partition(".")
            result = f"{whole}.{part.ljust(self.decimals, '0')}"
        return Worked(self._where(line, *place[1:]), (*equals, f"{about} {result}"))

    def _entry(self, line: Line, i: int, j: int, known: Mapping[str, int]) -> Expression:
        key = (line.name, i, j, *known.values())
        if key not in self._entries:
            self._entries[key] = entry_of(line.expression, i, j, self.model.scope, known)
        return self._entries[key]

    def _in_symbols(self, entry: Expression) -> str:
        if (key := id(entry)) not in self._symbolic:  # kept by _entries, so its identity stays its own
            self._symbolic[key] = self.printer.expression(entry)
        return self._symbolic[key]
