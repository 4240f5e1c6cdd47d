"""A course as generate wrote it: read whole, or refused. This is the one way by which records are read.

Whatever reads a course (grade, generate, the demo) has it from here, so that all of them refuse alike what is damaged.
`sha256sum -c SHA256SUMS` in the instructor's folder checks the same from outside; who changes a record on purpose
writes that file anew.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from course.checked import check_set, plain, sheet_type
from course.errors import CourseError
from course.records import RosterRecord, SetRecord, SheetRecord, decoder
from course.versions import FIRST_WITH_SUMS, VERSION
from course.whole import READY

SET, SHEETS, KEYS, ROSTER = FILES = "set.json", "records.jsonl", "keys.jsonl", "roster.json"
SUMS = "SHA256SUMS"
"""The files of the instructor's folder that belong together, and their checksums."""

T = TypeVar("T")

LARGEST_SET = 10_000_000
PUT_BACK = "put the course's instructor folder back as generate wrote it, from a copy"
OTHER_VERSION = (
    "another version of handprop wrote it, or a person. Mark it with the version that made it, or put the course's "
    "instructor folder back as generate wrote it, from a copy"
)


class Records(Mapping[str, SheetRecord]):
    """The sheets of a course by their ids: kept as the bytes that they are in records.jsonl, decoded when asked for.

    Raises ValueError, with the line, where one is not as `check` wants it, or comes twice.
    """

    def __init__(self, data: bytes, check: Callable[[bytes], Any]) -> None:
        self._data, self._decode = data, decoder(SheetRecord).decode
        self._starts: dict[str, int] = {}
        students, folders, start, number = set(), set(), 0, 0
        while start < len(data):
            line, number = self._line(start), number + 1
            if line.strip():
                try:
                    sheet = check(line)
                except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                    raise ValueError(f"line {number}: {plain(error)}") from None
                folder = (sheet.folder or sheet.sheet).casefold()
                if sheet.sheet in self._starts or sheet.student in students or folder in folders:
                    raise ValueError(f"line {number}: sheet {sheet.sheet}, its student or its folder is there twice")
                self._starts[sheet.sheet] = start
                students.add(sheet.student)
                folders.add(folder)
            start += len(line)

    def line(self, sheet: str) -> bytes:
        """A sheet's line of records.jsonl."""
        return self._line(self._starts[sheet])

    def _line(self, start: int) -> bytes:
        end = self._data.find(b"\n", start)
        return self._data[start : end + 1] if end >= 0 else self._data[start:]

    def __getitem__(self, sheet: str) -> SheetRecord:
        return self._decode(self.line(sheet))  # type: ignore[no-any-return]

    def __contains__(self, sheet: object) -> bool:
        return sheet in self._starts

    def __iter__(self) -> Iterator[str]:
        return iter(self._starts)

    def __len__(self) -> int:
        return len(self._starts)


@dataclass(frozen=True)
class Course:
    """The records of a course: the set, and every sheet by its id."""

    set: SetRecord
    sheets: Records


def load_course(folder: Path) -> Course:
    """The records that generate wrote. Raises CourseError, with the file and what to do, if they are not whole."""
    instructor = folder / "instructor"
    try:
        try:
            return _loaded(instructor)
        except CourseError:  # perhaps a run of generate put its files in place just now, between two that were read
            return _loaded(instructor)
    except FileNotFoundError as error:
        raise CourseError(f"{folder}: {error.filename} is not there; is this a folder that generate wrote?") from None
    except NotADirectoryError:
        raise CourseError(f"{folder} is a file; the course is the folder that generate wrote") from None
    except OSError as error:
        raise CourseError(
            f"{error.filename or folder}: this cannot be read: {(error.strerror or '').lower()}"
        ) from None


def course_so_far(folder: Path) -> Course | None:
    """The records of a course that is to be added to; None where no sheet was made yet. Raises CourseError."""
    instructor = folder / "instructor"
    has = {
        name for name in (*FILES, SUMS) if any((place / name).exists() for place in (instructor, instructor / READY))
    }
    if made := has & {SHEETS, SUMS}:
        if SET not in has:
            there = instructor / sorted(made)[-1]
            raise CourseError(f"{instructor / SET} is missing, and {there} is there: sheets were made; {PUT_BACK}")
        return load_course(folder)
    return None  # a first run of version 1 that was killed may have left the set


def roster_record(instructor: Path) -> RosterRecord | None:
    """Which roster a course was last generated from; None where none is named."""
    try:
        record: RosterRecord = _read(instructor, ROSTER, decoder(RosterRecord).decode)
        return record
    except (FileNotFoundError, NotADirectoryError):
        return None


def sums(files: Mapping[str, bytes]) -> bytes:
    """The checksums of files by their names, as `sha256sum -c` reads them."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()


def kept_keys(instructor: Path) -> bytes | None:
    """keys.jsonl as generate wrote it; None where it is not there, or another."""
    try:
        data, known = in_place(instructor, KEYS), _sums(instructor, 1)
    except (FileNotFoundError, CourseError):
        return None
    return data if hashlib.sha256(data).hexdigest() == known.get(KEYS) else None


def in_place(instructor: Path, name: str) -> bytes:
    """A file of the instructor's folder, where it lies or where a run that was killed had it ready to be moved."""
    try:
        return _bytes(instructor / READY / name)
    except (FileNotFoundError, NotADirectoryError):
        return _bytes(instructor / name)


def _bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # a pipe or a device may never end
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    return path.read_bytes()


def _loaded(instructor: Path) -> Course:
    version = _read(instructor, SET, _version)
    known = _sums(instructor, version)
    sheet_set = _read(instructor, SET, lambda data: _set(_as_written(data, known.get(SET))))
    if ROSTER in known and (instructor / ROSTER).exists():
        _read(instructor, ROSTER, lambda data: _as_written(data, known[ROSTER]))
    whole, advice = sheet_set.sheets, PUT_BACK
    if version < FIRST_WITH_SUMS:
        whole, advice = _keys(instructor), f"{PUT_BACK}; or, if a run of generate was killed, remove {KEYS}"
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(sheet_type(sheet_set)).decode

    def records(data: bytes) -> Records:
        _check_count(data, whole, advice)
        return Records(_as_written(data, known.get(SHEETS)), decode)

    return Course(sheet_set, _read(instructor, SHEETS, records))


def _read(instructor: Path, name: str, reading: Callable[[bytes], T]) -> T:
    """What a file says. Raises CourseError, with its path, where it says nothing that can be right."""
    data = in_place(instructor, name)
    try:
        return reading(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        if isinstance(error, CourseError):
            raise CourseError(f"{instructor / name}: {error}") from None
        says = plain(error)
        advice = OTHER_VERSION if "unknown key" in says else PUT_BACK
        raise CourseError(f"{instructor / name}: the records cannot be read: {says}; {advice}") from None


class _Versioned(msgspec.Struct):
    version: int


def _version(data: bytes) -> int:
    if len(data) > LARGEST_SET:
        raise ValueError(f"more than {LARGEST_SET // 10**6} MB are no set")
    version = int(decoder(_Versioned).decode(data).version)
    if version > VERSION:
        raise CourseError(
            f"these records are of version {version}, made by a newer handprop; this one reads them up to version "
            f"{VERSION}. Upgrade handprop"
        )
    if version < 1:
        raise ValueError(f"there is no version {version} of them")
    return version


def _sums(instructor: Path, version: int) -> Mapping[str, str]:
    """The checksums by the files' names; a course of a version that has them is not taken without."""
    wanted = {SET, SHEETS} if version >= FIRST_WITH_SUMS else set()
    try:
        text = in_place(instructor, SUMS).decode("ascii", "replace")
    except FileNotFoundError:
        if not wanted:
            return {}
        raise CourseError(
            f"{instructor / SUMS} is not there, without which the records are not known to be whole; {PUT_BACK}"
        ) from None
    found = re.findall(r"^([0-9a-f]{64}) [ *](\S+)$", text, re.MULTILINE)
    known = {name: digest for digest, name in found}
    if len(known) < len(text.splitlines()) or not wanted <= known.keys() <= set(FILES):
        raise CourseError(f"{instructor / SUMS}: these are no checksums of the records; {PUT_BACK}")
    return known


def _as_written(data: bytes, digest: str | None) -> bytes:
    if digest is not None and hashlib.sha256(data).hexdigest() != digest:
        raise CourseError(f"this is not as generate wrote it: {SUMS} has another checksum; {PUT_BACK}")
    return data


def _set(data: bytes) -> SetRecord:
    sheet_set: SetRecord = decoder(SetRecord).decode(data)
    check_set(sheet_set)
    return sheet_set


def _check_count(data: bytes, whole: int | None, advice: str) -> None:
    """Raises CourseError where there are fewer sheets than were made, or more."""
    there = data.rstrip().count(b"\n") + bool(data.strip())
    if whole is not None and there != whole:
        raise CourseError(f"{there} of {whole} sheets are there; {advice}")


def _keys(instructor: Path) -> int | None:
    """How many sheets have a key, which tells how many there are where the set does not; None where no keys are."""
    try:
        return in_place(instructor, KEYS).count(b"\n")
    except FileNotFoundError:
        return None
