"""The files that answers may be handed in as: for each ending, what reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from grader.handed_in import Read
from grader.readers.answers_json import read_json, read_json_lines
from grader.readers.latex import read_latex
from grader.readers.markdown import read_markdown
from grader.readers.notebook import read_notebook
from grader.readers.pdf import read_pdf
from grader.readers.workbook import read_workbook

READERS: Mapping[str, Callable[[Path, str], Read]] = {
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".md": read_markdown,
    ".pdf": read_pdf,
    ".ipynb": read_notebook,
    ".xlsx": read_workbook,
    ".tex": read_latex,
}
"""Each takes a path and a name for messages, and yields submissions, or raises Refused with a word for the student."""

_PAGE = (
    "This is the page itself, and your answers are not in it: they are kept in your browser. "
    "Open the page there, press the button “Download answers.json”, and hand in that file."
)
_WORKBOOK = "This is a workbook of another kind. In your spreadsheet program, save it as .xlsx, and hand that in."

WHAT_TO_DO: Mapping[str, str] = {
    ".html": _PAGE,
    ".htm": _PAGE,
    ".xls": _WORKBOOK,
    ".xlsm": _WORKBOOK,
    ".ods": _WORKBOOK,
    ".numbers": _WORKBOOK,
}
"""Files that students hand in although no answers can be read from them, and what to hand in instead."""
