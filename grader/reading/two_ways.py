"""What can be read in two ways, as 1,234 and 3·14 and 2.10^-3: the sign of decimals decides, where it is known.

Else it is asked about, and nothing is guessed.
"""

from __future__ import annotations

import re
from typing import Literal

Sign = Literal[",", ".", "·"]
"""What somebody writes between the whole and the parts: a comma, a point or a raised point."""


class Refused(Exception):
    """Carries one sentence for the student from where reading stopped to where entries are made."""


class Asked(Refused):
    """A question that the sign of decimals would answer, and what kind of thing it is about."""

    def __init__(self, says: str, about: str) -> None:
        super().__init__(says)
        self.about = about


THOUSANDS = re.compile(r"(?<![0-9.,])([1-9][0-9]{0,2}),([0-9]{3})(?![0-9.,])")
_EXPONENT = r"\s*(?:\^|\*\*|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹])"
_RAISED = re.compile(rf"(?<![0-9.,·⋅∙])([0-9]+)[·⋅∙]([0-9]+)(?![0-9·⋅∙]|[.,][0-9]|{_EXPONENT})")
RAISED_BELOW_ONE = re.compile(r"\s*[-+]?0[·⋅∙][0-9]+\s*")
BARE_PAIRS = re.compile(r"\s*[-+]?[0-9]+,[0-9]+(?:\s*[;\n]\s*[-+]?[0-9]+,[0-9]+)*[\s;]*")
"""Rows of 0,8 and nothing else: as many decimals, or two numbers in each."""
_DOT_TEN = re.compile(rf"(?<=[0-9])\.10(?={_EXPONENT})")
_PARTS_BEFORE = re.compile(r"([.,])[0-9]+\Z")
_DOUBTFUL: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?:[*×·⋅∙xX]|\\times|\\cdot|(?<![0-9.,])[1-9]\.|[.,][0-9]+\.)\s*10\s*[-+]\s*[0-9]+[\s.)}]*$"),
        "was 10^-3 meant, with a ^ before the exponent?",
    ),
    (re.compile(r"^[-+]?\s*10\s*-\s*[0-9]+\.?$"), "is it a power, as in 10^-3, or a difference, as in (10)-3?"),
    (
        re.compile(r"(?<![\w.)}\]])e-[0-9]|(?:[*×·⋅∙]|\\times|\\cdot)\s*e[-+]?[0-9]"),
        "is it a power of e, as in e^-3, a power of ten, as in 2e-3, or a difference, as in (e)-3?",
    ),
    (re.compile(r"(?i)[0-9]\s*e10\s*[-+]\s*[0-9]"), "was a power of ten meant, as in 5e-3?"),
    (
        re.compile(r"[/^√]\s*[-+]?[0-9.,]+\s*\\?%"),
        "is % of the whole or of the last number? Write it without %, as in 0.25/100.",
    ),
    (
        re.compile(r"(?<!10)\^\s*[-+]?\s*1\s*/\s*[0-9]"),
        "is the exponent a fraction, as in 2^(1/2), or is the power divided, as in (2^1)/2?",
    ),
    (re.compile(r"(?<![0-9.,])0x[0-9]"), "is it a product, as in 0*10?"),
)


def settled(text: str, decimal: Sign | None, shown: str) -> str:
    """The text with what can be read in two ways written in one. Raises Refused, or Asked where the sign would tell."""
    text, decimal = _dot_ten(text, decimal, shown)
    for pattern, question in _DOUBTFUL:
        if pattern.search(text):
            raise Refused(f"“{shown}” is not clear: {question}")
    if found := _RAISED.search(text):
        if decimal is None:
            whole, rest = found.groups()
            says = f"is it a decimal, as in {whole}.{rest}, or a product, as in {whole}*{rest}?"
            raise Asked(f"“{shown}” is not clear: {says}", "raised point")
        text = _RAISED.sub(r"\1.\2", text) if decimal == "·" else text
    if decimal != "," and "," in text and (found := THOUSANDS.search(text)):
        whole, rest = found.groups()
        if decimal is None:
            says = f"“{found[0]}” can be read in two ways: is it {whole}.{rest} or {whole}{rest}?"
            raise Asked(says, "comma")
        text = THOUSANDS.sub(r"\1\2", text)
    return text


def _dot_ten(text: str, decimal: Sign | None, shown: str) -> tuple[str, Sign | None]:
    """2.5.10^-3 with a product's sign, and what is then known of decimals; 2.10^-3 is asked about."""
    for found in _DOT_TEN.finditer(text):
        if parts := _PARTS_BEFORE.search(text[: found.start()]):
            decimal = "," if parts[1] == "," else decimal
        elif decimal in (None, "."):
            says = f"“{shown}” is not clear: is it a power of ten, as in 2*10^-3, or of a decimal, as in (2.10)^-3?"
            raise Asked(says, "power of ten") if decimal is None else Refused(says)
    return _DOT_TEN.sub("·10", text), decimal


_ROWS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"\A\s*[-+]?[0-9.,]+(?:[eE][-+]?[0-9]+)?\s*[*×·][^\S\n]*\n"),  # as MATLAB prints small numbers
        "A factor stands above the numbers. Work it in, and write the numbers alone.",
    ),
    (
        re.compile(r"\A\s*-[^\S\n]+[^-\s][^\n]*(?:\n\s*-[^\S\n]+[^-\s][^\n]*)+\Z"),
        "Each row begins with a dash: write a minus close to its number, as in -0.5, and leave out the others.",
    ),
    (
        re.compile(
            r"\A(?=.*[0-9]\s+[-+.,]?[0-9])"  # two numbers side by side: these are rows, or two divisions
            r"[-+0-9.,eE\s]+(?:[^\S\n]/[^\S\n][-+0-9.,eE\s]+)+\Z",  # and nothing but plain numbers
            re.DOTALL,
        ),
        "A / between blanks divides, or ends a row. Write 0.5/2 without them, and each row on its own line.",
    ),
)


def refuse_doubtful_rows(text: str) -> None:
    """Refuses a matrix of which it is not clear what belongs to its numbers and what to its rows."""
    for pattern, says in _ROWS:
        if pattern.search(text):
            raise Refused(says)
