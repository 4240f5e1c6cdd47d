"""What was handed in, wherever it lies: the files in folders and archives, found and not yet read.

What handprop wrote itself is passed over: a course, and results.
"""

from __future__ import annotations

import os
import traceback
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from zipfile import ZipFile

from grader import archives
from grader.handed_in import NotRead, Refused, printable
from grader.readers import READERS
from grader.readers.files import File, on_disk
from grader.readers.kinds import NoAnswers, ending

RESULTS = ("marks.jsonl", "gradebook.csv", "not_marked.csv")
OF_RESULTS = {
    *(*RESULTS, "gradebook.xlsx", "submissions.jsonl", "not_counted.jsonl", "results.json", "errors.log", "feedback"),
    *("overrides.csv", "changes.csv", "report.html"),
}
OF_A_COURSE = {"instructor", "handout"}
COURSE = (
    "This folder holds a course: its blank sheets, keys and records are nobody's submissions, and were passed over."
)
NOTHING_THERE = "There is no such file or folder"


@dataclass(frozen=True)
class Found:
    """A file that was handed in and is still to be read; its source is its name for messages."""

    source: str
    file: File
    named: bool = False  # by the instructor, on the command line
    archive: str = ""  # the archive that it came in, where the instructor did not name that


def found(paths: Iterable[Path]) -> Iterator[Found | NotRead]:
    """Everything in these files and folders, in order; whatever is no file to be read is named with its reason."""
    paths = list(paths)
    names = Counter(path.name for path in paths)
    folders = sum(os.path.isdir(path) for path in paths)
    for path in paths:
        name = printable(path.name)
        if os.path.isdir(path):
            yield from _folder(path, f"{name}/" if folders > 1 else "")
        else:
            source = f"{printable(path.parent.name)}/{name}" if names[path.name] > 1 else name
            yield from _on_disk(path, source, named=True)


def _folder(folder: Path, within: str) -> Iterator[Found | NotRead]:
    inside = os.path.realpath(folder)
    shut: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=shut.append):
        is_course = "instructor" in folders and os.path.isfile(os.path.join(parent, "instructor", "records.jsonl"))
        passed_over = _own(names, is_course)
        if is_course:
            yield NotRead(within + printable(os.path.relpath(parent, folder)), COURSE)
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        folders[:] = sorted(name for name in folders if not _beside(name) and name not in passed_over)
        for name in sorted(name for name in {*names, *links} - passed_over if not _beside(name)):
            path = Path(parent, name)
            source = within + printable(path.relative_to(folder).as_posix())
            # a link in what was handed in must not lead to the keys
            if name in links or not Path(os.path.realpath(path)).is_relative_to(inside):
                yield NotRead(source, archives.LINK)
            else:
                yield from _on_disk(path, source, named=False)
    for error in shut:
        yield NotRead(printable(str(error.filename)), f"This folder could not be opened ({error.strerror}).")


def _beside(name: str) -> bool:
    # "~$sheet.xlsx" and ".~lock.sheet.xlsx#" lie beside a workbook while it is open
    return (name.startswith((".", "~$")) and name != "..") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def _own(names: Collection[str], is_course: bool) -> set[str]:
    """Of a folder's names, those that are handprop's own: of a course, of results."""
    course = OF_A_COURSE if is_course else set()
    return {*course, *OF_RESULTS} if all(name in names for name in RESULTS) else course


def _on_disk(path: Path, source: str, named: bool) -> Iterator[Found | NotRead]:
    try:
        if path.is_file():
            yield from found_in(Found(source, on_disk(path), named))
        else:
            there = path.exists()
            yield NotRead(source, f"{'This is neither a file nor a folder' if there else NOTHING_THERE}.")
    except OSError as error:
        yield NotRead(source, f"This file could not be opened ({error.strerror or 'the system gave no reason'}).")


def found_in(here: Found) -> Iterator[Found | NotRead]:
    """A file as it is, or everything in an archive and the archives in it."""
    yield from _unpacked(here, archives.Left(here.file.size), 0)


def _unpacked(here: Found, left: archives.Left, depth: int) -> Iterator[Found | NotRead]:
    """A file as it is, or what lies in it where it is an archive of files."""
    if not archives.is_archive(here.file):
        yield here
        return
    try:
        with archives.opened(here.file) as archive:
            if archives.document(archive, here.file.name, READERS):
                yield here
            else:
                archives.check(archive, left, depth)
                yield from _members(archive, here, left, depth + 1)
    except NoAnswers:
        yield here  # what is in it says so once more
    except Refused as refused:
        # a damaged workbook is answered by its reader
        yield here if ending(here.file.name) == ".xlsx" else refused.found(here.source)
    except Exception:  # a damaged archive makes zipfile raise anything at all
        yield NotRead(here.source, archives.DAMAGED, log=traceback.format_exc(limit=-8))


def _members(archive: ZipFile, above: Found, left: archives.Left, depth: int) -> Iterator[Found | NotRead]:
    """The files in an archive, as in a folder."""
    inside, source = archives.folders_in(archive), above.source
    passed_over: set[str] = set()
    for folder, files in inside.items():
        within, _, last = folder.rpartition("/")
        if last == "instructor" and "records.jsonl" in files:
            passed_over |= {f"{within}/{name}".lstrip("/") for name in OF_A_COURSE}
            yield NotRead(f"{source}/{printable(within)}".rstrip("/"), COURSE)
        passed_over |= {f"{folder}/{name}".lstrip("/") for name in _own(files, is_course=False)}
    for folder, files in inside.items():
        for name, info in files.items():
            path = f"{folder}/{name}" if folder else name
            if len(path) > archives.LONGEST_NAME:
                yield NotRead(f"{source}/{printable(path[:100])}…", archives.LONG)
                continue
            parts = path.split("/")
            if any(map(_beside, parts)) or not passed_over.isdisjoint(accumulate(parts, "{}/{}".format)):
                continue
            here = f"{source}/{printable(path)}"
            try:
                file = archives.member(archive, info, above.file.changed)
            except Refused as refused:
                yield refused.found(here)
            else:
                outermost = above.archive or ("" if above.named else above.source)
                yield from _unpacked(Found(here, file, archive=outermost), left, depth)
