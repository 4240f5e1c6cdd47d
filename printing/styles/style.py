"""What every format answers for: escaping, mathematics, matrices, blanks; and sentences with formulas in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from backprop.language import parse
from backprop.notation import Printer, full_stop
from backprop.notation import one_line as one_line
from course.answer_names import TRACE, Entry

Rows = Sequence[Sequence[str]]

WIDEST_BLANK, WIDEST_ROW, WIDEST_FORMULA, WIDEST_TRACE = 1.75, 13.0, 9.0, 16.0
"""Centimetres: a blank, all blanks of a row, a formula, a list of names."""


@dataclass(frozen=True)
class Blank:
    """A place to write in, as it is printed."""

    entry: Entry
    wide: int = 1  # how many blanks stand beside each other: many are narrower
    alone: bool = False  # the answer is one number, no matrix

    @property
    def in_words(self) -> bool:
        """Whether text is written there: a formula, or a list of names."""
        return bool(self.entry.answer.kind)

    @property
    def width(self) -> float:
        """Centimetres."""
        if self.in_words:
            return WIDEST_TRACE if self.entry.answer.kind == TRACE else WIDEST_FORMULA
        return min(WIDEST_BLANK, WIDEST_ROW / self.wide)

    @property
    def tip(self) -> str:
        """What a screen reader says of it."""
        name = str(self.entry.answer)
        return name if self.alone or self.in_words else f"{name} row {self.entry.row} column {self.entry.column}"


class Style(Protocol):
    """What differs between kinds of pages: escaping, mathematics, matrices, blanks."""

    notation: str
    names_blanks: bool
    """Whether the blanks of a matrix have the names of its rows and columns beside them too."""

    def text(self, text: str) -> str:
        """Words, printed as they were typed."""

    def math(self, formula: str) -> str:
        """A formula among words."""

    def number(self, number: str) -> str:
        """A number, on its own or in a matrix."""

    def matrix(self, rows: Rows, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()) -> str:
        """A matrix of printed entries, with the names of its rows and columns where they have any."""

    def blank(self, blank: Blank) -> str:
        """A place to write an entry, or a formula."""

    def code(self, typed: str) -> str:
        """What one types, letter by letter."""

    def strong(self, words: str) -> str:
        """Printed words that are not to be missed."""


def worded(says: str, style: Style, printer: Printer) -> str:
    """A sentence with what stands in its braces as mathematics; it begins as sentences do, and ends with a stop."""
    says = full_stop(f"{says[:1].upper()}{says[1:]}")
    pieces = re.split(r"\{([^{}]*)\}", says)
    return "".join(
        style.math(printer.expression(parse(piece))) if i % 2 else words(piece, style) for i, piece in enumerate(pieces)
    )


def words(piece: str, style: Style) -> str:
    """A piece of a sentence; the blanks around a formula are part of it."""
    left, right = piece[: len(piece) - len(piece.lstrip())], piece[len(piece.rstrip()) :]
    return left + style.text(piece) + (right if piece.strip() else "") if piece else ""
