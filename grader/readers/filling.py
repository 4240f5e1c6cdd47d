"""What the fillers share: answers written over the blanks of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from course.numbers import typed_numbers

Answers = Mapping[str, Any]
"""A number, rows of numbers, "" for blank, or a formula as text, by an answer's name."""


def rows_of(value: Any) -> list[list[Any]]:
    """An answer as rows of entries: a number is one entry."""
    rows = value if isinstance(value, list) else [value]
    return [row if isinstance(row, list) else [row] for row in rows]


def as_typed(entry: Any) -> str:
    """An entry as a student types it."""
    return entry if isinstance(entry, str) else typed_numbers(entry)


def entries_of(value: Any) -> Iterator[str]:
    return (as_typed(entry) for row in rows_of(value) for entry in row)


def with_entries(place: str, blank: str, value: Any) -> str:
    """A place with its blanks filled in, one after the other; an empty entry stays blank."""
    rest = entries_of(value)
    return re.sub(blank, lambda found: (next(rest, "") or found[0]).rjust(len(found[0])), place)
