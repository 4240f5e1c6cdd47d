"""What is said where a line cannot be used: the reason, and the place in its text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backprop.expressions import Span


class ExpressionError(ValueError):
    """A line that cannot be read or does not fit; says why, and shows the place in the text."""

    def __init__(self, reason: str, text: str = "", span: Span | None = None, line: str = "") -> None:
        super().__init__(reason)
        self.reason, self.text, self.span, self.line = reason, text, span, line

    def __str__(self) -> str:
        head = f"line “{self.line}”: {self.reason}" if self.line else self.reason
        if not self.text or self.span is None:
            return head
        start, end = self.span
        # A long line is shortened to the neighbourhood of the place, so that the marks stay under it.
        first = max(0, start - 50)
        shown = self.text[first : first + 100].replace("\n", " ").replace("\t", " ")
        marks = "^" * max(1, min(end, first + 100) - start)
        return f"{head}\n    {shown}\n    {' ' * (start - first)}{marks}"


@contextmanager
def naming(line: str) -> Iterator[None]:
    """An error within says in which line it is."""
    try:
        yield
    except ExpressionError as error:
        error.line = line
        raise
