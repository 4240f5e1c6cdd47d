"""Answers written into each kind of page, as a student's own program would save it: for the demo, and for tests."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from course.answer_names import entry_of, variable
from grader.readers.latex import BEGIN, END
from grader.readers.notebook import LABEL
from grader.readers.workbook import ANSWER, CELL_LABEL, areas_of

Answers = Mapping[str, Any]
"""A number, rows of numbers, "" for blank, or a formula as text, by an answer's name."""


def _rows(value: Any) -> list[list[Any]]:
    """An answer as rows of entries: a number is one entry."""
    rows = value if isinstance(value, list) else [value]
    return [row if isinstance(row, list) else [row] for row in rows]


def _typed(entry: Any) -> str:
    return entry if isinstance(entry, str) else f"{entry:.10g}"


def _entries(value: Any) -> Iterator[str]:
    return (_typed(entry) for row in _rows(value) for entry in row)


def _filled(place: str, blank: str, value: Any) -> str:
    """A place with its blanks filled in, one after the other; an empty entry stays blank."""
    rest = _entries(value)
    return re.sub(blank, lambda found: (next(rest, "") or found[0]).rjust(len(found[0])), place)


def fill_json(page: bytes, answers: Answers) -> bytes:
    """answers.json with its answers, in the form's own order."""
    form = json.loads(page)
    form["answers"] = {name: answers.get(name, blank) for name, blank in form["answers"].items()}
    return json.dumps(form, indent=1, ensure_ascii=False).encode()


def fill_markdown(page: bytes, answers: Answers) -> bytes:
    """The Markdown sheet with numbers over its lines."""
    sheet = page.decode()
    for name, value in answers.items():
        if value != "":
            start = re.search(rf"(?m)^{re.escape(name)} = ", sheet)
            if start is None:
                raise KeyError(name)
            end = sheet.index("```", start.end())
            sheet = sheet[: start.end()] + _filled(sheet[start.end() : end], "_{4,}", value) + sheet[end:]
    return sheet.encode()


def fill_latex(page: bytes, answers: Answers) -> bytes:
    """The LaTeX sheet with numbers in place of \\blank."""
    sheet, filled, done = page.decode(), "", 0
    for place in BEGIN.finditer(sheet):
        end = END.search(sheet, place.end())
        if end and (value := answers.get(place[1], "")) != "":
            filled += sheet[done : place.end()] + _filled(
                sheet[place.end() : end.start()], r"\\blank(?![a-zA-Z])", value
            )
            done = end.start()
    return (filled + sheet[done:]).encode()


def fill_notebook(page: bytes, answers: Answers) -> bytes:
    """The notebook with each answer assigned in its cell."""
    import nbformat

    notebook = nbformat.reads(page.decode(), as_version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = "\n".join(_assigned(cell.source, answers))
    return str(nbformat.writes(notebook)).encode()  # type: ignore[no-untyped-call]


def _assigned(source: str, answers: Answers) -> Iterator[str]:
    """A cell's lines, with what was typed in place of the blanks of each answer."""
    value, name, over = "", "", False
    for line in source.split("\n"):
        if label := LABEL.match(line):
            value, name, over = answers.get(label[1], ""), variable(label[1]), False
        elif value != "" and line.startswith(f"{name} ="):
            over = True
            yield f"{name} = {_python(value, len(name) + 4)}"
            continue
        elif not line.strip():
            over = False
        if not over or label:
            yield line


def _python(value: Any, indent: int) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, list):
        return _typed(value)
    rows = ["[" + ", ".join(_typed(entry) or "..." for entry in row) + "]" for row in _rows(value)]
    return "[" + (",\n" + " " * indent).join(rows) + "]"


def fill_workbook(page: bytes, answers: Answers) -> bytes:
    """The workbook with numbers in its bordered cells."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that openpyxl passes over
        book = openpyxl.load_workbook(io.BytesIO(page))
    for area in areas_of(book):
        label = CELL_LABEL.fullmatch(str(book[area.tab].cell(area.top, area.left).value))
        if label and ANSWER.fullmatch(area.name):
            for i, row in enumerate(_rows(answers.get(label[1], ""))):
                for j, entry in enumerate(row, 1):
                    if entry != "":
                        book[area.tab].cell(area.top + i, area.left + j).value = entry
    return _saved(book, page)


def _saved(book: Any, page: bytes) -> bytes:
    """The workbook's bytes, with the times of the blank one: the same answers give the same file."""
    changed = book.properties.modified
    written, dated = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(dated, "w", zipfile.ZIP_DEFLATED) as copy:
        for part in parts.infolist():
            data = parts.read(part)
            if part.filename == "docProps/core.xml" and changed:
                stamp = rb"\g<1>" + f"{changed:%Y-%m-%dT%H:%M:%SZ}".encode()
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", stamp, data)
            copy.writestr(zipfile.ZipInfo(part.filename), data, zipfile.ZIP_DEFLATED)
    return dated.getvalue()


def fill_pdf(page: bytes, answers: Answers) -> bytes:
    """The PDF form with its fields filled in, as Acrobat does: text in UTF-16, and how it looks beside it."""
    import pikepdf

    with pikepdf.open(io.BytesIO(page)) as pdf:
        for field in pdf.acroform.fields:
            place = entry_of(field.fully_qualified_name)
            if place is None or (value := answers.get(str(place.answer), "")) == "":
                continue
            rows = _rows(value)
            typed = _typed(rows[place.row - 1][place.column - 1] if place.row else value)
            field.obj.V = pikepdf.String(b"\xfe\xff" + typed.encode("utf-16-be"))
            for note in pdf.acroform.get_annotations_for_field(field):
                field.generate_appearance(note)
        pdf.Root.AcroForm.NeedAppearances = True
        written = io.BytesIO()
        pdf.save(written, deterministic_id=True)
    return written.getvalue()


FILLERS: Mapping[str, Callable[[bytes, Answers], bytes]] = {
    "json": fill_json,
    "md": fill_markdown,
    "pdf": fill_pdf,
    "ipynb": fill_notebook,
    "xlsx": fill_workbook,
    "tex": fill_latex,
}
"""For each kind of page, by its ending: the blank page and the answers give the page filled in."""
