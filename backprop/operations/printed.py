"""How single operations are printed, in LaTeX, plain text and Typst, from their printed arguments."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

LATEX, PLAIN, TYPST = STYLES = ("latex", "plain", "typst")

Pattern = str | Callable[..., str]
"""A pattern with #1, #2, … for the printed arguments, as in TeX; or a function of them."""


@dataclass(frozen=True)
class Notation:
    """How an operation is printed, a pattern a style.

    `bar`: where typeset, its arguments stand over and under a bar. `superscript`: what it is of has a superscript.
    `words`: it is said in words, so that what it is of needs parentheses.
    """

    latex: Pattern
    plain: Pattern
    typst: Pattern
    bar: bool = False
    superscript: bool = False
    words: bool = False

    def printed(self, style: str, *arguments: str) -> str:
        """The operation on arguments that are printed already."""
        pattern: Pattern = getattr(self, style)
        if not isinstance(pattern, str):
            return pattern(*arguments)
        return re.sub(r"#(\d)", lambda place: arguments[int(place[1]) - 1], pattern)


def infix(latex: str, sign: str) -> Notation:
    """An operator between its arguments; Typst and plain text have the same sign."""
    return Notation(f"#1 {latex} #2", f"#1 {sign} #2", f"#1 {sign} #2")


def called(name: str, latex: str = "", typst: str = "") -> Notation:
    """A function with its first argument in parentheses; upright where a style has no sign of its own for it."""
    head = latex or rf"\mathrm{{{name}}}"

    def with_parentheses(argument: str, *unsaid: str) -> str:
        # TeX sets a space before \left: only what is high has parentheses that grow.
        return rf"{head}\left({argument}\right)" if r"\frac" in argument else f"{head}({argument})"

    return Notation(with_parentheses, f"{name}(#1)", f"{typst or quoted(name)}(#1)")


def quoted(words: str) -> str:
    """Upright words within Typst's mathematics."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
