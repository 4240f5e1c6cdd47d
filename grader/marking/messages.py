"""What a student is told of a line: the verdict, which entries, from what, and how it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.marking.marks import Verdict
from grader.reading.answers import Reading


@dataclass(frozen=True)
class Earlier:
    """The answers that a line is worked from, by their names on the sheet."""

    written: tuple[str, ...] = ()  # those with a number
    slipped: tuple[str, ...] = ()  # those with numbers that are not the key's
    missing: tuple[tuple[str, str], ...] = ()  # those for which the correct values were used, and why: see MISSING


SAYS: Mapping[Verdict, str] = {
    "correct": "Right.",
    "follows": "Differs from the key, but correct given your {slipped}.",
    "wrong": "Not right for {numbers}.",
    "blank": "Left blank.",
    "unreadable": "This could not be read.",
}
FOR_FREE = "No marks where your earlier numbers made this trivial."
KEY_ALONE = "It is the key's value, though it does not follow from your {slipped}."


def message(
    verdict: Verdict, entries: Sequence[Sequence[Verdict]], reading: Reading, earlier: Earlier = Earlier()
) -> str:
    """The verdict on a line in words."""
    numbers = "the numbers that you wrote earlier" if earlier.written else "the numbers given"
    sentences = [SAYS[verdict].format(numbers=numbers, slipped=listed(earlier.slipped))]
    count = sum(len(row) for row in entries)
    if count > 1 and verdict in ("wrong", "blank"):
        places = [
            f"row {i + 1}, column {j + 1}" for i, row in enumerate(entries) for j, v in enumerate(row) if v == verdict
        ]
        if len(places) == count:
            sentences = sentences if verdict == "blank" else [f"No entry is right for {numbers}."]
        else:
            sentences = [f"{sentences[0][:-1]}: {'; '.join(places)}."]
    sentences += [*reading.messages, *reading.notes]
    if any(e.value is not None for row in reading.entries for e in row):
        sentences += missing(earlier.missing)
    return " ".join(sentences)


MISSING = {
    "blank": "You left {answers} blank, so the correct values were used.",
    "partly blank": "You left part of {answers} blank, so the correct values were used there.",
    "unreadable": "Your {answers} could not be read, so the correct values were used.",
    "partly unreadable": "Part of your {answers} could not be read, so the correct values were used there.",
}


def missing(answers: Sequence[tuple[str, str]]) -> list[str]:
    """A sentence for each reason why the correct values stand in for answers."""
    by_reason = {why: [name for name, its in answers if its == why] for why in MISSING}
    return [MISSING[why].format(answers=listed(names)) for why, names in by_reason.items() if names]


def listed(items: Sequence[str]) -> str:
    """One, two and three."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))
