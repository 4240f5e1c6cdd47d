"""What nobody foresaw in an answer: it is that answer's own trouble, is written to the log, and the class goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from grader.reading.numbers import clip

LOG = logging.getLogger("handprop.answers")
LOG.addHandler(logging.NullHandler())

UNFORESEEN = "handprop could not read this, and its log says why: please show your instructor what you typed."

Made = TypeVar("Made")


def guarded(work: Callable[[], Made], instead: Callable[[str], Made], typed: object, place: str = "an answer") -> Made:
    """What work makes of an answer; where it fails, what is made instead of a sentence for the student."""
    try:
        return work()
    except Exception:
        LOG.exception("%s could not be judged: %s", place, clip(_shown(typed)))
        return instead(UNFORESEEN)


def _shown(typed: object) -> str:
    try:
        return repr(typed)
    except (RecursionError, ValueError):  # lists in lists without end, or a number of thousands of digits
        return f"a {type(typed).__name__}"
