"""What a student did where a line is wrong: one known mistake, or one behind a blank, or two at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np

from backprop.model import Line, Model
from course.records import ProblemRecord
from grader.marking.behind_blanks import Blanks, behind_blanks, instead_of
from grader.marking.marks import Mistake
from grader.marking.mistakes import explained, in_words, part_of_all, worked_from
from grader.marking.two_at_once import two_at_once
from grader.marking.wrote import Wrote


class Named(NamedTuple):
    """A mistake in words; the line that it was made on, where that is another, left blank; whether it is one alone."""

    mistake: Mistake
    on: str = ""
    alone: bool = True


def name_mistakes(
    problem: ProblemRecord, line: Line, own: Mapping[str, Any], wrote: Wrote, blanks: Blanks
) -> dict[int, Named]:
    """The mistakes of those students of a batch whose numbers tell one, by their place in the batch.

    `own` are the intervals of the numbers that the line is worked from, and that the `blanks` before it are.
    """
    named: dict[int, Named] = {}
    doubtful = set[int]()
    empty = {name: np.asarray(blank.all(axis=(0, 1))) for name, blank in blanks.items()}
    for member, mistakes in enumerate(explained(problem, line, own, wrote)):
        if mistake := in_words(problem, tuple(mistakes)):
            named[member] = Named(mistake)
            doubtful |= {member} if instead_of(mistakes[0], empty, member) else set()
    if blanks and (rest := _rest(named.keys() - doubtful, wrote)).size:
        of_rest = {name: blank[..., rest] for name, blank in blanks.items()}
        for member, on, mistake in behind_blanks(problem, line, part_of_all(own, rest), wrote.of(rest), of_rest):
            named[int(rest[member])] = Named(mistake, on)
    if (rest := _rest(named.keys(), wrote)).size:
        for member, mistake in two_at_once(problem, line, part_of_all(own, rest), wrote.of(rest)):
            named[int(rest[member])] = Named(mistake, alone=False)
    return named


def _rest(named: Collection[int], wrote: Wrote) -> np.ndarray[Any, Any]:
    return np.asarray([member for member in range(wrote.numbers.shape[-1]) if member not in named], dtype=int)


def needed(model: Model, line: Line, blanks: Blanks) -> list[str]:
    """The lines and givens whose numbers it takes to name mistakes on a line."""
    lines = [line, *(model.by_name[name] for name in blanks)]
    return sorted(set(blanks).union(*(worked_from(model, one) for one in lines)))
