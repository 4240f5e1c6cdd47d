"""Pages set by Typst: PDF with fields to fill in, and drawings as SVG and PNG. Same input, same bytes."""

from __future__ import annotations

import io
import os
from functools import cache
from typing import Any

import pikepdf
import typst

FIELD = "field:"
"""In Typst a field is a link to this, its name, a bar and its tooltip: the PDF then has the link's place."""

READ_ONLY = 1
FONT_SIZE = 10


@cache
def _compiler() -> typst.Compiler:
    # Classes are spread over processes: each sets its pages on one core, where Typst would take all of them.
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    # The first one looks for the system's fonts, which print what the fonts inside lack.
    return typst.Compiler()


def pdf(source: str, tagged: bool = True) -> bytes:
    """A page in Typst as PDF, its links to `field:…` made into text fields; tagged for screen readers.

    Tags take most of the time: pages that are not filled in can do without.
    """
    # The time would differ from run to run; 0 stands for none.
    made = _compiler().compile(source.encode("utf-8"), format="pdf", timestamp=0, pdf_tags=tagged)
    return _with_fields(_one(made))


def svg(source: str) -> str:
    """A drawing in Typst as SVG: its letters are outlines, so that it needs no font."""
    return _one(_compiler().compile(source.encode("utf-8"), format="svg")).decode("utf-8")


def png(source: str, pixels_per_inch: float = 200) -> bytes:
    """A drawing in Typst as PNG."""
    return _one(_compiler().compile(source.encode("utf-8"), format="png", ppi=pixels_per_inch))


def _one(made: bytes | list[bytes] | None) -> bytes:
    assert isinstance(made, bytes), "a drawing is one page"
    return made


def _with_fields(data: bytes) -> bytes:
    """The PDF with a text field in the place of each link to `field:NAME|TIP`, or `field:NAME|TIP|VALUE`, read-only."""
    with pikepdf.open(io.BytesIO(data)) as file:
        tree = file.Root.get("/StructTreeRoot", pikepdf.Dictionary()).get("/ParentTree")
        tags = None if tree is None else pikepdf.NumberTree(tree)
        fields = [
            _field(file, annotation, tags)
            for page in file.pages
            for annotation in page.get("/Annots", [])
            if str(annotation.get("/Contents", "")).startswith(FIELD)
        ]
        if fields:
            _form(file, fields)
        out = io.BytesIO()
        file.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()


def _form(file: pikepdf.Pdf, fields: list[Any]) -> None:
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )
    file.Root.AcroForm = pikepdf.Dictionary(
        Fields=pikepdf.Array(fields),
        DR=pikepdf.Dictionary(Font=pikepdf.Dictionary(Helv=file.make_indirect(font))),
        DA=pikepdf.String(f"/Helv {FONT_SIZE} Tf 0 g"),
        NeedAppearances=True,
    )


def _field(file: pikepdf.Pdf, annotation: Any, tags: pikepdf.NumberTree | None) -> Any:
    """A link made into a text field."""
    name, tip, *value = str(annotation.Contents).removeprefix(FIELD).split("|")
    for key in ("/A", "/Contents", "/Border"):
        if key in annotation:
            del annotation[key]
    annotation.Subtype = pikepdf.Name.Widget
    annotation.FT = pikepdf.Name.Tx
    annotation.T, annotation.TU = pikepdf.String(name), pikepdf.String(tip)
    annotation.DA = pikepdf.String(f"/Helv {FONT_SIZE} Tf 0 g")
    if value:
        annotation.V, annotation.Ff = pikepdf.String(value[0]), READ_ONLY
        annotation.AP = pikepdf.Dictionary(N=_appearance(file, annotation, value[0]))
    if tags is not None and "/StructParent" in annotation:
        _tag(tags, int(annotation.StructParent))
    return annotation if annotation.is_indirect else file.make_indirect(annotation)


def _appearance(file: pikepdf.Pdf, annotation: Any, text: str) -> Any:
    """How a read-only field looks in readers that draw only what they are given."""
    left, bottom, right, top = (float(x) for x in annotation.Rect)
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    drawn = f"/Tx BMC q BT 0 g /Helv {FONT_SIZE} Tf 2 {(top - bottom) / 2 - 3.5:.2f} Td ({text}) Tj ET Q EMC"
    stream = file.make_stream(drawn.encode("ascii"))
    stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    stream.BBox = pikepdf.Array([0, 0, right - left, top - bottom])
    stream.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(Helv=font))
    return stream


def _tag(tags: pikepdf.NumberTree, place: int) -> None:
    """Calls the field a form's, no longer a link, in the structure that screen readers read."""
    element = tags.get(place)
    if element is not None and element.get("/S") == pikepdf.Name.Link:
        element.S = pikepdf.Name.Form
