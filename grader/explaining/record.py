"""What explains the marks of one student's answer, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.marking.marks import LineMarks, Verdict

Rows = tuple[tuple[float, ...], ...]
"""A matrix; a scalar as one row of one."""

Bounds = tuple[float, float]
"""The least and the greatest number; an end that is not finite bounds nothing."""


@dataclass(frozen=True)
class Used:
    """Something that a line is worked from: given, printed with its value, or answered by the student.

    `stands_in` says for which numbers there is no answer, so that others stand in for it; `bounds` between what ends
    rounding may have each number, and `mended` the same where what is wrong is worked rightly instead.
    """

    name: str
    symbol: str
    origin: Literal["given", "printed", "answered"]
    verdict: Verdict | None
    numbers: Rows
    stands_in: tuple[tuple[bool, ...], ...]
    bounds: tuple[tuple[Bounds, ...], ...]
    mended: tuple[tuple[Bounds, ...], ...]
    picks: str = ""  # of an index: what it stands for, as the sheet prints it
    behind: str = ""  # the blank answer that this stands behind


@dataclass(frozen=True)
class KeptNumber:
    """A number kept on the way to an entry: between which ends it lies, and between which once it is kept."""

    what: str
    lies: Bounds
    kept: Bounds
    exact: bool  # then it widens nothing


@dataclass(frozen=True)
class Entry:
    """One entry, its row and column counted from 1: what was read, what would be right, and whether it earns.

    It is right within `own`, the bounds on the student's own numbers; within `mended`, those where what is wrong
    before is worked rightly instead; and within `written_key`, the key rounded or truncated.
    """

    row: int
    column: int
    typed: str
    read: float | None
    verdict: Verdict
    value: float
    key: float
    own: Bounds
    mended: Bounds
    written_key: Bounds
    earns: bool
    unpaid: str  # why it earns nothing, though it is right
    always_zero: bool
    kept: tuple[KeptNumber, ...]


@dataclass(frozen=True)
class Tried:
    """A mistake or a slip that was looked for: whether it fits, and why not; `value` is what it gives, where known."""

    kind: str
    says: str
    fits: bool
    why: str
    worked: str = ""  # what would have been worked, as the sheet prints formulas
    value: Rows = ()


@dataclass(frozen=True)
class LookedFor:
    """Mistakes that are looked for together, before those that come later: those that were tried, and how many."""

    what: str
    count: int
    tried: tuple[Tried, ...]

    @property
    def fits(self) -> tuple[Tried, ...]:
        return tuple(tried for tried in self.tried if tried.fits)


@dataclass(frozen=True)
class Explanation:
    """Why one student's answer got its marks: all that it was marked by, in the order in which one would ask."""

    answer: str
    student: str
    sheet: str
    source: str
    decimals: int
    symbol: str
    asked: str  # the line, as the sheet prints it; of an answer in words, what is asked
    typed: str
    marks: LineMarks
    follows: float  # the share of the marks for what follows from the student's own earlier answers
    read: str = ""
    notes: tuple[str, ...] = ()
    used: tuple[Used, ...] = ()
    entries: tuple[Entry, ...] = ()
    looked_for: tuple[LookedFor, ...] = ()
    compared_with: tuple[str, ...] = ()  # of an answer in words
    warnings: tuple[str, ...] = ()  # on whose submission it is

    def entry(self, row: int, column: int) -> Entry:
        """An entry by its row and column, counted from 1."""
        return next(found for found in self.entries if (found.row, found.column) == (row, column))
