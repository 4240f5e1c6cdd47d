"""Entries of an answer in words: `row 2`, `columns 1 and 3`, `row 1, column 2`, `all but row 3`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backprop.rounding import Array

EVERY, ONLY, ALL_BUT = "every entry", "this number", "all but "
SHORTEST_RANGE = 4
"""Fewer places in a row than this are named one by one."""


def places(where: Array) -> str:
    """Some entries in the fewest words."""
    if where.all():
        return ONLY if where.size == 1 else EVERY
    found, others = _groups(where), _groups(~where)
    return found if ";" in others else min(found, f"{ALL_BUT}{others}", key=len)


def _groups(where: Array) -> str:
    """Entries by their rows or by their columns, whichever is shorter."""
    return min(_by(where, "row", "column"), _by(where.T, "column", "row"), key=len)


def _by(where: Array, outer: str, inner: str) -> str:
    """Entries row by row: rows with the same entries together, whole rows without them."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for i, row in enumerate(where):
        if row.any():
            alike.setdefault(tuple(np.flatnonzero(row).tolist()), []).append(i)
    groups = []
    for within, of in alike.items():
        whole = len(within) == where.shape[1]
        groups.append(_listed(outer, of) + ("" if whole else f", {_listed(inner, within)}"))
    return "; ".join(groups)


def _listed(noun: str, numbers: Sequence[int]) -> str:
    """`rows 1 and 3`, counted from 1."""
    first, last = numbers[0] + 1, numbers[-1] + 1
    if len(numbers) >= SHORTEST_RANGE and last - first == len(numbers) - 1:
        return f"{noun}s {first} to {last}"
    return f"{noun}{'s' * (len(numbers) > 1)} {listed([str(n + 1) for n in numbers])}"


def listed(items: Sequence[str]) -> str:
    """One, two and three."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))
