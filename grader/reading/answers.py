"""What a student typed becomes numbers, entry by entry, and the student is told how it was read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from grader.handed_in import NoNumber
from grader.reading.around import alone
from grader.reading.guarding import guarded
from grader.reading.matrices import MATRIX_FORMS, Grid, grids, in_one_place, listed
from grader.reading.numbers import (
    DECIMAL_COMMA,
    LONGEST_NUMBER,
    NUMBER_FORMS,
    Entry,
    Refused,
    clip,
    number,
    said,
)
from grader.reading.plain import plain
from grader.reading.two_ways import BARE_PAIRS, RAISED_BELOW_ONE, Asked, Sign

__all__ = ["Entry", "Reading", "read"]

NO_NUMBERS = f"No numbers were found in this answer. {MATRIX_FORMS}"

Raw = tuple[tuple[float | None, ...], ...]
Key = tuple[bool, int, int]  # anything garbled, how far from the asked shape, how many unreadable or asked about


@dataclass(frozen=True)
class Reading:
    """A whole answer in the shape that was asked for, and in words how it was read."""

    entries: tuple[tuple[Entry, ...], ...]
    how: str = ""
    notes: tuple[str, ...] = ()
    raw: Raw | None = None

    @property
    def asks(self) -> frozenset[str]:
        """What is asked about that the sign of decimals would tell."""
        return frozenset(entry.asks for row in self.entries for entry in row if entry.asks)

    @property
    def messages(self) -> tuple[str, ...]:
        """What could not be read, each thing once."""
        return tuple(dict.fromkeys(entry.message for row in self.entries for entry in row if entry.message))


def read(answer: object, shape: tuple[int, ...] = (), sign: Sign | None = None) -> Reading:
    """An answer as entries of the shape asked, whatever was handed in: () is a scalar, (rows, columns) a matrix.

    What stands before decimals is said by the rest of the sheet; where it is not, the answer's own commas tell.
    """
    rows, columns = shape or (1, 1)
    return guarded(
        lambda: _read_whole(answer, shape, sign),
        lambda says: Reading(_everywhere(Entry("unreadable", message=says), rows, columns)),
        answer,
    )


def _read_whole(answer: object, shape: tuple[int, ...], sign: Sign | None) -> Reading:
    reading = _read(answer, shape, sign)
    if shape and reading.messages and (whole := in_one_place(answer)):
        spread = _read(whole, shape, sign)
        return reading if spread.messages else spread
    return reading


def _read(answer: object, shape: tuple[int, ...], sign: Sign | None) -> Reading:
    rows, columns = shape or (1, 1)
    try:
        if isinstance(answer, str):
            if len(answer) > 2000 + 100 * rows * columns:
                raise Refused(f"This answer has {len(answer):,} characters, too many for what is asked. {MATRIX_FORMS}")
            text = alone(plain(answer))
            if (
                shape
                and 2 * text.count(",") == rows * columns
                and BARE_PAIRS.fullmatch(text)
                and sign not in (".", "·")
            ):
                return _pairs(text, rows, columns, sign)
            return _choose(grids(text, scalar=not shape), rows, columns, sign)
        if isinstance(answer, NoNumber):
            raise Refused(answer.says)
        return _choose([listed(answer)], rows, columns, sign)
    except Refused as refused:
        text = answer.typed if isinstance(answer, NoNumber) else answer if isinstance(answer, str) else ""
        about = refused.about if isinstance(refused, Asked) else ""
        entry = Entry("unreadable", None, clip(text), said("", str(refused)), asks=about)
        return Reading(_everywhere(entry, rows, columns))


def _pairs(text: str, rows: int, columns: int, sign: Sign | None) -> Reading:
    """0,8 where two numbers are asked: one decimal, which is too few; asked about where the sign is not known."""
    each = re.split(r"[;\s]+", text.strip(" ;\n"))
    if sign is None:
        numbers, decimal = each[0].replace(",", ", "), each[0].replace(",", ".")
        raise Asked(f"“{each[0]}” can be read in two ways: is it {decimal}, or two numbers, as in [{numbers}]?", "pair")
    return _choose([[[cell] for cell in each]], rows, columns, sign)


def _choose(layouts: Sequence[Grid], rows: int, columns: int, sign: Sign | None) -> Reading:
    """The reading that fits the asked shape best; two that fit as well and differ are asked about."""
    tried: list[tuple[Key, Reading]] = []
    for misfit, grid, notes in sorted((_arranged(grid, rows, columns) for grid in layouts), key=lambda fit: fit[0]):
        if any(not key[0] and key[1] < misfit for key, _ in tried):
            break
        tried.append(_fitted(grid, misfit, notes, rows, columns, sign))
    least = min(key for key, _ in tried)
    best = [reading for key, reading in tried if key == least]
    if least[1] < 3 and any(_values(reading) != _values(best[0]) for reading in best):
        ways = " or ".join(dict.fromkeys(reading.how.removeprefix("read as ") for reading in best))
        raise Refused(f"This can be read as {ways}. Write it with commas, as in [[0.1, 0.2], [0.3, 0.4]].")
    return best[0]


def _arranged(grid: Grid, rows: int, columns: int) -> tuple[int, Grid, tuple[str, ...]]:
    """How far a grid is from what is asked (0 fits, 1 a list, 2 in some rows, 3 on its side, 4 not), and it turned."""
    if len(grid) > rows:
        grid = [row for row in grid if any(cell not in ("", None) for cell in row)]
    grid = [[""] * columns if list(row) in ([], [""]) else row for row in grid or [[]]]
    grid = [row[:-1] if len(row) == columns + 1 and row[-1] == "" else row for row in grid]  # "1, 2,"
    lengths = [len(row) for row in grid]
    if lengths == [columns] * rows:
        return 0, grid, ()
    if sum(lengths) == rows * columns and (len(grid) == 1 or set(lengths) == {1}):
        cells = [cell for row in grid for cell in row]
        note = f"{len(cells)} numbers were typed in one list; they were taken row by row."
        if rows == 1:
            note = "A column was typed; it was taken as the row that is asked."
        elif columns == 1:
            note = "A row was typed; it was taken as the column that is asked."
        return 1, [cells[i : i + columns] for i in range(0, len(cells), columns)], (note,)
    if len(grid) == rows and columns in lengths:
        return 2, grid, ()
    return (3 if lengths == [rows] * columns else 4), grid, ()


def _fitted(
    grid: Grid, misfit: int, notes: tuple[str, ...], rows: int, columns: int, sign: Sign | None
) -> tuple[Key, Reading]:
    """One way of reading, with a key that is least for the best: all readable first, then the right shape."""
    lengths = [len(row) for row in grid]
    sizes = f"{_sizes(lengths)} read; {_asked(rows, columns)} asked"
    sizes += ": is it transposed?" if lengths == [rows] * columns else "."
    if sum(lengths) > 4 * rows * columns + 100:
        return (True, 5, 0), Reading(_everywhere(Entry("unreadable", message=sizes), rows, columns))
    texts = [cell[:LONGEST_NUMBER] for row in grid for cell in row if isinstance(cell, str)]
    if any(map(DECIMAL_COMMA.search, texts)):
        sign = ","
    elif sign is None and sum(map(bool, map(RAISED_BELOW_ONE.fullmatch, texts))) > 1:  # 0·25 and 0·5: no products
        sign = "·"
    read = tuple(
        tuple(_entry(cell, "" if sum(lengths) == 1 else f"row {r}, column {c}", sign) for c, cell in enumerate(row, 1))
        for r, row in enumerate(grid, 1)
    )
    cells = [entry for row in read for entry in row]
    bad = sum(entry.state == "unreadable" for entry in cells)
    if all(entry.state == "blank" for entry in cells):
        return (False, misfit, 0), Reading(_everywhere(Entry("blank"), rows, columns))
    how = f"read as {_shown(read)}" if any(entry.state == "number" for entry in cells) else ""
    raw = tuple(tuple(entry.value for entry in row) for row in read) if misfit > 1 and how else None
    if misfit == 2:
        read = tuple(_row(row, r, columns) for r, row in enumerate(read, 1))
    garbled = any(entry.state == "unreadable" and not entry.message.endswith("?") for row in read for entry in row)
    if misfit > 2:
        says = sizes if how else NO_NUMBERS
        read = _everywhere(Entry("unreadable", message=says), rows, columns)
    return (garbled, misfit, bad), Reading(read, how, notes, raw)


def _row(row: tuple[Entry, ...], r: int, columns: int) -> tuple[Entry, ...]:
    """A row as it is, or a word on its length: which of its entries was left out can't be known."""
    if len(row) == columns or all(entry.state == "blank" for entry in row):
        return (row * columns)[:columns]
    says = f"Row {r} has {_count(len(row), 'number')}, {columns} are asked. Put ____ where one is left out."
    return (Entry("unreadable", text=" ".join(entry.text for entry in row), message=says),) * columns


def _entry(cell: object, where: str, sign: Sign | None) -> Entry:
    """One entry from whatever stands in its place."""
    if isinstance(cell, str):
        return number(cell, where, sign)
    if cell is None:
        return Entry("blank")
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if abs(cell) < 1e300:  # false for nan too
            return Entry("number", float(cell), repr(cell))
        return Entry("unreadable", message=said(where, "This is not a finite number, or too large for one."))
    if isinstance(cell, NoNumber):
        return Entry("unreadable", None, clip(cell.typed), said(where, cell.says))
    found = {bool: "true/false", list: "a list", dict: "an object"}.get(type(cell), "something else")
    return Entry("unreadable", message=said(where, f"Expected a number, got {found}. {NUMBER_FORMS}"))


def _everywhere(entry: Entry, rows: int, columns: int) -> tuple[tuple[Entry, ...], ...]:
    return ((entry,) * columns,) * rows


def _values(reading: Reading) -> list[float | None]:
    return [entry.value for row in reading.entries for entry in row]


def _shown(read: tuple[tuple[Entry, ...], ...]) -> str:
    """Numbers as the student should recognise them, with ____ for a blank and ? for what could not be read."""
    signs = {"blank": "____", "unreadable": "?"}
    rows = [[signs.get(entry.state) or f"{(entry.value or 0.0) + 0.0:.10g}" for entry in row] for row in read]
    if len(rows) == 1 == len(rows[0]):
        return rows[0][0]
    size = f"{len(rows)}×{len(rows[0])}" if len({len(row) for row in rows}) == 1 else f"{len(rows)} rows"
    return f"{size} [" + ", ".join(f"[{', '.join(row)}]" for row in rows) + "]"


def _sizes(lengths: list[int]) -> str:
    if lengths == [1]:
        return "One number was"
    if len(set(lengths)) > 1:
        return f"Rows of {', '.join(map(str, lengths[:8]))}{', …' if len(lengths) > 8 else ''} entries were"
    return f"{_count(len(lengths), 'row')} and {_count(lengths[0], 'column')} were"


def _asked(rows: int, columns: int) -> str:
    return "one number is" if rows == columns == 1 else f"{_count(rows, 'row')} and {_count(columns, 'column')} are"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
