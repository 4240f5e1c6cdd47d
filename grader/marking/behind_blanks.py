"""A mistake on a line that was left blank shows in the next line that was written: there it is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from backprop import mistakes as known
from backprop.evaluate import evaluate
from backprop.expressions import Name
from backprop.model import Line, Model
from backprop.rounding import Array
from course.records import ProblemRecord
from grader.marking.marks import Mistake
from grader.marking.mistakes import in_words, known_mistakes, middle
from grader.marking.wrote import Wrote

MOST_BY_CHANCE = 0.02
MOST_BLANKS = 8
"""Of more blanks before a line, only the nearest are looked at."""

Blanks = Mapping[str, Array]
"""Lines with blank entries, each with which these are, `(rows, columns, batch)`."""


def blanks_before(model: Model, line: Line, answers: Mapping[str, Array]) -> Blanks:
    """The lines without numbers from which a line is worked, directly or through others that are blank as well."""
    waiting, found = list(line.uses), dict[str, Array]()
    while waiting and len(found) < MOST_BLANKS:
        name = waiting.pop(0)
        if name in answers and name not in found:
            blank = np.isnan(answers[name])
            if blank.all(axis=(0, 1)).any():
                found[name] = blank
                waiting += model.by_name[name].uses
    return found


def behind_blanks(
    problem: ProblemRecord, line: Line, own: Mapping[str, Any], wrote: Wrote, blanks: Blanks
) -> Iterator[tuple[int, str, Mistake]]:
    """Those students of a batch whose numbers fit a mistake on a line that they left blank, with that line's name."""
    model, values = problem.model(), middle(own)
    found: list[list[tuple[bool, str, known.Mistake]]] = [[] for _ in range(wrote.numbers.shape[-1])]
    path = [model.by_name[name] for name in sorted(blanks, key=list(model.by_name).index)]
    empty = {name: np.asarray(blank.all(axis=(0, 1))) for name, blank in blanks.items()}
    for place in reversed(range(len(path))):
        blank, later = path[place], [*path[place + 1 :], line]
        for rank, candidate in enumerate(known_mistakes(model, blank), 1):
            changed = {**values, blank.name: evaluate(candidate.expression, values, model.sizes)}
            apart = wrote.apart(_worked_on(model, later, changed, values, blanks))
            told = wrote.told_by_chance(apart) * rank * len(path) <= MOST_BY_CHANCE
            for member in np.flatnonzero(empty[blank.name] & told & wrote.near(apart)).tolist():
                found[member].append((instead_of(candidate, empty, member), blank.name, candidate))
    for member, fits in enumerate(found):
        if fits:
            _, name, candidate = min(fits, key=lambda fit: fit[0])
            if mistake := in_words(problem, (candidate,)):
                yield member, name, mistake


def instead_of(mistake: known.Mistake, empty: Mapping[str, Array], member: int) -> bool:
    """Whether something stands for a line that was left blank: a mistake on that line may say the same, and better."""
    return isinstance(mistake.of, Name) and mistake.of.id in empty and bool(empty[mistake.of.id][member])


def _worked_on(
    model: Model, later: Sequence[Line], changed: dict[str, Any], values: Mapping[str, Any], blanks: Blanks
) -> Array:
    """The last of some lines, worked on from what was changed: the others are taken as written where they are."""
    for line in later[:-1]:
        if any(changed[name] is not values[name] for name in line.uses if name in values):
            value = np.where(
                blanks[line.name], _full(evaluate(line.expression, changed, model.sizes)), _full(values[line.name])
            )
            changed[line.name] = value if line.shape else value[0, 0]
    return evaluate(later[-1].expression, changed, model.sizes)


def _full(value: Array) -> Array:
    return value if value.ndim > 1 else value[None, None]
