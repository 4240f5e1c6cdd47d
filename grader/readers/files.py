"""What a file holds, before anyone knows what it means: its bytes, within bounds, and its text."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from grader.handed_in import Refused

LARGEST = 5_000_000  # bytes of one submission that is text
LARGEST_DOCUMENT = 20_000_000  # of a document that may hold pictures


@dataclass(frozen=True)
class File:
    """A file that was handed in: its name, size, when it was changed, and where it lies, or its bytes."""

    name: str
    size: int
    changed: float
    path: Path | None = None
    data: bytes = b""

    def open(self) -> IO[bytes]:
        return self.path.open("rb") if self.path else io.BytesIO(self.data)

    def holding(self, data: bytes) -> File:
        """The same file with these bytes in it."""
        return File(self.name, len(data), self.changed, data=data)


def on_disk(path: Path) -> File:
    found = path.stat()
    return File(path.name, found.st_size, found.st_mtime, path)


def bytes_of(file: File, largest: int = LARGEST) -> bytes:
    """The bytes of a submission. Raises Refused where there are none, or far too many."""
    if file.size > largest:
        raise Refused(
            f"This file has {file.size / 1e6:,.0f} MB, and a submission has at most {largest // 1_000_000} MB."
        )
    if file.size == 0:
        raise Refused("This file is empty.")
    with file.open() as opened:
        return opened.read(largest)


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
