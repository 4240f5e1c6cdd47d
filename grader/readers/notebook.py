"""The sheet as a Jupyter notebook: its cells are read as text, and never run."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from course.answer_names import IN_WORDS, PATTERN, is_in_words, variable
from grader.handed_in import NoNumber, NoSheet, Read, Refused, is_blank, last_filled_in, sheet_id, sheets_in, under
from grader.readers.files import LARGEST_DOCUMENT, File, bytes_of, text_of
from grader.readers.filling import Answers, as_typed, rows_of
from grader.readers.markdown import labelled
from grader.reading.numbers import clip
from grader.reading.plain import without_looks

MOST_CELLS, LARGEST = 5000, 1_000_000  # characters in all cells; what they printed is not counted
NO_NOTEBOOK = "This is no notebook, or a damaged one. Save it again in the program that you work in, and hand that in."
NO_SHEET = (
    "The sheet's id is missing: it stands at the top of the notebook, as in “Sheet 7KQF-M2PX”. "
    "Work in the notebook that you were given, or write that line into a text cell."
)

# "# 1.dW_Q  (2 × 2, 4 marks)" or "# 1.dW_Q.formula": the answer that is assigned below it.
LABEL = re.compile(rf"[^\S\n]*#+[^\S\n]*({PATTERN})(?!\w)")
_ASSIGNED = re.compile(r"[^\S\n]*([^\W\d]\w{0,80})[^\S\n]*(?::(?!=)[^=\n]*=(?!=)|:(?!=)|=(?!=))")
_ANOTHER = re.compile(r";[^\S\n]*(?=[^\W\d]\w{0,80}[^\S\n]*=(?!=))")  # "dQ = 1; dK = 2"
_STATEMENT = re.compile(r"[^\W\d]|[%!@]")
_MARKED_UP = re.compile(
    r"(?m)^[^\S\n]*(?:(?:```|~~~).*|[$`*>\s]*[$`*>](?=\s*[^\W\d]))"
)  # what stands around an answer in text
_STRING = r"'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\""
_COMMENT = re.compile(rf"({_STRING})|#[^\n]*", re.DOTALL)
_QUOTED = re.compile(rf"[rRuUbBfF]{{0,2}}({_STRING})", re.DOTALL)
_IN_WORDS = tuple(f"_{kind}" for kind in IN_WORDS)
_NOTHING = re.compile(r"\bNone\b|(?<!\w)nan\b|(?:np|math|numpy)\.nan\b|float\(\s*['\"]nan['\"]\s*\)")
# The names that may stand in numbers; with any other one, an answer would have to be run.
_NAMES = re.compile(r"(?<![\w\\])(?!(?:e|pi|π|x|np|numpy|torch|math|sympy|sp|jnp)\b)[^\W\d]\w*", re.IGNORECASE)
_KNOWN = {
    *("array", "asarray", "matrix", "tensor", "float", "float16", "float32", "float64", "double", "int", "dtype"),
    *("exp", "ln", "log", "log10", "sqrt", "tanh", "sigmoid", "σ", "relu", "step", "max", "min"),
    *("device", "requires_grad", "grad_fn", "true", "false"),
}  # fmt: skip


def read_notebook(file: File, source: str) -> Read:
    """The notebook with its answers assigned in code cells, or typed into text cells as on the Markdown sheet."""
    cells, metadata = _cells(text_of(bytes_of(file, LARGEST_DOCUMENT)))
    text = "\n\n".join(cell.source.replace("\\", "") for cell in cells if cell.kind != "code")
    sheets = [*filter(None, [sheet_id(metadata.get("sheet"))]), *sheets_in(text)]
    answers = _placed(cells)
    if not sheets:
        raise NoSheet(NO_SHEET, answers)
    yield under(source, sheets, answers)


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook: its text, and the answer that it was printed for."""

    kind: str
    source: str
    answer: str = ""


def _cells(text: str) -> tuple[list[Cell], Mapping[str, Any]]:
    """The cells of a notebook of any version, and what the sheet wrote into its metadata."""
    import nbformat.reader  # where a notebook is handed in, and not before: it takes a while to load

    try:
        notebook = nbformat.reader.reads(text)  # type: ignore[no-untyped-call]
        pages = [notebook] if "cells" in notebook else notebook.worksheets
        found = [cell for page in pages for cell in page["cells"]]
        cells = [_cell(cell) for cell in found[: MOST_CELLS + 1]]
        metadata = _own(notebook)
    except Exception:  # a damaged notebook makes nbformat raise anything at all
        raise Refused(NO_NOTEBOOK) from None
    if len(cells) > MOST_CELLS:
        raise Refused(f"This notebook has more than {MOST_CELLS} cells. Hand in the filled-in sheet alone.")
    if sum(len(cell.source) for cell in cells) > LARGEST:
        raise Refused("These cells hold far more text than the sheet. Hand in the filled-in sheet alone.")
    return cells, metadata


def _cell(cell: Mapping[str, Any]) -> Cell:
    source, answer = cell.get("source", cell.get("input", "")), _own(cell).get("answer", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return Cell(str(cell.get("cell_type", "")), text, answer if isinstance(answer, str) else "")


def _own(part: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = part.get("metadata")
    own = metadata.get("handprop") if isinstance(metadata, Mapping) else None
    return own if isinstance(own, Mapping) else {}


# --- one code cell ----------------------------------------------------------------------------------------------------


def _assigned(cell: Cell) -> Iterator[tuple[str, object]]:
    """The answers of a code cell, by their names on the sheet; one that no comment names goes by its bare name."""
    labels: dict[str, str] = {}
    sections = list(_sections(cell.source))
    for label, _ in sections:
        labels.setdefault(variable(label), label)
    for label, assignments in sections:
        own = variable(label)
        for name, typed in assignments:
            if label and (name == own or (name and len(assignments) == 1 and name not in labels)):
                yield label, _value(typed, label)
            elif name in labels and name:
                yield labels[name], _value(typed, labels[name])
            elif cell.answer and name == variable(cell.answer):
                yield cell.answer, _value(typed, cell.answer)
            elif (label and not name) or not any(labels):
                value = _value(typed, label or name)
                if not isinstance(value, NoNumber) and not is_blank(value):  # an import or scratch work is no answer
                    yield label or name, value


def _normal(name: str) -> str:
    return unicodedata.normalize("NFKC", name)  # as Python has it: µ on a keyboard is the letter μ


def _sections(source: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Under each comment with an answer's name, what is assigned to which name; no name for what is not assigned."""
    label, lines = "", [""]
    for line in source.splitlines():
        if named := LABEL.match(line):
            yield label, list(_assignments(lines))
            label, lines = named[1], []
        else:
            lines.append(line)
    yield label, list(_assignments(lines))


def _assignments(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Names with what stands behind them: up to the next name, or the next statement once all brackets are closed."""
    name, typed, depth, over = "", [""], 0, False
    text = _COMMENT.sub(lambda found: found[1] or "", "\n".join(lines))
    for line in _ANOTHER.sub("\n", text).split("\n"):
        assigned = _ASSIGNED.match(line)
        if assigned and (depth <= 0 or not line[:1].isspace()):
            if over or "".join(typed).strip() or name:
                yield name, "\n".join(typed).strip()
            name, typed, depth, over = _normal(assigned[1]), [], 0, False
            line = line[assigned.end() :]
        elif depth <= 0 and _STATEMENT.match(line):
            over = over or bool(name) or bool("".join(typed).strip())
        if not over:
            typed.append(line)
            depth += sum(line.count(char) for char in "([{") - sum(line.count(char) for char in ")]}")
    if name or "".join(typed).strip():
        yield name, "\n".join(typed).strip()


def _value(typed: str, answer: str) -> object:
    """What was typed, as text; a word where it would have to be run."""
    if is_in_words(answer) or answer.endswith(_IN_WORDS):
        text = _unquoted(typed)
        return "" if is_blank(text) or text == "None" else text
    text = _NOTHING.sub("____", _unquoted(typed.rstrip("; \n")))
    names = {name for name in _NAMES.findall(without_looks(text)) if any(char.isalpha() for char in name)}
    if "@" in text or {name.lower() for name in names} - _KNOWN:
        example = variable(answer) if "." in answer else answer
        return NoNumber(
            typed,
            f"“{clip(typed)}” is not numbers: the cells of a notebook are read, and never run. "
            f"Write the numbers themselves, as in {example} = [[0.1, 0.2], [0.3, 0.4]].",
        )
    return text


def _unquoted(typed: str) -> str:
    """A string's text; what was typed without quotes stays as it is."""
    quoted = _QUOTED.fullmatch(typed)
    if not quoted:
        return typed
    marks = 3 if quoted[1][:3] in ("'''", '"""') else 1
    text = quoted[1][marks:-marks]
    return text if "r" in typed[:2].lower() else text.replace("\\\\", "\\")


def _answers(cell: Cell) -> Iterator[tuple[str, object]]:
    """The answers of a cell; one of code may have become text by a key that was pressed."""
    if cell.kind == "code":
        yield from _assigned(cell)
    else:
        yield from labelled(cell.source)
        yield from _assigned(Cell(cell.kind, _MARKED_UP.sub("", cell.source), cell.answer))


def _placed(cells: list[Cell]) -> dict[str, object]:
    """The answers by their names on the sheet; what another cell assigns counts where the printed place is blank."""
    pairs = [(cell.kind, *pair) for cell in cells for pair in _answers(cell)]
    printed = last_filled_in((name, value) for _, name, value in pairs if "." in name)
    named: dict[str, list[str]] = {}
    for place in printed:
        named.setdefault(variable(place), []).append(place)
    elsewhere: dict[str, object] = {}
    others: list[tuple[str, object]] = []
    problem = ""
    for kind, name, value in pairs:
        if "." in name:
            problem = name.partition(".")[0]
            continue
        places = named.get(name, [])
        near = [place for place in places if place.startswith(f"{problem}.")] or places
        if len(near) == 1 and is_blank(printed[near[0]]) and not is_blank(value):
            elsewhere[near[0]] = value
        elif not places and kind == "code":
            others.append((name, value))
    return printed | elsewhere | last_filled_in(others)


def fill_notebook(page: bytes, answers: Answers) -> bytes:
    """The notebook with each answer assigned in its cell."""
    import nbformat

    notebook = nbformat.reads(page.decode(), as_version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = "\n".join(_filled_in(cell.source, answers))
    return str(nbformat.writes(notebook)).encode()  # type: ignore[no-untyped-call]


def _filled_in(source: str, answers: Answers) -> Iterator[str]:
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
        return as_typed(value)
    rows = ["[" + ", ".join(as_typed(entry) or "..." for entry in row) + "]" for row in rows_of(value)]
    return "[" + (",\n" + " " * indent).join(rows) + "]"
