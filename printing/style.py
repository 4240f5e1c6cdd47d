"""Ways to print the same strings: what words, formulas, matrices and blanks are in each kind of page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from markupsafe import escape
from pylatexenc.latexencode import UnicodeToLatexEncoder

from backprop.language import parse
from backprop.notation import LATEX, PLAIN, TYPST, Printer, markdown_words
from backprop.operations.printed import quoted
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
        width = max(len(cell) for row in [*rows, column_labels] for cell in row)
        lines = [f"[ {'  '.join(cell.rjust(width) for cell in row)} ]" for row in rows]
        if row_labels:
            lines = [f"{line}  {label}" for line, label in zip(lines, row_labels, strict=True)]
        if column_labels:
            lines = [f"  {'  '.join(label.rjust(width) for label in column_labels)}", *lines]
        return "\n".join(lines)

    def blank(self, blank: Blank) -> str:
        return "_" * (40 if blank.in_words else 8)


class Latex:
    """pdflatex's LaTeX, on plain TeX Live."""

    notation = LATEX
    names_blanks = False

    def text(self, text: str) -> str:
        return str(_encoder().unicode_to_latex(_one_line(text)))

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


class Typst:
    """Typst, for pages that need no TeX; its functions `matrix` and `entry` stand in templates/page.typ.jinja."""

    notation = TYPST
    names_blanks = False

    def text(self, text: str) -> str:
        # As a string within parentheses nothing in it is markup; the semicolon ends the expression.
        return f"#({quoted(_one_line(text))});"

    def math(self, formula: str) -> str:
        return f"${formula}$"

    def number(self, number: str) -> str:
        return f"${number}$"

    def matrix(self, rows: Rows, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()) -> str:
        cells = [[cell.removeprefix("#") for cell in row] for row in rows]
        names = _array([quoted(_one_line(label)) for label in row_labels])
        heads = _array([quoted(_one_line(label)) for label in column_labels])
        return f"#matrix({_array([_array(row) for row in cells])}, rows: {names}, columns: {heads})"

    def blank(self, blank: Blank) -> str:
        return f"#entry({quoted(blank.entry.field)}, {quoted(blank.tip)}, {blank.width:.2f}cm)"


def _array(items: Sequence[str]) -> str:
    """An array in Typst's code; the comma at the end makes one of a single item too."""
    return f"({''.join(f'{item}, ' for item in items)})"


class Html:
    """HTML; formulas are LaTeX that KaTeX sets once the page is open. Looks are settled in templates/page.css."""

    notation = LATEX
    names_blanks = True

    def text(self, text: str) -> str:
        return str(escape(_one_line(text)))

    def math(self, formula: str) -> str:
        return f'<span class="tex">{escape(formula)}</span>'

    def number(self, number: str) -> str:
        return number.replace("-", "−")

    def matrix(self, rows: Rows, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()) -> str:
        corner = "<td></td>" if row_labels else ""
        heads = "".join(f'<th scope="col">{self.text(label)}</th>' for label in column_labels)
        above = f"<thead><tr>{heads}{corner}</tr></thead>" if heads else ""
        names = [f'<th scope="row">{self.text(label)}</th>' for label in row_labels] or [""] * len(rows)
        lines = (
            f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}{name}</tr>"
            for row, name in zip(rows, names, strict=True)
        )
        return f'<div class="matrix"><table>{above}<tbody>{"".join(lines)}</tbody></table></div>'

    def blank(self, blank: Blank) -> str:
        entry = blank.entry
        place = "" if blank.in_words else f' data-row="{entry.row}" data-column="{entry.column}" inputmode="decimal"'
        printed = f' style="--printed:{blank.width:.2f}cm"' if blank.width < WIDEST_BLANK else ""
        return (
            f'<input type="text" class="{"formula" if blank.in_words else "entry"}" id="{escape(entry.field)}"'
            f' data-answer="{escape(str(entry.answer))}"{place} aria-label="{escape(blank.tip)}"{printed}>'
        )


class Notebook:
    """The Markdown of notebooks, with LaTeX between dollar signs; answers are assigned in Python."""

    notation = LATEX
    names_blanks = False

    def text(self, text: str) -> str:
        return "".join(_IN_NOTEBOOKS.get(c, c) for c in _one_line(text))

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


_IN_NOTEBOOKS = {sign: f"\\{sign}" for sign in "`*_{}[]#|~"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
# Alone in an element, neither can open mathematics: MathJax looks for it in the finished page as well.
_IN_NOTEBOOKS |= {"$": "<span>&#36;</span>", "\\": "<span>&#92;</span>"}


class Spreadsheet:
    """Cells of a workbook: a matrix is rows of cells with tabs between; an apostrophe marks a name among them."""

    notation = PLAIN
    names_blanks = False

    def text(self, text: str) -> str:
        return _one_line(text)

    def math(self, formula: str) -> str:
        return formula

    def number(self, number: str) -> str:
        return number

    def matrix(self, rows: Rows, row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()) -> str:
        lines = [list(row) for row in rows]
        if row_labels:
            lines = [[*line, f"'{_one_line(label)}"] for line, label in zip(lines, row_labels, strict=True)]
        if column_labels:
            lines = [[f"'{_one_line(label)}" for label in column_labels], *lines]
        return "\n".join("\t".join(line) for line in lines)

    def blank(self, blank: Blank) -> str:
        return ""


_IN_LABELS = {sign: f"\\{sign}" for sign in "%_&#{}"}
_IN_LABELS |= {"\\": r"\backslash ", "<": r"\lt ", ">": r"\gt ", "^": r"\wedge ", "~": r"\sim "}


def _label(label: str) -> str:
    """A label within a notebook's mathematics; MathJax and KaTeX agree on these signs only outside of their words."""
    # No escape of these two is known to every program that shows notebooks; their likes end no formula and no code.
    plain = _one_line(label).replace("$", "＄").replace("`", "‘")
    pieces = re.split(r"([%_&#{}\\<>^~])", plain)
    return "".join(_IN_LABELS.get(piece) or rf"\text{{{piece}}}" for piece in pieces if piece)


def _one_line(text: str) -> str:
    """Words on one line, without what cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@cache
def _encoder() -> UnicodeToLatexEncoder:
    return UnicodeToLatexEncoder(unknown_char_policy="replace", unknown_char_warning=False)


def worded(says: str, style: Style, printer: Printer) -> str:
    """A sentence with what stands in its braces as mathematics; it begins as sentences do, and ends with a stop."""
    says = f"{says[:1].upper()}{says[1:]}."
    pieces = re.split(r"\{([^{}]*)\}", says)
    return "".join(
        style.math(printer.expression(parse(piece))) if i % 2 else words(piece, style) for i, piece in enumerate(pieces)
    )


def words(piece: str, style: Style) -> str:
    """A piece of a sentence; the blanks around a formula are part of it."""
    left, right = piece[: len(piece) - len(piece.lstrip())], piece[len(piece.rstrip()) :]
    return left + style.text(piece) + (right if piece.strip() else "") if piece else ""
