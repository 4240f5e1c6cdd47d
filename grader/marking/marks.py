"""Marks, as plain data: what marks.jsonl holds, one line a submission."""

from __future__ import annotations

from typing import Literal

import msgspec

from course.answer_names import within

Verdict = Literal["unreadable", "wrong", "blank", "follows", "correct"]

WORST_FIRST: tuple[Verdict, ...] = ("unreadable", "wrong", "blank", "follows", "correct")
"""A line's verdict is its worst entry's, in this order."""


KINDS = (
    *("transpose", "order", "entrywise-product", "wrong-operand", "missing-scale", "wrong-scale", "sign"),
    *("missing-term", "softmax-axis", "softmax-not-exponentiated", "softmax-jacobian", "wrong-target", "wrong-row"),
    *("log-base", "learning-rate", "updated-weights", "power-of-ten", "digits-exchanged", "other-line"),
    *("too-few-digits", "slip", "other"),
)
"""The kinds of mistakes; `slip` where some entries are right and the rest is not explained."""


def percent(score: float, out_of: float) -> float:
    """A score in per cent, to one decimal."""
    return round(100 * score / out_of, 1) if out_of else 0.0


class Mistake(msgspec.Struct, frozen=True):
    """A mistake that was recognised: its kind, one of `KINDS`, and a sentence on what was done and what the rule is."""

    kind: str
    says: str


class LineMarks(msgspec.Struct, frozen=True):
    """One asked line of one student: a verdict an entry, and the numbers as they were read."""

    name: str
    verdict: Verdict
    score: float
    out_of: float
    entries: tuple[tuple[Verdict, ...], ...]
    read: tuple[tuple[float | None, ...], ...]
    mistake: Mistake | None = None
    message: str = ""
    notes: tuple[str, ...] = ()  # of the message, what is on how the answer was read: nothing on right or wrong


class Overridden(msgspec.Struct, frozen=True):
    """A score that the instructor gave by hand, of a line or of the whole sheet (`""`), and what it was before."""

    line: str
    was: float
    score: float
    note: str


class OtherSheet(msgspec.Struct, frozen=True):
    """The sheet whose right answers stand on some lines of another student's."""

    sheet: str
    student: str
    lines: tuple[str, ...]


class Marks(msgspec.Struct, frozen=True):
    """One submission, marked."""

    sheet: str
    student: str
    source: str
    score: float
    out_of: float
    lines: tuple[LineMarks, ...]
    notes: tuple[str, ...] = ()
    overrides: tuple[Overridden, ...] = ()
    copied: OtherSheet | msgspec.UnsetType = msgspec.UNSET

    @property
    def percent(self) -> float:
        return percent(self.score, self.out_of)

    def line(self, name: str) -> LineMarks:
        """A line by its name on the sheet, `1.dQ`, or by the line's own where there is one problem."""
        return next(found for found in self.lines if name in (found.name, within(found.name)))
