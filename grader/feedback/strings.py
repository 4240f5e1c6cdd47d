"""What the strings of feedback are: every template reads pages of these types."""

from __future__ import annotations

from typing import TypedDict


class Called(TypedDict):
    """What an answer is called: on the sheet, in words, as a place on a page, and its symbol where that is another."""

    label: str
    name: str
    anchor: str
    symbol: str


class MarkedLine(Called):
    """A line with its verdict."""

    verdict: str
    sign: str
    spoken: str
    marks: str
    message: str
    typed: str


class LineShown(MarkedLine):
    """The same; `has_details` where more is said of it below."""

    has_details: bool


class TypedAnswer(Called):
    """An answer as it was read, on one line."""

    typed: str


class Right(TypedDict):
    """A right value, under the words that say which it is."""

    says: str
    value: str


class Step(TypedDict):
    """The arithmetic of one entry."""

    place: str
    works: list[str]


class WorkedOut(TypedDict):
    """How a line is worked out, on whose numbers, and why."""

    says: str
    formula: str
    steps: list[Step]
    more: str
    reason: str


class Detail(Called):
    """More on a line that is not right."""

    read: str
    right: list[Right]
    working: WorkedOut | None


class ProblemFeedback(TypedDict):
    """One problem's part of a student's page."""

    number: int
    title: str
    lines: list[LineShown]
    details: list[Detail]
    answers: list[TypedAnswer]


class FeedbackPage(TypedDict):
    """One student's page."""

    title: str
    sheet: str
    student: str
    marked: bool
    score: str
    out_of: str
    percent: str
    lost: str
    legend: str
    notes: list[str]
    problems: list[ProblemFeedback]
