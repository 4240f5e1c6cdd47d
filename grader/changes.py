"""Who changes when marks are given again, by how much, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.marking.marks import LineMarks, Marks


@dataclass(frozen=True)
class Change:
    """A student whose marks change: before and now, out of how many, and for what reasons."""

    student: str
    sheet: str
    before: float
    now: float
    out_of_before: float
    out_of: float
    why: tuple[str, ...]


def change(before: Marks | None, now: Marks) -> Change | None:
    """What changes of a student's marks; None where they stay as they are."""
    if before is None:
        why = tuple(_override(one.line or "the sheet", True, one.score) for one in now.overrides)
        return Change(now.student, now.sheet, 0.0, now.score, now.out_of, now.out_of, why)
    if (before.score, before.out_of) == (now.score, now.out_of):
        return None
    why = tuple(_reasons(before, now))
    return Change(now.student, now.sheet, before.score, now.score, before.out_of, now.out_of, why)


def _reasons(before: Marks, now: Marks) -> Iterator[str]:
    old, new = ({line.name: line for line in marks.lines} for marks in (before, now))
    was_set, is_set = ({one.line: one for one in marks.overrides} for marks in (before, now))
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            yield f"{name} is not asked any more"
        elif name not in old:
            yield f"{name} is asked now"
        elif is_set.get(name) != was_set.get(name):
            yield _override(name, name in is_set, new[name].score)
        elif name not in is_set:
            yield from _reason(old[name], new[name])
    if is_set.get("") != was_set.get(""):
        yield _override("the sheet", "" in is_set, now.score)


def _override(what: str, is_set: bool, score: float) -> str:
    return f"{what} set to {score:g}" if is_set else f"{what} is no longer set by hand"


def _reason(old: LineMarks, new: LineMarks) -> Iterator[str]:
    """Why the marks of a line change; nothing where they do not."""
    if (old.score, old.out_of) == (new.score, new.out_of):
        return
    if old.read != new.read:
        yield f"{new.name} is read otherwise"
    if old.verdict != new.verdict:
        yield f"{new.name} {old.verdict} → {new.verdict}"
    elif old.entries != new.entries:
        yield f"{new.name} has other entries right"
    if old.out_of != new.out_of:
        yield f"{new.name} is worth {new.out_of:g} ({old.out_of:g} before)"
    elif (old.verdict, old.entries) == (new.verdict, new.entries):
        yield f"{new.name} earns {new.score:g} ({old.score:g} before)"
