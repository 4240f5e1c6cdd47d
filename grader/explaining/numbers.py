"""The numbers that a line was judged on, and entry by entry what would have been right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from backprop.kept import Kept, kept_on_the_way
from backprop.model import Line
from backprop.notation import Printer
from backprop.operations.record import ATOM
from backprop.rounding import Array, Interval
from backprop.writing import level
from course.records import LineRecord
from grader.explaining.record import Bounds, Entry, KeptNumber, Rows, Used
from grader.marking.columns import Pass
from grader.marking.line import Class
from grader.marking.marks import LineMarks
from grader.marking.mistakes import printer_of

# What a line is worked from.


def used(marked: Class, passed: Pass, line: Line) -> tuple[Used, ...]:
    """All that a line is worked from, in the order of its formula; then what stands behind its blanks."""
    waiting = {name: "" for name in line.uses if name in passed.own}
    found: list[Used] = []
    while len(found) < len(waiting):
        name = [*waiting][len(found)]
        found.append(_used(marked, passed, name, waiting[name]))
        if any(map(any, found[-1].stands_in)):
            before = marked.model.by_name[name].uses
            waiting |= {one: found[-1].name for one in before if one in passed.own and one not in waiting}
    return tuple(found)


def _used(marked: Class, passed: Pass, name: str, behind: str) -> Used:
    symbol, rows = printer_of(marked.problem).name(name), rows_of(passed.numbers[name])
    bounds, mended = _bounds(passed.own[name]), _bounds(passed.mended[name])
    if name in marked.verdicts:
        record = next(line for line in marked.problem.lines if line.name == name)
        blank = np.isnan(marked.answers[name].numbers[..., 0]).tolist()
        verdict = marked.line(record, 0).verdict
        return Used(
            marked.name(name), symbol, "answered", verdict, rows, tuple(map(tuple, blank)), bounds, mended, "", behind
        )
    origin: Literal["given", "printed"] = "printed" if name in marked.model.by_name else "given"
    nowhere = tuple((False,) * len(row) for row in rows)
    return Used(name, symbol, origin, None, rows, nowhere, bounds, mended, _picks(marked, name, rows), behind)


def _picks(marked: Class, name: str, rows: Rows) -> str:
    """What an index stands for, as people count; "" for a quantity."""
    size = marked.model.scope.indices.get(name)
    if size is None:
        return ""
    place, labels = int(rows[0][0]), marked.problem.labels.get(size.name)
    return f"{labels[place]}, number {place + 1} of {int(size)}" if labels else f"number {place + 1} of {int(size)}"


# Entry by entry.


def entries(marked: Class, passed: Pass, line: LineRecord, marks: LineMarks) -> tuple[Entry, ...]:
    """Every entry of a line, row by row."""
    worked, found = marked.model.by_name[line.name], marked.verdicts[line.name]
    reading, ways = marked.answers[line.name].reading(0), passed.ways(worked)
    own, mended, key = (_bounds(way) for way in (ways.own, ways.if_mended, ways.key))
    value, keys = rows_of(found.value), rows_of(passed.key[line.name])
    kept = _kept(marked, passed, worked)
    unpaid = marked.unpaid(line, 0)
    return tuple(
        Entry(
            *(i + 1, j + 1, entry.text, entry.value, marks.entries[i][j], value[i][j], keys[i][j]),
            *(own[i][j], mended[i][j], key[i][j], bool(found.earns[i, j, 0]) and (i, j) not in line.always_zero),
            *(" ".join(why for why, where in unpaid.items() if where[i, j]), (i, j) in line.always_zero),
            tuple(_of_entry(kept, i, j)),
        )
        for i, row in enumerate(reading.entries)
        for j, entry in enumerate(row)
    )


def _kept(marked: Class, passed: Pass, line: Line) -> list[tuple[KeptNumber, Array, bool]]:
    """The numbers kept on the way to a line, each with the entries that it reaches, and whether it has a name."""
    printer = printer_of(marked.problem)
    known = {name: passed.own[name] for name in line.uses if name in passed.own}
    shape = tuple(map(int, line.shape))
    found = kept_on_the_way(line.expression, known, marked.model.scope, passed.rounding, shape)
    return [
        (
            KeptNumber(_called(number, printer), (number.low, number.high), number.kept, _exact(number, passed)),
            number.reaches,
            number.named,
        )
        for number in found
    ]


def _exact(number: Kept, passed: Pass) -> bool:
    low, high = map(np.asarray, number.kept)
    return bool(np.isfinite(high) and passed.rounding.is_exact(Interval(low, high)))


def _called(number: Kept, printer: Printer) -> str:
    """A number on the way in print: K[1,2], √d_k, a product."""
    if isinstance(number.of, str):
        return number.of
    shown = printer.expression(number.of)
    if not number.place:
        return shown
    whole = shown if level(number.of) == ATOM else f"({shown})"
    return f"{whole}[{number.place[0] + 1},{number.place[1] + 1}]"


def _of_entry(kept: Sequence[tuple[KeptNumber, Array, bool]], i: int, j: int) -> Iterator[KeptNumber]:
    """Those that reach one entry; those without a name are counted."""
    here = [(number, named) for number, reaches, named in kept if reaches[i, j]]
    alike: dict[str, int] = {}
    for number, named in here:
        alike[number.what] = alike.get(number.what, 0) + 1
        many = not named and sum(other.what == number.what for other, _ in here) > 1
        yield replace(number, what=f"{number.what} {alike[number.what]}") if many else number


# Arrays of one student as plain numbers.


def rows_of(value: Array) -> Rows:
    """A matrix of a batch of one, or a scalar as one row of one."""
    return tuple(map(tuple, _whole(value).tolist()))


def _bounds(x: Any) -> tuple[tuple[Bounds, ...], ...]:
    ends = x if isinstance(x, Interval) else Interval.exact(x)
    pairs = zip(_whole(ends.low).tolist(), _whole(ends.high).tolist(), strict=True)
    return tuple(tuple(zip(low, high, strict=True)) for low, high in pairs)


def _whole(value: Array) -> Array:
    value = np.asarray(value)
    return value[..., 0] if value.ndim > 1 else value[..., 0].reshape(1, 1)
