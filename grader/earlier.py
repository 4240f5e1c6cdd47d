"""A results folder that is there already: marks of the same course are kept, those of another are never overwritten."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from math import inf
from pathlib import Path

import msgspec

from course.records import SetRecord, SheetRecord, decoder
from grader.counted import Counted, Place
from grader.marking.marks import Marks
from grader.marking.sheets import Marked

PAGES = ("md", "html", "pdf")
"""The endings of pages of feedback."""


class OtherResults(ValueError):
    """A results folder that holds something else than marks of this course."""


class _Marks(msgspec.Struct):
    """Of a line of marks.jsonl, what it takes to keep it."""

    sheet: str
    source: str
    score: float
    out_of: float


def _lines(path: Path) -> Iterator[tuple[bytes, _Marks]]:
    decode = decoder(_Marks).decode
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                yield line.rstrip(b"\n"), decode(line)


def check_results(path: Path, sheets: Container[str], sheet_set: SetRecord) -> None:
    """Raises OtherResults where a marks.jsonl is there that cannot be kept beside the marks of this course."""
    out_of = round(sum(problem.marks for problem in sheet_set.problems), 4)
    if not path.exists():
        return
    try:
        for _, marks in _lines(path):
            if marks.sheet not in sheets:
                raise OtherResults(f"{path.parent} holds the marks of another course; name another folder with --out")
            if abs(marks.out_of - out_of) > 0.01:
                raise OtherResults(
                    f"{path.parent} holds marks out of {marks.out_of:g}, and the set has {out_of:g} now; "
                    "name another folder with --out"
                )
    except msgspec.MsgspecError:
        raise OtherResults(f"{path} is there, and holds no marks; name another folder with --out") from None


def keep_marks(path: Path, chosen: Counted) -> int:
    """Adds the marks of an earlier run to those of this one, for the sheets that were not handed in now: how many."""
    written, kept = chosen.written, 0
    for line, marks in _lines(path) if path.exists() else ():
        place = written.places.get(marks.sheet)
        if place is None:
            kept += 1
        elif written.times[place] == -inf and _answered(line) and written.source(marks.sheet) != marks.source:
            chosen.others.append(Place(written.source(marks.sheet), marks.sheet, -inf))
        else:
            continue
        written.add(marks.sheet, 0.0, Marked(line, marks.score))
    return kept


def _answered(line: bytes) -> bool:
    return any(marks.verdict != "blank" for marks in decoder(Marks).decode(line).lines)


def remove_pages(folder: Path, sheets: Mapping[str, SheetRecord], endings: Sequence[str]) -> None:
    """Takes away the pages of feedback in formats that this run did not write: they may show more than is shown now."""
    if not folder.is_dir():
        return
    old = [page for page in folder.iterdir() if page.suffix[1:] in set(PAGES) - set(endings)]
    if old:
        names = {sheet.folder or sheet.sheet for sheet in sheets.values()}
        for page in old:
            if page.stem in names:
                page.unlink()
