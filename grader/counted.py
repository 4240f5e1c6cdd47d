"""Which of several submissions of a sheet counts, and what is said of the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from course.records import SheetRecord
from grader.handed_in import Nameless, NotRead, Submission, is_blank
from grader.kept import Kept
from grader.whose import Students

_LINE = re.compile(r" line ([0-9]+)$")
_ENDINGS = re.compile(r"(?:\.[A-Za-z]\w{0,7})+$")
_DATE = re.compile(r"[0-9]{4}[-_.][0-9]{1,2}[-_.][0-9]{1,2}$")
_WORD = r"(?:attempt|version|try|take|draft|resubmission|revision|upload|versuch|v)"
_IN_FILE = re.compile(rf"(?:\(([0-9]{{1,6}})\)|(?:[-_.\s]|(?<![a-z]){_WORD}[-_.\s]?)([0-9]{{1,3}}))\s*$", re.IGNORECASE)
_IN_FOLDER = re.compile(
    rf"(?:\(([0-9]{{1,6}})\)|^([0-9]{{1,3}})|(?<![a-z]){_WORD}[-_.\s]*([0-9]{{1,6}}))\s*$", re.IGNORECASE
)


def attempt(source: str, sheet: str) -> tuple[int, int]:
    """The numbers by which names tell one attempt from another: “Attempt 9/answers (1).json” has 9 and 1."""
    *folders, name = _LINE.sub("", source).split("/")
    stem = re.sub(re.escape(sheet), "", _ENDINGS.sub("", name), flags=re.IGNORECASE)
    numbers = [_number(_IN_FOLDER, _ENDINGS.sub("", folder)) for folder in folders]  # an archive is a folder
    return next((n for n in reversed(numbers) if n), 0), 0 if _DATE.search(stem) else _number(_IN_FILE, stem)


def _number(pattern: re.Pattern[str], name: str) -> int:
    found = pattern.search(name)
    return int(next(filter(None, found.groups()))) if found else 0


@dataclass(frozen=True)
class Place:
    """What decides which of two submissions of a sheet counts: the better founded, then the later; never a blank."""

    source: str
    sheet: str
    time: float
    founded: int = 1  # see Students.founded

    @property
    def blank(self) -> bool:
        return self.time == -inf

    def counts_before(self, other: Place) -> bool | None:
        """Whether this one counts rather than the other; None where nothing decides."""
        mine, others = self._decisive(other), other._decisive(self)
        return None if mine == others else mine > others

    def _decisive(self, other: Place) -> tuple[bool, int, float, tuple[int, int], int]:
        of_one_file = _LINE.sub("", self.source) == _LINE.sub("", other.source)
        line = _LINE.search(self.source) if of_one_file else None
        number = int(line[1]) if line else 0
        return not self.blank, self.founded, self.time, attempt(self.source, self.sheet), number

    def why_not(self, counts: Place) -> str:
        """Why this one does not count beside the one that does."""
        if self.blank:
            return f"A blank form of sheet {self.sheet}; {counts.source} counts."
        if self.founded < counts.founded:
            return f"Another submission of sheet {self.sheet}; {counts.source} is under its student's name and counts."
        if self.time < counts.time:
            return f"An earlier submission of sheet {self.sheet}; {counts.source} is the later one and counts."
        says = f"A submission of sheet {self.sheet} of the same time as {counts.source}"
        if counts.counts_before(self):
            return f"{says}, which has the higher number in its name and counts."
        return f"{says}, and their names do not say which is the later one; {counts.source} counts."


def place_of(found: Submission, students: Students) -> Place:
    """What decides whether a submission counts."""
    blank = all(map(is_blank, found.answers.values()))
    return Place(found.source, found.sheet, -inf if blank else found.time, students.founded(found.sheet, found.source))


@dataclass
class Counted:
    """The submissions of a course as they are found: one of each sheet counts, the others are named."""

    sheets: Mapping[str, SheetRecord]
    kept: Kept
    given_to: str = ""  # the sheet of the student whose they are said to be
    others: list[NotRead | Place] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)  # of sheets for which that of an earlier run counts

    def __post_init__(self) -> None:
        self.students = Students(self.sheets)

    def add(self, found: Submission | NotRead) -> None:
        """Takes what was found next: it counts, or another does, or it is no submission of this course."""
        found = self._whose(found)
        if isinstance(found, NotRead):
            advice = " Where it is clear whose it is, mark it with --as." if isinstance(found, Nameless) else ""
            self.others.append(NotRead(found.source, found.reason + advice))
            return
        earlier = self._counting(found.sheet)
        mine = place_of(found, self.students)
        counts = not earlier or mine.counts_before(earlier) is not False
        if earlier:
            self.others.append(earlier if counts else mine)
        self.kept.add(found, mine.time, counts)

    def _counting(self, sheet: str) -> Place | None:
        """The submission of a sheet that counts so far."""
        if sheet not in self.kept:
            return None
        source = self.kept.source(sheet)
        return Place(source, sheet, self.kept.decides(sheet), self.students.founded(sheet, source))

    def keeps(self, sheet: str, source: str, answered: Callable[[], bool]) -> bool:
        """Whether the marks that an earlier run gave a sheet are kept.

        A blank form displaces no answers, and a file under other names too none that lie under the student's alone.
        """
        now = self._counting(sheet)
        if now and now.source != source and (now.blank or self._claims(now, source)) and answered():
            self.others.append(now)
            self.kept.leave_out(sheet)
            self.sources[sheet] = source
            return True
        return now is None

    def _claims(self, now: Place, source: str) -> bool:
        """Whether a file lies beside another student's name, and the one marked earlier under the owner's alone."""
        return not self.given_to and now.founded == 0 and self.students.founded(now.sheet, source) > 1

    def not_marked(self) -> Iterator[NotRead]:
        """Everything that is not marked, with its reason; once all were found."""
        for other in self.others:
            if isinstance(other, Place):
                yield NotRead(other.source, other.why_not(self._counting(other.sheet) or self._earlier(other.sheet)))
            else:
                yield other

    def _earlier(self, sheet: str) -> Place:
        """The submission of an earlier run that counts."""
        source = self.sources[sheet]
        return Place(source, sheet, 0, self.students.founded(sheet, source))

    def _whose(self, found: Submission | NotRead) -> Submission | NotRead:
        """A submission under its sheet's id; a reason where it is nobody's, or lies under another student's name."""
        if self.given_to:
            return self._given(found)
        if isinstance(found, NotRead):
            return found
        if found.sheet not in self.sheets:  # perhaps a title that only looks like an id
            found = replace(found, sheet=next((one for one in found.also if one in self.sheets), found.sheet))
        if found.sheet not in self.sheets:
            return NotRead(found.source, f"Sheet “{found.sheet[:40]}” is not a sheet of this course.")
        others = " and ".join(map(self.students.called, self.students.named_beside(found.sheet, found.source)))
        return NotRead(found.source, self._claimed(found.sheet, others)) if others else found

    def _claimed(self, sheet: str, others: str) -> str:
        return (
            f"This is sheet {sheet} of {self.students.called(sheet)}, handed in under the name of {others}. "
            "It was not marked: look whose it is, and say so with --as."
        )

    def _given(self, found: Submission | NotRead) -> Submission | NotRead:
        """What was found as a submission of the student whose it is said to be."""
        if isinstance(found, Nameless):
            return Submission(found.source, self.given_to, found.answers, found.time)
        if isinstance(found, NotRead):
            return found
        if found.sheet in self.sheets and found.sheet != self.given_to:
            owner, student = map(self.students.called, (found.sheet, self.given_to))
            self.warnings.append(
                f"{found.source} carries the code {found.sheet}, which is the sheet of {owner}; "
                f"it was marked on the numbers of {student}, as --as says"
            )
        return replace(found, sheet=self.given_to)
