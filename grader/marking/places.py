"""Entries of an answer in words: `row 2`, `columns 1 and 3`, `row 1, column 2`, `all but row 3`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

import numpy as np

from backprop.rounding import Array

EVERY, ONLY, ALL_BUT = "every entry", "this number", "all but "
LIST = r"\d+(?:(?:, | and | to )\d+)*"
GROUP = re.compile(rf"(row|column)s? ({LIST})(?:, (?:row|column)s? ({LIST}))?")
SHORTEST_RANGE = 4
"""Fewer places in a row than this are named one by one."""


def places(where: Array) -> str:
    """Some entries in the fewest words."""
    if where.all():
        return ONLY if where.size == 1 else EVERY
    found, others = _groups(where), _groups(~where)
    return found if ";" in others else min(found, f"{ALL_BUT}{others}", key=len)


def placed(said: str, rows: int, columns: int) -> Array:
    """The entries that `places` named in these words."""
    if said in (ONLY, EVERY):
        return np.ones((rows, columns), dtype=bool)
    if said.startswith(ALL_BUT):
        return np.asarray(~placed(said.removeprefix(ALL_BUT), rows, columns))
    where = np.zeros((rows, columns), dtype=bool)
    for group in said.split("; "):
        found = GROUP.fullmatch(group)
        assert found, group
        turned = where if found[1] == "row" else where.T
        inner = _numbers(found[3]) if found[3] else list(range(turned.shape[1]))
        for i, j in product(_numbers(found[2]), inner):
            turned[i, j] = True
    return where


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


def _numbers(said: str) -> list[int]:
    first, to, last = said.partition(" to ")
    if to:
        return list(range(int(first) - 1, int(last)))
    return [int(n) - 1 for n in re.findall(r"\d+", said)]
