"""How pages are printed in Typst."""

from __future__ import annotations

from collections.abc import Sequence

from backprop.notation import TYPST, quoted
from printing.styles.style import Blank, Rows, one_line


class Typst:
    """Typst, for pages that need no TeX; its functions `matrix` and `entry` stand in templates/page.typ.jinja."""

    notation = TYPST
    names_blanks = False

    def text(self, text: str) -> str:
        # As a string within parentheses nothing in it is markup; the semicolon ends the expression.
        return f"#({quoted(one_line(text))});"

    def math(self, formula: str) -> str:
        return f"${formula}$"

    def number(self, number: str) -> str:
        return f"${number}$"

    def matrix(self, rows: Rows, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()) -> str:
        cells = [[cell.removeprefix("#") for cell in row] for row in rows]
        names = _array([quoted(one_line(label)) for label in row_labels])
        heads = _array([quoted(one_line(label)) for label in column_labels])
        return f"#matrix({_array([_array(row) for row in cells])}, rows: {names}, columns: {heads})"

    def blank(self, blank: Blank) -> str:
        return f"#entry({quoted(blank.entry.field)}, {quoted(blank.tip)}, {blank.width:.2f}cm)"

    def code(self, typed: str) -> str:
        return f"#mono({quoted(typed)});"

    def strong(self, words: str) -> str:
        return f"#strong[{words}]"


def _array(items: Sequence[str]) -> str:
    """An array in Typst's code; the comma at the end makes one of a single item too."""
    return f"({''.join(f'{item}, ' for item in items)})"
