"""Marking: each entry judged on the student's own earlier numbers, all students of a problem in one pass.

An honest student is never marked wrong: an entry is right inside the bounds that rounding on the way allows, worked
from that student's own earlier numbers. A slip costs once: what follows from it is right for this student.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

import numpy as np

from backprop.evaluate import bounds, evaluate, work_lines
from backprop.model import Line, Model
from backprop.rounding import Array, Interval, Rounding
from course.records import LineRecord, ProblemRecord
from grader.marking.behind_blanks import blanks_before
from grader.marking.naming import Named, name_mistakes, needed
from grader.marking.paid import Judged, Payment, Worked
from grader.marking.search import Search, part_of
from grader.marking.wrote import Wrote

CHUNK = 4096
"""Students marked at once: more would leave the processor's cache."""

ANYTHING = Interval(np.full(1, -np.inf), np.full(1, np.inf))


@dataclass(frozen=True)
class LineVerdicts:
    """The verdicts on a line, batch last: which entries are right, which of those only follow, and which earn.

    `own` says which are right for the student's own numbers, `free` where those make an entry need no work, `vague`
    where they leave so much to rounding that zero would be right too, `idle` who wrote one number everywhere or a
    copy, `slipped` whose numbers are not the key's. `value` is what exact work on the student's own numbers gives,
    `low` and `high` how far rounding may be from it; `named` has the known mistakes of those whose line is wrong, by
    their place in the batch.
    """

    right: Array
    own: Array
    follows: Array
    earns: Array
    free: Array
    vague: Array
    idle: Array
    slipped: Array
    value: Array
    low: Array
    high: Array
    named: Mapping[int, Named] = field(default_factory=dict)

    def far(self, wrote: Array, decimals: int, members: slice = slice(None)) -> Array:
        """Which entries are right for the student's own numbers, but further off than rounding them alone explains."""
        with np.errstate(invalid="ignore"):
            off = np.abs(wrote[..., members] - self.value[..., members])
        return np.asarray(self.own[..., members] & np.isfinite(off) & (off > 1.01 * 10.0**-decimals))


Answers = Mapping[str, Array]
"""What students wrote, `(rows, columns, batch)` for each asked line (a scalar is 1×1); nan where there is no number."""


def mark_problem(
    problem: ProblemRecord, givens: Sequence[Mapping[str, Any]], answers: Answers, naming: bool = False
) -> dict[str, LineVerdicts]:
    """The verdict on every entry of every asked line, for a batch of students of one problem.

    With `naming`, known mistakes are looked for on the lines that are wrong.
    """
    passes, parts = [], []
    for start in range(0, len(givens), CHUNK):
        chunk = slice(start, start + CHUNK)
        passes.append(Pass(problem, givens[chunk], {n: a[..., chunk] for n, a in answers.items()}))
        parts.append(passes[-1].verdicts())
    found = {name: _joined([part[name] for part in parts]) for name in answers}
    return _named(problem, passes, answers, found) if naming else found


def _joined(parts: Sequence[LineVerdicts]) -> LineVerdicts:
    """The verdicts on a line from all chunks."""
    if len(parts) == 1:
        return parts[0]
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=-1)
        for name in (field.name for field in fields(LineVerdicts))
        if name != "named"
    }
    return replace(parts[0], **joined)


def _named(
    problem: ProblemRecord, passes: Sequence[Pass], answers: Answers, found: Mapping[str, LineVerdicts]
) -> dict[str, LineVerdicts]:
    """The verdicts with the known mistakes of those who have a line wrong, all chunks at once."""
    model, named = problem.model(), {}
    for name, line in found.items():
        wrote = answers[name]
        members = np.flatnonzero((~line.right & ~np.isnan(wrote)).any(axis=(0, 1)))
        if members.size:
            mistakes = name_mistakes(problem, search_of(passes, answers, model.by_name[name], line, members))
            line = replace(line, named={int(members[i]): mistake for i, mistake in mistakes.items()})
        named[name] = line
    return named


def search_of(passes: Sequence[Pass], answers: Answers, line: Line, found: LineVerdicts, members: Array) -> Search:
    """What some students' mistakes on a line are looked for with; `found` are everyone's verdicts on it."""
    model, wrote = passes[0].model, answers[line.name]
    wrong = Wrote(wrote, found.value, ~found.right & ~np.isnan(wrote), passes[0].rounding.unit).of(members)
    blanks = blanks_before(model, line, {name: numbers[..., members] for name, numbers in answers.items()})
    own = {used: _of_members(passes, used, members) for used in needed(model, line, blanks)}
    return Search(line, own, wrong, blanks)


def _of_members(passes: Sequence[Pass], name: str, members: Array) -> Any:
    """What some students' lines are worked from, out of all chunks."""
    places = [members[members // CHUNK == number] % CHUNK for number in range(len(passes))]
    parts = [part_of(part.own[name], inside) for part, inside in zip(passes, places, strict=True)]
    if not isinstance(parts[0], Interval):
        return np.concatenate(parts, axis=-1)
    return Interval(*(np.concatenate([getattr(x, end) for x in parts], axis=-1) for end in ("low", "high")))


class Ways(NamedTuple):
    """The bounds of a line: on a student's own numbers, on these with slips mended, and of the key as it is written.

    `exact` and `mended` are those of the first two before the result itself is written down.
    """

    exact: Interval
    mended: Interval
    own: Interval
    if_mended: Interval
    key: Interval


class Pass:
    """One pass over a problem's lines, in order, for one batch."""

    def __init__(self, problem: ProblemRecord, givens: Sequence[Mapping[str, Any]], answers: Answers) -> None:
        self.problem, self.answers = problem, answers
        self.model: Model = problem.model()
        self.rounding = Rounding(problem.decimals)
        self.batch = len(givens)
        given = {name: np.stack([np.asarray(g[name]) for g in givens], axis=-1) for name in givens[0]}
        self.key = work_lines(self.model.lines, given, self.model.sizes)
        # What a line is worked from: the student's own numbers; and these with what is wrong worked rightly instead.
        self.own: dict[str, Any] = {
            name: value if name in self.model.scope.indices else Interval.exact(value) for name, value in given.items()
        }
        self.mended: dict[str, Any] = dict(self.own)
        self.numbers: dict[str, Array] = dict(given)  # the numbers themselves: what was written, or the key's
        self.slipped: dict[str, Array] = {}  # for each line: the students whose numbers there are not the key's

    def verdicts(self) -> dict[str, LineVerdicts]:
        found = {}
        for line, record in zip(self.model.lines, self.problem.lines, strict=True):
            judged = self._judge(line, record)
            if judged is not None:
                found[line.name] = judged
        return found

    def ways(self, line: Line) -> Ways:
        """The bounds of a line, once those before it are judged."""
        key = self.rounding.kept(Interval.exact(self._full(self.key[line.name], line)))
        exact = self._bounds(line, self.own)
        own = self.rounding.kept(exact)
        if self._one_way(line):
            return Ways(exact, exact, own, own, key)
        mended = self._bounds(line, self.mended)
        return Ways(exact, mended, own, self.rounding.kept(mended), key)

    def _one_way(self, line: Line) -> bool:
        # Until someone has a line wrong, the two ways are one.
        return all(self.mended[name] is self.own[name] for name in line.uses if name in self.own)

    def _judge(self, line: Line, record: LineRecord) -> LineVerdicts | None:
        key = self._full(self.key[line.name], line)
        if not record.asked:
            # Printed with its value: everyone works on with the key's number.
            written = self.rounding.kept(Interval.exact(key))
            self.own[line.name] = self.mended[line.name] = self._shape_as(line, written)
            self.slipped[line.name], self.numbers[line.name] = np.zeros(self.batch, dtype=bool), self.key[line.name]
            return None
        wrote = self.answers[line.name]
        blank = np.isnan(wrote)
        exact, mended, allowed, allowed_if_mended, written_key = self.ways(line)
        slipped = np.zeros(self.batch, dtype=bool)
        for name in set(line.uses) & set(self.slipped):
            slipped |= self.slipped[name]
        from_own = self.rounding.holds(allowed, wrote)
        from_key = self.rounding.holds(written_key, wrote) | self.rounding.holds(allowed_if_mended, wrote)
        value = self._full(evaluate(line.expression, self.numbers, self.model.sizes), line)
        judged = Judged(wrote, from_own, from_key, slipped)
        own, its_key = Worked(allowed, value, self.numbers), Worked(allowed_if_mended, key, self.key)
        paid = Payment(line, self.rounding, own, its_key, self.answers.keys()).of(judged)
        right, wrong = judged.right, ~judged.right & ~blank
        follows = (from_own & ~from_key & slipped) | paid.free
        number = np.where(blank, np.where(np.isfinite(value), value, key), wrote)
        # Of a line that is wrong, anything may be behind what is written, also where an entry is right by chance.
        anything = ANYTHING.where(np.asarray(wrong.any(axis=(0, 1))), exact.where(from_own, mended))
        # Behind a blank, or instead of a slip, lie numbers that were worked rightly and are not written: behind a
        # blank from the student's own, so that a slip before it is not charged again behind it.
        unwritten = allowed_if_mended.hull(written_key)
        as_own = allowed.where(slipped, unwritten).where(blank, self.rounding.known(number, anything))
        self.own[line.name] = self.mended[line.name] = self._shape_as(line, as_own)
        if not (self._one_way(line) and right.all()):
            as_mended = self.rounding.known(number, mended).where(from_key, unwritten)
            self.mended[line.name] = self._shape_as(line, as_mended)
        self.numbers[line.name] = number if line.shape else number[0, 0]
        carried = slipped & blank.any(axis=(0, 1))
        self.slipped[line.name] = np.asarray((wrong | follows).any(axis=(0, 1)) | carried)
        return LineVerdicts(
            *(right, from_own, follows, paid.earns, paid.free, paid.vague, paid.idle),
            *(self.slipped[line.name], value, allowed.low, allowed.high),
        )

    def _full(self, value: Array, line: Line) -> Array:
        """A value in the full shape of its line, a scalar as 1×1, for every student of the batch."""
        rows, columns = map(int, line.shape or (1, 1))
        return np.broadcast_to(value.reshape(*(line.shape or (1, 1)), -1), (rows, columns, self.batch))

    def _bounds(self, line: Line, known: Mapping[str, Any]) -> Interval:
        found = bounds(line.expression, known, self.model.sizes, self.rounding)
        rows, columns = map(int, line.shape or (1, 1))
        whole = (rows, columns, self.batch)
        if not line.shape:
            found = Interval(found.low[None, None], found.high[None, None])
        return Interval(np.broadcast_to(found.low, whole), np.broadcast_to(found.high, whole))

    def _shape_as(self, line: Line, found: Interval) -> Interval:
        return found if line.shape else Interval(found.low[0, 0], found.high[0, 0])
