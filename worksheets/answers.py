"""A line on the page: a place for its answer, or the answer worked out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from backprop.model import BACKWARD, FORWARD, Line
from backprop.reasons import reason
from backprop.work import Numbers
from course.answer_names import FORMULA, TRACE, AnswerName, Entry
from course.numbers import marks_text
from course.records import LineRecord
from printing import phrases
from printing.lines import Lines
from printing.phrases import said
from printing.styles.style import Blank, worded
from worksheets.strings import AnswerHead, AskedAnswer, Place, SolvedAnswer, TextBlank, Trace


class Answers:
    """The answers of one problem in one style."""

    def __init__(self, number: int, lines: Lines) -> None:
        self.number, self.print, self.style, self.printer = number, lines, lines.style, lines.printer
        self.model, self.work, self.record = lines.model, lines.work, lines.record
        self.records = {record.name: record for record in lines.record.lines}
        self._answer, self._place = cache(self._told_of_answer), cache(self._empty_place)  # the same on every sheet

    def asked(self, line: Line, record: LineRecord, sheet: Numbers) -> AskedAnswer:
        """A place for an answer: a blank for each entry, and a hint where help is given."""
        return {**self._place(line.name), "hints": list(self._hints(line, record, sheet))}

    def _empty_place(self, name: str) -> Place:
        line, record = self.model.by_name[name], self.records[name]
        rows, columns = map(int, line.shape or (1, 1))
        answer = AnswerName(self.number, line.name)
        places = [
            [Blank(Entry(answer, i, j), columns, not line.shape) for j in range(1, columns + 1)]
            for i in range(1, rows + 1)
        ]
        blanks = [[self.style.blank(place) for place in row] for row in places]
        names = self.print.labels(line.name) if self.style.names_blanks else ()
        return {
            **self._answer(name),
            "solved": False,
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
                yield self.style.math(self.print.equation(line))
            if entry := self.work.in_symbols(line, sheet, record.always_zero):
                yield self.style.math(entry)

    def _in_words(self, record: LineRecord, kind: str) -> TextBlank | None:
        """A place to write what is asked of a line as text, where it is."""
        if kind not in record.in_words:
            return None
        answer = AnswerName(self.number, record.name, kind)
        blank = Blank(Entry(answer))
        return {
            "label": str(answer),
            "shown_label": self.style.text(str(answer)),
            "variable": answer.variable,
            "value": self.style.blank(blank),
            "width": f"{blank.width:.2f}",
            "marks": marks_text(record.in_words[kind]),
        }

    def _told_of_answer(self, name: str) -> AnswerHead:
        line, record = self.model.by_name[name], self.records[name]
        rows, columns = map(int, line.shape or (1, 1))
        answer = AnswerName(self.number, line.name)
        return {
            **self.print.formula(line),
            "label": str(answer),
            "variable": answer.variable,
            "says_itself": re.sub(r"\\mathrm|[{}]", "", self.printer.name(line.name)) == line.name,
            "shown_label": self.style.text(str(answer)),
            "size": f"{rows} × {columns}" if line.shape else phrases.A_NUMBER,
            "marks": phrases.WORKED_FOR_YOU if record.worked else marks_text(record.marks),
        }

    def solved(
        self, line: Line, record: LineRecord, values: Mapping[str, Any], sheet: Numbers, reasons: set[str]
    ) -> SolvedAnswer:
        """The worked answer: arithmetic, result, and why, where that was not said before on this page."""
        worked, more = self.print.worked(line, sheet)
        result = self.print.value(line.name, values[line.name], self.record.decimals, self.style.names_blanks)
        return {
            **self._answer(line.name),
            "solved": True,
            "value": result if line.shape or not worked else "",  # one number stands at the end of its arithmetic
            "result": result,
            "steps": [{"place": w.place, "works": list(w.steps)} for w in worked],
            "more": more,
            "reason": self.print.reason(line, reasons),
        }

    def _trace_task(self, name: str) -> str:
        loss, symbol = self.style.math(self.printer.loss_symbol), self.print.math(name)
        return said(phrases.TRACE_TASK, self.style, loss=loss, symbol=symbol)

    def traces(self, solution: bool) -> Iterator[Trace]:
        """A place for the way of the gradient to a quantity, or that way itself."""
        for record in self.record.lines:
            if blank := self._in_words(record, TRACE):
                before = self.model.depends_on(record.name)
                way = [line.name for line in self.model.part(BACKWARD) if line.name in before]
                yield {
                    **blank,
                    "task": self._trace_task(record.name),
                    "way": " → ".join(map(self.print.math, (*way, record.name))),
                    "solved": solution,
                }
