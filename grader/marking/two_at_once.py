"""Two mistakes on one line at once, where only one pair of the likeliest gives what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from backprop import mistakes as known
from backprop.evaluate import evaluate
from backprop.expressions import Expression
from backprop.model import Line, Model
from backprop.notation import full_stop, spoken
from course.records import ProblemRecord
from grader.marking.marks import Mistake
from grader.marking.mistakes import known_mistakes, middle, printer_of
from grader.marking.wrote import Wrote

MOST_BY_CHANCE = 0.02
"""Two mistakes explain many numbers, so those of the student must say more than for one."""


def two_at_once(
    problem: ProblemRecord, line: Line, own: Mapping[str, Any], wrote: Wrote
) -> Iterator[tuple[int, Mistake]]:
    """Those students of a batch of whom one pair of mistakes explains every number, with both mistakes in words."""
    model, values = problem.model(), middle(own)
    found: list[list[known.Two]] = [[] for _ in range(wrote.numbers.shape[-1])]
    if not found or wrote.numbers.size == len(found):
        return  # one number tells too little
    pairs = _pairs(model, line)
    for pair in pairs:
        apart = wrote.apart(evaluate(pair[0], values, model.sizes))
        told = wrote.told_by_chance(apart) * len(pairs) <= MOST_BY_CHANCE
        for member in np.flatnonzero(told & wrote.close(apart)).tolist():
            found[member].append(pair)
    for member, explanations in enumerate(found):
        if len(explanations) == 1:
            yield member, _in_words(problem, *explanations[0])


@lru_cache(maxsize=512)
def _pairs(model: Model, line: Line) -> list[known.Two]:
    """What two mistakes on a line give, found once for a model."""
    return known.two_mistakes(model, line, known_mistakes(model, line))


@lru_cache(maxsize=10_000)
def _in_words(problem: ProblemRecord, both: Expression, first: known.Mistake, second: known.Mistake) -> Mistake:
    printer = printer_of(problem)
    one, other = (spoken(mistake.says, printer).partition(";")[0] for mistake in (first, second))
    worked = full_stop(f"{printer.expression(both)} was worked")
    return Mistake(first.kind, f"Two mistakes at once: {one}; and {full_stop(other)} {worked}")
