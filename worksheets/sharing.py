"""Marks shared out over what is asked of a problem."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from worksheets.authoring import AuthoringError, nearest

TOTAL = "total"
UNITS = (25, 10, 5, 1)
"""In hundredths of a mark: a line's marks are quarters, or finer where a total does not allow it."""

Marks = float | dict[str, float] | None
"""Of a problem, as a set says them: in all, or for some of its answers by name, `total` among them if wanted."""


def said_marks(marks: Marks, answers: Collection[str], where: str) -> tuple[float | None, dict[str, float]]:
    """The marks of a problem in all, if they are said, and those of single answers by name."""
    single = {name: round(worth, 2) for name, worth in marks.items()} if isinstance(marks, dict) else {}
    total = single.pop(TOTAL, None) if TOTAL not in answers else None
    if not isinstance(marks, dict):
        total = marks
    if total is not None and not 0 < total <= 1e4:
        raise AuthoringError(f"{where}: marks are a number above 0, not {total:g}, and at most 10,000")
    for name, worth in single.items():
        if name not in answers:
            hint = nearest(name, sorted(answers), "asked are")
            raise AuthoringError(f"{where}: marks: {name} is not asked; {hint}")
        if not 0 <= worth <= 1e4:
            raise AuthoringError(f"{where}: marks: {name} = {worth:g}: marks are a number, not below 0, at most 10,000")
    spent = sum(single.values())
    if total is not None and (spent > total or (spent < total and single.keys() == set(answers))):
        raise AuthoringError(f"{where}: marks: the lines that are named have {spent:g} of {total:g}")
    if not spent and single.keys() == set(answers):
        raise AuthoringError(f"{where}: marks: every line has 0")
    return total, single


def shares(total: float | None, single: Mapping[str, float], counts: Mapping[str, int]) -> dict[str, float]:
    """The marks of each answer: its own, else its share of the rest; without a total, a mark an entry."""
    rest = {name: count for name, count in counts.items() if name not in single}
    if total is None:
        return {name: single.get(name, float(count)) for name, count in counts.items()}
    return share_out(total - sum(single.values()), rest) | dict(single)


def share_out(total: float, counts: Mapping[str, int]) -> dict[str, float]:
    """Marks by the number of entries, in quarters that add up to the total (largest remainders).

    Whatever has entries has a quarter at least; where the total is too small for that, or has no quarters itself, they
    are tenths, twentieths or hundredths.
    """
    left, paid = round(total * 100), {name: count for name, count in counts.items() if count}
    unit = next((u for u in UNITS if left % u == 0 and len(paid) * u <= left), 1)
    left //= unit
    units = dict.fromkeys(counts, 0)
    while low := [name for name, count in paid.items() if left * count < sum(paid.values())][:left]:
        units |= dict.fromkeys(low, 1)
        left -= len(low)
        paid = {name: count for name, count in paid.items() if name not in low} if left else {}
    exact = {name: left * count / sum(paid.values()) for name, count in paid.items()}
    units |= {name: int(share) for name, share in exact.items()}
    short = left - sum(units[name] for name in exact)
    for name in sorted(exact, key=lambda n: units[n] - exact[n])[:short]:
        units[name] += 1
    return {name: number * unit / 100 for name, number in units.items()}
