"""One problem's quantities as they are printed in one style: names, numbers, formulas."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from backprop.decimals import number_text
from backprop.model import Line, Model
from backprop.notation import Printer
from backprop.work import Work
from course.records import ProblemRecord
from printing.styles.style import Style


@lru_cache(maxsize=512)
def _work(problem: ProblemRecord, notation: str) -> Work:
    """What writes out a problem's arithmetic, shared by the styles of one notation."""
    return Work(problem.model(), Printer.of(problem.model(), notation, problem.loss), problem.decimals)


class Quantities:
    """What every part of a problem's page needs: its record and number on the sheet, the style, how things print."""

    def __init__(self, number: int, problem: ProblemRecord, style: Style) -> None:
        self.number, self.record, self.style = number, problem, style
        self.model: Model = problem.model()
        self.printer = Printer.of(self.model, style.notation, problem.loss)
        self.work = _work(problem, style.notation)

    def names(self, name: str) -> dict[str, str]:
        return {"name": name, "symbol": self.printer.name(name)}

    def labels(self, name: str) -> list[Sequence[str]]:
        shape = self.model.scope.shapes[name]
        return [self.record.labels.get(s.name, ()) if s.name and len(shape) == 2 else () for s in shape]

    def value(self, name: str, value: Any, decimals: int, named: bool = True) -> str:
        """A quantity's numbers, a matrix or one; the names of rows and columns stand beside it where it is `named`."""
        if not self.model.scope.shapes[name]:
            return self.style.number(number_text(float(value), decimals))
        rows = [[self.style.number(number_text(x, decimals)) for x in row] for row in value]
        return self.style.matrix(rows, *(self.labels(name) if named else ()))

    def formula(self, line: Line) -> dict[str, str]:
        """A line of the model: symbol = formula."""
        return {**self.names(line.name), "formula": self.printer.expression(line.expression)}

    def math(self, name: str) -> str:
        """A quantity's symbol among words."""
        return self.style.math(self.printer.name(name))


def marks_text(marks: float) -> str:
    shown = f"{marks:.2f}".rstrip("0").rstrip(".")
    return "1 mark" if shown == "1" else f"{shown} marks"
