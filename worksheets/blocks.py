"""The blocks of a workbook's tab: rows of cells that stay together, worked out before a spreadsheet sees them."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from math import ceil
from textwrap import wrap

from openpyxl.utils import get_column_letter as letters

from worksheets.drawn import PIXELS_PER_INCH

LINE, TALL = 15.0, 21.0
"""Points: the height of a row, and of one that is written in."""

PAGE_WIDTH, ENTRY_WIDTH, LONGEST_LABEL = 94.0, 9.5, 26
"""Digits side by side: what goes on a page, a cell of a matrix, the widest that the column of labels gets."""

LETTERS = {"title": 0.7, "heading": 0.9, "note": 1.3}
"""How many letters go in the width of a digit; 1.12 in the size that most of a page has."""

Value = str | float | None


@dataclass(frozen=True)
class Row:
    """A row: by column from 1, what a cell holds and its style; numbers show so many decimals."""

    cells: Mapping[int, tuple[Value, str]] = field(default_factory=dict)
    height: float = LINE
    decimals: int = 0


@dataclass(frozen=True)
class Area:
    """A rectangle of cells; rows are counted from 1 within a block."""

    top: int
    left: int
    bottom: int
    right: int

    def below(self, rows: int) -> Area:
        """The same, so many rows down."""
        return Area(self.top + rows, self.left, self.bottom + rows, self.right)

    @property
    def reference(self) -> str:
        """As a formula has it: $A$1:$B$2."""
        first, last = f"${letters(self.left)}${self.top}", f"${letters(self.right)}${self.bottom}"
        return first if first == last else f"{first}:{last}"


@dataclass(frozen=True)
class Block:
    """Rows that no page break may part, the areas in them that have names, and a picture below its first row."""

    rows: tuple[Row, ...]
    areas: Mapping[str, Area] = field(default_factory=dict)
    picture: bytes = b""

    def __add__(self, other: Block) -> Block:
        moved = {name: area.below(len(self.rows)) for name, area in other.areas.items()}
        return Block(self.rows + other.rows, {**self.areas, **moved})

    @property
    def height(self) -> float:
        return sum(row.height for row in self.rows)


@dataclass(frozen=True)
class Tab:
    """One tab: its name, the widths of its columns, and its blocks from top to bottom."""

    title: str
    widths: tuple[float, ...]
    blocks: tuple[Block, ...]


def words(text: str, style: str = "text", width: float = PAGE_WIDTH, column: int = 1) -> Block:
    """A text that runs on over the empty cells beside it, in as many rows as it needs."""
    letters_wide = int(width * LETTERS.get(style, 1.12))
    height = {"title": 24.0, "heading": 22.0, "part": 22.0}.get(style, LINE)
    return Block(tuple(Row({column: (line, style)}, height) for line in _wrapped(text, letters_wide)))


@lru_cache(maxsize=4096)
def _wrapped(text: str, width: int) -> list[str]:
    # A cell grows with its text in no program that merges cells, so lines are broken here.
    return wrap(text, width)


def together(*blocks: Block) -> Block:
    """Blocks that stay on one page."""
    return reduce(Block.__add__, blocks, Block(()))


GAP = Block((Row(height=8.0),))


def grid(label: str, printed: str, style: str = "given", height: float = LINE, decimals: int = 0) -> Block:
    """A matrix or number beside its label, with the names of its rows and columns; the area "" is its numbers."""
    lines = [line.split("\t") for line in printed.split("\n")]
    heads = int(lines[0][0].startswith("'"))
    shown = max(len(cell.partition(".")[2]) for line in lines[heads:] for cell in line if not cell.startswith("'"))
    rows = []
    for i, line in enumerate(lines):
        cells = {column: _cell(text, style, aside=i >= heads) for column, text in enumerate(line, 2)}
        rows.append(
            Row(
                {1: (label, "label"), **cells} if i == heads else cells,
                height if i >= heads else LINE,
                shown or decimals,
            )
        )
    columns = sum(not cell.startswith("'") for cell in lines[-1])
    return Block(tuple(rows), {"": Area(1 + heads, 2, len(lines), 1 + columns)})


def _cell(text: str, style: str, aside: bool) -> tuple[Value, str]:
    if text.startswith("'"):
        return text[1:], "aside" if aside else "head"
    return (float(text) if text else None), style


def named(block: Block, names: Mapping[str, int]) -> Block:
    """The block with names for its numbers: each for them alone (0), or from the column of labels on (1)."""
    numbers = block.areas[""]
    areas = {name: Area(numbers.top, 2 - more, numbers.bottom, numbers.right) for name, more in names.items()}
    return Block(block.rows, areas)


_NOT_A_NAME = re.compile(
    r"[a-z]{1,3}[0-9]+|r[0-9]*(?:c[0-9]*)?|c[0-9]*|true|false|sheet|answer_[0-9]+|print_(?:area|titles)", re.IGNORECASE
)


def legal(name: str) -> bool:
    """Whether a spreadsheet takes it as the name of cells: W1, R and C are places, and some names are taken."""
    return not _NOT_A_NAME.fullmatch(name)


def picture(caption: str, data: bytes) -> Block:
    """A caption, and room for the picture below it."""
    _, height = size_of(data)
    room = tuple(Row() for _ in range(1 + ceil(0.75 * height / LINE)))
    return Block((Row({1: (caption, "note")}), *room), picture=data)


def size_of(data: bytes) -> tuple[float, float]:
    """Width and height of a PNG as it is shown, in pixels of a screen."""
    width, height = struct.unpack(">II", data[16:24])
    shrunk = min(96 / PIXELS_PER_INCH, 7 * PAGE_WIDTH / width)
    return width * shrunk, height * shrunk
