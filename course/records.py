"""The course's records: what was asked of whom, as plain data.

Sheets are printed from them and marked from them, so a sheet of last year is marked with the numbers that were
printed. CONTRACT: set.json is one `SetRecord`, records.jsonl a `SheetRecord` a line, keys.jsonl a `KeyRecord` a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from backprop.language import NAME
from backprop.model import PARTS, Given, Model
from backprop.shapes import Size
from course.answer_names import AnswerName

Plain = float | int | list[list[float]]

LARGEST_SIZE, LARGEST_NUMBER = 12, 1_000_000
"""What can be worked by hand: rows or columns of a given, and how far its numbers are from zero."""

Named = Annotated[str, Meta(pattern=rf"\A{NAME}\Z")]
Counted = Annotated[int, Meta(ge=1, le=LARGEST_SIZE)]
Worth = Annotated[float, Meta(ge=0, le=1e5)]
Place = Annotated[int, Meta(ge=0)]
Part = Annotated[str, Meta(pattern=rf"\A({'|'.join(PARTS)})\Z")]

Help = Literal["worked", "hints", "bare"]
"""How much help a sheet gives with a line: it is worked in full, as an example; there is a hint; there is none."""


class LineRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line as it was printed: asked, or shown with its value."""

    name: Named
    expression: str
    shape: tuple[int, ...]
    part: Part
    asked: bool
    marks: Worth
    always_zero: tuple[tuple[Place, Place], ...] = ()  # entries zero on every sheet: must be right, earn nothing
    step: Annotated[int, Meta(ge=1)] = 1
    help: Help = "bare"
    in_words: dict[str, Worth] = {}  # the marks for what is asked of the line beside its numbers

    @property
    def worked(self) -> bool:
        """Whether it is worked out on the sheet, as an example."""
        return self.help == "worked"


def answers_of(number: int, line: LineRecord) -> list[AnswerName]:
    """The answers that are asked of a line of a sheet's problem: its numbers, and what is asked as text."""
    return [AnswerName(number, line.name, kind) for kind in (*[""] * line.asked, *line.in_words)]


class GivenRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A given of a problem: a matrix or scalar by its shape, or an index by the size that it runs over."""

    name: Named
    shape: tuple[str | Counted, ...] = ()
    index: str | Counted | None = None
    trainable: bool = False
    rows: Literal["onehot", "shares"] | None = None


class ProblemRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A problem of a set, derived for its sizes."""

    name: str
    title: str
    intro: str
    decimals: Annotated[int, Meta(ge=1, le=8)]
    sizes: dict[Named, Counted]
    given: tuple[GivenRecord, ...]
    lines: tuple[LineRecord, ...]
    labels: dict[str, tuple[str, ...]] = {}
    loss: str | None = None
    own_marks: dict[str, Worth] = {}  # of some answers, as the set says them by name
    total: float | None = None  # its marks in all, if the set says them
    authored: str = ""  # a hash of what its author wrote that decides its lines and what is asked
    numbers: dict[str, str] = {}  # where each given's numbers come from, in words

    def __hash__(self) -> int:
        # Its dictionaries have no hash; the name is enough, since a cache compares records that share one.
        return hash(self.name)

    @property
    def marks(self) -> float:
        return round(sum(line.marks + sum(line.in_words.values()) for line in self.lines), 6)

    def model(self) -> Model:
        """The lines, read again from their text."""
        return _model(self)


Reveal = Literal["nothing", "marks", "answers", "solution"]
"""What feedback shows, each more than the one before: how answers were read, marks, right values, their working."""


class Marking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a set is marked: the share of the marks for an answer that follows from the student's own earlier ones.

    `reveal` is what feedback shows: nothing but how answers were read, the marks and mistakes, the right values of
    what was wrong, or how they are worked out.
    """

    follows: float = 1.0
    reveal: Reveal = "marks"


class RosterRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the roster lies, seen from the instructor's folder, which column its ids are in, and who was on it."""

    file: str
    id_column: str
    students: tuple[str, ...]


class SetRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A set as it was derived: every problem, every line."""

    version: int
    title: str
    problems: tuple[ProblemRecord, ...]
    marking: Marking = Marking()
    program: str = ""  # the version of the program that wrote it
    sheets: int | None = None  # how many were made


class SheetRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One student's sheet: the numbers that were printed, a dictionary a problem."""

    sheet: str
    student: str
    given: tuple[dict[str, Any], ...]
    roster: dict[str, str] = {}
    folder: str = ""  # the student's id, made safe for a file name


class KeyRecord(msgspec.Struct, frozen=True):
    """The exact value of every line of a sheet; for people and scripts, since grading works from the records."""

    sheet: str
    key: tuple[dict[str, Any], ...]


def size(value: str | int, sizes: dict[str, int]) -> Size:
    """A size by its name, or a whole number as it is."""
    return Size(sizes[value], value) if isinstance(value, str) else Size(value)


def given(record: GivenRecord, sizes: dict[str, int]) -> Given:
    index = None if record.index is None else size(record.index, sizes)
    return Given(record.name, tuple(size(s, sizes) for s in record.shape), index, record.trainable, record.rows)


@lru_cache(maxsize=512)
def _model(problem: ProblemRecord) -> Model:
    # The same record asks for its model once for every sheet of a class.
    model = Model(problem.sizes, tuple(given(g, problem.sizes) for g in problem.given), ())
    for step, lines in groupby(problem.lines, key=lambda line: line.step):
        model = model.extended([(line.name, line.expression, line.part) for line in lines], step)
    return model


@cache
def decoder(kind: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def read_lines(data: bytes, kind: type) -> Sequence[Any]:
    """The records of a .jsonl file."""
    decode = decoder(kind).decode
    return [decode(line) for line in data.splitlines() if line.strip()]
