"""What is written of a class once its submissions were read: marks, the gradebook, feedback, and what they rest on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path

import msgspec

from course.class_list import ClassList, class_list
from course.records import Reveal, SheetRecord, decoder
from course.stored import Course
from course.versions import program
from grader.collecting import READING
from grader.copied import LEAST, WRONG, OtherSheets
from grader.gradebook import write_gradebook
from grader.kept import sheet_of
from grader.marking.marks import Marks
from grader.overrides import Overrides
from grader.pieces import Failed, ToMark, marks_of, without_what_follows
from grader.results import (
    FEEDBACK,
    MARKS,
    VERSION,
    GivenBy,
    MarksFile,
    marked_by,
    seen_from,
    write_given_by,
)

Progress = Callable[[str, int, int], None]
"""`progress(what, done, of)`."""

PAGES = "pages"
"""In the scratch folder: pages of feedback by what they rest on, so that a run that was stopped is continued."""


@dataclass(frozen=True)
class Asked:
    """How results are asked for: by which course and roster, and what feedback there is."""

    course: Path
    feedback: tuple[str, ...] = ("md",)
    reveal: Reveal | None = None
    roster: Path | None = None
    id_column: str | None = None

    @staticmethod
    def before(found: GivenBy, results: Path) -> Asked:
        """As it was asked for when results.json was written."""
        roster = results / found.roster if found.roster else None
        return Asked(results / found.course, found.feedback, found.reveal, roster, found.id_column)

    def given_by(self, results: Path, course: Course) -> GivenBy:
        """The same as results.json has it."""
        roster = seen_from(results, self.roster) if self.roster else None
        return GivenBy(
            *(VERSION, program(), seen_from(results, self.course), marked_by(course.set)),
            *(self.feedback, self.reveal, roster, self.id_column),
        )

    def students(self, sheets: Mapping[str, SheetRecord]) -> ClassList:
        """The class as it stands now."""
        return class_list(self.course / "instructor", sheets.values(), self.roster, self.id_column)


@dataclass(frozen=True)
class Writer:
    """Writes the results of a course, first into a scratch folder: all of them take their places together."""

    course: Course
    asked: Asked
    students: ClassList
    overrides: Overrides
    results: Path
    progress: Progress
    jobs: int

    def marks(self, kept: Callable[[], Iterable[bytes]], count: int) -> Iterator[bytes | Failed]:
        """The lines of marks.jsonl of so many lines of submissions.jsonl, with the overrides."""
        sheet_set, sheets = self.course.set, self.course.sheets
        marked = marks_of(sheet_set, sheets, kept(), self.jobs)
        others, decode = OtherSheets(sheet_set, sheets), decoder(Marks).decode
        for done, (line, submission) in enumerate(zip(marked, kept(), strict=True), 1):
            if isinstance(line, Failed):
                yield line
            else:
                sheet = sheet_of(line)
                if line.count(WRONG) >= LEAST and (other := others.whose(decode(line))):
                    line = without_what_follows(sheet_set, ToMark(sheets.line(sheet), submission), other)
                yield self.overrides.on(sheet, line)
            if done % 256 == 0 or done == count:
                self.progress("marking", done, count)

    def write_marks(self, scratch: Path, marks: Iterable[bytes | Failed], stay: Iterable[bytes]) -> list[Failed]:
        """Writes marks.jsonl, last those of an earlier run that stay; returns what could not be marked."""
        failed = []
        with (scratch / MARKS).open("wb") as file:
            for line in chain(marks, (self.overrides.on(sheet_of(line), line) for line in stay)):
                if isinstance(line, Failed):
                    failed.append(line)
                else:
                    file.write(line)
        return failed

    def write_rest(self, scratch: Path) -> None:
        """Writes what follows from marks.jsonl: the gradebook, feedback, results.json."""
        write_gradebook(scratch, self.course.set, self.students.listed, scratch / MARKS, self.overrides)
        write_given_by(scratch, self.asked.given_by(self.results, self.course))
        if self.asked.feedback:
            self._write_feedback(scratch)
        shutil.rmtree(scratch / PAGES, ignore_errors=True)
        (scratch / READING).unlink(missing_ok=True)

    def _write_feedback(self, scratch: Path) -> None:
        from grader.feedback.writing import write_feedback  # pages take a while to load

        sheet_set = self.course.set
        if self.asked.reveal is not None:
            marking = msgspec.structs.replace(sheet_set.marking, reveal=self.asked.reveal)
            sheet_set = msgspec.structs.replace(sheet_set, marking=marking)
        rests_on = sha256(msgspec.json.encode([program(), sheet_set]))
        with (scratch / MARKS).open("rb") as file:
            for line in file:
                rests_on.update(line)
        pages = scratch / PAGES / rests_on.hexdigest()
        pages.mkdir(parents=True, exist_ok=True)
        marks = MarksFile(scratch / MARKS)
        write_feedback(sheet_set, self.course.sheets, marks, pages, self.asked.feedback, self.progress, self.jobs)
        pages.rename(scratch / FEEDBACK)
