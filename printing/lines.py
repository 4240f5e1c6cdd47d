"""A problem's lines in one format: names, numbers, formulas, worked steps, reasons."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypedDict

from backprop.model import Line, Model
from backprop.notation import Printer
from backprop.reasons import reason
from backprop.work import Numbers, Work, Worked
from course.numbers import number_text
from course.records import ProblemRecord
from printing import phrases
from printing.phrases import said
from printing.styles.style import Style, worded


class Named(TypedDict):
    """A quantity: its name in the file, and its symbol."""

    name: str
    symbol: str


class Formula(Named):
    """A line of the model: symbol = formula."""

    formula: str


@lru_cache(maxsize=512)
def _work(problem: ProblemRecord, notation: str) -> Work:
    """What writes out a problem's arithmetic, shared by the styles of one notation."""
    return Work(problem.model(), Printer.of(problem.model(), notation, problem.loss), problem.decimals)


class Lines:
    """How the lines of a problem are printed, on its sheets and in feedback."""

    def __init__(self, problem: ProblemRecord, style: Style) -> None:
        self.record, self.style = problem, style
        self.model: Model = problem.model()
        self.printer = Printer.of(self.model, style.notation, problem.loss)
        self.work = _work(problem, style.notation)
        self.zero = {line.name: line.always_zero for line in problem.lines}

    def names(self, name: str) -> Named:
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

    def formula(self, line: Line) -> Formula:
        """A line of the model: symbol = formula."""
        return {**self.names(line.name), "formula": self.printer.expression(line.expression)}

    def equation(self, line: Line) -> str:
        """A line as mathematics: symbol = formula."""
        return f"{self.printer.name(line.name)} = {self.printer.expression(line.expression)}"

    def worked(self, line: Line, numbers: Numbers) -> tuple[list[Worked], str]:
        """The arithmetic of a line's entries, and what is said of those that are worked in the same way."""
        found, more = self.work.entries(line, numbers, self.zero[line.name])
        return found, said(phrases.MORE, self.style, count=str(more)) if more > 1 else ""

    def reason(self, line: Line, given: set[str]) -> str:
        """Why a line is as it is, where that is not among the reasons that a page has given, to which it is added."""
        why = reason(self.model, line)
        if why is None or why.says in given:
            return ""
        given.add(why.says)
        return worded(why.says, self.style, self.printer)

    def math(self, name: str) -> str:
        """A quantity's symbol among words."""
        return self.style.math(self.printer.name(name))
