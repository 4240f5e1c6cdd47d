"""How pages are printed in notebooks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backprop.notation import LATEX
from printing.styles.style import Blank, Rows, one_line


class Notebook:
    """The Markdown of notebooks, with LaTeX between dollar signs; answers are assigned in Python."""

    notation = LATEX
    names_blanks = False

    def text(self, text: str) -> str:
        return "".join(_IN_NOTEBOOKS.get(c, c) for c in one_line(text))

    def math(self, formula: str) -> str:
        return f"${formula}$"

    def number(self, number: str) -> str:
        return number

    def matrix(self, rows: Rows, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()) -> str:
        # MathJax and KaTeX both know arrays and lines; neither has a way to set names around a bracket.
        lines = [" & ".join(row) for row in rows]
        columns = "r" * len(rows[0])
        if not column_labels:
            body = r" \\ ".join(lines)
            matrix = rf"\left(\begin{{array}}{{{columns}}} {body} \end{{array}}\right)"
            names = r" \\ ".join(map(_label, row_labels))
            return rf"{matrix}\begin{{array}}{{l}} {names} \end{{array}}" if row_labels else matrix
        if row_labels:
            columns += "|l"
            lines = [f"{line} & {_label(label)}" for line, label in zip(lines, row_labels, strict=True)]
        head, body = " & ".join(map(_label, column_labels)), r" \\ ".join(lines)
        return rf"\begin{{array}}{{{columns}}} {head} \\ \hline {body} \end{{array}}"

    def blank(self, blank: Blank) -> str:
        return '""' if blank.in_words else "..."

    def code(self, typed: str) -> str:
        return f"`{typed}`"

    def strong(self, words: str) -> str:
        return f"**{words}**"


_IN_NOTEBOOKS = {sign: f"\\{sign}" for sign in "`*_{}[]#|~"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
# Alone in an element, neither can open mathematics: MathJax looks for it in the finished page as well.
_IN_NOTEBOOKS |= {"$": "<span>&#36;</span>", "\\": "<span>&#92;</span>"}


_IN_LABELS = {sign: f"\\{sign}" for sign in "%_&#{}"}
_IN_LABELS |= {"\\": r"\backslash ", "<": r"\lt ", ">": r"\gt ", "^": r"\wedge ", "~": r"\sim "}


def _label(label: str) -> str:
    """A label within a notebook's mathematics; MathJax and KaTeX agree on these signs only outside of their words."""
    # No escape of these two is known to every program that shows notebooks; their likes end no formula and no code.
    plain = one_line(label).replace("$", "＄").replace("`", "‘")
    pieces = re.split(r"([%_&#{}\\<>^~])", plain)
    return "".join(_IN_LABELS.get(piece) or rf"\text{{{piece}}}" for piece in pieces if piece)
