"""What a page says: every string of a sheet or solution, worked out before a template sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from keyword import iskeyword
from typing import Any, Protocol

import numpy as np

from backprop.expressions import Apply, Expression, walk
from backprop.kept import once
from backprop.language import parse
from backprop.model import AGAIN, BACKWARD, FORWARD, THEN, UPDATE, Line, Model, renewed
from backprop.notation import Printer
from backprop.operations import OPERATIONS
from backprop.reasons import reason
from backprop.records import FORMULA, TRACE, LineRecord, ProblemRecord, SetRecord, SheetRecord
from backprop.work import Numbers, Work, number_text
from printing.style import Blank, Style, worded, words
from worksheets.asking import told_lines
from worksheets.graph import pictures

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
    THEN: ("And then", "Work these lines from what you have found."),
}


class Worked(Protocol):
    """A sheet with its lines worked: what was derived, what was drawn, every value, and as it is written down."""

    @property
    def set(self) -> SetRecord: ...

    @property
    def record(self) -> SheetRecord: ...

    @property
    def keys(self) -> Sequence[Mapping[str, Any]]: ...

    @property
    def numbers(self) -> Sequence[Numbers]: ...


def page(sheet: Worked, style: Style, solution: bool) -> dict[str, Any]:
    """The strings of a sheet, or of its worked solution, in one style."""
    sheet_set, record = sheet.set, sheet.record
    worked = zip(sheet_set.problems, record.given, sheet.keys, sheet.numbers, strict=True)
    problems = [
        _writer(number, problem, type(style)).problem({**given, **key}, numbers, solution)
        for number, (problem, given, key, numbers) in enumerate(worked, 1)
    ]
    return {
        "title": style.text(sheet_set.title),
        "sheet": record.sheet,
        "student": style.text(record.roster.get("name") or record.student),
        "marks": marks_text(sum(p.marks for p in sheet_set.problems)),
        "problems": problems,
        "solution": solution,
        "slips": sheet_set.marking.follows > 0,
        "formulas": any(FORMULA in line.in_words for p in sheet_set.problems for line in p.lines),
    }


@once
def _writer(number: int, problem: ProblemRecord, style: type[Style]) -> Writer:
    """The writer of a problem in a style, kept from sheet to sheet of a class."""
    return Writer(number, problem, style())


@once
def _work(problem: ProblemRecord, notation: str) -> Work:
    """What writes out a problem's arithmetic, shared by the styles of one notation."""
    return Work(problem.model(), Printer.of(problem.model(), notation, problem.loss), problem.decimals)


class Writer:
    """One problem's pages in one style. What is the same on every sheet is written once."""

    def __init__(self, number: int, problem: ProblemRecord, style: Style) -> None:
        self.number, self.record, self.style = number, problem, style
        self.model: Model = problem.model()
        self.printer = Printer.of(self.model, style.notation, problem.loss)
        self.work = _work(problem, style.notation)
        of_sheet = [(line, r) for line, r in zip(self.model.lines, problem.lines, strict=True) if r.asked or r.worked]
        self.lines = of_sheet
        asked = frozenset(r.name for r in problem.lines if r.asked)
        shown = {line.name for line, _ in of_sheet}
        self.told = [line for line in told_lines(self.model, asked) if line.name not in shown]
        self.constant = self._constant()

    def _constant(self) -> dict[str, Any]:
        problem, forward = self.record, self.model.part(FORWARD)
        return {
            "number": self.number,
            "title": self.style.text(problem.title),
            "decimals": problem.decimals,
            "unit": f"{10.0**-problem.decimals:.{problem.decimals}f}",
            "marks": marks_text(problem.marks),
            "trainable": [self.style.math(self.printer.name(w)) for w in self.model.trainables],
            "widest": max(len(line.name) for line in forward),
            "model": [self._formula(line) for line in forward],
            "pictures": pictures(self.model, self.printer),
            "legend": list(self._legend()),
        }

    def problem(self, values: Mapping[str, Any], sheet: Numbers, solution: bool) -> dict[str, Any]:
        """The strings of one sheet's problem, from its givens and the exact value of every line."""
        return {
            **self.constant,
            "intro": self._intro(values),
            "given": [self._given(g.name, values) for g in self.model.givens],
            "told": [
                {**self._names(line.name), "value": self._value(line.name, values[line.name], self.record.decimals)}
                for line in self.told
            ],
            "parts": list(self._parts(values, sheet, solution)),
            **_fall(self._losses(values) if solution else ()),
            "traces": list(self._traces(solution)),
        }

    def _traces(self, solution: bool) -> Iterator[dict[str, Any]]:
        """A place for the way of the gradient to a quantity, or that way itself."""
        for record in self.record.lines:
            if blank := self._in_words(record, TRACE):
                way = [line for line in self.model.part(BACKWARD) if line.name in self.model.depends_on(record.name)]
                shown = [self.style.math(self.printer.name(line.name)) for line in way]
                shown.append(self.style.math(self.printer.name(record.name)))
                yield {
                    **blank,
                    "symbol": self.printer.name(record.name),
                    "loss": self.printer.loss_symbol,
                    "variable": variable(f"{record.name}_{TRACE}"),
                    "way": " → ".join(shown),
                    "solved": solution,
                }

    def _losses(self, values: Mapping[str, Any]) -> tuple[float, ...]:
        """The loss before the first of several training steps and after each, where they are worked out."""
        names = [self.record.loss or ""]
        while renewed(names[-1]) in self.model.by_name:
            names.append(renewed(names[-1]))
        return tuple(float(values[name]) for name in names) if len(names) > 2 else ()

    def _parts(self, values: Mapping[str, Any], sheet: Numbers, solution: bool) -> Iterator[dict[str, Any]]:
        said: set[str] = set()
        steps = len({line.step for line in self.model.lines if line.part == UPDATE})
        for (step, part), of_part in groupby(self.lines, key=lambda pair: (pair[0].step, pair[0].part)):
            title, task = PARTS[part]
            answers = [
                self._solved(line, record, values, sheet, said)
                if solution or record.worked
                else self._asked(line, record, sheet)
                for line, record in of_part
            ]
            of_steps = f" (step {step} of {steps})" if steps > 1 and step <= steps else ""
            yield {"title": title + of_steps, "task": self._task(task), "answers": answers}

    def _intro(self, values: Mapping[str, Any]) -> str:
        """The author's words, with what stands in braces as mathematics."""
        pieces = re.split(r"\{([^{}]*)\}", self.record.intro)
        return "".join(
            self._piece(piece, values) if i % 2 else words(piece, self.style) for i, piece in enumerate(pieces)
        )

    def _piece(self, piece: str, values: Mapping[str, Any]) -> str:
        # An index stands for what it picks on this sheet, where that has a name.
        size = self.model.scope.indices.get(piece)
        if size is not None and (labels := self.record.labels.get(size.name)):
            return self.style.text(labels[int(values[piece])])
        return self.style.math(self.printer.expression(parse(piece)))

    def _task(self, task: str) -> str:
        scalars = (n for line in self.model.part(UPDATE) for n in line.uses if self.model.scope.shapes[n] == ())
        loss = self.printer.loss_symbol if self.record.loss else ""
        return task.format(loss=self.style.math(loss), rate=self.style.math(self.printer.name(next(scalars, "eta"))))

    def _given(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """A given, as it is printed."""
        value = values[name]
        if name in self.model.scope.indices:
            return {**self._names(name), "value": self._index(name, int(value)), "is_index": True}
        decimals = max(_decimals(x) for x in np.ravel(value))
        return {**self._names(name), "value": self._value(name, value, decimals), "is_index": False}

    def _names(self, name: str) -> dict[str, str]:
        return {"name": name, "symbol": self.printer.name(name)}

    def _index(self, name: str, value: int) -> str:
        size = self.model.scope.indices[name]
        place = f"number {value + 1} of {int(size)}, the first being number 1"
        labels = self.record.labels.get(size.name)
        return self.style.text(f"{labels[value]} ({place})" if labels else place)

    def _labels(self, name: str) -> list[Sequence[str]]:
        shape = self.model.scope.shapes[name]
        return [self.record.labels.get(s.name, ()) if s.name and len(shape) == 2 else () for s in shape]

    def _value(self, name: str, value: Any, decimals: int, named: bool = True) -> str:
        """A quantity's numbers, a matrix or one; the names of rows and columns stand beside it where it is `named`."""
        if not self.model.scope.shapes[name]:
            return self.style.number(number_text(float(value), decimals))
        rows = [[self.style.number(number_text(x, decimals)) for x in row] for row in value]
        return self.style.matrix(rows, *(self._labels(name) if named else ()))

    def _formula(self, line: Line) -> dict[str, str]:
        """A line of the model: symbol = formula."""
        return {**self._names(line.name), "formula": self.printer.expression(line.expression)}

    def _asked(self, line: Line, record: LineRecord, sheet: Numbers) -> dict[str, Any]:
        """A place for an answer: a blank for each entry, and a hint where help is given."""
        rows, columns = map(int, line.shape or (1, 1))
        label = f"{self.number}.{line.name}"
        places = [[Blank(label, i + 1, j + 1, columns, not line.shape) for j in range(columns)] for i in range(rows)]
        blanks = [[self.style.blank(place) for place in row] for row in places]
        names = self._labels(line.name) if self.style.names_blanks else ()
        return {
            **self._answer(line, record),
            "solved": False,
            "hints": list(self._hints(line, record, sheet)),
            "formula_blank": self._in_words(record, FORMULA),
            "blanks": blanks,
            "columns": "r" * columns if line.shape else "",
            "blank_width": f"{places[0][0].width:.2f}",
            "value": self.style.matrix(blanks, *names) if line.shape else blanks[0][0],
        }

    def _hints(self, line: Line, record: LineRecord, sheet: Numbers) -> Iterator[str]:
        """The line's own formula, where the model does not show it, and its first entry in symbols.

        Where the formula is asked, they would give it away: then only why it is as it is.
        """
        if record.help == "hints" and FORMULA in record.in_words:
            if why := reason(self.model, line):
                yield worded(why.says, self.style, self.printer)
        elif record.help == "hints":
            if line.part != FORWARD:
                yield self.style.math(f"{self.printer.name(line.name)} = {self.printer.expression(line.expression)}")
            if entry := self.work.in_symbols(line, sheet, record.always_zero):
                yield self.style.math(entry)

    def _in_words(self, record: LineRecord, kind: str) -> dict[str, str]:
        """A place to write what is asked of a line as text, where it is."""
        if kind not in record.in_words:
            return {}
        blank = Blank(f"{self.number}.{record.name}.{kind}")
        return {
            "label": blank.answer,
            "shown_label": self.style.text(blank.answer),
            "value": self.style.blank(blank),
            "width": f"{blank.width:.2f}",
            "marks": marks_text(record.in_words[kind]),
        }

    def _answer(self, line: Line, record: LineRecord) -> dict[str, Any]:
        rows, columns = map(int, line.shape or (1, 1))
        label = f"{self.number}.{line.name}"
        return {
            **self._formula(line),
            "label": label,
            "variable": variable(line.name),
            "says_itself": re.sub(r"\\mathrm|[{}]", "", self.printer.name(line.name)) == line.name,
            "shown_label": self.style.text(label),
            "size": f"{rows} × {columns}" if line.shape else "a number",
            "marks": "worked for you" if record.worked else marks_text(record.marks),
        }

    def _solved(
        self, line: Line, record: LineRecord, values: Mapping[str, Any], sheet: Numbers, said: set[str]
    ) -> dict[str, Any]:
        """The worked answer: arithmetic, result, and why, where that was not said before on this page."""
        worked, more = self.work.entries(line, sheet, record.always_zero)
        why = reason(self.model, line)
        sentence = worded(why.says, self.style, self.printer) if why and why.says not in said else ""
        said.update([why.says] if why else [])
        result = self._value(line.name, values[line.name], self.record.decimals, self.style.names_blanks)
        return {
            **self._answer(line, record),
            "solved": True,
            "value": result if line.shape or not worked else "",  # one number stands at the end of its arithmetic
            "result": result,
            "steps": [{"place": w.place, "works": list(w.steps)} for w in worked],
            "more": f"The other {more} entries are worked in the same way." if more > 1 else "",
            "reason": sentence,
        }

    def _legend(self) -> Iterator[str]:
        """What the less usual signs on this sheet mean."""
        used: dict[str, Expression] = {}
        for line in self.model.part(FORWARD):
            for node in walk(line.expression):
                if isinstance(node, Apply) and (node.operation.isidentifier() or node.operation == "@"):
                    used.setdefault(node.operation, node)
        for name, node in used.items():
            if name not in EXPLAIN_THEMSELVES:
                yield f"{self.style.math(self.printer.expression(node))}: {self.style.text(OPERATIONS[name].says)}"


def _fall(losses: Sequence[float]) -> dict[str, Any]:
    """The losses of a training loop, and what is needed to draw them: bars of text, the height of a plot."""
    top = max(losses, default=1.0)
    bars = [f"{step}  {loss:.4f}  {'█' * round(40 * loss / top)}" for step, loss in enumerate(losses)]
    return {"losses": losses, "loss_bars": bars, "loss_top": f"{1.2 * top:.3f}", "loss_scale": f"{3.2 / top:.3f}"}


EXPLAIN_THEMSELVES = {"neg", "sqrt", "exp", "log", "tanh", "row", "entry", "place"}


def _decimals(value: float) -> int:
    """How many decimals a given number has."""
    shown = f"{value:.10f}".rstrip("0")
    return len(shown) - shown.index(".") - 1


def variable(name: str) -> str:
    """The Python name that an answer is assigned to; a word of Python's own gets an underscore, as Python has it."""
    return f"{name}_" if iskeyword(name) else name


def marks_text(marks: float) -> str:
    shown = f"{marks:.2f}".rstrip("0").rstrip(".")
    return "1 mark" if shown == "1" else f"{shown} marks"
