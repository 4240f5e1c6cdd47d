"""Nothing that a file holds, or is called, stops the class: it has a reason, and the others are marked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from blank_pages import BLANK
from classroom import hand_in, marked, reasons, right_answers, small_course
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.bombs import BOMBS, archive
from benchmarks.fuzz.files import made
from grader import archives, guard
from grader.finding import Found, found_in
from grader.handed_in import NotRead, Submission
from grader.readers import FILLERS
from grader.readers.files import File
from grader.submissions import STOPPED, read_file

COUNTED = (
    *(
        "10,000 pages",
        "500 fields with one packed value",
        "2.2 million empty strings",
        "900,000 styles",
        "a long format",
    ),
    *("300,000 names", "300 tabs with far ranges", "5 MB of &", "20 MB of x", "an answer of 4 MB", "JSON 100,000 deep"),
    *("an archive in archives", "files over each other", "LZMA in an archive"),
)
"""Bombs that are told by counting, before much is done."""


def read_all(name: str, data: bytes) -> list[Submission | NotRead]:
    there = found_in(Found(name, File(name, len(data), 0.0, data=data), named=True))
    return [read for one in there for read in ([one] if isinstance(one, NotRead) else read_file(one))]


@pytest.mark.parametrize("bomb", COUNTED)
def test_a_bomb_is_turned_away_before_it_goes_off(bomb: str) -> None:
    name, make = BOMBS[bomb]
    found = read_all(name, make())
    assert len(found) < 2000
    assert isinstance(found[-1], NotRead)
    assert found[-1].reason not in STOPPED.values()


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS)
def test_no_bomb_goes_off(bomb: str) -> None:
    name, make = BOMBS[bomb]
    for one in read_all(name, make()):
        assert isinstance(one, Submission) or not one.log, one.log


@pytest.fixture(scope="module")
def pages() -> dict[str, bytes]:
    """Small pages, filled in, and an archive of them."""
    answers = {"1.dW_Q": [[0.1, 0.2], [0.3, 0.4]], "1.loss": 0.5, "2.lambda": -1.25, "1.dW_Q.formula": "X^T dQ"}
    found = {f".{ending}": FILLERS[ending](blank(), answers) for ending, blank in BLANK.items()}
    return {**found, ".jsonl": (found[".json"].replace(b"\n", b"") + b"\n") * 3, ".zip": archive(found)}


def test_the_files_that_are_changed_are_read(pages: dict[str, bytes]) -> None:
    for ending, data in pages.items():
        assert all(isinstance(one, Submission) for one in read_all(f"sheet{ending}", data)), ending


@given(seed=st.integers(0, 2**40))
@settings(max_examples=40, database=None)
def test_no_changed_file_raises(pages: dict[str, bytes], seed: int) -> None:
    for one in read_all(*made(pages, seed)):
        one.source.encode()
        if isinstance(one, NotRead):
            assert not one.log, one.log
            assert one.reason.isprintable()


NAMES = (
    "a\nb",
    "a\r\x1b[2Jb",
    "\x1b]0;x\x07",
    "=1+1",
    "\u202egnp",
    "-rf",
    "a" * 250,
    "\udcff\udcfe",
    "%s{0}",
    "a\tb",
    "'; --",
)


def test_a_class_with_hostile_neighbours(tmp_path: Path) -> None:
    course, folder = small_course(tmp_path), tmp_path / "in"
    hand_in(folder, "s1.json", right_answers(course, "s1"))
    for name in NAMES:
        try:
            Path(folder, f"{name}.json").write_text("x")
        except OSError:  # this file system takes no such names
            continue
    for bomb in ("JSON 900 deep", "900,000 styles", "an archive in archives"):
        name, make = BOMBS[bomb]
        (folder / f"{len(bomb)}{name}").write_bytes(make())
    with (folder / "large.ipynb").open("wb") as large:
        large.truncate(1_000_000_000)
    os.mkfifo(folder / "pipe.json")
    (folder / "device.json").symlink_to("/dev/zero")
    (folder / "keys.jsonl").symlink_to(course / "instructor" / "keys.jsonl")
    deep = folder
    for _ in range(30):
        deep = deep / ("d" * 100)
    deep.mkdir(parents=True)
    hand_in(deep, "s2.json", right_answers(course, "s2"))
    found = marked(course, tmp_path, folder)
    assert [(one.student, one.percent) for one in found.marks] == [("s1", 100.0), ("s2", 100.0)]
    said = reasons(tmp_path)
    assert all(name.isprintable() for name in said)
    assert {said[name] for name in ("device.json", "keys.jsonl")} == {archives.LINK}
    assert said["large.ipynb"] == "This file has 1,000 MB, and a submission has at most 20 MB."
    assert len(found.not_marked) == len(os.listdir(folder)) - 2


def test_many_bombs_of_one_archive_have_less_time_each(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    def stopped(work: object, of: object, share: float = 1.0) -> object:
        seen.append(share)
        raise guard.Stopped(guard.TOO_LONG)

    monkeypatch.setattr("grader.submissions.guarded", stopped)
    for outer in ("", "a.zip"):
        seen.clear()
        for number in range(5):
            read_file(Found(f"{number}.md", File("a.md", 1, 0.0, data=b"x"), archive=outer))
        assert (seen[0], seen[-1] < 1) == (1.0, bool(outer))
