"""The pictures of a problem as PNG, for pages that cannot draw: made once for all sheets of a class."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image

from course.records import ProblemRecord
from printing import typesetting
from worksheets.graph import drawings

PIXELS_PER_INCH = 192
GREYS = 16


@lru_cache(maxsize=512)
def drawn(problem: ProblemRecord) -> tuple[bytes, ...]:
    """The computation, and its edges reversed, in the order of a page's pictures."""
    return tuple(_png(source) for source in drawings(problem))


@lru_cache(maxsize=64)
def _png(source: str) -> bytes:
    """A black and white drawing, in a third of the bytes that it would come in: every student's page holds it."""
    out = io.BytesIO()
    drawing = Image.open(io.BytesIO(typesetting.png(source, PIXELS_PER_INCH)))
    drawing.convert("L").quantize(GREYS).save(out, "PNG", optimize=True)
    return out.getvalue()
