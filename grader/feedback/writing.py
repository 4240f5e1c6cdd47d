"""The pages of feedback of a class, written a few students' at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from course.records import SetRecord, SheetRecord
from course.whole import write_whole
from grader.feedback.formats import FEEDBACK
from grader.marking.marks import Marks

Page = tuple[SheetRecord, Marks]

CHUNK, MANY = 25, 60
"""The pages of this many students are a piece of work; those of this many are shared out among processes."""

TYPESET = {"pdf"}
"""The formats that take long enough to be shared out."""


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
    chunks = _chunks((sheets[m.sheet], m) for m in marks)
    done = 0
    for count in _spread(sheet_set, chunks, folder, endings, jobs if len(marks) >= MANY else 1):
        done += count
        progress("writing feedback", done, len(marks))


def _chunks(pages: Iterator[Page]) -> Iterator[Sequence[Page]]:
    while chunk := list(islice(pages, CHUNK)):
        yield chunk


def _spread(
    sheet_set: SetRecord, chunks: Iterable[Sequence[Page]], folder: Path, endings: Sequence[str], jobs: int
) -> Iterable[int]:
    if jobs == 1 or not TYPESET.intersection(endings):
        return (_write_pages(sheet_set, chunk, folder, endings) for chunk in chunks)
    import joblib  # takes a while to load, and few pages do without

    work = (joblib.delayed(_write_pages)(sheet_set, chunk, folder, endings) for chunk in chunks)
    return joblib.Parallel(n_jobs=jobs, return_as="generator")(work)  # type: ignore[no-any-return]


def _write_pages(sheet_set: SetRecord, pages: Sequence[Page], folder: Path, endings: Sequence[str]) -> int:
    for sheet, marks in pages:
        for ending in endings:
            path = folder / f"{sheet.folder or sheet.sheet}.{ending}"
            if not path.exists():  # of a run that was stopped
                write_whole(path, FEEDBACK[ending](sheet_set, sheet, marks))
    return len(pages)
