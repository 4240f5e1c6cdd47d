"""How pages are printed in HTML."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import escape

from backprop.notation import LATEX
from printing.styles.style import WIDEST_BLANK, Blank, Rows, one_line


class Html:
    """HTML; formulas are LaTeX that KaTeX sets once the page is open. Looks are settled in templates/page.css."""

    notation = LATEX
    names_blanks = True

    def text(self, text: str) -> str:
        return str(escape(one_line(text)))

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
        place = "" if blank.in_words else f' data-row="{entry.row}" data-column="{entry.column}"'
        printed = f' style="--printed:{blank.width:.2f}cm"' if blank.width < WIDEST_BLANK else ""
        return (
            f'<input type="text" class="{"formula" if blank.in_words else "entry"}" id="{escape(entry.field)}"'
            f' data-answer="{escape(str(entry.answer))}"{place} aria-label="{escape(blank.tip)}"{printed}>'
        )

    def code(self, typed: str) -> str:
        return f"<code>{escape(typed)}</code>"

    def strong(self, words: str) -> str:
        return f"<b>{words}</b>"
