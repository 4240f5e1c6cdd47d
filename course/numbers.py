"""How a number is shown: at so many decimals, as one types it, as marks."""

from __future__ import annotations

from typing import Any

from backprop.decimals import number_text

__all__ = ["decimals_of", "marks_text", "number_text", "typed_numbers"]


def typed_numbers(value: Any) -> str:
    """Numbers as one types them, ten digits at most: a matrix in brackets; never −0."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(typed_numbers, value))}]"
    return f"{value + 0.0:.10g}"


def decimals_of(value: float) -> int:
    """How many decimals a number has."""
    return len(number_text(value, 10).rstrip("0").partition(".")[2])


def marks_text(marks: float) -> str:
    """Marks in words, without needless zeros."""
    shown = number_text(marks, 2).rstrip("0").rstrip(".")
    return "1 mark" if shown == "1" else f"{shown} marks"
