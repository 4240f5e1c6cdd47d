"""Everything that was handed in, each file read once: by several processes, and going on where a run was stopped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from course.processes import spread
from course.records import decoder
from course.versions import program
from grader.finding import Found, found
from grader.handed_in import Nameless, NotRead, Read, Submission
from grader.kept import plain_answers, typed_answers
from grader.submissions import lines, of_many, read_file

READING = "reading.jsonl"
"""In the scratch folder: what was read of each file so far, after a line with the program's version."""

FILES, BYTES = 100, 8_000_000
"""So many files, or so many bytes of files in archives, are read at a time by a process."""


class _One(msgspec.Struct, frozen=True, omit_defaults=True):
    """A submission, or why there is none."""

    source: str
    sheet: str = ""
    answers: dict[str, Any] | None = None
    time: float = 0.0
    reason: str = ""
    log: str = ""
    also: tuple[str, ...] = ()


class _OfFile(msgspec.Struct, frozen=True):
    """What was read of a file, by what tells it from every other."""

    file: str
    found: tuple[_One, ...]


class _Program(msgspec.Struct, frozen=True):
    program: str


class _Step(NamedTuple):
    """What comes next of all that was found: known already, or to be read of a file, by what tells it from others."""

    file: str
    known: Iterable[Submission | NotRead] | None


class _Before:
    """What a run that was stopped had read, and what this one reads, for the next."""

    def __init__(self, file: IO[bytes]) -> None:
        self._places: dict[str, int] = {}
        self._file = file
        end = self._look() if self._of_this_program() else 0
        self._file.truncate(end)
        if not end:
            self._file.write(msgspec.json.encode(_Program(program())) + b"\n")
        self._file.flush()

    def _of_this_program(self) -> bool:
        self._file.seek(0)
        try:
            return bool(decoder(_Program).decode(self._file.readline()) == _Program(program()))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return False

    def _look(self) -> int:
        """Where each file's line begins; returns where the last whole one ends."""
        end = self._file.tell()
        for line in self._file:
            try:
                self._places[decoder(_OfFile).decode(line).file] = end
            except (msgspec.MsgspecError, UnicodeDecodeError):  # the run was stopped in the middle of it
                break
            end += len(line)
        return end

    def step(self, one: Found | NotRead) -> _Step:
        """How one that was found comes by what is in it."""
        if isinstance(one, NotRead):
            return _Step("", (one,))
        if of_many(one):
            return _Step("", lines(one))
        inside = sha256(one.file.data).hexdigest() if one.file.path is None else ""
        file = f"{one.source} {one.file.size} {one.file.changed} {inside}"
        return _Step(file, self._read(self._places[file]) if file in self._places else None)

    def _read(self, place: int) -> Iterator[Submission | NotRead]:
        self._file.seek(place)
        yield from map(_as_found, decoder(_OfFile).decode(self._file.readline()).found)

    def add(self, files: Iterable[str], read: Iterable[Sequence[Submission | NotRead]]) -> None:
        """Keeps what was read of files for the next run, should this one be stopped."""
        for file, all_of_it in zip(files, read, strict=True):
            self._file.write(msgspec.json.encode(_OfFile(file, tuple(map(_as_one, all_of_it)))) + b"\n")
        self._file.flush()


def _as_one(read: Submission | NotRead) -> _One:
    if isinstance(read, Submission):
        return _One(read.source, read.sheet, plain_answers(read.answers), read.time, also=read.also)
    if isinstance(read, Nameless):
        return _One(read.source, "", plain_answers(read.answers), read.time, read.reason, read.log)
    return _One(read.source, reason=read.reason, log=read.log)


def _as_found(one: _One) -> Submission | NotRead:
    if one.answers is None:
        return NotRead(one.source, one.reason, log=one.log)
    answers = typed_answers(one.answers)
    if one.sheet:
        return Submission(one.source, one.sheet, answers, one.time, one.also)
    return Nameless(one.source, one.reason, answers, one.time, log=one.log)


def collected(
    paths: Iterable[Path],
    scratch: Path,
    jobs: int = 1,
    told: Callable[[int], None] = lambda files: None,
) -> Read:
    """Every submission in these files and folders, in order, and a word on whatever cannot be read.

    `told` hears how many files were looked at so far.
    """
    paths = [path.absolute() for path in paths]  # a worker elsewhere has another working directory
    planned: deque[list[_Step]] = deque()
    files = 0
    with (scratch / READING).open("a+b") as kept:
        before = _Before(kept)
        for read in spread(_read_files, _to_read(found(paths), before, planned), jobs, paths[:1]):
            plan, fresh = planned.popleft(), iter(read)
            before.add((step.file for step in plan if step.known is None), read)
            for step in plan:
                yield from next(fresh) if step.known is None else step.known
            files += len(plan)
            told(files)


def _to_read(
    all_of_them: Iterator[Found | NotRead], before: _Before, planned: deque[list[_Step]]
) -> Iterator[list[Found]]:
    """What is still to be read, a piece at a time; `planned` tells for each piece what comes in which order."""
    plan: list[_Step] = []
    files: list[Found] = []
    for one in all_of_them:
        step = before.step(one)
        plan.append(step)
        if step.known is None:
            assert isinstance(one, Found), "only files are read"
            files.append(one)
        if len(plan) == FILES or sum(len(file.file.data) for file in files) > BYTES:
            planned.append(plan)
            yield files
            plan, files = [], []
    planned.append(plan)
    yield files


def _read_files(files: Sequence[Found]) -> list[list[Submission | NotRead]]:
    return [read_file(one) for one in files]
