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
from grader.marking.mistakes import in_words, known_mistakes
from grader.marking.search import Blanks, Search

MOST_BY_CHANCE = 0.02
MOST_BLANKS = 8
"""Of more blanks before a line, only the nearest are looked at."""


def blanks_before(model: Model, line: Line, answers: Mapping[str, Array]) -> Blanks:
    """The lines without numbers from which a line is worked, directly or through others that are blank as well."""
    found = dict[str, Array]()
    everyone = np.ones(answers[line.name].shape[-1], dtype=bool)
    leading, count = [(line, everyone)], np.zeros(len(everyone), dtype=int)
    for before in reversed(model.lines[: model.lines.index(line)]):
        if before.name in answers and any(before.name in after.uses for after, _ in leading):
            leads = _any_of([members for after, members in leading if before.name in after.uses])
            blank = np.isnan(answers[before.name]).all(axis=(0, 1)) & leads & (count < MOST_BLANKS)
            if blank.any():
                found[before.name] = blank
                leading, count = [*leading, (before, blank)], count + blank
    return found


def _any_of(members: Sequence[Array]) -> Array:
    """The students who are in one of these groups at least."""
    return np.asarray(np.sum(members, axis=0) > 0)


def behind_blanks(problem: ProblemRecord, search: Search) -> Iterator[tuple[int, str, Mistake]]:
    """Those students of a batch whose numbers fit a mistake on a line that they left blank, with that line's name."""
    for member, fits in enumerate(fits_behind_blanks(problem, search)):
        if fits:
            name, candidate = min(fits, key=lambda fit: instead_of(fit[1], search.blanks, member))
            if mistake := in_words(problem, (candidate,)):
                yield member, name, mistake


def fits_behind_blanks(problem: ProblemRecord, search: Search) -> list[list[tuple[str, known.Mistake]]]:
    """For each student of a batch, mistakes on lines left blank that lead to what was written, the nearest first."""
    model, values, wrote, blanks = problem.model(), search.values(), search.wrote, search.blanks
    found: list[list[tuple[str, known.Mistake]]] = [[] for _ in range(search.students)]
    path = [model.by_name[name] for name in sorted(blanks, key=list(model.by_name).index)]
    lengths = np.sum([*blanks.values()], axis=0)  # of each student's own path
    for place in reversed(range(len(path))):
        blank, later = path[place], [*path[place + 1 :], search.line]
        for rank, candidate in enumerate(known_mistakes(model, blank), 1):
            mistaken = evaluate(candidate.expression, values, model.sizes)
            apart = wrote.apart(_worked_on(model, later, {**values, blank.name: mistaken}, blank.name, blanks))
            told = wrote.told_by_chance(apart) * rank * lengths <= MOST_BY_CHANCE
            for member in np.flatnonzero(blanks[blank.name] & told & wrote.near(apart)).tolist():
                found[member].append((blank.name, candidate))
    return found


def instead_of(mistake: known.Mistake, blanks: Blanks, member: int) -> bool:
    """Whether something stands for a line that was left blank: a mistake on that line may say the same, and better."""
    return isinstance(mistake.of, Name) and mistake.of.id in blanks and bool(blanks[mistake.of.id][member])


def _worked_on(model: Model, later: Sequence[Line], values: dict[str, Any], changed: str, blanks: Blanks) -> Array:
    """The last of some lines, worked on from one that is changed: what a student wrote in between stays as it is."""
    moved = {changed: blanks[changed]}
    for line in later[:-1]:
        moves = blanks[line.name] & _any_of([moved[name] for name in line.uses if name in moved])
        if moves.any():
            value = np.where(moves, _full(evaluate(line.expression, values, model.sizes)), _full(values[line.name]))
            values[line.name], moved[line.name] = value if line.shape else value[0, 0], moves
    return evaluate(later[-1].expression, values, model.sizes)


def _full(value: Array) -> Array:
    return value if value.ndim > 1 else value[None, None]
