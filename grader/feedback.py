"""Feedback: what a student is told of each line, as a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprop.notation import markdown_words
from backprop.records import SetRecord, SheetRecord
from grader.marks import LineMarks, Marks
from printing.rendering import render

SIGNS = {"correct": "✓", "follows": "✓ follows", "wrong": "✗", "blank": "blank", "unreadable": "not read"}


def markdown(sheet_set: SetRecord, sheet: SheetRecord, marks: Marks) -> str:
    """The feedback on one submission, in Markdown."""
    problems = []
    for number, problem in enumerate(sheet_set.problems, 1):
        lines = [_line(line) for line in marks.lines if line.name.startswith(f"{number}.")]
        problems.append({"number": number, "title": markdown_words(problem.title), "lines": lines})
    context = {
        "title": markdown_words(sheet_set.title),
        "sheet": sheet.sheet,
        "student": markdown_words(sheet.roster.get("name") or sheet.student),
        "score": f"{marks.score:g}",
        "out_of": f"{marks.out_of:g}",
        "percent": f"{marks.percent:g}",
        "notes": [markdown_words(note) for note in marks.notes],
        "problems": problems,
    }
    return render("feedback.md.jinja", context)


FEEDBACK: dict[str, Callable[[SetRecord, SheetRecord, Marks], str]] = {"md": markdown}
"""The formats of feedback, by the ending of the file."""


def _line(line: LineMarks) -> dict[str, Any]:
    return {
        "name": line.name,
        "sign": SIGNS[line.verdict],
        "score": f"{line.score:g}",
        "out_of": f"{line.out_of:g}",
        "right": line.verdict in ("correct", "follows"),
        "message": markdown_words(line.message),
        "read": _read(line),
        "compact": _compact(line),
    }


def _compact(line: LineMarks) -> str:
    """The answer as it was read, on one line; "" where no number was."""
    if all(value is None for row in line.read for value in row):
        return ""
    rows = [
        [_entry(value, verdict).strip(" ✗") for value, verdict in zip(values, verdicts, strict=True)]
        for values, verdicts in zip(line.read, line.entries, strict=True)
    ]
    if len(rows) == len(rows[0]) == 1:
        return rows[0][0]
    inner = ", ".join(f"[{', '.join(row)}]" for row in rows)
    return f"[{inner}]"


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
    return f"{value + 0.0:.10g}{'✗' if verdict == 'wrong' else ' '}"
