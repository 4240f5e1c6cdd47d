"""What handprop wrote itself, and no student: told by what is in a file, whatever its name."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from grader.handed_in import Refused


class Own(Refused):
    """A file is handprop's own, and the reason says which."""


_NO_SUBMISSION = "handprop wrote it, and it holds nobody's answers. Hand in the sheet that was filled in."
RECORDS: Mapping[str, tuple[str, ...]] = {
    "These are marks": ("sheet", "score", "lines"),
    "This is the key of a sheet": ("sheet", "key"),
    "This is the record of a sheet": ("sheet", "given"),
    "This is the record of a roster": ("file", "id_column", "students"),
}
"""The records of a course and the marks, by keys that stand in every one."""

_TABLE = re.compile(r"[^\n]*\bsheet,score,out_of\b|file,reason\s*\n|student,line,score,note\s*\n")
_SET = re.compile(r"\{\s*\"version\":\s*[0-9]+,\s*\"title\":")
_DASH = r"\s*(?:—|–|-{1,3}|\\u2014|&mdash;)\s*"
# "# Practice sheet 1 — feedback" as Markdown or in a notebook's cell, <title>…</title> as a web page.
_HEADED = re.compile(rf"(?:^|[\s\"'])#\s[^\n]{{0,300}}?{_DASH}(worked solution|feedback|received)\s*(?:\\n|\n|\")")
_TITLED = re.compile(rf"<title>[^<]{{0,300}}?{_DASH}(worked solution|feedback|received)</title>")
_HOW = "How to answer"
_LATEX = re.compile(r"\\large\s+Worked solution\s*\\par")
_IN_WORKBOOK = re.compile(rf"<t[^>]{{0,60}}>[^<]{{0,300}}{_DASH}worked solution</t>")

_GRADEBOOK = '<sheet name="gradebook"'


def check_record(found: Mapping[str, object]) -> None:
    """Raises Own for an object of handprop's own records."""
    if "answers" not in found:
        for what, keys in RECORDS.items():
            if all(key in found for key in keys):
                raise Own(f"{what}: {_NO_SUBMISSION}")


def check_text(text: str) -> None:
    """Raises Own for a page that says what is right, or a table of results: its beginning tells."""
    if _SET.match(text):
        raise Own(f"This is the record of a set: {_NO_SUBMISSION}")
    if _TABLE.match(text):
        raise Own(f"This is a table of results: {_NO_SUBMISSION}")
    headed = _TITLED.search(text) or _HEADED.search(text)
    if headed and _HOW not in text:
        what = "a worked solution" if headed[1] == "worked solution" else "a page of feedback"
        raise Own(f"This is {what}: {_NO_SUBMISSION}")
    if _LATEX.search(text):
        raise Own(f"This is a worked solution: {_NO_SUBMISSION}")


def check_workbook(texts: str) -> None:
    """Raises Own for a workbook with these texts in its cells and tabs, where they are a worked solution's or marks."""
    if _GRADEBOOK in texts:
        raise Own(f"This is a gradebook: {_NO_SUBMISSION}")
    if _IN_WORKBOOK.search(html.unescape(texts)):
        raise Own(f"This is a worked solution: {_NO_SUBMISSION}")
