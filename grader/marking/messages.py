"""What a student is told of a line: the verdict, which entries, from what, and how it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from grader.marking.marks import Verdict
from grader.marking.places import listed, places
from grader.reading.answers import Reading


class Missing(NamedTuple):
    """An earlier answer that has no number, or not all of them."""

    answer: str
    unreadable: bool
    whole: bool
    follows: bool  # whether what stands in for it follows from numbers that are not the key's


@dataclass(frozen=True)
class Earlier:
    """The answers that a line is worked from, by their names on the sheet."""

    written: tuple[str, ...] = ()  # those with a number
    slipped: tuple[str, ...] = ()  # those with numbers that are not the key's
    missing: tuple[Missing, ...] = ()


SAYS: Mapping[Verdict, str] = {
    "correct": "Right.",
    "follows": "Differs from the key, but correct given your {slipped}.",
    "wrong": "Not right for {numbers}.",
    "blank": "Left blank.",
    "unreadable": "This could not be read.",
}
NONE_RIGHT = "No entry is right for {numbers}."
IN_PART: Mapping[Verdict, str] = {
    "unreadable": "Could not be read",
    "wrong": "Not right for {numbers}",
    "blank": "Left blank",
}
RIGHT: tuple[Verdict, ...] = ("correct", "follows")
FOR_FREE = "No marks where your earlier numbers made this trivial."
ANY_VALUE = "No marks where your earlier numbers leave so much to rounding that 0 would be right too."
IDLE = "No marks where one number, or a copy of what the line is worked from, stands in every place."
ANOTHER_SHEET = "These are right answers of another sheet, not of yours."
FROM_ANOTHER_SHEET = "No marks for what follows from the answers of another sheet."
GUESSED = "No marks for entries that need no work, since the rest of the line is not right."
KEY_ALONE = "It is the key's value, though it does not follow from your {slipped}."


def message(
    verdict: Verdict, entries: Sequence[Sequence[Verdict]], reading: Reading, earlier: Earlier = Earlier()
) -> str:
    """The verdict on a line in words, with every entry that is not right."""
    numbers = "the numbers that you wrote earlier" if earlier.written else "the numbers given"
    verdicts = np.array(entries, dtype=object)
    if verdict in RIGHT or (verdicts == verdict).all():
        alone = NONE_RIGHT if verdict == "wrong" and verdicts.size > 1 else SAYS[verdict]
        sentences = [alone.format(numbers=numbers, slipped=listed(earlier.slipped))]
    else:
        sentences = [
            f"{says.format(numbers=numbers)}: {places(verdicts == which)}."
            for which, says in IN_PART.items()
            if (verdicts == which).any()
        ]
        sentences += [rest_of(entries)]
    sentences += [*reading.messages, *reading.notes]
    if any(e.value is not None for row in reading.entries for e in row):
        sentences += missing(earlier.missing)
    return " ".join(filter(None, sentences))


def rest_of(entries: Sequence[Sequence[Verdict]]) -> str:
    """A word on the entries that are right, where others are not."""
    verdicts = [verdict for row in entries for verdict in row]
    right = sum(verdict in RIGHT for verdict in verdicts)
    if not right:
        return ""
    if {*verdicts} <= {"wrong", *RIGHT}:
        return "The rest of the line is right."
    return "The other numbers are right." if right > 1 else "The other number is right."


def missing(answers: Sequence[Missing]) -> list[str]:
    """A sentence for each reason why other values stand in for answers, and which."""
    by_reason: dict[Missing, list[str]] = {}
    for one in answers:
        by_reason.setdefault(one._replace(answer=""), []).append(one.answer)
    return [_stand_in(why, listed(names)) for why, names in by_reason.items()]


def _stand_in(why: Missing, answers: str) -> str:
    values = "the values that follow from your earlier answers" if why.follows else "the correct values"
    whole, there = ("", "") if why.whole else ("part of ", " there")
    if why.unreadable:
        begins = f"{whole}your {answers}"
        return f"{begins[0].upper()}{begins[1:]} could not be read, so {values} were used{there}."
    return f"You left {whole}{answers} blank, so {values} were used{there}."
