"""What the command line prints of marks that are given again: a table of who changes."""

from __future__ import annotations

from collections.abc import Iterator

from grader.again import Regraded
from grader.changes import Change

MOST_REASONS = 4


def table(found: Regraded) -> Iterator[str]:
    """A row a student whose marks change, with the reasons; then how many stay as they are."""
    rows = [("student", "before", "now", "change", "why"), *map(_row, found.changes)]
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:4]]
    if found.changes:
        for name, *numbers, why in rows:
            shown = [f"{number:>{width}}" for number, width in zip(numbers, widths[1:], strict=True)]
            yield "  ".join((f"{name:{widths[0]}}", *shown, why))
        yield ""
    yield f"{len(found.changes)} change, {found.same} stay as they are"
    if found.reworded:
        yield f"of these, {found.reworded} get other words in their feedback, or other verdicts for the same marks"
    if found.left:
        names = ", ".join(found.left[:10]) + (" …" if len(found.left) > 10 else "")
        yield (
            f"{len(found.left)} cannot be marked again, since an earlier version did not keep what it read "
            f"(their marks stay; hand their files to grade once more): {names}"
        )


def _row(change: Change) -> tuple[str, ...]:
    before, now = f"{change.before:g}", f"{change.now:g}"
    if change.out_of_before != change.out_of:
        before, now = f"{before} of {change.out_of_before:g}", f"{now} of {change.out_of:g}"
    why = [*change.why[:MOST_REASONS]]
    if more := len(change.why) - len(why):
        why.append(f"and {more} more")
    return change.student, before, now, f"{round(change.now - change.before, 4):+g}", "; ".join(why)
