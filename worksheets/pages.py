"""What a page says: every string of a sheet or solution, worked out before a template sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from backprop.entries import cells, entry_of
from backprop.expressions import Apply, Expression, walk
from backprop.language import parse
from backprop.model import AGAIN, BACKWARD, FORWARD, UPDATE, Line, Model
from backprop.notation import LATEX, Printer, with_numbers
from backprop.operations import OPERATIONS
from backprop.records import LineRecord, ProblemRecord, SetRecord, SheetRecord
from worksheets.graph import Graph, computation_graph
from worksheets.style import Style

PARTS = {
    FORWARD: ("Forward pass", "Work out every line of the model that is asked for, in order."),
    BACKWARD: (
        "Backward pass",
        "Work out the gradient of {loss} with respect to each quantity, from the loss down to the weights.",
    ),
    UPDATE: ("Update", "Take one step of gradient descent: each weight minus {rate} times its gradient."),
    AGAIN: (
        "Forward pass with the new weights",
        "Work the same lines once more, with every weight replaced by its new value.",
    ),
}


def page(
    sheet_set: SetRecord, record: SheetRecord, key: Sequence[Mapping[str, Any]], style: Style, solution: bool
) -> dict[str, Any]:
    """The strings of a sheet, or of its worked solution, in one style."""
    problems = [
        _problem(number, problem, given, values, style, solution)
        for number, (problem, given, values) in enumerate(zip(sheet_set.problems, record.given, key, strict=True), 1)
    ]
    return {
        "title": style.text(sheet_set.title),
        "sheet": record.sheet,
        "student": style.text(record.roster.get("name") or record.student),
        "marks": marks_text(sum(p.marks for p in sheet_set.problems)),
        "problems": problems,
        "solution": solution,
        "blank": style.blank,
        "slips": sheet_set.marking.follows > 0,
    }


def _problem(
    number: int, problem: ProblemRecord, given: Mapping[str, Any], key: Mapping[str, Any], style: Style, solution: bool
) -> dict[str, Any]:
    writer = _Writer(problem, given, key, style)
    asked = [(line, record) for line, record in zip(writer.model.lines, problem.lines, strict=True) if record.asked]
    parts = []
    for part, (title, task) in PARTS.items():
        answers = [writer.answer(number, line, record, solution) for line, record in asked if line.part == part]
        if answers:
            parts.append({"title": title, "task": writer.task(task), "answers": answers})
    return {
        "number": number,
        "title": style.text(problem.title),
        "intro": writer.intro(),
        "decimals": problem.decimals,
        "unit": f"{10.0**-problem.decimals:.{problem.decimals}f}",
        "marks": marks_text(problem.marks),
        "given": [writer.given(name) for name in given],
        "trainable": ", ".join(writer.printer.name(w) for w in writer.model.trainables),
        "widest": max(len(line.name) for line in writer.model.part(FORWARD)),
        "model": [writer.formula(line) for line in writer.model.part(FORWARD)],
        "told": [writer.told(line) for line in told_lines(problem)],
        "forward_graph": graph_context(computation_graph(writer.model), writer.printer, backward=False),
        "backward_graph": graph_context(computation_graph(writer.model), writer.printer, backward=True),
        "legend": writer.legend(),
        "parts": parts,
    }


def told_lines(problem: ProblemRecord) -> list[Line]:
    """The lines that are not asked, to be printed with their values.

    A line that is worked from an asked one, and that nothing asked is worked from, would only give the answer away
    (a new weight gives its gradient): it is not printed.
    """
    model = problem.model()
    asked = {record.name for record in problem.lines if record.asked}
    needed = set().union(*(model.depends_on(name) for name in asked))
    return [
        line
        for line in model.lines
        if line.name not in asked and (line.name in needed or not model.depends_on(line.name) & asked)
    ]


class _Writer:
    """One problem's quantities in one style."""

    def __init__(self, problem: ProblemRecord, given: Mapping[str, Any], key: Mapping[str, Any], style: Style) -> None:
        self.problem, self.numbers, self.key, self.style = problem, given, key, style
        self.model: Model = problem.model()
        self.printer = Printer.of(self.model, style.notation, problem.loss)

    def intro(self) -> str:
        """The author's words, with what stands in braces as mathematics."""
        pieces = re.split(r"\{([^{}]*)\}", self.problem.intro)
        return "".join(self._formula(piece) if i % 2 else self._words(piece) for i, piece in enumerate(pieces))

    def _formula(self, piece: str) -> str:
        # An index stands for what it picks on this sheet, where that has a name.
        if piece in self.model.scope.indices and (
            labels := self.problem.labels.get(self.model.scope.indices[piece].name)
        ):
            return self.style.text(labels[int(self.numbers[piece])])
        return self.style.math(self.printer.expression(parse(piece)))

    def _words(self, piece: str) -> str:
        # The blanks around a formula are part of the sentence.
        left, right = piece[: len(piece) - len(piece.lstrip())], piece[len(piece.rstrip()) :]
        return left + self.style.text(piece) + (right if piece.strip() else "")

    def task(self, task: str) -> str:
        rate = next(
            (n for line in self.model.part(UPDATE) for n in line.uses if self.model.scope.shapes[n] == ()), "eta"
        )
        loss = self.printer.loss if self.problem.loss else ""
        return task.format(loss=self.style.math(loss), rate=self.style.math(self.printer.name(rate)))

    def given(self, name: str) -> dict[str, Any]:
        """A given, as it is printed."""
        value = self.numbers[name]
        scope = self.model.scope
        if name in scope.indices:
            return {**self._names(name), "value": self._index(name, int(value)), "is_index": True}
        decimals = max(_decimals(x) for x in np.ravel(value))
        return {**self._names(name), "value": self._value(name, value, decimals), "is_index": False}

    def told(self, line: Line) -> dict[str, str]:
        """A line that is not asked: printed with its value."""
        value = self._value(line.name, self.key[line.name], self.problem.decimals)
        return {**self._names(line.name), "value": value}

    def _names(self, name: str) -> dict[str, str]:
        return {"name": name, "symbol": self.printer.name(name), "latex_name": self.style.text(name)}

    def _index(self, name: str, value: int) -> str:
        size = self.model.scope.indices[name]
        place = f"number {value + 1} of {int(size)}, the first being number 1"
        labels = self.problem.labels.get(size.name)
        return self.style.text(f"{labels[value]} ({place})" if labels else place)

    def _labels(self, name: str) -> list[Sequence[str]]:
        shape = self.model.scope.shapes[name]
        return [self.problem.labels.get(s.name, ()) if s.name and len(shape) == 2 else () for s in shape]

    def _value(self, name: str, value: Any, decimals: int) -> str:
        if not self.model.scope.shapes[name]:
            return number_text(float(value), decimals)
        rows = [[number_text(x, decimals) for x in row] for row in value]
        return self.style.matrix(rows, *self._labels(name))

    def formula(self, line: Line) -> dict[str, str]:
        """A line of the model: symbol = formula."""
        return {**self._names(line.name), "formula": self.printer.expression(line.expression)}

    def answer(self, number: int, line: Line, record: LineRecord, solution: bool) -> dict[str, Any]:
        """A place for an answer, or the worked answer itself."""
        rows, columns = map(int, line.shape or (1, 1))
        blank = [[self.style.blank] * columns for _ in range(rows)]
        found: dict[str, Any] = {
            **self.formula(line),
            "label": f"{number}.{line.name}",
            "latex_label": self.style.text(f"{number}.{line.name}"),
            "size": f"{rows} × {columns}" if line.shape else "a number",
            "marks": marks_text(record.marks),
            "value": self.style.matrix(blank) if line.shape else self.style.blank,
        }
        if solution:
            found["value"] = self._value(line.name, self.key[line.name], self.problem.decimals)
            found["step"] = self._step(line, record)
        return found

    def _step(self, line: Line, record: LineRecord) -> dict[str, Any]:
        """One entry worked in full: its symbolic form, the arithmetic with this sheet's numbers, the result."""
        i, j = record.symbolic.entry if record.symbolic else first_entry(line, record)
        symbolic = ""
        if record.symbolic:
            symbolic = record.symbolic.latex if self.style.notation == LATEX else record.symbolic.plain
        known = {name: int(self.numbers[name]) for name in self.model.scope.indices}
        entry = entry_of(line.expression, i, j, self.model.scope, known)
        arithmetic = self.printer.expression(with_numbers(entry, self._numbers()))
        value = float(np.asarray(self.key[line.name]).reshape(line.shape or (1, 1))[i, j])
        result = number_text(value, self.problem.decimals)
        exact = abs(value - float(result)) < 1e-12
        shown = self.printer.number(Fraction(result))
        place = self.printer.entry_name(line.name, i, j) if line.shape else self.printer.name(line.name)
        about = "=" if exact else (r"\approx" if self.style.notation == LATEX else "≈")
        # One number needs no working, and the same number twice says nothing.
        works = [f"= {symbolic}"] * bool(symbolic) + [f"= {arithmetic}"] * (arithmetic not in (symbolic, shown))
        return {"place": place, "works": [_breakable(w) for w in [*works, f"{about} {shown}"]] if works else []}

    def _numbers(self) -> dict[tuple[str, int, int], Fraction]:
        """Every number on the sheet and in its key, as one would write it down."""
        if not hasattr(self, "_written"):
            self._written: dict[tuple[str, int, int], Fraction] = {}
            for name, shape in self.model.scope.shapes.items():
                value = np.asarray(self.numbers.get(name, self.key.get(name)), dtype=float).reshape(shape or (1, 1))
                places = 12 if name in self.numbers else self.problem.decimals
                for i, j in cells(shape):
                    self._written[name, i, j] = Fraction(number_text(float(value[i, j]), places))
            for name, size in self.model.sizes.items():
                self._written[name, 0, 0] = Fraction(size)
        return self._written

    def legend(self) -> list[str]:
        """What the less usual signs on this sheet mean."""
        used: dict[str, Expression] = {}
        for line in self.model.part(FORWARD):
            for node in walk(line.expression):
                if isinstance(node, Apply) and (node.operation.isidentifier() or node.operation == "@"):
                    used.setdefault(node.operation, node)
        return [
            f"{self.style.math(self.printer.expression(node))}: {self.style.text(OPERATIONS[name].says)}"
            for name, node in used.items()
            if name not in EXPLAIN_THEMSELVES
        ]


EXPLAIN_THEMSELVES = {"neg", "sqrt", "exp", "log", "tanh", "row", "entry", "place"}


def _breakable(formula: str) -> str:
    """A formula that TeX can break at the end of a line: it never breaks between \\left and \\right."""
    return formula.replace(r"\left(", r"\bigl(").replace(r"\right)", r"\bigr)") if len(formula) > 150 else formula


RESERVED = {"end", "graph", "subgraph", "style", "class", "click", "default", "direction", "flowchart", "call", "href"}
"""Words of Mermaid's own, which cannot name a node."""


def first_entry(line: Line, record: LineRecord) -> tuple[int, int]:
    """The first entry that is not zero on every sheet."""
    return next((place for place in cells(line.shape) if place not in record.always_zero), (0, 0))


def graph_context(graph: Graph, printer: Printer, backward: bool) -> dict[str, Any]:
    """The computation, or its edges reversed where a gradient runs along them."""
    edges = [e for e in graph.edges if e.gradient or not backward]
    nodes = [
        n for n in sorted(graph.places, key=lambda n: graph.places[n]) if any(n in (e.start, e.end) for e in edges)
    ]
    if not nodes:
        return {}
    identifier = {n: f"{n}_" if n in RESERVED else n for n in nodes}
    deepest = max(graph.places[n][0] for n in nodes)
    across, down = min(1.75, 15.2 / max(1.0, deepest)), 0.95

    def at(place: tuple[float, float]) -> str:
        return f"{place[0] * across:.2f},{-place[1] * down:.2f}"

    def shown(n: str) -> str:
        name = f"d{n}" if backward and f"d{n}" in printer.gradients else n
        return printer.name(name)

    return {
        "nodes": [
            {"id": identifier[n], "at": at(graph.places[n]), "symbol": shown(n), "given": n in graph.givens}
            for n in nodes
        ],
        "edges": [
            {
                "start": identifier[e.end if backward else e.start],
                "end": identifier[e.start if backward else e.end],
                "via": [at(v) for v in (reversed(e.via) if backward else e.via)],
            }
            for e in edges
        ],
    }


def number_text(value: float, decimals: int) -> str:
    """A number at so many decimals; never −0."""
    shown = f"{value:.{decimals}f}"
    return shown[1:] if shown.startswith("-") and not shown.strip("-0.") else shown


def _decimals(value: float) -> int:
    """How many decimals a given number has."""
    shown = f"{value:.10f}".rstrip("0")
    return len(shown) - shown.index(".") - 1


def marks_text(marks: float) -> str:
    shown = f"{marks:.2f}".rstrip("0").rstrip(".")
    return "1 mark" if shown == "1" else f"{shown} marks"
