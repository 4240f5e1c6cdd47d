"""The gradebook: a row a student, from the roster and marks.jsonl."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from course.answer_names import problem_of
from course.class_list import Listed
from course.records import SetRecord, decoder
from grader.marking.marks import OtherSheet, percent
from grader.overrides import Overrides
from grader.tables import write_csv, write_workbook

OWN = ("sheet", "score", "out_of", "percent")
LINES, BLANK, UNREADABLE = b',"lines":[', b'"verdict":"blank"', b'"verdict":"unreadable"'
COPIED = b',"copied":{'
LAST = ("blank", "unreadable", "source", "note")


class Head(msgspec.Struct, frozen=True, gc=False):
    """Of a line of marks.jsonl what the gradebook tells as it stands there."""

    sheet: str
    source: str
    score: float


class Copied(msgspec.Struct, frozen=True, gc=False):
    """Of a line of marks.jsonl, whose answers stand on it."""

    student: str
    copied: OtherSheet


class Line(msgspec.Struct, frozen=True, gc=False):
    """Of a line's marks what the gradebook adds up."""

    name: str
    score: float


class Lines(msgspec.Struct, frozen=True, gc=False):
    lines: tuple[Line, ...]


class Told(NamedTuple):
    """What a student's row tells of a submission; blank and unreadable are numbers of answers."""

    score: float
    problems: tuple[float, ...]
    blank: int
    unreadable: int
    source: str
    note: str


def write_gradebook(
    results: Path, sheet_set: SetRecord, listed: Sequence[Listed], marks: Path, overrides: Overrides
) -> None:
    """gradebook.csv and .xlsx: the roster's columns, then the marks; one row a student, the missing ones too."""
    columns = list(dict.fromkeys(name for one in listed for name in one.columns)) or ["id"]
    problems = [f"{number}. {problem.name}" for number, problem in enumerate(sheet_set.problems, 1)]
    own = [*OWN, *problems, *LAST]
    head = [*(f"{name} (roster)" if name in own else name for name in columns), *own]
    told = dict(_told(marks, len(problems)))
    for ending, write in (("csv", write_csv), ("xlsx", write_workbook)):
        write(results / f"gradebook.{ending}", head, _rows(columns, sheet_set, listed, told, overrides))


def _told(marks: Path, problems: int) -> Iterator[tuple[str, Told]]:
    """What is told of each sheet, as marks.jsonl has it."""
    decode = decoder(Head).decode
    with marks.open("rb") as file:
        for line in file:
            # Counting is faster than decoding the whole line; within a string these quotes would be escaped.
            head = decode(line[: line.index(LINES)] + b"}")
            scores = _by_problem(line, problems) if problems > 1 else (head.score,)
            note = answers_of_another(line)[1] if COPIED in line else ""
            yield head.sheet, Told(head.score, scores, line.count(BLANK), line.count(UNREADABLE), head.source, note)


def answers_of_another(line: bytes) -> tuple[str, str]:
    """The student of a line of marks.jsonl, and for the instructor the sheet whose answers stand on it."""
    found: Copied = decoder(Copied).decode(line)
    return found.student, of_another(found.copied)


def of_another(copied: OtherSheet) -> str:
    """For the instructor, the sheet whose answers stand on some lines."""
    says = f"{', '.join(copied.lines)}: right answers of {copied.student}'s sheet, {copied.sheet}"
    return f"{says}; what follows from them is not paid"


def all_answers_of_another(marks: Path) -> list[str]:
    """The same of everyone on whose sheet answers of another stand."""
    with marks.open("rb") as file:
        return [" has on ".join(answers_of_another(line)) for line in file if COPIED in line]


def _by_problem(line: bytes, problems: int) -> tuple[float, ...]:
    scores = [0.0] * problems
    for of_line in decoder(Lines).decode(line).lines:
        scores[problem_of(of_line.name) - 1] += of_line.score
    return tuple(round(score, 4) for score in scores)


def _rows(
    columns: Sequence[str],
    sheet_set: SetRecord,
    listed: Sequence[Listed],
    told: Mapping[str, Told],
    overrides: Overrides,
) -> Iterator[Sequence[object]]:
    out_of = round(sum(p.marks for p in sheet_set.problems), 4)
    nothing = [""] * (len(sheet_set.problems) + 3)
    for one in listed:
        own = [one.columns.get(name, "") for name in columns]
        found = told.get(one.sheet)
        if found is None:
            yield [*own, one.sheet, "", out_of, "", *nothing, one.note]
        else:
            score, problems, *last, copied = found
            note = "; ".join(filter(None, (one.note, copied, overrides.notes(one.sheet))))
            yield [*own, one.sheet, score, out_of, percent(score, out_of), *problems, *last, note]
