"""The files that answers may be handed in as: for each ending, what reads it and what fills it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grader.handed_in import Read
from grader.readers.answers_json import fill_json, read_json, read_json_lines
from grader.readers.files import File
from grader.readers.filling import Answers
from grader.readers.latex import fill_latex, read_latex
from grader.readers.markdown import fill_markdown, read_markdown
from grader.readers.notebook import fill_notebook, read_notebook
from grader.readers.pdf import fill_pdf, read_pdf
from grader.readers.workbook import fill_workbook, read_workbook


@dataclass(frozen=True)
class Reader:
    """How files of a kind are read, and how a blank one that was printed is filled in.

    `read` takes a file and a name for messages, and yields submissions, or raises Refused with a word for the student.
    `fill` gives the page as a student's own program would save it, for the demo and for tests.
    """

    read: Callable[[File, str], Read]
    fill: Callable[[bytes, Answers], bytes] | None = None


READERS: Mapping[str, Reader] = {
    ".json": Reader(read_json, fill_json),
    ".jsonl": Reader(read_json_lines),
    ".md": Reader(read_markdown, fill_markdown),
    ".pdf": Reader(read_pdf, fill_pdf),
    ".ipynb": Reader(read_notebook, fill_notebook),
    ".xlsx": Reader(read_workbook, fill_workbook),
    ".xlsm": Reader(read_workbook),
    ".tex": Reader(read_latex, fill_latex),
}

FILLERS = {ending[1:]: reader.fill for ending, reader in READERS.items() if reader.fill}
"""By the same ending without its dot, what fills in a page."""
