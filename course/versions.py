"""The version of a course's records, and what its number promises.

Whoever knows a version's number knows every key of set.json and records.jsonl, and what each means. So the number is
raised whenever a key is added, renamed or removed, or comes to mean something else: a key that is not known is refused,
never passed over, since marks may hang on it. Another way to derive a line, to draw numbers or to share out marks
raises nothing: lines, numbers and marks are kept as they were made.

Every version from 1 on is read, and written as the newest when `generate` next writes the course. A new number needs a
folder in tests/released/, which CONTRIBUTING.md says how to make; those that are there stay.

1: set.json and records.jsonl, checked by what is in them.
2: SHA256SUMS beside them; the number of sheets, what the author wrote, and the program that wrote it.
"""

from __future__ import annotations

from functools import cache
from importlib import metadata

VERSION = 2
FIRST_WITH_SUMS = 2


@cache
def program() -> str:
    """This program's own version, as 0.1.0; nothing in a checkout that is not installed."""
    try:
        return metadata.version("handprop")
    except metadata.PackageNotFoundError:
        return ""
