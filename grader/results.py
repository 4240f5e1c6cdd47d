"""The results folder: marks.jsonl, written as students are marked, and what could not be marked."""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import overload

from course.records import decoder
from grader.handed_in import NotRead
from grader.marking.marks import Marks
from grader.marking.sheets import Marked
from grader.tables import write_csv


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


@dataclass
class Written:
    """Lines of marks on their way to marks.jsonl, one a sheet: of two, the later stands in the first one's place."""

    path: Path
    places: dict[str, int] = field(default_factory=dict)  # the number of each sheet, in the order of marks.jsonl
    starts: array[int] = field(default_factory=lambda: array("q"))
    times: array[float] = field(default_factory=lambda: array("d"))
    replaced: bool = False

    def __post_init__(self) -> None:
        self._file = self._unfinished.open("w+b")
        self._end = 0

    @property
    def _unfinished(self) -> Path:
        return self.path.with_name(self.path.name + ".part")

    def add(self, sheet: str, time: float, marked: Marked) -> None:
        place = self.places.get(sheet)
        if place is None:
            self.places[sheet] = len(self.starts)
            self.starts.append(self._end)
            self.times.append(time)
        else:
            self.starts[place], self.times[place] = self._end, time
            self.replaced = True
        self._file.write(marked.line)
        self._file.write(b"\n")
        self._end += len(marked.line) + 1

    def source(self, sheet: str) -> str:
        """Where the marks of a sheet come from."""
        return str(decoder(Marks).decode(self._line(self.starts[self.places[sheet]])).source)

    def _line(self, start: int) -> bytes:
        self._file.seek(start)
        line = self._file.readline()
        self._file.seek(0, io.SEEK_END)
        return line

    def finish(self) -> MarksFile:
        """marks.jsonl, whole."""
        if self.replaced:
            with self.path.open("wb") as whole:
                whole.writelines(map(self._line, self.starts))
            self._file.close()
            self._unfinished.unlink()
        else:
            self._file.close()
            self._unfinished.replace(self.path)
        return MarksFile(self.path)

    def give_up(self) -> None:
        self._file.close()
        self._unfinished.unlink(missing_ok=True)


def write_not_marked(path: Path, not_marked: Sequence[NotRead]) -> None:
    write_csv(path, ["file", "reason"], ([n.source, n.reason] for n in not_marked))
