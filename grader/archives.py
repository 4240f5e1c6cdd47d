"""Archives (.zip) of submissions, read as the folders that they hold: never unpacked to disk, and within limits."""

from __future__ import annotations

import stat
import struct
import time
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import IO

from grader.handed_in import Refused
from grader.readers.files import LARGEST_DOCUMENT, File
from grader.readers.kinds import ARCHIVE, HEAD, ending, is_packed, packed

MOST_FILES, MOST_BYTES, LARGEST_LIST = 100_000, 4_000_000_000, 10_000_000
MOST_TIMES, HARMLESS = 100, 100_000_000
"""An archive may unpack to so many times its size, and to so many bytes in any case."""

LONGEST_NAME = 2000  # characters, with its folders

DEEPEST = 3
"""So many archives may lie within each other."""

DAMAGED_FILE = "This file is damaged in its archive. Pack it again, or hand in the file itself."
DAMAGED = "This archive or document is damaged, or its end is missing. Pack it again, or hand in the files."
LOCKED = "This archive has a password. Pack it without one, or hand in the files themselves."
TOO_MANY = f"This archive holds more than {MOST_FILES:,} files. Hand in the submissions alone."
TOO_LARGE = "This archive unpacks to {:,.0f} MB, far more than submissions need. Hand in the submissions alone."
OUTSIDE = "This name leads out of its archive, so the file was not read. Pack it again, or hand in the file itself."
LONG = "This name is far too long. Give the file another, or hand in the file itself."
LINK = "This is a link, not a file. Hand in the file itself."
EMPTY = "This archive is empty."
TOO_DEEP = f"More than {DEEPEST} archives lie within each other here. Hand in the files themselves."
PACKED_ODDLY = "This file is packed in a way that cannot be read. Pack it again, or hand in the file itself."

_END, _LONG_END = b"PK\x05\x06", b"PK\x06\x06"
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)  # LZMA takes the memory that a file asks for


class Left:
    """What may still be unpacked of one archive that was handed in, with all archives in it."""

    def __init__(self, size: int) -> None:
        self.files, self.bytes = MOST_FILES, min(MOST_BYTES, max(HARMLESS, MOST_TIMES * size))

    def take(self, files: int, unpacked: int) -> None:
        """Raises Refused where that is more than any class hands in."""
        self.files -= files
        self.bytes -= unpacked
        if self.files < 0:
            raise Refused(TOO_MANY)
        if self.bytes < 0:
            raise Refused(TOO_LARGE.format(unpacked / 1e6))


@contextmanager
def opened(file: File) -> Iterator[zipfile.ZipFile]:
    """An archive within the limits. Raises Refused with the reason where it is not, or cannot be opened."""
    with file.open() as data:
        _check_list(data, file.size)
        try:
            archive = zipfile.ZipFile(data)
        except Exception:  # a damaged archive makes zipfile raise anything at all
            raise Refused(DAMAGED) from None
        with archive:
            yield archive


def is_archive(file: File) -> bool:
    """Whether a file is packed: an archive, or a document that is kept as one."""
    with file.open() as data:
        return is_packed(data.read(HEAD))


def document(archive: zipfile.ZipFile, name: str, endings: Collection[str]) -> bool:
    """Whether a packed file of this name is one document, and not an archive of files with these endings.

    Raises Refused, with the name of what it is, for a document that no answers are read from.
    """
    names = archive.namelist()
    mimetype = beginning(archive, "mimetype")[:100].encode() if names[:1] == ["mimetype"] else b""
    kind = packed(names, mimetype)
    return kind != ARCHIVE or (
        ending(name) == ".xlsx" and not any(ending(inside, endings) in (*endings, ARCHIVE) for inside in names)
    )


def check(archive: zipfile.ZipFile, left: Left, depth: int) -> None:
    """Raises Refused for what would unpack to more than may, is empty, or has a password throughout."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    left.take(len(infos), sum(info.file_size for info in infos))
    if not infos:
        raise Refused(EMPTY)
    if all(info.flag_bits & 1 for info in infos):
        raise Refused(LOCKED)
    if depth >= DEEPEST:
        raise Refused(TOO_DEEP)


def _check_list(data: IO[bytes], size: int) -> None:
    """Raises Refused where the list of an archive's files is itself too long to be read."""
    data.seek(max(0, size - 65_557))
    tail = data.read(65_557)
    end = tail.rfind(_END)
    if 0 <= end <= len(tail) - 22:
        long = tail.rfind(_LONG_END, 0, end)
        lengths = [struct.unpack_from("<I", tail, end + 12)[0]]
        if 0 <= long <= len(tail) - 48:
            lengths.append(struct.unpack_from("<Q", tail, long + 40)[0])
        if any(LARGEST_LIST < length != 0xFFFFFFFF for length in lengths):
            raise Refused(TOO_MANY)
    data.seek(0)


def beginning(archive: zipfile.ZipFile, part: str) -> str:
    """The text at the beginning of a part; nothing where it is not there."""
    try:
        with archive.open(part) as file:
            return file.read(65_536).decode(errors="replace")
    except Exception:  # a damaged archive makes zipfile raise anything at all
        return ""


def name_of(info: zipfile.ZipInfo) -> str:
    """A name in an archive with its letters as they were: some programs write UTF-8 and do not say so."""
    name = info.filename.replace("\\", "/")
    if info.flag_bits & 0x800:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, changed: float) -> File:
    """A file in an archive. Raises Refused where its name leads outside, or it is a link or locked."""
    name = name_of(info)
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise Refused(OUTSIDE)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Refused(LINK)
    if info.flag_bits & 1:
        raise Refused(LOCKED)

    if info.compress_type not in _READABLE:
        raise Refused(PACKED_ODDLY)
    try:
        # of what is larger than any submission its beginning is enough to say so
        with archive.open(info) as packed_file:
            data = packed_file.read(LARGEST_DOCUMENT if info.file_size <= LARGEST_DOCUMENT else HEAD)
    except Exception:  # a damaged archive makes zipfile raise anything at all
        raise Refused(DAMAGED_FILE) from None
    return File(name, info.file_size, _time(info, changed), data=data)


def _time(info: zipfile.ZipInfo, otherwise: float) -> float:
    """When a file in an archive was changed; archives that do not say so have the year 1980 there."""
    if info.date_time[0] <= 1980:
        return otherwise
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (OverflowError, ValueError):
        return otherwise


def folders_in(archive: zipfile.ZipFile) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """The files of each folder of an archive, by their names, in order."""
    found: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for info in sorted(archive.infolist(), key=name_of):
        if not info.is_dir():
            folder, _, name = name_of(info).rpartition("/")
            found.setdefault(folder, {})[name] = info
    return found
