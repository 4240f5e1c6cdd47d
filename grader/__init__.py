"""Reading and marking: what students hand in, verdicts, feedback, gradebooks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.again import regrade
    from grader.course import grade_course
    from grader.explaining.explain import explain
    from grader.marking.sheets import grade
    from grader.reading.answers import read

__all__ = ["explain", "grade", "grade_course", "read", "regrade"]

_PLACES = {
    "explain": "grader.explaining.explain",
    "grade": "grader.marking.sheets",
    "grade_course": "grader.course",
    "read": "grader.reading.answers",
    "regrade": "grader.again",
}


def __getattr__(name: str) -> object:
    """Loaded when it is asked for: a process that only reads a file has no need of what marks it."""
    if name not in _PLACES:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
