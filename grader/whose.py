"""Whose a file is by its name and its folders' names, as learning systems and students write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property, lru_cache

from course.records import SheetRecord

_LINE = re.compile(r" line [0-9]+$")
SHORTEST = 4
"""An id of fewer digits is also the number of an attempt or a group; a name of fewer letters is a word."""


def words(text: str) -> tuple[str, ...]:
    """The words of a name in small letters without accents: Zoë O'Hara is zoe, o, hara."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return tuple(re.findall(r"[^\W_]+", plain.casefold()))


class UnknownStudent(ValueError):
    """No sheet is a student's of this name; says who is nearly called so."""

    def __init__(self, typed: str, near: Sequence[str]) -> None:
        advice = f"; did you mean {' or '.join(near)}?" if near else "; the roster's ids are in the gradebook"
        super().__init__(f"there is no student “{typed}” in this course{advice}")


def called(record: SheetRecord) -> str:
    """A sheet's student for a message: s010 (Ada Example)."""
    name = record.roster.get("name", "")
    return f"{record.student} ({name})" if name and name != record.student else record.student


class Students:
    """The students of a course, known by their sheets; their names are looked up only where a file's says something."""

    def __init__(self, sheets: Mapping[str, SheetRecord]) -> None:
        self._sheets = sheets
        self._of_part = lru_cache(maxsize=4096)(self._named_in)
        self._known: dict[str, list[tuple[frozenset[str], str]]] = {}

    @cached_property
    def _ids(self) -> Mapping[str, str]:
        return {record.student: sheet for sheet, record in self._sheets.items()}

    def called(self, sheet: str) -> str:
        """The student of a sheet for a message."""
        return called(self._sheets[sheet])

    def sheet_of(self, student: str) -> str:
        """The sheet of a student. Raises UnknownStudent where there is none, with who is nearly called so."""
        ids = self._ids
        if student in ids:
            return ids[student]
        named = {record.roster.get("name", "").casefold(): sheet for sheet, record in self._sheets.items()}
        named |= {known.casefold(): sheet for known, sheet in ids.items()}
        near = [named[name] for name in get_close_matches(student.casefold(), named, 3, cutoff=0.5) if name]
        near += [sheet for name, sheet in named.items() if set(words(student)) & set(words(name))]
        raise UnknownStudent(student, [self.called(sheet) for sheet in list(dict.fromkeys(near))[:3]])

    def named_beside(self, sheet: str, source: str) -> list[str]:
        """The sheets of those under whose name a file lies, where the student of this sheet is none of them.

        The outermost name counts: a student chooses those within a folder or archive of their own.
        """
        named = next(self._named(source), frozenset())
        return [] if sheet in named else sorted(named)

    def founded(self, sheet: str, source: str) -> int:
        """How well it is founded that a file is its sheet's student's: 2 under that name alone, 0 beside another's."""
        named = next(self._named(source), frozenset())
        return 1 if not named else 2 if named == {sheet} else 0

    def _named(self, source: str) -> Iterator[frozenset[str]]:
        """The sheets of those whom the parts of a path name, from outside; of one of many in a file nobody's."""
        if not _LINE.search(source):
            yield from filter(None, map(self._of_part, source.split("/")))

    def _named_in(self, part: str) -> frozenset[str]:
        if not self._known:
            for sheet, record in self._sheets.items():
                for needed in _ways(record):
                    self._known.setdefault(max(needed, key=len), []).append((frozenset(needed), sheet))
        there = set(words(part))
        return frozenset(sheet for word in there for needed, sheet in self._known.get(word, ()) if needed <= there)


def _ways(sheet: SheetRecord) -> Iterator[tuple[str, ...]]:
    """How a file's name can name a student: by the id, the whole name, or the name in one word, as Canvas does."""
    own = words(sheet.student) or ("",)
    if len("".join(own)) >= (SHORTEST if len(own) > 1 or own[0].isdigit() else 1):
        yield own
    name = words(sheet.roster.get("name", ""))
    if len(name) > 1:
        yield name
        if sum(map(len, name)) > SHORTEST:
            yield from (("".join((*name[i:], *name[:i])),) for i in range(len(name)))
    elif name and len(name[0]) >= SHORTEST:
        yield name
