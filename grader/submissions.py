"""What students hand in becomes submissions: a sheet's id and its answers, or the reason why it can't be read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

LARGEST = 5_000_000  # bytes of one submission
LARGEST_LINES = 2_000_000_000  # bytes of a .jsonl file, which is read line by line
BLANK_FORM = 'Hand in the form answers.json: {"sheet": "7KQF-M2PX", "answers": {"1.dQ": "[[0.1, 0.2], [0.3, 0.4]]"}}.'


@dataclass(frozen=True)
class Submission:
    """What one student handed in: the answers as they were typed, by their names on the sheet."""

    source: str
    sheet: str
    answers: Mapping[str, object]
    time: float = field(default=0.0, compare=False)  # when its file was last changed: the later of two counts


@dataclass(frozen=True)
class NotRead:
    """A file, or a line of one, that could not be read at all, and in one sentence why."""

    source: str
    reason: str


Read = Iterator[Submission | NotRead]


class Refused(Exception):
    """Carries the reason why a submission can't be read."""


def submissions(paths: Iterable[Path]) -> Read:
    """Everything in these files and folders, in order; whatever can't be read is named, and stops nothing."""
    for path in paths:
        yield from _folder(path) if os.path.isdir(path) else _file(path, _printable(path.name))


def _folder(folder: Path) -> Read:
    inside = os.path.realpath(folder)
    shut: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=shut.append):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        folders[:] = sorted(name for name in folders if not _passed_over(name))
        for name in sorted(name for name in names + links if not _passed_over(name)):
            path = Path(parent, name)
            source = _printable(path.relative_to(folder).as_posix())
            # a link in what was handed in must not lead to the keys
            if name in links or not Path(os.path.realpath(path)).is_relative_to(inside):
                yield NotRead(source, "This is a link, not a file. Hand in the file itself.")
            else:
                yield from _file(path, source)
    for error in shut:
        yield NotRead(_printable(str(error.filename)), f"This folder could not be opened ({error.strerror}).")


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _file(path: Path, source: str) -> Read:
    reader = READERS.get(path.suffix.lower())
    try:
        if not path.exists():
            yield NotRead(source, "There is no such file or folder.")
        elif not path.is_file():
            yield NotRead(source, "This is neither a file nor a folder.")
        elif reader is None:
            ending = f"ends in {_printable(path.suffix)}" if path.suffix else "has no ending"
            yield NotRead(source, f"This file {ending}; accepted are {', '.join(READERS)}.")
        else:
            changed = path.stat().st_mtime
            for found in reader(path, source):
                yield replace(found, time=changed) if isinstance(found, Submission) else found
    except Refused as refused:
        yield NotRead(source, str(refused))
    except OSError as error:
        yield NotRead(source, f"This file could not be opened ({error.strerror or 'the system gave no reason'}).")


def _printable(text: str) -> str:
    """A name as it can be printed and written anywhere, whatever bytes it was given."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


# --- bytes and text ---------------------------------------------------------------------------------------------------


def _bytes(path: Path) -> bytes:
    size = path.stat().st_size
    if size > LARGEST:
        raise Refused(f"This file has {size / 1e6:,.0f} MB, and a submission has at most {LARGEST // 1_000_000} MB.")
    if size == 0:
        raise Refused("This file is empty.")
    return path.read_bytes()


def _text(data: bytes) -> str:
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


# --- answers.json, and many of them -----------------------------------------------------------------------------------


def _json_file(path: Path, source: str) -> Read:
    yield _from_json(_bytes(path), source)


def _json_lines(path: Path, source: str) -> Read:
    size = path.stat().st_size
    if size > LARGEST_LINES:
        raise Refused(f"This file has {size / 1e9:,.1f} GB, and {LARGEST_LINES // 10**9} GB is the most. Split it.")
    if size == 0:
        raise Refused("This file is empty.")
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LARGEST + 1):
            number += 1
            here = f"{source} line {number}"
            if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise Refused("This file is in UTF-16. Save it again as UTF-8.")
            if len(line) > LARGEST:
                while not line.endswith(b"\n") and (line := file.readline(LARGEST)):
                    pass
                yield NotRead(here, f"This line has more than {LARGEST // 1_000_000} MB, the most for one submission.")
            elif line.strip():
                try:
                    yield _from_json(line, here)
                except Refused as refused:
                    yield NotRead(here, str(refused))


_NAME = re.compile(rb'"\s*[0-9]+\.[^"\\]+"\s*:')


def _from_json(data: bytes, source: str) -> Submission:
    try:
        found: object = msgspec.json.decode(data)
        answers = found.get("answers") if isinstance(found, dict) else None
        twice = isinstance(answers, dict) and len(_NAME.findall(data)) > len(answers)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        twice = True
    # Python's own reader is slower; it takes NaN, line ends inside strings and a name that stands twice
    return _submission(_patiently(data) if twice else found, source)


def _patiently(data: bytes) -> object:
    try:
        return json.loads(_text(data), strict=False, parse_int=_whole_number, object_pairs_hook=_last_filled_in)
    except json.JSONDecodeError as error:
        advice = " (in JSON a backslash is typed twice)" if "escape" in error.msg else ""
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused(f"This is not JSON: it stops making sense at {where}{advice}. {BLANK_FORM}") from None
    except RecursionError:
        raise Refused(f"This has too many brackets inside each other. {BLANK_FORM}") from None


def _whole_number(digits: str) -> object:
    return int(digits) if len(digits) < 400 else digits  # as text it is answered like any other odd entry


def _last_filled_in(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name not in found or not _is_blank(value):
            found[name] = value
    return found


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not any(char.isalnum() for char in value))


def _submission(found: object, source: str) -> Submission:
    if not isinstance(found, dict):
        raise Refused(f"This is JSON, but no object. {BLANK_FORM}")
    sheet, answers = found.get("sheet"), found.get("answers")
    if sheet is None or sheet == "":
        raise Refused(f"The sheet's id is missing. {BLANK_FORM}")
    name = re.sub(r"[‐‑‒–—−]", "-", sheet).strip().upper() if isinstance(sheet, str) else ""
    if not re.fullmatch(r"[\w-]{1,40}", name):
        raise Refused(f"“sheet” is no sheet's id. {BLANK_FORM}")
    if not isinstance(answers, dict):
        raise Refused(f"{'The answers are missing' if answers is None else '“answers” is no object'}. {BLANK_FORM}")
    return Submission(source, name, {_printable(key.strip()): value for key, value in answers.items()})


# --- the sheet itself, filled in as Markdown --------------------------------------------------------------------------

_SHEET = re.compile(r"sheet[^a-z0-9\n]{1,8}([a-z0-9]{4})[-‐‑‒–—−]([a-z0-9]{4})(?![a-z0-9])", re.IGNORECASE)
# 1.dQ = …; editors make it "1\\.dQ" and "1. dQ". The counts keep a line of a million underscores quick.
_LABEL = re.compile(
    r"[\s>*`$_-]*([0-9]{1,4})\\?\.(?:\s(?=[^:]*[=≈]))?((?:[^\W\d]|\\_)[\w\\{}]{0,80})"
    r"[`*$_\s]{0,20}(?::=|==|[=:≈]|\\approx)(.*)"
)
_HEADING, _FENCE = re.compile(r"\s{0,3}#{1,6}\s"), re.compile(r"\s*(?:```|~~~)")
_QUOTED = re.compile(r"\s*>\s?")
# A line that begins with a word is the sheet's own text, or a given such as "K = [[1, 2], [3, 4]]".
_PROSE = re.compile(
    r"[\s*_`$-]*(?:[0-9]+[.)]\s+)?(?!(?:np|numpy|torch|array|tensor|matrix|exp|sqrt|ln|log|pi|e)(?![a-z]))[^\W\d_]",
    re.I,
)
_RULE = re.compile(r"\s*(?:-\s*){3,}$|\s*(?:\*\s*){3,}$")


def _markdown(path: Path, source: str) -> Read:
    text = _text(_bytes(path))
    sheet = _SHEET.search(text)
    if sheet is None:
        raise Refused(
            "The sheet's id is missing: it stands at the top of the sheet, as in “Sheet 7KQF-M2PX”. Leave it in."
        )
    yield Submission(source, f"{sheet[1]}-{sheet[2]}".upper(), _last_filled_in(list(_answers(text))))


def _answers(text: str) -> Iterator[tuple[str, object]]:
    """Each label with what stands behind it: up to the next label, a heading, the end of its fence, or other text."""
    name, lines = "", [""]
    for typed in text.splitlines():
        line = _QUOTED.sub("", typed, count=1) if typed.lstrip().startswith(">") else typed
        started = len(lines) > 1 or bool(lines[0].strip())
        label = _LABEL.match(line)
        if label or _HEADING.match(line) or _ends(line, name, started):
            if name:
                yield name, "\n".join(lines).strip()
            name = re.sub(r"[\\{}]", "", f"{label[1]}.{label[2]}") if label else ""
            lines = [label[3] if label else ""]
        elif line.strip() and not _FENCE.match(line):  # an answer may stand below the fence that was printed for it
            lines.append(line)
    if name:
        yield name, "\n".join(lines).strip()


def _ends(line: str, name: str, started: bool) -> bool:
    """Whether this line is no part of the answer above it."""
    if started:
        return bool(_FENCE.match(line) or _RULE.match(line) or _PROSE.match(line))
    repeated = line.strip("*_`$ \t-").startswith(name.partition(".")[2])  # "dQ = …" once more, below "1.dQ ="
    return bool(_PROSE.match(line)) and not repeated and not _FENCE.match(line)


READERS: dict[str, Callable[[Path, str], Read]] = {
    ".json": _json_file,
    ".jsonl": _json_lines,
    ".md": _markdown,
}
