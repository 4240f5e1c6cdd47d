"""Naming mistakes: what a student did where a line is wrong, worked on that student's own earlier numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from backprop import mistakes as known
from backprop.evaluate import bounds, evaluate
from backprop.expressions import names
from backprop.model import Line, Model
from backprop.notation import PLAIN, Printer, spoken
from backprop.rounding import Array, Interval, Rounding
from course.records import ProblemRecord
from grader.marking.marks import Mistake
from grader.marking.wrote import Wrote, full_stop

MOST_BY_CHANCE = 0.2
"""A mistake is named only where fewer than this of all wrong numbers would fit as well one that is as likely."""


def name_mistakes(problem: ProblemRecord, line: Line, own: Mapping[str, Any], wrote: Wrote) -> list[Mistake | None]:
    """For each student of a batch, the known mistake that gives what was written, or None.

    `own` are the intervals of the numbers that the line is worked from. Where mistakes of two kinds give the same
    numbers, the sentence says both.
    """
    model, rounding = problem.model(), Rounding(problem.decimals)
    close: list[list[known.Mistake]] = [[] for _ in range(wrote.numbers.shape[-1])]
    values, further = middle(own), []
    for rank, candidate in enumerate(_known(model, line), 1):
        apart = wrote.apart(evaluate(candidate.expression, values, model.sizes))
        told = wrote.told_by_chance(apart) * rank <= MOST_BY_CHANCE
        for member in np.flatnonzero(told & wrote.close(apart)).tolist():
            close[member].append(candidate)
        further.append((candidate, np.flatnonzero(told & wrote.near(apart))))
    # Who wrote none of these very numbers may have rounded on the way: that takes bounds, which take longer.
    exact = {member for member, mistakes in enumerate(close) if mistakes}
    for candidate, members in further:
        rest = np.asarray([member for member in members.tolist() if member not in exact], dtype=int)
        if rest.size:
            found = rounding.kept(bounds(candidate.expression, part_of_all(own, rest), model.sizes, rounding))
            for member in rest[wrote.within(found, rounding, rest)].tolist():
                close[member].append(candidate)
    named = [_said(problem, tuple(_one_a_kind(mistakes))) for mistakes in close]
    unexplained = np.flatnonzero([mistake is None for mistake in named])
    for member, mistake in _two_at_once(problem, line, part_of_all(own, unexplained), wrote.of(unexplained)):
        named[unexplained[member]] = mistake
    return named


def _two_at_once(
    problem: ProblemRecord, line: Line, own: Mapping[str, Any], wrote: Wrote
) -> Iterator[tuple[int, Mistake]]:
    """Of each student the two mistakes that together give what was written, where no other two do."""
    model, values = problem.model(), middle(own)
    found: list[list[known.Two]] = [[] for _ in range(wrote.numbers.shape[-1])]
    if not found or wrote.numbers.shape[0] * wrote.numbers.shape[1] == 1:
        return  # one number tells too little
    both = _two(model, line)
    for two in both:
        apart = wrote.apart(evaluate(two[0], values, model.sizes))
        told = wrote.told_by_chance(apart) * len(both) <= MOST_BY_CHANCE / 10
        for member in np.flatnonzero(told & wrote.close(apart)).tolist():
            found[member].append(two)
    for member, explanations in enumerate(found):
        if len(explanations) == 1:
            yield member, _said_at_once(problem, *explanations[0][1:])


@lru_cache(maxsize=10_000)
def _said(problem: ProblemRecord, mistakes: tuple[known.Mistake, ...]) -> Mistake | None:
    """A class makes the same few mistakes, so each is put into words once."""
    return sentence(mistakes, printer_of(problem))


@lru_cache(maxsize=10_000)
def _said_at_once(problem: ProblemRecord, first: known.Mistake, second: known.Mistake) -> Mistake:
    says = (spoken(mistake.says, printer_of(problem)) for mistake in (first, second))
    return Mistake(first.kind, full_stop(f"Two mistakes at once: {'; and '.join(says)}"))


def middle(own: Mapping[str, Any]) -> dict[str, Any]:
    """One value for each interval."""
    return {name: (x.low + x.high) / 2 if isinstance(x, Interval) else x for name, x in own.items()}


def part_of_all(own: Mapping[str, Any], members: Array) -> dict[str, Any]:
    return {name: part_of(x, members) for name, x in own.items()}


def part_of(x: Any, members: Array) -> Any:
    """The intervals or values of some students."""
    return Interval(x.low[..., members], x.high[..., members]) if isinstance(x, Interval) else x[..., members]


def _one_a_kind(mistakes: Sequence[known.Mistake]) -> list[known.Mistake]:
    by_kind: dict[str, known.Mistake] = {}
    for mistake in mistakes:
        by_kind.setdefault(mistake.kind, mistake)
    return list(by_kind.values())


@lru_cache(maxsize=512)
def may_use(model: Model, line: Line) -> tuple[str, ...]:
    """The lines and givens that the known mistakes on a line are worked from."""
    every = {name for mistake in _known(model, line) for name in names(mistake.expression)}
    return tuple(sorted(every - set(model.sizes)))


@lru_cache(maxsize=512)
def _known(model: Model, line: Line) -> list[known.Mistake]:
    """The known mistakes on a line, found once for a model."""
    return known.mistakes(model, line)


@lru_cache(maxsize=512)
def printer_of(problem: ProblemRecord) -> Printer:
    """What prints a problem's formulas in a sentence for its students."""
    return Printer.of(problem.model(), PLAIN, problem.loss)


@lru_cache(maxsize=512)
def _two(model: Model, line: Line) -> list[known.Two]:
    """What two mistakes on a line give, found once for a model."""
    return known.two_mistakes(model, line, _known(model, line))


def sentence(explanations: Sequence[known.Mistake], printer: Printer) -> Mistake | None:
    """A mistake as it is said to a student; of two kinds that give the same numbers, both."""
    if not explanations:
        return None
    first, *others = explanations
    says = spoken(first.says, printer)
    if not first.says.startswith("{"):  # a symbol stays as it is
        says = says[0].upper() + says[1:]
    for other in others[:1]:
        says += f"; or {spoken(other.says, printer)}: your numbers fit both"
    return Mistake(first.kind, full_stop(says))
