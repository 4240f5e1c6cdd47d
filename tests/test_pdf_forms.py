"""PDF forms as programs leave them: filled in, merged, flattened, locked, cut off.

tests/filled/ holds two forms: firefox.pdf, filled in by Mozilla's pdf.js (annotationStorage, saveDocument), and
chrome.pdf, typed into by PDFium (clicks and characters, FPDF_SaveAsCopy), the libraries of the two browsers.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pypdfium2.raw
import pytest
from blank_pages import SHAPES, SHEET_ID, blank_pdf
from handing_in import answers, how, one, reason

from grader.handed_in import Submission
from grader.readers.pdf import DAMAGED, DRAWN_ON, LOCKED, NO_FIELDS, NO_SHEET, NOT_OURS, TRUNCATED, fill_pdf

FILLED = Path(__file__).parent / "filled"
TYPED = {
    "1-dW--Q-1-1": "−0.5",
    "1-dW--Q-1-2": "1,25",
    "1-dW--Q-2-1": "1/3",
    "1-dW--Q-2-2": "0.125",
    "1-loss-1-1": "√2/2",
    "1-dW--Q-formula": "Xᵀ · dQ",
}
SMALL = {"1.dW_Q": (2, 2), "1.loss": ()}


def changed(change: Callable[[pikepdf.Pdf], Any], data: bytes | None = None, **kept: Any) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data or fill_pdf(blank_pdf(SMALL), {"1.dW_Q": [[1, 2], [3, 4]]}))) as pdf:
        change(pdf)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the faults that are put in on purpose
            pdf.save(out, **kept)
    return out.getvalue()


def fields(pdf: pikepdf.Pdf) -> Mapping[str, Any]:
    return {str(field.T): field for field in pdf.Root.AcroForm.Fields}


@pytest.mark.parametrize("name", ["firefox.pdf", "chrome.pdf"])
def test_what_browsers_save_is_read(tmp_path: Path, name: str) -> None:
    found = one(tmp_path, name, (FILLED / name).read_bytes())
    assert isinstance(found, Submission), found
    assert found.sheet == SHEET_ID
    assert set(found.answers) == set(SHAPES)
    assert found.answers["1.dW_Q"] == [["−0.5", "1,25"], ["1/3", "0.125"]]
    assert found.answers["1.dW_Q.formula"] == "Xᵀ · dQ"
    assert how(found.answers["1.dW_Q"], (2, 2)) == "read as 2×2 [[-0.5, 1.25], [0.3333333333, 0.125]]"
    assert how(found.answers["1.loss"]) == "read as 0.7071067812"
    assert how(found.answers["1.x_"], (1, 3)) == "blank"


def test_what_is_typed_into_chrome_is_read(tmp_path: Path) -> None:
    (tmp_path / "blank.pdf").write_bytes(blank_pdf())
    with pikepdf.open(tmp_path / "blank.pdf") as pdf:
        places = {name: [float(x) for x in field.Rect] for name, field in fields(pdf).items()}
    with pypdfium2.PdfDocument(tmp_path / "blank.pdf") as document:
        document.init_forms()
        page, form = document[0], document.formenv.raw
        for name, typed in TYPED.items():
            left, bottom, right, top = places[name]
            x, y = (left + right) / 2, (bottom + top) / 2
            for does in ("OnMouseMove", "OnLButtonDown", "OnLButtonUp"):
                getattr(pypdfium2.raw, f"FORM_{does}")(form, page.raw, 0, x, y)
            for char in typed:
                pypdfium2.raw.FORM_OnChar(form, page.raw, ord(char), 0)
        pypdfium2.raw.FORM_ForceToKillFocus(form)
        document.save(tmp_path / "chrome.pdf")
        page.close()
    assert answers(tmp_path, "a.pdf", (tmp_path / "chrome.pdf").read_bytes()) == answers(
        tmp_path, "b.pdf", (FILLED / "chrome.pdf").read_bytes()
    )


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        (pikepdf.String("0.5"), "0.5"),
        (pikepdf.String("−0.5"), "−0.5"),
        (pikepdf.String(b"\xfe\xff" + "1,25 €".encode("utf-16-be")), "1,25 €"),
        (pikepdf.String(b"\x92 0.5"), "™ 0.5"),  # PDFDocEncoding
        (pikepdf.String(b"\xfe\xff\xd8\x00"), ""),
        (pikepdf.String(b"\xfe\xff\x00"), ""),
        (pikepdf.Name("/0.5"), "0.5"),
        (5, "5"),
        (pikepdf.String("1\r\n2"), "1\r\n2"),
        (pikepdf.String("0.5\x00\x07"), "0.5"),
    ],
)
def test_values_of_every_kind(tmp_path: Path, value: Any, typed: str) -> None:
    def set_value(pdf: pikepdf.Pdf) -> None:
        fields(pdf)["1-loss-1-1"].V = value

    found = answers(tmp_path, "s.pdf", changed(set_value))
    assert found["1.loss"] == [[typed]]


def test_a_value_in_a_stream(tmp_path: Path) -> None:
    def set_value(pdf: pikepdf.Pdf) -> None:
        fields(pdf)["1-loss-1-1"].V = pdf.make_stream(b"0.25")
        fields(pdf)["1-dW--Q-1-1"].V = pdf.make_stream(b"7" * 100_000_000)

    found = answers(tmp_path, "s.pdf", changed(set_value, compress_streams=True))
    assert found["1.loss"] == [["0.25"]]
    assert found["1.dW_Q"] == [["", "2"], ["3", "4"]]


def test_fields_below_fields(tmp_path: Path) -> None:
    """Programs that merge forms put one field over all; a field may stand in several places; values are inherited."""

    def below(pdf: pikepdf.Pdf) -> None:
        form = pdf.Root.AcroForm
        every = list(form.Fields)
        loss = fields(pdf)["1-loss-1-1"]
        twins = [pdf.make_indirect(pikepdf.Dictionary(loss)) for _ in range(2)]
        for twin in twins:
            del twin.T
        loss.Kids, loss.V = pikepdf.Array(twins), pikepdf.String("0.75")
        top = pdf.make_indirect(pikepdf.Dictionary(T=pikepdf.String("Form1"), Kids=pikepdf.Array(every)))
        form.Fields = pikepdf.Array([top, top])

    found = one(tmp_path, "s.pdf", changed(below))
    assert isinstance(found, Submission)
    assert found.sheet == SHEET_ID
    assert found.answers == {"1.dW_Q": [["1", "2"], ["3", "4"]], "1.loss": [["0.75"]]}


def test_fields_that_only_a_page_holds(tmp_path: Path) -> None:
    def forget(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AcroForm.Fields = pikepdf.Array()

    assert answers(tmp_path, "s.pdf", changed(forget))["1.dW_Q"] == [["1", "2"], ["3", "4"]]


def test_a_later_change_counts(tmp_path: Path) -> None:
    """A change that is written behind the end of the file, as Acrobat and Firefox save."""
    data = changed(lambda pdf: None, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        field = fields(pdf)["1-loss-1-1"]
        number, size, root = field.objgen[0], int(pdf.trailer.Size), pdf.Root.objgen[0]
        field.V = pikepdf.String("0.625")
        body = field.unparse(resolved=True)
    before = int(data[data.rindex(b"startxref") + 9 :].split()[0])
    at = len(data)
    data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(data)
    data += b"xref\n%d 1\n%010d 00000 n \n" % (number, at)
    data += b"trailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, before, table)
    assert answers(tmp_path, "s.pdf", data)["1.loss"] == [["0.625"]]


def flattened_by_pikepdf(data: bytes) -> bytes:
    def flatten(pdf: pikepdf.Pdf) -> None:
        pdf.generate_appearance_streams()
        pdf.flatten_annotations("all")

    return changed(flatten, data)


def printed_by_chrome(data: bytes) -> bytes:
    """The page as it looks, on a new page of a new document."""
    with pypdfium2.PdfDocument(data) as document, pypdfium2.PdfDocument.new() as paper:
        document.init_forms()
        page = document[0]
        pypdfium2.raw.FPDFPage_Flatten(page.raw, 1)
        page.close()
        paper.import_pages(document)
        out = io.BytesIO()
        paper.save(out)
    return out.getvalue()


@pytest.mark.parametrize("flatten", [flattened_by_pikepdf, printed_by_chrome])
def test_a_form_without_its_fields_is_told(tmp_path: Path, flatten: Callable[[bytes], bytes]) -> None:
    data = flatten(fill_pdf(blank_pdf(SMALL), {"1.dW_Q": [[1, 2], [3, 4]]}))
    says = reason(tmp_path, "s.pdf", data)
    assert says == NO_FIELDS
    assert "Save or Download of your PDF program, not with Print" in says


def test_other_forms_are_told(tmp_path: Path) -> None:
    def rename(pdf: pikepdf.Pdf) -> None:
        for number, field in enumerate(pdf.Root.AcroForm.Fields):
            field.T = pikepdf.String(f"Text{number}")

    def empty_id(pdf: pikepdf.Pdf) -> None:
        fields(pdf)["sheet"].V = pikepdf.String("")

    assert reason(tmp_path, "a.pdf", changed(rename)) == NOT_OURS
    assert reason(tmp_path, "b.pdf", changed(empty_id)) == NO_SHEET


def test_writing_beside_empty_fields_is_told(tmp_path: Path) -> None:
    def draw(pdf: pikepdf.Pdf) -> None:
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Ink, Rect=[0, 0, 9, 9])
        pdf.pages[0].Annots.append(pdf.make_indirect(note))

    assert reason(tmp_path, "s.pdf", changed(draw, blank_pdf(SMALL))) == DRAWN_ON
    assert answers(tmp_path, "s.pdf", changed(draw))["1.dW_Q"] == [["1", "2"], ["3", "4"]]


def test_locks(tmp_path: Path) -> None:
    locked = changed(lambda pdf: None, encryption=pikepdf.Encryption(owner="o", user="u"))
    assert reason(tmp_path, "s.pdf", locked) == LOCKED
    against_changes = changed(lambda pdf: None, encryption=pikepdf.Encryption(owner="o", user=""))
    assert answers(tmp_path, "s.pdf", against_changes)["1.dW_Q"] == [["1", "2"], ["3", "4"]]


def test_damage(tmp_path: Path) -> None:
    whole = fill_pdf(blank_pdf(SMALL), {"1.dW_Q": [[1, 2], [3, 4]]})
    assert reason(tmp_path, "s.pdf", whole[: len(whole) // 2]) == TRUNCATED
    assert reason(tmp_path, "s.pdf", b"%PDF-1.7\nstartxref\n0\n%%EOF\n") == DAMAGED
    assert reason(tmp_path, "s.pdf", "hello") == (
        "This is no PDF, although it is called one. Save it again in your PDF program."
    )
    # what mail does to a file's offsets is mended
    assert answers(tmp_path, "s.pdf", b"\n\n\n" + whole)["1.dW_Q"] == [["1", "2"], ["3", "4"]]


BEHIND = [
    b"\n",
    b"\0" * 4096,
    b" " * 70_000,
    b"\r\n-- \r\nSent from my phone\r\n" * 100,
    b"<html>" * 9000,
    b"\n%%\n",
    b"\x1a",
]


@pytest.mark.parametrize("behind", BEHIND, ids=len)
def test_what_stands_behind_the_end_is_passed_over(tmp_path: Path, behind: bytes) -> None:
    whole = fill_pdf(blank_pdf(SMALL), {"1.dW_Q": [[1, 2], [3, 4]]})
    for page in (whole + behind, whole.rstrip()[:-1] + behind, whole.rstrip().removesuffix(b"%%EOF") + behind):
        assert answers(tmp_path, "s.pdf", page)["1.dW_Q"] == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize("linearize", [True, False])
def test_a_truncated_form_is_told_with_padding_too(tmp_path: Path, linearize: bool) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(fill_pdf(blank_pdf(SMALL), {"1.loss": 2}))) as pdf:
        pdf.save(out, linearize=linearize)
    whole = out.getvalue()
    second = whole + b"\n1 0 obj\n<</Length 99>>\nstream\nxyz"  # a later version, which is not all there
    for page in (whole[: len(whole) // 2], whole[: len(whole) * 9 // 10], second):
        for behind in (b"", b"\0" * 5000):
            assert reason(tmp_path, "s.pdf", page + behind) in (TRUNCATED, DAMAGED)
    assert reason(tmp_path, "s.pdf", second) == TRUNCATED


def test_bounds(tmp_path: Path) -> None:
    def many_pages(pdf: pikepdf.Pdf) -> None:
        for _ in range(201):
            pdf.add_blank_page()

    def many_fields(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AcroForm.Fields = pikepdf.Array([pikepdf.Dictionary(T=pikepdf.String("a"))] * 20_001)

    def far_away(pdf: pikepdf.Pdf) -> None:
        fields(pdf)["1-loss-1-1"].T = pikepdf.String("1-loss-999-999")

    def in_circles(pdf: pikepdf.Pdf) -> None:
        loss = fields(pdf)["1-loss-1-1"]
        loss.Kids = pikepdf.Array([loss])

    assert reason(tmp_path, "a.pdf", changed(many_pages)).startswith("This PDF has more than 200 pages.")
    assert reason(tmp_path, "b.pdf", changed(many_fields)).startswith("This PDF has more than 20,000 fields.")
    assert set(answers(tmp_path, "c.pdf", changed(far_away))) == {"1.dW_Q"}
    assert "1.dW_Q" in answers(tmp_path, "d.pdf", changed(in_circles))


def test_a_form_that_unpacks_to_more_than_all_bounds(tmp_path: Path) -> None:
    """The form's own dictionary lies in a stream of 200 MB of blanks."""
    import zlib

    packer = zlib.compressobj(9)
    packed = packer.compress(b"1 0 ") + b"".join(packer.compress(b" " * 10**7) for _ in range(20)) + packer.flush()
    data = b"%PDF-1.7\n"
    first = len(data)
    data += b"2 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n" % len(packed)
    data += packed + b"\nendstream\nendobj\n"
    table = len(data)
    rows = [(0, 0), (2, 2), (1, first), (1, table)]
    entries = b"".join(bytes([kind]) + where.to_bytes(4, "big") + b"\0" for kind, where in rows)
    data += b"3 0 obj\n<</Type/XRef/Size 4/W[1 4 1]/Root 1 0 R/Length %d>>\nstream\n" % len(entries)
    data += entries + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % table
    assert reason(tmp_path, "s.pdf", data) == DAMAGED
