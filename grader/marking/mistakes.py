"""Naming mistakes: what a student did where a line is wrong, worked on that student's own earlier numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from backprop import mistakes as known
from backprop.evaluate import bounds, evaluate
from backprop.expressions import names
from backprop.model import Line, Model
from backprop.notation import PLAIN, Printer, full_stop, spoken
from backprop.rounding import Array, Interval, Rounding
from course.records import ProblemRecord
from grader.marking.marks import Mistake
from grader.marking.wrote import Wrote

MOST_BY_CHANCE = 0.2
"""A mistake is named only where fewer than this of all wrong numbers would fit as well one that is as likely."""


def explained(problem: ProblemRecord, line: Line, own: Mapping[str, Any], wrote: Wrote) -> list[list[known.Mistake]]:
    """For each student of a batch, the known mistakes on a line that give what was written, the likeliest first.

    `own` are the intervals of the numbers that the line is worked from.
    """
    model, rounding = problem.model(), Rounding(problem.decimals)
    close: list[list[known.Mistake]] = [[] for _ in range(wrote.numbers.shape[-1])]
    values, further = middle(own), []
    for rank, candidate in enumerate(known_mistakes(model, line), 1):
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
    return close


@lru_cache(maxsize=10_000)
def in_words(problem: ProblemRecord, mistakes: tuple[known.Mistake, ...]) -> Mistake | None:
    """A class makes the same few mistakes, so each is put into words once; of two kinds that fit, both."""
    return sentence(tuple(_one_a_kind(mistakes)), printer_of(problem))


def middle(own: Mapping[str, Any]) -> dict[str, Any]:
    """One value for each interval."""
    with np.errstate(invalid="ignore", over="ignore"):  # a value may be infinite, of a zero that divides
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
def worked_from(model: Model, line: Line) -> frozenset[str]:
    """The lines and givens that a line, and the known mistakes on it, are worked from."""
    every = {name for mistake in known_mistakes(model, line) for name in names(mistake.expression)}
    return frozenset((every | set(line.uses)) - set(model.sizes))


@lru_cache(maxsize=512)
def known_mistakes(model: Model, line: Line) -> list[known.Mistake]:
    """The known mistakes on a line, found once for a model."""
    return known.mistakes(model, line)


@lru_cache(maxsize=512)
def printer_of(problem: ProblemRecord) -> Printer:
    """What prints a problem's formulas in a sentence for its students."""
    return Printer.of(problem.model(), PLAIN, problem.loss)


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
