"""The sheet as a PDF form, filled in with any program: one text field for each entry."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from course.answer_names import entry_of
from grader.handed_in import NoSheet, Read, Refused, Submission, is_blank, sheet_id
from grader.readers.files import LARGEST_DOCUMENT, File, bytes_of
from grader.readers.filling import Answers, as_typed, rows_of

MOST_FIELDS, MOST_PAGES, LONGEST_FIELD, UNPACKED = 20_000, 200, 10_000, 50_000_000

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
    ids = [sheet_id(typed) for name, typed in values.items() if _last(name) == "sheet"]
    if drawn_on and all(is_blank(answer) for answer in answers.values()):
        raise Refused(DRAWN_ON)
    if not any(ids):
        raise NoSheet(NO_SHEET, answers)
    yield Submission(source, next(filter(None, ids)), answers)


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
            if len(pdf.pages) > MOST_PAGES:
                raise Refused(f"This PDF has more than {MOST_PAGES} pages. Hand in the filled-in sheet alone.")
            return dict(_fields(pdf)), _drawn_on(pdf)
    except pikepdf.PasswordError:
        raise Refused(LOCKED) from None
    except Refused:
        raise
    except Exception:  # a damaged PDF makes pikepdf raise anything at all
        raise Refused(DAMAGED) from None
    finally:
        set_qpdf_limits(**earlier)


def _fields(pdf: Any) -> Iterator[tuple[str, str]]:
    """Every field with its value: those of the form, and those that only a page still holds."""
    form = pdf.Root.get("/AcroForm")
    tops = list(form.get("/Fields", [])) if form is not None else []
    widgets = [note for page in pdf.pages for note in page.get("/Annots", []) if "/T" in note]
    names: set[str] = set()
    # from the last to the first: the form's own fields are met before the pages'
    for name, typed in _walk([(field, "", None) for field in reversed(tops + widgets)]):
        if name not in names:
            names.add(name)
            yield name, typed


def _walk(waiting: list[tuple[Any, str, Any]]) -> Iterator[tuple[str, str]]:
    """The ends of the tree of fields: their names joined by dots, their values inherited from above."""
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        field, above, inherited = waiting.pop()
        if field.is_indirect:
            if field.objgen in seen:
                continue
            seen.add(field.objgen)
        count += 1
        if count > MOST_FIELDS:
            raise Refused(f"This PDF has more than {MOST_FIELDS:,} fields. Hand in the filled-in sheet alone.")
        name = ".".join(part for part in (above, _text(field.get("/T"))) if part)
        value = field.get("/V", inherited)
        below = [kid for kid in field.get("/Kids", []) if "/T" in kid]
        waiting += [(kid, name, value) for kid in reversed(below)]
        if not below:
            yield name, _text(value)


def _text(value: Any) -> str:
    """A value as it was typed: programs keep it as a string, as a name, or as a stream."""
    import pikepdf

    if isinstance(value, pikepdf.Stream):
        packed = value.read_raw_bytes()
        value = pikepdf.String(value.read_bytes() if len(packed) <= LONGEST_FIELD else b"")
    text = str(value)[1:] if isinstance(value, pikepdf.Name) else "" if value is None else str(value)
    return "".join(char for char in text[:LONGEST_FIELD] if char.isprintable() or char in "\n\t\r ").strip()


def _drawn_on(pdf: Any) -> bool:
    """Whether somebody wrote on a page with a pen or a text box, beside the fields."""
    notes = (note for page in pdf.pages for note in page.get("/Annots", []))
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
