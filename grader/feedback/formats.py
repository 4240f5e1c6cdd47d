"""Feedback: what a student is told of each line, as a page in several formats, all from the same strings."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate

from markupsafe import escape

from backprop.notation import PLAIN
from backprop.operations.printed import quoted
from course.records import SetRecord, SheetRecord
from grader.feedback.page import MISSING, page
from grader.marking.marks import Marks
from printing.rendering import render
from printing.styles.html import Html
from printing.styles.markdown import Markdown
from printing.styles.typst import Typst


class MarkdownFeedback(Markdown):
    """Plain text in fences; a wrong entry has a cross."""

    def entry(self, number: str, verdict: str) -> str:
        return f"{number}{'✗' if verdict == 'wrong' else ' '}" if number else f"{MISSING[verdict]} "

    def typed(self, answer: str) -> str:
        return answer

    def arithmetic(self, formula: str) -> str:
        return formula


class HtmlFeedback(Html):
    """HTML with formulas in plain text, so that a page needs nothing but itself."""

    notation = PLAIN

    def math(self, formula: str) -> str:
        return f"<var>{escape(formula)}</var>"

    def entry(self, number: str, verdict: str) -> str:
        if not number:
            return f'<span class="missing" aria-label="{READ_ALOUD[verdict]}">{MISSING[verdict]}</span>'
        cross = '<span class="cross" aria-label="not right">✗</span>'
        return f'<span class="wrong">{self.number(number)}{cross}</span>' if verdict == "wrong" else self.number(number)

    def typed(self, answer: str) -> str:
        return str(escape(answer))

    def arithmetic(self, formula: str) -> str:
        return str(escape(formula))


READ_ALOUD = {"blank": "left blank", "unreadable": "not read"}


class TypstFeedback(Typst):
    """Typst; a wrong entry stands in a box, with a cross. Its functions stand in templates/feedback.typ.jinja."""

    def entry(self, number: str, verdict: str) -> str:
        if not number:
            return f"#missing({quoted(MISSING[verdict])})"
        shown = self.text(number) if "e" in number else self.number(number)  # 1e+20 is no formula
        return f"#wrong[{shown}]" if verdict == "wrong" else f"#[{shown}]"

    def typed(self, answer: str) -> str:
        return self.text(answer)

    def arithmetic(self, formula: str) -> str:
        # Lines are broken at signs, but not over a fraction's bar: a long fraction is made as wide as the page.
        return f"#long[{self.math(formula)}]" if _longest_fraction(formula) > 100 else self.math(formula)


def _longest_fraction(formula: str) -> int:
    """How many characters the longest fraction of a formula has."""
    longest = 0
    for start in (found.end() for found in re.finditer(r"frac\(", formula)):
        depths = accumulate(((c == "(") - (c == ")") for c in formula[start:]), initial=1)
        longest = max(longest, next((length for length, depth in enumerate(depths) if depth == 0), 0))
    return longest


def markdown(sheet_set: SetRecord, sheet: SheetRecord, marks: Marks) -> bytes:
    return render("feedback.md.jinja", page(sheet_set, sheet, marks, MarkdownFeedback())).encode()


def html(sheet_set: SetRecord, sheet: SheetRecord, marks: Marks) -> bytes:
    return render("feedback.html.jinja", page(sheet_set, sheet, marks, HtmlFeedback())).encode()


def pdf(sheet_set: SetRecord, sheet: SheetRecord, marks: Marks) -> bytes:
    from printing import typesetting  # takes a while to load, and other formats do without

    strings = page(sheet_set, sheet, marks, TypstFeedback())
    source = render("feedback.typ.jinja", {**strings, "title_string": quoted(sheet_set.title)})
    return typesetting.pdf(source)


FEEDBACK: dict[str, Callable[[SetRecord, SheetRecord, Marks], bytes]] = {"md": markdown, "html": html, "pdf": pdf}
"""The formats of feedback, by the ending of the file."""
