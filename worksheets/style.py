"""Two ways to print the same strings: Markdown that reads well as plain text, and LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol

from pylatexenc.latexencode import UnicodeToLatexEncoder

from backprop.notation import LATEX, PLAIN, markdown_words

Rows = Sequence[Sequence[str]]


class Style(Protocol):
    """What differs between formats: escaping, mathematics, matrices, blanks."""

    notation: str
    blank: str

    def text(self, text: str) -> str:
        """Words, printed as they were typed."""

    def math(self, formula: str) -> str:
        """A formula among words."""

    def matrix(self, rows: Rows, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()) -> str:
        """A matrix, with the names of its rows and columns where they have any."""


class Markdown:
    """Plain text in fences: it can be read, and filled in, in any editor."""

    notation = PLAIN
    blank = "________"

    def text(self, text: str) -> str:
        return markdown_words(text)

    def math(self, formula: str) -> str:
        return f"`{formula}`"

    def matrix(self, rows: Rows, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()) -> str:
        width = max(len(cell) for row in [*rows, column_labels] for cell in row)
        lines = [f"[ {'  '.join(cell.rjust(width) for cell in row)} ]" for row in rows]
        if row_labels:
            lines = [f"{line}  {label}" for line, label in zip(lines, row_labels, strict=True)]
        if column_labels:
            lines = [f"  {'  '.join(label.rjust(width) for label in column_labels)}", *lines]
        return "\n".join(lines)


class Latex:
    """pdflatex's LaTeX, on plain TeX Live."""

    notation = LATEX
    blank = r"\blank"

    def text(self, text: str) -> str:
        return str(_encoder().unicode_to_latex(" ".join(text.split())))

    def math(self, formula: str) -> str:
        return f"${formula}$"

    def matrix(self, rows: Rows, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()) -> str:
        if column_labels:
            # bordermatrix, of plain TeX, is the one construction that sets names above the columns of a bracket.
            names = row_labels or [""] * len(rows)
            lines = [["", *column_labels], *([name, *row] for name, row in zip(names, rows, strict=True))]
            head = " & ".join(self._label(label) for label in lines[0])
            body = "".join(rf"{self._label(line[0])} & {' & '.join(line[1:])} \cr " for line in lines[1:])
            return rf"\bordermatrix{{{head} \cr {body}}}"
        body = r" \\ ".join(" & ".join(row) for row in rows)
        matrix = rf"\left(\begin{{array}}{{@{{}}*{{{len(rows[0])}}}{{r}}@{{}}}} {body} \end{{array}}\right)"
        names = r" \\ ".join(map(self._label, row_labels))
        return rf"{matrix}\begin{{array}}{{@{{\;}}l}} {names} \end{{array}}" if row_labels else matrix

    def _label(self, label: str) -> str:
        return rf"\text{{\footnotesize {self.text(label)}}}" if label else ""


@cache
def _encoder() -> UnicodeToLatexEncoder:
    return UnicodeToLatexEncoder(unknown_char_policy="replace", unknown_char_warning=False)
