"""Two mistakes on one line at once, where only one pair of the likeliest gives what was written."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from backprop import mistakes as known
from backprop.evaluate import evaluate
from backprop.expressions import Expression
from backprop.model import Line, Model
from backprop.notation import full_stop, spoken
from course.records import ProblemRecord
from grader.marking.marks import Mistake
from grader.marking.mistakes import known_mistakes, printer_of
from grader.marking.search import Search

MOST_BY_CHANCE = 0.02
"""Two mistakes explain many numbers, so those of the student must say more than for one."""


def two_at_once(problem: ProblemRecord, search: Search) -> Iterator[tuple[int, Mistake]]:
    """Those students of a batch of whom one pair of mistakes explains every number, with both mistakes in words."""
    for member, explanations in enumerate(pairs_that_fit(problem, search)):
        if len(explanations) == 1:
            yield member, in_words(problem, *explanations[0])


def pairs_that_fit(problem: ProblemRecord, search: Search) -> list[list[known.Two]]:
    """For each student of a batch, the pairs of mistakes that give what was written."""
    model, wrote, values = problem.model(), search.wrote, search.values()
    found: list[list[known.Two]] = [[] for _ in range(search.students)]
    if not found or wrote.numbers.size == len(found):
        return found  # one number tells too little
    pairs = pairs_of(model, search.line)
    for pair in pairs:
        apart = wrote.apart(evaluate(pair[0], values, model.sizes))
        told = wrote.told_by_chance(apart) * len(pairs) <= MOST_BY_CHANCE
        for member in np.flatnonzero(told & wrote.close(apart)).tolist():
            found[member].append(pair)
    return found


@lru_cache(maxsize=512)
def pairs_of(model: Model, line: Line) -> list[known.Two]:
    """What two mistakes on a line give, found once for a model."""
    return known.two_mistakes(model, line, known_mistakes(model, line))


@lru_cache(maxsize=10_000)
def in_words(problem: ProblemRecord, both: Expression, first: known.Mistake, second: known.Mistake) -> Mistake:
    printer = printer_of(problem)
    one, other = (spoken(mistake.says, printer).partition(";")[0] for mistake in (first, second))
    worked = full_stop(f"{printer.expression(both)} was worked")
    return Mistake(first.kind, f"Two mistakes at once: {one}; and {full_stop(other)} {worked}")
