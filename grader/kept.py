"""What was read of every submission, kept in the results folder: marks can be given again without the files."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import msgspec

from course.records import decoder
from grader.handed_in import NoNumber, Submission

READ, SUBMISSIONS, NOT_COUNTED = "read.jsonl", "submissions.jsonl", "not_counted.jsonl"
"""What was read of all submissions, while they are read; then of those that count, and of those that do not."""

_encode = msgspec.json.Encoder().encode


class KeptSubmission(msgspec.Struct, frozen=True, gc=False):
    """A line of submissions.jsonl: a submission as it was read, under the sheet that it was taken for."""

    sheet: str
    source: str
    answers: dict[str, Any]
    time: float  # when its file was last changed


def as_kept(submission: Submission) -> bytes:
    """A submission as a line."""
    kept = KeptSubmission(submission.sheet, submission.source, dict(submission.answers), submission.time)
    try:
        line = _encode(kept)
        if line.count(b"{") == 2:  # no answer is an object
            return line + b"\n"
    except UnicodeEncodeError:
        pass
    return _encode(msgspec.structs.replace(kept, answers=plain_answers(kept.answers))) + b"\n"


def as_read(line: bytes) -> Submission:
    """A submission from its line."""
    kept: KeptSubmission = decoder(KeptSubmission).decode(line)
    answers = typed_answers(kept.answers) if line.count(b"{") > 2 else kept.answers
    return Submission(kept.source, kept.sheet, answers, kept.time)


def plain_answers(answers: Mapping[str, object]) -> dict[str, object]:
    """Answers as JSON has them; of an object, which is no answer, nothing that is in it."""
    return {_text(name): _plain(answer) for name, answer in answers.items()}


def _plain(answer: object) -> object:
    if isinstance(answer, list):
        return [_plain(item) for item in answer]
    if isinstance(answer, dict):
        return {}
    return _text(answer) if isinstance(answer, str) else answer


def _text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()  # JSON can spell half a character


def typed_answers(answers: Mapping[str, object]) -> dict[str, object]:
    """Answers as they were read, from what JSON has of them."""
    return {name: _typed(answer) for name, answer in answers.items()}


def _typed(answer: object) -> object:
    if isinstance(answer, list):
        return [_typed(item) for item in answer]
    return NoNumber(answer["typed"], answer["says"]) if isinstance(answer, dict) and answer else answer


def sheet_of(line: bytes) -> str:
    """The sheet of a line of submissions.jsonl or marks.jsonl: it stands first."""
    return line[10 : line.index(b'"', 10)].decode()


def lines_in(path: Path) -> Iterator[bytes]:
    """The lines of a file; none where there is no such file."""
    if path.exists():
        with path.open("rb") as file:
            yield from file


class Kept:
    """What was read, on its way to submissions.jsonl: every submission, and of each sheet the one that counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file, self._lines = path.open("wb"), path.open("rb")
        self._end, self._added = 0, 0
        self._places: dict[str, int] = {}  # of each sheet in the arrays, which take less memory than two dictionaries
        self._starts, self._decide = array("q"), array("d")

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._lines.close()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, sheet: object) -> bool:
        return sheet in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def add(self, submission: Submission, decides: float, counts: bool) -> None:
        """Keeps a submission; `decides` is the time by which it counts, of a blank one less than any other."""
        line = as_kept(submission)
        start, self._end, self._added = self._end, self._end + len(line), self._added + 1
        self._file.write(line)
        if counts:
            place = self._places.setdefault(submission.sheet, len(self._starts))
            if place == len(self._starts):
                self._starts.append(start)
                self._decide.append(decides)
            else:
                self._starts[place], self._decide[place] = start, decides

    def leave_out(self, sheet: str) -> None:
        """Lets another submission of a sheet count than the one that is kept here."""
        del self._places[sheet]

    def decides(self, sheet: str) -> float:
        return self._decide[self._places[sheet]]

    def source(self, sheet: str) -> str:
        """Where the submission of a sheet that counts comes from."""
        return str(decoder(KeptSubmission).decode(self._counted(sheet)).source)

    def _counted(self, sheet: str) -> bytes:
        self._file.flush()
        self._lines.seek(self._starts[self._places[sheet]])
        return self._lines.readline()

    def write(self, folder: Path, earlier: Iterable[bytes], not_counted: Iterable[bytes]) -> None:
        """Writes submissions.jsonl and not_counted.jsonl: what is kept here, then what earlier runs kept.

        Of `earlier`, lines of submissions.jsonl, those count whose sheets are not here.
        """
        with (folder / SUBMISSIONS).open("wb") as counted, (folder / NOT_COUNTED).open("wb") as others:
            aside: set[bytes] = set()
            counted.writelines(map(self._counted, self._places))
            if self._added > len(self._places):
                for line in lines_in(self._path):  # those that count are not put aside
                    self._put_aside(line, others, aside)
            for line in not_counted:
                self._put_aside(line, others, aside)
            for line in earlier:
                if sheet_of(line) in self:
                    self._put_aside(line, others, aside)
                else:
                    counted.write(line)
        self._path.unlink()
        if not aside:
            (folder / NOT_COUNTED).unlink()

    def _put_aside(self, line: bytes, file: IO[bytes], written: set[bytes]) -> None:
        """Keeps a line that does not count, once, where the one that counts is another, not only of another time."""
        sheet, (without_time, _, _) = sheet_of(line), line.rpartition(b',"time":')
        digest = sha256(without_time).digest()
        if digest not in written and not (sheet in self and self._counted(sheet).startswith(without_time)):
            written.add(digest)
            file.write(line)
