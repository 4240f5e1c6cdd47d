"""The way of the gradient, traced: the lines from the loss to a quantity, in an order in which they can be worked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from backprop.model import BACKWARD
from backprop.notation import PLAIN, Printer
from course.answer_names import TRACE
from course.records import LineRecord, ProblemRecord
from grader.formulas.names import Vocabulary
from grader.formulas.parsing import read_name
from grader.handed_in import is_blank
from grader.marking.marks import LineMarks, Verdict
from grader.reading.numbers import Refused, clip

MOST_CHARACTERS, MOST_LINES = 5_000, 200
BETWEEN = re.compile(
    r"[;\n|]|,(?![^{},]{0,20}\})|→|⟶|⇒|⟹|->|=>|>|\\(?:to|rightarrow|longrightarrow|Rightarrow|Longrightarrow)(?![a-zA-Z])|\bthen\b|\band\b"
)
LEADING = re.compile(r"^[\s\"'`$(\[*•·-]*(?:\d+[.)]\s+)?(?:\d+\.(?=[^\W\d]))?")
FORM = "Write their names in order, such as dlogits, dcontext, doutput."


class Traces:
    """Judges the traced ways of one problem."""

    def __init__(self, problem: ProblemRecord) -> None:
        self.model = problem.model()
        self.loss = problem.loss
        self.gradients = [line.name for line in self.model.part(BACKWARD)]
        self.vocabulary = Vocabulary(self.model, problem.loss, problem.labels)
        self.printer = Printer.of(self.model, PLAIN, problem.loss)

    def marks(self, name: str, record: LineRecord, typed: object, given: Mapping[str, Any]) -> LineMarks:
        """The marks for a way to the gradient of a line: all of them, or none."""
        verdict, message = self.judge(record.name, typed)
        out_of = record.in_words[TRACE]
        score = out_of if verdict == "correct" else 0.0
        notes = (message,) if verdict == "unreadable" else ()
        return LineMarks(f"{name}.{TRACE}", verdict, score, out_of, ((verdict,),), ((None,),), None, message, notes)

    def judge(self, target: str, typed: object) -> tuple[Verdict, str]:
        """The verdict on a way to `target`, with a message that names the first line that cannot yet be worked."""
        if is_blank(typed):
            return "blank", "Left blank."
        try:
            listed = self._listed(typed)
        except Refused as refused:
            return "unreadable", f"This could not be read. {refused} {FORM}"
        shown = f"Read as {', '.join(self._shown(name) for name in listed)}."
        worked: set[str] = set()
        for name in listed:
            missing = [used for used in self._needs(name) if used not in worked]
            if missing:
                later = "comes later in your list" if missing[0] in listed else "is not in your list"
                return "wrong", (
                    f"Not right. {self._shown(name)} cannot be worked yet: it needs {self._shown(missing[0])}, "
                    f"which {later}. {shown}"
                )
            worked.add(name)
        if target not in worked:
            return "wrong", f"Not right. Each line can be worked, but {self._shown(target)} itself is missing. {shown}"
        return "correct", f"Right. {shown}"

    def _shown(self, name: str) -> str:
        return self.printer.name(name)

    def _needs(self, name: str) -> list[str]:
        """The gradients that a gradient line is worked from."""
        return [used for used in self.model.by_name[name].uses if used in self.gradients]

    def _listed(self, typed: object) -> list[str]:
        """The gradient lines that were named, in order. Raises Refused where something is none."""
        if isinstance(typed, list) and all(isinstance(item, str) for item in typed):
            typed = "\n".join(typed)
        if not isinstance(typed, str):
            raise Refused("The names of lines are asked here, as text.")
        if len(typed) > MOST_CHARACTERS:
            raise Refused(f"This has {len(typed):,} characters; a list has at most {MOST_CHARACTERS:,}.")
        items = [item for part in BETWEEN.split(typed) if (item := LEADING.sub("", part).strip(" \t\"'`$)].*"))]
        if len(items) == 1 and self._as_gradient(items[0]) is None:
            items = items[0].split()  # only blanks between
        if len(items) > MOST_LINES:
            raise Refused(f"This has {len(items)} names; there are {len(self.gradients)} gradients on this sheet.")
        found = []
        for item in items:
            name = self._as_gradient(item)
            if name is None:
                raise Refused(self._no_gradient(item))
            found += [name] if name else []
        return found

    def _as_gradient(self, item: str) -> str | None:
        """The gradient line that a name stands for, X for that of X too; "" for the loss, where every way begins."""
        try:
            name = read_name(item, self.vocabulary)
        except Refused:
            return None
        if name == self.loss:
            return ""
        name = name if name in self.gradients else f"d{name}"
        return name if name in self.gradients else None

    def _no_gradient(self, item: str) -> str:
        try:
            name = read_name(item, self.vocabulary)
        except Refused as refused:
            return str(refused)
        return f"“{clip(item)}” is {name}, which has no gradient on this sheet."


@lru_cache(maxsize=512)
def traces_of(problem: ProblemRecord) -> Traces:
    """What judges the traces of a problem, kept for a class."""
    return Traces(problem)
