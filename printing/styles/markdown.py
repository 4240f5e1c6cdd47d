"""How pages are printed in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from backprop.notation import PLAIN, markdown_words, one_line
from printing.styles.style import Blank, Rows


class Markdown:
    """Plain text in fences: it can be read, and filled in, in any editor."""

    notation = PLAIN
    names_blanks = False

    def text(self, text: str) -> str:
        return markdown_words(text)

    def math(self, formula: str) -> str:
        return f"`{formula}`"

    def number(self, number: str) -> str:
        return number

    def matrix(self, rows: Rows, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()) -> str:
        row_labels, column_labels = _in_a_fence(row_labels), _in_a_fence(column_labels)
        width = max(len(cell) for row in [*rows, column_labels] for cell in row)
        lines = [f"[ {'  '.join(cell.rjust(width) for cell in row)} ]" for row in rows]
        if row_labels:
            lines = [f"{line}  {label}" for line, label in zip(lines, row_labels, strict=True)]
        if column_labels:
            lines = [f"  {'  '.join(label.rjust(width) for label in column_labels)}", *lines]
        return "\n".join(lines)

    def blank(self, blank: Blank) -> str:
        return "_" * (40 if blank.in_words else 8)

    def code(self, typed: str) -> str:
        return f"`{typed}`"

    def strong(self, words: str) -> str:
        return f"**{words}**"


def _in_a_fence(labels: Sequence[str]) -> list[str]:
    """Labels among plain numbers: none ends the fence that they stand in."""
    return [one_line(label).replace("`", "‘") for label in labels]
