"""What feedback says: every string of a page, worked out before a template sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Protocol, get_args

import msgspec

from backprop.model import BACKWARD, Line
from backprop.notation import PLAIN, Printer
from course.answer_names import TRACE, AnswerName, answer_name
from course.numbers import typed_numbers
from course.records import ProblemRecord, Reveal, SetRecord, SheetRecord
from grader.feedback.revealed import OwnWork, Revealed, Written, own_work
from grader.feedback.strings import Called, Detail, FeedbackPage, MarkedLine, ProblemFeedback, Right, WorkedOut
from grader.marking.marks import LineMarks, Marks
from printing.lines import Lines
from printing.styles.style import Style

LEVELS: tuple[Reveal, ...] = get_args(Reveal)

SIGNS = {
    "correct": ("✓", "right"),
    "follows": ("✓ follows", "right, follows"),
    "wrong": ("✗", "not right"),
    "blank": ("blank", "blank"),
    "unreadable": ("not read", "not read"),
    "partly": ("read in part", "read in part"),
    "read": ("read", "read"),
}
"""What stands beside a line, and how a screen reader says it."""

FOLLOWS = "✓ right · ✓ follows: right for the numbers that you wrote earlier{share} · ✗ not right"
BLANK = "This form is blank: no answer was filled in."
RECEIVED = "This is how your answers were read. It says nothing yet on what is right."


class FeedbackStyle(Style, Protocol):
    """A style that also prints what was handed in, and arithmetic."""

    def entry(self, number: str, verdict: str) -> str:
        """An entry as it was read, marked where it is wrong; "" for a number is none."""

    def typed(self, answer: str) -> str:
        """An answer on one line, as it was read."""

    def arithmetic(self, formula: str) -> str:
        """A formula in a block of formulas."""


def page(sheet_set: SetRecord, sheet: SheetRecord, marks: Marks, style: FeedbackStyle) -> FeedbackPage:
    """The strings of one student's feedback in one style, as much as the set allows."""
    level = LEVELS.index(sheet_set.marking.reveal)
    blank = all(line.verdict == "blank" for line in marks.lines)
    shown_of = _said_once(marks, level) if blank else marks
    follows = sheet_set.marking.follows
    share = "" if follows == 1 else f", counts {100 * follows:g} %"
    return {
        "title": style.text(sheet_set.title),
        "sheet": style.text(sheet.sheet),
        "student": style.text(sheet.roster.get("name") or sheet.student),
        "marked": level > 0,
        "score": f"{marks.score:g}",
        "out_of": f"{marks.out_of:g}",
        "percent": f"{marks.percent:g}",
        "lost": "" if blank else style.text(lost(marks)),
        "legend": style.text(BLANK if blank else FOLLOWS.format(share=share) if level else RECEIVED),
        "notes": [style.text(note) for note in (*(by_hand(marks) if level else ()), *marks.notes)],
        "problems": [
            _writer(number, problem, type(style)).problem(given, shown_of, level)
            for number, (problem, given) in enumerate(zip(sheet_set.problems, sheet.given, strict=True), 1)
        ],
    }


def _said_once(marks: Marks, level: int) -> Marks:
    """The marks of a blank form without a word on every line; the right answers stay where they are shown."""
    lines = [msgspec.structs.replace(line, message="", notes=()) for line in marks.lines]
    return msgspec.structs.replace(marks, lines=tuple(lines) if level >= LEVELS.index("answers") else ())


def lost(marks: Marks) -> str:
    """Where the marks went, the most first."""
    losses = [(round(line.out_of - line.score, 4), line) for line in marks.lines]
    losses = sorted((loss for loss in losses if loss[0] > 0), key=lambda loss: -loss[0])
    if not losses:
        return "No mark was lost."
    named = [f"{loss:g} on {line.name}{LOST_AS.get(line.verdict, '')}" for loss, line in losses[:MOST_NAMED]]
    if rest := losses[MOST_NAMED:]:
        named.append(f"{round(sum(loss for loss, _ in rest), 4):g} on {len(rest)} other line{'s' * (len(rest) > 1)}")
    return f"Marks lost: {', '.join(named)}."


def by_hand(marks: Marks) -> Iterator[str]:
    """The scores that the instructor gave, with their reasons."""
    for one in marks.overrides:
        what, out_of = (one.line, marks.line(one.line).out_of) if one.line else ("The sheet", marks.out_of)
        note = f": {one.note}" if one.note else "."
        yield f"{what} was marked by hand: {one.score:g} of {out_of:g} ({one.was:g} before){note}"


MOST_NAMED = 3
LOST_AS = {"blank": " (left blank)", "unreadable": " (not read)", "follows": " (follows)"}


@lru_cache(maxsize=512)
def _writer(number: int, problem: ProblemRecord, style: type[FeedbackStyle]) -> Writer:
    """The writer of a problem in a style, the same for all pages of a class."""
    return Writer(number, problem, style())


class Writer:
    """One problem's part of the pages in one style."""

    def __init__(self, number: int, problem: ProblemRecord, style: FeedbackStyle) -> None:
        self.number, self.record, self.style = number, problem, style
        self.lines = Lines(problem, style)
        self.revealed, self.model = Revealed(self.lines), self.lines.model
        self.plain = Printer.of(self.model, PLAIN, problem.loss)
        self.title = style.text(problem.title)
        self._names = cache(self._called)  # the same for every student

    def problem(self, given: Mapping[str, Any], marks: Marks, level: int) -> ProblemFeedback:
        """The strings of one student's problem: every line, more on those that are not right, what was read."""
        lines = [line for line in marks.lines if _answer(line).problem == self.number]
        details = list(self._details(lines, given, level)) if level else []
        more = {detail["anchor"] for detail in details}
        return {
            "number": self.number,
            "title": self.title,
            "lines": [
                {**self._line(line, level > 0), "has_details": self._names(line.name)["anchor"] in more}
                for line in lines
            ],
            "details": details,
            "answers": [
                {**self._names(line.name), "typed": self._typed(line)} for line in lines if level and _has_number(line)
            ],
        }

    def _called(self, name: str) -> Called:
        """What a line is called on the sheet, and its symbol where that is another."""
        answer = _named(name)
        symbol = self.lines.math(answer.line) if self.plain.name(answer.line) != answer.line else ""
        return {"label": self.style.text(name), "name": name, "anchor": answer.anchor, "symbol": symbol}

    def _line(self, line: LineMarks, marked: bool) -> MarkedLine:
        verdict = line.verdict if marked else state(line)
        sign, spoken = SIGNS[verdict]
        message = line.message if marked else " ".join(line.notes)
        return {
            **self._names(line.name),
            "verdict": verdict,
            "sign": sign,
            "spoken": spoken,
            "marks": f"{line.score:g} of {line.out_of:g}",
            "message": self.style.text(message) if message else "",
            "typed": "" if marked or not _has_number(line) else self._typed(line),
        }

    def _typed(self, line: LineMarks) -> str:
        return self.style.typed(one_line(line))

    def _details(self, lines: list[LineMarks], given: Mapping[str, Any], level: int) -> Iterator[Detail]:
        """More on each line that is not right: how it was read, the right values, how they are worked out."""
        by_name = {_answer(line).within: line for line in lines}
        own = own_work(self.record, given, by_name) if level >= LEVELS.index("answers") else None
        written = self.revealed.written(own) if own and level >= LEVELS.index("solution") else None
        said: set[str] = set()
        for line in lines:
            if line.verdict != "correct":
                wrong = line.verdict != "follows"
                solved = own and written and wrong and not _answer(line).kind
                found: Detail = {
                    **self._names(line.name),
                    "read": self._read(line) if wrong and _has_number(line) else "",
                    "right": list(self._right(line, own)) if own else [],
                    "working": self._working(line, own, written, said) if own and written and solved else None,
                }
                if found["read"] or found["right"]:
                    yield found

    def _read(self, line: LineMarks) -> str:
        """The answer as it was read, wrong entries marked."""
        cells = [
            [self.style.entry(shown(value), verdict) for value, verdict in zip(values, verdicts, strict=True)]
            for values, verdicts in zip(line.read, line.entries, strict=True)
        ]
        return self._block(cells)

    def _block(self, cells: list[list[str]]) -> str:
        """A matrix, or the one number alone."""
        return cells[0][0].strip() if len(cells) == len(cells[0]) == 1 else self.style.matrix(cells)

    def _right(self, line: LineMarks, own: OwnWork) -> Iterator[Right]:
        asked, kind = self.model.by_name[_answer(line).line], _answer(line).kind
        if kind:
            way = kind == TRACE
            says, value = ("A right order", self._way(asked)) if way else ("The right formula", self._formula(asked))
            yield {"says": self.style.text(says), "value": value}
            return
        values = self.revealed.key if line.verdict == "follows" else self.revealed.values
        for says, rows in values(asked, own).items():
            cells = [[self.style.number(x) for x in row] for row in rows]
            yield {"says": self.style.text(says), "value": self._block(cells)}

    def _formula(self, line: Line) -> str:
        return self.style.arithmetic(self.lines.equation(line))

    def _way(self, line: Line) -> str:
        """The gradients from the loss to a line, in an order in which they can be worked."""
        needed = [n.name for n in self.model.part(BACKWARD) if n.name in self.model.depends_on(line.name)]
        return " → ".join(self.style.arithmetic(self.lines.printer.name(name)) for name in (*needed, line.name))

    def _working(self, line: LineMarks, own: OwnWork, written: Written, said: set[str]) -> WorkedOut:
        asked = self.model.by_name[_answer(line).line]
        working = self.revealed.working(asked, own, written, said)
        return {
            "says": self.style.text(f"How it is worked out{', ' if working.on else ''}{working.on}"),
            "formula": self._formula(asked),
            "steps": [
                {"place": self.style.arithmetic(w.place), "works": [self.style.arithmetic(s) for s in w.steps]}
                for w in working.entries
            ],
            "more": working.more,
            "reason": working.reason,
        }


def _answer(line: LineMarks) -> AnswerName:
    """What these marks are for."""
    return _named(line.name)


@lru_cache(maxsize=4096)
def _named(name: str) -> AnswerName:
    found = answer_name(name)
    assert found, "marks carry the names of answers"
    return found


def _has_number(line: LineMarks) -> bool:
    return any(value is not None for row in line.read for value in row)


def state(line: LineMarks) -> str:
    """What is known of an answer before it is judged."""
    found = {verdict for row in line.entries for verdict in row}
    if "unreadable" in found:
        return "unreadable"
    return "blank" if found == {"blank"} else "partly" if "blank" in found else "read"


def shown(value: float | None) -> str:
    return "" if value is None else typed_numbers(value)


def one_line(line: LineMarks) -> str:
    """The answer as it was read, on one line."""
    rows = [
        [shown(value) or MISSING[verdict] for value, verdict in zip(values, verdicts, strict=True)]
        for values, verdicts in zip(line.read, line.entries, strict=True)
    ]
    if len(rows) == len(rows[0]) == 1:
        return rows[0][0]
    inner = ", ".join(f"[{', '.join(row)}]" for row in rows)
    return f"[{inner}]"


MISSING = {"blank": "____", "unreadable": "????"}
