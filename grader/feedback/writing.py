"""The pages of feedback of a class, written a few students' at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from course.processes import spread
from course.records import SetRecord, SheetRecord
from course.whole import write_whole
from grader.feedback.formats import FEEDBACK
from grader.marking.marks import Marks

Page = tuple[SheetRecord, Marks]

CHUNK, MANY, VERY_MANY = 25, 60, 2000
"""So many students' pages are a piece of work; typeset pages of so many, and others of so many, are shared out."""

TYPESET = {"pdf"}
"""The formats that take long."""


def write_feedback(
    sheet_set: SetRecord,
    sheets: Mapping[str, SheetRecord],
    marks: Sequence[Marks],
    folder: Path,
    endings: Sequence[str],
    progress: Callable[[str, int, int], None],
    jobs: int,
) -> None:
    """A page a student in each format; where they are many, shared out among processes."""
    folder.mkdir(exist_ok=True)
    folder = folder.absolute()  # a worker elsewhere has another working directory
    many = len(marks) >= (MANY if TYPESET.intersection(endings) else VERY_MANY)
    work, done = partial(_write_pages, sheet_set, folder, endings), 0
    for count in spread(work, _chunks((sheets[m.sheet], m) for m in marks), jobs if many else 1, [folder]):
        done += count
        progress("writing feedback", done, len(marks))


def _chunks(pages: Iterator[Page]) -> Iterator[Sequence[Page]]:
    while chunk := list(islice(pages, CHUNK)):
        yield chunk


def _write_pages(sheet_set: SetRecord, folder: Path, endings: Sequence[str], pages: Sequence[Page]) -> int:
    for sheet, marks in pages:
        for ending in endings:
            path = folder / f"{sheet.folder or sheet.sheet}.{ending}"
            if not path.exists():  # of a run that was stopped
                write_whole(path, FEEDBACK[ending](sheet_set, sheet, marks))
    return len(pages)
