"""What a student did where a line is wrong: one known mistake, or one behind a blank, or two at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from backprop.model import Line, Model
from backprop.rounding import Array
from course.records import ProblemRecord
from grader.marking.behind_blanks import behind_blanks, instead_of
from grader.marking.marks import Mistake
from grader.marking.mistakes import explained, in_words, worked_from
from grader.marking.search import Blanks, Search
from grader.marking.two_at_once import two_at_once


class Named(NamedTuple):
    """A mistake in words; the line that it was made on, where that is another, left blank; whether it is one alone."""

    mistake: Mistake
    on: str = ""
    alone: bool = True


def name_mistakes(problem: ProblemRecord, search: Search) -> dict[int, Named]:
    """The mistakes of those students of a batch whose numbers tell one, by their place in the batch."""
    named: dict[int, Named] = {}
    doubtful = set[int]()
    for member, mistakes in enumerate(explained(problem, search)):
        if mistake := in_words(problem, tuple(mistakes)):
            named[member] = Named(mistake)
            doubtful |= {member} if instead_of(mistakes[0], search.blanks, member) else set()
    if search.blanks and (rest := _rest(named.keys() - doubtful, search)).size:
        for member, on, mistake in behind_blanks(problem, search.of(rest)):
            named[int(rest[member])] = Named(mistake, on)
    if (rest := _rest(named.keys(), search)).size:
        for member, mistake in two_at_once(problem, search.of(rest)):
            named[int(rest[member])] = Named(mistake, alone=False)
    return named


def _rest(named: Collection[int], search: Search) -> Array:
    return np.asarray([member for member in range(search.students) if member not in named], dtype=int)


def needed(model: Model, line: Line, blanks: Blanks) -> list[str]:
    """The lines and givens whose numbers it takes to name mistakes on a line."""
    lines = [line, *(model.by_name[name] for name in blanks)]
    return sorted(set(blanks).union(*(worked_from(model, one) for one in lines)))
