"""The sheet itself, filled in as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from course.answer_names import KIND, within, without_escapes
from grader.handed_in import NoSheet, Read, last_filled_in, sheets_in, under
from grader.readers.files import File, bytes_of, text_of
from grader.readers.filling import Answers, with_entries

NO_SHEET = "The sheet's id is missing: it stands at the top of the sheet, as in “Sheet 7KQF-M2PX”. Leave it in."

# 1.dQ = …; editors make it "1\\.dQ" and "1. dQ". The counts keep a line of a million underscores quick.
_LABEL = re.compile(
    rf"[\s>*`$_\\-]*([0-9]{{1,4}})\\?\.(?:\s(?=[^:]*[=≈]))?((?:[^\W\d]|\\_)[\w\\{{}}]{{0,80}}{KIND})"
    r"[`*$_\s]{0,20}\\?(?::\\?=|=\\?=|[=:≈]|\\approx)(.*)"
)
_HEADING, _FENCE = re.compile(r"\s{0,3}#{1,6}\s"), re.compile(r"\s*(?:```|~~~)")
_QUOTED = re.compile(r"\s*>\s?")
# A line that begins with a word is the sheet's own text, or a given such as "K = [[1, 2], [3, 4]]".
_PROSE = re.compile(
    r"(?:\\?[\s*_`$-])*(?:[0-9]+\\?[.)]\s*)?(?!(?:np|numpy|torch|array|tensor|matrix|exp|sqrt|ln|log|pi|e)(?![a-z]))[^\W\d_]",
    re.I,
)
_RULE = re.compile(r"\s*(?:-\s*){3,}$|\s*(?:\*\s*){3,}$")


def read_markdown(file: File, source: str) -> Read:
    """The sheet with its blanks filled in."""
    text = text_of(bytes_of(file))
    sheets = sheets_in(text.replace("\\", ""))
    answers = last_filled_in(labelled(text))
    if not sheets:
        raise NoSheet(NO_SHEET, answers)
    yield under(source, sheets, answers)


def labelled(text: str) -> Iterator[tuple[str, object]]:
    """Each label with what stands behind it: up to the next label, a heading, the end of its fence, or other text."""
    name, lines = "", [""]
    for typed in text.splitlines():
        line = _QUOTED.sub("", typed, count=1) if typed.lstrip().startswith(">") else typed
        started = len(lines) > 1 or bool(lines[0].strip())
        label = _LABEL.match(line)
        if label or _HEADING.match(line) or _ends(line, name, started):
            if name:
                yield name, "\n".join(lines).strip()
            name = without_escapes(f"{label[1]}.{label[2]}") if label else ""
            lines = [label[3] if label else ""]
        elif line.strip() and not _FENCE.match(line):  # an answer may stand below the fence that was printed for it
            lines.append(line)
    if name:
        yield name, "\n".join(lines).strip()


def _ends(line: str, name: str, started: bool) -> bool:
    """Whether this line is no part of the answer above it."""
    if started:
        return bool(_FENCE.match(line) or _RULE.match(line) or _PROSE.match(line))
    repeated = line.strip("\\*_`$ \t-").startswith(within(name))  # "dQ = …" once more, below "1.dQ ="
    return bool(_PROSE.match(line)) and not repeated and not _FENCE.match(line)


def fill_markdown(page: bytes, answers: Answers) -> bytes:
    """The Markdown sheet with numbers over its lines."""
    sheet = page.decode()
    for name, value in answers.items():
        if value != "":
            start = re.search(rf"(?m)^{re.escape(name)} = ", sheet)
            if start is None:
                raise KeyError(name)
            end = sheet.index("```", start.end())
            sheet = sheet[: start.end()] + with_entries(sheet[start.end() : end], "_{4,}", value) + sheet[end:]
    return sheet.encode()
