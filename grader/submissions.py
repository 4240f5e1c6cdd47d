"""Every submission in files, folders and archives, wherever it lies, and a word on whatever can't be read."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from grader import archives
from grader.handed_in import Nameless, NotRead, Read, Refused, Submission, printable
from grader.readers import READERS, own
from grader.readers.files import LARGEST_DOCUMENT, File, bytes_of, on_disk, text_of
from grader.readers.kinds import ARCHIVE, HEAD, ON_A_PAGE, PAGE, PASTED, NoAnswers, kind_of, packed, pasted
from grader.readers.web import text_of_page

RESULTS = ("marks.jsonl", "gradebook.csv", "not_marked.csv")
UNFINISHED = "marks.jsonl.part"
OF_RESULTS = {*RESULTS, UNFINISHED, "gradebook.xlsx", "overrides.csv", "feedback", "report.html"}
OF_A_COURSE = {"instructor", "handout"}
COURSE = (
    "This folder holds a course: its blank sheets, keys and records are nobody's submissions, and were passed over."
)
TITLED = ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml")
"""The parts of a workbook that hold its title or the names of its tabs, by the program that saved it."""

NOTHING_THERE = "There is no such file or folder"

DEEPEST = 3
"""So many archives may lie within each other."""

_ENDING = re.compile(r"\.[a-z0-9]{1,8}$", re.IGNORECASE)


def submissions(paths: Iterable[Path], results: Path | None = None) -> Read:
    """Everything in these files and folders, in order; whatever can't be read is named, and stops nothing.

    What handprop wrote itself is passed over: a course, and results, also those that are just being written.
    """
    paths = list(paths)
    names = Counter(path.name for path in paths)
    folders = sum(os.path.isdir(path) for path in paths)
    for path in paths:
        name = printable(path.name)
        if os.path.isdir(path):
            yield from _folder(path, f"{name}/" if folders > 1 else "", results)
        else:
            yield from _on_disk(path, f"{printable(path.parent.name)}/{name}" if names[path.name] > 1 else name)


def _folder(folder: Path, within: str, results: Path | None) -> Read:
    inside, out = os.path.realpath(folder), results and os.path.realpath(results)
    shut: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=shut.append):
        is_course = "instructor" in folders and os.path.isfile(os.path.join(parent, "instructor", "records.jsonl"))
        is_out = UNFINISHED in names and os.path.realpath(parent) == out
        passed_over = _own(names, is_course, is_out)
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
                yield from _on_disk(path, source)
    for error in shut:
        yield NotRead(printable(str(error.filename)), f"This folder could not be opened ({error.strerror}).")


def _beside(name: str) -> bool:
    # "~$sheet.xlsx" and ".~lock.sheet.xlsx#" lie beside a workbook while it is open
    return (name.startswith((".", "~$")) and name != "..") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def _own(names: Collection[str], is_course: bool, is_out: bool) -> set[str]:
    """Of a folder's names, those that are handprop's own: of a course, of results."""
    course = OF_A_COURSE if is_course else set()
    return {*course, *OF_RESULTS} if is_out or all(name in names for name in RESULTS) else course


def _on_disk(path: Path, source: str) -> Read:
    try:
        if path.is_file():
            yield from _file(on_disk(path), source)
        else:
            there = path.exists()
            yield NotRead(source, f"{'This is neither a file nor a folder' if there else NOTHING_THERE}.")
    except OSError as error:
        yield NotRead(source, f"This file could not be opened ({error.strerror or 'the system gave no reason'}).")


def _file(file: File, source: str, depth: int = 0) -> Read:
    """The submissions in a file, whatever it is."""
    try:
        head = _head(file)
        if len(head) == file.size:
            file = file.holding(head)
        kind = kind_of(head, _ending(file.name), READERS)
        if kind == ARCHIVE:
            yield from _packed(file, source, depth)
        else:
            yield from _read(file, source, kind)
    except NoAnswers as refused:
        yield NotRead(source, f"{refused} Accepted are {', '.join(READERS)}, and .zip of these.")
    except Refused as refused:
        yield refused.found(source)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        yield NotRead(source, "This file is damaged in its archive. Pack it again, or hand in the file itself.")


def _head(file: File) -> bytes:
    with file.open() as opened:
        return opened.read(HEAD)


def _ending(name: str) -> str:
    """The ending that says most: programs put .txt or .json behind another."""
    found = _ENDING.search(name)
    ending = found[0].lower() if found else ""
    if ending == ".txt" and ending not in READERS:
        return _ending(name[: -len(ending)])
    return {".markdown": ".md", ".mdown": ".md", ".ndjson": ".jsonl"}.get(ending, ending)


def _read(file: File, source: str, kind: str) -> Read:
    if kind == PAGE:
        text = text_of_page(text_of(bytes_of(file))).encode()
        file, kind = file.holding(text), kind_of(text, ON_A_PAGE, ())
    if kind == PASTED:
        file, kind = file.holding(pasted(text_of(bytes_of(file))).encode()), ".json"
    for found in READERS[kind].read(file, source):
        yield replace(found, time=file.changed) if isinstance(found, Submission | Nameless) else found


def _packed(file: File, source: str, depth: int) -> Read:
    """What lies in a packed file: a workbook is one submission, an archive a folder of them."""
    if depth:
        file = file.holding(bytes_of(file, LARGEST_DOCUMENT))
    try:
        with archives.opened(file) as archive:
            names = archive.namelist()
            mimetype = archive.read("mimetype")[:100] if names[:1] == ["mimetype"] else b""
            kind = packed(names, mimetype)
            if _ending(file.name) == ".xlsx" and not any(_ending(name) in (*READERS, ARCHIVE) for name in names):
                kind = ".xlsx"
            if kind == ".xlsx":
                own.check_workbook("".join(archives.beginning(archive, part) for part in TITLED))
            else:
                archives.check(archive, file.size)
                yield from _archive(archive, file, source, depth + 1)
                return
    except own.Own:
        raise
    except Refused:
        if _ending(file.name) != ".xlsx" or depth > DEEPEST:
            raise
        kind = ".xlsx"  # damaged: its reader has a word on it
    yield from _read(file, source, kind)


def _archive(archive: zipfile.ZipFile, file: File, source: str, depth: int) -> Read:
    """The submissions in an archive, as in a folder."""
    if depth > DEEPEST:
        raise Refused(f"More than {DEEPEST} archives lie within each other here. Hand in the files themselves.")
    inside = archives.folders_in(archive)
    if not inside:
        raise Refused("This archive is empty.")
    passed_over: set[str] = set()
    for folder, files in inside.items():
        within, _, last = folder.rpartition("/")
        if last == "instructor" and "records.jsonl" in files:
            passed_over |= {f"{within}/{name}".lstrip("/") for name in OF_A_COURSE}
            yield NotRead(f"{source}/{printable(within)}".rstrip("/"), COURSE)
        passed_over |= {f"{folder}/{name}".lstrip("/") for name in _own(files, is_course=False, is_out=False)}
    for folder, files in inside.items():
        for name, info in files.items():
            path = f"{folder}/{name}" if folder else name
            parts = path.split("/")
            above = accumulate(parts, "{}/{}".format)
            if not any(map(_beside, parts)) and passed_over.isdisjoint(above):
                yield from _member(archive, info, file.changed, f"{source}/{printable(path)}", depth)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, changed: float, source: str, depth: int) -> Read:
    try:
        yield from _file(archives.member(archive, info, changed), source, depth)
    except Refused as refused:
        yield refused.found(source)
