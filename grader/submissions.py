"""Every submission in files, folders and archives, wherever it lies, and a word on whatever can't be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from grader import archives
from grader.finding import Found, found
from grader.guard import BROKEN, TOO_LONG, TOO_MUCH, Stopped, guarded, here
from grader.handed_in import UNFORESEEN, Nameless, NotRead, Read, Refused, Submission
from grader.readers import READERS, own
from grader.readers.answers_json import read_json_lines
from grader.readers.files import LARGEST, File, bytes_of, text_of
from grader.readers.kinds import ARCHIVE, HEAD, ON_A_PAGE, PAGE, PASTED, NoAnswers, ending, is_json, kind_of, pasted
from grader.readers.web import text_of_page

TITLED = ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml")
"""The parts of a workbook that hold its title or the names of its tabs, by the program that saved it."""

_FAR_MORE = "Reading this file took far more {} than a sheet does. Hand in the filled-in sheet alone, or answers.json."
STOPPED = {
    TOO_LONG: _FAR_MORE.format("time"),
    TOO_MUCH: _FAR_MORE.format("memory"),
    BROKEN: UNFORESEEN,
}
"""Why the reading of a file was ended."""

MOST_ENTRIES, MOST_CHARACTERS = 200_000, 2_000_000
FAR_LARGER = "These answers are far larger than those of any sheet. Hand in the filled-in sheet alone."

OFTEN, QUICK = 3, 0.3
"""Where reading was ended for so many files of an archive, the others in it have less time: a good one needs little."""

_stopped: Counter[str] = Counter()  # by their archives, in this process


def submissions(paths: Iterable[Path]) -> Read:
    """Everything in these files and folders, in order; whatever can't be read is named, and stops nothing."""
    for one in found(paths):
        if isinstance(one, NotRead):
            yield one
        elif of_many(one):
            yield from lines(one)
        else:
            yield from read_file(one)


OF_MANY = (
    "This file holds the sheets of several students, as only an instructor has them. "
    "It is read where it is named itself on the command line."
)


def of_many(one: Found) -> bool:
    """Whether a file is to be read line by line, as it may hold a whole class."""
    if one.file.size <= LARGEST:
        return False
    with suppress(Stopped):
        return bool(guarded(_kind, one.file) == ".jsonl")
    return False


def lines(one: Found) -> Read:
    """The submissions in a file of many, one after the other."""
    if not one.named:
        yield NotRead(one.source, OF_MANY)
        return
    try:
        yield from map(_bounded, _dated(one.file, read_json_lines(one.file, one.source)))
    except Refused as refused:
        yield refused.found(one.source)
    except OSError as error:
        yield _not_opened(one, error)


def read_file(one: Found) -> list[Submission | NotRead]:
    """The submissions in one file, whatever it is; what it does to its reader ends with it."""
    try:
        small = _small_json(one)
        often = bool(one.archive) and _stopped[one.archive] >= OFTEN
        found = here(_read_file, small) if small else guarded(_read_file, one, QUICK if often else 1.0)
        read = cast("list[Submission | NotRead]", found)
        many = not one.named and len({each.sheet for each in read if isinstance(each, Submission)}) > 1
        return [NotRead(one.source, OF_MANY)] if many else read
    except Stopped as stopped:
        _stopped[one.archive] += 1
        return [NotRead(one.source, STOPPED[str(stopped)], log=stopped.place)]


def _small_json(one: Found) -> Found | None:
    """A file that is read sooner than it is sent to another process, and can cost no more than its size."""
    if one.file.size > HEAD:
        return None
    try:
        with one.file.open() as opened:
            head = opened.read(HEAD)
    except OSError:
        return None
    return replace(one, file=one.file.holding(head)) if is_json(head, ending(one.file.name, READERS)) else None


def _read_file(one: Found) -> list[Submission | NotRead]:
    try:
        return [_bounded(found) for found in _read(one)]
    except NoAnswers as refused:
        return [NotRead(one.source, f"{refused} Accepted are {', '.join(READERS)}, and .zip of these.")]
    except Refused as refused:
        return [refused.found(one.source)]
    except OSError as error:
        return [_not_opened(one, error)]


def _bounded(found: Submission | NotRead) -> Submission | NotRead:
    """What was found, unless its answers are far more than any sheet asks for."""
    if isinstance(found, NotRead) and not isinstance(found, Nameless):
        return found
    entries = characters = 0
    level: list[object] = [*found.answers, *found.answers.values()]
    while level:
        entries += len(level)
        characters += sum(len(one) for one in level if isinstance(one, str))
        if entries > MOST_ENTRIES or characters > MOST_CHARACTERS:
            return NotRead(found.source, FAR_LARGER)
        level = [inside for one in level if isinstance(one, list) for inside in one]
    return found


def _not_opened(one: Found, error: OSError) -> NotRead:
    return NotRead(one.source, f"This file could not be opened ({error.strerror or 'the system gave no reason'}).")


def _kind(file: File) -> str:
    with suppress(Refused), file.open() as opened:
        return kind_of(opened.read(HEAD), ending(file.name, READERS), READERS)
    return ""


def _read(one: Found) -> Read:
    file = one.file
    with file.open() as opened:
        head = opened.read(HEAD)
    if len(head) == file.size:
        file = file.holding(head)
    kind = kind_of(head, ending(file.name, READERS), READERS)
    if kind == ARCHIVE:
        kind = _document(file)
    if kind == PAGE:
        text = text_of_page(text_of(bytes_of(file))).encode()
        file, kind = file.holding(text), kind_of(text, ON_A_PAGE, ())
    if kind == PASTED:
        file, kind = file.holding(pasted(text_of(bytes_of(file))).encode()), ".json"
    yield from _dated(file, READERS[kind].read(file, one.source))


def _dated(file: File, found: Read) -> Read:
    for one in found:
        yield replace(one, time=file.changed) if isinstance(one, Submission | Nameless) else one


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
