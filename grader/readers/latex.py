"""The sheet itself, filled in as LaTeX: read by its comments, and never compiled."""

from __future__ import annotations

import re
from collections.abc import Iterator

from course.answer_names import is_in_words, without_escapes
from grader.handed_in import NoSheet, Read, Refused, last_filled_in, sheets_in, under
from grader.readers.files import File, bytes_of, text_of
from grader.readers.filling import Answers, with_entries
from grader.readers.markdown import NO_SHEET
from grader.reading.plain import without_looks

NO_ANSWERS = (
    "No answer's place was found: the comments “% answer 1.dQ” and “% end of answer” show where each one is. "
    "Leave them in the file, or hand in answers.json."
)

LONGEST = 200_000  # characters of one answer: what is longer stays as it is, too long to be read

BEGIN = re.compile(r"%[ \t]*answer[ \t]+([0-9]{1,4}\.\S{1,90})[^\n]*(?:\n|\Z)")
END = re.compile(r"%[ \t]*end[ \t]+of[ \t]+answer")
_COMMENT = re.compile(r"((?<!\\)(?:\\\\)*)%[^\n]*")
_BLANK = re.compile(r"\\blank(?![a-zA-Z])(?:\{\})?")
_ROW, _CELL = re.compile(r"\\\\(?:\[[^\[\]]*\])?"), re.compile(r"(?<!\\)&")


def read_latex(file: File, source: str) -> Read:
    """The sheet with \\blank replaced by what was worked out."""
    text = text_of(bytes_of(file)).replace("\r\n", "\n").replace("\r", "\n")
    sheets = sheets_in(text.replace(r"\texttt{", ""))
    answers = last_filled_in(_answers(text))
    if not answers:
        raise Refused(NO_ANSWERS)
    if not sheets:
        raise NoSheet(NO_SHEET, answers)
    yield under(source, sheets, answers)


def _answers(text: str) -> Iterator[tuple[str, object]]:
    places = [*BEGIN.finditer(text)]
    limits = [following.start() for following in places[1:]] + [len(text)]
    for place, limit in zip(places, limits, strict=False):
        name = without_escapes(place[1])
        end = END.search(text, place.end(), limit)
        typed = text[place.end() : end.start() if end else limit]
        if len(typed) > LONGEST:
            yield name, typed.strip()
            continue
        body = _inside(_COMMENT.sub(r"\1", typed))
        yield name, _in_words(body) if is_in_words(name) else _entries(body)


def _inside(text: str) -> str:
    """The text up to the brace that closes its argument."""
    depth = 0
    for brace in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth < 0:
            return text[: brace.start()]
    return text


def _in_words(body: str) -> str:
    return _BLANK.sub("", body).strip()


def _entries(body: str) -> object:
    """Rows of entries; a matrix that was typed with its own brackets stays as it is."""
    body = without_looks(_BLANK.sub("____", body)).strip()
    if "[" in _ROW.sub("", body):
        return body
    rows = _ROW.split(body)
    if len(rows) > 1 and not rows[-1].strip():
        rows.pop()
    return [[cell.strip().replace("____", "") for cell in _CELL.split(row)] for row in rows]


def fill_latex(page: bytes, answers: Answers) -> bytes:
    """The LaTeX sheet with numbers in place of \\blank."""
    sheet, filled, done = page.decode(), "", 0
    for place in BEGIN.finditer(sheet):
        end = END.search(sheet, place.end())
        if end and (value := answers.get(place[1], "")) != "":
            filled += sheet[done : place.end()] + with_entries(
                sheet[place.end() : end.start()], r"\\blank(?![a-zA-Z])", value
            )
            done = end.start()
    return (filled + sheet[done:]).encode()
