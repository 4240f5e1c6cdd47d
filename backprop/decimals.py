"""Numbers as decimals: exact fractions in full, and values at so many places."""

from __future__ import annotations

from fractions import Fraction


def decimal(value: Fraction) -> str:
    """A terminating decimal in full, or "" where a fraction does not terminate."""
    places, scaled = 0, value
    while scaled.denominator != 1 and places <= 30:
        places, scaled = places + 1, scaled * 10
    if scaled.denominator != 1:
        return ""
    digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
    whole, part = (digits[:-places], "." + digits[-places:]) if places else (digits, "")
    return ("-" if value < 0 else "") + whole + part


def number_text(value: float, decimals: int) -> str:
    """A value at so many decimals; never −0."""
    shown = f"{value:.{decimals}f}"
    return shown[1:] if shown.startswith("-") and not shown.strip("-0.") else shown
