"""Feedback: what a student is told of each line, as a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jinja2

from backprop.records import SetRecord, SheetRecord
from grader.marks import LineMarks, Marks

SIGNS = {"correct": "✓", "follows": "✓ follows", "wrong": "✗", "blank": "blank", "unreadable": "not read"}


def markdown(sheet_set: SetRecord, sheet: SheetRecord, marks: Marks) -> str:
    """The feedback on one submission, in Markdown."""
    problems = []
    for number, problem in enumerate(sheet_set.problems, 1):
        lines = [_line(line) for line in marks.lines if line.name.startswith(f"{number}.")]
        problems.append({"number": number, "title": _escaped(problem.title), "lines": lines})
    return _template().render(
        title=_escaped(sheet_set.title),
        sheet=sheet.sheet,
        student=_escaped(sheet.roster.get("name") or sheet.student),
        score=f"{marks.score:g}",
        out_of=f"{marks.out_of:g}",
        percent=f"{marks.percent:g}",
        notes=[_escaped(note) for note in marks.notes],
        problems=problems,
    )


FEEDBACK: dict[str, Callable[[SetRecord, SheetRecord, Marks], str]] = {"md": markdown}
"""The formats of feedback, by the ending of the file."""


def _line(line: LineMarks) -> dict[str, Any]:
    return {
        "name": line.name,
        "sign": SIGNS[line.verdict],
        "score": f"{line.score:g}",
        "out_of": f"{line.out_of:g}",
        "right": line.verdict in ("correct", "follows"),
        "message": _escaped(line.message),
        "read": _read(line),
    }


def _read(line: LineMarks) -> str:
    """The answer as it was read, wrong entries marked; "" where no number was."""
    if all(value is None for row in line.read for value in row):
        return ""
    rows = [
        [_entry(value, verdict) for value, verdict in zip(values, verdicts, strict=True)]
        for values, verdicts in zip(line.read, line.entries, strict=True)
    ]
    if len(rows) == len(rows[0]) == 1:
        return rows[0][0].strip()
    width = max(len(cell) for row in rows for cell in row)
    return "\n".join(f"[ {'  '.join(cell.rjust(width) for cell in row)} ]" for row in rows)


def _entry(value: float | None, verdict: str) -> str:
    if value is None:
        return "____ " if verdict == "blank" else "???? "
    return f"{value + 0.0:.6g}{'✗' if verdict == 'wrong' else ' '}"


def _escaped(text: str) -> str:
    """Words in Markdown as they were typed."""
    table: Mapping[int, str] = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>#|~$&"})
    return " ".join(text.split()).translate(table)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("templates", "."),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.get_template("feedback.md.jinja")
