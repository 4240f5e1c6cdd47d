"""What a workbook holds: the cells of its tabs, and the names of ranges. Looks and properties are passed over.

Programs that write workbooks disagree on styles, dates, drawings and properties; the parts that are read here are those
with what was typed. Of the styles only one thing is asked: which numbers are shown as dates.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from grader.handed_in import NoNumber, Refused

UNPACKED, MOST_TAGS, MOST_PARTS, MOST_CELLS, FURTHEST = 30_000_000, 400_000, 2000, 200_000, (100_000, 1000)

SAVE = "open the workbook in your spreadsheet program, save it there as .xlsx, and hand in that file."
DAMAGED = f"This is no workbook, or a damaged one: {SAVE}"
LOCKED = "This workbook has a password, or is of an older kind (.xls). Save it as .xlsx without a password."
NOT_STORED = f"This formula has no stored result, as the program that wrote the file does not calculate: {SAVE}"
LONGEST_FORMAT = 255  # as spreadsheet programs have it
FAR_MORE = "This workbook holds far more than the sheet. Hand in the sheet.xlsx alone."
TOO_LARGE = f"This workbook unpacks to more than {UNPACKED // 1_000_000} MB. Hand in the sheet.xlsx alone."
_ERROR = "The spreadsheet shows the error {}. Mend the formula in this cell, or type the number."
_DATE = (
    "The spreadsheet made a date of what was typed. Type it again with an apostrophe in front, as in '1/3 or '1.25: "
    "then it stays as it is."
)
_TRUTH = "Expected a number, got true/false."

Cells = Mapping[tuple[str, int, int], object]
"""By tab, row and column from 1: a number, text, or a word on why it is neither. Empty cells are not there."""

_ERRORS = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|[A-Z_/!?]+)")
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_CODED = re.compile(r"_x([0-9A-Fa-f]{4})_")  # a line's end within a text
_NOT_OF_A_DATE = re.compile(r'"[^"]*"|\\.|[_*].|\[(?![hms]+\])[^\]]*\]|general', re.IGNORECASE)


@dataclass(frozen=True)
class Workbook:
    """The cells of all tabs, in the tabs' order, and each name of a range with the range."""

    tabs: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    cells: Cells


def opened(data: bytes) -> Workbook:
    """The workbook in these bytes. Raises Refused for what only looks like one, or would unpack to far too much."""
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise Refused(LOCKED)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            # zipfile reads no more of a part than it says that it has
            if len(infos) > MOST_PARTS or sum(part.file_size for part in infos) > UNPACKED:
                raise Refused(TOO_LARGE)
            return _workbook(_Parts(archive))
    except Refused:
        raise
    except Exception:  # a damaged archive makes zipfile raise anything at all
        raise Refused(DAMAGED) from None


def _path(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


class _Parts:
    """The parts of a workbook by their paths, parsed where they are asked for, up to so many tags in all."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_path(info.filename): info.filename for info in archive.infolist()}
        self._left = MOST_TAGS

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __contains__(self, path: str) -> bool:
        return path in self._names

    def __getitem__(self, path: str) -> Element:
        data = self._archive.read(self._names[path])
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:  # no program writes these into a workbook
            raise Refused(DAMAGED)
        self._left -= data.count(b"<")
        if self._left < 0:
            raise Refused(FAR_MORE)
        return ElementTree.fromstring(data)


def _workbook(parts: _Parts) -> Workbook:
    main = next(path for path in parts if re.fullmatch(r"xl/workbook\d*\.xml", path))
    book = parts[main]
    targets: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for relation in _within(parts[f"{dirname(main)}/_rels/{main.rpartition('/')[2]}.rels"], "Relationship"):
        target = relation.get("Target", "").replace("\\", "/")
        path = _path(target if target.startswith("/") else normpath(join(dirname(main), target)))
        targets[relation.get("Id", "")] = path
        kinds[relation.get("Type", "").rpartition("/")[2]] = path
    shared = kinds.get("sharedStrings", "")
    texts = [_text(item) for item in _within(parts[shared], "si")] if shared in parts else []
    dates = _dates(parts, kinds.get("styles", ""))
    cells: dict[tuple[str, int, int], object] = {}
    tabs: list[str] = []
    seen: set[str] = set()
    for tab in _within(book, "sheet"):
        name = tab.get("name", "")
        tabs.append(name)
        its = next((value for key, value in tab.attrib.items() if key.endswith("}id")), "")
        part = targets.get(its, "")
        if part not in parts or part in seen:  # no program lists a tab twice
            continue
        seen.add(part)
        for (row, column), value in _cells(parts[part], texts, dates):
            cells[name, row, column] = value
            if len(cells) > MOST_CELLS:
                raise Refused(FAR_MORE)
    names = tuple((name.get("name", ""), name.text or "") for name in _within(book, "definedName"))
    return Workbook(tuple(tabs), names, cells)


def _local(element: Element) -> str:
    """An element's name: strict workbooks have other namespaces than the usual ones."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _within(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element.iter() if _local(one) == name)


def _text(item: Element) -> str:
    """A text, in pieces where some of it looks otherwise; how it is pronounced is no part of it."""
    spoken = {id(one) for aside in _within(item, "rPh") for one in aside.iter()}
    text = "".join(one.text or "" for one in _within(item, "t") if id(one) not in spoken)
    return _CODED.sub(lambda code: chr(int(code[1], 16)), text)


def _dates(parts: _Parts, path: str) -> frozenset[str]:
    """The numbers of the styles that show a date or a time; none where the styles cannot be read."""
    try:
        root = parts[path]
    except Refused:
        raise
    except Exception:  # looks never stop the reading
        return frozenset()
    own = {one.get("numFmtId", ""): one.get("formatCode", "")[:LONGEST_FORMAT] for one in _within(root, "numFmt")}
    usual = {*map(str, (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))}
    dates = {
        number for number, code in own.items() if re.search("[dmyhs]", _NOT_OF_A_DATE.sub("", code), re.IGNORECASE)
    }
    shown = [xf.get("numFmtId", "") for used in _within(root, "cellXfs") for xf in used]
    return frozenset(str(style) for style, code in enumerate(shown) if code in dates or (code in usual - own.keys()))


def _cells(tab: Element, texts: list[str], dates: frozenset[str]) -> Iterator[tuple[tuple[int, int], object]]:
    """The cells of a tab that are not empty."""
    row, column = 0, 0
    for line in _within(tab, "row"):
        row, column = int(line.get("r") or row + 1), 0
        for cell in line:
            if _local(cell) != "c":
                continue
            place = _CELL.fullmatch(cell.get("r", ""))
            row, column = (int(place[2]), column_number(place[1])) if place else (row, column + 1)
            value = _value(cell, texts, dates)
            if value != "" and row <= FURTHEST[0] and column <= FURTHEST[1]:
                yield (row, column), value


def column_number(letters: str) -> int:
    """A column's number from 1, by its letters."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _value(cell: Element, texts: list[str], dates: frozenset[str]) -> object:
    """What a cell holds: a number, text as it was typed, or a word on why it is neither."""
    inside = {_local(part): part for part in cell}
    kind, formula = cell.get("t", "n"), inside.get("f")
    stored = (inside["v"].text or "") if "v" in inside else None
    if kind == "inlineStr" and "is" in inside:
        return _text(inside["is"])
    if not stored:
        calculates = formula is not None and not (kind == "str" and stored is not None)
        return NoNumber(f"={formula.text or ''}"[:60], NOT_STORED) if calculates and formula is not None else ""
    if kind == "s":
        stored = texts[int(stored)]
    if kind == "b":
        return NoNumber("TRUE" if stored == "1" else "FALSE", _TRUTH)
    if kind == "d" or (kind == "n" and cell.get("s") in dates):
        return NoNumber(stored, _DATE)
    if kind == "e" or _ERRORS.fullmatch(stored):
        return NoNumber(stored[:60], _ERROR.format(stored[:60]))
    if kind != "n":
        return _CODED.sub(lambda code: chr(int(code[1], 16)), stored)
    try:
        return int(stored) if len(stored) < 16 and stored.lstrip("-").isdigit() else float(stored)
    except ValueError:
        return stored
