"""What a page says: every string of a sheet or solution, worked out before a template sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Protocol

import numpy as np

from backprop.expressions import Apply, Expression, walk
from backprop.language import parse
from backprop.model import FORWARD, UPDATE, Line, renewed
from backprop.operations import OPERATIONS
from backprop.work import Numbers
from course.answer_names import FORMULA, TRACE
from course.numbers import decimals_of, marks_text
from course.records import ProblemRecord, SetRecord, SheetRecord
from printing import phrases
from printing.lines import Lines
from printing.phrases import said
from printing.styles.style import Style, words
from worksheets.answers import Answers
from worksheets.asking import told_lines
from worksheets.graph import pictures
from worksheets.strings import AskedAnswer, Constant, Fall, GivenShown, Part, ProblemPage, SheetPage, SolvedAnswer, Told


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


def page(sheet: Worked, style: Style, solution: bool) -> SheetPage:
    """The strings of a sheet, or of its worked solution, in one style."""
    sheet_set, record = sheet.set, sheet.record
    problems = []
    for place, (problem, given) in enumerate(zip(sheet_set.problems, record.given, strict=True)):
        writer = _writer(place + 1, problem, type(style))
        if solution or writer.shows_values:
            problems.append(writer.problem({**given, **sheet.keys[place]}, sheet.numbers[place], solution))
        else:
            problems.append(writer.problem(given, {}, solution))
    return {
        "title": style.text(sheet_set.title),
        "sheet": record.sheet,
        "student": style.text(record.roster.get("name") or record.student),
        "marks": marks_text(sum(p.marks for p in sheet_set.problems)),
        "problems": problems,
        "solution": solution,
        "says": phrases.fixed(type(style)),
        "rules": phrases.printed_rules(type(style), sheet_set.marking.follows > 0, _asks_formulas(sheet_set)),
    }


def _asks_formulas(sheet_set: SetRecord) -> bool:
    return any(FORMULA in line.in_words for problem in sheet_set.problems for line in problem.lines)


@lru_cache(maxsize=512)
def _writer(number: int, problem: ProblemRecord, style: type[Style]) -> Writer:
    """The writer of a problem in a style, the same for all sheets of a class."""
    return Writer(number, problem, style())


class Writer:
    """One problem's pages in one style. What is the same on every sheet is written once."""

    def __init__(self, number: int, problem: ProblemRecord, style: Style) -> None:
        self.number, self.print = number, Lines(problem, style)
        self.answers = Answers(number, self.print)
        self.record, self.style = problem, style
        self.model, self.printer = self.print.model, self.print.printer
        of_sheet = [(line, r) for line, r in zip(self.model.lines, problem.lines, strict=True) if r.asked or r.worked]
        self.lines = of_sheet
        asked = frozenset(r.name for r in problem.lines if r.asked)
        traced = frozenset(r.name for r in problem.lines if TRACE in r.in_words)
        shown = {line.name for line, _ in of_sheet}
        self.told = [line for line in told_lines(self.model, asked, traced) if line.name not in shown]
        self.shows_values = bool(self.told) or any(r.worked or r.help == "hints" for r in problem.lines)
        self.constant = self._constant()

    def _constant(self) -> Constant:
        problem, forward = self.record, self.model.part(FORWARD)
        return {
            "number": self.number,
            "title": self.style.text(problem.title),
            "decimals": problem.decimals,
            "asked_decimals": said(phrases.DECIMALS, self.style, decimals=str(problem.decimals)),
            "unit": f"{10.0**-problem.decimals:.{problem.decimals}f}",
            "marks": marks_text(problem.marks),
            "trainable": self._trainable(),
            "widest": max(len(line.name) for line in forward),
            "model": [self.print.formula(line) for line in forward],
            "pictures": pictures(self.model, self.printer),
            "legend": list(self._legend()),
        }

    def _trainable(self) -> str:
        names = ", ".join(self.print.math(weight) for weight in self.model.trainables)
        return said(phrases.TRAINABLE, self.style, names=names) if names else ""

    def problem(self, values: Mapping[str, Any], sheet: Numbers, solution: bool) -> ProblemPage:
        """The strings of one sheet's problem, from its givens and the exact value of every line."""
        return {
            **self.constant,
            "intro": self._intro(values),
            "given": [self._given(g.name, values) for g in self.model.givens],
            "told": [self._told(line, values) for line in self.told],
            "parts": list(self._parts(values, sheet, solution)),
            **_fall(self._losses(values) if solution else ()),
            "traces": list(self.answers.traces(solution)),
        }

    def _told(self, line: Line, values: Mapping[str, Any]) -> Told:
        """A line that is not asked: printed with its value."""
        value = self.print.value(line.name, values[line.name], self.record.decimals)
        return {**self.print.names(line.name), "value": value}

    def _losses(self, values: Mapping[str, Any]) -> tuple[float, ...]:
        """The loss before the first of several training steps and after each, where they are worked out."""
        names = [self.record.loss or ""]
        while renewed(names[-1]) in self.model.by_name:
            names.append(renewed(names[-1]))
        return tuple(float(values[name]) for name in names) if len(names) > 2 else ()

    def _parts(self, values: Mapping[str, Any], sheet: Numbers, solution: bool) -> Iterator[Part]:
        said: set[str] = set()
        steps = len({line.step for line in self.model.lines if line.part == UPDATE})
        for (step, part), of_part in groupby(self.lines, key=lambda pair: (pair[0].step, pair[0].part)):
            title, task = phrases.PARTS[part]
            answers: list[AskedAnswer | SolvedAnswer] = [
                self.answers.solved(line, record, values, sheet, said)
                if solution or record.worked
                else self.answers.asked(line, record, sheet)
                for line, record in of_part
            ]
            of_steps = phrases.OF_STEPS.format(step=step, steps=steps) if steps > 1 and step <= steps else ""
            yield {"title": self.style.text(title + of_steps), "task": self._task(task), "answers": answers}

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
        return said(task, self.style, loss=self.style.math(loss), rate=self.print.math(next(scalars, "eta")))

    def _given(self, name: str, values: Mapping[str, Any]) -> GivenShown:
        """A given, as it is printed."""
        value = values[name]
        if name in self.model.scope.indices:
            return {**self.print.names(name), "value": self._index(name, int(value)), "is_index": True}
        decimals = max(decimals_of(x) for x in np.ravel(value))
        return {**self.print.names(name), "value": self.print.value(name, value, decimals), "is_index": False}

    def _index(self, name: str, value: int) -> str:
        size = self.model.scope.indices[name]
        place = phrases.INDEX.format(place=value + 1, size=int(size))
        labels = self.record.labels.get(size.name)
        return self.style.text(f"{labels[value]} ({place})" if labels else place)

    def _legend(self) -> Iterator[str]:
        """What the less usual signs on this sheet mean."""
        used: dict[str, Expression] = {}
        for line in self.model.part(FORWARD):
            for node in walk(line.expression):
                if isinstance(node, Apply):
                    used.setdefault(node.operation, node)
        for name, node in used.items():
            if not OPERATIONS[name].says_itself:
                yield f"{self.style.math(self.printer.expression(node))}: {self.style.text(OPERATIONS[name].says)}"


def _fall(losses: Sequence[float]) -> Fall:
    """The losses of a training loop, and what is needed to draw them: bars of text, the height of a plot."""
    top = max(losses, default=1.0)
    bars = [f"{step}  {loss:.4f}  {'█' * round(40 * loss / top)}" for step, loss in enumerate(losses)]
    return {
        "losses": losses,
        "loss_bars": bars,
        "loss_top": f"{1.2 * top:.3f}",
        "loss_scale": f"{3.2 / top:.3f}",
        "plot": "",
        "told_losses": "",
    }
