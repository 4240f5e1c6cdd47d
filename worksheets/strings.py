"""What the strings of a sheet are: every template, and the workbook, reads pages of these types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from printing.lines import Formula, Named


class Told(Named):
    """A quantity that is printed with its value."""

    value: str


class GivenShown(Told):
    """A given as it is printed; an index stands for what it picks."""

    is_index: bool


class TextBlank(TypedDict):
    """A place for an answer that is text: its name as it is and in words, where it is assigned, what it is worth."""

    label: str
    shown_label: str
    variable: str
    value: str
    width: str
    marks: str


class Trace(TextBlank):
    """A place for the way of the gradient to a quantity, and that way."""

    task: str
    way: str
    solved: bool


class AnswerHead(Formula):
    """What stands at an answer, whether it is a place to fill in or worked."""

    label: str
    variable: str
    says_itself: bool
    shown_label: str
    size: str
    marks: str


class Place(AnswerHead):
    """A place for an answer: a blank for each entry."""

    solved: bool
    formula_blank: TextBlank | None
    blanks: list[list[str]]
    columns: str
    blank_width: str
    value: str


class AskedAnswer(Place):
    """A place for an answer, and the hints that are given with it."""

    hints: list[str]


class Step(TypedDict):
    """The arithmetic of one entry."""

    place: str
    works: list[str]


class SolvedAnswer(AnswerHead):
    """An answer worked out: arithmetic, result, and why."""

    solved: bool
    value: str
    result: str
    steps: list[Step]
    more: str
    reason: str


class Part(TypedDict):
    """A part of a training step: what is to be done, and the answers."""

    title: str
    task: str
    answers: Sequence[AskedAnswer | SolvedAnswer]


class Constant(TypedDict):
    """What is the same of a problem on every sheet of a class."""

    number: int
    title: str
    decimals: int
    asked_decimals: str
    unit: str
    marks: str
    trainable: str
    widest: int
    model: list[Formula]
    pictures: Sequence[Mapping[str, Any]]
    legend: list[str]


class Fall(TypedDict):
    """The losses of a training loop, and what is needed to draw them; plot and words where a format has them."""

    losses: Sequence[float]
    loss_bars: list[str]
    loss_top: str
    loss_scale: str
    plot: str
    told_losses: str


class ProblemPage(Constant, Fall):
    """One sheet's problem."""

    intro: str
    given: list[GivenShown]
    told: list[Told]
    parts: list[Part]
    traces: list[Trace]


class SheetPage(TypedDict):
    """A sheet, or its worked solution."""

    title: str
    sheet: str
    student: str
    marks: str
    problems: list[ProblemPage]
    solution: bool
    says: Mapping[str, str]
    rules: Sequence[str]
