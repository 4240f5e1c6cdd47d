"""What a comma before three digits means, as in 1,481: the student's sheet decides, and then which reading is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from course.records import ProblemRecord
from grader.marking.columns import mark_problem
from grader.reading.columns import Column, read_column, values_of
from grader.reading.numbers import DECIMAL_COMMA

Columns = Mapping[str, Column]
_COMMA = re.compile(r"(?<![0-9.,])0,[0-9]{2,}(?![0-9.,])")
_POINT = re.compile(r"[0-9]\.[0-9]|(?<![0-9])\.[0-9]")


def settled(
    problem: ProblemRecord, givens: Sequence[Mapping[str, Any]], columns: Columns, sheets: Sequence[Any]
) -> Columns:
    """The answers with 1,481 read as the rest of each student's sheet says; as it was where nothing tells.

    `sheets` has for each student everything that was typed. Commas are decimal where all else has decimal commas. Else
    the reading counts that is right; where neither is, points elsewhere say that it is a thousand, and three decimals
    asked that it is a decimal.
    """
    asking = sorted({m for column in columns.values() for m, reading in column.odd.items() if reading.asks})
    if not asking:
        return columns
    ways = {way: _read_as(way, columns, asking) for way in (True, False)}
    right = {way: _count_right(problem, [givens[m] for m in asking], its) for way, its in ways.items()}
    chosen: dict[int, bool | None] = {}
    for place, member in enumerate(asking):
        usual, better = _usual(sheets[member], columns, member), right[True][place] - right[False][place]
        if usual is not True and better:
            usual = better > 0
        chosen[place] = True if usual is None and problem.decimals == 3 else usual
    return {name: _with(column, name, asking, chosen, ways) for name, column in columns.items()}


def _read_as(way: bool, columns: Columns, asking: Sequence[int]) -> Columns:
    return {name: read_column([column.typed[m] for m in asking], column.shape, way) for name, column in columns.items()}


def _count_right(problem: ProblemRecord, givens: Sequence[Mapping[str, Any]], columns: Columns) -> list[int]:
    """How many entries are right, for each student."""
    verdicts = mark_problem(problem, givens, {name: column.numbers for name, column in columns.items()})
    counts = (verdict.right.reshape(-1, len(givens)).sum(axis=0) for verdict in verdicts.values())
    return [int(count) for count in sum(counts)]


def _usual(typed: object, columns: Columns, member: int) -> bool | None:
    """Whether a student's decimals have commas, True, or points, False; None where there are both, or none."""
    texts = list(_texts(typed))
    points = any(map(_POINT.search, texts))
    odd = (column.odd[member].entries for column in columns.values() if member in column.odd)
    entries = (entry.text for rows in odd for row in rows for entry in row if entry.decimals)
    commas = any(map(_COMMA.search, texts)) or any(map(DECIMAL_COMMA.search, entries))
    return commas if commas != points else None


def _texts(typed: object) -> Iterator[str]:
    """Every text that was typed."""
    if isinstance(typed, str):
        yield typed[:5000]
    elif isinstance(typed, Mapping | list):
        yield from (text for value in (typed if isinstance(typed, list) else typed.values()) for text in _texts(value))


def _with(
    column: Column, name: str, asking: Sequence[int], chosen: Mapping[int, bool | None], ways: Mapping[bool, Columns]
) -> Column:
    """One answer of all students, with the readings that were chosen."""
    odd, numbers = dict(column.odd), column.numbers
    for place, member in enumerate(asking):
        way = chosen[place]
        if way is not None and member in odd and odd[member].asks:
            odd[member] = ways[way][name].reading(place)
            numbers[..., member] = values_of(odd[member])
    return replace(column, odd=odd)
