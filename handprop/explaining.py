"""What `grade --explain` prints: why one answer got its marks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from handprop.terminal import say, warn


def print_explanation(course: Path, submissions: Sequence[Path], answer: str, student: str) -> None:
    """One student's answer explained; what is odd about the submission goes to stderr."""
    from grader.explaining.find import explain_submission
    from grader.explaining.text import lines_of

    explanation = explain_submission(course, submissions, answer, student)
    for warning in explanation.warnings:
        warn(warning)
    for line in lines_of(explanation):
        say(line)
