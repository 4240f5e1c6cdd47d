"""What 1,481 and 3·14 and 2.10^-3 mean: the student's sheet decides, and then which reading is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from course.records import ProblemRecord
from grader.marking.columns import mark_problem
from grader.reading.columns import Column, read_column, values_of
from grader.reading.numbers import DECIMAL_COMMA
from grader.reading.two_ways import Sign

SIGNS: tuple[Sign, ...] = (",", ".", "·")

Columns = Mapping[str, Column]
_COMMA = re.compile(r"(?<![0-9.,])0,[0-9]{2,}(?![0-9.,])")
_RAISED = re.compile(r"(?<![0-9.,·])0·[0-9]{2,}(?![0-9.,·])")
_POINT = re.compile(r"[0-9]\.(?!10\s*[\^*⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹])[0-9]|(?<![0-9])\.[0-9]")


def settled(
    problem: ProblemRecord, givens: Sequence[Mapping[str, Any]], columns: Columns, sheets: Sequence[Any]
) -> Columns:
    """The answers with 1,481 read as the rest of each student's sheet says; as it was where nothing tells.

    `sheets` has for each student everything that was typed. Commas are decimal where all else has decimal commas. Else
    the reading counts that is right; where none is, points elsewhere say that it is a thousand, and three decimals
    asked that it is a decimal.
    """
    asking = sorted({m for column in columns.values() for m, reading in column.odd.items() if reading.asks})
    if not asking:
        return columns
    ways = {sign: _read_as(sign, columns, asking) for sign in SIGNS}
    right = {sign: _count_right(problem, [givens[m] for m in asking], its) for sign, its in ways.items()}
    chosen: dict[int, Sign | None] = {}
    for place, member in enumerate(asking):
        usual, most = _usual(sheets[member], columns, member), max(counts[place] for counts in right.values())
        best = [sign for sign, counts in right.items() if counts[place] == most]
        if usual != "," and usual not in best and len(best) < len(SIGNS):
            usual = best[0]
        commas = problem.decimals == 3 and _about(columns, member) == {"comma"}
        chosen[place] = "," if usual is None and commas else usual
    return {name: _with(column, name, asking, chosen, ways) for name, column in columns.items()}


def _about(columns: Columns, member: int) -> set[str]:
    """What is asked about on a sheet."""
    return {kind for column in columns.values() if member in column.odd for kind in column.odd[member].asks}


def _read_as(sign: Sign, columns: Columns, asking: Sequence[int]) -> Columns:
    typed = {name: [column.typed[member] for member in asking] for name, column in columns.items()}
    return {name: read_column(typed[name], column.shape, sign) for name, column in columns.items()}


def _count_right(problem: ProblemRecord, givens: Sequence[Mapping[str, Any]], columns: Columns) -> list[int]:
    """How many entries are right, for each student."""
    verdicts = mark_problem(problem, givens, {name: column.numbers for name, column in columns.items()})
    counts = (verdict.right.reshape(-1, len(givens)).sum(axis=0) for verdict in verdicts.values())
    return [int(count) for count in sum(counts)]


def _usual(typed: object, columns: Columns, member: int) -> Sign | None:
    """What stands before a student's decimals; None where there are several, or none."""
    texts = list(_texts(typed))
    odd = (column.odd[member].entries for column in columns.values() if member in column.odd)
    entries = (entry.text for rows in odd for row in rows for entry in row if entry.decimals)
    found: dict[Sign, bool] = {
        ",": any(map(_COMMA.search, texts)) or any(map(DECIMAL_COMMA.search, entries)),
        ".": any(map(_POINT.search, texts)),
        "·": any(map(_RAISED.search, texts)),
    }
    signs = [sign for sign, there in found.items() if there]
    return signs[0] if len(signs) == 1 else None


def _texts(typed: object) -> Iterator[str]:
    """Every text that was typed, however deep in lists."""
    waiting = [typed]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one[:5000]
        elif isinstance(one, Mapping | list):
            waiting.extend(one if isinstance(one, list) else one.values())


def _with(
    column: Column, name: str, asking: Sequence[int], chosen: Mapping[int, Sign | None], ways: Mapping[Sign, Columns]
) -> Column:
    """One answer of all students, with the readings that were chosen."""
    odd, numbers = dict(column.odd), column.numbers
    for place, member in enumerate(asking):
        sign = chosen[place]
        if sign is not None and member in odd and odd[member].asks:
            odd[member] = ways[sign][name].reading(place)
            numbers[..., member] = values_of(odd[member])
    return replace(column, odd=odd)
