"""Marking: each entry judged on the student's own earlier numbers, all students of a problem in one pass.

An honest student is never marked wrong: an entry is right inside the bounds that rounding on the way allows, worked
from that student's own earlier numbers. A slip costs once: what follows from it is right for this student.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backprop.evaluate import bounds, evaluate, work_lines
from backprop.model import Line, Model
from backprop.rounding import Array, Interval, Rounding
from course.records import LineRecord, ProblemRecord
from grader.marks import Mistake
from grader.naming import name_mistakes

CHUNK = 4096
"""Students marked at once: more would leave the processor's cache."""


@dataclass(frozen=True)
class LineVerdicts:
    """The verdicts on a line, batch last: which entries are right, which of those only follow, and which earn.

    `value` is what exact work on the student's own numbers gives, `low` and `high` how far rounding may be from it;
    `named` has the known mistakes of those whose line is wrong, by their place in the batch.
    """

    right: Array
    follows: Array
    earns: Array
    value: Array
    low: Array
    high: Array
    named: Mapping[int, Mistake]


Answers = Mapping[str, Array]
"""What students wrote, `(rows, columns, batch)` for each asked line (a scalar is 1×1); nan where there is no number."""


def mark_problem(
    problem: ProblemRecord, givens: Sequence[Mapping[str, Any]], answers: Answers, naming: bool = False
) -> dict[str, LineVerdicts]:
    """The verdict on every entry of every asked line, for a batch of students of one problem.

    With `naming`, known mistakes are looked for on the lines that are wrong.
    """
    parts = []
    for start in range(0, len(givens), CHUNK):
        chunk = slice(start, start + CHUNK)
        parts.append(_Pass(problem, givens[chunk], {n: a[..., chunk] for n, a in answers.items()}, naming).verdicts())
    return {name: _joined([part[name] for part in parts]) for name in answers}


def _joined(parts: Sequence[LineVerdicts]) -> LineVerdicts:
    """The verdicts on a line from all chunks."""
    arrays = ("right", "follows", "earns", "value", "low", "high")
    joined = {field: np.concatenate([getattr(part, field) for part in parts], axis=-1) for field in arrays}
    named = {CHUNK * k + member: mistake for k, part in enumerate(parts) for member, mistake in part.named.items()}
    return LineVerdicts(**joined, named=named)


def _bare(value: Array) -> Array:
    """The students whose numbers are all 0 or 1."""
    return np.asarray(((value == 0) | (value == 1)).all(axis=(0, 1)))


class _Pass:
    """One pass over a problem's lines, in order, for one batch."""

    def __init__(
        self, problem: ProblemRecord, givens: Sequence[Mapping[str, Any]], answers: Answers, naming: bool
    ) -> None:
        self.problem, self.answers, self.naming = problem, answers, naming
        self.model: Model = problem.model()
        self.rounding = Rounding(problem.decimals)
        self.batch = len(givens)
        given = {name: np.stack([np.asarray(g[name]) for g in givens], axis=-1) for name in givens[0]}
        self.key = work_lines(self.model.lines, given, self.model.sizes)
        # What a line is worked from: the student's own numbers, and beside them the key's.
        self.own: dict[str, Any] = {}
        self.by_key: dict[str, Any] = {}
        for name, value in given.items():
            self.own[name] = value if name in self.model.scope.indices else Interval.exact(value)
        self.by_key.update(self.own)
        self.numbers: dict[str, Array] = dict(given)  # the numbers themselves: what was written, or the key's
        self.slipped: dict[str, Array] = {}  # for each line: the students whose numbers there are not the key's
        self.blank: dict[str, Array] = {}  # and those who left some of it blank

    def verdicts(self) -> dict[str, LineVerdicts]:
        found = {}
        for line, record in zip(self.model.lines, self.problem.lines, strict=True):
            judged = self._judge(line, record)
            if judged is not None:
                found[line.name] = judged
        return found

    def _judge(self, line: Line, record: LineRecord) -> LineVerdicts | None:
        sizes = self.model.sizes
        key = self._full(self.key[line.name], line)
        by_key = self._bounds(line, bounds(line.expression, self.by_key, sizes, self.rounding))
        self.by_key[line.name] = self._shape_as(line, self.rounding.around(key, by_key))
        slipped = self._used_by(line, self.slipped)
        # Beside own numbers that are the key's, only the key's very value is right as well.
        apart: Array = slipped | self._used_by(line, self.blank)
        from_the_key = Interval(np.where(apart, by_key.low, key), np.where(apart, by_key.high, key))
        if not record.asked:
            # Printed with its value: everyone works on with the key's number.
            self.own[line.name], self.slipped[line.name] = self.by_key[line.name], np.zeros(self.batch, dtype=bool)
            self.numbers[line.name] = self.key[line.name]
            return None
        wrote = self.answers[line.name]
        exact = self._bounds(line, bounds(line.expression, self.own, sizes, self.rounding))
        allowed = self.rounding.kept(exact)
        from_own, from_key = (self.rounding.holds(self.rounding.kept(x), wrote) for x in (exact, from_the_key))
        right = from_own | from_key
        wrong = ~right & ~np.isnan(wrote)
        value = self._full(evaluate(line.expression, self.numbers, sizes), line)
        free = from_own & slipped & self._trivial(line, wrote, value, key)
        follows = (from_own & ~from_key & slipped) | free
        plain = self._plain(line, key)
        worked = (right & ~plain).any(axis=(0, 1)) | plain.all(axis=(0, 1))
        earns = right & ~free & (worked | ~plain)
        named = self._named(line, wrote, wrong)
        number = np.where(np.isnan(wrote), key, wrote)
        self.own[line.name] = self._worked_on_with(line, number, wrote, from_own, wrong, exact, by_key)
        self.numbers[line.name] = number if line.shape else number[0, 0]
        self.slipped[line.name] = np.asarray((wrong | follows).any(axis=(0, 1)))
        self.blank[line.name] = np.asarray(np.isnan(wrote).any(axis=(0, 1)))
        return LineVerdicts(right, follows, earns, value, allowed.low, allowed.high, named)

    def _used_by(self, line: Line, of: Mapping[str, Array]) -> Array:
        """The students of whom something holds for an answer that a line is worked from."""
        found = np.zeros(self.batch, dtype=bool)
        for name in set(line.uses) & set(of):
            found |= of[name]
        return found

    def _trivial(self, line: Line, wrote: Array, value: Array, key: Array) -> Array:
        """Entries that follow for free, and so earn nothing.

        The student's own numbers make them zero, or all entries the same, or a copy of what they are worked from, or
        there is nothing but zeros and ones to work from, where the key's are not.
        """
        unit = self.rounding.unit
        trivial = (np.abs(value) < 1e-12) & (np.abs(key) > unit / 2)
        if value.size > self.batch:
            with np.errstate(invalid="ignore"):  # all infinite, where a student's zero divides
                same = (np.ptp(value, axis=(0, 1)) < 1e-12) & (np.ptp(key, axis=(0, 1)) > unit)
            trivial |= same
        written = set(line.uses) & set(self.answers)
        bare = np.full(self.batch, bool(written))
        for name in written:
            worked_from, its_key = self._shaped(self.numbers[name]), self._shaped(self.key[name])
            bare &= _bare(worked_from) & ~_bare(its_key)
            if worked_from.shape[:2] == wrote.shape[:2]:
                copied = (np.abs(wrote - worked_from) < unit / 2).all(axis=(0, 1))
                trivial |= copied & (np.abs(key - its_key) > unit).any(axis=(0, 1))
        return np.asarray(trivial | bare)

    def _plain(self, line: Line, key: Array) -> Array:
        """Entries that this sheet's numbers make zero, or a copy of what they are worked from.

        A unit that is off makes many: they earn only beside an entry that had to be worked, and is right.
        """
        plain = np.abs(key) < 1e-12
        for name in set(line.uses) & set(self.numbers):
            from_it = self._shaped(self.key[name])
            if from_it.shape[:2] == key.shape[:2]:
                plain |= np.abs(key - from_it) < 1e-12
        return np.asarray(plain)

    def _shaped(self, value: Array) -> Array:
        return value if value.ndim > 1 else value[None, None]

    def _named(self, line: Line, wrote: Array, wrong: Array) -> dict[int, Mistake]:
        """The known mistakes of the students who have this line wrong."""
        members = np.flatnonzero(wrong.any(axis=(0, 1)))
        if not self.naming or not members.size:
            return {}
        own: dict[str, Any] = {}
        for name in self.own:
            x = self.own[name]
            own[name] = (
                Interval(x.low[..., members], x.high[..., members]) if isinstance(x, Interval) else x[..., members]
            )
        decimals, loss = self.problem.decimals, self.problem.loss
        found = name_mistakes(self.model, line, own, wrote[..., members], decimals, loss)
        return {int(m): mistake for m, mistake in zip(members, found, strict=True) if mistake is not None}

    def _full(self, value: Array, line: Line) -> Array:
        """A value in the full shape of its line, a scalar as 1×1, for every student of the batch."""
        rows, columns = map(int, line.shape or (1, 1))
        return np.broadcast_to(value.reshape(*(line.shape or (1, 1)), -1), (rows, columns, self.batch))

    def _bounds(self, line: Line, found: Interval) -> Interval:
        rows, columns = map(int, line.shape or (1, 1))
        whole = (rows, columns, self.batch)
        if not line.shape:
            found = Interval(found.low[None, None], found.high[None, None])
        return Interval(np.broadcast_to(found.low, whole), np.broadcast_to(found.high, whole))

    def _worked_on_with(
        self,
        line: Line,
        number: Array,
        wrote: Array,
        from_own: Array,
        wrong: Array,
        exact: Interval,
        by_key: Interval,
    ) -> Interval:
        """What later lines are worked from: the written number, or what was rounded to it within the line's bounds."""
        where = Interval(np.where(from_own, exact.low, by_key.low), np.where(from_own, exact.high, by_key.high))
        # Who worked a line wrongly can hold anything behind its numbers, also behind those that are right by chance.
        astray = wrong.any(axis=(0, 1))
        where = Interval(np.where(astray, -np.inf, where.low), np.where(astray, np.inf, where.high))
        known = self.rounding.known(number, where)
        blank = np.isnan(wrote)
        around = self.rounding.around(number, by_key)
        return self._shape_as(
            line, Interval(np.where(blank, around.low, known.low), np.where(blank, around.high, known.high))
        )

    def _shape_as(self, line: Line, found: Interval) -> Interval:
        return found if line.shape else Interval(found.low[0, 0], found.high[0, 0])
