"""Naming mistakes: what a student did where a line is wrong, worked on that student's own earlier numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backprop import mistakes as known
from backprop.evaluate import bounds, evaluate
from backprop.expressions import names
from backprop.model import Line, Model
from backprop.notation import PLAIN, Printer, full_stop, spoken
from backprop.rounding import Array, Rounding
from course.records import ProblemRecord
from grader.marking.marks import Mistake
from grader.marking.search import Search, part_of_all

MOST_BY_CHANCE = 0.2
"""A mistake is named only where fewer than this of all wrong numbers would fit as well one that is as likely."""


class Candidate(NamedTuple):
    """A known mistake, what it gives, and of which students of a batch the numbers are close to that, and near it.

    `told` says for whom so few other numbers would fit as well that this is no chance.
    """

    mistake: known.Mistake
    value: Array
    close: Array
    near: Array
    told: Array


def candidates(problem: ProblemRecord, search: Search) -> Iterator[Candidate]:
    """The known mistakes on a line, the likeliest first, worked on the students' own numbers."""
    model, wrote, values = problem.model(), search.wrote, search.values()
    for rank, mistake in enumerate(known_mistakes(model, search.line), 1):
        value = evaluate(mistake.expression, values, model.sizes)
        apart = wrote.apart(value)
        told = wrote.told_by_chance(apart) * rank <= MOST_BY_CHANCE
        yield Candidate(mistake, value, wrote.close(apart), wrote.near(apart), told)


def explained(problem: ProblemRecord, search: Search) -> list[list[known.Mistake]]:
    """For each student of a batch, the known mistakes on a line that give what was written, the likeliest first."""
    found: list[list[known.Mistake]] = [[] for _ in range(search.students)]
    further = []
    for candidate in candidates(problem, search):
        for member in np.flatnonzero(candidate.told & candidate.close).tolist():
            found[member].append(candidate.mistake)
        further.append((candidate.mistake, np.flatnonzero(candidate.told & candidate.near)))
    # Who wrote none of these very numbers may have rounded on the way: that takes bounds, which take longer.
    exact = {member for member, mistakes in enumerate(found) if mistakes}
    for mistake, members in further:
        rest = np.asarray([member for member in members.tolist() if member not in exact], dtype=int)
        if rest.size:
            for member in rest[_within(problem, mistake, search, rest)].tolist():
                found[member].append(mistake)
    return found


def _within(problem: ProblemRecord, mistake: known.Mistake, search: Search, members: Array) -> Array:
    """For each of some students, whether a mistake gives what was written once rounding on the way is allowed for."""
    rounding, sizes = Rounding(problem.decimals), problem.model().sizes
    found = bounds(mistake.expression, part_of_all(search.own, members), sizes, rounding)
    return search.wrote.within(rounding.kept(found), rounding, members)


@lru_cache(maxsize=10_000)
def in_words(problem: ProblemRecord, mistakes: tuple[known.Mistake, ...]) -> Mistake | None:
    """A class makes the same few mistakes, so each is put into words once; of two kinds that fit, both."""
    return sentence(tuple(_one_a_kind(mistakes)), printer_of(problem))


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
