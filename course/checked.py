"""Whether records can be what generate wrote: what their types leave open. Nothing in them is trusted before.

Sheets are checked by a type that is made for their set, so that msgspec holds every number against it as it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from backprop.errors import ExpressionError
from backprop.language import parse
from backprop.scope import Scope, shape_of
from course.answer_names import IN_WORDS
from course.records import LARGEST_NUMBER, GivenRecord, LineRecord, ProblemRecord, SetRecord
from course.roster import FOLDER

MOST_LINES = 2000
"""Of a problem; five training steps of the largest that comes with handprop have a few hundred."""

SHEET = r"\A[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\Z"
"""A sheet's id, as `sheet_id` makes them."""

MOST_SAID = 300

Number = Annotated[float, Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
Id = Annotated[str, Meta(pattern=SHEET)]
Student = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f]+\Z")]
Folder = Annotated[str, Meta(pattern=FOLDER)]


def check_set(record: SetRecord) -> None:
    """Raises ValueError, saying where and why, if a set cannot be one that handprop derived."""
    if not record.problems:
        raise ValueError("there is no problem in it")
    if not 0 <= record.marking.follows <= 1:
        raise ValueError(f"follows is a share, from 0 to 1, not {record.marking.follows:g}")
    for number, problem in enumerate(record.problems, 1):
        for wrong in _wrong_with(problem):
            raise ValueError(f"problem {number}, {problem.name}: {wrong}")


def _wrong_with(problem: ProblemRecord) -> Iterator[str]:
    """What is wrong with a problem, the first thing first: what comes later relies on it."""
    names = [*problem.sizes, *(g.name for g in problem.given), *(line.name for line in problem.lines)]
    if len(problem.lines) > MOST_LINES:
        yield f"it has {len(problem.lines)} lines"
    yield from (f"{name} stands for two things" for name in _twice(names))
    for given in problem.given:
        yield from (f"given {given.name}: {wrong}" for wrong in _wrong_with_given(given, problem.sizes))
    for size, labels in problem.labels.items():
        if len(labels) != problem.sizes.get(size):
            yield f"labels of {size} that do not fit"
    if [line.step for line in problem.lines] != sorted(line.step for line in problem.lines):
        yield "its steps are out of order"
    yield from _wrong_with_lines(problem)


def unreadable_in(intro: str, scope: Scope) -> Iterator[str]:
    """What stands in an intro's braces and cannot be printed as mathematics, with the reason."""
    for piece in re.findall(r"\{([^{}]*)\}", intro):
        try:
            if piece not in scope.indices:
                shape_of(parse(piece), scope)
        except ExpressionError as error:
            yield f"{{{piece}}}: {error}"


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []


def _wrong_with_given(given: GivenRecord, sizes: dict[str, int]) -> Iterator[str]:
    used = [*given.shape, *([] if given.index is None else [given.index])]
    yield from (f"{size} is no size" for size in used if isinstance(size, str) and size not in sizes)
    if len(given.shape) not in (0, 2) or (given.shape and given.index is not None):
        yield "it is neither a number, a matrix nor an index"


def _wrong_with_lines(problem: ProblemRecord) -> Iterator[str]:
    try:
        model = problem.model()
    except ExpressionError as error:
        yield f"line {error.line}: {error.reason}"
        return
    yield from (f"intro, {wrong}" for wrong in unreadable_in(problem.intro, model.scope))
    for line, derived in zip(problem.lines, model.lines, strict=True):
        if line.shape != tuple(map(int, derived.shape)):
            yield f"line {line.name}: its shape is {derived.shape}"
        rows, columns = line.shape or (1, 1)
        if any(i >= rows or j >= columns for i, j in line.always_zero):
            yield f"line {line.name}: an entry outside of it is always zero"
        if unknown := sorted(line.in_words.keys() - set(IN_WORDS)):
            yield f"line {line.name}: “{unknown[0]}” cannot be asked"
    if problem.loss is not None and all((line.name, line.shape) != (problem.loss, ()) for line in problem.lines):
        yield f"gradients are of {problem.loss}, which is no number of it"
    answers = {name for line in problem.lines for name in _answers(line)}
    if not answers:
        yield "nothing is asked"
    yield from (f"{name} has marks, and is not asked" for name in sorted(problem.own_marks.keys() - answers))


def _answers(line: LineRecord) -> list[str]:
    return [line.name] * line.asked + [f"{line.name}.{kind}" for kind in line.in_words]


def sheet_type(sheet_set: SetRecord) -> type:
    """The type of a line of records.jsonl: each given of each problem by its shape, or in its range."""
    problems = tuple(_given_type(problem) for problem in sheet_set.problems)
    return msgspec.defstruct(
        "Sheet",
        [
            ("sheet", Id),
            ("student", Student),
            ("given", tuple[problems]),  # type: ignore[valid-type]
            ("roster", dict[str, str], msgspec.field(default_factory=dict)),
            ("folder", Folder, ""),
        ],
        forbid_unknown_fields=True,
    )


def _given_type(problem: ProblemRecord) -> type:
    # A given may be called as Python's own words are, such as lambda.
    fields = [(f"given{place}", _type(given, problem.sizes)) for place, given in enumerate(problem.given)]
    names = {field: given.name for (field, _), given in zip(fields, problem.given, strict=True)}
    return msgspec.defstruct("Given", fields, rename=names, forbid_unknown_fields=True)


def _type(given: GivenRecord, sizes: dict[str, int]) -> Any:
    def count(size: str | int) -> int:
        return sizes[size] if isinstance(size, str) else size

    if given.index is not None:
        return Annotated[int, Meta(ge=0, lt=count(given.index))]
    if not given.shape:
        return Number
    rows, columns = map(count, given.shape)
    row = Annotated[list[Number], Meta(min_length=columns, max_length=columns)]
    return Annotated[list[row], Meta(min_length=rows, max_length=rows)]


def plain(error: Exception) -> str:
    """What msgspec or a check says of a record, in plain words and not too many: where, then what."""
    says, _, path = str(error).partition(" - at `$")
    says = says.replace("`", "").replace("Object contains unknown field", "unknown key")
    path = re.sub(r"(\[\.\.\.\])+", "", path.rstrip("`").lstrip("."))
    whole = f"{path}: {says}" if path else says
    return "".join(c if c.isprintable() else "?" for c in whole[:MOST_SAID]) + "…" * (len(whole) > MOST_SAID)
