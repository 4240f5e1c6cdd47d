"""Every submission in files and folders, wherever it lies, and a word on whatever can't be read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from grader.handed_in import NotRead, Read, Refused, Submission, printable
from grader.readers import READERS, WHAT_TO_DO


def submissions(paths: Iterable[Path]) -> Read:
    """Everything in these files and folders, in order; whatever can't be read is named, and stops nothing."""
    for path in paths:
        yield from _folder(path) if os.path.isdir(path) else _file(path, printable(path.name))


def _folder(folder: Path) -> Read:
    inside = os.path.realpath(folder)
    shut: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=shut.append):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        folders[:] = sorted(name for name in folders if not _passed_over(name))
        for name in sorted(name for name in names + links if not _passed_over(name)):
            path = Path(parent, name)
            source = printable(path.relative_to(folder).as_posix())
            # a link in what was handed in must not lead to the keys
            if name in links or not Path(os.path.realpath(path)).is_relative_to(inside):
                yield NotRead(source, "This is a link, not a file. Hand in the file itself.")
            else:
                yield from _file(path, source)
    for error in shut:
        yield NotRead(printable(str(error.filename)), f"This folder could not be opened ({error.strerror}).")


def _passed_over(name: str) -> bool:
    # "~$sheet.xlsx" and ".~lock.sheet.xlsx#" lie beside a workbook while it is open
    return name.startswith((".", "~$")) or name == "__MACOSX"


def _file(path: Path, source: str) -> Read:
    ending = path.suffix.lower()
    reader = READERS.get(ending)
    try:
        if not path.exists():
            yield NotRead(source, "There is no such file or folder.")
        elif not path.is_file():
            yield NotRead(source, "This is neither a file nor a folder.")
        elif reader is None:
            yield NotRead(source, WHAT_TO_DO.get(ending) or _no_reader(path.suffix))
        else:
            changed = path.stat().st_mtime
            for found in reader.read(path, source):
                yield replace(found, time=changed) if isinstance(found, Submission) else found
    except Refused as refused:
        yield NotRead(source, str(refused))
    except OSError as error:
        yield NotRead(source, f"This file could not be opened ({error.strerror or 'the system gave no reason'}).")


def _no_reader(suffix: str) -> str:
    ending = f"ends in {printable(suffix)}" if suffix else "has no ending"
    return f"This file {ending}; accepted are {', '.join(READERS)}."
