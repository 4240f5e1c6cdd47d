"""What was handed in: a sheet's id and its answers as they were typed, or the reason why it can't be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice


@dataclass(frozen=True)
class Submission:
    """What one student handed in: the answers as they were typed, by their names on the sheet."""

    source: str
    sheet: str
    answers: Mapping[str, object]
    time: float = field(default=0.0, compare=False)  # when its file was last changed: the later of two counts
    also: tuple[str, ...] = field(default=(), compare=False)  # what looks like a sheet's id there, beside its own


@dataclass(frozen=True)
class NotRead:
    """A file, or a line of one, that could not be read at all, and in one sentence why."""

    source: str
    reason: str
    log: str = field(default="", compare=False, kw_only=True)  # where in the program, if it was not foreseen


UNFORESEEN = "This could not be read: it is damaged in an unusual way. Save it again, or hand in answers.json."
"""The reason where a reader raised what it should not."""

Read = Iterator[Submission | NotRead]


@dataclass(frozen=True)
class Nameless(NotRead):
    """Answers that could be read, on a sheet whose id is gone: they count where somebody says whose they are."""

    answers: Mapping[str, object]
    time: float = 0.0


class Refused(Exception):
    """Carries the reason why a submission can't be read."""

    def found(self, source: str) -> NotRead:
        return NotRead(source, str(self))


class NoSheet(Refused):
    """The sheet's id is missing from answers that can be read otherwise."""

    def __init__(self, reason: str, answers: Mapping[str, object]) -> None:
        super().__init__(reason)
        self.answers = answers

    def found(self, source: str) -> NotRead:
        return Nameless(source, str(self), self.answers)


MOST_SHEETS = 20
_BEGINS = re.compile(r"[\s>*_`%{}$\\]{0,40}(?:textbf\{)?")
SHEET = re.compile(r"sheet[^a-z0-9\n]{1,8}([a-z0-9]{4})[-‐‑‒–—−]([a-z0-9]{4})(?![a-z0-9])", re.IGNORECASE)


def sheets_in(text: str) -> tuple[str, ...]:
    """What looks like the sheet's id in “Sheet 7KQF-M2PX”, which stands on every page: at a line's beginning first.

    A title may look like it, as in “Exercise sheet 2026-2027”; which is a sheet of the course is not known here.
    """
    found = [*islice(SHEET.finditer(text), MOST_SHEETS)]
    found.sort(key=lambda one: not _BEGINS.fullmatch(text, text.rfind("\n", 0, one.start()) + 1, one.start()))
    return tuple(dict.fromkeys(f"{one[1]}-{one[2]}".upper() for one in found))


def under(source: str, sheets: Sequence[str], answers: Mapping[str, object]) -> Submission:
    """A submission under the first of what may be its sheet's ids."""
    return Submission(source, sheets[0], answers, also=tuple(sheets[1:]))


def sheet_id(typed: object) -> str:
    """A sheet's id with its dashes and letters as they were printed; nothing where it is none."""
    name = re.sub(r"[‐‑‒–—−]", "-", typed).strip().upper() if isinstance(typed, str) else ""
    return name if re.fullmatch(r"[\w-]{1,40}", name) else ""


def last_filled_in(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Of a name that stands more than once, the last value that is not blank."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name not in found or not is_blank(value):
            found[name] = value
    return found


def is_blank(value: object) -> bool:
    """Whether nothing was typed: no letter and no digit, in any place of a list."""
    waiting = [value]
    while waiting:  # without recursion, so that depth does not matter
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif not (item is None or (isinstance(item, str) and not any(map(str.isalnum, item)))):
            return False
    return True


def printable(text: str) -> str:
    """A name as it can be printed and written anywhere, whatever bytes it was given."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)


@dataclass(frozen=True)
class NoNumber:
    """Something in an answer's place, or in an entry's, that a reader knows to be no number, and a word on it."""

    typed: str
    says: str
