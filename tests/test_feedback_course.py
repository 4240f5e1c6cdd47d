"""Feedback for a course: what the set and the call say is revealed, every format, several processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from classroom import SET, contents, hand_in, handprop, records, right_answers, small_course
from feedback_pages import (
    SAID,
)

from grader.feedback.formats import FEEDBACK


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return small_course(tmp_path, text=SET.replace("[[problem]]", '[marking]\nreveal = "answers"\n\n[[problem]]', 1))


def test_the_set_says_what_is_revealed_and_the_call_may_say_other(course: Path, tmp_path: Path) -> None:
    answers = right_answers(course, "s1")
    answers["answers"]["1.z"] = [[9, 9]]
    path = hand_in(tmp_path, "s1.json", answers)
    out = tmp_path / "out"
    expected = {
        (): ("The right answer", True),
        ("--reveal", "nothing"): ("how your answers were read", False),
        ("--reveal", "marks"): ("No entry is right", True),
        ("--reveal", "solution"): (SAID, True),
    }
    for option, (says, marked) in expected.items():
        assert handprop("grade", course, path, "--out", out, *option).code == 0
        page = (out / "feedback" / "s1.md").read_text(encoding="utf-8")
        assert says.lower() in page.lower()
        assert ("marks" in page) is marked
        assert (SAID in page) is ("solution" in option)
    ran = handprop("grade", course, path, "--out", out, "--reveal", "all")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "handprop: --reveal “all”: there are nothing, marks, answers, solution\n"


def test_every_format_for_everyone(course: Path, tmp_path: Path) -> None:
    for student in records(course):
        hand_in(tmp_path, f"in/{student}.json", right_answers(course, student))
    ran = handprop("grade", course, tmp_path / "in", "--out", tmp_path / "out", "--feedback", ",".join(FEEDBACK))
    assert (ran.code, ran.err) == (0, "")
    pages = {name for name in contents(tmp_path / "out") if name.startswith("feedback/")}
    assert pages == {f"feedback/{student}.{ending}" for student in ("s1", "s2", "s3") for ending in FEEDBACK}


def test_pages_by_several_processes_are_the_same(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from grader import grade_course

    for student in records(course):
        hand_in(tmp_path, f"in/{student}.json", right_answers(course, student))
    monkeypatch.setattr("grader.feedback.writing.CHUNK", 1)
    monkeypatch.setattr("grader.feedback.writing.MANY", 2)
    told: list[Any] = []
    for jobs in (1, 2):
        out = tmp_path / f"out{jobs}"
        grade_course(course, [tmp_path / "in"], out, ["pdf"], lambda *said: told.append(said), jobs=jobs)
    assert contents(tmp_path / "out1") == contents(tmp_path / "out2")
    assert told[2:5] == [("writing feedback", done, 3) for done in (1, 2, 3)]
    assert told[5:] == told[:5]
