"""One student's line: its marks, with a word on every entry that is not simply right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backprop.model import Model
from backprop.rounding import Array
from course.answer_names import AnswerName
from course.records import LineRecord, ProblemRecord
from grader.marking.columns import LineVerdicts
from grader.marking.marks import WORST_FIRST, LineMarks, Mistake, Verdict
from grader.marking.messages import (
    ANOTHER_SHEET,
    ANY_VALUE,
    FOR_FREE,
    FROM_ANOTHER_SHEET,
    GUESSED,
    IDLE,
    KEY_ALONE,
    Earlier,
    Missing,
    message,
    rest_of,
)
from grader.marking.mistakes import printer_of
from grader.marking.places import listed
from grader.marking.slips import Wrong, slip, transposed
from grader.reading.answers import Reading
from grader.reading.columns import Column

EXACT_WORK = "Exact work on your numbers gives "


@dataclass(frozen=True)
class Class:
    """A problem's answers and verdicts, of all students; `number` is the problem's on the sheet."""

    number: int
    problem: ProblemRecord
    follows: float  # the share of the marks for what follows from the student's own earlier answers
    answers: Mapping[str, Column]
    verdicts: Mapping[str, LineVerdicts]
    copied: Set[str] = frozenset()  # the lines on which answers of another sheet stand

    def name(self, line: str) -> str:
        """A line's name on the sheet."""
        return str(AnswerName(self.number, line))

    def worked_from(self, line: str) -> list[str]:
        """The asked lines that a line is worked from."""
        return [used for used in self.model.by_name[line].uses if used in self.verdicts]

    @cached_property
    def model(self) -> Model:
        return self.problem.model()

    def line(self, line: LineRecord, member: int) -> LineMarks:
        """The marks of one student for a line."""
        column, found = self.answers[line.name], self.verdicts[line.name]
        reading = column.numbers_of(member) if found.right[..., member].all() else column.reading(member)
        entries = tuple(
            tuple(
                _verdict(e.state, bool(found.right[i, j, member]), bool(found.follows[i, j, member]))
                for j, e in enumerate(row)
            )
            for i, row in enumerate(reading.entries)
        )
        verdict = min((v for row in entries for v in row), key=WORST_FIRST.index)
        mistake = self._mistake(line, reading, member, rest_of(entries))
        earlier = self._earlier(line, member)
        sentences = [message(verdict, entries, reading, earlier)]
        if mistake and mistake.kind != "slip":  # which entries are right is said already
            sentences.append(mistake.says)
        sentences += [ANOTHER_SHEET] * (line.name in self.copied)
        sentences.append(self._drift(line, member))
        sentences += self.unpaid(line, member)
        if verdict == "correct" and earlier.slipped and not found.own[..., member].all():
            sentences.append(KEY_ALONE.format(slipped=listed(earlier.slipped)))
        return LineMarks(
            self.name(line.name),
            verdict,
            round(self._score(line, entries, member), 2),
            line.marks,
            entries,
            tuple(tuple(e.value for e in row) for row in reading.entries),
            mistake,
            " ".join(said for said in sentences if said),
            (*reading.messages, *reading.notes),
        )

    def unpaid(self, line: LineRecord, member: int) -> dict[str, Array]:
        """Why entries that are right earn nothing, each reason with these; those that are always zero never do."""
        found = self.verdicts[line.name]
        unpaid, free, vague = ((a[..., member]) for a in (found.right & ~found.earns, found.free, found.vague))
        for place in line.always_zero:
            unpaid[place] = False
        if found.idle[member] and unpaid.any():
            return {IDLE: unpaid}
        if self._from_copied(line):
            return {FROM_ANOTHER_SHEET: unpaid | (found.right & found.follows)[..., member]}
        reasons = {FOR_FREE: free & ~vague, ANY_VALUE: vague, GUESSED: ~free}
        return {says: unpaid & which for says, which in reasons.items() if (unpaid & which).any()}

    def _from_copied(self, line: LineRecord) -> bool:
        """Whether a line is worked from answers of another sheet."""
        return bool(self.copied) and not self.copied.isdisjoint(self.model.depends_on(line.name))

    def _earlier(self, line: LineRecord, member: int) -> Earlier:
        """What this student wrote for the asked lines that a line is worked from; before a blank, for its lines."""
        written, slipped, missing = list[str](), list[str](), list[Missing]()
        waiting = self.worked_from(line.name)
        for used in waiting:  # grows where a line is blank
            answer, column, found = self.name(used), self.answers[used], self.verdicts[used]
            blank = np.isnan(column.numbers[..., member])
            if not blank.all():
                written.append(answer)
            if ((~found.right | found.follows)[..., member] & ~blank).any():
                slipped.append(answer)
            if blank.any():
                unread = any(e.state == "unreadable" for row in column.reading(member).entries for e in row)
                before = self.worked_from(used)
                waiting += [name for name in before if name not in waiting]
                follows = any(self.verdicts[name].slipped[member] for name in before)
                missing.append(Missing(answer, unread, bool(blank.all()), follows))
        return Earlier(tuple(written), tuple(slipped), tuple(missing))

    def _mistake(self, line: LineRecord, reading: Reading, member: int, rest: str) -> Mistake | None:
        """The mistake on a line that is wrong: a known one, or a slip of the pen."""
        wrong = self.wrong(line, reading, member)
        if reading.raw is not None:
            return transposed(reading, wrong.low, wrong.high, self.problem.decimals)
        if not wrong.wrong.any():
            return None
        named = self.verdicts[line.name].named.get(member)
        if named and named.on:
            says = f"Your numbers fit a mistake on {self.name(named.on)}. {named.mistake.says}"
            named = named._replace(mistake=Mistake(named.mistake.kind, says))
        return slip(wrong, named, rest)

    def wrong(self, line: LineRecord, reading: Reading, member: int) -> Wrong:
        """What slips of the pen on a line are looked for with."""
        found, wrote = self.verdicts[line.name], self.answers[line.name].numbers
        return Wrong(
            wrote[..., member],
            *(found.right[..., member], found.value[..., member], found.low[..., member], found.high[..., member]),
            *(reading, self.problem.decimals, lambda: self._others(line, member), printer_of(self.problem)),
        )

    def _others(self, line: LineRecord, member: int) -> Iterator[tuple[str, Array]]:
        """A student's answers that are not worked from this one."""
        for name in self.verdicts:
            if name != line.name and line.name not in self.model.by_name[name].uses:
                yield name, self.answers[name].numbers[..., member]

    def _drift(self, line: LineRecord, member: int) -> str:
        """A word where an answer is right, but further off than rounding it alone would explain."""
        found = self.verdicts[line.name]
        far = found.far(self.answers[line.name].numbers, self.problem.decimals, slice(member, member + 1))[..., 0]
        if not far.any() or found.follows[..., member].any():
            return ""
        i, j = np.argwhere(far)[0]
        exact = f"{found.value[i, j, member]:.{self.problem.decimals}f}"
        where = "" if far.shape == (1, 1) else f" in row {i + 1}, column {j + 1}"
        return f"{EXACT_WORK}{exact}{where}: the difference is what rounding on the way can do."

    def _score(self, line: LineRecord, entries: Sequence[Sequence[Verdict]], member: int) -> float:
        """The marks for a line: its paid entries' shares, less one for each entry that is always zero and wrong."""
        worth = {"correct": 1.0, "follows": 0.0 if self._from_copied(line) else self.follows}
        earns = self.verdicts[line.name].earns
        paid, earned = 0, 0.0
        for i, row in enumerate(entries):
            for j, verdict in enumerate(row):
                if (i, j) not in line.always_zero:
                    paid += 1
                    earned += worth.get(verdict, 0.0) * bool(earns[i, j, member])
                elif verdict == "wrong":
                    earned -= 1
        return line.marks * max(0.0, earned) / paid if paid else 0.0


def _verdict(state: str, right: bool, follows: bool) -> Verdict:
    if state == "blank":
        return "blank"
    if state == "unreadable":
        return "unreadable"
    if not right:
        return "wrong"
    return "follows" if follows else "correct"
