"""The results folder: marks.jsonl as a list, what could not be marked, and what the marks were given by."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import overload

import msgspec

from course.errors import CourseError
from course.records import Reveal, SetRecord, decoder
from course.whole import write_whole
from grader.handed_in import NotRead
from grader.marking.marks import Marks
from grader.tables import write_csv

MARKS, GRADEBOOK, NOT_MARKED, ERRORS = "marks.jsonl", "gradebook.csv", "not_marked.csv", "errors.log"
FEEDBACK = "feedback"
GIVEN_BY = "results.json"
VERSION = 1


class GivenBy(msgspec.Struct, frozen=True):
    """results.json: the course that marks were given by, and how they were asked for; paths are as seen from here."""

    version: int
    program: str
    course: str
    marked_by: str  # a hash of all that marks depend on in the set
    feedback: tuple[str, ...]
    reveal: Reveal | None = None
    roster: str | None = None
    id_column: str | None = None


def marked_by(sheet_set: SetRecord) -> str:
    """A hash of all that marks depend on in a set: titles and the like may change."""
    problems = [
        msgspec.structs.replace(problem, title="", intro="", labels={}, own_marks={}) for problem in sheet_set.problems
    ]
    return sha256(msgspec.json.encode([problems, sheet_set.marking.follows])).hexdigest()


def given_by(results: Path) -> GivenBy | None:
    """What results.json says; None where an earlier version wrote the marks. Raises CourseError where it is damaged."""
    path = results / GIVEN_BY
    try:
        found: GivenBy = decoder(GivenBy).decode(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: this cannot be read: {error}; name another folder with --out") from None
    if found.version > VERSION:
        raise CourseError(f"{path}: a newer handprop ({found.program}) wrote these results; upgrade to go on with them")
    return found


def write_given_by(scratch: Path, found: GivenBy) -> None:
    write_whole(scratch / GIVEN_BY, msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")


def seen_from(results: Path, path: Path) -> str:
    """A path as results.json has it: the two folders may move together."""
    try:
        return Path(os.path.relpath(path.resolve(), results.resolve())).as_posix()
    except ValueError:  # on another drive
        return path.resolve().as_posix()


class MarksFile(Sequence[Marks]):
    """marks.jsonl as a list, or its first lines: only where each begins is in memory."""

    def __init__(self, path: Path, most: int | None = None) -> None:
        self.path, self._starts = path, array("q")
        start = 0
        with path.open("rb") as file:
            for line in islice(file, most):
                self._starts.append(start)
                start += len(line)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, place: int) -> Marks: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Marks]: ...
    def __getitem__(self, place: int | slice) -> Marks | Sequence[Marks]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        with self.path.open("rb") as file:
            file.seek(self._starts[place])
            return decoder(Marks).decode(file.readline())  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Marks]:
        decode = decoder(Marks).decode
        with self.path.open("rb") as file:
            for line in islice(file, len(self)):
                yield decode(line)


def write_not_marked(scratch: Path, not_marked: Sequence[NotRead]) -> None:
    """Writes what was not marked, with its reason; and where in the program, if that was not foreseen."""
    write_csv(scratch / NOT_MARKED, ["file", "reason"], ([n.source, n.reason] for n in not_marked))
    if log := "\n".join(f"{n.source}: {n.reason}\n{n.log}\n" for n in not_marked if n.log):
        write_whole(scratch / ERRORS, log.encode("utf-8", "replace"))
