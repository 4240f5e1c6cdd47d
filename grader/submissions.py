"""Every submission in files, folders and archives, wherever it lies, and a word on whatever can't be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from grader import archives
from grader.finding import Found, found
from grader.handed_in import Nameless, NotRead, Read, Refused, Submission
from grader.readers import READERS, own
from grader.readers.files import LARGEST_DOCUMENT, File, bytes_of, text_of
from grader.readers.kinds import ARCHIVE, HEAD, ON_A_PAGE, PAGE, PASTED, NoAnswers, ending, kind_of, pasted
from grader.readers.web import text_of_page

TITLED = ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml")
"""The parts of a workbook that hold its title or the names of its tabs, by the program that saved it."""


def submissions(paths: Iterable[Path], results: Path | None = None) -> Read:
    """Everything in these files and folders, in order; whatever can't be read is named, and stops nothing."""
    for one in found(paths, results):
        if isinstance(one, NotRead):
            yield one
        elif of_many(one):
            yield from lines(one)
        else:
            yield from read_file(one)


def of_many(one: Found) -> bool:
    """Whether a file is to be read line by line, as it may hold a whole class."""
    return ending(one.file.name) == ".jsonl" or one.file.size > LARGEST_DOCUMENT


def read_file(one: Found) -> list[Submission | NotRead]:
    """The submissions in one file, whatever it is; in another process too."""
    return list(lines(one))


def lines(one: Found) -> Read:
    """The submissions in one file, one after the other."""
    try:
        yield from _read(one)
    except NoAnswers as refused:
        yield NotRead(one.source, f"{refused} Accepted are {', '.join(READERS)}, and .zip of these.")
    except Refused as refused:
        yield refused.found(one.source)
    except OSError as error:
        says = error.strerror or "the system gave no reason"
        yield NotRead(one.source, f"This file could not be opened ({says}).")


def _read(one: Found) -> Read:
    file = one.file
    with file.open() as opened:
        head = opened.read(HEAD)
    if len(head) == file.size:
        file = file.holding(head)
    kind = kind_of(head, ending(file.name), READERS)
    if kind == ARCHIVE:
        kind = _document(file)
    if kind == PAGE:
        text = text_of_page(text_of(bytes_of(file))).encode()
        file, kind = file.holding(text), kind_of(text, ON_A_PAGE, ())
    if kind == PASTED:
        file, kind = file.holding(pasted(text_of(bytes_of(file))).encode()), ".json"
    for read in READERS[kind].read(file, one.source):
        yield replace(read, time=file.changed) if isinstance(read, Submission | Nameless) else read


def _document(file: File) -> str:
    """The kind of a document that is kept as an archive: a workbook. Raises Refused for any other."""
    try:
        with archives.opened(file) as archive:
            archives.document(archive, file.name, READERS)
            own.check_workbook("".join(archives.beginning(archive, part) for part in TITLED))
    except (own.Own, NoAnswers):
        raise
    except Refused:
        if ending(file.name) != ".xlsx":
            raise
    return ".xlsx"  # if damaged, its reader has a word on it
