"""The class marked a piece at a time, each in whatever process: from what was kept of it to lines of marks.jsonl."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NamedTuple

import msgspec

from course.processes import spread
from course.records import SetRecord, SheetRecord, decoder
from course.stored import Records
from grader.handed_in import Submission
from grader.kept import as_read, sheet_of
from grader.marking.marks import Marks, OtherSheet
from grader.marking.sheets import mark

PIECE = 2048
"""So many submissions are in memory at a time: more would leave the processor's cache, fewer would wait on NumPy."""


AHEAD = 3
"""So many pieces for each process are handed out at a time: each comes back as some 20 MB."""


class ToMark(NamedTuple):
    """A sheet's line of records.jsonl, and its line of submissions.jsonl."""

    record: bytes
    submission: bytes


@dataclass(frozen=True)
class Failed:
    """A submission on which marking failed, and where: no fault of one student's stops the class."""

    sheet: str
    source: str
    where: str


def marks_of(sheet_set: SetRecord, sheets: Records, kept: Iterable[bytes], jobs: int) -> Iterator[bytes | Failed]:
    """The lines of marks.jsonl of lines of submissions.jsonl, in their order."""
    to_mark = (ToMark(sheets.line(sheet_of(line)), line) for line in kept)
    for marked in spread(partial(mark_piece, sheet_set), _pieces(to_mark), jobs, ahead=AHEAD):
        yield from marked


def _pieces(to_mark: Iterator[ToMark]) -> Iterator[Sequence[ToMark]]:
    while piece := list(islice(to_mark, PIECE)):
        yield piece


def mark_piece(sheet_set: SetRecord, piece: Sequence[ToMark]) -> list[bytes | Failed]:
    """The lines of marks.jsonl of a piece."""
    decode = decoder(SheetRecord).decode
    with _no_search_for_cycles():
        handed_in = [(decode(one.record), as_read(one.submission)) for one in piece]
        try:
            return [marked.line + b"\n" for marked in mark(sheet_set, handed_in)]
        except Exception:
            return [_marked_alone(sheet_set, record, submission) for record, submission in handed_in]


def _marked_alone(sheet_set: SetRecord, record: SheetRecord, submission: Submission) -> bytes | Failed:
    try:
        (marked,) = mark(sheet_set, [(record, submission)])
        return marked.line + b"\n"
    except Exception:
        return Failed(record.sheet, submission.source, traceback.format_exc())


def without_what_follows(sheet_set: SetRecord, one: ToMark, other: OtherSheet) -> bytes:
    """The line of marks.jsonl of one student, with nothing for what follows from another sheet's answers."""
    record = decoder(SheetRecord).decode(one.record)
    (marked,) = mark(sheet_set, [(record, as_read(one.submission))], set(other.lines))
    marks = decoder(Marks).decode(marked.line)
    return msgspec.json.encode(msgspec.structs.replace(marks, copied=other)) + b"\n"


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Answers are millions of lists and numbers without a cycle: looking for one takes longer than marking."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
