"""What a file holds, before anyone knows what it means: its bytes, within bounds, and its text."""

from __future__ import annotations

from pathlib import Path

from grader.handed_in import Refused

LARGEST = 5_000_000  # bytes of one submission that is text
LARGEST_DOCUMENT = 20_000_000  # of a document that may hold pictures


def bytes_of(path: Path, largest: int = LARGEST) -> bytes:
    """The bytes of a submission. Raises Refused where there are none, or far too many."""
    size = path.stat().st_size
    if size > largest:
        raise Refused(f"This file has {size / 1e6:,.0f} MB, and a submission has at most {largest // 1_000_000} MB.")
    if size == 0:
        raise Refused("This file is empty.")
    return path.read_bytes()


def text_of(data: bytes) -> str:
    """Text in UTF-8, or in UTF-16 where a mark at its beginning says so, as some editors save it."""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        where = "" if wide else f" (byte {error.start + 1} is not)"
        raise Refused(f"This file is not text in UTF-8{where}. Save it again as UTF-8.") from None
    if not text.strip():
        raise Refused("This file is empty.")
    return text
