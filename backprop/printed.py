"""How single operations are printed, in LaTeX and in plain text, from their printed arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Notation:
    """How an operation is printed, from its printed arguments; `bar`: in LaTeX the arguments stand over a bar."""

    latex: Callable[..., str]
    plain: Callable[..., str]
    bar: bool = False


def infix(latex: str, plain: str) -> Notation:
    """An operator between its arguments."""
    return Notation(lambda a, b: f"{a} {latex} {b}", lambda a, b: f"{a} {plain} {b}")


def called(latex: str, plain: str) -> Notation:
    """A function with its arguments in parentheses."""
    return Notation(lambda *a: rf"{latex}({', '.join(a)})", lambda *a: f"{plain}({', '.join(a)})")


def which(i: str) -> str:
    """A row in words, from its printed index."""
    return "last row" if i == "last" else f"row {i}"


def placed_latex(r: str, i: str, n: str) -> str:
    """A row among zeros, drawn as a column of blocks where its place is an end."""
    stacked = {"last": rf"0 \\ {r}", "1": rf"{r} \\ 0"}.get(i)
    return rf"\begin{{pmatrix}} {stacked} \end{{pmatrix}}" if stacked else rf"{r} \text{{ in row {i}, 0 elsewhere}}"
