"""answers.json, and files of many such, one on each line."""

from __future__ import annotations

import json
import math
import re
import traceback
from typing import Any

import msgspec

from grader.handed_in import (
    UNFORESEEN,
    NoNumber,
    NoSheet,
    NotRead,
    Read,
    Refused,
    Submission,
    last_filled_in,
    printable,
    sheet_id,
)
from grader.readers.files import LARGEST, File, bytes_of, text_of
from grader.readers.filling import Answers
from grader.readers.own import Own, check_record

LARGEST_LINES = 2_000_000_000  # bytes of a .jsonl file, which is read line by line
MOST_BAD, MOST_OTHERS = 1000, 100_000  # lines that hold no submission, blank ones among them, beside those that do
NO_LINES = "Most lines of this file hold no submission: here the reading stopped. Hand in one submission on each line."
DEEPEST = 20  # brackets inside each other in one answer
BLANK_FORM = 'Hand in the form answers.json: {"sheet": "7KQF-M2PX", "answers": {"1.dQ": "[[0.1, 0.2], [0.3, 0.4]]"}}.'


def read_json(file: File, source: str) -> Read:
    """One submission in JSON."""
    yield _from_json(bytes_of(file), source)


def read_json_lines(file: File, source: str) -> Read:
    """Many submissions, one a line; a bad line stops no other."""
    if file.size > LARGEST_LINES:
        raise Refused(
            f"This file has {file.size / 1e9:,.1f} GB, and {LARGEST_LINES // 10**9} GB is the most. Split it."
        )
    if file.size == 0:
        raise Refused("This file is empty.")
    with file.open() as lines:
        number = good = bad = 0
        while line := lines.readline(LARGEST + 1):
            number += 1
            if bad > MOST_BAD + good or number - good > MOST_OTHERS + good:
                yield NotRead(f"{source} line {number}", NO_LINES)
                return
            here = f"{source} line {number}"
            if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise Refused("This file is in UTF-16. Save it again as UTF-8.")
            if len(line) > LARGEST:
                while not line.endswith(b"\n") and (line := lines.readline(LARGEST)):
                    pass
                bad += 1
                yield NotRead(here, f"This line has more than {LARGEST // 1_000_000} MB, the most for one submission.")
            elif line.strip():
                found = _line(line, here)
                good, bad = (good + 1, bad) if isinstance(found, Submission) else (good, bad + 1)
                yield found


def _line(line: bytes, source: str) -> Submission | NotRead:
    try:
        return _from_json(line, source)
    except Own:
        raise
    except Refused as refused:
        return refused.found(source)
    except Exception:  # one line stops no other, whatever is in it
        return NotRead(source, UNFORESEEN, log=traceback.format_exc(limit=-8))


TOO_DEEP = NoNumber(
    "[[[[…", "This answer has too many brackets inside each other: a matrix has two, as in [[1, 2], [3, 4]]."
)
_NAME = re.compile(rb'"\s*[0-9]+\.[^"\\]+"\s*:')


_Entry = str | int | float | None
_Answer = str | int | float | bool | list[list[_Entry] | _Entry] | None


class _Form(msgspec.Struct, forbid_unknown_fields=True):
    """A form as nearly all of them are: numbers, text, and matrices of these."""

    sheet: str
    answers: dict[str, _Answer]


_FORM = msgspec.json.Decoder(_Form)


def _from_json(data: bytes, source: str) -> Submission:
    try:
        form = _FORM.decode(data)
        name, count = sheet_id(form.sheet), len(form.answers)
        # a name that stands twice needs one colon more; only then does it pay to look for it
        if name and (data.count(b":") <= count + 2 or len(_NAME.findall(data)) <= count):
            return Submission(source, name, {printable(key.strip()): value for key, value in form.answers.items()})
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    # Python's own reader is slower; it takes NaN, line ends inside strings, a name that stands twice, and any lists
    return _submission(_patiently(data), source)


def _patiently(data: bytes) -> object:
    try:
        return json.loads(text_of(data), strict=False, object_pairs_hook=last_filled_in, **AS_TEXT)
    except json.JSONDecodeError as error:
        advice = " (in JSON a backslash is typed twice)" if "escape" in error.msg else ""
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused(f"This is not JSON: it stops making sense at {where}{advice}. {BLANK_FORM}") from None
    except RecursionError:
        raise Refused(f"This has too many brackets inside each other. {BLANK_FORM}") from None


def _whole_number(digits: str) -> object:
    return int(digits) if len(digits) < 400 else digits


def _number(digits: str) -> object:
    return number if math.isfinite(number := float(digits)) else digits


AS_TEXT: dict[str, Any] = {"parse_int": _whole_number, "parse_float": _number, "parse_constant": str}
"""What is no number of finite size is kept as text: it is answered like any other odd entry."""


def _submission(found: object, source: str) -> Submission:
    if not isinstance(found, dict):
        raise Refused(f"This is JSON, but no object. {BLANK_FORM}")
    check_record(found)
    sheet, typed = found.get("sheet"), found.get("answers")
    name = sheet_id(sheet)
    if not isinstance(typed, dict):
        missing = "The answers are missing" if typed is None else "“answers” is no object"
        raise Refused(f"{missing if name else _no_sheet(sheet)}. {BLANK_FORM}")
    answers = {
        printable(key.strip()): value if type(value) is str or _is_shallow(value) else TOO_DEEP
        for key, value in typed.items()
    }
    if not name:
        raise NoSheet(f"{_no_sheet(sheet)}. {BLANK_FORM}", answers)
    return Submission(source, name, answers)


def _is_shallow(value: object) -> bool:
    """Whether no more brackets are inside each other than a few."""
    level = [value]
    for _ in range(DEEPEST):
        lists = [one for one in level if type(one) is list or type(one) is dict]
        if not lists:
            return True
        level = [inside for one in lists for inside in (one.values() if type(one) is dict else one)]
    return False


def _no_sheet(sheet: object) -> str:
    return "The sheet's id is missing" if sheet is None or sheet == "" else "“sheet” is no sheet's id"


def fill_json(page: bytes, answers: Answers) -> bytes:
    """answers.json with its answers, in the form's own order."""
    form = json.loads(page)
    form["answers"] = {name: answers.get(name, blank) for name, blank in form["answers"].items()}
    return json.dumps(form, indent=1, ensure_ascii=False).encode()
