"""A course as generate wrote it, read again: the set, and every sheet by its id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from course.errors import CourseError
from course.records import SetRecord, SheetRecord, decoder


class Records(Mapping[str, SheetRecord]):
    """The sheets of a course by their ids: kept as the bytes that they are in records.jsonl, decoded when asked for."""

    def __init__(self, data: bytes, check: Callable[[SheetRecord], None]) -> None:
        self._data, self._decode = data, decoder(SheetRecord).decode
        self._starts: dict[str, int] = {}
        start = 0
        while start < len(data):
            line = self._line(start)
            if line.strip():
                sheet = self._decode(line)
                check(sheet)
                self._starts[sheet.sheet] = start
            start += len(line)

    def line(self, sheet: str) -> bytes:
        """A sheet's line of records.jsonl."""
        return self._line(self._starts[sheet])

    def _line(self, start: int) -> bytes:
        end = self._data.find(b"\n", start)
        return self._data[start : end + 1] if end >= 0 else self._data[start:]

    def __getitem__(self, sheet: str) -> SheetRecord:
        return self._decode(self._line(self._starts[sheet]))  # type: ignore[no-any-return]

    def __contains__(self, sheet: object) -> bool:
        return sheet in self._starts

    def __iter__(self) -> Iterator[str]:
        return iter(self._starts)

    def __len__(self) -> int:
        return len(self._starts)


@dataclass(frozen=True)
class Course:
    """The records of a course: the set, and every sheet by its id."""

    set: SetRecord
    sheets: Records


def load_course(folder: Path) -> Course:
    """The records that generate wrote. Raises CourseError where they are not there or not whole."""
    instructor = folder / "instructor"
    try:
        sheet_set: SetRecord = decoder(SetRecord).decode((instructor / "set.json").read_bytes())
        sheets = Records((instructor / "records.jsonl").read_bytes(), lambda sheet: _check(sheet_set, sheet))
    except FileNotFoundError as error:
        raise CourseError(f"{folder}: {error.filename} is not there; is this a folder that generate wrote?") from None
    except NotADirectoryError:
        raise CourseError(f"{folder} is a file; the course is the folder that generate wrote") from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise CourseError(f"{folder}: the records cannot be read: {error}") from None
    return Course(sheet_set, sheets)


def _check(sheet_set: SetRecord, sheet: SheetRecord) -> None:
    """Whether a sheet's numbers are those that the set asks for. Raises ValueError where they are not."""
    if len(sheet.given) != len(sheet_set.problems):
        raise ValueError(f"sheet {sheet.sheet} has {len(sheet.given)} problems, the set {len(sheet_set.problems)}")
    for problem, given in zip(sheet_set.problems, sheet.given, strict=True):
        for asked in problem.model().givens:
            if asked.name not in given or _shape(given[asked.name]) != asked.shape:
                raise ValueError(f"sheet {sheet.sheet} lacks {asked.name}, or has it in another shape")


def _shape(value: object) -> tuple[int, ...]:
    """Of rows of one length; (-1,) of rows that are not."""
    if not isinstance(value, list):
        return ()
    lengths = {len(row) if isinstance(row, list) else -1 for row in value}
    return (len(value), *lengths) if len(lengths) == 1 else (-1,)
