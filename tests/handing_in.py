"""What the tests of the readers share: one file handed in, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

from grader.handed_in import NotRead, Submission
from grader.reading.answers import read
from grader.submissions import submissions


def calls(work: Callable[[], object]) -> int:
    """How many functions a piece of work calls: what a clock would tell, but the same on every machine."""
    counted, before = 0, sys.getprofile()

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


def read_here() -> Any:
    """While this lasts, files are read in this process: what they raise is raised, and what they call is counted."""
    return mock.patch("grader.submissions.guarded", lambda work, of, share=1.0: work(of))


def one(folder: Path, name: str, content: str | bytes) -> Submission | NotRead:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (found,) = submissions([path])
    assert isinstance(found, Submission) or not found.log, found.log  # it was not foreseen
    return found


def answers(folder: Path, name: str, content: str | bytes) -> dict[str, object]:
    found = one(folder, name, content)
    assert isinstance(found, Submission), found
    return dict(found.answers)


def reason(folder: Path, name: str, content: str | bytes) -> str:
    found = one(folder, name, content)
    assert isinstance(found, NotRead), found
    return found.reason


def how(value: object, shape: tuple[int, ...] = ()) -> str:
    """What a student is told of an answer: how it was read, what could not be, or that it is blank."""
    found = read(value, shape)
    return " ".join([found.how, *found.messages]).strip() or "blank"
