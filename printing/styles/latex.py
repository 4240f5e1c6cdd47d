"""How pages are printed in LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from pylatexenc.latexencode import UnicodeToLatexEncoder

from backprop.notation import LATEX
from printing.styles.style import Blank, Rows, one_line


class Latex:
    """pdflatex's LaTeX, on plain TeX Live."""

    notation = LATEX
    names_blanks = False

    def text(self, text: str) -> str:
        return str(_encoder().unicode_to_latex(one_line(text)))

    def math(self, formula: str) -> str:
        return f"${formula}$"

    def number(self, number: str) -> str:
        return number

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

    def blank(self, blank: Blank) -> str:
        return r"\blank"

    def code(self, typed: str) -> str:
        return rf"\verb|{typed}|"

    def strong(self, words: str) -> str:
        return rf"\textbf{{{words}}}"


@cache
def _encoder() -> UnicodeToLatexEncoder:
    return UnicodeToLatexEncoder(unknown_char_policy="replace", unknown_char_warning=False)
