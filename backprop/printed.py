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
    """How an operation is printed, a pattern a style; `bar`: where typeset, its arguments stand over a bar."""

    latex: Pattern
    plain: Pattern
    typst: Pattern
    bar: bool = False

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


def row_of(i: str) -> str:
    """A row in words, from its printed index."""
    return "last row" if i == "last" else f"row {i}"


def placed_latex(r: str, i: str, n: str) -> str:
    """A row among zeros, drawn as a column of blocks where its place is an end."""
    stacked = {"last": rf"0 \\ {r}", "1": rf"{r} \\ 0"}.get(i)
    return rf"\begin{{pmatrix}} {stacked} \end{{pmatrix}}" if stacked else rf"{r} \text{{ in row {i}, 0 elsewhere}}"


def placed_typst(r: str, i: str, n: str) -> str:
    """The same in Typst."""
    stacked = {"last": f"0; {r}", "1": f"{r}; 0"}.get(i)
    return f"mat({stacked})" if stacked else f"{r} {quoted(f' in row {i}, 0 elsewhere')}"


PICKED_ROW = Notation(
    lambda a, i: rf"\text{{{row_of(i)} of }}\,{a}",
    lambda a, i: f"{row_of(i)} of {a}",
    lambda a, i: f"{quoted(row_of(i) + ' of')} {a}",
)

PLACED_ROW = Notation(placed_latex, lambda r, i, n: f"{r} in the {row_of(i)}, 0 elsewhere", placed_typst)

MEAN_OVER_ROWS = Notation(
    r"\text{mean over the rows of } -\ln {#1} \text{ where } #2 = 1",
    "mean over the rows of −ln #1 where #2 = 1",
    '"mean over the rows of " -ln #1 " where " #2 = 1',
)
