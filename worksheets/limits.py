"""How much may stand in a problem or a set: no more than is worked by hand, and than the program can work out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sized

from backprop.model import Model
from worksheets.authoring import AuthoringError

MOST_GIVENS, MOST_LINES, MOST_PROBLEMS = 60, 60, 40
LONGEST_NAME, LONGEST_TITLE, LONGEST_INTRO, LONGEST_LABEL = 40, 300, 5000, 60
MOST_ENTRIES = 3000
"""Numbers in all lines together: far more than anybody works by hand."""
MOST_CHOICES = 2000
"""Combinations of the values that a problem's indices can have: each is a proof of its own."""


def check_amounts(where: str, amounts: Mapping[str, Sized], most: int) -> None:
    """Raises AuthoringError where more stands in a section of a file than it may have."""
    for section, things in amounts.items():
        if len(things) > most:
            raise AuthoringError(f"{where}: {section} has {len(things):,} entries; it may have {most}")


def check_letters(where: str, texts: Mapping[str, str], most: int) -> None:
    """Raises AuthoringError where a text is longer than it may be."""
    for what, text in texts.items():
        if len(text) > most:
            raise AuthoringError(f"{where}: {what[:LONGEST_NAME]} has {len(text):,} letters; it may have {most}")


def check_work(model: Model, where: str) -> None:
    """Raises AuthoringError where a problem has more numbers than can be worked by hand, or too many indices."""
    shapes = [line.shape for line in model.lines] + [given.shape for given in model.givens]
    entries = sum(math.prod(shape) for shape in shapes)
    if entries > MOST_ENTRIES:
        sizes = ", ".join(f"{name} = {size}" for name, size in model.sizes.items())
        raise AuthoringError(
            f"{where}: its lines have {entries:,} numbers in all; it may have {MOST_ENTRIES:,}: use smaller sizes "
            f"({sizes}) or fewer lines or steps"
        )
    choices = math.prod(given.index for given in model.givens if given.index is not None)
    if choices > MOST_CHOICES:
        raise AuthoringError(
            f"{where}: its indices have {choices:,} combinations of values; it may have {MOST_CHOICES:,}: use fewer "
            "indices or smaller sizes"
        )
