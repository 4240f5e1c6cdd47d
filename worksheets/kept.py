"""The instructor's folder: what belongs together is written together, and only its owner can read it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

import msgspec

from course.class_list import record_of
from course.records import SetRecord, SheetRecord
from course.roster import Roster
from course.stored import FILES, KEYS, ROSTER, SET, SHEETS, SUMS, kept_keys, sums
from course.whole import together
from worksheets.secret import secret_file
from worksheets.sheet import key_records

FOLDER_MODE, FILE_MODE = 0o700, 0o600
SOLUTIONS = "solutions"


def keep_records(
    instructor: Path,
    sheet_set: SetRecord,
    sheets: Sequence[SheetRecord],
    roster: Roster,
    there: int = 0,
    replaced: bytes = b"",
) -> None:
    """Writes the records, all or none; of the sheets that were `there` the keys stay as they are.

    The folder has to be kept to this run. A set that is `replaced` by one with other lines is kept beside it, under
    the next number, and the keys are worked anew.
    """
    kept = None if replaced else kept_keys(instructor)
    keys = (kept or b"") + _lines(key_records(sheet_set, sheets[there if kept else 0 :]))
    files = {
        SET: _pretty(sheet_set),
        SHEETS: _lines(sheets),
        KEYS: keys,
        ROSTER: _pretty(record_of(roster, instructor)),
    }
    files[SUMS] = sums(files)
    if replaced:
        files[_next_name(instructor)] = replaced
    with together(instructor) as scratch:
        for name, data in files.items():
            (scratch / name).write_bytes(data)
            make_private(scratch / name)


def keep_private(instructor: Path) -> None:
    """Makes the folder its owner's alone, and all of it that generate wrote: also where an earlier version did."""
    make_private(instructor, FOLDER_MODE)
    for path in (secret_file(instructor), *(instructor / name for name in (*FILES, SUMS))):
        make_private(path)
    for folder, _, files in os.walk(instructor / SOLUTIONS):
        make_private(Path(folder), FOLDER_MODE)
        for name in files:
            make_private(Path(folder, name))


def make_private(path: Path, mode: int = FILE_MODE) -> None:
    """Leaves a file or folder to its owner alone; passed over where it is another's, or the disk knows no modes."""
    with suppress(OSError):
        if path.stat().st_mode & 0o777 != mode:
            path.chmod(mode)


def _next_name(instructor: Path) -> str:
    return next(name for n in count(1) if not (instructor / (name := f"set.{n}.json")).exists())


def _pretty(record: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def _lines(records: Iterable[msgspec.Struct]) -> bytes:
    encode = msgspec.json.Encoder().encode
    return b"".join(encode(record) + b"\n" for record in records)
