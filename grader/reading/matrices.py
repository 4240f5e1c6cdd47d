"""How a matrix may be laid out: in brackets, on lines, as a table, in LaTeX, as a program prints it, or as a list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from grader.reading.around import LABEL, alone
from grader.reading.numbers import DEEPEST, Refused, check_brackets, clip, covered, number
from grader.reading.plain import plain
from grader.reading.two_ways import refuse_doubtful_rows

MATRIX_FORMS = "Accepted: [[0.1, 0.2], [0.3, 0.4]], or one row on each line."

Grid = Sequence[Sequence[object]]

_ROWS, _LINES, _BLANKS = r"(?:;|\n)\s*", r"\n\s*", r"\s+"
# What ends a row, and what stands between its entries. All are tried, and the shape that is asked decides.
_BOTH_ENDS = re.compile(r";[^\S\n]*[^;\s][^;\n]*\n|\n[^;\n]+;[^\S\n]*[^\s;]")  # 1;2 on one line, 3;4 on the next
_LAYOUTS = (
    (_ROWS, ","), (_ROWS, _BLANKS), (_ROWS, r",\s+"), (_LINES, ";"), (_LINES, "&"), (_LINES, "\t"),
    (",", _BLANKS),
)  # fmt: skip
_OPERATOR = re.compile(r"(?<!\s)\s*(\*+|[/^×·⋅∙]|\\times|\\cdot|(?<=[\d.)])\s*[xX](?=\s*10))\s*|(?<!\s)\s+(?=%)")
LONGEST = 5000
_NO_NAMES = ("exp", "ln", "log", "log10", "sqrt", "tanh", "sigmoid", "sigma", "relu", "step", "max", "min", "pi",
             "minus", "plus", "neg", "negative")  # fmt: skip
_PLACE = re.compile(r"_{2,}|…|\.{3}|□")  # a place to write in, as it is printed
_NOTHING_INSIDE = re.compile(r"\[[\s,;&]*\]|,[\s,]*(?=\])")
_THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3} [0-9]{3}(?![0-9.,])")
# Commas that part entries: none is, where there are blanks too, that stands between digits or as in -,25.
_LOOSE_COMMA = re.compile(r",(?!\d)|(?<![\d\s+-]),")
_BESIDE_PLACE = re.compile(r"[_?…□][^\S\n]+[^\s,;\]]*,\d|\d,\d+[^\S\n]+[_?…□]|^\s*[-+]?,\d+\s+[-+]?,\d")  # [____ 2,6]
_UNFINISHED = tuple("*/+-^·×⋅")
_LOOSE_SIGN = re.compile(r"(?:^|(?<!\s)\s+)([-+])\s+(?=\S)")


def grids(text: str, scalar: bool) -> Sequence[Grid]:
    """Every way in which a text can be set out in rows and entries."""
    refuse_doubtful_rows(text)
    text = text.strip(" \t\n*")
    if scalar and not re.search(r"[\[;&|\n]", text.rstrip(",;")):
        return [[[text.rstrip(",;")]]]
    check_brackets(text)
    if "|" in text:
        return _table(text)
    found = _laid_out(text)
    return found + [named for grid in found if (named := _without_names(grid)) != grid]


def _without_names(grid: Grid) -> Grid:
    """The entries without a row of names above them, and a column of names beside them."""
    rows = [row for row in grid if any(row)]
    if len(rows) > 1 and all(map(_is_name, rows[0])):
        rows = rows[1:]
    elif len(rows) > 1 and _counts(rows[0]) and _counts([row[0] for row in rows[1:]]):
        return [row[1:] for row in rows[1:]]  # as pandas prints
    for side, rest in ((0, slice(1, None)), (-1, slice(-1))):
        if rows and all(len(row) > 1 and _is_name(row[side]) for row in rows):
            rows = [row[rest] for row in rows]
    return rows


def _counts(cells: Sequence[object]) -> bool:
    return list(cells) == [str(i) for i in range(len(cells))]


def _is_name(cell: object) -> bool:
    return isinstance(cell, str) and (not cell or (bool(re.fullmatch(LABEL, cell)) and cell.lower() not in _NO_NAMES))


def in_one_place(answer: object) -> object:
    """A matrix that was typed into the first place of its grid, or its rows into the first place of each row.

    The other places are as they were printed, and are dropped. Nothing where something else was typed.
    """
    if isinstance(answer, str):
        whole = _PLACE.sub(" ", answer) if len(answer) < LONGEST and _PLACE.search(answer) else ""
        while whole != (fewer := _NOTHING_INSIDE.sub(" ", whole)):
            whole = fewer
    else:
        rows = [row for row in listed(answer) if any(map(_typed, row))]
        firsts = [row[0] for row in rows if not any(map(_typed, row[1:]))]
        if firsts and len(firsts) == len(rows) and all(isinstance(first, list) for first in firsts):
            return firsts[0] if len(rows) == 1 else firsts
        if not all(isinstance(row[0], str) and not any(map(_typed, row[1:])) for row in rows):
            return ""
        whole = "\n".join(str(row[0]) for row in rows)
    odd = _THOUSANDS.search(whole) or whole.rstrip().endswith(_UNFINISHED)
    return "" if odd else whole.strip(" \t\n&,;|\\")


def _typed(cell: object) -> bool:
    return cell is not None and not (isinstance(cell, str) and not re.sub(_PLACE, "", cell).strip(" \n"))


def _laid_out(text: str) -> list[Grid]:
    """Rows in brackets or on lines, and their entries by every layout that makes a difference."""
    inside = _unwrapped([text])
    if len(inside) == 1 and "[" in inside[0]:
        _refuse_beside(inside[0])
    apart = [_unwrapped([row]) for row in inside]
    if any(len(row) > 1 for row in apart):
        raise Refused(f"More than one matrix was read. {MATRIX_FORMS}")
    rows = [row[0].replace("\n", " ") for row in apart] if len(apart) > 1 else None
    found: list[Grid] = []
    for ends, between in _LAYOUTS:
        if (between in "&;\t" and between not in text) or (ends == "," and (rows or "," not in text)):
            continue
        texts = rows or _split(inside[0], ends)
        if between != _BLANKS:
            spaced = [texts]
        elif any(_LOOSE_COMMA.search(row) for row in texts):
            continue
        else:
            spaced = _spaced(texts)
        for each in spaced:
            grid = [_split(row, between) for row in each]
            odd = ends == "," and {len(row) for row in grid} != {max(2, len(grid[0]))}  # 1, 2 3 is no matrix
            odd |= between == "," and any(map(_BESIDE_PLACE.search, each))
            odd |= (
                ends == _ROWS and not rows and {len(row) for row in grid} == {1} and bool(_BOTH_ENDS.search(inside[0]))
            )
            if grid not in found and not odd:
                found.append(grid)
    return found


def _unwrapped(texts: list[str]) -> list[str]:
    """What stands in the innermost brackets around everything: one text, or one for each row."""
    while len(texts) == 1 and (deeper := _insides(texts[0])):
        texts = deeper
    return texts


def _refuse_beside(text: str) -> None:
    """Says what stands beside the brackets: the entries of 0.5*[1 2; 3 4] are not the student's answer."""
    beside = text
    while (shorter := re.sub(r"\[[^\[\]]*\]", " ", beside)) != beside:
        beside = shorter
    raise Refused(f"“{clip(beside.strip(' ,;'))}” stands beside the brackets. Work it in, and write the numbers alone.")


def _spaced(rows: list[str]) -> list[list[str]]:
    """Rows where a blank ends an entry: “1 - 4” may be a difference, 1 and -4, or numbers about a blank place."""
    rows = [_OPERATOR.sub(lambda found: (found[1] or "").strip(), row.strip()) for row in rows]
    if not any(_LOOSE_SIGN.search(row) for row in rows):
        return [rows]
    return [[_LOOSE_SIGN.sub(sign, row).strip() for row in rows] for sign in (r"\1", r" \1")] + [rows]


def _table(text: str) -> Sequence[Grid]:
    """A Markdown table with or without its head and its labels, or a matrix between bars."""
    text = "\n".join(_insides(text)) or text
    lines = [re.sub(r"^\s*\||\|\s*$", "", line) for line in text.split("\n") if "|" in line]
    body = [[cell.strip() for cell in line.split("|")] for line in lines]
    # a rule has colons or more than one dash: a single dash may stand for a blank place
    rules = [all(re.fullmatch(r":?-+:?", cell) and cell != "-" for cell in row) for row in body]
    if all(len(row) == 1 for row in body) and not any(rules):
        return _laid_out("\n".join(lines))
    found = [[row for row, rule in zip(body, rules, strict=True) if not rule]]
    if rules[1:2] == [True] and not _any_number(body[0]):
        found.append(found[0][1:])
    return found + [[row[1:] for row in grid] for grid in found if not _any_number(row[0] for row in grid)]


def _any_number(cells: Iterable[str]) -> bool:
    return any(number(cell).state == "number" for cell in cells)


def listed(answer: object) -> Grid:
    """A list from JSON as rows of entries; whatever is no list is one entry."""
    for _ in range(DEEPEST):
        if isinstance(answer, list) and len(answer) == 1 and isinstance(answer[0], list):
            answer = answer[0]
    if not isinstance(answer, list):
        return [[answer]]
    if not any(isinstance(row, list) for row in answer):
        answer = [answer]
    return [[_cell(cell) for cell in (row if isinstance(row, list) else [row])] for row in answer]


def _cell(cell: object) -> object:
    return alone(plain(cell)) if isinstance(cell, str) and len(cell) < 2000 else cell


def _split(text: str, separator: str) -> list[str]:
    cuts = [found.span() for found in re.finditer(separator, covered(text))]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(text)]
    return [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]


def _insides(text: str) -> list[str]:
    """What stands in each bracket, where the text is nothing but brackets of one kind side by side."""
    depth, start, kinds, found = 0, 0, set(), []
    for i, char in enumerate(text):
        if char in "[({":
            if depth == 0:
                start = i + 1
                kinds.add(char)
            depth += 1
        elif char in "])}":
            depth -= 1
            if depth == 0:
                found.append(text[start:i])
        elif depth == 0 and not (char.isspace() or char in ",;"):
            return []
    # (1/2) (1/3) is two entries and no rows: round brackets belong to arithmetic too
    rows = kinds == {"["} or any(re.search(r"[,;|\n]|[\w.]\s+[-+]?[\w.]", row) for row in found)
    return found if len(found) == 1 or (rows and len(kinds) == 1) else []
