"""The sheet as a PDF form, filled in with any program: one text field for each entry."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from course.answer_names import entry_of
from grader.handed_in import MOST_SHEETS, NoSheet, Read, Refused, is_blank, sheet_id, under
from grader.readers.files import LARGEST_DOCUMENT, File, bytes_of
from grader.readers.filling import Answers, as_typed, rows_of

MOST_FIELDS, MOST_PAGES, LONGEST_FIELD, UNPACKED = 20_000, 200, 10_000, 50_000_000
LONGEST_NAME, MOST_CHARACTERS = 2000, 2_000_000
TOO_MANY = f"This PDF has more than {MOST_FIELDS:,} fields. Hand in the filled-in sheet alone."
TOO_LONG = "The fields of this PDF hold far more than those of a sheet. Hand in the filled-in sheet alone."

_END = re.compile(rb"startxref\s{1,9}[0-9]{1,12}")
_OBJECT = re.compile(rb"\b[0-9]{1,9}\s+[0-9]{1,5}\s+obj\b")

DAMAGED = "This PDF is damaged: it could not be opened. Save it again, look whether it opens, and hand in that file."
TRUNCATED = "This PDF is truncated: its end is missing. Save or upload it again, and look whether it opens."
LOCKED = "This PDF needs a password. Save it without one, and hand in that file."
NO_FIELDS = (
    "This PDF has no fields left to read: printing to PDF, or flattening, turns what was typed into a picture. "
    "Fill in the form that you were given, store it with the Save or Download of your PDF program, not with Print, "
    "and hand in that file; or hand in answers.json."
)
NOT_OURS = (
    "This PDF has fields, but none of them is an answer's: it is not the sheet, or its fields were renamed. "
    "Fill in the sheet.pdf that you were given, or hand in answers.json."
)
NO_SHEET = (
    "The sheet's id is missing: the field at the top of the form that holds it is gone or empty. "
    "Fill in the sheet.pdf that you were given, or hand in answers.json."
)
DRAWN_ON = (
    "Every field of this form is empty, and something was written or drawn on its pages: that cannot be read. "
    "Click into the fields and type the numbers there, or hand in answers.json."
)


def read_pdf(file: File, source: str) -> Read:
    """The form with its fields filled in."""
    values, drawn_on = _opened(_whole(bytes_of(file, LARGEST_DOCUMENT)))
    if not values:
        raise Refused(NO_FIELDS)
    answers = _answers(values)
    if not answers:
        raise Refused(NOT_OURS)
    sheets = [*filter(None, (sheet_id(typed) for name, typed in values.items() if _last(name) == "sheet"))]
    if drawn_on and all(is_blank(answer) for answer in answers.values()):
        raise Refused(DRAWN_ON)
    if not sheets:
        raise NoSheet(NO_SHEET, answers)
    yield under(source, sheets[:MOST_SHEETS], answers)


def _whole(data: bytes) -> bytes:
    """The PDF up to its end, without what mail and uploads put behind it. Raises Refused where its end is missing."""
    if b"%PDF-" not in data[:1024]:
        raise Refused("This is no PDF, although it is called one. Save it again in your PDF program.")
    end = _END.match(data, max(0, data.rfind(b"startxref")))
    # an end with objects behind it is that of an earlier version of the form
    if not end or _OBJECT.search(data, end.end()):
        raise Refused(TRUNCATED)
    return data[: end.end()] + b"\n%%EOF\n"


def _last(name: str) -> str:
    """A field's own name: programs that merge forms put another in front."""
    return name.rpartition(".")[2]


def _answers(values: Mapping[str, str]) -> dict[str, object]:
    """Each answer as rows of what was typed; a formula as its text."""
    answers: dict[str, object] = {}
    entries: dict[str, dict[tuple[int, int], str]] = {}
    for name, typed in values.items():
        place = entry_of(name) or entry_of(_last(name))
        if place and place.row:
            entries.setdefault(str(place.answer), {})[place.row, place.column] = typed
        elif place:
            answers[str(place.answer)] = typed.strip()
    for answer, typed_at in entries.items():
        rows, columns = (max(numbers) for numbers in zip(*typed_at, strict=True))
        if rows * columns <= 2 * len(typed_at):  # the form has a field for every entry, and a hostile one for few
            answers[answer] = [
                [typed_at.get((row, column), "") for column in range(1, columns + 1)] for row in range(1, rows + 1)
            ]
    return answers


# --- the fields of a PDF ----------------------------------------------------------------------------------------------


def _opened(data: bytes) -> tuple[dict[str, str], bool]:
    """What each field holds, by its full name, and whether there is writing on the pages that is in no field."""
    import pikepdf  # where a PDF is handed in, and not before: it takes a while to load
    from pikepdf.settings import set_qpdf_limits

    earlier: Any = set_qpdf_limits(
        flate_max_memory=UNPACKED, png_max_memory=UNPACKED, tiff_max_memory=UNPACKED, run_length_max_memory=UNPACKED
    )
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            notes = _notes(pdf)
            return dict(_fields(pdf, notes)), _drawn_on(notes)
    except pikepdf.PasswordError:
        raise Refused(LOCKED) from None
    except Refused:
        raise
    except Exception:  # a damaged PDF makes pikepdf raise anything at all
        raise Refused(DAMAGED) from None
    finally:
        set_qpdf_limits(**earlier)


def _notes(pdf: Any) -> list[Any]:
    """What is fixed to the pages, fields among it: each page once, however often it is listed."""
    notes: list[Any] = []
    seen: set[tuple[int, int]] = set()
    waiting, count = [pdf.Root.get("/Pages")], 0
    while waiting:
        page = waiting.pop()
        if page is None or (page.is_indirect and page.objgen in seen):
            continue
        seen.add(page.objgen)
        below = _items(page.get("/Kids"), MOST_FIELDS)
        waiting += reversed(below)
        if not below:
            count += 1
            if count > MOST_PAGES:
                raise Refused(f"This PDF has more than {MOST_PAGES} pages. Hand in the filled-in sheet alone.")
            notes += _items(page.get("/Annots"), MOST_FIELDS - len(notes))
    return notes


def _items(array: Any, most: int) -> list[Any]:
    """The items of an array that may be missing."""
    if array is None:
        return []
    if len(array) > most:
        raise Refused(TOO_MANY)
    return list(array)


def _fields(pdf: Any, notes: list[Any]) -> Iterator[tuple[str, str]]:
    """Every field with its value: those of the form, and those that only a page still holds."""
    form = pdf.Root.get("/AcroForm")
    tops = _items(form.get("/Fields"), MOST_FIELDS) if form is not None else []
    names: set[str] = set()
    characters = 0
    # from the last to the first: the form's own fields are met before the pages'
    for name, typed in _walk([(field, "", "") for field in reversed([*tops, *(n for n in notes if "/T" in n)])]):
        if name not in names:
            names.add(name)
            characters += len(name) + len(typed)
            if characters > MOST_CHARACTERS:
                raise Refused(TOO_LONG)
            yield name, typed


def _walk(waiting: list[tuple[Any, str, str]]) -> Iterator[tuple[str, str]]:
    """The ends of the tree of fields: their names joined by dots, their values inherited from above."""
    seen: set[tuple[int, int]] = set()
    read: dict[tuple[int, int], str] = {}
    left = MOST_FIELDS
    while waiting:
        field, above, inherited = waiting.pop()
        if field.is_indirect:
            if field.objgen in seen:
                continue
            seen.add(field.objgen)
        name = ".".join(part for part in (above, _text(field.get("/T"))) if part)
        kids = _items(field.get("/Kids"), left)
        left -= 1 + len(kids)
        if left < 0:
            raise Refused(TOO_MANY)
        if len(name) > LONGEST_NAME:
            raise Refused(TOO_LONG)
        typed = _once(field.get("/V"), read) if "/V" in field else inherited
        below = [kid for kid in kids if "/T" in kid]
        waiting += [(kid, name, typed) for kid in reversed(below)]
        if not below:
            yield name, typed


def _once(value: Any, read: dict[tuple[int, int], str]) -> str:
    """A value as it was typed; one that many fields share is read once."""
    if not getattr(value, "is_indirect", False):
        return _text(value)
    if value.objgen not in read:
        read[value.objgen] = _text(value)
    return read[value.objgen]


def _text(value: Any) -> str:
    """A value as it was typed: programs keep it as a string, as a name, or as a stream."""
    import pikepdf

    if isinstance(value, pikepdf.Stream):
        packed = value.read_raw_bytes()
        value = pikepdf.String(value.read_bytes() if len(packed) <= LONGEST_FIELD else b"")
    text = str(value)[1:] if isinstance(value, pikepdf.Name) else "" if value is None else str(value)
    return "".join(char for char in text[:LONGEST_FIELD] if char.isprintable() or char in "\n\t\r ").strip()


def _drawn_on(notes: list[Any]) -> bool:
    """Whether somebody wrote on a page with a pen or a text box, beside the fields."""
    return any(str(note.get("/Subtype", "")) in ("/FreeText", "/Ink", "/Stamp") for note in notes)


def fill_pdf(page: bytes, answers: Answers) -> bytes:
    """The PDF form with its fields filled in, as Acrobat does: text in UTF-16, and how it looks beside it."""
    import pikepdf

    with pikepdf.open(io.BytesIO(page)) as pdf:
        for field in pdf.acroform.fields:
            place = entry_of(field.fully_qualified_name)
            if place is None or (value := answers.get(str(place.answer), "")) == "":
                continue
            rows = rows_of(value)
            entry = as_typed(rows[place.row - 1][place.column - 1] if place.row else value)
            field.obj.V = pikepdf.String(b"\xfe\xff" + entry.encode("utf-16-be"))
            for note in pdf.acroform.get_annotations_for_field(field):
                field.generate_appearance(note)
        pdf.Root.AcroForm.NeedAppearances = True
        written = io.BytesIO()
        pdf.save(written, deterministic_id=True)
    return written.getvalue()
