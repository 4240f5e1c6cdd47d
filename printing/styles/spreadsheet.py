"""How pages are printed in workbooks."""

from __future__ import annotations

from collections.abc import Sequence

from backprop.notation import PLAIN
from printing.styles.style import Blank, Rows, one_line


class Spreadsheet:
    """Cells of a workbook: a matrix is rows of cells with tabs between; an apostrophe marks a name among them."""

    notation = PLAIN
    names_blanks = False

    def text(self, text: str) -> str:
        return one_line(text)

    def math(self, formula: str) -> str:
        return formula

    def number(self, number: str) -> str:
        return number

    def matrix(self, rows: Rows, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()) -> str:
        lines = [list(row) for row in rows]
        if row_labels:
            lines = [[*line, f"'{one_line(label)}"] for line, label in zip(lines, row_labels, strict=True)]
        if column_labels:
            lines = [[f"'{one_line(label)}" for label in column_labels], *lines]
        return "\n".join("\t".join(line) for line in lines)

    def blank(self, blank: Blank) -> str:
        return ""

    def code(self, typed: str) -> str:
        return typed

    def strong(self, words: str) -> str:
        return words
